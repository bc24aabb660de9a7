"""The one way out to disk and into other formats: whole files, safe names, inert text.

A file is either the old one or the new one, never half of either: it is written beside its place,
flushed and renamed. Text of the user's is made inert here for HTML, spreadsheets and CSV, and
nowhere else.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from facilityplan.errors import FacilityPlanError, OutputError, OutputLockedError

TEMPORARY_PREFIX: Final = ".facilityplan-"
_RESERVED = {
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"),
    *(f"{device}{number}" for device in ("COM", "LPT") for number in "123456789¹²³"),
}
_HTML: Final = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#39;",
    ord("`"): "&#96;",
    ord("$"): "&#36;",
    ord("\\"): "&#92;",
    ord("{"): "&#123;",
    ord("}"): "&#125;",
}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def escape_html(value: object) -> str:
    """Return text that is inert in HTML and in a script's template literal alike."""
    return str(value).translate(_HTML)


def script_json(value: Any) -> str:
    """Return JSON that can stand inside a ``<script>`` element whatever text it holds."""
    plain = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return _whole_characters(plain)


def _whole_characters(said: str) -> str:
    """Escape halves of surrogate pairs: JSON can say them, UTF-8 cannot."""
    return re.sub(r"[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", said)


def canonical_json(value: Any) -> str:
    """Return readable JSON, the same text for the same value; NaN and infinity are refused."""
    said = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return _whole_characters(said) + "\n"


def inert_cell(value: str) -> str:
    """Return text that no spreadsheet program takes for a formula when it opens a CSV file."""
    return f"'{value}" if value[:1] in set("=+-@\t\r\n＝＋－＠") else value


def write_csv(path: Path, header: Sequence[object], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV that Excel and WPS open right: UTF-8 with its mark, no cell a formula.

    Parameters
    ----------
    path
        File to write, whole or not at all.
    header, rows
        Texts, numbers, dates or ``None``, which is an empty cell.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([inert_cell(cell) if isinstance(cell, str) else cell for cell in row])
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def safe_name(name: str, *, limit: int = 80) -> str:
    """Return a file name that every system takes: no separators, no reserved word, no tail dot."""
    plain = unicodedata.normalize("NFC", name)
    plain = "".join("_" if unicodedata.category(c)[0] == "C" else c for c in plain)
    plain = re.sub(r'[<>:"/\\|?*]', "_", plain).strip(" .")
    while len(plain.encode("utf-8")) > limit:
        plain = plain[:-1]
    plain = plain.rstrip(" .")
    if not plain or plain.split(".")[0].strip().upper() in _RESERVED:
        plain = f"_{plain}"
    return plain


def _as_output_error(error: OSError, path: Path) -> OutputError:
    if isinstance(error, PermissionError):
        return OutputLockedError("output_locked", file=path.name)
    if error.errno == errno.ENOSPC:
        return OutputError("output_no_space", file=path.name)
    return OutputError("output_failed", file=path.name, reason=error.strerror or str(error))


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes its place in one step.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written; the old file is then as it was.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_dead(path.parent)
        handle, name = tempfile.mkstemp(
            prefix=f"{TEMPORARY_PREFIX}{os.getpid()}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if isinstance(error, FacilityPlanError):
            raise
        raise _as_output_error(error, path) from error
    finally:
        if temporary is not None:
            for leftover in temporary.parent.iterdir():
                if leftover.name.startswith(temporary.name):
                    leftover.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file if it is there.

    Raises
    ------
    OutputError
        If it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _as_output_error(error, path) from error


def sweep(folder: Path) -> None:
    """Remove what an interrupted run of ours left in a folder: temporary files and folders.

    Only who holds the folder's lock may: what another process is writing would go too.
    """
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        try:
            _remove(leftover)
        except OSError as error:
            raise _as_output_error(error, leftover) from error


def _remove(leftover: Path) -> None:
    if leftover.is_dir() and not leftover.is_symlink():
        shutil.rmtree(leftover)
    else:
        leftover.unlink(missing_ok=True)


def _sweep_dead(folder: Path) -> None:
    """Remove temporary files whose process is gone; what cannot go now goes another time."""
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        owner = leftover.name.removeprefix(TEMPORARY_PREFIX).split("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                _remove(leftover)


@contextlib.contextmanager
def staged(folder: Path, last: str, gone: Collection[str] = ()) -> Iterator[Path]:
    """Give a folder to write files into that then take their places in ``folder`` together.

    Until all are written nothing in ``folder`` changes; where one cannot take its place, those
    that have are taken back. A process killed while they do leaves whole files, old and new, and
    no file ``last``.

    Parameters
    ----------
    folder
        Where the files belong; it exists.
    last
        The file that is there only while the others are all of one kind: first to go, last to
        come.
    gone
        Files of ``folder`` that are to be there no more.

    Raises
    ------
    OutputError
        If a file cannot be written or take its place; all is then as it was.
    """
    try:
        prefix = f"{TEMPORARY_PREFIX}{os.getpid()}-"
        stage = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    except OSError as error:
        raise _as_output_error(error, folder) from error
    try:
        yield stage
        written = sorted(path.name for path in stage.iterdir() if path.name != last)
        _exchange(
            folder, stage, [*written, *((last,) if (stage / last).exists() else ())], last, gone
        )
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _exchange(
    folder: Path, stage: Path, written: Sequence[str], last: str, gone: Collection[str]
) -> None:
    """Put written files in their places, the last one first away; all or none."""
    kept = stage / "kept"
    touched: list[str] = []
    name = last
    try:
        kept.mkdir()
        for name in dict.fromkeys((last, *written, *gone)):
            _keep(folder / name, kept / name)
        for name in (last, *(name for name in gone if name not in written)):
            touched.append(name)
            (folder / name).unlink(missing_ok=True)
        for name in written:
            touched.append(name)
            (stage / name).replace(folder / name)
    except BaseException as error:
        for back in reversed(touched):
            with contextlib.suppress(OSError):  # What it holds is whole either way.
                if (kept / back).exists():
                    (kept / back).replace(folder / back)
                else:
                    (folder / back).unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, FacilityPlanError):
            raise _as_output_error(error, folder / name) from error
        raise


def _keep(path: Path, kept: Path) -> None:
    """Keep a file under a second name, or a copy where a file system knows no second names."""
    if not path.is_file():
        return
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)
