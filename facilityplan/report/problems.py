"""Problems of a project's data as a workbook, a map layer and lines of text."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from facilityplan import locale
from facilityplan.doctor import Problem, tally
from facilityplan.files import whole_file
from facilityplan.report.sheets import Cell, Column, Row, open_book
from facilityplan.report.text import printable

MAP_LAYER: Final = "problems"
_COLUMNS: Final = (
    Column("severity", 8, toned=True),
    Column("problem_text", 52, toned=True),
    Column("remedy", 46),
    Column("layer", 12),
    Column("file", 20),
    Column("sheet", 14),
    Column("row", 8),
    Column("header", 16),
    Column("value", 18),
    Column("object_id", 14),
    Column("repair", 14),
    Column("problem_id", 22),
)
_TONE: Final = {"error": "non_compliant", "warning": "insufficient_data", "note": "plain"}
_SUMMARY: Final = (Column("problem_id", 26), Column("severity", 10), Column("number", 10))


def problems_workbook(
    problems: Sequence[Problem],
    *,
    place: str,
    as_of: dt.date,
    changes: Sequence[Mapping[str, Any]] = (),
    lang: str | None = None,
) -> bytes:
    """Return the problems as a workbook: all of them, how many of each, and what was changed.

    Parameters
    ----------
    place
        Name of the place, printed above every page.
    as_of
        The judging date, the only date in the file.
    changes
        What a repair changed, one mapping a change.
    lang
        Language of headers and sentences.
    """
    stream = io.BytesIO()
    head = locale.text("problems.head", lang, place=place, **tally(problems))
    with open_book(stream, head, as_of, lang) as writer:
        rows = [_row(problem, lang) for problem in problems]
        writer.sheet("problems", _COLUMNS, rows, above=(head,))
        writer.sheet("problems_by_kind", _SUMMARY, _by_kind(problems, lang))
        if changes:
            fields = tuple(Column(f"change_{name}", 18) for name in changes[0])
            writer.sheet("changes", fields, [_change(item, lang) for item in changes])
    return stream.getvalue()


def _row(problem: Problem, lang: str | None) -> Row:
    cells: dict[str, Cell] = {
        "severity": locale.text(f"severity.{problem.severity}", lang),
        "problem_text": problem.text(lang),
        "remedy": problem.remedy(lang),
        "layer": problem.layer,
        "file": problem.file,
        "sheet": problem.sheet,
        "row": None if problem.row is None else float(problem.row),
        "header": problem.column,
        "value": problem.value,
        "object_id": problem.item,
        "repair": _repair(problem, lang),
        "problem_id": problem.id,
    }
    return Row(cells, _TONE[str(problem.severity)])


def _repair(problem: Problem, lang: str | None) -> str:
    name = "left" if problem.fix is None else str(problem.fix.action)
    return locale.text(f"repair.action.{name}", lang)


def _change(change: Mapping[str, Any], lang: str | None) -> Row:
    cells: dict[str, Cell] = {f"change_{name}": value for name, value in change.items()}
    cells["change_action"] = locale.text(f"repair.action.{change['action']}", lang)
    return Row(cells)


def _by_kind(problems: Sequence[Problem], lang: str | None) -> list[Row]:
    counts: dict[tuple[str, str], int] = {}
    for problem in problems:
        key = str(problem.severity), problem.id
        counts[key] = counts.get(key, 0) + 1
    return [
        Row(
            {
                "problem_id": problem_id,
                "severity": locale.text(f"severity.{severity}", lang),
                "number": float(number),
            }
        )
        for (severity, problem_id), number in counts.items()
    ]


def write_problems_geopackage(
    path: Path, problems: Sequence[Problem], crs: str, lang: str | None = None
) -> int:
    """Write the problems that have a place as points, and return how many have one.

    Raises
    ------
    OutputError
        If the file cannot be written; an old one is then as it was.
    """
    placed = [problem for problem in problems if problem.at is not None]
    frame = gpd.GeoDataFrame(
        {
            "severity": _texts(str(p.severity) for p in placed),
            "problem": _texts(p.id for p in placed),
            "text": _texts(printable(p.text(lang)) for p in placed),
            "remedy": _texts(printable(p.remedy(lang)) for p in placed),
            "layer": _texts(p.layer for p in placed),
            "file": _texts(p.file for p in placed),
            "sheet": _texts(p.sheet for p in placed),
            "row": pd.array([p.row for p in placed], dtype="Int64"),
            "header": _texts(p.column for p in placed),
            "value": _texts(p.value for p in placed),
            "object_id": _texts(p.item for p in placed),
        },
        geometry=[shapely.Point(p.at) for p in placed],
        crs=crs,
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    try:
        with whole_file(path) as temporary:
            temporary.unlink()
            pyogrio.write_dataframe(
                frame, temporary, layer=MAP_LAYER, driver="GPKG", geometry_type="Point"
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return len(placed)


def _texts(values: Any) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def problem_lines(problems: Sequence[Problem], lang: str | None = None) -> list[str]:
    """Return each problem as one block of text: what, where, what to do."""
    lines: list[str] = []
    for problem in problems:
        place = [
            locale.text(f"where.{name}", lang, value=value)
            for name, value in (
                ("file", _file(problem)),
                ("layer", problem.layer),
                ("column", problem.column),
                ("rows", problem.row),
            )
            if value is not None
        ]
        lines.append(
            locale.text(
                "problems.line",
                lang,
                severity=locale.text(f"severity.{problem.severity}", lang),
                text=printable(problem.text(lang)),
                place=printable(locale.text("where.separator", lang).join(place)),
                remedy=printable(problem.remedy(lang)),
                repair=_repair(problem, lang),
            )
        )
    return lines


def _file(problem: Problem) -> str | None:
    return f"{problem.file} / {problem.sheet}" if problem.sheet else problem.file
