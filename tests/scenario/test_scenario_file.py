"""A scenario file that is off gets one message and an exit code; the page refuses the same files."""

import json
import re
from pathlib import Path

import pytest
from desk_script import run
from hostile_scenarios import good_scenario, hostile_claims, hostile_scenarios
from whatif_parity import packed_page

from facilityplan.cli import run_command_line
from facilityplan.errors import FacilityPlanError
from facilityplan.project import open_project
from facilityplan.project.scenario import with_scenario
from facilityplan.scenario.file import read_scenario

FOLDER = Path(__file__).parents[2] / "data" / "sample_city"

PAGE = """
    const packed = desk.unpack(JSON.stringify(input.lean), input.pack);
    const city = desk.read(packed, "zh", desk.readShapes(packed));
    return input.files.map((file) => {
        const before = performance.now();
        const { state, wrong } = desk.openScenario(file, { city });
        return { wrong: wrong === undefined ? null : wrong, taken: !!state, ms: performance.now() - before };
    });
"""


@pytest.fixture(scope="module")
def project():
    return open_project(FOLDER, lang="zh")


@pytest.fixture(scope="module")
def good(project):
    return good_scenario(project.city, "SF01a")


@pytest.fixture(scope="module")
def files(good):
    return hostile_scenarios(good)


def refusal(project, path):
    with pytest.raises(FacilityPlanError) as found:
        with_scenario(project, read_scenario(path))
    return found.value


def test_every_hostile_file_is_refused_with_one_message(project, good, files, tmp_path):
    for name, text in {**files, **hostile_claims(good)}.items():
        path = tmp_path / "方案.json"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        error = refusal(project, path)
        assert error.exit_code in {3, 4}, name
        for lang in ("zh", "en"):
            said = error.render(lang)
            assert "方案.json" in said, name
            assert len(said) < 1_500, name
            assert not re.search(r"\{\w+\}|Traceback|Error", said), (name, said)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00\xd8", b"\x00" * 100, "{}".encode("utf-16"), b"PK\x03\x04", None]
)
def test_what_is_no_text_is_refused(project, tmp_path, content):
    path = tmp_path / "s.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert refusal(project, path).exit_code == 3


# One that the file alone shows, one that only the city shows.
@pytest.mark.parametrize("name", ["x of 400 digits", "half a character", "degrees for metres"])
def test_the_command_line_says_it_in_one_message(files, tmp_path, capsys, name):
    path = tmp_path / "s.json"
    path.write_bytes(files[name].encode("utf-8", "surrogatepass"))
    out = tmp_path / "out"
    code = run_command_line(
        ["run", str(FOLDER), "--out", str(out), "--no-cache", "--scenario", str(path)]
    )
    said = capsys.readouterr().err
    assert code == 3
    assert "s.json" in said
    assert "Traceback" not in said
    assert not out.exists()


def test_the_page_refuses_the_same_files(project, files):
    lean, pack = packed_page(project)
    given = {"lean": lean, "pack": pack, "files": list(files.values())}
    answers = run(PAGE, given, "unpack", "shapes", "data", "reach", "model", "scenario", "whatif")
    for name, said in zip(files, answers, strict=True):
        assert said["wrong"], name
        assert not said["taken"], name
        assert not re.search(r"undefined|\[object|TypeError|\{\w+\}", said["wrong"]), (name, said)
        assert said["ms"] < 2_000, name


def test_a_good_file_is_taken_by_both(project, good, tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps(good), encoding="utf-8")
    changed = with_scenario(project, read_scenario(path))
    assert len(changed.city.facilities) == len(project.city.facilities)
    lean, pack = packed_page(project)
    given = {"lean": lean, "pack": pack, "files": [path.read_text(encoding="utf-8")]}
    (said,) = run(PAGE, given, "unpack", "shapes", "data", "reach", "model", "scenario", "whatif")
    assert said["taken"]
    assert said["wrong"] is None
