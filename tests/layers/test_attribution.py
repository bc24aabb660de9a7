"""Which premises count for which residence; no square metre twice, none lost."""

import math
from fractions import Fraction

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from facilityplan import provision

FEW = settings(max_examples=examples(40), deadline=None)
KINDS = ("day_care",)
OPEN = ("operating",)
SQUARE = {"a": (0, 0, 10, 10), "b": (10, 0, 20, 10), "c": (0, 10, 10, 20)}


def estates(frame, households=(100, 300, None)):
    return frame(
        "residences",
        [
            {"id": name, "box": bounds, "households": number}
            for (name, bounds), number in zip(SQUARE.items(), households, strict=True)
        ],
    )


def place(at, **cells):
    return {
        "id": "f",
        "kind": "day_care",
        "status": "运营",
        "floor_area_m2": 120,
        "at": at,
        **cells,
    }


def attributed(frame, sites, households=(100, 300, None)):
    residences, facilities = estates(frame, households), frame("facilities", sites)
    chosen = provision.select(facilities, KINDS, OPEN)
    found = provision.attribute_premises(residences, facilities, chosen)
    ids = residences["id"].tolist()
    return found, {
        ids[row]: provision.floor_area(own, facilities) for row, own in found.of_residence().items()
    }


def test_inside(frame):
    found, area = attributed(frame, [place((5, 5))])
    assert {name: item.known for name, item in area.items()} == {"a": 120}
    assert [item.rule for item in found.premises] == ["contains"]
    assert found.unattributed == ()


@pytest.mark.parametrize(
    ("at", "owner"),
    [((10, 5), "a"), ((5, 10), "a"), ((10, 10), "a"), ((10, 0), "a"), ((20, 5), "b")],
)
def test_the_lowest_id_owns_an_edge(frame, at, owner):
    _, area = attributed(frame, [place(at)])
    assert list(area) == [owner]


def test_an_estate_may_be_drawn_before_or_after(frame):
    rows = [
        {"id": name, "box": bounds, "households": 1} for name, bounds in reversed(SQUARE.items())
    ]
    residences, facilities = frame("residences", rows), frame("facilities", [place((10, 10))])
    found = provision.attribute_premises(
        residences, facilities, provision.select(facilities, KINDS, OPEN)
    )
    assert residences["id"].iloc[found.premises[0].residence] == "a"


def test_served_estates_share_by_households_wherever_it_stands(frame):
    found, area = attributed(frame, [place((5, 5), serves="a;b")])
    assert {name: item.known for name, item in area.items()} == {"a": 30, "b": 90}
    assert all(item.shared and item.rule == "serves" for item in found.premises)


def test_served_alone_is_whole_even_without_households(frame):
    found, area = attributed(frame, [place((5, 5), serves="c")])
    assert {name: item.known for name, item in area.items()} == {"c": 120}
    assert not found.premises[0].shared


def test_served_twice_by_name_is_served_once(frame):
    _, area = attributed(frame, [place((5, 5), serves="a；a；b")])
    assert {name: item.known for name, item in area.items()} == {"a": 30, "b": 90}


def test_sharing_with_unknown_or_no_households_cannot_be_told(frame):
    _, area = attributed(frame, [place((5, 5), serves="a;c")])
    assert {name: item.missing for name, item in area.items()} == {"a": ("f",), "c": ("f",)}
    _, area = attributed(frame, [place((5, 5), serves="a;b")], (0, 0, None))
    assert {name: item.missing for name, item in area.items()} == {"a": ("f",), "b": ("f",)}


def test_neither_inside_nor_serving_counts_for_none_and_is_listed(frame):
    found, area = attributed(frame, [place((90, 90)), place((5, 5), id="g")])
    assert found.unattributed == (0,)
    assert [item.facility for item in found.premises] == [1]
    assert list(area) == ["a"]


def test_a_served_estate_that_is_not_there(frame):
    with pytest.raises(KeyError):
        attributed(frame, [place((5, 5), serves="z")])


def test_what_is_not_said_stays_undecided(frame):
    found, area = attributed(
        frame,
        [
            place((5, 5), id="no kind", kind=None),
            place((5, 5), id="no status", status=None),
            place((5, 5), id="no area", floor_area_m2=None),
            place((5, 5), id="nothing", kind=None, floor_area_m2=0),
            place((5, 5), id="known", floor_area_m2=40),
            place((5, 5), id="closed", status="停业"),
            place((5, 5), id="closed, no kind", status="停业", kind=None),
            place((5, 5), id="meals, no status", status=None, kind="meal_point"),
        ],
    )
    assert area["a"].known == 40
    assert area["a"].missing == ("no kind", "no status", "no area")
    assert not area["a"].is_exact
    assert len(found.premises) == 5


