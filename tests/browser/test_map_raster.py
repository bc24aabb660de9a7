"""The population grid on the map: each cell where it lies, in the grey of its class."""

import numpy as np
import pyproj
import pytest
import rasterio
import row_of_estates
from rasterio.transform import Affine

from facilityplan.project import open_project

pytestmark = pytest.mark.browser

GRID = '[rasters.population]\npath = "人口.tif"\nunit = "persons"\n'
# 2 km cells about the estates; nan is no data
PERSONS = np.array(
    [[0, 1.5, 4, 18, 45, 90, 130], [700, 130, 90, 45, 18, 4, np.nan]], dtype="float32"
)
BOUNDS = (10, 20, 50, 100, 200, 500)
GREYS = ("#eceef1", "#dcdfe4", "#c7ccd4", "#b0b7c2", "#97a0ae", "#7e8898", "#657082")
WEST, NORTH, CELL = 496_000.0, 3_802_000.0, 2_000.0

PIXEL = """([lat, lon]) => {
    const box = map_city.getContainer().getBoundingClientRect();
    const at = map_city.latLngToContainerPoint([lat, lon]);
    const [x, y] = [box.left + at.x, box.top + at.y];
    for (const tile of document.querySelectorAll(".leaflet-desk-raster-pane canvas")) {
        const own = tile.getBoundingClientRect();
        if (x < own.left || x >= own.right || y < own.top || y >= own.bottom) continue;
        const copy = new OffscreenCanvas(tile.width, tile.height);
        const pen = copy.getContext("2d", { willReadFrequently: true });
        pen.drawImage(tile, 0, 0);
        const scale = tile.width / own.width;
        return [...pen.getImageData((x - own.left) * scale, (y - own.top) * scale, 1, 1).data];
    }
    return null;
}"""


@pytest.fixture(scope="module")
def desk(open_page, tmp_path_factory):
    folder = row_of_estates.write(tmp_path_factory.mktemp("raster") / "city", GRID)
    with rasterio.open(
        folder / "人口.tif",
        "w",
        driver="GTiff",
        height=2,
        width=7,
        count=1,
        dtype="float32",
        crs="EPSG:4547",
        nodata=np.nan,
        transform=Affine(CELL, 0, WEST, 0, -CELL, NORTH),
    ) as made:
        made.write(PERSONS, 1)
    path = folder.parent / "map.html"
    open_project(folder, lang="zh", cache=False).map().save(path)
    return open_page(path)


def expected(persons):
    if not persons > 0:
        return None
    colour = GREYS[sum(persons > bound for bound in BOUNDS)]
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def test_every_cell_has_the_grey_of_its_class(desk):
    page = desk.page
    assert not page.locator("#desk-raster-legend").is_visible()
    assert desk.painted("raster") == 0
    page.check("[data-layer=raster]")
    turn = pyproj.Transformer.from_crs("EPSG:4547", "EPSG:4326", always_xy=True)
    for row, line in enumerate(PERSONS.tolist()):
        for column, persons in enumerate(line):
            for across, down in ((0.5, 0.5), (0.03, 0.03), (0.97, 0.97)):
                x, y = WEST + (column + across) * CELL, NORTH - (row + down) * CELL
                lon, lat = turn.transform(x, y)
                desk.centre_on(lat, lon, 13)
                found = page.wait_for_function(PIXEL, arg=[lat, lon]).json_value()
                if expected(persons) is None:
                    assert found[3] == 0, (row, column)
                else:
                    assert found == [*expected(persons), 255], (row, column)


def test_the_legend_says_bounds_unit_and_cell(desk):
    desk.page.check("[data-layer=raster]")
    rows = desk.texts("#desk-raster-legend .desk-row")
    assert rows == [
        "500 以上，最多 700",
        "200–500",
        "100–200",
        "50–100",
        "20–50",
        "10–20",
        "0–10（不含 0）",
    ]
    said = desk.page.locator("#desk-raster-legend").inner_text()
    for part in ("人/格", "2,000 × 2,000 米", "人口.tif"):
        assert part in said
    desk.page.uncheck("[data-layer=raster]")
    assert not desk.page.locator("#desk-raster-legend").is_visible()
    assert desk.clean(), (desk.requests, desk.complaints)
