"""Make the pictures and the outputs of docs/staff*.md from the pages' own commands, as written.

``python docs/make_staff_pictures.py`` needs LibreOffice (Calc, Writer), pdftoppm (the apt package
poppler-utils), Chromium and a Chinese font. What a reader does by hand between two commands,
filling in the form and the tables, is done here by :func:`walk`.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import openpyxl
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from facilityplan import locale
from facilityplan.cli import run_command_line
from facilityplan.cli.run import sample_city

DOCS: Final = Path(__file__).resolve().parent
PICTURES: Final = DOCS / "staff"
PAGES: Final = MappingProxyType({"zh": DOCS / "staff.zh-CN.md", "en": DOCS / "staff.md"})
MAX_BYTES: Final = 150_000

BLANK: Final = 250
"""Grey from which on nothing is written."""

FORM: Final = MappingProxyType(
    {
        "name": "滨河家园",
        "plot": "HX-01",
        "developer": "某置业有限公司",
        "status": ("新建", "new"),
        "land_area_m2": 42_000,
        "households": 1250,
        "elder_floor_area_m2": 300,
        "premises": 1,
        "building": "3号楼",
        "storey": "1-2",
        "own_entrance": ("是", "yes"),
        "lift": ("是", "yes"),
    }
)
"""What is written into the form, by field; a pair is Chinese and English."""

PROJECT: Final = """\
[project]
name = "我的城市"
standards = ["zhengzhou-2018-34"]
as_of = 2026-06-30
crs = "EPSG:4547"
[layers.residences]
path = "小区.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称", households = "户数", status = "状态" }
constants = { setting = "urban" }
[layers.facilities]
path = "设施.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称", kind = "类型", status = "状态", floor_area_m2 = "面积" }
"""
ESTATES: Final = "编号,名称,户数,东,北,状态\nR1,一号院,800,500000,3800000,已建\nR2,二号院,600,500900,3800000,已建\n"
FACILITIES: Final = (
    "编号,名称,类型,东,北,状态,面积\nF1,一站,居家养老服务站点,500100,3800000,运营,300\n"
)


@dataclass(frozen=True)
class Step:
    """A command of a page and what the page says that it prints; ``None`` where it says nothing."""

    command: str
    output: str | None


@dataclass(frozen=True)
class Done:
    """A command run: its exit code, and all that it printed."""

    step: Step
    code: int
    printed: str


def steps(page: str) -> list[Step]:
    """Return the commands of a page in order: lines of ``bat`` blocks, the text block is output."""
    found: list[Step] = []
    for kind, body in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if kind == "bat":
            found += [Step(line, None) for line in body.splitlines()]
        elif kind == "text":
            found[-1] = Step(found[-1].command, body)
    return found


def walk(lang: str, folder: Path) -> Iterator[Done]:
    """Run the program's commands of a page in a folder, and do what a reader does in between."""
    page = PAGES[lang].read_text(encoding="utf-8")
    with contextlib.chdir(folder):
        for step in steps(page):
            program, *words = shlex.split(step.command)
            if program != "facilityplan":
                continue
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = run_command_line(words)
            yield Done(step, code, said.getvalue())
            target = Path(words[1])
            if words[0] == "init-scheme" and "--form" in words:
                fill_form(target, lang)
            elif words[0] == "init":
                fill_city(target)


def renewed(lang: str, walked: Iterable[Done]) -> str:
    """Return a page with what its commands print now in its text blocks."""
    page = PAGES[lang].read_text(encoding="utf-8")
    for done in walked:
        if done.step.output is not None:
            old, new = (f"```text\n{body}```" for body in (done.step.output, done.printed))
            page = page.replace(old, new, 1)
    return page


