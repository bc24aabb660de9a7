"""Hand-made answers, and the documents made of a review."""

import io
import tomllib
import zipfile
from pathlib import Path

import openpyxl
import pytest

from facilityplan import standards
from facilityplan.errors import InputError
from facilityplan.report.scheme_form import form_toml, form_workbook
from facilityplan.report.scheme_words import review_fields
from facilityplan.report.scheme_workbook import register_workbook, review_workbook
from facilityplan.report.word import fill
from facilityplan.schemes import Scheme, review_scheme
from facilityplan.schemes.sheet import _from_toml, scheme_from_toml

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]


def reviewed(sheet):
    place = sheet["place"]
    documents = [d for d in standards.documents_of_place(place) if place == d.place]
    return review_scheme(_from_toml(dict(sheet), "a.toml", 1), standards.resolve(documents, None))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_answers_by_hand(case):
    review = reviewed(case["sheet"])
    found = {item.clause_id: item for item in review.findings}
    for clause, (verdict, *figures) in case["findings"].items():
        assert found[clause].verdict == verdict
        got = [found[clause].required, found[clause].margin]
        assert [round(value, 9) for value in got[: len(figures)]] == figures
    assert review.complies == (case["code"] == 0)


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
