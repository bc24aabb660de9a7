"""One run at a time writes to an output folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from facilityplan.errors import OutputError, OutputLockedError

LOCK_FILE = ".facilityplan-lock"


@contextlib.contextmanager
def output_lock(folder: Path) -> Iterator[None]:
    """Hold an output folder while a run writes to it.

    A lock left by a process that is gone is taken over.

    Raises
    ------
    OutputLockedError
        If another run that is alive holds it.
    OutputError
        If the folder cannot be made or written.
    """
    lock = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if lock.exists() and not _is_alive(lock):
            lock.unlink(missing_ok=True)
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError as error:
        raise OutputLockedError("output_busy", file=folder.name, pid=_owner(lock)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError("output_failed", file=folder.name, reason=reason) from error
    try:
        os.write(handle, str(os.getpid()).encode("ascii"))
        os.close(handle)
        yield
    finally:
        lock.unlink(missing_ok=True)


def _owner(lock: Path) -> str:
    with contextlib.suppress(OSError):
        return lock.read_text(encoding="ascii", errors="replace").strip() or "?"
    return "?"


def _is_alive(lock: Path) -> bool:
    owner = _owner(lock)
    if not owner.isdigit() or os.name == "nt":
        # Windows has no harmless way to ask for a process; an unreadable lock is left in place.
        return True
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
