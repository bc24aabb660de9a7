"""Population grids: what a GeoTIFF says is taken as it is, and nothing about it is guessed."""

import math

import numpy as np
import pytest
import rasterio
from pyproj import Geod
from rasterio.transform import Affine

from facilityplan.errors import (
    CrsError,
    FacilityPlanError,
    MissingCrsError,
    SourceLimitError,
    UnreadableSourceError,
    WebMercatorError,
)
from facilityplan.io import raster
from facilityplan.io.raster import read_population

HERE = "EPSG:4547"
PLACE = Affine(100, 0, 480_000, 0, -100, 3_820_000)


@pytest.fixture
def write(tmp_path):
    def to_file(cells, transform=PLACE, crs=HERE, nodata=None, name="人口.tif", **more):
        cells = np.asarray(cells)
        cells = cells if cells.ndim == 3 else cells[np.newaxis]
        path = tmp_path / name
        count, height, width = cells.shape
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=height,
            width=width,
            count=count,
            dtype=cells.dtype,
            crs=crs,
            transform=transform,
            nodata=nodata,
        ) as sink:
            sink.write(cells)
            for key, value in more.items():
                setattr(sink, key, value)
        return path

    return to_file


def test_persons_by_cell(write):
    path = write(np.array([[1.5, 2.0], [-99.0, 4.0]], dtype="float32"), nodata=-99)
    found = read_population(path, "persons")
    assert found.persons[0].tolist() == [1.5, 2.0]
    assert math.isnan(found.persons[1, 0])
    assert (found.west, found.north) == (480_000, 3_820_000)
    assert (found.cell_width, found.cell_height) == (100, 100)
    assert found.crs.to_epsg() == 4547
    assert found.file == "人口.tif"


def test_whole_numbers_with_a_nodata_value(write):
    found = read_population(write(np.array([[7, 255]], dtype="uint8"), nodata=255), "persons")
    assert found.persons[0, 0] == 7
    assert math.isnan(found.persons[0, 1])


def test_densities_become_persons(write):
    found = read_population(write(np.array([[250.0, 0.0]])), "persons_per_km2")
    assert found.persons.tolist() == [[2.5, 0.0]]


def test_densities_in_degrees_are_taken_over_the_ellipsoid(write):
    transform = Affine(0.5, 0, 113, 0, -0.5, 35)
    path = write(np.full((2, 1), 10.0), transform, "EPSG:4326")
    found = read_population(path, "persons_per_km2")
    for row, (south, north) in enumerate([(34.5, 35.0), (34.0, 34.5)]):
        # The parallels as chains of short geodesics.
        lon = np.linspace(113, 113.5, 2001)
        ring_lon = [*lon, *lon[::-1]]
        ring_lat = [*np.full(2001, south), *np.full(2001, north)]
        area_m2 = abs(Geod(ellps="WGS84").polygon_area_perimeter(ring_lon, ring_lat)[0])
        assert found.persons[row, 0] == pytest.approx(10 * area_m2 / 1e6, rel=1e-8)


def test_south_up_and_scaled_cells(write):
    path = write(np.array([[1, 2], [3, 4]], dtype="int16"), Affine(100, 0, 0, 0, 100, 3_000_000))
    found = read_population(path, "persons")
    assert found.north == 3_000_200
    assert found.persons.tolist() == [[3, 4], [1, 2]]
    scaled = write(np.array([[1, 2]], dtype="int16"), scales=(0.5,), offsets=(1.0,))
    assert read_population(scaled, "persons").persons.tolist() == [[1.5, 2.0]]


def test_the_system_must_be_stated_and_not_contradict(write):
    bare = write(np.ones((1, 1)), crs=None)
    with pytest.raises(MissingCrsError):
        read_population(bare, "persons")
    assert read_population(bare, "persons", crs=HERE).crs.to_epsg() == 4547
    own = write(np.ones((1, 1)), name="own.tif")
    with pytest.raises(CrsError, match="EPSG:4326"):
        read_population(own, "persons", crs="EPSG:4326")
    mercator = write(np.ones((1, 1)), crs="EPSG:3857", name="web.tif")
    with pytest.raises(WebMercatorError):
        read_population(mercator, "persons_per_km2")


@pytest.mark.parametrize(
    ("message", "cells", "more"),
    [
        ("raster_negative", [[1.0, -0.5]], {}),
        ("raster_infinite", [[1.0, math.inf]], {}),
        ("raster_no_data", [[math.nan, -1.0]], {"nodata": -1}),
        ("raster_bands", np.ones((2, 1, 1)), {}),
        ("raster_type", np.ones((1, 1), dtype="complex64"), {}),
        ("raster_rotated", [[1.0]], {"transform": Affine(100, 5, 0, 5, -100, 0)}),
        ("raster_without_place", [[1.0]], {"transform": Affine.identity()}),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_cannot_be_used_is_refused(write, message, cells, more):
    path = write(np.asarray(cells), **more)
    with pytest.raises(UnreadableSourceError) as refused:
        read_population(path, "persons")
    assert refused.value.message == message
    for lang in ("zh", "en"):
        assert "人口.tif" in refused.value.render(lang)


def test_files_that_are_none(tmp_path, write):
    whole = write(np.random.default_rng(0).uniform(0, 9, (200, 200))).read_bytes()
    for name, content in {
        "text.tif": b"population",
        "start.tif": b"II*\0",
        "half.tif": whole[: len(whole) // 2],
        "noise.tif": whole[:200] + bytes(range(256)) * 40,
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(FacilityPlanError) as refused:
            read_population(path, "persons")
        assert name in refused.value.render("en")
        assert "vsimem" not in refused.value.render("en")
    with pytest.raises(UnreadableSourceError):
        read_population(tmp_path / "none.tif", "persons")
    with pytest.raises(SourceLimitError):
        read_population("https://example.org/p.tif", "persons")


def test_a_grid_too_large_is_refused_before_it_is_unpacked(write, monkeypatch):
    monkeypatch.setattr(raster, "MAX_RASTER_CELLS", 3)
    with pytest.raises(SourceLimitError, match="2 × 2"):
        read_population(write(np.ones((2, 2))), "persons")


def test_files_beside_it_have_no_say(write):
    path = write(np.ones((1, 1)), crs=None)
    path.with_suffix(".tfw").write_text("1\n0\n0\n-1\n0\n0\n", encoding="ascii")
    path.with_name(path.name + ".aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:4326</SRS></PAMDataset>", encoding="ascii"
    )
    with pytest.raises(MissingCrsError):
        read_population(path, "persons")
