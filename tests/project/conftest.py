"""A small city in plain text files, so that a test can spoil one word of it."""

import re
from pathlib import Path

import pytest

from facilityplan.cli import run_command_line
from facilityplan.locale import text

PROJECT = """\
[project]
name = "小城"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "EPSG:4547"
[layers.residences]
path = "residences.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
[layers.residences.columns]
id = "编号"
name = "名称"
households = "户数"
elders = "老人"
status = "状态"
[layers.residences.constants]
setting = "urban"
[layers.facilities]
path = "facilities.csv"
x = "经度"
y = "纬度"
datum = "wgs84"
[layers.facilities.columns]
id = "编号"
name = "名称"
kind = "类型"
status = "状态"
floor_area_m2 = "面积"
beds = "床位"
serves = "服务小区"
"""

RESIDENCES = """\
编号,名称,户数,老人,东,北,状态
R1,一号院,100,10,500000,3800000,已建
R2,二号院,200,20,500400,3800000,已建
R3,三号院,300,30,500800,3800000,已建
R4,四号院,400,40,503000,3800000,已建
R5,五号院,500,50,509000,3800000,已建
"""

# 113.98 E is about 1.8 km west of R1: near enough for no residence.
FACILITIES = """\
编号,名称,类型,状态,面积,床位,经度,纬度,服务小区
F1,一站,居家养老服务站点,运营,200,0,113.98,34.327,R1
"""


@pytest.fixture
def make(tmp_path):
    """Return what makes the small project: words of project.toml replaced, files given anew."""

    def build(*swaps, more="", name="city", toml=None, **contents):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        said = PROJECT if toml is None else toml
        for old, new in swaps:
            assert old in said, old
            said = said.replace(old, new)
        files = {"residences.csv": RESIDENCES, "facilities.csv": FACILITIES}
        files |= {key.replace("__", "."): content for key, content in contents.items()}
        files["project.toml"] = said + more
        for key, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / key).write_bytes(raw)
        return folder

    return build


@pytest.fixture
def refused(tmp_path, capsys):
    """Return a check that a run is refused in one clear message, in both languages, and writes
    nothing."""

    def check(folder, code, *said):
        out = tmp_path / "refused-out"
        for lang in ("zh", "en"):
            got = run_command_line(["run", str(folder), "--out", str(out), "--lang", lang])
            err = capsys.readouterr().err
            stage = re.compile(r"\[ *\d+\.\d s\]")
            message = "".join(line for line in err.splitlines(True) if not stage.match(line))
            assert got == code, err
            assert "Traceback" not in err
            lines = message.splitlines()
            assert len(lines) == 2, "what is wrong and where; what to do"
            assert lines[1].startswith("处理办法：" if lang == "zh" else "What to do: ")
            for word in said:
                shown = word[lang] if isinstance(word, dict) else word
                assert shown in message, (shown, message)
            assert not out.exists()

    return check


@pytest.fixture
def rows():
    """Return how a message says row numbers, by language."""

    def said(*numbers):
        listed = ", ".join(map(str, numbers))
        return {lang: text("where.rows", lang, value=listed) for lang in ("zh", "en")}

    return said


@pytest.fixture
def run(tmp_path):
    """Return what runs a project folder and gives the output folder."""

    def go(folder, *arguments, out="out", code=0):
        target = tmp_path / out
        assert run_command_line(["run", str(folder), "--out", str(target), *arguments]) == code
        return Path(target)

    return go


@pytest.fixture
def edited():
    """Return the residences with a word of one line (as Excel numbers them) replaced."""

    def spoil(line, old, new):
        lines = RESIDENCES.splitlines()
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new)
        return "\n".join(lines) + "\n"

    return spoil
