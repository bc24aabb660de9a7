"""doctor, init --from and convert on the command line."""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from facilityplan.cli import run_command_line
from facilityplan.project import open_project
from facilityplan.project.toml_text import toml_text

DATA = Path(__file__).parents[2] / "data"
CLEAN, MESSY = DATA / "sample_city", DATA / "messy_city"
FILES = ("city.gpkg", "estates.xlsx", "facilities.csv", "indicators.csv", "register.csv")


def run(*words: object) -> int:
    return run_command_line([str(word) for word in words])


def test_doctor_prints_writes_and_tells_by_its_code(tmp_path, capsys):
    assert run("doctor", CLEAN, "--lang", "en") == 0
    assert "0 errors, 15 warnings" in capsys.readouterr().out
    assert run("doctor", MESSY, "--out", tmp_path / "out", "--fix", "--lang", "zh") == 3
    said = capsys.readouterr().out
    assert "修复副本" in said
    assert "{" not in said
    found = json.loads((tmp_path / "out" / "problems.json").read_text(encoding="utf-8"))
    layer = pyogrio.read_dataframe(tmp_path / "out" / "problems.gpkg")
    assert len(layer) == sum(problem["at"] is not None for problem in found["problems"])
    assert layer.crs.to_epsg() == 4547
    # The map layer is where the rows are: the estate of no roads is 3 km off them.
    far = layer[layer["problem"] == "off_roads"]
    assert far["object_id"].tolist() == ["E0901"]
    assert (tmp_path / "out" / "problems.xlsx").read_bytes().startswith(b"PK")
    assert (tmp_path / "out" / "repaired" / "project.toml").exists()


def test_doctor_never_writes_among_the_originals(tmp_path, capsys):
    inside = MESSY / "somewhere"
    assert run("doctor", MESSY, "--out", inside, "--fix", "--lang", "en") == 6
    assert not inside.exists()
    (tmp_path / "repaired").mkdir()
    (tmp_path / "repaired" / "mine.txt").write_text("mine", encoding="utf-8")
    assert run("doctor", MESSY, "--out", tmp_path, "--fix", "--lang", "en") == 6
    assert (tmp_path / "repaired" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_doctor_on_a_broken_project_file(tmp_path, capsys):
    (tmp_path / "project.toml").write_text("[project\n", encoding="utf-8")
    assert run("doctor", tmp_path, "--lang", "en", "--json") == 3
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["id"] == "error:project_syntax"


def test_init_from_files_gives_a_project_that_opens(tmp_path, capsys):
    folder = tmp_path / "city"
    before = {name: hashlib.sha256((CLEAN / name).read_bytes()).hexdigest() for name in FILES}
    words = ["--standards", "zhengzhou-2018-34", "--date", "2026-06-30", "--datum", "gcj02"]
    files = [CLEAN / name for name in FILES]
    assert run("init", folder, "--from", *files, *words, "--yes", "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "facilities.csv: 81 rows, taken for facilities" in said
    project = open_project(folder, cache=False)
    clean = open_project(CLEAN, cache=False)
    for layer in (
        "zones",
        "residences",
        "facilities",
        "roads",
        "candidates",
        "parcels",
        "register",
    ):
        own, theirs = project.city.layer(layer), clean.city.layer(layer)
        assert len(own) == len(theirs)
        if LAYER_HAS_SHAPES[layer]:
            assert shapely.equals_exact(own.geometry.to_numpy(), theirs.geometry.to_numpy()).all()
    homes = project.city.residences
    assert np.array_equal(homes["households"], clean.city.residences["households"], equal_nan=True)
    assert before == {
        name: hashlib.sha256((CLEAN / name).read_bytes()).hexdigest() for name in FILES
    }


LAYER_HAS_SHAPES = {
    "zones": True,
    "residences": True,
    "facilities": True,
    "roads": True,
    "candidates": True,
    "parcels": True,
    "register": False,
}


@pytest.mark.parametrize(
    ("left_out", "option"),
    [("--datum", "--datum"), ("--standards", "--standards"), ("--date", "--date")],
)
def test_init_names_the_option_for_what_nobody_can_know(tmp_path, capsys, left_out, option):
    words = {"--standards": "jiyuan-2017-73", "--date": "2026-06-30", "--datum": "gcj02"}
    del words[left_out]
    given = [item for pair in words.items() for item in pair]
    folder = tmp_path / "city"
    code = run("init", folder, "--from", CLEAN / "facilities.csv", *given, "--yes", "--lang", "en")
    assert code == 2
    assert option in capsys.readouterr().err
    assert not folder.exists()


def test_init_refuses_what_it_can_make_nothing_of(tmp_path, capsys):
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n1,2\n", encoding="utf-8")
    words = ["--standards", "jiyuan-2017-73", "--date", "2026-06-30", "--yes", "--lang", "en"]
    assert run("init", tmp_path / "city", "--from", odd, *words) == 2
    assert "--layer" in capsys.readouterr().err


def test_convert_there_and_back_within_a_tenth_of_a_millimetre(tmp_path, capsys):
    out = tmp_path / "plain.csv"
    again = tmp_path / "again.csv"
    words = ["--lang", "en", "--json"]
    source = CLEAN / "facilities.csv"
    assert run("convert", source, out, "--from-datum", "gcj02", "--to-datum", "wgs84", *words) == 0
    assert run("convert", out, again, "--from-datum", "wgs84", "--to-datum", "gcj02", *words) == 0
    assert '"features": 81' in capsys.readouterr().out
    first, last = (path.read_text(encoding="utf-8-sig").splitlines() for path in (source, again))
    assert len(first) == len(last)
    for one, other in zip(first[1:], last[1:], strict=True):
        a, b = one.split(","), other.split(",")
        assert a[:4] == b[:4]
        assert abs(float(a[4]) - float(b[4])) < 1e-9
        assert abs(float(a[5]) - float(b[5])) < 1e-9


def test_convert_between_systems_agrees_with_proj(tmp_path):
    out = tmp_path / "zones.gpkg"
    words = ["--layer", "zones", "--to-crs", "EPSG:4526"]
    assert run("convert", CLEAN / "city.gpkg", out, *words) == 0
    moved = pyogrio.read_dataframe(out)
    own = pyogrio.read_dataframe(CLEAN / "city.gpkg", layer="zones").to_crs("EPSG:4526")
    assert moved.crs.to_epsg() == 4526
    assert shapely.equals_exact(
        moved.geometry.to_numpy(), own.geometry.to_numpy(), tolerance=1e-4
    ).all()
    assert moved["名称"].tolist() == own["名称"].tolist()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--to-datum", "wgs84"], 3),
        (["--from-datum", "gcj02"], 2),
        (["--from-datum", "gcj02", "--to-datum", "wgs84", "--to-crs", "EPSG:4547"], 2),
        (["--from-datum", "mars", "--to-datum", "wgs84"], 3),
        (["--from-datum", "gcj02", "--to-crs", "EPSG:2383"], 3),
    ],
)
def test_convert_refuses_what_is_not_said(tmp_path, capsys, words, code):
    out = tmp_path / "out.gpkg"
    assert run("convert", CLEAN / "facilities.csv", out, *words, "--lang", "en") == code
    assert not out.exists()
    assert "Traceback" not in capsys.readouterr().err


