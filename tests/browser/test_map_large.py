"""A made-up city of 200,000 estates: small enough to send, drawn in the right colours."""

import pytest
import shapely
from made_up_city import clustered, made_up_city
from picture import check_shares
from pyproj import Transformer

from facilityplan import checks, maps, standards

pytestmark = pytest.mark.browser

CRS = "EPSG:4547"
MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def city():
    return made_up_city(clustered(200_000, 1), clustered(400, 3), crs=CRS, seed=1)


@pytest.fixture(scope="module")
def findings(city):
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    return held, checks.service_radius.evaluate(checks.Context(city, held, None))


@pytest.fixture(scope="module")
def opened(city, findings, open_page, tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "map.html"
    held, found = findings
    maps.city_map(city, found, standards=held, whatif=False, lang="zh").save(path)
    assert path.stat().st_size <= MOST_BYTES
    return open_page(path)


@pytest.mark.parametrize("zoom", [None, 15])
def test_200_000_estates_are_drawn_in_the_colours_of_their_verdicts(city, findings, opened, zoom):
    """From far as specks; from near with their outlines, many on top of one another."""
    opened.zoom_to(zoom)
    verdicts = {item.unit_id: item.verdict.value for item in findings[1]}
    check_shares(
        opened.picture("residences"),
        city.residences.geometry,
        CRS,
        [verdicts[unit] for unit in city.residences["id"]],
        wanted=("compliant", "non_compliant"),
        step=3,
    )
    assert opened.clean(), (opened.requests, opened.complaints, opened.dialogs)


def test_an_estate_of_200_000_says_its_name(city, opened):
    row = 123_456
    inner = shapely.point_on_surface(city.residences.geometry.iloc[row])
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(inner.x, inner.y)
    opened.page.fill("#desk-search", city.residences["id"].iloc[row])
    opened.page.click(".desk-results button")
    assert city.residences["name"].iloc[row] in opened.popup()
    opened.centre_on(lat, lon, zoom=19)
    names = city.residences["name"][city.residences.geometry.buffer(3).contains(inner)].tolist()
    opened.page.mouse.move(10, 10)
    opened.page.mouse.move(*opened.centre_on(lat, lon, zoom=19))
    hovered = opened.page.locator(".desk-hover:not([hidden])")
    assert hovered.inner_text() in names
    assert opened.clean(), (opened.requests, opened.complaints, opened.dialogs)
