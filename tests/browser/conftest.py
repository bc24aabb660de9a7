"""Chromium without a network, and a page that notes whatever it should not do."""

import base64
import io
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture import Picture
from PIL import Image
from playwright.sync_api import sync_playwright

from facilityplan.project import open_project

WAIT_MS = 30_000
READY = "body[data-ready=true]"

# Waits until what was asked for is drawn, and reads copies: Chromium complains of reading a canvas
# that is drawn on. Of a layer on tiles all tiles count.
SHARE = """async ([pane, wanted, within]) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    const where = document.querySelector(`.leaflet-desk-${pane}-pane`);
    while (where.dataset.drawn === "false") await frame();
    let found = 0;
    let all = 0;
    for (const drawn of where.querySelectorAll("canvas")) {
        const canvas = new OffscreenCanvas(drawn.width, drawn.height);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(drawn, 0, 0);
        const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
        all += data.length / 4;
        for (let at = 0; at < data.length; at += 4) {
            const off = wanted.map((value, part) => Math.abs(data[at + part] - value));
            if (data[at + 3] > 20 && Math.max(...off) <= within) found += 1;
        }
    }
    return all ? found / all : 0;
}"""

# All tiles of a pane put together pixel by pixel, as a PNG, and where the first lies in the world.
PICTURE = """async (pane) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const where = document.querySelector(`.leaflet-desk-${pane}-pane`);
    await frame();
    await frame();
    // tiles of the zoom before lie there, stretched, until all new ones are drawn
    const stretched = (tile) => Math.abs(tile.getBoundingClientRect().width - 256) > 0.01;
    const unready = () => [...where.querySelectorAll("canvas")].some(stretched);
    while (where.dataset.drawn === "false" || unready()) await frame();
    const tiles = [...where.querySelectorAll("canvas")];
    const rects = tiles.map((tile) => tile.getBoundingClientRect());
    const [left, top] = ["left", "top"].map((side) => Math.min(...rects.map((rect) => rect[side])));
    const width = Math.max(...rects.map((rect) => rect.right)) - left;
    const height = Math.max(...rects.map((rect) => rect.bottom)) - top;
    const ratio = tiles[0].width / 256;
    const whole = new OffscreenCanvas(width * ratio, height * ratio);
    const pen = whole.getContext("2d");
    tiles.forEach((tile, at) => pen.drawImage(tile, (rects[at].left - left) * ratio, (rects[at].top - top) * ratio));
    const bytes = new Uint8Array(await (await whole.convertToBlob()).arrayBuffer());
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    const { min } = map_city.getPixelBounds();
    const box = map_city.getContainer().getBoundingClientRect();
    const corner = [min.x + left - box.left, min.y + top - box.top];
    return { png: btoa(text), ratio, zoom: map_city.getZoom(), corner };
}"""


