"""A population grid on the map: classes of persons, blocks of cells, and the way to a cell."""

import dataclasses

import numpy as np
import pyproj
import pytest

from facilityplan.io.raster import GridUnit, PopulationGrid
from facilityplan.maps.raster import MOST_CELLS, class_bounds, raster_content

CRS = "EPSG:4547"


def grid(persons, west, north, cell, crs=CRS, name="人口.tif"):
    width, height = (cell, cell) if np.isscalar(cell) else cell
    system = pyproj.CRS(crs)
    cells = np.asarray(persons, dtype=float)
    return PopulationGrid(cells, west, north, width, height, system, GridUnit.PERSONS, name)


@pytest.mark.parametrize(
    ("persons", "bounds"),
    [
        ([0.5, 830.0, np.nan], [10, 20, 50, 100, 200, 500]),
        ([200.0], [2, 5, 10, 20, 50, 100]),
        ([0.03], [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02][-6:]),
        ([0.0, np.nan], []),
    ],
)
def test_bounds_of_classes_are_round_and_below_the_most(persons, bounds):
    assert class_bounds(np.asarray(persons)) == bounds


def test_every_cell_is_in_its_class(small):
    rng = np.random.default_rng(7)
    persons = np.where(rng.random((90, 110)) < 0.2, 0.0, rng.gamma(0.5, 40.0, (90, 110)))
    persons[3, 4] = np.nan
    own = grid(persons, 497_000.0, 3_853_000.0, 100.0)
    found = raster_content(small.city, own)
    # the window holds the city with a margin; its north-west corner is told by the polynomials
    classes = np.asarray(found["classes"]).reshape(found["rows"], found["columns"])
    place = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    ends = [-np.inf, *found["bounds"], np.inf]
    checked = 0
    for x in range(498_050, 504_000, 300):
        for y in range(3_848_050, 3_852_000, 300):
            column, row = evaluate(found["toCell"], *place.transform(x, y))
            persons_there = persons[int((3_853_000 - y) / 100), int((x - 497_000) / 100)]
            assert abs(column % 1 - 0.5) < 1e-6
            if not (0 <= column < found["columns"] and 0 <= row < found["rows"]):
                continue
            own_class = classes[int(row), int(column)]
            checked += 1
            if np.isnan(persons_there) or persons_there == 0:
                assert own_class == 0
            else:
                assert ends[own_class - 1] < persons_there <= ends[own_class]
    assert checked > 200
    assert found["cell"] == [100.0, 100.0]
    assert found["block"] == 1


def evaluate(polynomial, lon, lat):
    """Work the polynomials out as their docstring says, apart from the page's script."""
    (mu, mv), (hu, hv) = polynomial["middle"], polynomial["half"]
    u, v = (lon - mu) / hu, (lat - mv) / hv
    powers = [(i, total - i) for total in range(7) for i in range(total + 1)]
    return [
        sum(term * u**i * v**j for term, (i, j) in zip(terms, powers, strict=True))
        for terms in polynomial["terms"]
    ]


def test_a_grid_in_degrees_is_found_to_a_hundredth_of_a_cell(small):
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(
        500_000, 3_850_000
    )
    step = 1 / 1200
    own = grid(np.ones((400, 400)), lon - 200 * step, lat + 200 * step, step, "EPSG:4326")
    found = raster_content(small.city, own)
    columns, rows = [], []
    for x in (498_000, 500_000, 504_000):
        for y in (3_848_000, 3_852_000):
            spot = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
            column, row = evaluate(found["toCell"], *spot)
            columns.append(column - (spot[0] - own.west) / step)
            rows.append(row - (own.north - spot[1]) / step)
    # the window begins at some whole cell of the file
    for offsets in (columns, rows):
        assert np.ptp(offsets) < 0.01
        assert abs(offsets[0] - round(offsets[0])) < 0.01
    wide, high = found["cell"]
    assert wide == pytest.approx(111_320 * step * np.cos(np.radians(lat)), rel=0.01)
    assert high == pytest.approx(111_320 * step, rel=0.01)


def test_many_cells_are_summed_in_blocks_and_nobody_is_lost(small):
    side = 3001
    assert side * side > MOST_CELLS
    persons = np.zeros((side, side))
    persons[::7, ::5] = 3.0
    own = grid(persons, 495_000.0, 3_855_000.0, 10_000 / side)
    whole = dataclasses.replace(own, persons=persons)
    found = raster_content(small.city, whole)
    assert found["block"] >= 2
    assert found["rows"] * found["columns"] <= MOST_CELLS
    # 3 persons in every 35th cell: a block of n x n holds at most that many
    per_block = int(np.ceil(found["block"] / 7) * np.ceil(found["block"] / 5)) * 3
    assert 0 < found["most"] <= per_block


def test_a_grid_elsewhere_is_no_layer(small):
    assert raster_content(small.city, grid(np.ones((4, 4)), 600_000.0, 3_850_000.0, 100.0)) is None
