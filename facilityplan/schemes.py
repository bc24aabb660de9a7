"""A new residential scheme: its sheet, and its review clause by clause.

A scheme is an urban residential district (居住小区): clauses on urban residences speak of it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facilityplan.checks import Finding, Verdict
from facilityplan.checks.finding import UnitRef, doubt_of, judged, not_applicable, undecided
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.floor_area import demand_of
from facilityplan.checks.floor_area import judge as judge_floor_area
from facilityplan.errors import BadValueError, InputError, SchemaError, UsageError
from facilityplan.io.source import Table
from facilityplan.layers import RESIDENCE_STATUSES, as_text
from facilityplan.provision import Provided
from facilityplan.standards import Adoption, Comparator, DutyHolder, Modality, Standards, Unit
from facilityplan.units import parse_number

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("项目名称", "名称", "小区名称"),
        "place": ("地区", "所在地", "城市"),
        "standards": ("标准", "标准文件"),
        "status": ("建设状态", "状态"),
        "households": ("户数", "总户数", "规划户数"),
        "elder_floor_area_m2": ("养老服务用房面积", "养老服务用房建筑面积", "养老用房面积"),
        "premises": ("养老服务用房处数", "处数"),
        "distance_to_centre_m": ("到本社区中心距离", "到社区中心距离"),
        "station_area_m2": ("居家养老服务站点面积", "站点面积"),
    }
)
"""Fields of a scheme's sheet and what people head their columns with."""

COUNTS: Final = frozenset({"households", "premises"})
"""Fields that hold whole numbers."""

MAX_TOML_BYTES: Final = 1_000_000
MAX_DOTS: Final = 200
"""More dots in a line are a key of so many parts that parsing it takes minutes."""


@dataclass(frozen=True)
class Scheme:
    """A scheme as its sheet gives it; NaN and ``None`` where it gives nothing."""

    name: str
    place: str | None
    standards: tuple[str, ...]
    status: str | None
    households: float
    elder_floor_area_m2: float
    premises: float
    distance_to_centre_m: float
    station_area_m2: float
    file: str
    row: int


def schemes_from_table(table: Table) -> list[Scheme]:
    """Return the schemes of a sheet, one a row; columns under our names or the usual Chinese ones.

    Raises
    ------
    SchemaError
        If a column is unknown, or two columns mean the same field.
    BadValueError
        If a figure is no number of zero or more, or a status no known word.
    InputError
        If there is no row.
    """
    fields = {word: name for name, words in FIELDS.items() for word in (name, *words)}
    headers = {str(header): fields.get(str(header).strip()) for header in table.frame.columns}
    unknown = [header for header, name in headers.items() if name is None]
    known = "、".join(f"{name}（{words[0]}）" for name, words in FIELDS.items())
    if unknown or len(set(headers.values())) != len(headers):
        found = "、".join(unknown or headers)
        raise SchemaError("scheme_column", file=table.file, found=found, known=known)
    spoken = {str(name): header for header, name in headers.items()}
    schemes = [
        _scheme(dict(zip(spoken, cells, strict=True)), table.file, int(row), spoken)
        for cells, row in zip(
            table.frame.itertuples(index=False, name=None), table.rows, strict=True
        )
        if any(as_text(cell) is not None for cell in cells)
    ]
    if not schemes:
        raise InputError("no_scheme", file=table.file)
    return schemes


def scheme_from_toml(content: bytes, file: str) -> list[Scheme]:
    """Return the scheme of a TOML file, or those of its ``[[scheme]]`` tables.

    Raises
    ------
    SchemaError
        If it is no TOML, or a field is unknown.
    BadValueError
        If a figure is no number of zero or more, or a status no known word.
    """
    if len(content) > MAX_TOML_BYTES or any(
        line.count(b".") > MAX_DOTS for line in content.splitlines()
    ):
        raise SchemaError("scheme_too_large", file=file, limit=MAX_TOML_BYTES, dots=MAX_DOTS)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemaError("scheme_syntax", file=file, reason=str(error)) from error
    rows = table.pop("scheme", None)
    if isinstance(rows, Mapping):
        rows = [rows]
    if rows is None:
        rows, table = [table], {}
    if table or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        found = "、".join(table) or "scheme"
        raise SchemaError("scheme_column", file=file, found=found, known="、".join(FIELDS))
    fields = {word: name for name, words in FIELDS.items() for word in (name, *words)}
    schemes: list[Scheme] = []
    for number, row in enumerate(rows, start=1):
        unknown = [key for key in row if key not in fields]
        if unknown:
            found = "、".join(unknown)
            raise SchemaError("scheme_column", file=file, found=found, known="、".join(FIELDS))
        spoken = {fields[key]: key for key in row}
        if len(spoken) != len(row):
            raise SchemaError(
                "scheme_column", file=file, found="、".join(row), known="、".join(FIELDS)
            )
        cells = {name: row[key] for name, key in spoken.items()}
        schemes.append(_scheme(cells, file, number, spoken))
    if not schemes:
        raise InputError("no_scheme", file=file)
    return schemes


