"""Robust and fragile verdicts: every way to measure by hand, on a small place and the sample city.

A road runs along y = 0 from x = -100 to 3000; a river lies at y 300 to 340 with a bridge at
x = 2000. The station stands at (0, 0). What holds of each estate under a radius of 500 m:

=========  =============  ==================================================================
id         at             what turns it
=========  =============  ==================================================================
near       (100, 0)       nothing
loose      (455, 0)       limit - 10 % (450), x 1.3 (591.5), slow walk (400), nodes (610)
edge       (495, 0)       the same, and 15 m farther (510)
just_out   (510, 0)       limit + 10 % (550), 15 m nearer (495)
far        (1500, 0)      nothing
across     (0, 400)       on foot: over the bridge 2000 + 400 + 2000 = 4400 m
cut_off    (0, -400)      on foot: its street leads nowhere
off        (0, -490)      on foot: 90 m from any street; x 1.3, limit - 10 %, 15 m farther
open       (400, 0)       its setting is not known
=========  =============  ==================================================================
"""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import shapely
from made_up import clause, context

import facilityplan as fp
from facilityplan import checks
from facilityplan.layers import ReachOptions
from facilityplan.network import Network
from facilityplan.scenario import Reason, SensitivityOptions, Standing, Variant, sensitivity
from facilityplan.scenario.wording import reasons_text, variant_text

AS_OF = dt.date(2026, 6, 30)
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample_city"
PLACES = {
    "near": (100, 0),
    "loose": (455, 0),
    "edge": (495, 0),
    "just_out": (510, 0),
    "far": (1500, 0),
    "across": (0, 400),
    "cut_off": (0, -400),
    "off": (0, -490),
    "open": (400, 0),
}
WAYS = list(Variant)
HELD, MISSED, OPEN = "compliant", "non_compliant", "insufficient_data"


def radius(**more):
    head = {
        "id": "R",
        "comparator": "<=",
        "value": 500,
        "unit": "m",
        "kinds": ("day_care",),
        "statuses": ("operating",),
        "applies_to": {"setting": ("urban",)},
    }
    return clause("service_radius", **head | more)


def roads():
    return Network.from_lines(
        [
            shapely.LineString([(-100, 0), (510, 0)]),
            shapely.LineString([(510, 0), (2000, 0), (3000, 0)]),
            shapely.LineString([(2000, 0), (2000, 400), (0, 400)]),
            shapely.LineString([(-50, -400), (50, -400)]),
        ]
    )


def place(network=None, facilities=(), options=None, rule=None, **more):
    estates = [
        {
            "id": name,
            "at": at,
            "setting": None if name == "open" else "城市",
            "households": 100 + row,
        }
        for row, (name, at) in enumerate(PLACES.items())
    ]
    station = {"id": "s", "kind": "day_care", "status": "运营", "at": (0, 0)}
    layers = {
        "residences": estates,
        "facilities": [station, *facilities],
        "zones": [
            {"id": "T", "level": "town", "name": "镇", "box": (-200, -600, 3100, 600)},
            {
                "id": "C",
                "level": "community",
                "name": "社区",
                "parent": "T",
                "box": (-200, -600, 200, 600),
            },
        ],
        "barriers": [{"name": "小河", "kind": "river", "box": (-500, 300, 3000, 340)}],
    }
    given = {"snap_limit_m": 80.0, **(options or {})}
    made = context([rule or radius()], AS_OF, given, network, **layers | more)
    return made, checks.assess_context(made)


@pytest.fixture(scope="module")
def found():
    return sensitivity(*place(roads()))


def row(found, unit):
    at = found.table["id"].index(unit)
    return {name: column[at] for name, column in found.table.items()}


BY_HAND = {
    # straight, walking, x 1.3, limit 450, limit 550, 15 m nearer, farther, slow (400), nodes
    "near": (HELD,) * 9,
    "loose": (HELD, HELD, MISSED, MISSED, HELD, HELD, HELD, MISSED, MISSED),
    "edge": (HELD, HELD, MISSED, MISSED, HELD, HELD, MISSED, MISSED, MISSED),
    "just_out": (MISSED, MISSED, MISSED, MISSED, HELD, HELD, MISSED, MISSED, MISSED),
    "far": (MISSED,) * 9,
    "across": (HELD, MISSED, MISSED, HELD, HELD, HELD, HELD, MISSED, MISSED),
    "cut_off": (HELD, MISSED, MISSED, HELD, HELD, HELD, HELD, MISSED, MISSED),
    "off": (HELD, MISSED, MISSED, MISSED, HELD, HELD, MISSED, MISSED, MISSED),
    "open": (OPEN,) * 9,
}


