"""What the documents promise a facility, by programme: conditions, amount, and what is missing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from facilityplan.errors import BadValueError, DuplicateIdError
from facilityplan.layers import City
from facilityplan.locale import Listed
from facilityplan.provision import select
from facilityplan.standards import Adoption, Clause, Standards, Unit
from facilityplan.standards.precedence import unknown_scope
from facilityplan.subsidy.formulas import FORMULAS, GROUPS, Recipient, off, yuan_in_unit

MEASURE: Final = "subsidy"
_REFUSALS: Final = MappingProxyType(
    {
        "operator": "reason.subsidy_operator",
        "nonprofit": "reason.subsidy_nonprofit",
        "opened": "reason.subsidy_opened",
        "up_to_standard": "reason.subsidy_up_to_standard",
    }
)
"""Condition that is not met -> what is said of it."""


class AwardStatus(StrEnum):
    """What can be said of a facility under a programme."""

    GRANTED = "granted"
    NONE = "none"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True)
class Award:
    """What one programme gives one facility.

    Parameters
    ----------
    yuan, province_yuan
        The amount, and what the province gives beside it; ``None`` where data is missing.
    per
        ``once``, ``year`` or ``month``.
    formula
        Message id and parameters of the sum, its figures in the clause's unit.
    missing
        Columns that would decide; or the condition that is not met, as ``reason``.
    readings
        The reading used for each open question, and in ``by_reading`` the amount in yuan under
        each answer where they differ.
    """

    clause_id: str
    programme: str
    facility_id: str
    facility_name: str
    row: int
    status: AwardStatus
    yuan: float | None
    province_yuan: float | None
    per: str
    formula: Mapping[str, Any]
    reason: str | None
    missing: tuple[str, ...]
    cap_yuan: float | None
    capped: bool
    readings: Mapping[str, str]
    by_reading: Mapping[str, float]
    modality: str
    standing: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ids and numbers, no prose."""
        plain = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        plain["status"] = self.status.value
        for name in ("formula", "readings", "by_reading"):
            plain[name] = dict(plain[name])
        plain["missing"] = list(self.missing)
        return plain


def _conditions(clause: Clause, recipient: Recipient, as_of: dt.date) -> dict[str, bool | None]:
    """Return the conditions of a clause, by the column that decides; ``None`` where unknown."""
    given = clause.parameters
    found: dict[str, bool | None] = {}
    if given.get("operators"):
        operator = recipient.operator
        found["operator"] = None if operator is None else operator in given["operators"]
    if "nonprofit" in given:
        profit = recipient.nonprofit
        found["nonprofit"] = None if profit is None else profit == given["nonprofit"]
    if given.get("min_years"):
        opened = recipient.opened
        found["opened"] = (
            None if opened is None else _years_after(opened, given["min_years"]) <= as_of
        )
    if given.get("up_to_standard"):
        found["up_to_standard"] = recipient.up_to_standard
    return found


