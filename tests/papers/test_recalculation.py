"""A reviewer changes a figure in the workbook: every sum follows as the program would judge it."""

import io

import openpyxl
import pytest
from office import convert, needs_office

from facilityplan import standards
from facilityplan.report.scheme_workbook import register_workbook, review_workbook
from facilityplan.schemes import review_scheme
from facilityplan.schemes.sheet import _from_toml

AREA = "floor_area_per_100_households"
VERDICTS = {
    "compliant": ("符合", "complies"),
    "non_compliant": ("不符合", "does not comply"),
    "insufficient_data": ("资料不足", "insufficient data"),
}


def sheet_of(place, status, households, area, **more):
    given = {"households": households, "elder_floor_area_m2": area}
    given = {name: value for name, value in given.items() if value is not None}
    return {"name": "甲", "place": place, "status": status, **given, **more}


def reviewed(sheet):
    documents = [
        d for d in standards.documents_of_place(sheet["place"]) if sheet["place"] == d.place
    ]
    return review_scheme(_from_toml(dict(sheet), "a.toml", 1), standards.resolve(documents, None))


def judged(review):
    """Return required, designed, difference and verdict of floor area, as the program says."""
    measures = {clause.id: clause.measure for clause in review.standards.clauses()}
    (found,) = [item for item in review.findings if measures[item.clause_id] == AREA]
    return found.required, found.value, found.margin, found.verdict


PHASES = [{"households": 700, "elder_floor_area_m2": 200},
          {"households": 550, "elder_floor_area_m2": 175}]  # fmt: skip
NEW = ("郑州市", "new")
OLD = ("郑州市", "existing")
# place and status, households and area of the sheet -> of the changed one
CHANGES = [
    (NEW, (1250, 375), (1300, 375)),
    (NEW, (1250, 375), (1249, 375)),
    (NEW, (1250, 374.9), (1249, 374.9)),
    (NEW, (333, 100), (334, 100)),
    (NEW, (100, 30), (0, 30)),
    (NEW, (100, None), (200, None)),
    (NEW, (100, None), (100, 30)),
    (NEW, (None, 30), (100, 30)),
    (NEW, (100, 30), (None, 30)),
    (OLD, (600, 199), (600, 200)),  # the least size binds
    (OLD, (600, 200), (1000, 200)),
    (OLD, (600, 200), (1001, 200)),  # and does no more
    (OLD, (1500, 300), (10, 300)),
    (("许昌市", "new"), (99, 29.7), (101, 29.7)),
    (("许昌市", "existing"), (600, 120), (601, 120)),
    (("济源市", "new"), (300, 90), (7, 2.1)),
    (("济源市", "new"), (300, 90), (123457, 37037.1)),
]


IN_ENGLISH = {0, 5, 9}
DESIGNED, VERDICT = 8, 11
"""Columns of the review workbook, the first is 1."""


def row_of(book, clause):
    (row,) = [row for row in book.worksheets[0].iter_rows(min_row=7) if row[1].value == clause]
    return row[0].row


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """All workbooks, recalculated at once: name -> (as written, as recalculated)."""
    folder = tmp_path_factory.mktemp("books")
    written = {}
    for number, ((place, status), before, after) in enumerate(CHANGES):
        for lang in ("zh", "en") if number in IN_ENGLISH else ("zh",):
            content = review_workbook(reviewed(sheet_of(place, status, *before)), lang=lang)
            name = f"changed_{number}_{lang}"
            written[name] = content
            book = openpyxl.load_workbook(io.BytesIO(content))
            book.worksheets[0]["D3"], book.worksheets[0]["H3"] = after
            book.save(folder / f"{name}.xlsx")
    phased = reviewed(sheet_of(*NEW, None, None, phase=PHASES))
    for name, cells in (("phase", {"B3": 560}), ("lag", {"D2": 210, "D3": 165}),
                        ("total", {"D3": 1300})):  # fmt: skip
        written[name] = review_workbook(phased, lang="zh")
        book = openpyxl.load_workbook(io.BytesIO(written[name]))
        for cell, value in cells.items():
            book.worksheets[0 if name == "total" else 1][cell] = value
        book.save(folder / f"{name}.xlsx")
    written["cleared"] = review_workbook(reviewed(sheet_of(*NEW, 1250, 375, premises=1)), lang="zh")
    book = openpyxl.load_workbook(io.BytesIO(written["cleared"]))
    book.worksheets[0].cell(row_of(book, "ZZ02b"), DESIGNED).value = None
    book.save(folder / "cleared.xlsx")
    reviews = [reviewed(sheet_of(*where, *before)) for where, before, _ in CHANGES]
    untouched = [review_workbook(item) for item in [reviews[2], reviews[7], reviews[9], phased]]
    for number, content in enumerate([*untouched, register_workbook(reviews)]):
        written[f"kept_{number}"] = content
        (folder / f"kept_{number}.xlsx").write_bytes(content)
    files = [folder / f"{name}.xlsx" for name in written]
    again = convert(files, "xlsx", folder)
    return {
        name: (
            openpyxl.load_workbook(io.BytesIO(written[name]), data_only=True),
            openpyxl.load_workbook(file, data_only=True),
        )
        for name, file in zip(written, again, strict=True)
    }


