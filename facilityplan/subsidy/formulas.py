"""The formulas of money clauses, each worked out in the clause's unit.

An amount is a sum of figures as they are written; a figure that is needed and not there is named.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from facilityplan.errors import StandardFormatError
from facilityplan.provision import as_written
from facilityplan.standards import Clause

YUAN: Final = MappingProxyType({"yuan": 1, "yuan_per_bed": 1, "yuan_10000": 10_000})
"""Yuan in one of a clause's unit; a share is taken of the investment, which is in 10,000 yuan."""

GROUPS: Final = ("self_care", "semi_dependent", "dependent", "years_1", "years_2", "years_3")
"""Columns of ``subsidy_facts`` that count persons."""

LEVELS_THAT_PAY: Final = 2
"""City and county, "两级财政": what the reading ``each_level`` of a clause speaks of."""

_STARS: Final = MappingProxyType({word: at for at, word in enumerate("一二三四五", start=1)})


@dataclass(frozen=True)
class Recipient:
    """A facility as a money clause sees it; NaN and ``None`` where nothing is known.

    Parameters
    ----------
    investment_10000
        The layer's ``investment``, in 10,000 yuan.
    kind_known
        Whether kind and status are known, so that the clause surely speaks of it.
    persons
        Persons by group, see :data:`GROUPS`.
    """

    id: str
    name: str
    row: int = 0
    operator: str | None = None
    nonprofit: bool | None = None
    opened: dt.date | None = None
    floor_area_m2: float = math.nan
    beds: float = math.nan
    beds_added: float = math.nan
    beds_new: float = math.nan
    beds_converted: float = math.nan
    rating: str | None = None
    investment_10000: float = math.nan
    up_to_standard: bool | None = None
    group: str | None = None
    kind_known: bool = True
    persons: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Sum:
    """A formula worked out, in the clause's unit; ``amount`` is ``None`` where data is missing."""

    amount: Fraction | None
    formula: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    province: Fraction | None = None
    cap: Fraction | None = None
    capped: bool = False
    readings: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Fraction] = field(default_factory=dict)
    per: str = "once"


def yuan_in_unit(clause: Clause) -> Fraction:
    """Return the yuan in one of the clause's unit."""
    if clause.parameters.get("formula") == "share_of_cost":
        return Fraction(YUAN["yuan_10000"])
    if clause.unit is None or clause.unit not in YUAN:
        raise StandardFormatError(
            "standard_key",
            file=f"{clause.document_id}.toml",
            key=f"clause {clause.id} / unit",
            reason=f"{clause.unit!r}: {', '.join(YUAN)}",
        )
    return Fraction(YUAN[clause.unit])


def _unknown(formula: str, *missing: str, per: str = "once", **parameters: Any) -> Sum:
    return Sum(None, {"id": formula, **parameters}, missing, per=per)


def off(clause: Clause, key: str, reason: str) -> StandardFormatError:
    """Return the error that says which parameter of a clause is off."""
    return StandardFormatError(
        "standard_key",
        file=f"{clause.document_id}.toml",
        key=f"clause {clause.id} / parameters / {key}",
        reason=reason,
    )


def _given(clause: Clause, key: str) -> Fraction:
    if key not in clause.parameters:
        raise off(clause, key, "missing")
    return as_written(clause.parameters[key])


def _amounts(clause: Clause, key: str) -> list[Fraction]:
    cells = clause.parameters.get(key, ())
    if not cells or any(isinstance(cell, (bool, str)) for cell in cells):
        raise off(clause, key, "a list of numbers")
    return [as_written(cell) for cell in cells]


