"""Stages of the project file: nested sites by year in siting.json, the manifest and the headlines."""

import json

import pytest
import row_of_estates

from facilityplan.cli import run_command_line

STAGES = "[siting.stages]\n2027 = 1\n2030 = 2\n"


def read(out, name):
    return json.loads((out / name).read_text(encoding="utf-8"))


@pytest.fixture
def go(tmp_path):
    def run(more, name="city", code=0, verb=("run",)):
        folder = row_of_estates.write(tmp_path / name, more)
        out = tmp_path / f"{name}-out"
        asked = [verb[0], str(folder), "--out", str(out), *verb[1:], "--lang", "zh"]
        assert run_command_line(asked) == code
        return out

    return run


# The most households by hand: A with R1 to R3 (600) first, then B with R5 (500).
EXPECTED = [(2027, ["A"], ["A"], 600, ["R1", "R2", "R3"]), (2030, ["A", "B"], ["B"], 1100, ["R5"])]


def test_a_run_sites_by_year(go, capsys):
    out = go(STAGES)
    staged = read(out, "siting.json")["staged"]
    columns = ("year", "sites", "new", "weight", "serves")
    assert [tuple(stage[name] for name in columns) for stage in staged["stages"]] == EXPECTED
    assert (staged["problem"], staged["status"]) == ("staged", "optimal")
    assert [site["candidate_id"] for site in staged["sites"]] == ["A", "B"]
    manifest = read(out, "manifest.json")
    assert manifest["parameters"]["siting"]["stages"] == {"2027": 1, "2030": 2}
    assert manifest["solver"]["staged"] == "optimal"
    said = capsys.readouterr().out
    assert "到 2027 年共 1 处，本期新增：A；覆盖权重 600" in said
    assert "到 2030 年共 2 处，本期新增：B；覆盖权重 1100" in said


def test_the_siting_verb_says_whom_each_stage_serves(go):
    out = go("", verb=("site", "--stages", "2027:1,2030:2"))
    stages = read(out, "siting.json")["stages"]
    assert [(item["year"], item["serves"]) for item in stages] == [
        (2027, ["R1", "R2", "R3"]),
        (2030, ["R5"]),
    ]


def test_without_stages_nothing_is_said_of_them(go):
    out = go("")
    assert "staged" not in read(out, "siting.json")
    assert "stages" not in read(out, "manifest.json")["parameters"]["siting"]


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ("[siting.stages]\n2027 = 3\n2030 = 2\n", "2027:3、2030:2"),
        ("[siting.stages]\n2027 = 0\n", "2027"),
        ("[siting.stages]\nsoon = 3\n", "soon"),
    ],
)
def test_stages_that_cannot_be_are_refused(go, capsys, stages, said):
    out = go(stages, code=3)
    assert not out.exists()
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