@pytest.mark.parametrize("unit", BY_HAND)
def test_every_way_by_hand(found, unit):
    assert tuple(row(found, unit)[way] for way in WAYS) == BY_HAND[unit]


REASONS = {
    "near": [],
    "loose": ["detour_factor", "near_limit", "pace", "node_snapping"],
    "edge": ["detour_factor", "near_limit", "pace", "node_snapping", "margin_below_error"],
    "just_out": ["near_limit", "margin_below_error"],
    "far": [],
    "across": ["barrier", "detour_factor"],
    "cut_off": ["no_way", "detour_factor"],
    "off": ["off_network", "detour_factor", "near_limit", "margin_below_error"],
    "open": [],
}


@pytest.mark.parametrize("unit", REASONS)
def test_standing_and_reasons(found, unit):
    said = row(found, unit)
    assert said["reasons"] == REASONS[unit]
    turned = [way for way in WAYS if said[way] not in (said["verdict"], OPEN)]
    assert said["turned_by"] == turned
    wanted = "undecided" if unit == "open" else "fragile" if turned else "robust"
    assert said["standing"] == wanted
    assert said["barriers"] == (["小河"] if unit == "across" else [])


def test_distances_and_names(found):
    across = row(found, "across")
    assert (across["straight_m"], across["walking_m"]) == (400.0, 4400.0)
    assert row(found, "cut_off")["walking_m"] == np.inf
    # edge is nearest to the node at 510, the station to that at -100.
    assert row(found, "edge")["node_m"] == 610.0
    assert found.off_network == (("off", "off"),)
    assert found.cut_off == (("cut_off", "cut_off"),)
    assert (found.judged, found.fragile, found.undecided) == (8, 6, 1)


def test_counts_by_way_and_zone(found):
    at = WAYS.index(Variant.WALKING)
    covered = [name for name, said in BY_HAND.items() if said[at] == HELD]
    totals = {name: column[at] for name, column in found.totals.items()}
    households = {name: 100 + row for row, name in enumerate(PLACES)}
    assert totals == {
        "variant": "walking",
        "turned": 3,
        "units_covered": len(covered),
        "households_covered": sum(households[name] for name in covered),
        "units": 9,
        "households": sum(households.values()),
        "households_unknown": 0,
    }
    assert found.zones["id"] == ["T", "C"]
    inside = [name for name, (x, _) in PLACES.items() if x <= 200]
    assert found.zones["units"] == [9, len(inside)]
    for way in WAYS:
        told = [BY_HAND[name] for name in inside]
        index = WAYS.index(way)
        turned = sum(said[index] != said[0] for said in told)
        assert found.zones[f"turned:{way}"][1] == turned
        held = [name for name in inside if BY_HAND[name][index] == HELD]
        assert found.zones[f"units_covered:{way}"][1] == len(held)
        wanted = sum(households[name] for name in held)
        assert found.zones[f"households_covered:{way}"][1] == wanted
    assert found.zones["fragile"] == [6, 3]


def test_without_roads_nothing_is_said_of_walking():
    made, findings = place()
    found = sensitivity(made, findings)
    assert set(found.variants) == set(Variant) - {"walking", "slow_walk", "node_snap"}
    assert row(found, "across")["turned_by"] == ["detour"]
    assert row(found, "across")["walking_m"] is None
    assert found.off_network == found.cut_off == ()


def test_missing_data_turns_nothing():
    # A place whose kind nobody wrote down stands 20 m from "loose", "edge" and "just_out".
    unsure = {"id": "u", "kind": None, "status": "运营", "at": (480, 0)}
    found = sensitivity(*place(roads(), facilities=[unsure]))
    assert row(found, "just_out")["standing"] == "undecided"
    loose = row(found, "loose")
    assert loose["verdict"] == HELD
    assert loose["detour"] == OPEN
    assert (loose["turned_by"], loose["standing"]) == ([], "undecided")
    assert row(found, "near")["standing"] == "robust"
    assert row(found, "across")["standing"] == "fragile"


