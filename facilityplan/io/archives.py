"""Archives in: what a zip holds, unpacked within limits into a folder of ours, never by its names.

Only the last part of a member's name is kept, so that none can lead out of the folder; archives
inside of archives are not opened.
"""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from facilityplan.errors import FacilityPlanError, SourceLimitError, UnreadableSourceError
from facilityplan.files import safe_name

ZIP_START: Final = b"PK\x03\x04"
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_RATIO: Final = 250
"""How many times its packed size a member may have."""
RATIO_FREE_BYTES: Final = 1024 * 1024
MAX_MEMBERS: Final = 2_000

_GEODATABASE: Final = (".gdbtable", ".gdbtablx", ".gdbindexes", ".atx", ".spx", ".freelist")
_SHAPE: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_UTF8_NAME: Final = 0x800
_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a packing that zipfile does not know
    RuntimeError,  # a password
    EOFError,
    OSError,
    ValueError,
    KeyError,
)


def is_geodatabase(folder: Path) -> bool:
    """Return whether a folder is a file geodatabase, by what lies in it."""
    return folder.is_dir() and any(
        entry.suffix.casefold() == ".gdbtable" for entry in folder.iterdir()
    )


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the last part of a member's name; Windows' own packer writes it in GBK."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return PurePosixPath(name.replace("\\", "/")).name


def _checked(archive: zipfile.ZipFile, file: str) -> list[zipfile.ZipInfo]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    entries = [e for e in entries if "__MACOSX" not in e.filename]
    total = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > RATIO_FREE_BYTES
        and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if len(entries) > MAX_MEMBERS or total > MAX_UNPACKED_BYTES or swollen:
        raise SourceLimitError("archive_suspicious", file=file)
    return entries


def _main(names: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return what an archive is, and the endings of the members that make it."""
    lower = [name.casefold() for name in names]
    shapes = [name for name in lower if name.endswith(".shp")]
    if any(name.endswith(".gdbtable") for name in lower):
        return "gdb", _GEODATABASE
    if len(shapes) == 1:
        return "shp", _SHAPE
    if sum(name.endswith(".kml") for name in lower) == 1 and not shapes:
        return "kml", (".kml",)
    if sum(name.endswith(".gpkg") for name in lower) == 1 and not shapes:
        return "gpkg", (".gpkg",)
    return None


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Lend the layer in an archive: a .kml, .shp or .gpkg file or a geodatabase's folder.

    Parameters
    ----------
    path
        A zip or KMZ file on this machine.

    Raises
    ------
    SourceLimitError
        If it holds no such thing or several, or is packed as bombs are.
    UnreadableSourceError
        If it is damaged or has a password.
    """
    with tempfile.TemporaryDirectory(prefix="facilityplan-") as folder:
        try:
            found = _unpack(path, Path(folder))
        except FacilityPlanError:
            raise
        except _FAULTS as error:
            raise UnreadableSourceError(
                "source_unreadable", file=path.name, reason=error
            ) from error
        yield found


def _unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        entries = _checked(archive, path.name)
        names = [_name(entry) for entry in entries]
        main = _main(names)
        if main is None:
            raise SourceLimitError("archive_not_taken", file=path.name)
        kind, endings = main
        target = folder / "layer.gdb" if kind == "gdb" else folder
        target.mkdir(exist_ok=True)
        first: Path | None = None
        for entry, name in zip(entries, names, strict=True):
            ending = PurePosixPath(name).suffix.casefold()
            # A geodatabase has files without ending, "gdb" and "timestamps".
            if ending not in endings and not (kind == "gdb" and name in {"gdb", "timestamps"}):
                continue
            place = target / (name if kind == "gdb" else f"{safe_name(Path(name).stem)}{ending}")
            if place.exists():
                raise SourceLimitError("archive_not_taken", file=path.name)
            place.write_bytes(archive.read(entry))
            if ending == f".{kind}":
                first = place
        return target if first is None else first
