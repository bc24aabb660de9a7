"""One run at a time writes to an output folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from facilityplan.errors import OutputError, OutputLockedError

# Not with the prefix of temporary files: those are swept away when a run begins to write.
LOCK_FILE = ".facilityplan.lock"


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
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error
    try:
        if lock.exists() and not _is_alive(lock):
            lock.unlink(missing_ok=True)
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError as error:
        raise OutputLockedError("output_busy", file=folder.name, pid=_owner(lock)) from error
    except OSError as error:
        raise _failed(folder, error) from error
    try:
        os.write(handle, str(os.getpid()).encode("ascii"))
        os.close(handle)
        yield
    finally:
        lock.unlink(missing_ok=True)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Only an empty folder goes: a run that failed leaves nothing.


def _failed(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError("output_failed", file=folder.name, reason=reason)


def _owner(lock: Path) -> str:
    with contextlib.suppress(OSError):
        return lock.read_text(encoding="ascii", errors="replace").strip() or "?"
    return "?"


def _is_alive(lock: Path) -> bool:
    owner = _owner(lock)
    if not owner.isdecimal() or os.name == "nt":
        # Windows has no harmless way to ask for a process; an unreadable lock is left in place.
        return True
    try:
        os.kill(int(owner), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