def test_institutions_count_only_where_flagged(frame):
    facilities = frame(
        "facilities",
        [
            place((0, 0), id="yes", kind="elder_home", serves_community="是"),
            place((0, 0), id="no", kind="elder_home", serves_community="否"),
            place((0, 0), id="blank", kind="elder_home"),
            place((0, 0), id="other", kind="welfare_centre", serves_community="是"),
            place((0, 0), id="day", serves_community="否"),
        ],
    )
    found = provision.select(facilities, KINDS, OPEN, ("elder_home",))
    assert found.counting.tolist() == [True, False, False, False, True]
    assert not found.undecided.any()
    assert provision.select(facilities, (), ()).counting.all()


@st.composite
def cities(draw):
    households = draw(st.lists(st.integers(1, 5000), min_size=3, max_size=3))
    sites = []
    for number in range(draw(st.integers(1, 6))):
        at = draw(st.tuples(st.integers(-5, 25), st.integers(-5, 25)))
        serves = draw(st.lists(st.sampled_from("abc"), max_size=3))
        area = draw(st.integers(0, 99_999)) / 10
        sites.append(place(at, id=f"f{number}", floor_area_m2=area, serves="；".join(serves)))
    return households, sites, draw(st.permutations(range(len(sites))))


@FEW
@given(cities())
def test_every_premises_is_counted_once(frame, city):
    households, sites, _ = city
    found, area = attributed(frame, sites, households)
    given_out = sum(item.known for item in area.values())
    counted = [row["floor_area_m2"] for at, row in enumerate(sites) if at not in found.unattributed]
    assert math.isclose(given_out, math.fsum(counted), rel_tol=1e-12, abs_tol=1e-9)
    parts = {}
    for item in found.premises:
        part = Fraction(int(item.part), int(item.whole))
        parts[item.facility] = parts.get(item.facility, 0) + part
    assert set(parts.values()) <= {1}
    assert set(parts) | set(found.unattributed) == set(range(len(sites)))

    # The oracle: boxes and points by hand.
    expected = dict.fromkeys("abc", Fraction(0))
    for row in sites:
        named = sorted(set(filter(None, row["serves"].split("；"))))
        if named:
            total = sum(households["abc".index(name)] for name in named)
            shares = {name: Fraction(households["abc".index(name)], total) for name in named}
        else:
            x, y = row["at"]
            holders = [n for n, (w, s, e, t) in SQUARE.items() if w <= x <= e and s <= y <= t]
            shares = {min(holders): Fraction(1)} if holders else {}
        for name, share in shares.items():
            expected[name] += share * Fraction(str(row["floor_area_m2"]))
    assert {n: area[n].known if n in area else 0 for n in expected} == {
        name: float(total) for name, total in expected.items()
    }


@FEW
@given(cities())
def test_the_order_of_rows_means_nothing(frame, city):
    households, sites, order = city
    _, area = attributed(frame, sites, households)
    _, turned = attributed(frame, [sites[at] for at in order], households)
    assert {name: item.known for name, item in area.items()} == {
        name: item.known for name, item in turned.items()
    }


# --- zones, beds, land ------------------------------------------------------------------------


def test_membership_of_zones(frame):
    zones = frame(
        "zones",
        [
            {"id": name, "name": name, "level": "社区", "box": bounds}
            for name, bounds in reversed(SQUARE.items())
        ],
    )
    points = np.array([(5, 5), (10, 5), (10, 10), (20, 10), (15, 15), (-1, 5)], dtype=float)
    found = provision.zone_membership(points, zones)
    names = [zones["id"].iloc[at] if at >= 0 else None for at in found]
    assert names == ["a", "a", "a", "b", None, None]
    assert provision.zone_membership(points[:0], zones).tolist() == []
    assert provision.zone_membership(points, zones.iloc[:0]).tolist() == [-1] * 6


def test_beds_known_and_missing(frame):
    facilities = frame(
        "facilities",
        [
            place((5, 5), id="ten", beds=10),
            place((10, 5), id="edge", beds=5),
            place((5, 5), id="blank"),
            place((5, 5), id="no kind", kind=None, beds=7),
            place((5, 5), id="no kind, none", kind=None, beds=0),
            place((5, 5), id="closed", status="停业"),
            place((50, 5), id="outside", beds=900),
        ],
    )
    inside = np.arange(6)
    found = provision.beds(inside, facilities, provision.select(facilities, KINDS, OPEN))
    assert found.known == 15
    assert found.missing == ("blank", "no kind")


def test_land_of_a_parcel_across_the_edge(frame):
    parcels = frame(
        "parcels",
        [
            {"id": "in", "box": (0, 0, 5, 4), "use": "A6"},
            {"id": "stated", "box": (5, 0, 10, 4), "use": "A6", "area_m2": 33.3},
            {"id": "half", "box": (5, 5, 15, 7), "use": "0806", "area_m2": 100},
            {"id": "edge", "box": (10, 0, 15, 4), "use": "A6"},
            {"id": "homes", "box": (0, 5, 5, 9), "use": "R2"},
        ],
    )
    found = provision.land_of(box(*SQUARE["a"]), parcels, ("A6", "0806"))
    assert dict(found.parts) == {"in": 20, "stated": 33.3, "half": 50}
    assert found.known == 103.3
    assert found.is_exact
