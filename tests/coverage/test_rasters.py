"""Persons of a grid inside of shapes: by exact share of cells, and nobody lost between the parts."""

import math
import time

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from facilityplan.coverage import cell_shares, persons_in, persons_outside, total_persons
from facilityplan.io.raster import GridUnit, PopulationGrid

HERE = CRS.from_epsg(4547)
WEST, NORTH = 480_000.0, 3_820_000.0


def grid(persons, size=100.0, west=WEST, north=NORTH, crs=HERE):
    cells = np.asarray(persons, float)
    return PopulationGrid(cells, west, north, size, size, crs, GridUnit.PERSONS, "人口.tif")


def box(west, south, east, north):
    """Return a box in cells from the upper left corner, y down."""
    return shapely.box(
        WEST + west * 100, NORTH - south * 100, WEST + east * 100, NORTH - north * 100
    )


def test_shares_of_cells_by_hand():
    cells = grid([[10, 20], [30, math.nan]])
    shapes = [
        box(0, 2, 2, 0),
        box(0, 0.5, 1, 0),
        box(0.5, 1.5, 1.5, 0.5),
        box(5, 6, 6, 5),
        shapely.Point(WEST + 50, NORTH - 50),
        shapely.Polygon(),
    ]
    assert persons_in(cells, shapes, HERE).tolist() == [60, 5, 2.5 + 5 + 7.5, 0, 0, 0]
    assert persons_outside(cells, box(0, 1, 1, 0), HERE) == 50
    assert total_persons(cells) == 60
    half = cell_shares(
        cells, shapely.Polygon([(WEST, NORTH), (WEST + 100, NORTH), (WEST, NORTH - 100)])
    )
    assert half.cell.tolist() == [0]
    assert half.share.tolist() == [0.5]


def test_a_hole_and_two_parts():
    cells = grid(np.full((3, 3), 8.0))
    ring = shapely.difference(box(0, 3, 3, 0), box(0.75, 2.25, 2.25, 0.75))
    assert persons_in(cells, [ring], HERE).tolist() == [72 - 8 * 1.5**2]
    parts = shapely.union_all([box(0, 1, 0.5, 0), box(2.5, 3, 3, 2)])
    assert persons_in(cells, [parts], HERE).tolist() == [8]


def test_a_sliver_less_than_single_precision_is_kept():
    cells = grid([[1e9, 1e9]])
    less = 1e-8
    left, right = box(0, 1, 1 - less, 0), box(1 - less, 1, 2, 0)
    parts = persons_in(cells, [left, right], HERE)
    assert parts[0] == pytest.approx(1e9 - 10, abs=0.1)
    assert parts.sum() == pytest.approx(2e9, rel=1e-12)


def partition(rng, width, height, count):
    whole = box(0, height, width, 0)
    seeds = shapely.multipoints(
        rng.uniform((WEST, NORTH - height * 100), (WEST + width * 100, NORTH), (count, 2))
    )
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=whole))
    return whole, shapely.intersection(cells, whole)


@settings(max_examples=examples(25))
@given(st.integers(0, 2**32))
def test_a_partition_adds_up_to_the_whole(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 12, 2)
    persons = rng.uniform(0, 1000, (height, width)) * (rng.random((height, width)) < 0.7)
    persons[rng.random((height, width)) < 0.1] = math.nan
    cells = grid(persons)
    _, parts = partition(rng, width, height, rng.integers(2, 12))
    found = persons_in(cells, parts, HERE)
    assert math.fsum(found) == pytest.approx(total_persons(cells), rel=1e-9, abs=1e-9)
    for shape, inside in zip(parts, found, strict=True):
        outside = persons_outside(cells, shape, HERE)
        assert inside + outside == pytest.approx(total_persons(cells), rel=1e-9, abs=1e-9)


@settings(max_examples=examples(15))
@given(st.integers(0, 2**32))
def test_every_cell_cut_by_overlay_says_the_same(seed):
    rng = np.random.default_rng(seed)
    cells = grid(rng.uniform(0, 1000, (8, 9)))
    centres = rng.uniform((WEST, NORTH - 800), (WEST + 900, NORTH), (3, 2))
    area = shapely.union_all(shapely.buffer(shapely.points(centres), rng.uniform(20, 300)))
    want = sum(
        cells.persons[row, column]
        * shapely.area(shapely.intersection(area, box(column, row + 1, column + 1, row)))
        / 1e4
        for row in range(8)
        for column in range(9)
    )
    assert persons_in(cells, [area], HERE)[0] == pytest.approx(want, rel=1e-11, abs=1e-9)


def test_a_grid_in_degrees_keeps_its_counts_and_the_shapes_go_to_it():
    rng = np.random.default_rng(4)
    to_degrees = Transformer.from_crs(4547, 4490, always_xy=True)
    west, north = to_degrees.transform(WEST - 500, NORTH + 500)
    cells = grid(rng.uniform(0, 50, (40, 50)), 1 / 1200, west, north, CRS.from_epsg(4326))
    whole, parts = partition(rng, 30, 25, 9)
    found = persons_in(cells, [whole, *parts], HERE)
    assert found[0] > 1000
    assert math.fsum(found[1:]) == pytest.approx(found[0], rel=1e-9)
    assert found[0] + persons_outside(cells, whole, HERE) == pytest.approx(
        total_persons(cells), rel=1e-9
    )
    # By points: a fine lattice in metres, each point asking the cell it falls into.
    step = np.arange(1.0, 3000, 2.0)
    x, y = np.meshgrid(WEST + step, NORTH - step[step < 2500])
    lon, lat = to_degrees.transform(x.ravel(), y.ravel())
    column, row = (
        np.floor((lon - west) * 1200).astype(int),
        np.floor((north - lat) * 1200).astype(int),
    )
    count = np.bincount(row * 50 + column, minlength=40 * 50)
    inside = shapely.box(west, north - 40 / 1200, west + 50 / 1200, north)
    metres = Transformer.from_crs(4490, 4547, always_xy=True)
    cell_m2 = shapely.area(
        shapely.transform(inside, lambda p: np.column_stack(metres.transform(*p.T)))
    )
    rough = (cells.persons.ravel() * count).sum() * 4 / (cell_m2 / (40 * 50))
    assert found[0] == pytest.approx(rough, rel=1e-3)


def test_many_service_areas_at_once():
    rng = np.random.default_rng(2)
    cells = grid(rng.uniform(0, 50, (300, 300)))
    centres = rng.uniform((WEST, NORTH - 30_000), (WEST + 30_000, NORTH), (300, 2))
    area = shapely.union_all(shapely.buffer(shapely.points(centres), 500, quad_segs=64))
    started = time.process_time()
    found = persons_in(cells, [area], HERE)[0]
    assert time.process_time() - started < 10
    assert found == pytest.approx(area.area / 1e4 * 25, rel=0.02)