def _stepped_area(clause: Clause, recipient: Recipient, reading: str | None) -> Sum:
    if math.isnan(recipient.floor_area_m2):
        return _unknown("formula.subsidy_unknown", "floor_area_m2")
    area, least = as_written(recipient.floor_area_m2), _given(clause, "base_m2")
    base, step, step_m2 = (_given(clause, key) for key in ("base", "step", "step_m2"))
    if area < least:
        said = {"id": "formula.subsidy_below", "area": float(area), "base_m2": float(least)}
        return Sum(Fraction(0), said)
    exact = (area - least) / step_m2
    steps = {"whole_steps": Fraction(math.floor(exact)), "pro_rata": exact}
    chosen = reading or "whole_steps"
    if chosen not in steps:
        raise off(clause, "readings / steps", f"{chosen!r}: {', '.join(steps)}")
    cap = as_written(clause.parameters["cap"]) if "cap" in clause.parameters else None
    raw = {name: base + step * number for name, number in steps.items()}
    sums = {name: amount if cap is None else min(cap, amount) for name, amount in raw.items()}
    formula = {
        "id": "formula.subsidy_stepped" if cap is None else "formula.subsidy_stepped_capped",
        "base": float(base),
        "step": float(step),
        "steps": float(steps[chosen]),
        "area": float(area),
        "base_m2": float(least),
        "step_m2": float(step_m2),
        "sum": float(raw[chosen]),
    }
    if cap is not None:
        formula["cap"] = float(cap)
    return Sum(
        sums[chosen],
        formula,
        cap=cap,
        capped=cap is not None and raw[chosen] > cap,
        readings={"steps": chosen},
        others=sums,
    )


def _beds(clause: Clause, recipient: Recipient) -> dict[str, float]:
    """Return the beds by the parameter that says what each of them gets."""
    given = clause.parameters
    if "per_bed" in given:
        return {"per_bed": recipient.beds}
    names = [key for key in ("per_bed_new", "per_bed_converted") if key in given]
    if not names:
        raise off(clause, "per_bed", "missing")
    new, converted = recipient.beds_new, recipient.beds_converted
    # The beds added are new or converted: of these three figures two are enough.
    if math.isnan(new):
        new = recipient.beds_added - converted if len(names) > 1 else recipient.beds_added
    if math.isnan(converted):
        converted = recipient.beds_added - new if len(names) > 1 else recipient.beds_added
    counts = {"per_bed_new": new, "per_bed_converted": converted}
    # Fewer added than were built new: the two columns contradict each other, nothing is known.
    return {name: counts[name] if not counts[name] < 0 else math.nan for name in names}


def _per_bed(clause: Clause, recipient: Recipient, reading: str | None) -> Sum:
    beds = _beds(clause, recipient)
    columns = {"per_bed": "beds", "per_bed_new": "beds_new", "per_bed_converted": "beds_converted"}
    missing = tuple(columns[name] for name, number in beds.items() if math.isnan(number))
    if missing:
        return _unknown("formula.subsidy_unknown", *missing)
    rates = {name: _given(clause, name) for name in beds}
    once = sum((rates[name] * as_written(number) for name, number in beds.items()), Fraction(0))
    sums = {"together": once, "each_level": LEVELS_THAT_PAY * once}
    asked = "levels" in clause.readings
    chosen = reading or "together"
    if chosen not in sums:
        raise off(clause, "readings / levels", f"{chosen!r}: {', '.join(sums)}")
    total = sum(beds.values())
    province = clause.parameters.get("per_bed_province")
    return Sum(
        sums[chosen],
        {
            "id": "formula.subsidy_sum",
            "parts": [[number, float(rates[name])] for name, number in beds.items()],
            "times": LEVELS_THAT_PAY if chosen == "each_level" else 1,
            "sum": float(sums[chosen]),
        },
        province=None if province is None else as_written(province) * as_written(total),
        readings={"levels": chosen} if asked else {},
        others=sums if asked else {},
    )


def _share_of_cost(clause: Clause, recipient: Recipient, _: str | None) -> Sum:
    if math.isnan(recipient.investment_10000):
        return _unknown("formula.subsidy_unknown", "investment")
    share, cost = _given(clause, "share"), as_written(recipient.investment_10000)
    said = {"share": float(share), "cost": float(cost), "sum": float(share * cost)}
    return Sum(share * cost, {"id": "formula.subsidy_share", **said})


def _per_rating(clause: Clause, recipient: Recipient, _: str | None) -> Sum:
    amounts = _amounts(clause, "amounts")
    stars = stars_of(recipient.rating)
    if stars is None or stars > len(amounts):
        return _unknown("formula.subsidy_unknown", "rating")
    said = {"rating": stars, "sum": float(amounts[stars - 1])}
    return Sum(amounts[stars - 1], {"id": "formula.subsidy_rating", **said})


