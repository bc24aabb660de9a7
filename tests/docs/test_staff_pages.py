"""The pages for staff: each command runs as it is written and prints what the page shows."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location(
        "make_staff_pictures", DOCS / "make_staff_pictures.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=LANGUAGES)
def walked(request, maker, tmp_path_factory):
    """Return a page's language, its commands run in order, and the folder that they ran in."""
    folder = tmp_path_factory.mktemp(f"staff-{request.param}")
    return request.param, list(maker.walk(request.param, folder)), folder


def page(maker, lang):
    return maker.PAGES[lang].read_text(encoding="utf-8")


def test_every_command_runs_as_written(walked, maker):
    lang, done, folder = walked
    steps = maker.steps(page(maker, lang))
    own = [step for step in steps if step.command.startswith("facilityplan ")]
    assert [item.step for item in done] == own
    assert len(own) >= 10
    # A duty missed is 1; only the empty form is an error.
    codes = {item.step.command: item.code for item in done}
    checks = [command for command in codes if command.split()[1] == "check"]
    assert [codes[command] for command in checks] == [1, 1, 3]
    assert all(code == 0 for command, code in codes.items() if command not in checks)
    assert not any("Traceback" in item.printed for item in done)
    written = {path.name for path in folder.iterdir()}
    for item in done:
        words = shlex.split(item.step.command)
        if "--out" in words and item.code < 2:
            assert words[words.index("--out") + 1] in written, item.step.command


def test_what_is_printed_is_what_the_page_shows(walked, maker):
    lang, done, _ = walked
    shown = [item for item in done if item.step.output is not None]
    assert len(shown) == 3
    differ = [item.step.command for item in shown if item.printed != item.step.output]
    assert differ == [], "run: python docs/make_staff_pictures.py"
    assert maker.renewed(lang, done) == page(maker, lang)


def test_the_files_that_a_page_names_are_there(walked, maker):
    lang, _, folder = walked
    names = re.findall(r"`([^`/ ]+\.(?:docx|xlsx|html|toml))`", page(maker, lang))
    made = {path.name for path in folder.rglob("*")}
    assert set(names) <= made
    assert {"register.xlsx", "diff.xlsx", "project.toml"} <= set(names)


def test_the_other_command_is_the_installation(maker):
    for lang in LANGUAGES:
        commands = [step.command for step in maker.steps(page(maker, lang))]
        others = [command for command in commands if not command.startswith("facilityplan ")]
        assert others == ["py -m pip install ."]
    words = shlex.split(others[0])[1:]
    done = subprocess.run(
        [sys.executable, *words, "--dry-run", "--no-deps", "--no-build-isolation", "--no-index"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_are_there_and_small(maker, lang):
    links = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page(maker, lang))
    assert len(links) == 4
    for link in links:
        path = DOCS / link
        assert path.stat().st_size < 150_000
        with Image.open(path) as image:
            colours = image.convert("RGB").getcolors(1 << 24)
        assert len(colours) > 8, "not blank"


def test_links_lead_somewhere(maker):
    for lang in LANGUAGES:
        for link in re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", page(maker, lang)):
            assert (DOCS / link).is_file()
    for name, target in (
        ("README.md", "docs/staff.md"),
        ("README.zh-CN.md", "docs/staff.zh-CN.md"),
    ):
        assert f"({target})" in (ROOT / name).read_text(encoding="utf-8")
