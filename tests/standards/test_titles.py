"""A regulation without a number is filed under its title, and named once wherever both are said."""

import docx
import openpyxl
import pytest

from facilityplan import standards
from facilityplan.cli import run_command_line
from facilityplan.maps.judgements import _clause
from facilityplan.standards.titles import number_and_title, number_behind, title_and_number

HENAN = "河南省养老服务条例"


def test_title_and_number_are_both_said_where_they_differ():
    assert title_and_number("标准", "GB 1") == "标准 GB 1"
    assert number_and_title("GB 1", "标准") == "GB 1 标准"
    assert number_behind("标准", "GB 1", "zh") == "（GB 1）"
    assert number_behind("Standard", "GB 1", "en") == " (GB 1)"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_conditions_name_a_regulation_without_a_number_once(lang, tmp_path, capsys):
    plot = tmp_path / "plot.toml"
    plot.write_text('"项目名称" = "甲"\n"规划户数" = 900\n', encoding="utf-8")
    call = ["conditions", str(plot), "--place", "郑州市", "--date", "2023-01-01", "--lang", lang]
    texts = []
    for name in ("a.txt", "a.docx", "a.xlsx"):
        assert run_command_line([*call, "--out", str(tmp_path / name)]) in {0, 1}
    assert run_command_line(call) in {0, 1}
    texts.append(capsys.readouterr().out)
    texts.append((tmp_path / "a.txt").read_text(encoding="utf-8-sig"))
    texts.append("\n".join(p.text for p in docx.Document(tmp_path / "a.docx").paragraphs))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    texts.append("\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row))
    for text in texts:
        assert HENAN in text
        assert f"{HENAN} {HENAN}" not in text


def test_commands_and_map_name_it_once(capsys):
    document = standards.load("henan-2022-regulation")
    clause = document.clauses[0]
    assert document.number == document.title == HENAN
    assert run_command_line(["standards", "show", clause.id]) == 0
    assert f"{HENAN} {HENAN}" not in capsys.readouterr().out
    assert _clause(clause, "zh")["behind"] == ""
