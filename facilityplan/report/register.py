"""The register of completed estates: a sheet for the streets to fill in, and what they filled in.

What the project knows of an estate stands on the left; on the right are the cells to fill in:
whether premises were built and handed over, their area, and how they are used today.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from facilityplan import locale
from facilityplan.checks import Context, floor_area
from facilityplan.checks.register import (
    LAYER,
    RegisterEntry,
    RegisterState,
    is_completed,
    state_of,
)
from facilityplan.errors import BadValueError, DuplicateIdError, MissingColumnError
from facilityplan.layers import LAYERS, PREMISES_USES, as_text, conform
from facilityplan.locale import Listed
from facilityplan.report.sheets import Cell, Column, Row, open_book
from facilityplan.report.text import printable

REGISTER: Final = "completed_estates"

FILLED: Final = tuple(name for name in LAYERS[LAYER].columns if name != "residence")
"""Columns of table register that the streets fill in."""

_COLUMNS: Final = (
    Column("register_residence", 14),
    Column("register_name", 24),
    Column("register_zone", 24),
    Column("register_completed", 12),
    Column("register_households", 9),
    Column("register_required", 12),
    Column("register_facilities", 20),
    Column("register_listed", 12),
    Column("register_delivered", 12),
    *(Column(f"register_{name}", 14) for name in FILLED),
)

_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"built": ("yes", "no"), "handed_over": ("yes", "no"), "use": tuple(PREMISES_USES)}
)


@dataclass(frozen=True)
class RegisterLine:
    """One completed estate: what the project knows of it, and what was filled in.

    Parameters
    ----------
    required_m2
        Floor area that the clauses in force demand; ``None`` where none does or it is open.
    filled
        Answers by column of table register; ``None`` where nothing was filled in.
    """

    residence: str
    name: str
    zone: str | None
    completed: dt.date | None
    households: float | None
    required_m2: float | None
    facilities: tuple[str, ...]
    listed_m2: float | None
    delivered: dt.date | None
    filled: Mapping[str, Any]

    @property
    def state(self) -> RegisterState:
        """What became of the estate's premises."""
        built, handed_over, use = (self.filled[name] for name in ("built", "handed_over", "use"))
        return state_of(RegisterEntry(0, built, handed_over, use), REGISTER)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "residence": self.residence,
            "name": self.name,
            "zone": self.zone,
            "completed": _plain(self.completed),
            "households": self.households,
            "required_m2": self.required_m2,
            "facilities": list(self.facilities),
            "listed_m2": self.listed_m2,
            "delivered": _plain(self.delivered),
            "state": self.state.value,
            **{name: _plain(self.filled[name]) for name in FILLED},
        }


def register_lines(context: Context, filled: Sequence[gpd.GeoDataFrame] = ()) -> list[RegisterLine]:
    """Return the completed estates, by id, with what table register and filled tables say.

    Parameters
    ----------
    filled
        Tables read back (:func:`filled_register`); their answers go before those of the project,
        a blank cell leaves what the project says.

    Raises
    ------
    DuplicateIdError
        If an estate is filled in in several of the tables.
    """
    city = context.city
    answers = _answers([city.layer(LAYER)] if city.has(LAYER) else [])
    for residence, cells in _answers(filled).items():
        known = answers.get(residence, dict.fromkeys(FILLED))
        answers[residence] = {
            name: known[name] if cells[name] is None else cells[name] for name in FILLED
        }
    demands = _demands(context)
    delivered = _delivered(context)
    return [
        _line(context, row, demands, delivered, answers)
        for row in range(len(city.residences))
        if is_completed(context, row)
    ]


def _line(
    context: Context,
    row: int,
    demands: Mapping[str, tuple[float | None, float | None, tuple[str, ...]]],
    delivered: Mapping[str, dt.date],
    answers: Mapping[str, Mapping[str, Any]],
) -> RegisterLine:
    ref = context.residence_ref(row)
    required_m2, listed_m2, facilities = demands.get(ref.id, (None, None, ()))
    chain = context.zone_chain()[row]
    zones = [context.cells("zones", "name")[zone] for zone in chain[:2]]
    return RegisterLine(
        ref.id,
        ref.name,
        Listed(zones) or context.cells("residences", "zone")[row],
        context.cells("residences", "completed")[row],
        _number(context.cells("residences", "households")[row]),
        required_m2,
        facilities,
        listed_m2,
        delivered.get(ref.id),
        answers.get(ref.id, dict.fromkeys(FILLED)),
    )


