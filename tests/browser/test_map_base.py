"""Base maps in a real browser: where tiles land, what is asked for, what is said when none come."""

import io
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import small_city
from PIL import Image
from tile_files import TileServer, picture, places, world, write_mbtiles, write_pmtiles

from facilityplan.crs import convert
from facilityplan.project import open_project

pytestmark = pytest.mark.browser

HERE = (114.0092, 34.3304)  # WGS 84, in the middle of the small city
GCJ = convert(*HERE, "wgs84", "gcj02")
BOX = (113.99, 34.315, 114.035, 34.345)
HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}`"
FAILED_LOAD = re.compile(r"error: Failed to load resource")


def drawn(folder, bases, lang="zh", name="small"):
    """Draw the small city with base maps, by its project.toml, and return the page's path."""
    made = small_city.city(folder / name, "小城")
    with (made / "project.toml").open("a", encoding="utf-8") as stream:
        stream.write(bases)
    path = folder / f"{name}.html"
    open_project(made, lang=lang, cache=False).map().save(path)
    return path


def xyz(address, datum, more=""):
    return f'\n[[map.base]]\nkind = "xyz"\nname = "规划一张图"\nname_en = "Office map"\nurl = "{address}"\ndatum = "{datum}"\n{more}'


def bare(watched):
    """Leave nothing on the map but the base map."""
    for box in watched.page.locator("input[data-layer]").all():
        box.uncheck()
    hide = "document.querySelector('.leaflet-control-container').style.visibility = 'hidden'"
    watched.page.evaluate(hide)


def choose(watched, number):
    watched.page.check(f"[data-base='{number}']")
    settle(watched)


def settle(watched):
    watched.page.wait_for_function(
        """() => {
            const tiles = [...document.querySelectorAll("img.leaflet-tile")];
            return tiles.length && tiles.every((tile) => tile.complete);
        }"""
    )
    frame = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    watched.page.evaluate(frame)


def marked(watched):
    """Return the middle of the mark on the screen, in pixels of the map."""
    shot = watched.page.locator(".folium-map").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    red = np.clip(pixels[:, :, 0] - pixels[:, :, 1] - 60, 0, None).astype(float)
    assert red.sum() > 0, "no mark on the map"
    rows, columns = np.indices(red.shape)
    middle = ((columns + 0.5) * red).sum() / red.sum(), ((rows + 0.5) * red).sum() / red.sum()
    spread = np.abs(columns[red > 0] - middle[0]).max()
    assert spread < 12, "more than one mark"
    return middle


def mark_place(lon, lat, zoom):
    """Return longitude and latitude of the middle of the pixels that are the mark of a place."""
    side = 256 * 2**zoom
    x, y = (math.floor(value) + 0.5 for value in world(lon, lat, zoom))
    return x / side * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / side))))


def on_screen(watched, lon, lat):
    return watched.page.evaluate(
        """([lon, lat]) => {
            const at = map_city.project([lat, lon]).subtract(map_city.getPixelBounds().min);
            return [at.x, at.y];
        }""",
        [lon, lat],
    )


def look(watched, zoom):
    # Not in the middle of the window, and not on whole pixels.
    watched.centre_on(HERE[1] + 0.0003, HERE[0] - 0.0005, zoom)
    settle(watched)
    return marked(watched)


@pytest.fixture(scope="module")
def intranet(open_on_intranet, tmp_path_factory):
    """A page with tiles of GCJ-02 (0) and CGCS2000 (1), both to be had, and what was asked first."""
    shifted, plain = TileServer(mark=GCJ), TileServer(mark=HERE)
    bases = xyz(shifted.address, "gcj02") + xyz(
        plain.address, "cgcs2000", 'review_number = "9号"\n'
    )
    path = drawn(tmp_path_factory.mktemp("intranet"), bases)
    watched = open_on_intranet(path, allowed=(shifted.origin, plain.origin))
    at_first = [*shifted.asked, *plain.asked, *watched.tiles]
    strip = watched.page.locator(".leaflet-control-container").inner_text()
    bare(watched)
    yield SimpleNamespace(
        watched=watched, shifted=shifted, plain=plain, at_first=at_first, first_strip=strip
    )
    shifted.stop()
    plain.stop()


@pytest.mark.parametrize("zoom", [13, 15, 16, 17, 18])
def test_a_gcj02_tile_lands_where_the_data_are(intranet, zoom):
    watched = intranet.watched
    choose(watched, 0)
    seen = look(watched, zoom)
    wanted = on_screen(watched, *convert(*mark_place(*GCJ, zoom), "gcj02", "wgs84"))
    assert math.dist(seen, wanted) < 1, (seen, wanted)
    # Left where it was it would be elsewhere: the shift here is half a kilometre.
    assert math.dist(seen, on_screen(watched, *GCJ)) > 400 / (156543 * 0.825 / 2**zoom)


@pytest.mark.parametrize("zoom", [14, 17])
def test_tiles_of_cgcs2000_stay_where_they_are(intranet, zoom):
    watched = intranet.watched
    choose(watched, 1)
    seen = look(watched, zoom)
    assert math.dist(seen, on_screen(watched, *mark_place(*HERE, zoom))) < 0.1


def test_only_the_address_given_is_asked_and_only_when_chosen(intranet):
    watched, own = intranet.watched, intranet.plain
    assert intranet.at_first == []
    assert "规划一张图" not in intranet.first_strip
    choose(watched, 0)
    choose(watched, 1)
    origins = (f"{own.origin}/tiles/", f"{intranet.shifted.origin}/tiles/")
    assert own.asked
    assert all(url.startswith(origins) for url in watched.tiles)
    assert own.origin.removeprefix("http://") in watched.page.inner_text("#desk-base-note")
    assert "底图：规划一张图　底图审图号：9号" in watched.page.text_content(
        ".desk-record.desk-base-credit"
    )
    assert watched.clean()


def test_the_policy_opens_those_hosts_for_pictures_alone(intranet):
    watched, own, other = intranet.watched, intranet.plain, TileServer()
    tried = """async ([own, other]) => {
        const said = (act) => act.then(() => "let", () => "stopped");
        const image = (src) => new Promise((done, stop) => {
            const node = new Image();
            node.onload = done;
            node.onerror = stop;
            node.src = src;
        });
        return [
            await said(image(`${own}/1/1/1.png`)),
            await said(image(`${other}/1/1/1.png`)),
            await said(fetch(`${own}/1/1/0.png`, { mode: "no-cors" })),
        ];
    }"""
    try:
        answers = watched.page.evaluate(tried, [own.origin, other.origin])
    finally:
        other.stop()
    assert answers == ["let", "stopped", "stopped"]
    assert other.asked == []
    assert "/1/1/0.png" not in own.asked
    # The browser says that it stopped them; the tests after this one start afresh.
    watched.requests.clear()
    watched.complaints.clear()


TDT = "https://t0.tianditu.gov.cn/"


@pytest.fixture(scope="module")
def failing(open_on_intranet, tmp_path_factory):
    """A page with a base map that cannot be had (0), one with gaps (1) and Tianditu (2)."""
    dead, gaps = TileServer(), TileServer(missing=lambda at: at[1] % 2 == 1)
    dead.stop()
    bases = (
        xyz(dead.address, "wgs84", "shown = true\n")
        + xyz(gaps.address, "wgs84")
        + '\n[[map.base]]\nkind = "tianditu"\nlayer = "img"\nkey_env = "OFFICE_TDT"\n'
        'review_number = "GS(2024)0568号"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFICE_TDT", "k&e y<1>")
        path = drawn(tmp_path_factory.mktemp("failing"), bases)
    watched = open_on_intranet(path, allowed=(dead.origin, gaps.origin, TDT))
    yield SimpleNamespace(watched=watched, dead=dead, gaps=gaps)
    gaps.stop()


def test_out_of_reach_the_map_is_whole_and_says_so_once(failing):
    watched = failing.watched
    watched.page.check("[data-base='0']")
    notice = watched.page.locator(".desk-base-notice:visible")
    notice.wait_for(timeout=30_000)
    assert notice.count() == 1
    assert "“规划一张图”取不到" in notice.inner_text()
    assert failing.dead.origin.removeprefix("http://") in notice.inner_text()
    # What browsers say of a picture that does not load no page can keep them from saying.
    assert watched.complaints
    assert all(FAILED_LOAD.match(said) for said in watched.complaints), watched.complaints
    assert watched.painted("roads") > 1e-4
    assert watched.painted("residences") > 1e-5
    assert not watched.dialogs
    assert not watched.requests
    # Another choice takes it back.
    watched.page.check("[data-base='-1']")
    assert not watched.page.locator(".desk-base-notice:visible").count()


def test_tiles_that_are_missing_are_counted(failing):
    choose(failing.watched, 1)
    missing = sum(int(path.split("/")[-2]) % 2 for path in failing.gaps.asked)
    told = failing.watched.page.inner_text(".desk-base-notice:visible")
    assert told.startswith(f"底图“规划一张图”有 {missing} 块瓦片取不到")


def test_tianditu_is_asked_with_the_users_key(failing):
    watched = failing.watched
    watched.page.check("[data-base='2']")
    watched.page.locator(".desk-base-notice:visible").wait_for(timeout=30_000)
    asked = [url for url in watched.tiles if url.startswith(TDT)]
    assert {re.search(r"/(\w+)_w/wmts", url)[1] for url in asked} == {"img", "cia"}
    assert all("TILEMATRIXSET=w" in url for url in asked)
    assert all(url.endswith("&tk=k%26e%20y%3C1%3E") for url in asked)
    credit = watched.page.inner_text(".desk-record.desk-base-credit")
    assert "天地图" in credit
    assert "GS(2024)0568号" in credit
    assert watched.requests == []
    assert all(FAILED_LOAD.match(said) for said in watched.complaints), watched.complaints


def local(kind, name, datum, more=""):
    return f'\n[[map.base]]\nkind = "{kind}"\nname = "本地影像 {kind}"\npath = "../{name}"\ndatum = "{datum}"\n{more}'


@pytest.fixture(scope="module")
def embedded(open_page, tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    zooms = range(11, 17)
    plain = {at: picture(*at, HERE) for at in places(zooms, BOX)}
    moved = {at: picture(*at, GCJ, kind="JPEG") for at in places(zooms, BOX)}
    write_mbtiles(folder / "plain.mbtiles", plain)
    write_pmtiles(folder / "moved.pmtiles", moved)
    bases = local("mbtiles", "plain.mbtiles", "wgs84", f"shown = true\nattribution = '{HOSTILE}'\n")
    bases += local("pmtiles", "moved.pmtiles", "gcj02", 'review_number = "豫S〔2026〕1号"\n')
    watched = open_page(drawn(folder, bases))
    settle(watched)
    return watched


def test_tiles_inside_the_page_need_no_network(embedded):
    note = embedded.page.locator("#desk-base-note").inner_text()
    assert re.search(r"（\d+–16 级），不联网", note)
    bare(embedded)
    for number, place in ((0, HERE), (1, GCJ)):
        choose(embedded, number)
        seen = look(embedded, 16)
        true = mark_place(*place, 16)
        if number == 1:
            true = convert(*true, "gcj02", "wgs84")
        assert math.dist(seen, on_screen(embedded, *true)) < 1
    assert embedded.clean()


def test_enlarged_beyond_its_last_level_it_still_lies_right(embedded):
    choose(embedded, 1)
    seen = look(embedded, 18)
    true = convert(*mark_place(*GCJ, 16), "gcj02", "wgs84")
    assert math.dist(seen, on_screen(embedded, *true)) < 4
    assert embedded.clean()


def test_the_choice_is_made_by_keyboard_and_outlasts_the_language(embedded):
    page = embedded.page
    choose(embedded, 0)
    page.focus("[data-base='0']")
    page.keyboard.press("ArrowDown")
    assert page.is_checked("[data-base='1']")
    assert page.locator("img.leaflet-tile").count()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.is_checked("[data-base='-1']")
    assert page.locator("img.leaflet-tile").count() == 0
    choose(embedded, 1)
    page.click("#desk-lang")
    assert page.is_checked("[data-base='1']")
    settle(embedded)
    assert page.locator("#desk-base h2").inner_text() == "Base map"
    assert "moved onto the data" in page.locator("#desk-base-note").inner_text()
    assert page.get_by_role("radiogroup", name="Base map").count() == 1
    page.click("#desk-lang")
    assert embedded.clean()


def test_the_sheet_of_paper_names_whose_map_it_is(embedded):
    page = embedded.page
    for number, said in ((0, f"底图：{HOSTILE}"), (1, "底图审图号：豫S〔2026〕1号")):
        choose(embedded, number)
        page.click("#desk-print")
        assert said in page.locator(".desk-paper-foot").inner_text()
        page.click("#desk-print-close")
    page.check("[data-base='-1']")
    page.click("#desk-print")
    assert "底图" not in page.locator(".desk-paper-foot").inner_text()
    page.click("#desk-print-close")
    assert embedded.clean()
