"""Each check of the doctor by itself: what it says, and where it keeps quiet."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely

from facilityplan.doctor import (
    Action,
    Part,
    Place,
    census_problems,
    count_problems,
    duplicate_rows,
    id_problems,
    overlap_problems,
    place_problems,
    reference_problems,
    road_problems,
    shape_problems,
    threshold,
    tiling_problems,
    total_problems,
    usable,
)
from facilityplan.layers import LAYERS

CRS = "EPSG:4547"
AS_OF = dt.date(2026, 6, 30)
SQUARE = shapely.box(0, 0, 100, 100)


def part(layer: str, shapes: list, wholes: tuple[str, ...] = (), **columns: list) -> Part:
    size = len(shapes)
    frame = {}
    for name, column in LAYERS[layer].columns.items():
        plain = column.content in {"number", "count"}
        blank = [np.nan if plain else () if column.content == "ids" else None] * size
        frame[name] = columns.get(name, blank)
    made = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)
    return Part(layer, made, Place("a.gpkg", None, np.arange(1, size + 1)), {}, {}, wholes)


def ids(problems: list) -> list[str]:
    return [problem.id for problem in problems]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (SQUARE, []),
        (None, ["geometry_missing"]),
        (shapely.Polygon(), ["geometry_missing"]),
        (shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), ["geometry_invalid"]),
        (shapely.box(0, 0, 100, 0.5), ["sliver"]),
        (shapely.LineString([(0, 0), (1, 1)]), ["geometry_type"]),
        (shapely.box(0, 0, 1, 1).union(shapely.box(50, 50, 90, 90)), ["sliver"]),
        (shapely.Polygon([(0, 0), (0, 0), (100, 0), (100, 100)]), ["repeated_points"]),
        (SQUARE.difference(shapely.box(5, 5, 8, 8)), ["small_hole"]),
        (SQUARE.difference(shapely.box(5, 5, 50, 50)), []),
    ],
)
def test_shapes(shape, expected):
    assert ids(shape_problems(part("residences", [shape]))) == expected


def test_a_bow_tie_is_no_polygon_without_a_guess_and_a_needle_is():
    assert usable(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])) is None
    needle = shapely.Polygon([(0, 0), (100, 0), (50, 50), (100, 0), (100, 100), (0, 100)])
    assert not needle.is_valid
    assert usable(needle).equals(SQUARE)


def test_repairs_do_not_change_areas_or_ids():
    (problem,) = shape_problems(part("zones", [shapely.Polygon([(0, 0), (0, 0), (9, 0), (9, 9)])]))
    assert problem.fix.action is Action.SHAPE
    assert problem.fix.new.area == 40.5
    assert not shape_problems(part("zones", [problem.fix.new]))


def test_overlaps_are_told_once_and_common_edges_not_at_all():
    beside, over = shapely.box(100, 0, 200, 100), shapely.box(50, 0, 150, 100)
    one = part("residences", [SQUARE, beside], id=["A", "B"])
    assert overlap_problems([one]) == []
    two = part("residences", [SQUARE, over, SQUARE], id=["A", "B", "C"])
    told = {(p.id, p.item, p.parameters["other"]) for p in overlap_problems([two])}
    assert told == {("overlap", "B", "A"), ("overlap", "C", "B"), ("same_shape", "C", "A")}
    here = shapely.Point(5, 5)
    points = part("facilities", [here, shapely.Point(9, 9), here], id=["A", "B", "C"])
    assert [(p.id, p.item) for p in overlap_problems([points])] == [("same_place", "C")]


def test_ids_across_files_and_rows_that_are_copies():
    first = part("facilities", [shapely.Point(0, 0)] * 2, id=["A", "B"])
    second = part("facilities", [shapely.Point(9, 0)] * 2, id=["B", "C"])
    assert [(p.id, p.item) for p in id_problems([first, second])] == [("id_duplicate", "B")]
    rows = part("facilities", [None] * 4, ("a", "b", "a", ""), id=["A", "B", "A", None])
    problems, gone = duplicate_rows(rows)
    assert ids(problems) == ["duplicate_row", "empty_row"]
    assert gone == {2, 3}


def test_references_are_mended_only_where_one_thing_can_be_meant():
    rows = part("clocks", [None] * 4, facility=["Ｆ００１", "f001", "书院站", "F9"])
    problems = reference_problems(rows, "facility", {"F001", "F002"}, {"书院站": "F002"})
    assert [None if p.fix is None else p.fix.new for p in problems] == [
        "F001",
        "F001",
        "F002",
        None,
    ]


def test_counts_that_contradict_each_other():
    home = part(
        "residences",
        [SQUARE] * 5,
        population=[100.0, 100.0, 5000.0, np.nan, 0.0],
        elders=[100.0, 101.0, 1.0, 5.0, 0.0],
        households=[40.0, 40.0, 100.0, 10.0, 0.0],
    )
    assert [(p.id, p.row) for p in count_problems(home, set(), AS_OF)] == [
        ("part_exceeds_whole", 2),
        ("persons_per_household", 3),
    ]


def test_beds_and_floor_areas():
    spots = [shapely.Point(0, 0)] * 6
    homes = part(
        "facilities",
        spots,
        kind=["elder_home"] * 4 + ["day_care", "elder_home"],
        status=["operating"] * 5 + ["closed"],
        beds=[0.0, 10.0, 10.0, 10.0, 0.0, 0.0],
        floor_area_m2=[500.0, 150.0, 149.0, 1001.0, 100.0, 0.0],
    )
    assert [(p.id, p.row) for p in count_problems(homes, {"elder_home"}, AS_OF)] == [
        ("beds_none", 1),
        ("floor_area_per_bed", 3),
        ("floor_area_per_bed", 4),
    ]


def test_dates_in_the_wrong_order_or_ahead():
    day = dt.date
    homes = part(
        "residences",
        [SQUARE] * 2,
        status=["existing", "existing"],
        approved=[day(2024, 1, 1), None],
        completed=[day(2023, 1, 1), day(2027, 1, 1)],
    )
    assert ids(count_problems(homes, set(), AS_OF)) == ["dates_in_wrong_order", "date_ahead"]


def test_places_outside_their_zone_outside_the_city_and_off_the_roads():
    zones = gpd.GeoDataFrame(
        {"id": ["Z1", "Z2"], "level": ["community"] * 2},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs=CRS,
    )
    roads = np.array([shapely.LineString([(0, 0), (2000, 0)])])
    spots = [
        shapely.Point(x, y) for x, y in ((10, 10), (1500, 10), (10, 900), (9000, 0), (10, -20))
    ]
    homes = part("residences", spots, id=list("ABCDE"), zone=["Z1"] * 4 + [None])
    problems = place_problems(homes, zones, roads, 500.0)
    assert [(p.id, p.item) for p in problems] == [
        ("out_of_city", "D"),
        ("outside_its_zone", "B"),
        ("in_no_zone", "E"),
        ("off_roads", "C"),
    ]
    assert problems[1].parameters["there"] == "Z2"


def test_zones_that_tile_and_zones_that_do_not():
    whole = shapely.box(0, 0, 200, 100)
    left, right = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)

    def problems(a, b):
        rows = part(
            "zones",
            [whole, a, b],
            id=["T", "A", "B"],
            level=["town", "community", "village"],
            parent=[None, "T", "T"],
        )
        return ids(tiling_problems([rows]))

    assert problems(left, right) == []
    assert problems(left, shapely.box(120, 0, 200, 100)) == ["zones_gap"]
    assert problems(left, shapely.box(80, 0, 200, 100)) == ["zones_overlap"]
    assert problems(left, shapely.box(100, 0, 220, 100)) == ["zones_beyond"]
    # Half a metre along an edge is drawing accuracy.
    assert problems(left, shapely.box(100.5, 0, 200, 100)) == []
    # Beside a zone without an outline a gap says nothing.
    assert problems(left, None) == []


def test_road_ends_that_stop_short():
    lines = [
        shapely.LineString([(0, 0), (100, 0)]),
        shapely.LineString([(50, 0.4), (50, 80)]),
        shapely.LineString([(20, 0), (20, 80)]),
        shapely.LineString([(80, 3), (80, 80)]),
    ]
    problems = road_problems([part("roads", lines)], None)
    assert [(p.id, p.row, p.parameters["gap_m"]) for p in problems] == [("road_end_short", 2, 0.4)]


def test_parts_and_wholes_and_the_census():
    zones = part(
        "zones",
        [SQUARE] * 3,
        id=["T", "A", "B"],
        parent=[None, "T", "T"],
        population=[1000.0, 400.0, 500.0],
        households=[300.0, 100.0, np.nan],
    )
    homes = part("residences", [SQUARE], zone=["A"], households=[120.0])
    problems = total_problems([zones], [homes])
    assert [(p.id, p.item) for p in problems] == [
        ("parts_do_not_add_up", "T"),
        ("residences_exceed_zone", "A"),
    ]
    census = part("census", [None] * 2, zone=["A", "B"], population=[400.0, 600.0])
    (one,) = census_problems([census], [zones])
    assert (one.id, one.item, one.parameters["counted"]) == ("against_census", "B", 600.0)


def test_every_threshold_says_where_it_comes_from():
    for name in ("floor_area_per_bed_m2", "persons_per_household", "total_share", "sliver_width_m"):
        assert threshold(name).source
    assert threshold("floor_area_per_bed_m2").holds(15.0)
    assert not threshold("floor_area_per_bed_m2").holds(14.999)