def _demands(
    context: Context,
) -> dict[str, tuple[float | None, float | None, tuple[str, ...]]]:
    """Return by residence the floor area demanded, the floor area listed, and in which premises."""
    found: dict[str, tuple[float | None, float | None, tuple[str, ...]]] = {}
    for item in floor_area.evaluate(context):
        old = found.get(item.unit_id, (None, None, ()))
        required = max((x for x in (old[0], item.required) if x is not None), default=None)
        found[item.unit_id] = (required, old[1] if item.value is None else item.value, old[2])
    if not context.city.has("facilities"):
        return found
    ids = context.cells("facilities", "id")
    names = context.cells("residences", "id")
    for clause in context.standards.clauses(floor_area.MEASURE):
        for row, premises in context.premises(clause).items():
            old = found.get(names[row], (None, None, ()))
            here = {*old[2], *(ids[item.facility] for item in premises)}
            found[names[row]] = (old[0], old[1], tuple(sorted(here)))
    return found


def _delivered(context: Context) -> dict[str, dt.date]:
    """Return by residence the last day on which premises were delivered, by table deliveries."""
    found: dict[str, dt.date] = {}
    if not context.city.has("deliveries"):
        return found
    columns = (context.cells("deliveries", name) for name in ("residence", "stage", "premises"))
    for residence, stage, day in zip(*columns, strict=True):
        if stage == "delivered" and day is not None and day <= context.city.as_of:
            found[residence] = max(day, found.get(residence, day))
    return found


def _answers(tables: Sequence[gpd.GeoDataFrame]) -> dict[str, dict[str, Any]]:
    """Return the answers by residence; no residence may have them from two rows."""
    found: dict[str, dict[str, Any]] = {}
    twice: set[str] = set()
    for table in tables:
        columns = [table[name].tolist() for name in FILLED]
        for at, residence in enumerate(table["residence"]):
            if residence in found:
                twice.add(residence)
            found[residence] = {
                name: _known(cells[at]) for name, cells in zip(FILLED, columns, strict=True)
            }
    if twice:
        raise DuplicateIdError("register_twice", found=Listed(sorted(twice)[:5]))
    return found


def filled_register(
    frame: pd.DataFrame, rows: Sequence[int], file: str, context: Context
) -> gpd.GeoDataFrame | None:
    """Return a register that was filled in, every cell checked; ``None`` if no cell is filled in.

    Parameters
    ----------
    frame
        The table as it was read, under the headers of either language.
    rows, file
        Row numbers and name of the file, for messages.

    Raises
    ------
    MissingColumnError
        If a column of the register is not there.
    BadValueError, DuplicateIdError
        If an answer is none, an estate unknown or named twice, or answers contradict each other.
    """
    headers = _headers(frame, file)
    named = pd.DataFrame(
        {name: pd.Series(frame[header].tolist(), dtype=object) for name, header in headers.items()}
    )
    filled = [
        at
        for at, cells in enumerate(named[list(FILLED)].itertuples(index=False, name=None))
        if any(as_text(cell) is not None for cell in cells)
    ]
    if not filled:
        return None
    words = {locale.text(f"register.word.{w}", g): w for g in locale.LANGUAGES for w in _flags()}
    for name in _WORDS:
        named[name] = [words.get(as_text(cell) or "", cell) for cell in named[name]]
    kept = gpd.GeoDataFrame(
        named.iloc[filled].reset_index(drop=True), geometry=[None] * len(filled)
    )
    numbers = [int(rows[at]) for at in filled]
    table = conform(kept, LAYER, rows=numbers, file=file, headers=headers)
    _refuse(table, file, headers, context)
    return table


def _flags() -> tuple[str, ...]:
    return ("yes", "no", *PREMISES_USES)


