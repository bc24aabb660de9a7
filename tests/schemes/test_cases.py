"""Hand-made answers, and the documents made of a review."""

import datetime as dt
import io
import json
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import openpyxl
import pytest

from facilityplan import standards
from facilityplan.cli import run_command_line
from facilityplan.errors import InputError
from facilityplan.report.scheme_form import form_toml, form_workbook
from facilityplan.report.scheme_words import review_fields
from facilityplan.report.scheme_workbook import register_workbook, review_workbook
from facilityplan.report.word import fill
from facilityplan.schemes import Scheme, review_scheme
from facilityplan.schemes.sheet import _from_toml, scheme_from_toml

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))["case"]


def reviewed(sheet):
    place = sheet["place"]
    documents = [d for d in standards.documents_of_place(place) if place == d.place]
    return review_scheme(_from_toml(dict(sheet), "a.toml", 1), standards.resolve(documents, None))


def toml(value):
    """Write a value as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, dt.date) else json.dumps(value)


@pytest.fixture
def check(tmp_path, capsys):
    """Return what runs ``check`` on a case as a user would: exit code and JSON."""

    def run(case):
        lines = [f"{json.dumps(name)} = {toml(value)}" for name, value in case["sheet"].items()]
        (tmp_path / "a.toml").write_text("\n".join(lines), encoding="utf-8")
        call = ["check", str(tmp_path / "a.toml"), "--json"]
        call += ["--date", case["date"]] if "date" in case else []
        call += ["--standards", str(HERE / case["document"])] if "document" in case else []
        code = run_command_line(call)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, json.loads(shown.out)[0] if shown.out else None

    return run


WORDS = {
    "yes": "compliant",
    "no": "non_compliant",
    "?": "insufficient_data",
    "-": "not_applicable",
}


def shown(finding):
    """Return a finding as a case writes it."""
    clause, unit = finding["clause_id"], finding["unit_id"].partition("/")[2]
    figures = [finding["required"], finding["margin"]]
    return f"{clause}/{unit}" if unit else clause, [finding["verdict"], *figures]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_answers_by_hand(case, check):
    code, answer = check(case)
    assert code == case["code"]
    if answer is None:
        assert code == 2
        return
    wanted = {
        clause: [WORDS[verdict], *figures, *[None] * (2 - len(figures))]
        for clause, (verdict, *figures) in case["findings"].items()
    }
    assert dict(map(shown, answer["findings"])) == wanted
    assert answer["complies"] == (code == 0)
    standing = {item["clause_id"]: item["standing"] for item in answer["findings"]}
    assert case.get("standing", {}).items() <= standing.items()
    said = {item["id"] for item in answer["remarks"]}
    assert said.issuperset(case.get("remarks", []))
    assert said.isdisjoint(case.get("silent", []))
    if "phases" in case:
        lines = [
            [line["required_so_far_m2"], line["designed_so_far_m2"], line["state"]]
            for line in answer["phases"]
        ]
        assert lines == [[None if cell == "?" else cell for cell in row] for row in case["phases"]]


HOSTILE = [
    '=cmd|"/c calc"!A1',
    "+1+1",
    "@SUM(1)",
    "{{ 7*7 }}",
    "{% for %}",
    "<w:p/>",
    "-2",
    "&\x01",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_text_never_becomes_a_formula_or_a_template(name):
    review = reviewed({**CASES[0]["sheet"], "name": name, "developer": name})
    made = [lambda: review_workbook(review), lambda: register_workbook([review])]
    for content in (make() for make in made):
        assert content in [make() for make in made]
        book = openpyxl.load_workbook(io.BytesIO(content))
        formulas = [c.value for s in book for r in s for c in r if c.data_type == "f"]
        assert formulas
        assert not any(name in str(formula) for formula in formulas)
    fields = review_fields(review, [], "zh")
    content = fill(None, "review", fields, "zh")
    assert content == fill(None, "review", fields, "zh")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any("vba" in entry for entry in archive.namelist())


def test_a_template_with_an_unknown_field_names_it(tmp_path):
    import docx

    document = docx.Document()
    document.add_paragraph("{{ name }} {{ nmae_of_boss }}")
    document.save(tmp_path / "own.docx")
    fields = review_fields(reviewed(CASES[0]["sheet"]), [], "zh")
    with pytest.raises(InputError) as caught:
        fill(tmp_path / "own.docx", "review", fields, "zh")
    assert "nmae_of_boss" in caught.value.render("zh")


def test_forms_are_read_again():
    lines = [line.removeprefix("# ") for line in form_toml("zh").splitlines()[1:]]
    filled = "\n".join(line for line in lines if not line.startswith("—"))
    (scheme,) = scheme_from_toml(filled.encode(), "a.toml")
    assert isinstance(scheme, Scheme)
    assert (scheme.households, scheme.elder_floor_area_m2, len(scheme.phases)) == (1250, 375, 1)
    assert form_workbook("zh") == form_workbook("zh")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_changed_household_count_recalculates(tmp_path):
    review = reviewed(CASES[0]["sheet"])
    book = openpyxl.load_workbook(io.BytesIO(review_workbook(review, lang="zh")))
    book.worksheets[0]["D3"] = 1300
    book.save(tmp_path / "changed.xlsx")
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(
        '<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name='
        '"OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>'
    )
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{profile.parent}", "--headless",
         "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "changed.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    sheet = openpyxl.load_workbook(tmp_path / "out" / "changed.xlsx", data_only=True).worksheets[0]
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=7)}
    assert [rows["ZZ02a"][at].value for at in (6, 7, 8, 10)] == [390, 375, -15, "不符合"]
