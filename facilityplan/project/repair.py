"""Repaired copies of a project: what can be mended without a guess, each change listed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from facilityplan import files, locale
from facilityplan.doctor import Action, Problem
from facilityplan.errors import OutputError
from facilityplan.files import inert_cell
from facilityplan.project.config import PROJECT_FILE, STANDARDS_FOLDER
from facilityplan.project.diagnosis import Diagnosis
from facilityplan.project.examination import Read
from facilityplan.project.opening import source_files
from facilityplan.project.raw_files import FileKey, RawFile
from facilityplan.project.toml_text import toml_text

CHANGES_FILE: Final = "changes.csv"
_ROW_ACTIONS: Final = (Action.DROP, Action.SET_ASIDE)


@dataclass(frozen=True)
class Change:
    """One change of a copy: where, what, the old and the new.

    Parameters
    ----------
    action
        What was done.
    problem
        Id of the problem that it mends.
    file, sheet, row, column
        Where in the original.
    old, new
        What stood there and what stands there now; a geometry by its kind and size.
    copy
        The file of the copy.
    """

    action: str
    problem: str
    file: str
    sheet: str | None
    row: int | None
    column: str | None
    old: str | None
    new: str | None
    copy: str


@dataclass(frozen=True, eq=False)
class Repair:
    """What was written: the folder, every change, and the problems that are left."""

    folder: Path
    changes: tuple[Change, ...]
    left: tuple[Problem, ...]


def repair(diagnosis: Diagnosis, folder: Path, lang: str | None = None) -> Repair:
    """Write a repaired copy of a project into a new folder; the originals stay as they are.

    Parameters
    ----------
    diagnosis
        The project and its problems.
    folder
        A folder that does not exist yet, or is empty.
    lang
        Language of the list of changes.

    Raises
    ------
    OutputError
        If the folder holds anything, lies in the project folder's own files, or a file cannot be
        written; or if the project could not be read at all.
    """
    reading = diagnosis.reading
    if reading is None:
        raise OutputError("repair_unread", folder=diagnosis.folder.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("output_exists", folder=folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    written = _Copies(diagnosis, folder)
    config = written.write()
    head = "# " + locale.text("repair.head", lang, folder=diagnosis.folder.name) + "\n\n"
    files.write_text(folder / PROJECT_FILE, head + toml_text(config))
    changes = tuple(written.changes)
    files.write_bytes(folder / CHANGES_FILE, _changes_csv(changes, lang))
    left = tuple(problem for problem in diagnosis.problems if problem.fix is None)
    return Repair(folder, changes, left)


class _Copies:
    """The files of a copy as they are written."""

    def __init__(self, diagnosis: Diagnosis, folder: Path) -> None:
        self.diagnosis = diagnosis
        if diagnosis.reading is None:
            raise AssertionError("nothing was read")
        self.reading = diagnosis.reading
        self.folder = folder
        self.changes: list[Change] = []
        self.names: set[str] = {PROJECT_FILE, CHANGES_FILE}
        self.written: dict[tuple[FileKey, bool], tuple[str, str | None]] = {}
        self.fixes: dict[FileKey, list[Problem]] = defaultdict(list)
        for problem in diagnosis.problems:
            fix = problem.fix
            if fix is None or problem.file is None:
                continue
            if fix.action is not Action.PROJECT and not _whole_file(problem):
                self.fixes[problem.file, problem.sheet].append(problem)

    def write(self) -> dict[str, Any]:
        """Write every file and return what the copy's ``project.toml`` says."""
        original = self.reading.folder / PROJECT_FILE
        config: dict[str, Any] = tomllib.loads(original.read_text(encoding="utf-8-sig"))
        for layer, sources in self.reading.config.layers.items():
            told = config["layers"][layer]
            entries = told if isinstance(told, list) else [told]
            aside = {
                int(p.fix.new)
                for p in self.diagnosis.problems
                if p.layer == layer and p.fix is not None and _whole_file(p)
            }
            kept: list[dict[str, Any]] = []
            for number, source in enumerate(sources):
                if number in aside:
                    self._set_aside(layer, number, source.path)
                    continue
                read = next((r for r in self.reading.reads[layer] if r.number == number), None)
                entry = self._rewired(layer, dict(entries[number]), read)
                kept.append(entry)
                if read is None:
                    self._copy(source_files(self.reading.folder, (source,)))
                    entry["path"] = self._inside(source.path)
            if kept:
                config["layers"][layer] = kept if len(kept) > 1 else kept[0]
            else:
                del config["layers"][layer]
        population = self.reading.config.rasters.population
        if population is not None:
            self._copy({population.path})
        for number, base in enumerate(self.reading.config.map.base):
            if base.path is not None:
                self._copy({base.path})
                config["map"]["base"][number]["path"] = self._inside(base.path)
        own = self.reading.folder / STANDARDS_FOLDER
        if own.is_dir():
            self._copy({f"{STANDARDS_FOLDER}/{path.name}" for path in own.glob("*.toml")})
        return config

    def _copy(self, paths: set[str]) -> None:
        for path in sorted(paths):
            source, target = self.reading.folder / path, self.folder / self._inside(path)
            if source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def _inside(self, path: str) -> str:
        """Return where a copy goes: its own path, or beside the others where that leads out."""
        target = (self.folder / path).resolve()
        if self.folder.resolve() in target.parents:
            return path
        return f"outside/{Path(path).name}"

    def _set_aside(self, layer: str, number: int, path: str) -> None:
        problem = next(
            p
            for p in self.diagnosis.problems
            if p.layer == layer and p.fix is not None and _whole_file(p) and p.fix.new == number
        )
        self._note(problem, path, None, PROJECT_FILE)

    def _note(
        self,
        problem: Problem,
        old: str | None,
        new: str | None,
        copy: str,
        header: str | None = None,
    ) -> None:
        if problem.fix is None:
            raise AssertionError("no repair")
        self.changes.append(
            Change(
                str(problem.fix.action),
                problem.id,
                problem.file or "",
                problem.sheet,
                problem.row,
                header or problem.fix.column or problem.column,
                old,
                new,
                copy,
            )
        )

    def _rewired(self, layer: str, entry: dict[str, Any], read: Read | None) -> dict[str, Any]:
        """Return what the copy's project.toml says of a file, which is written if it changed."""
        if read is None:
            return entry
        for problem in self.diagnosis.problems:
            fix = problem.fix
            if fix is None or fix.action is not Action.PROJECT or problem.layer != layer:
                continue
            if (problem.file, problem.sheet) == read.own.key:
                entry = self._reworded(entry, problem)
        entry = self._repathed(layer, entry, read)
        if read.joined is not None:
            if self._changed(read.joined):
                entry = {**entry, "attributes": self._table(read.joined)}
                entry.pop("sheet", None)
            else:
                self._copy({read.joined.key[0]})
                entry = {**entry, "attributes": self._inside(read.joined.key[0])}
        return entry

    def _repathed(self, layer: str, entry: dict[str, Any], read: Read) -> dict[str, Any]:
        """Return what is said of a file once it is copied or written anew."""
        if not self._changed(read.own):
            self._copy(source_files(self.reading.folder, (_bare(read),)))
            return {**entry, "path": self._inside(read.source.path)}
        moved = read.rewritten and any(
            p.fix is not None and p.fix.action is Action.SHAPE and p.layer == layer
            for p in self.fixes[read.own.key]
        )
        path, sheet = self._rewritten(read, moved=moved)
        # A sheet that is named for a table of attributes stays its name.
        kept_sheet = read.own.table and entry.get("attributes") is not None
        gone = {"encoding"} | (set() if kept_sheet or not read.own.table else {"sheet"})
        gone |= {"datum", "crs", "helmert"} if moved else set()
        entry = {key: value for key, value in entry.items() if key not in gone} | {"path": path}
        return entry if read.own.table else entry | {"layer": sheet}

    def _changed(self, raw: RawFile) -> bool:
        return bool(self.fixes[raw.key])

    def _reworded(self, entry: dict[str, Any], problem: Problem) -> dict[str, Any]:
        if problem.fix is None:
            raise AssertionError("no repair")
        for key, new in problem.fix.new.items():
            if key in ("x", "y"):
                self._note(problem, f"{key} = {entry.get(key)}", f"{key} = {new}", PROJECT_FILE)
                entry = {**entry, key: new}
            else:
                columns = dict(entry.get("columns", {}))
                old = columns.get(key, key)
                self._note(problem, f"{key} = {old}", f"{key} = {new}", PROJECT_FILE)
                entry = {**entry, "columns": {**columns, key: new}}
        return entry

    def _rewritten(self, read: Read, *, moved: bool) -> tuple[str, str | None]:
        if read.own.table:
            return self._table(read.own), None
        key = read.own.key, moved
        if key not in self.written:
            self.written[key] = self._vector(read, moved=moved)
        return self.written[key]

    def _table(self, raw: RawFile) -> str:
        key = raw.key, False
        if key not in self.written:
            is_book = not raw.key[0].lower().endswith((".csv", ".txt"))
            name = self._name(raw.key, "xlsx" if is_book else "csv")
            frame = self._edited(raw, name)
            content = _workbook(frame, raw.key[1]) if is_book else _csv(frame)
            files.write_bytes(self.folder / name, content)
            self.written[key] = name, None
        return self.written[key][0]

    def _vector(self, read: Read, *, moved: bool) -> tuple[str, str | None]:
        raw = read.own
        name = self._name(raw.key, "gpkg")
        frame = self._edited(raw, name)
        if moved:
            shape_of = dict(zip(read.part.own.rows.tolist(), read.part.frame.geometry, strict=True))
            frame = self._in_project(frame, raw, shape_of)
        layer = raw.key[1] or Path(raw.key[0]).stem
        _write_layer(frame, self.folder / name, layer)
        return name, layer

    def _in_project(
        self, frame: pd.DataFrame, raw: RawFile, shape_of: Mapping[int, Any]
    ) -> gpd.GeoDataFrame:
        """Return the frame with its geometries in the project's system, repairs included."""
        fixed = {
            int(p.row): p.fix.new
            for p in self.fixes[raw.key]
            if p.fix is not None and p.fix.action is Action.SHAPE and p.row is not None
        }
        rows = raw.rows[frame.index.to_numpy()]
        shapes = [fixed.get(int(row), shape_of.get(int(row))) for row in rows]
        plain = pd.DataFrame(frame).drop(columns="geometry")
        return gpd.GeoDataFrame(plain, geometry=shapes, crs=self.reading.config.project.crs)

    def _name(self, key: FileKey, ending: str) -> str:
        stem = re.sub(r"\.[^.]*$", "", Path(key[0]).name)
        name = files.safe_name(f"{stem}_{key[1]}" if key[1] else stem)
        whole, n = f"{name}.{ending}", 1
        while whole.lower() in {taken.lower() for taken in self.names}:
            n += 1
            whole = f"{name}_{n}.{ending}"
        self.names.add(whole)
        return whole

    def _edited(self, raw: RawFile, name: str) -> pd.DataFrame:
        """Return a raw frame with the repairs in it, rows by their old position."""
        frame = raw.frame.copy()
        at = {int(row): n for n, row in enumerate(raw.rows)}
        gone: set[int] = set()
        for problem in _once_each(self.fixes[raw.key]):
            fix = problem.fix
            if fix is None or problem.row is None:
                continue
            n = at[problem.row]
            if fix.action in _ROW_ACTIONS:
                gone.add(n)
                self._note(problem, problem.item or problem.value, None, name)
            elif fix.action is Action.SHAPE:
                old = frame.geometry.iloc[n]
                frame.loc[frame.index[n], "geometry"] = fix.new
                self._note(problem, _size(old), _size(fix.new), name)
            else:
                cells = fix.new if isinstance(fix.new, Mapping) else {fix.column: fix.new}
                for header, new in cells.items():
                    old = frame[header].iloc[n]
                    frame[header] = _with_cell(frame[header], n, new)
                    self._note(problem, _shown(old), _shown(new), name, header)
        keep = [n for n in range(len(frame)) if n not in gone]
        return frame.reset_index(drop=True).iloc[keep]