def _years_after(day: dt.date, years: float) -> dt.date:
    """Return the same day so many years later; 29 February becomes 1 March where there is none."""
    months = day.year * 12 + day.month - 1 + round(float(years) * 12)
    year, month = months // 12, months % 12 + 1
    try:
        return day.replace(year=year, month=month)
    except ValueError:
        return dt.date(year + month // 12, month % 12 + 1, 1)


def award(
    adoption: Adoption,
    recipient: Recipient,
    *,
    as_of: dt.date,
    readings: Mapping[str, str] | None = None,
) -> Award:
    """Return what one programme gives one facility.

    Parameters
    ----------
    adoption
        The money clause, how it stands, and what of its scope is not known.
    as_of
        Judging date, for the years that a facility has been open.
    readings
        Readings chosen against the clause's defaults, by question.

    Raises
    ------
    StandardFormatError
        If the clause's formula, unit or parameters are off.
    """
    clause = adoption.clause
    name = str(clause.parameters.get("formula"))
    if name not in FORMULAS:
        raise off(clause, "formula", f"{name!r}: {', '.join(FORMULAS)}")
    question, work_out = FORMULAS[name]
    default = clause.readings[question].default if question in clause.readings else None
    chosen = (readings or {}).get(question)
    found = work_out(clause, recipient, chosen or default)
    factor = yuan_in_unit(clause)
    conditions = _conditions(clause, recipient, as_of)
    refused = [column for column, holds in conditions.items() if holds is False]
    unknown = [column for column, holds in conditions.items() if holds is None]
    unknown += [f"scope_{part}" for part in adoption.undetermined]
    unknown += [] if recipient.kind_known else ["kind"]
    missing = tuple(dict.fromkeys((*unknown, *found.missing)))
    reason = _REFUSALS[refused[0]] if refused else None
    amount, province = found.amount, found.province
    if refused or amount == 0:
        status, amount, province, missing = AwardStatus.NONE, Fraction(0), None, ()
    elif missing:
        status, amount, province = AwardStatus.INSUFFICIENT_DATA, None, None
        reason = "reason.subsidy_missing"
    else:
        status = AwardStatus.GRANTED
    granted = status is AwardStatus.GRANTED
    unit = "yuan_10000" if clause.unit == "share" else clause.unit
    differ = granted and len(set(found.others.values())) > 1
    return Award(
        clause_id=clause.id,
        programme=str(clause.parameters["programme"]),
        facility_id=recipient.id,
        facility_name=recipient.name,
        row=recipient.row,
        status=status,
        yuan=None if amount is None else float(amount * factor),
        province_yuan=None if province is None else float(province * factor),
        per=found.per,
        formula={**found.formula, "unit": unit},
        reason=reason,
        missing=missing,
        cap_yuan=None if found.cap is None else float(found.cap * factor),
        capped=granted and found.capped,
        readings=found.readings,
        by_reading={k: float(v * factor) for k, v in found.others.items()} if differ else {},
        modality=clause.modality.value,
        standing=adoption.standing.value,
    )


def subsidies(city: City, standards: Standards) -> tuple[Award, ...]:
    """Return what every programme gives every facility that it speaks of, by clause and id.

    A programme that names no kind of facility (an allowance of carers, a platform) goes to those
    facilities that ``subsidy_facts`` counts persons for or puts in its group.

    Raises
    ------
    MissingLayerError
        If the project has no facilities.
    BadValueError, DuplicateIdError
        If ``subsidy_facts`` names a facility that is not there, or one twice.
    StandardFormatError
        If a money clause is off.
    """
    facilities = city.facilities
    facts = _facts(city)
    recipients = _recipients(city, facts)
    awards: list[Award] = []
    for clause in standards.clauses(MEASURE):
        chosen = select(facilities, clause.kinds, clause.statuses, clause.kinds_serving_community)
        for row, recipient in enumerate(recipients):
            if not (chosen.counting[row] or chosen.undecided[row]):
                continue
            if not _by_kind(clause) and not _named(clause, recipient):
                continue
            fact = facts.get(recipient.id, {})
            unit = Unit(fact.get("setting"), None, fact.get("level"))
            unknown = unknown_scope(clause, unit)
            if unknown is None:
                continue
            adoption = Adoption(clause, standards.standing(clause), (), unknown)
            known = dataclasses.replace(recipient, kind_known=bool(chosen.counting[row]))
            readings = city.readings.get(clause.id)
            awards.append(award(adoption, known, as_of=city.as_of, readings=readings))
    return tuple(sorted(awards, key=lambda item: (item.clause_id, item.facility_id)))


def _by_kind(clause: Clause) -> bool:
    return bool(clause.kinds or clause.kinds_serving_community)


def _named(clause: Clause, recipient: Recipient) -> bool:
    """Return whether the sheet of facts says that a programme without kinds goes here."""
    groups = clause.parameters.get("groups", ())
    counted = any(not math.isnan(recipient.persons.get(name, math.nan)) for name in groups)
    return counted or recipient.group in groups


def programmes_elsewhere(standards: Standards) -> tuple[Clause, ...]:
    """Return the money clauses that name no kind of facility, by id."""
    return tuple(clause for clause in standards.clauses(MEASURE) if not _by_kind(clause))


def _facts(city: City) -> dict[str, dict[str, Any]]:
    """Return the rows of ``subsidy_facts`` by facility; none where there is no such table."""
    if not city.has("subsidy_facts"):
        return {}
    table = city.layer("subsidy_facts")
    rows = table.drop(columns="geometry").to_dict("records")
    known = set(city.facilities["id"])
    file = city.sources.get("subsidy_facts")
    where = {"file": file, "layer": "subsidy_facts", "column": "facility"}
    names = [row["facility"] for row in rows]
    strangers = [row["row"] for row in rows if row["facility"] not in known]
    if strangers:
        said = Listed([name for name in names if name not in known][:5])
        raise BadValueError("unknown_reference", **where, rows=strangers, found=said)
    again = [row["row"] for row in rows if names.count(row["facility"]) > 1]
    if again:
        twice = dict.fromkeys(name for name in names if names.count(name) > 1)
        raise DuplicateIdError("duplicate_id", **where, rows=again, found=Listed(twice))
    return {row["facility"]: {str(key): cell for key, cell in row.items()} for row in rows}


def _recipients(city: City, facts: Mapping[str, Mapping[str, Any]]) -> list[Recipient]:
    rows: Sequence[Mapping[str, Any]] = city.facilities.drop(columns="geometry").to_dict("records")
    found: list[Recipient] = []
    for row in rows:
        more = facts.get(row["id"], {})
        found.append(
            Recipient(
                id=row["id"],
                name=row["name"] or row["id"],
                row=int(row["row"]),
                operator=row["operator"],
                nonprofit=row["nonprofit"],
                opened=row["opened"],
                floor_area_m2=row["floor_area_m2"],
                beds=row["beds"],
                beds_added=row["beds_added"],
                beds_new=more.get("beds_new", math.nan),
                beds_converted=more.get("beds_converted", math.nan),
                rating=row["rating"],
                investment_10000=row["investment"],
                up_to_standard=more.get("up_to_standard"),
                group=more.get("group"),
                persons={name: more.get(name, math.nan) for name in GROUPS},
            )
        )
    return found