def test_convert_replaces_nothing_unasked(tmp_path, capsys):
    out = tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    words = ["--from-datum", "gcj02", "--to-datum", "wgs84"]
    assert run("convert", CLEAN / "facilities.csv", out, *words) == 6
    assert out.read_text(encoding="utf-8") == "mine"
    assert run("convert", CLEAN / "facilities.csv", out, *words, "--force") == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert run("convert", CLEAN / "facilities.csv", tmp_path / "out.dwg", *words) == 2
    assert run("convert", CLEAN / "city.gpkg", tmp_path / "z.geojson", "--layer", "zones") == 2
    grid = ["--layer", "zones", "--to-crs", "EPSG:4526"]
    assert run("convert", CLEAN / "city.gpkg", tmp_path / "z.geojson", *grid) == 2


def test_toml_is_written_as_it_reads():
    table = tomllib.loads((CLEAN / "project.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(toml_text(table)) == table
    odd = {"a b": {'x"y': "1\n\t\\\x7f", "数": [1, 2.5, True], "t": [{"k": "v"}, {"k": "w"}]}}
    assert tomllib.loads(toml_text(odd)) == odd


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_init_asks_on_a_terminal_until_it_has_an_answer(tmp_path, capsys, monkeypatch):
    answers = ["mars", "gcj02", "示范市", "no-such-document", "jiyuan-2017-73", "2026-06-30"]
    monkeypatch.setattr("sys.stdin", _Terminal("\n".join(answers) + "\n"))
    folder = tmp_path / "city"
    words = ["--crs", "EPSG:4547", "--lang", "en"]
    assert run("init", folder, "--from", CLEAN / "facilities.csv", *words) == 0
    said = capsys.readouterr().out
    assert said.count("What are the coordinates of facilities.csv in?") == 2
    assert said.count("Which documents hold there?") == 2
    config = tomllib.loads((folder / "project.toml").read_text(encoding="utf-8"))
    assert config["project"]["name"] == "示范市"
    assert config["layers"]["facilities"]["datum"] == "gcj02"
    assert len(open_project(folder, cache=False).city.facilities) == 81
