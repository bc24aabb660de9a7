"""``standards list``, ``compare``, ``verify``, ``explain``, ``new`` and ``subsidy``."""

import io
import json
import re

import openpyxl
import pytest

from facilityplan import standards
from facilityplan.cli import run_command_line
from facilityplan.cli.run import sample_city

ZZ, XC = "zhengzhou-2018-34", "xuchang-2022-33"


def said(capsys, *words, code=0):
    assert run_command_line(list(map(str, words))) == code
    return capsys.readouterr().out


def told(capsys, *words, code=0):
    return json.loads(said(capsys, *words, "--json", code=code))


def test_list_names_class_and_modality_of_every_clause(capsys):
    rows = told(capsys, "standards", "list")
    clauses = [c for name in standards.document_files() for c in standards.load(name).clauses]
    assert [row["id"] for row in rows] == [clause.id for clause in clauses]
    assert {row["group"] for row in rows} == {clause.group for clause in clauses}
    assert all(row["class"] and row["modality"] and row["measure"] for row in rows)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_clause_can_be_said(capsys, lang):
    lines = said(capsys, "standards", "list", "--lang", lang).splitlines()
    assert len(lines) == len(told(capsys, "standards", "list"))


def test_list_by_class_and_modality(capsys):
    money = told(capsys, "standards", "list", "--class", "money", "--document", ZZ)
    assert {row["group"] for row in money} >= {"ZZ09", "ZZ16", "ZZ23", "ZZ26"}
    advisory = told(capsys, "standards", "list", "--modality", "advisory")
    assert {row["modality"] for row in advisory} == {"advisory"}
    assert run_command_line(["standards", "list", "--class", "beauty"]) == 4
    assert "statistic" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_compare_in_words(capsys, lang):
    out = said(capsys, "standards", "compare", ZZ, XC, "--lang", lang)
    for figure in ("0.1", "0.2", "33800", "33.8", "40 %", "55 %", "500", "1000", "70", "50", "200"):
        assert re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", out), figure


def test_compare_for_machines(capsys):
    found = told(capsys, "standards", "compare", ZZ, XC)
    (land,) = [row for row in found["rows"] if row["subject"] == "land_per_person"]
    assert land["relation"] == "b_stricter"
    assert [item["id"] for item in (*land["a"], *land["b"])] == ["ZZ01", "XC01"]
    assert run_command_line(["standards", "compare", ZZ, "mars-1"]) == 4


def test_verify_what_comes_with_the_program(capsys):
    found = told(capsys, "standards", "verify")
    assert found["verified"]
    assert found["documents"] == list(standards.document_files())
    for lang in ("zh", "en"):
        said(capsys, "standards", "verify", ZZ, "--lang", lang)


def filled(text):
    """Fill in a template as a planner would: what is empty, by its key."""
    number = iter(range(1, 100))
    lines = []
    for line in text.splitlines():
        if line == "[[clause]]":
            current = next(number)
        empty = re.fullmatch(r'(\w+) = ""', line)
        if empty is None:
            lines.append(line)
        elif empty[1] in {"id", "group"}:
            lines.append(f'{empty[1]} = "LY{current:02}"')
        else:
            value = "410300" if empty[1] == "jurisdiction" else f"填好的{empty[1]}"
            lines.append(f'{empty[1]} = "{value}"')
    return "\n".join(lines)


def test_new_is_refused_until_it_is_filled_in(capsys, tmp_path):
    path = tmp_path / "luoyang-2026-1.toml"
    assert path.name in said(capsys, "standards", "new", path)
    assert run_command_line(["standards", "verify", str(path)]) == 4
    assert "luoyang-2026-1.toml" in capsys.readouterr().err
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    document = standards.read_document(path)
    assert [clause.id for clause in document.clauses] == ["LY01", "LY02", "LY03", "LY04"]
    assert {clause.measure for clause in document.clauses} >= {"service_radius", "beds_per_1000"}
    # Not verified, and it does not claim to be.
    assert "LY01" in said(capsys, "standards", "verify", path)
    text = path.read_text(encoding="utf-8").replace('confidence = "C"', 'confidence = "A"')
    path.write_text(text, encoding="utf-8")
    assert "LY01" in said(capsys, "standards", "verify", path, code=4)