def _scheme(cells: Mapping[str, Any], file: str, row: int, spoken: Mapping[str, str]) -> Scheme:
    """Return the scheme of some cells; ``spoken`` says what the sheet calls each field."""

    def number(name: str) -> float:
        try:
            value = parse_number(cells.get(name))
        except (ValueError, OverflowError):
            value = -1.0
        if value < 0 or (name in COUNTS and value % 1 > 0):
            message = "bad_count" if name in COUNTS else "bad_number"
            found = str(cells.get(name))[:40]
            raise BadValueError(
                message, file=file, column=spoken.get(name, name), rows=[row], found=found
            )
        return value

    words = {name: name for name in RESIDENCE_STATUSES}
    for name, said in RESIDENCE_STATUSES.items():
        words |= dict.fromkeys(said, name)
    status = as_text(cells.get("status"))
    if status is not None and status not in words:
        allowed = "、".join(f"{name}（{said[0]}）" for name, said in RESIDENCE_STATUSES.items())
        raise BadValueError(
            "unknown_word",
            file=file,
            column=spoken["status"],
            rows=[row],
            found=status,
            allowed=allowed,
        )
    named = cells.get("standards")
    listed = named if isinstance(named, list) else re.split("[;；、,，]", as_text(named) or "")
    return Scheme(
        name=as_text(cells.get("name")) or f"{file}#{row}",
        place=as_text(cells.get("place")),
        standards=tuple(str(item).strip() for item in listed if str(item).strip()),
        status=None if status is None else words[status],
        households=number("households"),
        elder_floor_area_m2=number("elder_floor_area_m2"),
        premises=number("premises"),
        distance_to_centre_m=number("distance_to_centre_m"),
        station_area_m2=number("station_area_m2"),
        file=file,
        row=row,
    )


def review(
    scheme: Scheme,
    standards: Standards,
    readings: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Finding]:
    """Return what the documents say of a scheme: floor area, concentration, station.

    Parameters
    ----------
    scheme
        Its sheet.
    standards
        The documents that hold there.
    readings
        Readings chosen against the default, by clause.

    Notes
    -----
    What a clause asks and the sheet does not give is insufficient data, never a pass. Clauses
    that need the city around the scheme (its service radius) are not judged here.
    """
    unit = Unit(setting="urban", status=scheme.status)
    ref = UnitRef("scheme", scheme.name, scheme.name, scheme.row)
    findings = _floor_area(scheme, standards, unit, ref, readings or {})
    findings.extend(
        _concentration(scheme, adoption, ref)
        for adoption in standards.binding("concentration", unit)
    )
    findings.extend(
        _station(scheme, adoption, ref)
        for adoption in standards.binding("conditional_station", unit)
    )
    return sorted(findings, key=lambda item: item.clause_id)


def _floor_area(
    scheme: Scheme,
    standards: Standards,
    unit: Unit,
    ref: UnitRef,
    readings: Mapping[str, Mapping[str, str]],
) -> list[Finding]:
    adopted = standards.binding(FLOOR_AREA, unit)
    if not adopted:
        return []
    doubt = [item for item in adopted if item.undetermined]
    if doubt:
        return [undecided(doubt[0], ref, "reason.scheme_status_unknown")]
    demand = demand_of(ref, scheme.households, adopted, readings)
    area = scheme.elder_floor_area_m2
    given = bool(np.isfinite(area))
    provided = Provided(
        area if given else 0.0,
        () if given else ("elder_floor_area_m2",),
        ((scheme.name, area),) if given else (),
    )
    finding = judge_floor_area(demand, provided, {"file": scheme.file})
    if finding.formula["id"] != "reason.floor_area_unknown":
        return [finding]
    # There is no facility to name: it is the sheet that says nothing of the area.
    reason = "reason.scheme_area_unknown"
    kept = {name: said for name, said in finding.evidence.items() if name != "facilities"}
    return [
        dataclasses.replace(finding, formula={"id": reason}, evidence={**kept, "reason": reason})
    ]


def _concentration(scheme: Scheme, adoption: Adoption, ref: UnitRef) -> Finding:
    """Judge the number of places where the sheet gives it."""
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    if not np.isfinite(scheme.premises):
        return undecided(adoption, ref, "reason.premises_count_unknown")
    if scheme.premises == 0:
        return not_applicable(adoption, ref, "reason.no_premises", {})
    return judged(
        adoption,
        ref,
        value=scheme.premises,
        required=adoption.clause.limit,
        formula={"id": "formula.count"},
        evidence={"file": scheme.file},
    )


def _station(scheme: Scheme, adoption: Adoption, ref: UnitRef) -> Finding:
    doubt = doubt_of(adoption)
    if doubt is not None:
        return undecided(adoption, ref, doubt)
    clause = adoption.clause
    distance, limit = scheme.distance_to_centre_m, float(clause.parameters["trigger_distance_m"])
    if not np.isfinite(distance):
        return undecided(adoption, ref, "reason.centre_distance_unknown", required=clause.limit)
    evidence = {"file": scheme.file, "centre_m": distance}
    if not Comparator(clause.parameters["trigger_comparator"]).holds(distance, limit):
        return not_applicable(
            adoption, ref, "reason.within_centre", evidence, distance=distance, limit=limit
        )
    if not np.isfinite(scheme.station_area_m2):
        return undecided(
            adoption, ref, "reason.station_area_unknown", required=clause.limit, evidence=evidence
        )
    return judged(
        adoption,
        ref,
        value=scheme.station_area_m2,
        required=clause.limit,
        formula={"id": "formula.station"},
        evidence=evidence,
    )


def complies(findings: Sequence[Finding]) -> bool:
    """Return whether every applicable mandatory duty of the developer is kept.

    Where no such duty can be found nothing was judged, and that is no pass.
    """
    duties = [
        item
        for item in findings
        if item.modality == Modality.MANDATORY and item.duty_holder == DutyHolder.DEVELOPER
    ]
    applicable = [item for item in duties if item.verdict is not Verdict.NOT_APPLICABLE]
    return bool(applicable) and all(item.verdict is Verdict.COMPLIANT for item in applicable)


def parse_date(value: str) -> dt.date:
    """Return a judging date written as 2026-06-30.

    Raises
    ------
    UsageError
        If it is written otherwise.
    """
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError as error:
        raise UsageError("bad_date_option", value=value) from error