def test_incomplete_facilities_turn_no_pass_into_a_miss():
    found = sensitivity(*place(roads(), options={"facilities_complete": False}))
    assert row(found, "across")["walking"] == OPEN
    assert row(found, "far")["verdict"] == OPEN
    assert found.fragile == 0
    assert row(found, "near")["standing"] == "robust"


def test_the_comparator_decides_at_the_limit():
    # 100 m on foot and 100 m straight against 100 m: within, unless the clause says less than.
    made, findings = place(roads(), rule=radius(value=100))
    assert row(sensitivity(made, findings), "near")["walking"] == HELD
    made, findings = place(roads(), rule=radius(value=100, comparator="<"))
    assert row(sensitivity(made, findings), "near")["walking"] == MISSED


def test_figures_are_parameters():
    made, findings = place(roads())
    wide = SensitivityOptions(coordinate_error_m=0.0, detour_factor=1.0, elders_m_per_min=60.0)
    found = sensitivity(made, findings, wide)
    assert row(found, "edge")["turned_by"] == ["limit_less", "node_snap"]
    assert Reason.MARGIN_BELOW_ERROR not in row(found, "just_out")["reasons"]
    assert found.options == wide


def test_barriers_that_count_for_the_verdict():
    options = {"reach": ReachOptions(barriers=True)}
    made, findings = place(roads(), options=options)
    across = next(item for item in findings if item.unit_id == "across")
    assert across.verdict == MISSED
    assert np.isinf(across.value)
    assert across.formula["id"] == "formula.service_radius_barriers"
    assert across.evidence["metric"] == "straight_line_barriers"
    assert across.evidence["barrier_opening_m"] == 50.0
    found = sensitivity(made, findings)
    assert row(found, "across")["standing"] == "robust"


def test_rows_and_columns_do_not_hang_on_the_order_of_the_findings(found):
    made, findings = place(roads())
    again = sensitivity(made, findings[::-1])
    assert again.table == found.table
    assert again.zones == found.zones


def test_every_word_is_in_both_languages():
    options = SensitivityOptions()
    for lang in ("zh", "en"):
        said = {variant_text(way, options, lang) for way in Variant}
        assert len(said) == len(Variant)
        assert all(reasons_text([reason], (), lang) for reason in Reason)
    assert "1.3" in variant_text("detour", options, "en")
    assert "48" in variant_text("slow_walk", options, "zh")
    assert "小河" in reasons_text(["barrier"], ["小河"], "en")
    assert {item.value for item in Standing} == {"robust", "fragile", "undecided"}


@pytest.fixture(scope="module")
def project():
    return fp.open_project(SAMPLE, lang="zh")


class TestSampleCity:
    def test_the_river_estate_is_fragile(self, project):
        shown = project.sensitivity()
        fragile = shown.table("fragile").set_index("id")
        river = fragile.loc["E0373"]
        assert (river["straight_line"], river["walking"]) == (HELD, MISSED)
        assert river["straight_m"] == 229.0
        assert river["walking_m"] > 1500
        assert river["reasons"] == ["barrier"]
        assert river["barriers"] == ["澜溪河"]

    def test_it_is_the_verdicts_own(self, project):
        found = project.sensitivity().sensitivity
        radii = {(f.clause_id, f.unit_id): f for f in project.findings() if f.required is not None}
        for clause_id, unit, verdict, own, walking in zip(
            *(found.table[n] for n in ("clause_id", "id", "verdict", "straight_line", "walking")),
            strict=True,
        ):
            finding = radii.get((clause_id, unit))
            if finding is None or verdict == OPEN:
                continue
            assert own == verdict == finding.verdict
            flips = finding.evidence["walking_flips"]
            assert (walking != verdict) == flips

    def test_it_shows_itself(self, project):
        shown = project.sensitivity()
        assert "步行距离" in repr(shown)
        assert "<table>" in shown._repr_html_()
        assert len(shown.zones()) > 3
        assert dataclasses.is_dataclass(shown)
