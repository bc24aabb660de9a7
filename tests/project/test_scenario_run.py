"""A run under a scenario says so in its manifest, and leaves nothing behind for a plain run."""

import hashlib
import json

import pytest

from facilityplan.cli import run_command_line
from facilityplan.locale import text

# F1 stands 1.8 km from R1; moved beside R1 it covers R1 (100 households) and R2 (400 m on, 200).
MOVED = {
    "format": "facilityplan-scenario",
    "version": 1,
    "project": "小城",
    "crs": "EPSG:4547",
    "as_of": "2019-06-30",
    "moved": [{"id": "F1", "x": 500000.0, "y": 3800000.0}],
    "claims": {
        "ZZ05a": {"covered": ["R1", "R2"], "households": 300, "on_foot_households": 0},
    },
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def saved(tmp_path):
    def write(content, name="推演方案.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    return write


def test_the_manifest_names_the_scenario_with_its_hash(make, run, saved):
    folder, file = make(), saved(MOVED)
    out = run(folder, "--scenario", str(file))
    manifest = read(out / "manifest.json")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = manifest["scenario"]
    assert (named["file"], named["sha256"]) == ("推演方案.json", digest)
    assert named["moved"] == {"F1": [500000.0, 3800000.0]}
    written = hashlib.sha256((out / "scenario.json").read_bytes()).hexdigest()
    assert manifest["outputs"]["scenario.json"] == written
    said = read(out / "scenario.json")
    assert (said["file"], said["sha256"], said["confirmed"]) == ("推演方案.json", digest, True)
    assert said["clauses"][0]["covered"] == ["R1", "R2"]


def test_a_plain_run_takes_the_confirmation_away(make, run, saved):
    folder = make()
    out = run(folder, "--scenario", str(saved(MOVED)))
    assert (out / "scenario.json").exists()
    assert run(folder) == out
    assert not (out / "scenario.json").exists()
    manifest = read(out / "manifest.json")
    assert "scenario" not in manifest
    assert "scenario.json" not in manifest["outputs"]


def test_a_plain_run_leaves_a_file_of_that_name_that_is_the_users(make, run, saved):
    own = saved(MOVED, "out/scenario.json")
    before = own.read_bytes()
    run(make())
    assert own.read_bytes() == before


def test_a_claim_that_does_not_hold_is_written_and_told_by_the_exit_code(make, run, saved):
    wrong = {**MOVED, "claims": {"ZZ05a": {**MOVED["claims"]["ZZ05a"], "covered": ["R1", "R3"]}}}
    out = run(make(), "--scenario", str(saved(wrong)), code=1)
    said = read(out / "scenario.json")
    assert not said["confirmed"]
    assert (said["clauses"][0]["not_claimed"], said["clauses"][0]["not_covered"]) == (
        ["R2"],
        ["R3"],
    )


def test_the_scenario_itself_is_not_written_over(make, saved, tmp_path, capsys):
    own = saved(MOVED, "out/scenario.json")
    before = own.read_bytes()
    said = ["run", str(make()), "--out", str(own.parent), "--scenario", str(own), "--lang", "zh"]
    assert run_command_line(said) != 0
    assert own.read_bytes() == before
    assert [path.name for path in own.parent.iterdir()] == ["scenario.json"]
    assert text("error.out_is_input.text", "zh", file="scenario.json") in capsys.readouterr().err