def stars_of(rating: str | None) -> int | None:
    """Return the stars that a rating says ("三星级", "3", "★★★"); ``None`` if it says none."""
    plain = (rating or "").strip()
    if plain and set(plain) <= {"★", "☆"}:
        return plain.count("★") or None
    written = re.fullmatch(r"([1-5一二三四五])\s*(?:星级?|A级?)?", plain)
    if written is None:
        return None
    return _STARS.get(written[1]) or int(written[1])


def _per_person(clause: Clause, recipient: Recipient, per: str) -> Sum:
    amounts = _amounts(clause, f"per_person_{per}")
    groups = [str(name) for name in clause.parameters.get("groups", ())]
    if len(groups) != len(amounts) or not set(groups) <= set(GROUPS):
        raise off(clause, "groups", f"{len(amounts)} of {', '.join(GROUPS)}")
    persons = {name: recipient.persons.get(name, math.nan) for name in groups}
    missing = tuple(name for name, number in persons.items() if math.isnan(number))
    if missing:
        return _unknown("formula.subsidy_unknown", *missing, per=per)
    pairs = list(zip(persons.values(), amounts, strict=True))
    total = sum((as_written(number) * amount for number, amount in pairs), Fraction(0))
    parts = [[number, float(amount)] for number, amount in pairs]
    said = {"id": "formula.subsidy_sum", "parts": parts, "times": 1, "sum": float(total)}
    return Sum(total, said, per=per)


def _tiers(clause: Clause, recipient: Recipient, _: str | None) -> Sum:
    tiers, amounts = _amounts(clause, "tiers"), _amounts(clause, "amounts")
    beside = clause.parameters.get("amounts_province")
    if len(tiers) != len(amounts) or (beside is not None and len(beside) != len(tiers)):
        raise off(clause, "amounts", f"{len(tiers)} numbers, one for each of the tiers")
    if sorted(tiers) != tiers:
        raise off(clause, "tiers", "the lowest first")
    if math.isnan(recipient.investment_10000):
        return _unknown("formula.subsidy_unknown", "investment")
    cost = as_written(recipient.investment_10000) * YUAN["yuan_10000"] / yuan_in_unit(clause)
    reached = [at for at, tier in enumerate(tiers) if cost >= tier]
    shown = {"cost": recipient.investment_10000}
    in_10000 = yuan_in_unit(clause) / YUAN["yuan_10000"]
    if not reached:
        least = float(tiers[0] * in_10000)
        return Sum(Fraction(0), {"id": "formula.subsidy_below_tier", **shown, "tier": least})
    at = reached[-1]
    shown |= {"tier": float(tiers[at] * in_10000), "sum": float(amounts[at])}
    province = None if beside is None else _amounts(clause, "amounts_province")[at]
    return Sum(amounts[at], {"id": "formula.subsidy_tier", **shown}, province=province)


def _fixed(clause: Clause, recipient: Recipient, _: str | None) -> Sum:
    amounts = _amounts(clause, "amounts")
    groups = [str(name) for name in clause.parameters.get("groups", ())]
    if groups:
        if len(groups) != len(amounts):
            raise off(clause, "groups", f"{len(amounts)} names, one for each of the amounts")
        if recipient.group not in groups:
            return _unknown("formula.subsidy_unknown", "group")
        amount = amounts[groups.index(recipient.group)]
    elif len(amounts) > 1:
        low, high = float(min(amounts)), float(max(amounts))
        return _unknown("formula.subsidy_range", "decision", low=low, high=high)
    else:
        amount = amounts[0]
    return Sum(amount, {"id": "formula.subsidy_fixed", "sum": float(amount)})


Formula = Callable[[Clause, Recipient, str | None], Sum]

FORMULAS: Final[Mapping[str, tuple[str, Formula]]] = MappingProxyType(
    {
        "stepped_area": ("steps", _stepped_area),
        "per_bed": ("levels", _per_bed),
        "share_of_cost": ("", _share_of_cost),
        "per_rating": ("", _per_rating),
        "per_person_year": ("", lambda clause, facts, _: _per_person(clause, facts, "year")),
        "per_person_month": ("", lambda clause, facts, _: _per_person(clause, facts, "month")),
        "tiers": ("", _tiers),
        "fixed": ("", _fixed),
    }
)
"""Formula -> the open question that it asks (none: empty), and how it is worked out."""
