"""The planner's entrance: close a city's deficits, and say of each action whom it serves and why."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.checks import Finding, assess
from facilityplan.coverage import Sight
from facilityplan.layers import City, conform, stack
from facilityplan.locale import Listed
from facilityplan.scenario import changes, mended
from facilityplan.siting.deficits.check import lost_without
from facilityplan.siting.deficits.problem import CityDeficits, deficit_problem
from facilityplan.siting.deficits.result import DeficitSolution, Reached, Shortage
from facilityplan.siting.deficits.solve import close_deficits
from facilityplan.siting.deficits.terms import NeedKind, Taken
from facilityplan.siting.deficits.works import DeficitOptions
from facilityplan.siting.options import SolveOptions
from facilityplan.siting.proposal import Count, Mended
from facilityplan.siting.solution import Status
from facilityplan.standards import Standards

PLACE_MEASURES = ("service_radius", "required_facility", "beds_per_1000")
ROOM_MEASURES = ("floor_area_per_100_households",)


@dataclass(frozen=True)
class Share:
    """Room of an action that goes to one requirement, in square metres or beds."""

    clause_id: str
    unit_id: str
    kind: NeedKind
    amount: float


@dataclass(frozen=True)
class PlannedAction:
    """One action of a plan, explained.

    Parameters
    ----------
    action_id, act, place, name, place_kind, facility_kind, x, y
        What is done where (metres in the project's CRS), and what comes of it.
    year
        When, where there is a budget by year.
    available_from
        First year it can be done, where that is known.
    floor_area_m2, beds
        What it makes.
    cost
        Net of subsidies; ``None`` where it is not known.
    serves
        Residences whose requirement it serves, by id.
    households, elders
        Of these residences, each counted once.
    gives
        Room shared out.
    mends
        Findings that turn from misses into passes when the city is assessed again with all of the
        plan in it, and that this action serves.
    closes
        Requirements (clause, unit) that the plan meets with this action among those that serve.
    lost
        Requirements (clause, unit) that the plan no longer meets without it.
    """

    action_id: str
    act: str
    place: str
    name: str
    place_kind: str
    facility_kind: str
    x: float
    y: float
    year: int | None
    available_from: int | None
    floor_area_m2: float
    beds: float
    cost: float | None
    serves: tuple[str, ...]
    households: Count
    elders: Count
    gives: tuple[Share, ...]
    closes: tuple[tuple[str, str], ...]
    mends: tuple[Mended, ...]
    lost: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OpenRequirement:
    """A requirement that the plan leaves open, and why."""

    clause_id: str
    unit_kind: str
    unit_id: str
    unit_name: str
    kind: NeedKind
    weight: float
    missing: float
    met: float
    why: str


@dataclass(frozen=True)
class Tally:
    """Requirements of one kind: how many, how many closed, and what they weigh."""

    kind: NeedKind
    needs: int
    closed: int
    weight: float
    weight_closed: float


@dataclass(frozen=True)
class DeficitPlan:
    """Actions that close a city's deficits.

    Parameters
    ----------
    status, objective, bound, gap, levels
        As of :class:`DeficitSolution`.
    mended
        All findings that turn into passes, whichever action they are due to.
    not_mended
        Requirements that the plan meets, but that a clause as it is read now still calls missed
        (premises that share a least size).
    without_budget
        Weight that unlimited money leaves open, and what it then costs at least.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    levels: tuple[Reached, ...]
    actions: tuple[PlannedAction, ...]
    open: tuple[OpenRequirement, ...]
    tallies: tuple[Tally, ...]
    mended: tuple[Mended, ...]
    not_mended: tuple[tuple[str, str], ...]
    cost: float | None
    cost_by_year: tuple[tuple[int | None, float], ...]
    without_budget: tuple[float, float] | None
    conflict: Mapping[str, float] | None
    shortages: tuple[Shortage, ...]
    lowest_index: bool
    interrupted: bool
    undecided: tuple[tuple[str, str], ...]
    aside: tuple[tuple[str, str], ...]
    unweighted: tuple[str, ...]
    size_unknown: tuple[str, ...]
    cost_unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ids and numbers, no prose; what is infinite is null."""
        plain: dict[str, Any] = _plain(
            {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        )
        return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else round(value, 9)
    return str(value) if isinstance(value, str) else value


def propose_deficits(
    city: City,
    standards: Standards,
    findings: Sequence[Finding],
    options: DeficitOptions | None = None,
    *,
    sight: Sight | None = None,
    solve: SolveOptions | None = None,
) -> DeficitPlan:
    """Return the plan that closes the most of a city's deficits, explained.

    Parameters
    ----------
    city, standards
        What was assessed.
    findings
        Its findings; misses of distance, floor area, required facilities and beds are the deficits.
    options
        Weight, works, budget, what decides next.
    sight
        The barriers that cut a line, as the findings know them; ``None`` where they do not count.
    solve
        Time limit, gap, threads, seed, progress.

    Raises
    ------
    CrsError
        If a layer of the city is not in metres.
    UsageError
        If an option is off, or money decides and a cost is not known.
    SolveError
        If there is no plan in time, or the recount does not confirm it.
    """
    chosen = options or DeficitOptions()
    deficits = deficit_problem(city, standards, findings, chosen, sight=sight)
    found = close_deficits(deficits.problem, chosen.terms, options=solve)
    turned = _turned(city, standards, findings, deficits, found, sight)
    actions = tuple(_action(city, deficits, found, item, turned) for item in found.taken)
    met = [at for at, share in enumerate(found.met) if share >= 1.0]
    passes = {(item.clause_id, item.unit_id) for item in turned}
    named = [_name(deficits, at) for at in met]
    infeasible = found.status is Status.INFEASIBLE
    return DeficitPlan(
        status=found.status,
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        levels=found.levels,
        actions=actions,
        open=_open(deficits, found),
        tallies=_tallies(deficits, found),
        mended=turned,
        not_mended=tuple(name for name in named if name not in passes),
        cost=None if infeasible or math.isnan(found.cost) else found.cost,
        cost_by_year=tuple((found.cost_by_year or {}).items()),
        without_budget=found.without_budget,
        conflict=found.conflict,
        shortages=found.shortages,
        lowest_index=found.lowest_index,
        interrupted=found.interrupted,
        undecided=deficits.undecided,
        aside=deficits.aside,
        unweighted=deficits.unweighted,
        size_unknown=deficits.size_unknown,
        cost_unknown=deficits.cost_unknown,
    )


def _name(deficits: CityDeficits, need: int) -> tuple[str, str]:
    finding = deficits.requirements[need].finding
    return finding.clause_id, finding.unit_id


def _made(deficits: CityDeficits, item: Taken) -> tuple[float, float]:
    """Return the floor area and beds that an action makes."""
    action = deficits.problem.actions[item.action]
    area = action.floor_area.base + action.floor_area.step * item.floor_modules
    beds = action.beds.base + action.beds.step * item.bed_modules
    return area, beds


def _action(
    city: City,
    deficits: CityDeficits,
    found: DeficitSolution,
    item: Taken,
    turned: Sequence[Mended],
) -> PlannedAction:
    problem = deficits.problem
    action, site = problem.actions[item.action], deficits.sites[item.action]
    area, beds = _made(deficits, item)
    given = [part for part in found.allotments if part.action == item.action]
    pairs = problem.servings
    near = pairs.need[pairs.action == item.action].tolist()
    served = {part.need for part in given} | {
        need for need in near if not problem.needs[need].kind.is_amount
    }
    closes = sorted(need for need in served if found.met[need] >= 1.0)
    rows = sorted(
        {int(row) for need in served if (row := deficits.requirements[need].residence) is not None}
    )
    names = {_name(deficits, need) for need in closes}
    residences = city.residences
    return PlannedAction(
        action_id=action.id,
        act=action.act.value,
        place=site.place,
        name=site.name,
        place_kind=site.kind,
        facility_kind=site.facility_kind,
        x=site.x,
        y=site.y,
        year=item.year,
        available_from=action.available_from,
        floor_area_m2=area,
        beds=beds,
        cost=None if math.isnan(item.cost) else item.cost,
        serves=tuple(sorted(residences["id"].to_numpy(dtype=object)[rows])),
        households=_count(residences["households"].to_numpy(dtype=float)[rows]),
        elders=_count(residences["elders"].to_numpy(dtype=float)[rows]),
        gives=tuple(
            Share(*_name(deficits, part.need), problem.needs[part.need].kind, part.amount)
            for part in given
        ),
        closes=tuple(_name(deficits, need) for need in closes),
        mends=tuple(note for note in turned if (note.clause_id, note.unit_id) in names),
        lost=tuple(
            _name(deficits, need)
            for need in lost_without(problem, found.taken, found.allotments, item.action)
        ),
    )


def _count(figures: Any) -> Count:
    known = np.isfinite(figures)
    return Count(float(figures[known].sum()), int((~known).sum()))


def _open(deficits: CityDeficits, found: DeficitSolution) -> tuple[OpenRequirement, ...]:
    rows = []
    for at, why in (found.why_open or {}).items():
        finding, need = deficits.requirements[at].finding, deficits.problem.needs[at]
        rows.append(
            OpenRequirement(
                finding.clause_id,
                finding.unit_kind,
                finding.unit_id,
                finding.unit_name,
                need.kind,
                need.weight,
                need.amount,
                found.met[at],
                why.value,
            )
        )
    return tuple(rows)


def _tallies(deficits: CityDeficits, found: DeficitSolution) -> tuple[Tally, ...]:
    tallies = []
    for kind in NeedKind:
        mine = [at for at, need in enumerate(deficits.problem.needs) if need.kind is kind]
        closed = [at for at in mine if found.met and found.met[at] >= 1.0]
        tallies.append(
            Tally(
                kind,
                len(mine),
                len(closed),
                _weight(deficits, mine),
                _weight(deficits, closed),
            )
        )
    return tuple(tallies)


def _weight(deficits: CityDeficits, needs: Iterable[int]) -> float:
    return math.fsum(deficits.problem.needs[at].weight for at in needs)


def _turned(
    city: City,
    standards: Standards,
    findings: Sequence[Finding],
    deficits: CityDeficits,
    found: DeficitSolution,
    sight: Sight | None,
) -> tuple[Mended, ...]:
    """Assess the city again with the plan in it, and return the misses that became passes."""
    if not found.taken:
        return ()
    after = assess(
        _with_places(city, deficits, found), standards, measures=PLACE_MEASURES, sight=sight
    )
    after += assess(
        _with_room(city, deficits, found), standards, measures=ROOM_MEASURES, sight=sight
    )
    return tuple(
        Mended(item.clause_id, item.unit_kind, item.unit_id)
        for item in mended(changes(findings, after))
    )


def _with_places(city: City, deficits: CityDeficits, found: DeficitSolution) -> City:
    """Return the city with a facility at each site, and with the beds of those extended."""
    rows = []
    layers = dict(city.layers)
    extended = city.facilities.copy() if city.has("facilities") else None
    for item in found.taken:
        site = deficits.sites[item.action]
        _, beds = _made(deficits, item)
        if site.facility_row is None:
            rows.append((f"site:{site.place}", site.facility_kind, beds, 0.0, (), site.x, site.y))
        elif extended is not None:
            column = extended.columns.get_loc("beds")
            extended.iloc[site.facility_row, column] += beds
    if extended is not None:
        layers["facilities"] = extended
    return _with_rows(dataclasses.replace(city, layers=layers), rows)


def _with_room(city: City, deficits: CityDeficits, found: DeficitSolution) -> City:
    """Return the city with premises for each residence, as large as the plan gives it."""
    rows = []
    for part in found.allotments:
        if deficits.problem.needs[part.need].kind is not NeedKind.FLOOR_AREA:
            continue
        site = deficits.sites[part.action]
        unit = deficits.requirements[part.need].finding.unit_id
        name = f"site:{site.place}#{part.need}"
        rows.append((name, site.facility_kind, 0.0, part.amount, (unit,), site.x, site.y))
    return _with_rows(city, rows)


def _with_rows(city: City, rows: Sequence[tuple[Any, ...]]) -> City:
    if not rows:
        return city
    frame = gpd.GeoDataFrame(
        {
            "id": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "status": ["operating"] * len(rows),
            "beds": [row[2] for row in rows],
            "floor_area_m2": [row[3] for row in rows],
            "serves": [Listed(row[4]) or None for row in rows],
        },
        geometry=shapely.points([(row[5], row[6]) for row in rows]),
        crs=city.crs,
    )
    kinds: dict[str, Any] = {row[1]: () for row in rows}
    new = conform(frame, "facilities", kinds=kinds)
    parts = [city.facilities, new] if city.has("facilities") else [new]
    return dataclasses.replace(city, layers={**city.layers, "facilities": stack(parts, city.crs)})
