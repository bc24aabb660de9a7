"""Which point, which barriers, which facilities: what a project says shows in every finding."""

import datetime as dt

import numpy as np
import pytest
from made_up import clause, context, judge

from facilityplan import checks
from facilityplan.checks.radius_coverage import LandRule, radius_coverage
from facilityplan.errors import MissingLayerError
from facilityplan.layers import ReachOptions
from facilityplan.siting.plan import propose

AS_OF = dt.date(2026, 6, 30)


def radius(**more):
    head = {"comparator": "<=", "value": 500, "unit": "m", "kinds": ("day_care",)}
    return clause("service_radius", **head | more)


def station(at, name="s"):
    return {"id": name, "kind": "day_care", "status": "运营", "at": at}


# From (0, 0) the estate's boundary is 400 m away, its inner point 500 m, its far corners 608.276 m:
# hypot(600, 100).
ESTATE = {"id": "e", "box": (400, -100, 600, 100)}


@pytest.mark.parametrize(
    ("point", "metres", "verdict"),
    [
        ("inner_point", 500.0, "compliant"),
        ("nearest_boundary", 400.0, "compliant"),
        ("farthest_point", 608.276, "non_compliant"),
    ],
)
def test_the_point_decides_and_the_others_stand_beside_it(point, metres, verdict):
    options = {"reach": ReachOptions(point=point)}
    (found,) = judge(radius(), AS_OF, options, residences=[ESTATE], facilities=[station((0, 0))])
    assert (found.value, found.verdict) == (metres, verdict)
    assert found.evidence["origin"] == point
    assert found.evidence["straight_m"] == metres
    assert found.evidence["nearest_boundary_m"] == 400.0
    assert found.evidence["farthest_point_m"] == 608.276
    assert "barrier_opening_m" not in found.evidence


def test_a_point_has_nothing_beside_it():
    (found,) = judge(
        radius(), AS_OF, residences=[{"id": "e", "at": (300, 0)}], facilities=[station((0, 0))]
    )
    assert "farthest_point_m" not in found.evidence


ZONES = [
    {"id": "T", "level": "town", "name": "镇", "box": (0, -1000, 1000, 1000)},
    {"id": "C", "level": "community", "name": "社区", "parent": "T", "box": (0, -50, 50, 50)},
]


@pytest.mark.parametrize(
    ("x", "outside", "verdict"),
    [
        (-10, True, "compliant"),
        (-10, False, "non_compliant"),
        (0, False, "compliant"),  # on the boundary is inside
        (500, False, "compliant"),  # in no community, but in the town
    ],
)
def test_facilities_outside_the_boundary(x, outside, verdict):
    (found,) = judge(
        radius(),
        AS_OF,
        {"reach": ReachOptions(facilities_outside=outside)},
        zones=ZONES,
        residences=[{"id": "e", "at": (200, 0)}],
        facilities=[station((x, 0))],
    )
    assert found.verdict == verdict


def test_an_undescribed_facility_outside_leaves_nothing_open():
    unsure = {"id": "u", "kind": None, "status": "运营", "at": (-10, 0)}
    for outside, verdict in ((True, "insufficient_data"), (False, "non_compliant")):
        (found,) = judge(
            radius(),
            AS_OF,
            {"reach": ReachOptions(facilities_outside=outside)},
            zones=ZONES,
            residences=[{"id": "e", "at": (200, 0)}],
            facilities=[unsure],
        )
        assert found.verdict == verdict


def test_options_that_need_a_layer_say_so():
    for options in (ReachOptions(facilities_outside=False), ReachOptions(barriers=True)):
        with pytest.raises(MissingLayerError):
            judge(
                radius(),
                AS_OF,
                {"reach": options},
                residences=[ESTATE],
                facilities=[station((0, 0))],
            )


RIVER = [{"name": "小河", "kind": "river", "box": (200, -9000, 250, 9000)}]


def test_a_river_that_counts_sends_the_line_to_the_next_facility():
    rows = {
        "residences": [{"id": "e", "box": (290, -10, 310, 10)}],
        "facilities": [station((0, 0), "over"), station((300, 450), "here")],
        "barriers": RIVER,
    }
    (plain,) = judge(radius(), AS_OF, **rows)
    assert (plain.value, plain.evidence["facility"]) == (300.0, "over")
    made = context([radius()], AS_OF, {"reach": ReachOptions(barriers=True)}, **rows)
    (found,) = checks.assess_context(made)
    assert (found.value, found.evidence["facility"]) == (450.0, "here")
    assert found.evidence["metric"] == "straight_line_barriers"
    assert found.evidence["nearest_boundary_m"] == 440.0
    coverage = radius_coverage(made, [found])
    assert {item.metric for item in coverage.rates} == {"straight_line_barriers"}
    assert {item.land_rule for item in coverage.rates} == {LandRule.WHOLE_RESIDENCES}


def gap(options, sites):
    """Return which sites mend the one gap of a place, by the sites' own distances."""
    rows = {
        "residences": [{"id": "e", "box": (400, -100, 600, 100)}],
        "facilities": [station((90_000, 0))],
        "barriers": RIVER,
        "candidates": [{"id": f"k{x}", "at": (x, 0)} for x in sites],
    }
    made = context([radius()], AS_OF, {"reach": options}, **rows)
    found = checks.assess_context(made)
    return propose(made.city, made.standards, found, sight=made.sight)


@pytest.mark.parametrize(
    ("options", "sites", "chosen"),
    [
        (ReachOptions(), (0,), ["k0"]),
        (ReachOptions(barriers=True), (0,), None),
        (ReachOptions(barriers=True), (0, 260), ["k260"]),
        (ReachOptions(point="farthest_point"), (0,), None),
        (ReachOptions(point="farthest_point"), (0, 150), ["k150"]),
        (ReachOptions(point="nearest_boundary"), (-100,), ["k-100"]),
        (ReachOptions(point="nearest_boundary"), (500,), ["k500"]),
        (ReachOptions(point="nearest_boundary", barriers=True), (-100,), None),
    ],
)
def test_sites_mend_by_the_same_rules(options, sites, chosen):
    found = gap(options, sites)
    if chosen is None:
        assert found.unreachable == ("e",)
        assert found.cover_all is None
        return
    plan = found.cover_all
    assert [site.candidate_id for site in plan.sites] == chosen
    # Assessed again with the site in it, the city agrees.
    assert [item.unit_id for site in plan.sites for item in site.mends] == ["e"]


def test_rows_in_another_order_say_the_same():
    rng = np.random.default_rng(3)
    homes = [
        {"id": f"e{n}", "box": (x, y, x + 60, y + 40)}
        for n, (x, y) in enumerate(rng.uniform(0, 2000, (30, 2)).tolist())
    ]
    places = [
        station(tuple(at), f"s{n}") for n, at in enumerate(rng.uniform(0, 2000, (8, 2)).tolist())
    ]
    for options in (
        ReachOptions(point="farthest_point", barriers=True),
        ReachOptions(point="nearest_boundary"),
    ):
        given = {"reach": options}
        one = judge(radius(), AS_OF, given, residences=homes, facilities=places, barriers=RIVER)
        two = judge(
            radius(), AS_OF, given, residences=homes[::-1], facilities=places[::-1], barriers=RIVER
        )

        def told(findings):
            return {f.unit_id: (f.value, f.evidence["facility"], f.verdict) for f in findings}

        assert told(one) == told(two)
