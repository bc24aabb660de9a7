"""A project read as far as it can be read: every problem, not the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from facilityplan import standards
from facilityplan.crs import Helmert, require_metres, to_project
from facilityplan.doctor import (
    Action,
    Fix,
    Part,
    Place,
    Problem,
    Severity,
    aside,
    cell_problems,
    of_error,
    read_cells,
)
from facilityplan.errors import (
    CrsError,
    FacilityPlanError,
    ImplausibleExtentError,
    MissingCrsError,
)
from facilityplan.io.interpret import CellPlace
from facilityplan.io.join import key_text
from facilityplan.io.source import Reading as Settled
from facilityplan.layers import LAYERS, as_text, points_of
from facilityplan.locale import Listed
from facilityplan.project.config import PROJECT_FILE, LayerSource, ProjectConfig
from facilityplan.project.datum_check import CHECKED_LAYERS, likely_datum
from facilityplan.project.lenient_cells import guessed_encoding, interpret_leniently
from facilityplan.project.lenient_keys import as_degrees, keys_of
from facilityplan.project.raw_files import FileKey, RawFile, RawFiles, alike
from facilityplan.units import parse_number

SPARE_LAYERS: Final = ("candidates",)
"""Layers that bear on no finding: a file of theirs that cannot be used may be set aside."""


@dataclass(frozen=True, eq=False)
class Read:
    """One file of a layer: the doctor's part, and what it was read from.

    Parameters
    ----------
    number
        Which file of its layer, from 0.
    own
        The file with the rows.
    joined
        The table of attributes, if it has one.
    rewritten
        Whether the geometries in the part are in another system than in the file.
    """

    number: int
    source: LayerSource
    part: Part
    own: RawFile
    joined: RawFile | None
    rewritten: bool


@dataclass(eq=False)
class Reading:
    """All that could be read, and what could not."""

    folder: Path
    config: ProjectConfig
    files: RawFiles
    reads: dict[str, list[Read]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def parts(self, layer: str) -> list[Part]:
        """Return a layer's parts in the order of ``project.toml``."""
        return [read.part for read in self.reads.get(layer, [])]


def read_leniently(folder: Path, config: ProjectConfig) -> Reading:
    """Read every file of a project; what is wrong becomes problems.

    Raises
    ------
    CrsError
        If the project's own system cannot be used: nothing has a place then.
    """
    require_metres(config.project.crs, file=PROJECT_FILE)
    reading = Reading(folder, config, RawFiles(folder))
    # Roads first: what says nothing of its datum is held against them.
    for layer in sorted(
        config.layers, key=lambda name: (name != "roads", list(LAYERS).index(name))
    ):
        reading.reads[layer] = []
        for number, source in enumerate(config.layers[layer]):
            read = _Source(reading, layer, number, source).read()
            if read is not None:
                reading.reads[layer].append(read)
    return reading


