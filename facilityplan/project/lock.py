"""One run at a time writes to an output folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from facilityplan.errors import OutputError, OutputLockedError
from facilityplan.files import TEMPORARY_PREFIX

# Not with the prefix of temporary files: those are swept away when a run begins to write.
LOCK_FILE = ".facilityplan.lock"
_TAKE_OVER: Final = ".facilityplan.lock.takeover"
_TAKE_OVER_S: Final = 10.0
"""Nobody takes so long to take a lock over; who began and did not end was stopped."""
_RELEASED: Final = "released"
_SAME_START_S: Final = 5.0
"""A process that began at another time than the lock says has only got the same number."""


@contextlib.contextmanager
def output_lock(folder: Path) -> Iterator[None]:
    """Hold an output folder while a run writes to it.

    A lock left by a process that is gone is taken over, also where its number is another's now.

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
        _take(lock)
    except FileExistsError as error:
        raise OutputLockedError("output_busy", file=folder.name, pid=_owner(lock)) from error
    except OSError as error:
        raise _failed(folder, error) from error
    try:
        yield
    finally:
        _release(lock)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Only an empty folder goes: a run that failed leaves nothing.


def _failed(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError("output_failed", file=folder.name, reason=reason)


def _take(lock: Path) -> None:
    """Make the lock ours, or raise ``FileExistsError``."""
    if not lock.exists():
        _create(lock)
        return
    if _is_alive(lock):
        raise FileExistsError(lock)
    # Two may have found the lock dead: one of them takes it over, the other looks again.
    turn = lock.with_name(_TAKE_OVER)
    with contextlib.suppress(FileNotFoundError):
        if time.time() - turn.stat().st_mtime > _TAKE_OVER_S:
            turn.unlink(missing_ok=True)
    os.close(os.open(turn, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        if lock.exists() and _is_alive(lock):
            raise FileExistsError(lock)
        lock.unlink(missing_ok=True)
        _create(lock)
    finally:
        turn.unlink(missing_ok=True)


def _create(lock: Path) -> None:
    """Make a lock that says whose it is from its first moment on."""
    started = psutil.Process().create_time()
    said = f"{os.getpid()} {started:.2f}".encode("ascii")
    handle, name = tempfile.mkstemp(prefix=f"{TEMPORARY_PREFIX}{os.getpid()}-", dir=lock.parent)
    try:
        os.write(handle, said)
        os.close(handle)
        try:
            os.link(name, lock)
        except FileExistsError:
            raise
        except OSError:
            # A file system without links (exFAT): the lock is empty for a moment.
            own = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            os.write(own, said)
            os.close(own)
    finally:
        with contextlib.suppress(OSError):  # It is swept another time.
            Path(name).unlink(missing_ok=True)


def _release(lock: Path) -> None:
    """Give the lock up; where it cannot be removed (a scanner holds it), it says so."""
    try:
        lock.unlink(missing_ok=True)
    except OSError:
        with contextlib.suppress(OSError):  # A folder that went away took its lock along.
            lock.write_text(_RELEASED, encoding="ascii")


def _words(lock: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return lock.read_text(encoding="ascii", errors="replace").split()
    return []


def _owner(lock: Path) -> str:
    return next(iter(_words(lock)), "?")


def _is_alive(lock: Path) -> bool:
    owner, started, *_ = [*_words(lock), "", ""]
    if owner == _RELEASED:
        return False
    if owner.isdecimal():
        return _runs(owner, started)
    with contextlib.suppress(FileNotFoundError):
        # Empty: made this moment by another, or by one that was stopped while it wrote.
        return time.time() - lock.stat().st_mtime < _TAKE_OVER_S
    return False


def _runs(owner: str, started: str) -> bool:
    """Tell whether a process runs that has this number and began when the lock says."""
    try:
        process = psutil.Process(int(owner))
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        began = process.create_time()
    except (psutil.NoSuchProcess, OverflowError, ValueError):
        return False
    except psutil.AccessDenied:
        return True
    try:
        return not started or abs(began - float(started)) < _SAME_START_S
    except ValueError:
        return True
