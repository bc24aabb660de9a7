"""Large and strange files are read in a process of their own, which may die without harm.

A reader that is a library in C can fill memory, never end or fall over, and takes the run with it.
So a file that is large, or unpacks to many times its size, is read in a child that is stopped at a
limit of memory or time. Small and plain files are read where we are: a child takes a second to
start.

What is limited where: on every system the child's resident memory is looked at some fifty times a
second and its time is counted, by psutil; on Linux its address space is limited as well, so that
one request for too much fails at once. In the child GDAL has no drivers but those that we read.
It is no jail: what gains control of the child has the rights of whoever runs it.
"""

from __future__ import annotations

import functools
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import psutil

from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.sizes import unpacked_bytes

P = ParamSpec("P")
R = TypeVar("R")

DRIVERS: Final = ("GPKG", "ESRI Shapefile", "GeoJSON", "KML", "LIBKML", "DXF", "OpenFileGDB")
"""Drivers of GDAL that a child has; all others are left out before it starts."""

LARGE_BYTES: Final = 8 * 1024 * 1024
"""What unpacks to more than this is read in a child."""
STRANGE_RATIO: Final = 40
"""So is what unpacks to more than this times its size, from a megabyte on."""
_STRANGE_BYTES: Final = 1024 * 1024
_BOMB_RATIO: Final = 2000
"""Nothing packs so well but what was made to: deflate ends at 1032."""
_BOMB_BYTES: Final = 64 * 1024 * 1024

_MEMORY_BYTES: Final = 512 * 1024 * 1024
_MEMORY_PER_BYTE: Final = 24
_MEMORY_SHARE: Final = 0.8
_TIME_S: Final = 60.0
_TIME_S_PER_MB: Final = 2.0
_LOOK_S: Final = 0.02
_PREFIX: Final = "facilityplan-read-"


@dataclass(frozen=True)
class Limits:
    """What a child may take.

    Parameters
    ----------
    memory_bytes
        Resident memory.
    time_s
        Time on the clock.
    """

    memory_bytes: int
    time_s: float


def limits_for(path: str | Path) -> Limits | None:
    """Return the limits of the child that is to read a file; ``None`` where none is needed.

    Parameters
    ----------
    path
        Any path; what is not there needs no child to be refused.

    Raises
    ------
    SourceLimitError
        If it says that it unpacks to what no honest file does.
    """
    place = Path(path)
    try:
        # A geodatabase is a folder.
        parts = [place] if place.is_file() else list(place.glob("*")) if place.is_dir() else []
        size = sum(part.stat().st_size for part in parts)
        unpacked = max(size, unpacked_bytes(place)) if place.is_file() and size else size
        # The table of a Shapefile lies beside it.
        table = place.with_suffix(".dbf")
        unpacked += table.stat().st_size if size and table != place and table.is_file() else 0
    except (OSError, ValueError):
        return None
    if unpacked > max(_BOMB_RATIO * size, _BOMB_BYTES):
        raise SourceLimitError(
            "source_bomb", file=place.name, size_kb=(size + 1023) >> 10, unpacked_mb=unpacked >> 20
        )
    strange = unpacked > max(STRANGE_RATIO * size, _STRANGE_BYTES)
    if unpacked <= LARGE_BYTES and not strange:
        return None
    most = int(_MEMORY_SHARE * psutil.virtual_memory().total)
    memory = min(_MEMORY_BYTES + _MEMORY_PER_BYTE * unpacked, most)
    return Limits(memory, _TIME_S + _TIME_S_PER_MB * unpacked / 2**20)


def guarded(reader: Callable[P, R]) -> Callable[P, R]:
    """Make a reader of a file, its first argument, read large and strange ones in a child.

    The reader is a function of a module; what it takes and returns can be pickled.
    """

    @functools.wraps(reader)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        path: Any = args[0] if args else kwargs.get("path")
        limits = limits_for(path) if path is not None else None
        if limits is None or not sys.executable:
            return reader(*args, **kwargs)
        return in_child(reader, limits, *args, **kwargs)

    return read


def in_child(reader: Callable[P, R], limits: Limits, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a reader in a child and return what it returns, or raise what it raises.

    Parameters
    ----------
    reader
        A function of a module, whose first argument is the file.
    limits
        At which the child is stopped.

    Raises
    ------
    SourceLimitError
        If it is stopped at a limit.
    UnreadableSourceError
        If it is gone without an answer.
    """
    file = Path(str(args[0] if args else kwargs.get("path"))).name
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        answer = Path(folder) / "answer"
        job = pickle.dumps(
            (reader.__module__, reader.__qualname__, args, kwargs, str(answer), limits.memory_bytes)
        )
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "facilityplan.io.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            _tell(process, job)
            _watch(process, limits, file)
        finally:
            process.kill()
            process.wait()
            if process.stdin is not None:
                _close(process.stdin)
        found: R = _answer(answer, file, limits)
        return found


def _environment() -> dict[str, str]:
    import pyogrio  # noqa: PLC0415  only where a child is started

    skipped = ",".join(sorted(set(pyogrio.list_drivers()) - set(DRIVERS)))
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([root, known] if known else [root]),
        "OGR_SKIP": skipped,
        "GDAL_SKIP": skipped,
        # Threads of linear algebra take address space and read no file.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _tell(process: subprocess.Popen[bytes], job: bytes) -> None:
    """Write the job; the pipe stays open, for the child ends when it closes."""
    if process.stdin is None:
        raise AssertionError("a child without a pipe")
    try:
        process.stdin.write(len(job).to_bytes(8, "big") + job)
        process.stdin.flush()
    except OSError:
        return  # It is gone already; that is said where its answer is missing.


def _close(stream: Any) -> None:
    try:
        stream.close()
    except OSError:
        return


def _watch(process: subprocess.Popen[bytes], limits: Limits, file: str) -> None:
    """Wait for the child and stop it at a limit."""
    end = time.monotonic() + limits.time_s
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            used = watched.memory_info().rss
        except psutil.Error:
            used = 0  # It has ended since.
        if used > limits.memory_bytes:
            raise _needs_memory(file, limits)
        if time.monotonic() > end:
            raise SourceLimitError("source_takes_long", file=file, limit_s=round(limits.time_s))
        try:
            process.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue


def _needs_memory(file: str, limits: Limits) -> SourceLimitError:
    return SourceLimitError(
        "source_needs_memory", file=file, limit_mb=round(limits.memory_bytes / 2**20)
    )


def _answer(answer: Path, file: str, limits: Limits) -> Any:
    try:
        kind, value = pickle.loads(answer.read_bytes())  # noqa: S301  of our own child
    except (OSError, EOFError, pickle.UnpicklingError) as error:
        raise UnreadableSourceError("source_reader_died", file=file) from error
    if kind == "memory":
        raise _needs_memory(file, limits)
    if kind == "error":
        raise value
    return value


def _sweep() -> None:
    """Remove what children left whose run was stopped from outside."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
