"""The planted cases as the tests read them, each checked before it is written down."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from sample_city_maker import names
from sample_city_maker.city import SampleCity
from sample_city_maker.facilities import (
    BEDS_PER_1000,
    EMPTY_RURAL_TOWN,
    EMPTY_TOWN,
    MEDIUM_TOWN,
    SMALL_TOWN,
    Facility,
)
from sample_city_maker.people import ELDERS_60, Home
from sample_city_maker.writing import gcj02_text, read_back
from sample_city_maker.zoning import county_id, town_id

ALONE_M: Final = 1200.0
CENTRES: Final = frozenset({"street_centre", "community_centre"})


class Checked:
    """The city with facilities where a reader of the file finds them."""

    def __init__(self, city: SampleCity) -> None:
        self.city = city
        self.xy = read_back(gcj02_text(np.asarray([f.xy for f in city.facilities])))

    def home(self, case: str) -> Home:
        """Return the home of a case, its point on half metres."""
        home = next(home for home in self.city.homes if home.planted == case)
        if home.geometry.area == shapely.envelope(home.geometry).area:
            need(all((2 * c).is_integer() for c in home.point), f"{case}: point {home.point}")
        return home

    def facility(self, case: str) -> Facility:
        """Return the one facility of a case."""
        found = [f for f in self.city.facilities if f.planted == case]
        need(len(found) == 1, f"{case}: {len(found)} facilities")
        return found[0]

    def gap_mm(self, home: Home, facility: Facility) -> int:
        """Return the distance between a home and a facility in whole millimetres."""
        at = self.xy[self.city.facilities.index(facility)]
        return int(np.floor(np.hypot(*(at - np.asarray(home.point))) * 1000.0 + 0.5))

    def alone(self, home: Home, but: str = "") -> None:
        """Refuse a case within reach of a counting facility other than its own."""
        for facility in self.city.facilities:
            if facility.counts and facility.id != but:
                near = self.gap_mm(home, facility) < ALONE_M * 1000.0
                need(not near, f"{home.name}: {facility.id} is near")


def need(holds: bool, what: str) -> None:  # noqa: FBT001 - a check reads best with its condition first
    """Raise where a planted case does not hold."""
    if not holds:
        raise ValueError(f"planted case broken: {what}")


def _distances(checked: Checked) -> dict[str, Any]:
    cases: dict[str, Any] = {}
    for key, case, facility_case, millimetres, verdict in (
        ("urban_500_000", "500m", "500m", 500_000, "compliant"),
        ("urban_500_001", "500m_1mm", "500m_1mm", 500_001, "non_compliant"),
        ("rural_1000_000", "village_1000m", "village_1000m", 1_000_000, "compliant"),
        ("rural_1000_001", "village_1000m_1mm", "village_1000m_1mm", 1_000_001, "non_compliant"),
        ("urban_800", "800m", "800m", 800_000, "non_compliant"),
        ("rural_800", "village_800m", "800m", 800_000, "compliant"),
    ):
        home, facility = checked.home(case), checked.facility(facility_case)
        found = checked.gap_mm(home, facility)
        need(found == millimetres and facility.counts, f"{key}: {found} mm")
        checked.alone(home, facility.id)
        cases[key] = {
            "ids": {"residence": home.id, "facility": facility.id},
            "expected": {"straight_mm": millimetres, "service_radius": verdict},
        }
    far = checked.home("far_from_roads")
    checked.alone(far)
    cases["far_from_roads"] = {
        "ids": {"residence": far.id},
        "expected": {"from_any_road_more_than_m": 3000, "service_radius": "non_compliant"},
    }
    home, facility = checked.home("across_river"), checked.facility("across_river")
    found = checked.gap_mm(home, facility)
    line = shapely.linestrings([home.point, facility.xy])
    need(found < 400_000 and line.crosses(checked.city.river), f"across river: {found} mm")
    checked.alone(home, facility.id)
    cases["across_river"] = {
        "ids": {"residence": home.id, "facility": facility.id},
        "expected": {
            "straight_mm": found,
            "walking_more_than_m": 1500,
            "service_radius": "compliant",
        },
    }
    return cases


def _undecided(checked: Checked) -> dict[str, Any]:
    home, facility = checked.home("unknown_kind"), checked.facility("unknown_kind")
    checked.alone(home)
    need(not facility.kind and facility.beds == 0, "unknown kind: it has a kind or beds")
    need(checked.gap_mm(home, facility) <= 500_000, "unknown kind: too far")
    beside, institution = checked.home("institution"), checked.facility("institution")
    checked.alone(beside)
    need(checked.gap_mm(beside, institution) <= 300_000, "institution: too far")
    need(not institution.counts and institution.status == "operating", "institution: counts")
    unread, vague = checked.home("no_households"), checked.home("no_floor_area")
    need(unread.households is None, "a household count")
    premises = checked.facility("no_floor_area")
    need(premises.floor_area_m2 is None and premises.counts, "a floor area")
    return {
        "no_households": {
            "ids": {
                "residence": unread.id,
                "facility": checked.facility("no_households").id,
            },
            "expected": {"floor_area_rate": "insufficient_data", "premises_m2": 260},
        },
        "no_floor_area": {
            "ids": {"residence": vague.id, "facility": premises.id},
            "expected": {"floor_area": "insufficient_data"},
        },
        "unknown_kind": {
            "ids": {"residence": home.id, "facility": facility.id},
            "expected": {"service_radius": "insufficient_data"},
        },
        "institution_does_not_count": {
            "ids": {"residence": beside.id, "facility": institution.id},
            "expected": {"service_radius": "non_compliant"},
        },
    }


def _premises_of(city: SampleCity, home: Home) -> list[str]:
    """Return the facilities that name a home or, naming none, stand in it."""
    return [
        f.id
        for f in city.facilities
        if home.id in f.serves or (not f.serves and shapely.contains_xy(home.geometry, *f.xy))
    ]


def _premises(checked: Checked) -> dict[str, Any]:
    city = checked.city
    home, facility = checked.home("premises_199"), checked.facility("premises_199")
    need(_premises_of(city, home) == [facility.id] and not home.is_new, "199 m2: other premises")
    need(facility.floor_area_m2 == 199 and home.households == 600, "199 m2: figures")
    shared = checked.facility("shared_premises")
    small, big = checked.home("shared_500"), checked.home("shared_1000")
    inside = [h.id for h in city.homes if shapely.intersects_xy(h.geometry, *shared.xy)]
    need(not inside and (small.households, big.households) == (500, 1000), "shared premises")
    need(_premises_of(city, small) == _premises_of(city, big) == [shared.id], "shared: others")
    return {
        "premises_199": {
            "ids": {"residence": home.id, "facility": facility.id},
            "expected": {"required_rate_m2": 120, "rate": "compliant", "minimum": "non_compliant"},
        },
        "shared_premises": {
            "ids": {"facility": shared.id, "residences": [small.id, big.id]},
            "expected": {"floor_area_m2": {small.id: 100, big.id: 200}},
        },
    }


def _communities(checked: Checked) -> dict[str, Any]:
    city = checked.city
    expected = {3000: "not_applicable", 3001: "non_compliant"}
    cases: dict[str, Any] = {}
    for cell, total in city.large.items():
        zone = next(zone for zone in city.zones if zone.id == city.cell_ids[cell])
        own = [home.households for home in city.estates if home.cell == cell]
        need(None not in own and zone.households == total, f"community of {total}")
        need(sum(n or 0 for n in own) == total, f"community of {total}: sum of its estates")
        centres = [f.id for f in city.facilities if f.cell == cell and f.kind in CENTRES]
        need(not centres, f"community of {total}: {centres}")
        cases[f"community_{total}"] = {
            "ids": {"zone": zone.id},
            "expected": {"households": total, "centre_required": expected[total]},
        }
    return cases


def _towns(checked: Checked) -> dict[str, Any]:
    city = checked.city
    largest: dict[int, list[int]] = {}
    for facility in city.facilities:
        if facility.kind in CENTRES and facility.status == "operating":
            largest.setdefault(city.cells[facility.cell].town, []).append(facility.beds or 0)
    small = sorted(largest[SMALL_TOWN], reverse=True)
    need(small[:2] == [35, 35], f"town of two small centres: {small}")
    towns = range(len(names.STREETS) + len(names.RURAL_TOWNS))
    passing = [town for town in towns if max(largest.get(town, [0])) >= 70]
    need(not {EMPTY_TOWN, MEDIUM_TOWN, EMPTY_RURAL_TOWN} & set(passing), "towns that pass")
    pair = [f.id for f in city.facilities if f.planted == "two_of_35_beds"]
    return {
        "two_of_35_beds": {
            "ids": {"zone": town_id(city.cells, SMALL_TOWN), "facilities": pair},
            "expected": {"centre_of_70_beds": "non_compliant"},
        },
        "towns_with_70_beds": {
            "ids": {"zones": [town_id(city.cells, town) for town in passing]},
            "expected": {"centre_of_70_beds": "compliant"},
        },
    }


def _beds(checked: Checked) -> dict[str, Any]:
    city = checked.city
    zones = {zone.id: zone for zone in city.zones}
    figures: dict[str, Any] = {}
    for county, rate in BEDS_PER_1000.items():
        own = [f for f in city.facilities if city.cells[f.cell].county == county and f.has_beds]
        need(all(f.beds is not None for f in own), "beds left blank")
        beds, elders = sum(f.beds or 0 for f in own), zones[county_id(county)].elders_60
        need(elders == ELDERS_60[county] and beds * 1000 == round(rate * elders), "beds")
        verdict = "compliant" if rate >= 40 else "non_compliant"
        figures[county_id(county)] = {
            "beds": beds,
            "elders_60": elders,
            "beds_per_1000": rate,
            "beds_per_1000_elders": verdict,
        }
    ordered = dict(sorted(figures.items(), key=lambda item: item[1]["beds_per_1000"]))
    return {"beds_per_1000": {"ids": {"zones": list(ordered)}, "expected": ordered}}


def _odd_ones(checked: Checked) -> dict[str, Any]:
    city = checked.city
    home = checked.home("no_candidate")
    checked.alone(home)
    gaps = [np.hypot(c.xy[0] - home.point[0], c.xy[1] - home.point[1]) for c in city.candidates]
    need(min(gaps) > 500.0, "a candidate reaches it")
    hostile = checked.home("hostile_name")
    facility = checked.facility("hostile_name")
    need(hostile.name == names.HOSTILE_ESTATE, "hostile estate")
    return {
        "no_candidate": {
            "ids": {"residence": home.id},
            "expected": {
                "service_radius": "non_compliant",
                "closable": False,
                "on_main_roads": False,
            },
        },
        "hostile_names": {
            "ids": {"residence": hostile.id, "facility": facility.id},
            "expected": {"residence": hostile.name, "facility": facility.name},
        },
    }


def _ledgers(checked: Checked) -> dict[str, Any]:
    """Return who kept and who missed what is written down, and the sums that come out."""
    city = checked.city
    figures = city.ledgers.figures
    expected = {0: (360, 1200), 1: (360, 1203), 2: (240, 798)}
    for county, (nursing, beds) in expected.items():
        own = [f for f in city.facilities if city.cells[f.cell].county == county and f.has_beds]
        found = sum(figures[f.id].nursing_beds or 0 for f in own), sum(f.beds or 0 for f in own)
        need(found == (nursing, beds), f"nursing beds of county {county}: {found}")
        need(
            all((figures[f.id].nursing_beds or 0) <= (f.beds or 0) for f in own),
            "more nursing beds than beds",
        )
    twice = checked.facility("two_places")
    host = next(home for home in city.homes if home.id == twice.host)
    need(len(_premises_of(city, host)) == 2 and host.is_new, "premises in two places")
    rows = city.ledgers.tables["deliveries.csv"][1]
    steps = list(dict.fromkeys(row[0] for row in rows))
    registered = [row[0] for row in city.ledgers.tables["register.csv"][1]]
    clocks = [row[0] for row in city.ledgers.tables["clocks.csv"][1]]
    return {
        "premises_in_two_places": {
            "ids": {"residence": host.id, "facilities": _premises_of(city, host)},
            "expected": {"concentration": "non_compliant"},
        },
        "deliveries": {
            "ids": dict(
                zip(("in_step", "late", "no_date", "opinion_late", "not_due"), steps, strict=True)
            ),
            "expected": {"in_step": "compliant", "late": "non_compliant"},
        },
        "register": {
            "ids": dict(
                zip(
                    ("let", "misused", "not_handed_over", "not_built", "idle", "unfilled"),
                    registered[:6],
                    strict=True,
                )
            )
            | {"in_use": registered[6]},
            "expected": {"let": "non_compliant", "in_use": "compliant"},
        },
        "clocks": {
            "ids": dict(
                zip(("last_day", "one_day_over", "not_begun", "no_date"), clocks, strict=True)
            ),
            "expected": {"last_day": "compliant", "one_day_over": "non_compliant"},
        },
    }


def cases(city: SampleCity) -> dict[str, Any]:
    """Return the planted cases with their ids and what is expected of them.

    Raises
    ------
    ValueError
        If one of them does not hold.
    """
    checked = Checked(city)
    made = _distances(checked) | _undecided(checked) | _premises(checked)
    made |= _communities(checked) | _towns(checked) | _beds(checked) | _odd_ones(checked)
    made |= _ledgers(checked)
    return dict(sorted(made.items()))
