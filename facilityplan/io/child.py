"""The process that reads one large or strange file for :mod:`facilityplan.io.guard`."""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import threading
from pathlib import Path
from typing import Any, Final

_ADDRESSES_BYTES: Final = 3 * 1024**3
"""Libraries take address space that they never fill."""


def _limit_addresses(memory_bytes: int) -> None:
    """Make one request for far too much fail at once, where the system can (Linux)."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415  not on Windows

    most = memory_bytes + _ADDRESSES_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _outcome(reader: Any, args: Any, kwargs: Any) -> tuple[str, Any]:
    try:
        return "value", reader(*args, **kwargs)
    except MemoryError:
        return "memory", None
    except Exception as error:  # noqa: BLE001  raised again on the other side
        return "error", error


def main() -> None:
    """Read what the parent asks for and leave the answer where it says."""
    length = int.from_bytes(sys.stdin.buffer.read(8), "big")
    # A job of our own parent's, never a file's content.
    module, name, args, kwargs, answer, memory = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301 - of our own parent
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_addresses(memory)
    reader = getattr(importlib.import_module(module), name)
    outcome = _outcome(getattr(reader, "__wrapped__", reader), args, kwargs)
    try:
        raw = pickle.dumps(outcome)
    except MemoryError:
        raw = pickle.dumps(("memory", None))
    Path(answer).write_bytes(raw)
    os._exit(0)


if __name__ == "__main__":
    main()