def _bare(read: Read) -> Any:
    """Return the source without its table of attributes, which is copied by itself."""
    return read.source.model_copy(update={"attributes": None})


def _whole_file(problem: Problem) -> bool:
    fix = problem.fix
    return fix is not None and fix.action is Action.SET_ASIDE and isinstance(fix.new, int)


def _once_each(problems: Sequence[Problem]) -> list[Problem]:
    """Return one repair a cell or geometry: two problems can ask for the same."""
    seen: set[Any] = set()
    kept: list[Problem] = []
    for problem in problems:
        fix = problem.fix
        if fix is None:
            continue
        key = (problem.row, str(fix.action), fix.column, problem.file)
        if fix.action is Action.SHAPE or key not in seen:
            kept.append(problem)
        seen.add(key)
    return kept


def _with_cell(column: pd.Series, n: int, new: Any) -> pd.Series:
    """Return a column with one other cell; a column of one type stays it where it can."""
    value = str(new) if isinstance(new, dt.date) and column.dtype == object else new
    if column.dtype == object:
        plain = column.copy()
        plain.iloc[n] = value
        return plain
    try:
        typed = column.copy()
        typed.iloc[n] = value
    except (TypeError, ValueError):
        loose = column.astype(object)
        loose.iloc[n] = value
        return loose
    return typed