@dataclass
class Watched:
    """A page with what it asked for, said and popped up."""

    page: Any
    requests: list = field(default_factory=list)
    complaints: list = field(default_factory=list)
    dialogs: list = field(default_factory=list)
    tiles: list = field(default_factory=list)

    def clean(self):
        return not (self.requests or self.complaints or self.dialogs)

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()

    def centre_on(self, lat, lon, zoom=15):
        """Show that spot in the middle and return it in pixels of the window."""
        self.page.evaluate(
            "([lat, lon, zoom]) => void map_city.setView([lat, lon], zoom, { animate: false })",
            [lat, lon, zoom],
        )
        return self.page.evaluate(
            """([lat, lon]) => {
                const box = map_city.getContainer().getBoundingClientRect();
                const at = map_city.latLngToContainerPoint([lat, lon]);
                return [box.left + at.x, box.top + at.y];
            }""",
            [lat, lon],
        )

    def click_map(self, lat, lon, zoom=15):
        """Click that spot and return the text of the popup that opens."""
        self.page.mouse.click(*self.centre_on(lat, lon, zoom))
        return self.popup()

    def popup(self):
        opened = self.page.locator(".leaflet-popup-content")
        opened.wait_for(timeout=WAIT_MS)
        text = opened.inner_text()
        self.page.evaluate("void map_city.closePopup()")
        opened.wait_for(state="detached", timeout=WAIT_MS)
        return text

    def near_colour(self, pane, colour, within=24):
        """Return the share of a pane's canvas that has about that colour (#rrggbb)."""
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        return self.page.evaluate(SHARE, [pane, wanted, within])

    def painted(self, pane):
        """Return the share of a pane's canvas that has any colour."""
        return self.page.evaluate(SHARE, [pane, [0, 0, 0], 255])

    def zoom_to(self, zoom=None):
        """Show the same at a whole zoom, the next smaller one unless told: no tile is stretched."""
        self.page.evaluate(
            "(zoom) => void map_city.setZoom(zoom ?? Math.floor(map_city.getZoom()), "
            "{ animate: false })",
            zoom,
        )

    def picture(self, pane):
        """Return what a pane's canvases show in the window."""
        found = self.page.evaluate(PICTURE, pane)
        image = Image.open(io.BytesIO(base64.b64decode(found["png"]))).convert("RGBA")
        return Picture(np.asarray(image), found["zoom"], found["corner"], found["ratio"])


def _chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "no Chromium: install the apt package chromium (tests/install_browser.sh)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND"


@pytest.fixture(scope="session")
def driver():
    _chromium()
    with sync_playwright() as playwright:
        yield playwright


def _launched(driver, resolver):
    return driver.chromium.launch(
        executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu", resolver]
    )


@pytest.fixture(scope="session")
def browser(driver):
    running = _launched(driver, NO_NAMES)
    yield running
    running.close()


@pytest.fixture(scope="session")
def intranet_browser(driver):
    """A browser for which 127.0.0.1 is all the world."""
    running = _launched(driver, f"{NO_NAMES} , EXCLUDE 127.0.0.1")
    yield running
    running.close()


def _watch(page, path, ready, allowed):
    watched = Watched(page)

    def within(url):
        return url.startswith(("file:", "data:", "blob:", *allowed))

    def stop(route):
        watched.requests.append(route.request.url)
        route.abort()

    def note_request(request):
        asked = request.url
        if asked.startswith(tuple(allowed)):
            watched.tiles.append(asked)
        elif asked != path.as_uri():
            watched.requests.append(asked)

    def note_dialog(dialog):
        watched.dialogs.append(dialog.message)
        dialog.dismiss()

    page.route(lambda url: not within(url), stop)
    page.on("request", note_request)
    page.on("console", lambda said: watched.complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("dialog", note_dialog)
    page.goto(path.as_uri())
    page.wait_for_selector(ready, timeout=WAIT_MS)
    return watched


def _opener(running):
    opened = []

    def show(path: Path, ready=READY, allowed=()):
        page = running.new_page(viewport={"width": 1366, "height": 768})
        opened.append(page)
        return _watch(page, path, ready, allowed)

    yield show
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def open_page(browser):
    """Return a function that opens an HTML file, waits for the map and watches the page."""
    yield from _opener(browser)


@pytest.fixture(scope="module")
def open_on_intranet(intranet_browser):
    """Return the same for a page that may ask 127.0.0.1, at the addresses ``allowed``."""
    yield from _opener(intranet_browser)


@pytest.fixture(scope="session")
def sample_city():
    """The sample city's project, opened once: several modules look at it."""
    return open_project(Path(__file__).parents[2] / "data" / "sample_city", lang="zh")


@pytest.fixture(scope="session")
def sample_page(sample_city, tmp_path_factory):
    """Its map as a file, drawn once."""
    path = tmp_path_factory.mktemp("sample") / "map.html"
    sample_city.map().save(path)
    return path
