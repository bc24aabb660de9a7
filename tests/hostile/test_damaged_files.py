"""Damaged files of eight formats: refused or read, never a traceback, a reader lost or hung.

What is read with other content must be rare, and the hashes of a manifest must tell it.
"""

import json
import shutil
from collections import Counter

import pytest
from campaign import FACTOR, told
from damage import FORMATS, damaged
from doorkeeper import Reader

import facilityplan as fp
from facilityplan import files
from facilityplan.project.manifest import changed_inputs

# 304 in a test run, 10,000 in a campaign; damaged by number, so that one can be done again.
PER_FORMAT = 38 if FACTOR == 1 else 50 * FACTOR
LIMIT_MB, LIMIT_S, LIMIT_DIFFERENT = 300, 10, 0.02


def lay(folder, contents):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, raw in contents.items():
        (folder / name).write_bytes(raw)


@pytest.fixture(scope="module")
def tried(bases, tmp_path_factory):
    """Return what became of each damaged file: format, number, how, answer, and whether hashes
    tell it from the good one."""
    folder, names = bases
    place = tmp_path_factory.mktemp("damaged") / "layer"
    found = []
    reader = Reader()  # one whose memory nothing has grown before
    for fmt in FORMATS:
        contents = {name: (folder / name).read_bytes() for name in names[fmt]}
        good = reader.ask(fmt, folder / names[fmt][0])
        assert good["status"] == "read", good
        hashes = {name: files.sha256(folder / name) for name in names[fmt]}
        for number in range(PER_FORMAT):
            spoilt, how = damaged(number, fmt, contents)
            lay(place, spoilt)
            said = reader.ask(fmt, place / names[fmt][0])
            if said["status"] == "read":
                said["status"] = "same" if said["digest"] == good["digest"] else "different"
            said["told"] = bool(changed_inputs(place, {"inputs": hashes}))
            found.append((fmt, number, how, said))
    reader.stop()
    return found


def test_every_file_ends_in_an_answer_of_ours(tried):
    assert len(tried) == 8 * PER_FORMAT
    bad = [entry for entry in tried if entry[3]["status"] not in {"refused", "same", "different"}]
    assert bad == []


def test_nothing_takes_much(tried):
    slow = [entry for entry in tried if entry[3]["cpu_s"] > LIMIT_S]
    large = [entry for entry in tried if entry[3]["peak_mb"] > LIMIT_MB]
    assert (slow, large) == ([], [])


def test_other_data_is_rare_and_hashes_tell_it(tried, capsys):
    counts = Counter((fmt, said["status"]) for fmt, _, _, said in tried)
    different = [entry for entry in tried if entry[3]["status"] == "different"]
    told(
        capsys,
        f"{len(tried)} damaged files, {len(different)} read as other data",
        *(f"{fmt} {status}: {number}" for (fmt, status), number in sorted(counts.items())),
        f"most memory {max(entry[3]['peak_mb'] for entry in tried):.0f} MB",
        f"most time {max(entry[3]['cpu_s'] for entry in tried):.2f} s",
    )
    assert len(different) <= LIMIT_DIFFERENT * len(tried)
    assert all(entry[3]["told"] for entry in different)


def test_the_manifest_of_a_run_tells_what_has_changed(bases, tmp_path):
    folder, _ = bases
    project = tmp_path / "city"
    project.mkdir()
    shutil.copy(folder / "a.csv", project / "a.csv")
    (project / "project.toml").write_text(
        '[project]\nname = "小城"\nstandards = ["zhengzhou-2018-34"]\nas_of = 2019-06-30\n'
        'crs = "EPSG:4547"\n[layers.residences]\npath = "a.csv"\nx = "东"\ny = "北"\n'
        'crs = "EPSG:4547"\nconstants = { setting = "urban" }\n'
        'columns = { id = "编号", name = "名称", households = "户数", status = "状态" }\n',
        encoding="utf-8",
    )
    out = fp.open_project(project).run(tmp_path / "out")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert changed_inputs(project, manifest) == ()
    raw = bytearray((project / "a.csv").read_bytes())
    at = raw.index(b"1")
    raw[at] = ord("2")
    (project / "a.csv").write_bytes(raw)
    assert changed_inputs(project, manifest) == ("a.csv",)
    (project / "a.csv").unlink()
    assert changed_inputs(project, manifest) == ("a.csv",)