def _shown(cell: Any) -> str | None:
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, float) and np.isnan(cell):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _size(shape: Any) -> str | None:
    if shape is None:
        return None
    measure = shape.area or shape.length
    return f"{shape.geom_type} {measure:.3f} ({shapely.get_num_coordinates(shape)})"


def _write_layer(frame: pd.DataFrame, path: Path, layer: str) -> None:
    plain = gpd.GeoDataFrame(frame, geometry="geometry", crs=getattr(frame, "crs", None))
    plain = plain.reset_index(drop=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    try:
        with files.whole_file(path) as temporary:
            temporary.unlink()
            pyogrio.write_dataframe(plain, temporary, layer=layer, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _csv(frame: pd.DataFrame) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([str(name) for name in frame.columns])
    for row in frame.itertuples(index=False):
        writer.writerow(
            [_shown(cell) if not isinstance(cell, float) else _number(cell) for cell in row]
        )
    return stream.getvalue().encode("utf-8-sig")


def _number(cell: float) -> str | None:
    if np.isnan(cell):
        return None
    return str(int(cell)) if cell.is_integer() else repr(float(cell))


def _workbook(frame: pd.DataFrame, sheet: str | None) -> bytes:
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})  # noqa: DTZ001 - Excel knows no zone
        page = book.add_worksheet(None if sheet is None else files.safe_name(sheet, limit=31))
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, name in enumerate(frame.columns):
            page.write_string(0, at, str(name))
        for line, row in enumerate(frame.itertuples(index=False), start=1):
            for at, cell in enumerate(row):
                _write_cell(page, line, at, cell, day)
    return stream.getvalue()


def _write_cell(page: Any, line: int, at: int, cell: Any, day: Any) -> None:
    if _shown(cell) is None:
        return
    if isinstance(cell, bool):
        page.write_boolean(line, at, cell)
    elif isinstance(cell, (int, float)):
        page.write_number(line, at, cell)
    elif isinstance(cell, (dt.date, dt.datetime)):
        page.write_datetime(line, at, cell, day)
    else:
        page.write_string(line, at, str(cell))


CHANGE_FIELDS: Final = (
    "action",
    "problem",
    "file",
    "sheet",
    "row",
    "column",
    "old",
    "new",
    "copy",
)


def _changes_csv(changes: Sequence[Change], lang: str | None) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([locale.text(f"repair.field.{name}", lang) for name in CHANGE_FIELDS])
    for change in changes:
        cells = [getattr(change, name) for name in CHANGE_FIELDS]
        cells[0] = locale.text(f"repair.action.{change.action}", lang)
        writer.writerow(["" if cell is None else inert_cell(str(cell)) for cell in cells])
    return stream.getvalue().encode("utf-8-sig")
