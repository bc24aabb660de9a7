"""Base maps: where GCJ-02 tiles go in the page's own script, and what the page may ask for."""

import re
from html import unescape

import numpy as np
import pytest
from campaign import examples
from desk_script import run

from facilityplan import maps
from facilityplan.crs import convert
from facilityplan.errors import OutputError
from facilityplan.io.tiles import Tiles
from facilityplan.maps.base_maps import BaseMap, described, tianditu
from facilityplan.maps.offline import OfflineFigure

TIGHT = 1e-9  # degrees; a tenth of a millimetre
SIDE = 256
NAMES = {"zh": "一张图", "en": "Office"}


def in_china(count):
    chance = np.random.default_rng(20260630)
    return chance.uniform(74, 135, count), chance.uniform(3, 53, count)


def test_the_scripts_datum_is_the_programs():
    lon, lat = in_china(examples(2000))
    # where the polynomial has no derivative, and outside its rectangle
    lon = np.concatenate([lon, [105.0, 105.0 + 1e-9, 139.7, 2.35]])
    lat = np.concatenate([lat, [30.0, 30.0, 35.7, 48.86]])
    pairs = np.column_stack([lon, lat]).tolist()
    got = run("return input.map((at) => [desk.gcjOf(...at), desk.wgsOf(...at)])", pairs, "base")
    there, back = np.asarray(got).transpose(1, 2, 0)
    assert np.abs(there - convert(lon, lat, "wgs84", "gcj02")).max() < TIGHT
    assert np.abs(back - convert(lon, lat, "gcj02", "wgs84")).max() < TIGHT


def test_published_pairs():
    # Longitude and latitude in WGS 84, then in GCJ-02: the ones that other programs test with.
    known = [
        (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
        (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
        (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    ]
    got = run("return input.map(([lon, lat]) => desk.gcjOf(lon, lat))", known, "base")
    assert np.abs(np.asarray(got) - np.asarray(known)[:, 2:]).max() < 1e-6


def mercator(lon, lat, zoom):
    world = SIDE * 2.0**zoom
    return (lon + 180) / 360 * world, (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * world


@pytest.mark.parametrize("zoom", [8, 12, 16, 18])
def test_every_pixel_of_a_moved_tile_is_within_a_pixel_of_its_place(zoom):
    lon, lat = in_china(examples(400))
    x, y = (np.floor(part / SIDE) for part in mercator(lon, lat, zoom))
    tiles = [{"x": int(a), "y": int(b), "z": zoom} for a, b in zip(x, y, strict=True)]
    got = run("return input.map((tile) => desk.gcjTile(tile, 256))", tiles, "shapes", "base")
    left, right, top, bottom = (
        np.array([box[side] for box in got]) for side in ("left", "right", "top", "bottom")
    )
    worst = 0.0
    for across in (0.0, 0.5, 1.0):
        for down in (0.0, 0.5, 1.0):
            side = 2.0**zoom
            own_lon = (x + across) / side * 360 - 180
            own_lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + down) / side))))
            true = mercator(*convert(own_lon, own_lat, "gcj02", "wgs84"), zoom)
            off = left + across * (right - left) - true[0], top + down * (bottom - top) - true[1]
            worst = max(worst, float(np.hypot(*off).max()))
    assert worst < 0.7


def test_neighbours_share_their_sides():
    lon, lat = in_china(50)
    x, y = (np.floor(part / SIDE).astype(int) for part in mercator(lon, lat, 17))
    tiles = [
        [{"x": int(a) + i, "y": int(b) + j, "z": 17} for i, j in ((0, 0), (1, 0), (0, 1))]
        for a, b in zip(x, y, strict=True)
    ]
    body = "return input.map((three) => three.map((tile) => desk.gcjTile(tile, 256)))"
    for own, east, south in run(body, tiles, "shapes", "base"):
        assert own["right"] == east["left"]
        assert own["bottom"] == south["top"]


def office(address="http://gis.office:8080/t/{z}/{x}/{y}.png", **more):
    return BaseMap(names=NAMES, gcj02=False, max_zoom=18, addresses=(address,), **more)


def page_of(small, *bases):
    return maps.city_map(small.city, small.findings, standards=small.standards, bases=bases)


def policy(page):
    text = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    return dict(rule.strip().split(" ", 1) for rule in text.split(";"))


def test_the_policy_names_the_host_for_pictures_alone(small):
    plain = policy(page_of(small).to_html())
    rules = policy(page_of(small, office()).to_html())
    assert plain["img-src"] == "data: blob:"
    assert rules["img-src"] == "data: blob: http://gis.office:8080"
    assert {**rules, "img-src": ""} == {**plain, "img-src": ""}


def test_each_host_once_whatever_the_order(small):
    two = office(), tianditu("vec", "k", labels=True, review_number="GS 1")
    for bases in (two, two[::-1]):
        rules = policy(page_of(small, *bases).to_html())
        assert rules["img-src"] == ("data: blob: http://gis.office:8080 https://t0.tianditu.gov.cn")


@pytest.mark.parametrize(
    "origin",
    ["*", "http://*", "https:", "http://a; script-src *", "http://a b", "data:", "http://a/b", ""],
)
def test_a_policy_is_never_wider_than_a_host(origin):
    with pytest.raises(OutputError):
        OfflineFigure("a", "zh", [origin]).render()


def test_without_base_maps_the_page_has_none(small):
    shown = page_of(small)
    assert "bases" not in shown._children["desk"].desk
    assert 'id="desk-base' not in shown.to_html()


def test_tiles_inside_stand_once_each_and_open_no_host(small):
    pictures = (("image/png", b"\x89PNG</script>"), ("image/jpeg", b"\xff\xd8\xff"))
    places = {(12, 1, 2): 0, (12, 1, 3): 1, (12, 2, 2): 0}
    inside = BaseMap(
        names=NAMES, gcj02=True, max_zoom=12, tiles=Tiles(pictures, places, 12, 12, 99)
    )
    page = page_of(small, office(), inside).to_html()
    assert policy(page)["img-src"] == "data: blob: http://gis.office:8080"
    held = re.search(r'<script type="application/json" id="desk-base-1">(.*?)</script>', page)[1]
    assert held.count("data:image/png;base64,") == 1
    assert '"12/2/2":0' in held
    assert page == page_of(small, office(), inside).to_html()


def test_names_of_a_base_map_are_text(small):
    hostile = "</script><img src=x onerror=alert(1)>${alert(1)}`"
    bases = (office(review_number=hostile, credit={"zh": hostile, "en": hostile}),)
    page = page_of(small, *bases).to_html()
    assert "<img src=x" not in page
    assert described(bases, "zh")[0]["review"] == hostile


def test_tianditu_has_its_labels_and_a_key_made_safe():
    base = tianditu("ter", "a&b{z}", labels=True, review_number="GS(2024)1号")
    assert [re.search(r"LAYER=(\w+)", address)[1] for address in base.addresses] == ["ter", "cta"]
    assert all(address.endswith("&tk=a%26b%7Bz%7D") for address in base.addresses)
    assert len(tianditu("ter", "a", labels=False, review_number="1").addresses) == 1
    assert base.review_number == "GS(2024)1号"
    assert (base.min_zoom, base.max_zoom) == (1, 18)
