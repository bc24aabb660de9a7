"""The map of a whole real city, 7,264 buildings and 13,948 streets, in a browser without network."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from picture import check_shares

import facilityplan as fp

pytestmark = [pytest.mark.browser, pytest.mark.real]

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared" / "data"
BLUE, ORANGE, ROAD, PLAN = "#67a9cf", "#e8601c", "#d9c9a3", "#9b1b8a"
CLEAR_OF_SIGNS_M = 80.0


@pytest.fixture(scope="module")
def project():
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the shared data is not there: {SHARED}")
        pytest.skip("the shared data (../shared/data) is not on this machine")
    return fp.open_project(CHECKOUT / "tests" / "real" / "las_palmas", lang="en")


@pytest.fixture(scope="module")
def city(project, open_page, tmp_path_factory):
    """The open page; what it asked for and complained of is looked at by every test."""
    path = tmp_path_factory.mktemp("las_palmas") / "map.html"
    project.map().save(path)
    assert path.stat().st_size < 8_000_000
    return open_page(path)


@pytest.fixture(autouse=True)
def _nothing_leaves_and_nothing_complains(city):
    yield
    assert city.clean(), (city.requests, city.complaints, city.dialogs)


@pytest.fixture(scope="module")
def homes(project):
    """Homes large enough to hit whose middle no sign covers: distances, verdict, where they are."""
    table = pd.DataFrame(project.coverage().coverage.table).set_index("id")
    frame = project.residences.set_index("id").loc[table.index]
    inner = shapely.point_on_surface(frame.geometry.to_numpy())
    sites = project.propose().proposal.cover_all.sites
    signs = [*shapely.centroid(project.facilities.geometry.to_numpy())]
    signs += [shapely.Point(site.x, site.y) for site in sites]
    apart_m = shapely.distance(inner[:, None], np.array(signs)[None, :]).min(axis=1)
    lon, lat = to_degrees(shapely.get_x(inner), shapely.get_y(inner))
    found = table.assign(lon=lon, lat=lat)
    return found[(apart_m > CLEAR_OF_SIGNS_M) & (frame.area > 150).to_numpy()]


def to_degrees(x, y):
    return pyproj.Transformer.from_crs(32628, 4326, always_xy=True).transform(x, y)


def test_the_city_is_drawn(city, homes):
    # from afar a building is a speck
    assert city.painted("residences") > 1e-4
    assert city.near_colour("roads", ROAD) > 1e-3
    assert city.near_colour("links", PLAN) > 1e-4
    assert city.page.locator(".desk-site").count() > 20
    for verdict, colour in (("compliant", BLUE), ("non_compliant", ORANGE)):
        home = homes[homes["verdict"] == verdict].iloc[0]
        city.centre_on(home["lat"], home["lon"], zoom=18)
        assert city.near_colour("residences", colour) > 1e-3


@pytest.mark.parametrize("zoom", [12, 15])
def test_every_colour_has_its_share(city, project, zoom):
    table = project.coverage().coverage.table
    verdicts = dict(zip(table["id"], table["verdict"], strict=True))
    west, south, east, north = project.residences.total_bounds
    lon, lat = to_degrees((west + east) / 2, (south + north) / 2)
    city.centre_on(lat, lon, zoom)
    check_shares(
        city.picture("residences"),
        project.residences.geometry,
        project.city.crs,
        [verdicts[unit] for unit in project.residences["id"]],
        wanted=("compliant", "non_compliant"),
    )


@pytest.mark.parametrize(
    ("verdict", "flips"),
    [("compliant", False), ("compliant", True), ("non_compliant", False)],
)
def test_a_building_shows_its_distances(city, homes, verdict, flips):
    chosen = homes[(homes["verdict"] == verdict) & (homes["walking_flips"] == flips)]
    chosen = chosen[np.isfinite(chosen["walking_m"].astype(float))]
    home = chosen.iloc[len(chosen) // 2]
    said = city.click_map(home["lat"], home["lon"], zoom=18)
    assert home.name in said
    assert "R501" in said
    assert "≤ 500 m" in said
    assert f"{home['straight_m']:,.0f} m" in said
    assert f"{home['walking_m']:,.0f} m on foot" in said
    assert ("on foot the verdict would turn" in said) == flips


def test_a_facility_keeps_its_accents(city, project):
    home = project.facilities.set_index("id").loc["way/686174652"]
    middle = shapely.point_on_surface(home.geometry)
    lon, lat = to_degrees(middle.x, middle.y)
    said = city.click_map(lat, lon, zoom=18)
    assert "Centro de Día para Mayores La Finca" in said
    assert "way/686174652" in said


def test_a_site_says_whom_it_serves(city, project):
    plan = project.propose().proposal.cover_all
    site = max(plan.sites, key=lambda item: len(item.serves))
    lon, lat = to_degrees(site.x, site.y)
    x, y = city.centre_on(lat, lon, zoom=17)
    city.page.mouse.click(x, y - 20)
    said = city.popup()
    assert site.name in said
    assert str(len(site.serves)) in said