def fill_form(path: Path, lang: str) -> None:
    """Fill in the form as the page's picture shows it."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    cells = {row[0].value: row[1] for row in sheet.iter_rows() if row[0].value}
    for name, value in FORM.items():
        # What fields are called in a sheet is Chinese in either language.
        label = locale.text(f"scheme.field.{name}", "zh")
        cells[label].value = value[lang == "en"] if isinstance(value, tuple) else value
    book.save(path)


def fill_city(folder: Path) -> None:
    """Put a city of two estates and one facility where the empty tables were."""
    contents = {"project.toml": PROJECT, "小区.csv": ESTATES, "设施.csv": FACILITIES}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")


def make(lang: str) -> None:
    """Make the outputs and the pictures of one page."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        walked = list(walk(lang, work))
        PAGES[lang].write_text(renewed(lang, walked), encoding="utf-8")
        forms = sorted(path for path in work.glob("*.xlsx") if _is_filled(path))
        papers = next(path for path in work.iterdir() if list(path.glob("001_*.docx")))
        paper = next(papers.glob("001_*.docx"))
        shots = {
            "form": _page(forms[0], work, 95),
            "review": _page(paper, work, 75),
            "table": _page(paper.with_suffix(".xlsx"), work, 100),
            "map": _map(work, lang),
        }
        for shot, image in shots.items():
            _save(image, PICTURES / f"{shot}{'' if lang == 'zh' else '-en'}.png")


def _is_filled(path: Path) -> bool:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return any(FORM["name"] in row for row in sheet.iter_rows(values_only=True))


def _page(path: Path, work: Path, dpi: int) -> Image.Image:
    """Return the first page of a Word or Excel file as LibreOffice lays it out."""
    profile = (work / "profile").as_uri()
    _run("soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf",
         "--outdir", str(work / "pdf"), str(path))  # fmt: skip
    pdf = work / "pdf" / f"{path.stem}.pdf"
    _run("pdftoppm", "-r", str(dpi), "-png", "-f", "1", "-l", "1", "-singlefile",
         str(pdf), str(work / "page"))  # fmt: skip
    with Image.open(work / "page.png") as image:
        page = image.convert("RGB")
    edge = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    if edge is None:
        raise RuntimeError(f"{path.name}: the page is blank")
    left, top, right, bottom = edge
    bottom = _end_of_text(page, top, bottom)
    return page.crop((max(left - 12, 0), max(top - 12, 0), right + 12, bottom + 12))


def _end_of_text(page: Image.Image, top: int, bottom: int) -> int:
    """Return the row where the page is blank from, but for its footer."""
    height = page.height
    for row in range(top, bottom - height // 4):
        band = page.crop((0, row, page.width, row + height // 4))
        if band.convert("L").getextrema()[0] > BLANK:
            return row
    return bottom


def _map(work: Path, lang: str) -> Image.Image:
    """Return the sample city's map as Chromium shows it, the network off."""
    page_file = work / "示范地图.html"
    run_command_line(
        ["map", str(sample_city()), "--out", str(page_file), "--no-cache", "--lang", lang]
    )
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 680})
        page.context.set_offline(True)
        page.goto(page_file.as_uri())
        page.wait_for_timeout(4000)
        shot = page.screenshot()
        browser.close()
    with Image.open(io.BytesIO(shot)) as image:
        return image.convert("RGB")


def _run(program: str, *words: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"{program} is not installed")
    subprocess.run([found, *words], check=True, capture_output=True)  # noqa: S603 - LibreOffice and pdftoppm, no shell, our own words


def _save(image: Image.Image, path: Path) -> None:
    """Write a small PNG: as many colours as fit."""
    path.parent.mkdir(exist_ok=True)
    for colours in (256, 128, 64, 32, 16):
        image.quantize(colours).save(path, optimize=True)
        size = path.stat().st_size
        if size < MAX_BYTES:
            sys.stdout.write(f"{path.name}: {size} bytes, {image.size}\n")
            return
    raise RuntimeError(f"{path.name} is too large: {size} bytes")


if __name__ == "__main__":
    for spoken in sys.argv[1:] or PAGES:
        make(spoken)
