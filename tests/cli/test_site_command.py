"""``facilityplan site`` end to end: files whole, the manifest last, exit codes, interruption."""

import hashlib
import json
import signal
from pathlib import Path

import openpyxl
import pytest

from facilityplan.cli import run_command_line
from facilityplan.cli.site import read_stages
from facilityplan.errors import UsageError
from facilityplan.siting import SolveOptions

SAMPLE = str(Path(__file__).resolve().parents[2] / "data" / "sample_city")
QUICK = ["--no-cache", "--curve", "0", "--equals", "0"]


def run(out, *words):
    return run_command_line(["site", SAMPLE, "--out", str(out), *QUICK, *words])


def test_files_and_sums(tmp_path, capsys):
    out = tmp_path / "计划"
    assert run(out, "--stages", "2026：3，2028：8", "--curve", "4", "--equals", "2") == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "manifest.json",
        "map.html",
        "siting.json",
        "siting.xlsx",
    ]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    plan = json.loads((out / "siting.json").read_text(encoding="utf-8"))
    assert plan["certificate"]["status"] == "optimal"
    assert [stage["n_sites"] for stage in plan["stages"]] == [3, 8]
    book = openpyxl.load_workbook(out / "siting.xlsx")
    assert book.sheetnames == [
        "选址方案",
        "逐处理由",
        "未补缺口",
        "同样好的方案",
        "覆盖曲线（处数）",
        "覆盖曲线（费用）",
        "分期",
        "按街道",
    ]
    rows = list(book["选址方案"].iter_rows(values_only=True))
    head = next(at for at, row in enumerate(rows) if row[0] == "候选点编号")
    column = rows[head].index("户数")
    *sites, total = rows[head + 1 :]
    assert total[0] == "合计"
    assert (
        sum(row[column] for row in sites) == total[column] == plan["totals"]["households"]["known"]
    )
    said = capsys.readouterr()
    assert "已证明最优" in said.out
    assert "当前最好" in said.err


def test_same_input_same_bytes(tmp_path):
    for name in ("a", "b"):
        assert run(tmp_path / name, "--model", "lscp", "--lang", "en") == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_json_for_machines(tmp_path, capsys):
    assert run(tmp_path, "--model", "p_center", "--sites", "3", "--json", "--lang", "en") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "optimal"
    assert answer["interrupted"] is False


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--model", "mclp"], 2),
        (["--model", "nearest"], 2),
        (["--model", "lscp", "--sites", "3"], 2),
        (["--sites", "3", "--stages", "x"], 2),
        (["--sites", "3", "--time-limit", "-1"], 2),
        (["--sites", "3", "--mandatory", "nobody"], 2),
        (["--sites", "1", "--mandatory", "C001", "--mandatory", "C002"], 5),
        (["--model", "capacitated_p_median", "--sites", "5"], 5),
    ],
)
def test_exit_codes(tmp_path, capsys, words, code):
    assert run(tmp_path / "out", *words) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    if code == 2:
        assert not (tmp_path / "out").exists()
        assert "site_" not in said.err.splitlines()[-1]
    else:
        plan = json.loads((tmp_path / "out" / "siting.json").read_text(encoding="utf-8"))
        assert plan["certificate"]["status"] == "infeasible"
        assert len(plan["certificate"]["conflict"]) == 2
        assert "无解：" in said.out


def test_a_file_of_the_project_is_never_overwritten(tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in Path(SAMPLE).iterdir() if path.is_file()}
    link = tmp_path / "out"
    link.mkdir()
    (link / "siting.json").symlink_to(Path(SAMPLE) / "city.gpkg")
    assert run(link, "--sites", "2") == 6
    assert {p.name: p.read_bytes() for p in Path(SAMPLE).iterdir() if p.is_file()} == before
    assert capsys.readouterr().err


def test_ctrl_c_leaves_whole_files_labelled_so(tmp_path, capsys, monkeypatch, heard):
    sent = []

    def interrupted(*, progress, **how):
        def tell(where):
            progress(where)
            if not sent:
                sent.append(where)
                signal.raise_signal(signal.SIGINT)

        return SolveOptions(progress=tell, **how)

    monkeypatch.setattr("facilityplan.cli.site.SolveOptions", interrupted)
    words = ["--model", "p_median", "--sites", "30", "--candidates", "grid", "--spacing", "700"]
    assert run(tmp_path, *words, "--lang", "en") == 130
    assert sent
    assert "Interrupted; the best plan so far, not proven optimal" in capsys.readouterr().out
    plan = json.loads((tmp_path / "siting.json").read_text(encoding="utf-8"))
    assert plan["certificate"]["interrupted"] is True
    assert plan["certificate"]["status"] == "feasible"
    assert plan["certificate"]["gap"] > 0
    assert len(plan["sites"]) == 30
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_stages_as_people_write_them():
    assert read_stages("2026:3, 2028:8") == ((2026, 3), (2028, 8))
    assert read_stages("2026：3，2028：8") == ((2026, 3), (2028, 8))
    assert read_stages(None) == ()
    for said in ("2026", "2026:3:4", "2026:x", ""):
        with pytest.raises(UsageError):
            read_stages(said)
