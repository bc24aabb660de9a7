"""What a planner may do: rules that turn candidates and facilities into actions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from facilityplan.errors import UsageError
from facilityplan.layers import City, points_of
from facilityplan.locale import Listed
from facilityplan.siting.arguments import Floats
from facilityplan.siting.deficits.terms import Act, Action, DeficitTerms, Size, Then

DONE_TO_CANDIDATES = (Act.NEW, Act.CONVERT, Act.COMBINE)
DONE_TO_FACILITIES = (Act.EXTEND,)


@dataclass(frozen=True)
class Works:
    """One kind of works, a row of ``[[siting.actions]]``.

    Parameters
    ----------
    act
        ``new``, ``convert`` or ``combine`` at candidates, ``extend`` at facilities.
    kind
        Kind of facility that comes of it; for ``extend`` the kind that is extended.
    at
        Kinds of candidate it is done at; empty: all.
    cost, subsidy
        Fixed, in the unit of the candidates' cost. A candidate's own cost comes on top where
        ``candidate_cost`` says so; where it has none the cost is not known.
    floor_area_step_m2, cost_per_m2, subsidy_per_m2
        Modules of floor area, up to the candidate's size. Without a step the whole candidate is
        taken.
    beds, beds_step, most_bed_modules, cost_per_bed, subsidy_per_bed
        Beds it has anyway, and modules of more.
    most_added_m2
        For ``extend``: floor area that can be added.
    """

    act: Act
    kind: str
    at: tuple[str, ...] = ()
    cost: float = 0.0
    subsidy: float = 0.0
    candidate_cost: bool = True
    floor_area_step_m2: float | None = None
    cost_per_m2: float = 0.0
    subsidy_per_m2: float = 0.0
    beds: float = 0.0
    beds_step: float = 0.0
    least_bed_modules: int = 0
    most_bed_modules: int = 0
    cost_per_bed: float = 0.0
    subsidy_per_bed: float = 0.0
    most_added_m2: float = 0.0


@dataclass(frozen=True)
class DeficitOptions:
    """How to close deficits.

    Parameters
    ----------
    weight
        What an unmet requirement weighs: ``households``, ``elders``, or ``residences`` (each
        counts one; a zone counts one). Where there is no figure it weighs nothing and is listed.
    works
        What may be done. Empty: each candidate as a whole becomes a facility of
        ``facility_kind`` at its own cost.
    facility_kind
        Kind of the facility of these; ``None`` takes the first that a radius clause names.
    measures
        Measures whose misses are the deficits.
    share_least_size
        Premises that several estates share (``combine``) keep a clause's least size together
        (统筹); the text does not say so, hence a switch.
    mandatory, forbidden
        Candidates (or facilities to extend), by id.
    terms
        Budget, years, order of kinds, what decides next. By default the fewest sites.
    """

    weight: str = "households"
    works: tuple[Works, ...] = ()
    facility_kind: str | None = None
    measures: tuple[str, ...] = (
        "service_radius",
        "floor_area_per_100_households",
        "required_facility",
        "beds_per_1000",
    )
    share_least_size: bool = False
    mandatory: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    terms: DeficitTerms = field(default_factory=lambda: DeficitTerms(then=Then.SITES))


@dataclass(frozen=True)
class Site:
    """Where an action is done, and what comes of it."""

    place: str
    name: str
    kind: str
    facility_kind: str
    x: float
    y: float
    facility_row: int | None
    size_known: bool
    works: Works | None


@dataclass(frozen=True)
class Offer:
    """Actions in the order of their ids, each with its site."""

    actions: tuple[Action, ...]
    sites: tuple[Site, ...]

    @property
    def xy(self) -> Floats:
        """Points of the actions, (a, 2) metres."""
        return np.array([(site.x, site.y) for site in self.sites], dtype=np.float64).reshape(-1, 2)


def offered(city: City, options: DeficitOptions, default_kind: str | None) -> Offer:
    """Return what can be done in a city.

    Raises
    ------
    UsageError
        If works are of an act that is not offered, or an id is none of a candidate's or
        facility's.
    """
    works = options.works
    if not works and default_kind is not None:
        works = (Works(Act.NEW, default_kind),)
    rows: list[tuple[Action, Site]] = []
    for number, rule in enumerate(works):
        if rule.act in DONE_TO_CANDIDATES:
            rows += _at_candidates(city, options, rule, number)
        elif rule.act in DONE_TO_FACILITIES:
            rows += _at_facilities(city, options, rule, number)
        else:
            allowed = Listed((*DONE_TO_CANDIDATES, *DONE_TO_FACILITIES))
            raise UsageError("deficit_act", act=str(rule.act), allowed=allowed)
    rows += _kept(city, rows)
    rows.sort(key=lambda row: row[0].id)
    places = {site.place for _, site in rows}
    for name in (*options.mandatory, *options.forbidden):
        if name not in places:
            raise UsageError("deficit_place", given=name)
    return Offer(tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def _year(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _number(cost: float, *, own: bool, rule: Works) -> float:
    return rule.cost + (cost if own else 0.0)


def _at_candidates(
    city: City, options: DeficitOptions, rule: Works, number: int
) -> list[tuple[Action, Site]]:
    if not city.has("candidates"):
        return []
    layer = city.layer("candidates")
    xy = points_of(layer.geometry)
    found = []
    for row, record in enumerate(layer.drop(columns="geometry").to_dict("records")):
        kind = record["kind"] or ""
        if rule.at and kind not in rule.at:
            continue
        room = float(record["max_floor_area_m2"])
        site = Site(
            str(record["id"]),
            str(record["name"] or record["id"]),
            kind,
            rule.kind,
            float(xy[row, 0]),
            float(xy[row, 1]),
            None,
            math.isfinite(room),
            rule,
        )
        action = Action(
            id=f"{site.place}|{rule.act}|{number:02d}",
            place=site.place,
            act=rule.act,
            cost=_number(float(record["cost"]), own=rule.candidate_cost, rule=rule),
            income=rule.subsidy,
            floor_area=_premises(room if math.isfinite(room) else 0.0, rule),
            beds=_beds(rule.beds, rule),
            available_from=_year(float(record["available_from"])),
            mandatory=site.place in options.mandatory and _first(options, rule, number),
            forbidden=site.place in options.forbidden,
        )
        found.append((action, site))
    return found


def _first(options: DeficitOptions, rule: Works, number: int) -> bool:
    """Return whether a mandatory place is bound to these works: where several fit, it is refused."""
    del rule, number
    if len(options.works) > 1:
        raise UsageError("deficit_mandatory_works")
    return True


def _premises(room_m2: float, rule: Works) -> Size:
    step = rule.floor_area_step_m2
    if step is None:
        return Size(base=room_m2)
    return Size(
        step=step,
        most=int(room_m2 // step),
        unit_cost=rule.cost_per_m2,
        unit_income=rule.subsidy_per_m2,
    )


def _beds(base: float, rule: Works) -> Size:
    return Size(
        base=base,
        step=rule.beds_step,
        least=rule.least_bed_modules,
        most=rule.most_bed_modules,
        unit_cost=rule.cost_per_bed,
        unit_income=rule.subsidy_per_bed,
    )


def _at_facilities(
    city: City, options: DeficitOptions, rule: Works, number: int
) -> list[tuple[Action, Site]]:
    """Extend facilities in operation; what they hold now serves those it serves now."""
    if not city.has("facilities"):
        return []
    layer = city.facilities
    xy = points_of(layer.geometry)
    step = rule.floor_area_step_m2
    found = []
    for row, record in enumerate(layer.drop(columns="geometry").to_dict("records")):
        if record["kind"] != rule.kind or record["status"] != "operating":
            continue
        site = Site(
            str(record["id"]),
            str(record["name"] or record["id"]),
            rule.kind,
            rule.kind,
            float(xy[row, 0]),
            float(xy[row, 1]),
            row,
            math.isfinite(float(record["beds"])),
            rule,
        )
        area = Size() if step is None else _premises(rule.most_added_m2, rule)
        action = Action(
            id=f"{site.place}|{rule.act}|{number:02d}",
            place=site.place,
            act=rule.act,
            cost=rule.cost,
            income=rule.subsidy,
            floor_area=area,
            beds=_beds(0.0, rule),
            mandatory=site.place in options.mandatory and _first(options, rule, number),
            forbidden=site.place in options.forbidden,
        )
        found.append((action, site))
    return found


def _kept(city: City, rows: Sequence[tuple[Action, Site]]) -> list[tuple[Action, Site]]:
    del city
    stand = {site.place: site for _, site in rows if site.facility_row is not None}
    return [
        (Action(f"{place}|keep", place, Act.KEEP), site) for place, site in sorted(stand.items())
    ]