def area_row(book, clauses):
    sheet = book.worksheets[0]
    (row,) = [row for row in sheet.iter_rows(min_row=7) if row[1].value in clauses]
    return [row[at].value for at in (6, 7, 8, 10, 13)]


def number(value):
    return None if value in (None, "") else round(float(value), 9)


@needs_office
@pytest.mark.parametrize(
    ("change", "lang"),
    [(change, "zh") for change in range(len(CHANGES))] + [(change, "en") for change in IN_ENGLISH],
)
def test_a_changed_figure_is_judged_as_the_program_would(books, change, lang):
    where, before, after = CHANGES[change]
    area = {c.id for c in reviewed(sheet_of(*where, *before)).standards.clauses()
            if c.measure == AREA}  # fmt: skip
    got = area_row(books[f"changed_{change}_{lang}"][1], area)
    required, value, margin, verdict = judged(reviewed(sheet_of(*where, *after)))
    assert got[3] == VERDICTS[verdict][lang == "en"]
    # What cannot be judged may still show what the sheet gives; it shows no other figure.
    if verdict != "insufficient_data":
        assert [number(item) for item in got[:3]] == [
            pytest.approx(item, abs=1e-8) for item in (required, value, margin)
        ]
    else:
        assert number(got[0]) in {required, None}
        assert number(got[2]) is None


@needs_office
def test_the_sum_in_words_follows_the_figures(books):
    """Figures by hand; what is missing is named, and another reading goes with its figures."""
    said = {
        "changed_0_zh": "1300 户 ÷ 100 × 30 ㎡ = 390 ㎡",
        "changed_0_en": "1300 households / 100 x 30 m² = 390 m²",
        "changed_2_zh": "1249 户 ÷ 100 × 30 ㎡ = 374.7 ㎡",
        "changed_4_zh": "户数为 0，不能核算",
        "changed_5_zh": "缺养老服务用房面积",
        "changed_5_en": "the floor area of the premises is missing",
        "changed_6_zh": "100 户 ÷ 100 × 30 ㎡ = 30 ㎡",
        "changed_8_zh": "缺户数",
        "changed_9_zh": "max（600 户 ÷ 100 × 20 ㎡ = 120 ㎡，下限 200 ㎡）",
        "changed_16_zh": "123457 户 ÷ 100 × 30 ㎡ = 37037.1 ㎡",
        "total": "资料不足",
        "phase": "1260 户 ÷ 100 × 30 ㎡ = 378 ㎡",
    }
    clauses = {"ZZ02a", "ZZ04a", "ZZ04b", "JY03"}
    assert "只适用于" in area_row(books["changed_9_zh"][0], clauses)[4]
    got = {name: area_row(books[name][1], clauses)[4] for name in said}
    assert got == said


@needs_office
def test_a_changed_phase_changes_the_whole(books):
    clauses = {"ZZ02a"}
    got = area_row(books["phase"][1], clauses)
    assert [number(item) for item in got[:3]] == [378, 375, -3]
    assert got[3] == "不符合"
    states = [row[6].value for row in books["phase"][1].worksheets[1].iter_rows(min_row=2)]
    assert states == ["不足", "不足"]
    states = [row[6].value for row in books["lag"][1].worksheets[1].iter_rows(min_row=2)]
    assert states == ["同步", "同步"]


@needs_office
def test_a_total_that_is_not_the_sum_of_its_phases_is_not_judged(books):
    changed = {**sheet_of(*NEW, 1300, None), "phase": PHASES}
    assert judged(reviewed(changed))[3] == "insufficient_data"
    assert area_row(books["total"][1], {"ZZ02a"})[3] == "资料不足"


@needs_office
def test_a_designed_figure_that_is_cleared_is_no_pass(books):
    before, after = books["cleared"]
    row = row_of(before, "ZZ02b")
    assert before.worksheets[0].cell(row, VERDICT).value == "符合"
    assert after.worksheets[0].cell(row, VERDICT).value == "资料不足"


@needs_office
def test_values_written_are_those_recalculated(books):
    compared = 0
    for name, (before, after) in books.items():
        if not name.startswith("kept"):
            continue
        for old, new in zip(before.worksheets, after.worksheets, strict=True):
            for row in old.iter_rows():
                for cell in row:
                    other = new[cell.coordinate].value
                    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                        assert other == pytest.approx(cell.value, abs=1e-8), (name, cell)
                    else:
                        assert (other or "") == (cell.value or ""), (name, cell)
                    compared += cell.value is not None
    assert compared > 400
