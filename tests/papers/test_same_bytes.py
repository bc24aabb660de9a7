"""The same input gives the same bytes, whatever the machine's seed, clock zone and language."""

import json
import os
import subprocess
import sys
import time

SHEET = """\
name = "锦绣花园"
place = "济源市"
status = "new"
developer = "某某公司"
distance_to_centre_m = 620.5
planned_dwellings = 2025-03-01
planned_premises = 2025-03-01
[[phase]]
phase = "一期"
households = 700
elder_floor_area_m2 = 100
[[phase]]
phase = "二期"
households = 550
elder_floor_area_m2 = 275
"""

# In one process for each surroundings: importing takes longer than writing.
RUN = """
import hashlib, io, json, pathlib, sys
sys.path[:0] = ["tests/support", "tests/report"]
from facilityplan.cli import run_command_line
from test_plan_papers import NAMES, facts_of, plan_workbook, words

folder = pathlib.Path(sys.argv[1])
sheet = str(folder / "a.toml")
for lang in ("zh", "en"):
    out = folder / lang
    code = run_command_line(["check", sheet, "--out", str(out), "--lang", lang, "--json"])
    assert code == 1, code
    for ending in ("txt", "docx", "xlsx"):
        file = str(out / f"conditions.{ending}")
        assert run_command_line(["conditions", sheet, "--out", file, "--lang", lang]) == 0
    assert run_command_line(["init-scheme", str(out / "form.xlsx"), "--xlsx", "--lang", lang]) == 0
    facts = facts_of(NAMES, households=[100, None, 300], beds=[5, None, 7], near_term=2)
    (out / "plan.docx").write_bytes(words(facts, lang))
    (out / "plan.xlsx").write_bytes(plan_workbook(facts, lang))
print()
print(json.dumps({
    str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(folder.rglob("*")) if path.is_file()
}))
"""


def papers(folder, **surroundings):
    folder.mkdir()
    (folder / "a.toml").write_text(SHEET, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def papers_here(folder, monkeypatch, capsys):
    """In this process, whose hash seed is another one by chance."""
    folder.mkdir()
    (folder / "a.toml").write_text(SHEET, encoding="utf-8")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    monkeypatch.setattr(sys, "argv", ["-c", str(folder)])
    monkeypatch.setattr(sys, "path", list(sys.path))
    exec(RUN, {})  # the same words that the other process runs
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_same_bytes_on_another_machine(tmp_path, monkeypatch, capsys):
    here = papers_here(tmp_path / "one", monkeypatch, capsys)
    there = papers(
        tmp_path / "two", PYTHONHASHSEED="77", TZ="America/Adak", LANG="C", LC_ALL="C",
        PYTHONUTF8="1", USER="someone", LOGNAME="someone", COLUMNS="40",
    )  # fmt: skip
    assert len(here) == 1 + 2 * 9
    assert here == there
