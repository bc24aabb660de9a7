"""Make the pictures of the map in the READMEs.

Run ``python docs/make_map_pictures.py`` where Chromium is installed.
Each is the sample city's map after the clicks that the README names, at 1366 by 768.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from facilityplan.project import open_project

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "map"
SIZE = {"width": 1366, "height": 768}
COLOURS = 256


def keep(page: Page, name: str) -> None:
    """Write what the page shows, in few colours: a map needs no more."""
    page.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


def worst_street(page: Page) -> None:
    """Open the table, by street; the street; its worst estate."""
    page.click("#desk-open-table")
    page.locator("#desk-table .desk-buttons button").nth(1).click()
    keep(page, "table")
    page.locator("#desk-ranking tbody button").first.click()
    page.locator("#desk-table tbody button").first.click()
    keep(page, "clause")


def what_if(page: Page) -> None:
    """Open the what-if and drag a proposed site a little."""
    page.click("#desk-tab-whatif")
    pin = page.locator(".desk-site.leaflet-marker-draggable").nth(11)
    box = pin.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 3, steps=4)
    page.mouse.up()
    keep(page, "whatif")


def sheet(page: Page) -> None:
    """Lay out a sheet of A4."""
    page.click("#desk-print")
    page.select_option("#desk-paper-size", "A4")
    keep(page, "print")


def main() -> None:
    """Open the sample city's map anew for each picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium: sh tests/install_browser.sh")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "map.html"
        open_project(ROOT / "data" / "sample_city", lang="zh").map().save(path)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for show in (worst_street, what_if, sheet):
            page = browser.new_page(viewport=SIZE)
            page.goto(path.as_uri())
            page.wait_for_selector("body[data-ready=true]")
            show(page)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