@pytest.mark.parametrize(
    ("name", "code"), [("luoyang.txt", 2), ("洛阳.toml", 2), ("Luo yang.toml", 2)]
)
def test_new_wants_a_name_that_can_be_an_id(capsys, tmp_path, name, code):
    assert run_command_line(["standards", "new", str(tmp_path / name)]) == code
    assert list(tmp_path.iterdir()) == []


def test_new_replaces_nothing(capsys, tmp_path):
    path = tmp_path / "luoyang-2026-1.toml"
    path.write_text("mine", encoding="utf-8")
    assert run_command_line(["standards", "new", str(path)]) == 6
    assert path.read_text(encoding="utf-8") == "mine"


def test_explain_a_clause_that_a_stronger_one_sets_aside(capsys):
    words = ("standards", "explain", "ZZ04", "--place", "郑州", "--date", "2023-01-01")
    rate, least = told(capsys, *words)
    assert (rate["clause"], rate["standing"]) == ("ZZ04a", "term_over")
    (adopted,) = rate["adopted"]
    assert adopted["clause"] == "HN02"
    assert {item["clause_id"]: item["reason"] for item in adopted["not_adopted"]} == {
        "ZZ04a": "lower_level"
    }
    assert [item["clause"] for item in least["adopted"]] == ["ZZ04b"]
    for lang in ("zh", "en"):
        out = said(capsys, *words, "--lang", lang)
        assert "HN02" in out
        assert "200" in out


def test_explain_before_the_regulation(capsys):
    words = ("standards", "explain", "ZZ04a", "--place", "郑州", "--date", "2019-01-01")
    (found,) = told(capsys, *words)
    assert [item["clause"] for item in found["adopted"]] == ["ZZ04a"]
    assert found["standing"] == "in_force"


def test_explain_another_citys_clause(capsys):
    (found,) = told(capsys, "standards", "explain", "ZZ10", "--place", "许昌市")
    assert not found["of_place"]
    assert found["standing"] is None
    assert "ZZ10" not in {item["clause"] for item in found["adopted"]}


def test_explain_land_and_beds_of_xuchang(capsys):
    (land,) = told(capsys, "standards", "explain", "XC01", "--place", "许昌")
    assert land["requirements"][0]["base_required"] == 876_000
    assert "87.6" in said(capsys, "standards", "explain", "XC01", "--place", "许昌")
    (beds,) = told(capsys, "standards", "explain", "XC09", "--place", "许昌")
    assert [round(item["value"], 2) for item in beds["implied"]] == [28.86, 33.8]


def test_explain_a_standard_that_nobody_read(capsys):
    clause = next(c for c in standards.load("gb-50180-2018").clauses if c.category == "spatial")
    words = ("standards", "explain", clause.id, "--place", "郑州")
    (found,) = told(capsys, *words)
    assert found["of_place"]
    assert "待核实" in said(capsys, *words)


@pytest.mark.parametrize("words", [("XX99", "郑州"), ("ZZ10", "月球")])
def test_explain_what_is_not_there(words, capsys):
    assert run_command_line(["standards", "explain", words[0], "--place", words[1]]) == 4


@pytest.mark.parametrize("name", standards.document_files())
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_group_can_be_explained_at_its_place(capsys, name, lang):
    document = standards.load(name)
    groups = list(dict.fromkeys(clause.group for clause in document.clauses))
    for group in groups[:: max(1, len(groups) // 6)]:
        words = ("standards", "explain", group, "--place", document.place, "--lang", lang)
        out = said(capsys, *words, "--date", "2023-06-30")
        assert all(clause.id in out for clause in document.clauses if clause.group == group)


def test_subsidy_of_the_sample_city(capsys, tmp_path):
    said(capsys, "subsidy", sample_city(), "--lang", "en")
    out = tmp_path / "奖补.xlsx"
    rows = told(capsys, "subsidy", sample_city(), "--out", out)
    sheet = openpyxl.load_workbook(io.BytesIO(out.read_bytes())).active
    assert sheet.max_row == 3 + len(rows)