@dataclass(eq=False)
class _Source:
    """The reading of one file of a layer."""

    reading: Reading
    layer: str
    number: int
    source: LayerSource

    def read(self) -> Read | None:
        files, source = self.reading.files, self.source
        try:
            raw = files.of_source(self.layer, source)
        except FacilityPlanError as error:
            self._refused(error, source.path, source.layer or source.sheet)
            return None
        if raw.frame.empty and not source.may_be_empty:
            self._say("error:layer_empty", raw.key)
            return None
        joined, at = self._joined(raw)
        for file in (raw, joined):
            if file is None:
                continue
            for settled in (*file.readings, *guessed_encoding(file, self.source)):
                self._settled(settled, file)
        shapes = self._shapes(raw)
        told = {n for n, s in enumerate(shapes) if s is None} if self.source.x else set()
        columns, headers, from_table = self._columns(raw, joined, at)
        placed, rewritten = self._placed(raw, shapes)
        told |= {
            n
            for n, s in enumerate(shapes)
            if s is not None and not s.is_empty and placed[n] is None
        }
        own = Place(raw.key[0], raw.key[1], raw.rows)
        places = {}
        if joined is not None:
            rows = np.where(at >= 0, joined.rows[np.maximum(at, 0)], raw.rows)
            place = Place(joined.key[0], joined.key[1], rows)
            places = dict.fromkeys(from_table, place)
        part = self._part(raw, columns, headers, placed, own, places)
        part = replace(part, unplaced=frozenset(told))
        return Read(self.number, source, part, raw, joined, rewritten)

    def _part(
        self,
        raw: RawFile,
        columns: Mapping[str, list[Any]],
        headers: Mapping[str, str],
        placed: Sequence[Any],
        own: Place,
        places: Mapping[str, Place],
    ) -> Part:
        kinds = standards.kind_words()
        columns = self._interpreted(columns, headers, own, places)
        values: dict[str, Any] = {}
        bad: dict[str, Any] = {}
        for name, column in LAYERS[self.layer].columns.items():
            cells = columns.get(name, [None] * len(raw.frame))
            values[name], bad[name] = read_cells(cells, column, headers.get(name, name), kinds)
            if name not in columns:
                bad[name] = []
        crs = self.reading.config.project.crs
        shapes = gpd.GeoSeries(list(placed), crs=crs)
        frame = gpd.GeoDataFrame(values, geometry=shapes, crs=crs)
        part = Part(self.layer, frame, own, headers, places, raw.whole_rows)
        for name, cells in bad.items():
            blank = [n for n, row in enumerate(part.whole_rows) if not row]
            kept = [item for item in cells if item.position not in blank]
            self.reading.problems += cell_problems(part, name, kept)
        return part

    def _interpreted(
        self,
        columns: Mapping[str, list[Any]],
        headers: Mapping[str, str],
        own: Place,
        places: Mapping[str, Place],
    ) -> dict[str, list[Any]]:
        """Return the cells read as people write them; what was settled is told."""
        made: dict[str, list[Any]] = {}
        files = self.reading.files
        for name, cells in columns.items():
            place = places.get(name, own)
            raw = files.known(place.file, place.sheet)
            header = headers.get(name, name)
            where = CellPlace(
                place.file,
                header,
                place.rows.tolist(),
                raw.units.get(header),
                raw.merged.get(header, ()),
            )
            made[name], settled, bad = interpret_leniently(cells, name, self.layer, where)
            for reading in settled:
                self._settled(reading, raw)
            for n, error in bad.items():
                parameters = {"found": str(cells[n])[:40], **error.parameters}
                fix = Fix(Action.CLEAR, None, header)
                self.reading.problems.append(
                    Problem(
                        f"error:{error.message}",
                        Severity.ERROR,
                        layer=self.layer,
                        file=place.file,
                        sheet=place.sheet,
                        row=int(place.rows[n]),
                        column=header,
                        value=str(cells[n])[:40],
                        parameters=parameters,
                        fix=fix if error.rows else None,
                    )
                )
        return made

    def _settled(self, reading: Settled, raw: RawFile) -> None:
        """Tell what a reader settled: nothing is wrong with it, and nothing goes unsaid."""
        parameters = {
            **reading.parameters,
            "file": raw.key[0],
            "column": reading.column or "",
            "rows": Listed(str(row) for row in reading.rows[:10])
            + ("…" if len(reading.rows) > 10 else ""),
        }
        self.reading.problems.append(
            Problem(
                f"read:{reading.message}",
                Severity.NOTE,
                layer=self.layer,
                file=raw.key[0],
                sheet=raw.key[1],
                row=reading.rows[0] if reading.rows else None,
                column=reading.column,
                parameters=parameters,
            )
        )

    def _say(self, problem_id: str, key: FileKey, fix: Fix | None = None, **more: Any) -> None:
        self.reading.problems.append(
            Problem(
                problem_id,
                Severity.ERROR,
                layer=self.layer,
                file=key[0],
                sheet=key[1],
                fix=fix,
                **more,
            )
        )

    def _refused(self, error: FacilityPlanError, path: str, sheet: str | None) -> None:
        """Note that a file cannot be used; one that bears on no finding can be left out."""
        problem = of_error(error, self.layer, path, sheet)
        fix = Fix(Action.SET_ASIDE, new=self.number) if self.layer in SPARE_LAYERS else None
        self.reading.problems.append(
            Problem(
                problem.id,
                problem.severity,
                layer=self.layer,
                file=path,
                sheet=sheet,
                row=problem.row,
                column=problem.column,
                parameters=problem.parameters,
                fix=fix,
            )
        )

    def _joined(self, raw: RawFile) -> tuple[RawFile | None, Any]:
        """Return the table of attributes and, for each row, which of its rows belongs to it."""
        source = self.source
        none = np.full(len(raw.frame), -1)
        if source.attributes is None or source.key is None:
            return None, none
        try:
            table = self.reading.files.table(source.attributes, source.sheet, source.encoding)
        except FacilityPlanError as error:
            self.reading.problems.append(
                of_error(error, self.layer, source.attributes, source.sheet)
            )
            return None, none
        theirs = source.attributes_key or source.key
        for file, key in ((raw, source.key), (table, theirs)):
            if key not in file.frame.columns:
                there = Listed(str(name) for name in file.frame.columns if name != "geometry")
                parameters = {"columns": there}
                self._say("error:table_no_such_column", file.key, column=key, parameters=parameters)
                return None, none
        own = [key_text(cell) for cell in raw.frame[source.key]]
        first, told = keys_of(table, theirs, set(own), self.layer)
        self.reading.problems += told
        return table, np.asarray([first.get(key, -1) if key else -1 for key in own], dtype=int)

    def _columns(
        self, raw: RawFile, joined: RawFile | None, at: Any
    ) -> tuple[dict[str, list[Any]], dict[str, str], list[str]]:
        """Return canonical columns, what the file calls them, and which come from the table."""
        source, size = self.source, len(raw.frame)
        columns: dict[str, list[Any]] = {}
        headers = {**{name: name for name in LAYERS[self.layer].columns}, **source.columns}
        from_table: list[str] = []
        theirs = [] if joined is None else [str(name) for name in joined.frame.columns]
        for name, contract in LAYERS[self.layer].columns.items():
            header = headers[name]
            if name in source.constants:
                columns[name] = [source.constants[name]] * size
                continue
            there = [str(c) for c in raw.frame.columns if c != "geometry"] + theirs
            if header not in there:
                if name not in source.columns and not contract.required:
                    continue
                actual = alike(header, there)
                problem = "unknown_column" if name in source.columns else "missing_column"
                fix = None if actual is None else Fix(Action.PROJECT, {name: actual}, header)
                self._say(
                    f"error:{problem}",
                    raw.key,
                    fix,
                    column=header,
                    value=actual,
                    parameters={"there": Listed(there)},
                )
                if actual is None:
                    continue
                header = headers[name] = actual
            words = source.words.get(name, {})
            if joined is not None and header in theirs and header not in raw.frame.columns:
                from_table.append(name)
                taken = joined.frame[header].tolist()
                cells = [None if n < 0 else taken[n] for n in at]
            else:
                cells = raw.frame[header].tolist()
            columns[name] = [words.get(as_text(cell) or "", cell) for cell in cells]
        return columns, headers, from_table

    def _shapes(self, raw: RawFile) -> np.ndarray[Any, Any]:
        """Return geometries, points made of coordinates where a table has them."""
        if isinstance(raw.frame, gpd.GeoDataFrame):
            return np.asarray(raw.frame.geometry.array, dtype=object)
        shapes = np.full(len(raw.frame), None, dtype=object)
        source = self.source
        if source.x is None or source.y is None:
            return shapes
        missing = [name for name in (source.x, source.y) if name not in raw.frame.columns]
        if missing:
            there = Listed(str(name) for name in raw.frame.columns)
            for name in missing:
                parameters = {"columns": there}
                self._say("error:table_no_such_column", raw.key, column=name, parameters=parameters)
            return shapes
        x, y = (self._coordinates(raw, name) for name in (source.x, source.y))
        self._unswap(raw, x, y)
        good = np.isfinite(x) & np.isfinite(y)
        shapes[good] = shapely.points(x[good], y[good])
        return shapes

    def _coordinates(self, raw: RawFile, header: str) -> Any:
        values = np.full(len(raw.frame), np.nan)
        wholes = raw.whole_rows
        for n, cell in enumerate(raw.frame[header]):
            if not wholes[n]:
                continue
            try:
                values[n] = parse_number(cell)
                if np.isfinite(values[n]):
                    continue
                fix, problem = None, "coordinate_missing"
            except ValueError:
                degrees = as_degrees(str(cell))
                problem = "bad_coordinate"
                fix = None
                if degrees is not None:
                    values[n] = degrees
                    fix = Fix(Action.SET, degrees, header)
            fix = fix or aside(self.layer)
            self._at_row(problem, raw, n, header, cell, fix)
        return values

    def _at_row(
        self, name: str, raw: RawFile, n: int, header: str | None, cell: Any, fix: Fix | None
    ) -> None:
        self.reading.problems.append(
            Problem(
                name,
                Severity.ERROR,
                layer=self.layer,
                file=raw.key[0],
                sheet=raw.key[1],
                row=int(raw.rows[n]),
                column=header,
                value=None if cell is None else str(cell)[:40],
                item=self._id_of(raw, n),
                fix=fix,
            )
        )

    def _id_of(self, raw: RawFile, n: int) -> str | None:
        header = self.source.columns.get("id", "id")
        if header not in raw.frame.columns:
            return None
        return as_text(raw.frame[header].iloc[n])

    def _unswap(self, raw: RawFile, x: Any, y: Any) -> None:
        """Put longitudes and latitudes back where the numbers leave no doubt; each is told."""
        source = self.source
        if source.datum is None and (source.crs or "").upper() not in {"EPSG:4326", "EPSG:4490"}:
            return
        swapped = (np.abs(y) > 90.0) & (np.abs(y) <= 180.0) & (np.abs(x) <= 90.0)
        if not swapped.any():
            return
        good = np.isfinite(x) & np.isfinite(y)
        if bool(swapped[good].all()):
            fix = Fix(Action.PROJECT, {"x": source.y, "y": source.x})
            self._say("axes_swapped", raw.key, fix, column=source.x)
        else:
            for n in np.flatnonzero(swapped).tolist():
                cells = raw.frame[source.y].iloc[n], raw.frame[source.x].iloc[n]
                fix = Fix(Action.SET, {source.x: cells[0], source.y: cells[1]})
                value = f"{cells[1]}, {cells[0]}"
                self._at_row("row_axes_swapped", raw, n, source.x, value, fix)
        x[swapped], y[swapped] = y[swapped].copy(), x[swapped].copy()

    def _placed(self, raw: RawFile, shapes: Any) -> tuple[list[Any], bool]:
        """Return geometries in the project's system, ``None`` where they have no place in it."""
        placed: list[Any] = [None] * len(shapes)
        if not LAYERS[self.layer].geometry:
            return placed, False
        there = [n for n, s in enumerate(shapes) if s is not None and not s.is_empty]
        own = raw.frame.crs if isinstance(raw.frame, gpd.GeoDataFrame) else None
        while there:
            frame = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes[there]), crs=own)
            try:
                moved = self._to_project(frame, raw, raw.rows[there])
            except ImplausibleExtentError as error:
                bad = {int(row) for row in error.rows}
                rest = [n for n in there if int(raw.rows[n]) not in bad]
                if error.message != "crs_outside_area" or len(rest) in (0, len(there)):
                    self._refused(error, raw.key[0], raw.key[1])
                    return placed, False
                fix = aside(self.layer)
                for n in sorted(set(there) - set(rest)):
                    value = shapely.to_wkt(shapes[n], rounding_precision=6)[:60]
                    self._at_row("out_of_area", raw, n, None, value, fix)
                there = rest
                continue
            except MissingCrsError as error:
                self._refused(self._likely(error, frame, raw), raw.key[0], raw.key[1])
                return placed, False
            except CrsError as error:
                self._refused(error, raw.key[0], raw.key[1])
                return placed, False
            for n, shape in zip(there, moved.geometry, strict=True):
                placed[n] = shape
            same = own is not None and bool(
                shapely.equals_identical(shapes[there[0]], moved.geometry.iloc[0])
            )
            return placed, not same
        return placed, False

    def _to_project(
        self, frame: gpd.GeoDataFrame, raw: RawFile, rows: Any, datum: str | None = None
    ) -> gpd.GeoDataFrame:
        source = self.source
        helmert = None if source.helmert is None else Helmert(**source.helmert.model_dump())
        return to_project(
            frame,
            self.reading.config.project.crs,
            datum=datum or source.datum,
            crs=source.crs,
            helmert=helmert,
            file=raw.key[0],
            layer=self.layer,
            rows=rows,
        )

    def _likely(
        self, error: MissingCrsError, frame: gpd.GeoDataFrame, raw: RawFile
    ) -> MissingCrsError:
        """Return the error with the datum that the roads name, where they name one."""
        lines = road_lines(self.reading)
        if self.layer not in CHECKED_LAYERS or not len(lines):
            return error
        try:
            tried = self._to_project(frame, raw, np.arange(len(frame)), "wgs84")
        except CrsError:
            # As degrees they lie nowhere: the roads cannot name a datum, what is missing is said.
            return error
        points = points_of(tried.geometry)
        return likely_datum(points, lines, self.reading.config.project.crs, error)


def road_lines(reading: Reading) -> Any:
    """Return the lines of all roads that have a place, (n,)."""
    return np.asarray(
        [
            shape
            for part in reading.parts("roads")
            for shape in part.frame.geometry
            if shape is not None and not shape.is_empty
        ],
        dtype=object,
    )


__all__ = ["Read", "Reading", "read_leniently", "road_lines"]