def _headers(frame: pd.DataFrame, file: str) -> dict[str, str]:
    """Return what the file calls each column of table register."""
    there = {str(header).strip(): str(header) for header in frame.columns}
    found: dict[str, str] = {}
    for name in ("residence", *FILLED):
        spoken = [locale.text(f"report.column.register_{name}", g) for g in locale.LANGUAGES]
        header = next((there[word] for word in spoken if word in there), None)
        if header is None:
            raise MissingColumnError("register_header", file=file, column=spoken[0])
        found[name] = header
    return found


def _refuse(
    table: gpd.GeoDataFrame, file: str, headers: Mapping[str, str], context: Context
) -> None:
    """Refuse estates that are not there or named twice, and answers that contradict each other."""
    rows, ids = table["row"].tolist(), table["residence"].tolist()
    where: dict[str, Any] = {"file": file, "layer": LAYER}
    known = set(context.cells("residences", "id"))
    unknown = [at for at, name in enumerate(ids) if name not in known]
    if unknown:
        raise BadValueError(
            "unknown_reference",
            **where,
            column=headers["residence"],
            rows=[rows[at] for at in unknown],
            found=Listed(ids[at] for at in unknown[:5]),
        )
    twice = [at for at, name in enumerate(ids) if ids.count(name) > 1]
    if twice:
        raise DuplicateIdError(
            "duplicate_id",
            **where,
            column=headers["residence"],
            rows=[rows[at] for at in twice],
            found=Listed(sorted({ids[at] for at in twice})[:5]),
        )
    answers = _answers([table])
    wrong = [at for at, name in enumerate(ids) if _contradicts(answers[name], context.city.as_of)]
    if wrong:
        raise BadValueError(
            "register_contradiction",
            **where,
            rows=[rows[at] for at in wrong],
            found=Listed(ids[at] for at in wrong[:5]),
        )


def _contradicts(answer: Mapping[str, Any], as_of: dt.date) -> bool:
    handed_over_on = answer["handed_over_on"]
    if handed_over_on is not None and (answer["handed_over"] is False or handed_over_on > as_of):
        return True
    something = answer["handed_over"] or answer["use"] or answer["floor_area_m2"]
    return answer["built"] is False and bool(something)


def register_workbook(
    lines: Sequence[RegisterLine], *, place: str, as_of: dt.date, lang: str | None = None
) -> bytes:
    """Return an xlsx file of one sheet whose first row is its header, so that it reads back.

    The judging date is the only date of making in it: the same register gives the same bytes.
    """
    stream = io.BytesIO()
    head = locale.text("register.title", lang, place=printable(place))
    choices = {
        f"register_{name}": [locale.text(f"register.word.{word}", lang) for word in words]
        for name, words in _WORDS.items()
    }
    with open_book(stream, head, as_of, lang) as writer:
        rows = [Row(_cells(line, lang)) for line in lines]
        writer.sheet("register", _COLUMNS, rows, choices=choices)
    return stream.getvalue()


def _cells(line: RegisterLine, lang: str | None) -> dict[str, Cell]:
    return {
        "register_residence": line.residence,
        "register_name": line.name,
        "register_zone": line.zone,
        "register_completed": _plain(line.completed),
        "register_households": line.households,
        "register_required": line.required_m2,
        "register_facilities": locale.joined(line.facilities, lang) or None,
        "register_listed": line.listed_m2,
        "register_delivered": _plain(line.delivered),
        **{f"register_{name}": _answer(name, line.filled[name], lang) for name in FILLED},
    }


def _answer(name: str, value: Any, lang: str | None) -> Cell:
    if name in _WORDS and value is not None:
        word = value if isinstance(value, str) else ("yes" if value else "no")
        return locale.text(f"register.word.{word}", lang)
    plain: Cell = _plain(value)
    return plain


def register_counts(lines: Sequence[RegisterLine]) -> dict[RegisterState, int]:
    """Return how many estates are in each state."""
    found = Counter(line.state for line in lines)
    return {state: found[state] for state in RegisterState if found[state]}


def _known(cell: Any) -> Any:
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def _number(cell: Any) -> float | None:
    return None if cell is None or math.isnan(cell) else float(cell)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
