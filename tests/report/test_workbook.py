"""The workbook read back with another library: texts are texts, numbers numbers, nothing is lost."""

import collections
import dataclasses
import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from campaign import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facilityplan import locale, report
from facilityplan.errors import OutputError

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+cmd|' /C calc'!A0",
    "+1",
    "-2",
    "-2+3+cmd",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "{=1+1}",
    "'=1+1",
    '"=1+1',
    "＝1+1",
    "http://example.com",
    "mailto:a@example.com",
    "internal:Sheet!A1",
    "external:c:\\x.xlsx",
    "file:///etc/passwd",
    "12",
    "1e5",
    "TRUE",
    "#N/A",
    "a\x00b\x01c\x1f\x7f\x85",
    "lone \ud800 surrogate",
    "\uffff\ufffe",
    "_x0041_",
    "<r>&amp;</r>]]>",
    "x" * 33,
    "长" * 40_000,
    "名\u202e字\U0001f600" * 3,
    '&L&"Arial"&D',
]


def opened(run, **options):
    wanted = {"title": "示例市", "as_of": run.city.as_of, "lang": "en"} | options
    content = report.findings_workbook(run.findings, run.standards, **wanted)
    return openpyxl.load_workbook(io.BytesIO(content)), content


def table(sheet):
    """Return the rows below the header as dicts."""
    rows = list(sheet.iter_rows())
    at = next(i for i, row in enumerate(rows) if row[0].value == "Clause")
    names = [cell.value for cell in rows[at]]
    return [dict(zip(names, (cell.value for cell in row), strict=True)) for row in rows[at + 1 :]]


def cells(book):
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


@pytest.fixture(scope="module")
def book(run):
    return opened(run)[0]


@pytest.mark.parametrize("lang", locale.LANGUAGES)
def test_sheets_are_named_in_the_users_language(run, lang):
    names = {"zh": ["汇总", "未达标与资料不足", "全部"], "en": ["Summary", "Misses", "All"]}
    assert opened(run, lang=lang)[0].sheetnames == names[lang]


def test_every_finding_stands_once_on_the_sheet_of_all(run, book):
    shown = collections.Counter((row["Clause"], row["Unit id"]) for row in table(book["All"]))
    assert shown == collections.Counter((f.clause_id, f.unit_id) for f in run.findings)
    assert max(shown.values()) == 1


def test_misses_are_the_findings_that_miss_or_lack_data_the_mandatory_first(run, book):
    found = [
        (r["Modality"] != "mandatory", r["Clause"], r["Unit id"]) for r in table(book["Misses"])
    ]
    wanted = [
        (f.modality != "mandatory", f.clause_id, f.unit_id)
        for f in run.findings
        if f.verdict in {"non_compliant", "insufficient_data"}
    ]
    assert found == sorted(wanted)
    assert {True, False} == {item[0] for item in found}


def test_counts_of_the_summary_add_up(run, book):
    rows = table(book["Summary"])
    by_clause = collections.Counter((f.clause_id, f.verdict.value) for f in run.findings)
    heads = {
        "Complies": "compliant",
        "Does not comply": "non_compliant",
        "Insufficient data": "insufficient_data",
        "Not applicable": "not_applicable",
    }
    for row in rows:
        for head, verdict in heads.items():
            assert row[head] == by_clause[row["Clause"], verdict]
    assert sum(row[head] for row in rows for head in heads) == len(run.findings)
    every = {clause.id for document in run.standards.documents for clause in document.clauses}
    assert [row["Clause"] for row in rows] == sorted(every)


def test_shortfalls_are_added_by_hand_and_only_where_a_sum_means_something(book):
    rows = {row["Clause"]: row for row in table(book["Summary"])}
    # a: 199 of 200 m2; b: 0 of 375; c: 0 of 200; d has no households.
    area = [r for r in rows.values() if r["Unit of measure"] == "m²" and r["Does not comply"]]
    assert sum(row["Shortfall in all"] for row in area) == 1 + 375 + 200
    assert rows["ZZ05a"]["Does not comply"] == 2
    assert rows["ZZ05a"]["Shortfall in all"] is None


def test_figures_are_numbers_and_their_unit_stands_apart(run, book):
    rows = {(row["Clause"], row["Unit id"]): row for row in table(book["All"])}
    far = rows["ZZ05a", "b"]
    assert (far["Found"], far["Sign"], far["Required"], far["Shortfall"]) == (1000, "≤", 500, 500)
    assert far["Unit of measure"] == "m"
    assert (far["Nearest facility"], far["Straight line (m)"]) == ("f", 1000)
    assert far["Walking distance (m)"] == 1200
    for finding in run.findings:
        row = rows[finding.clause_id, finding.unit_id]
        assert row["Found"] == (None if finding.value is None else pytest.approx(finding.value))
        assert row["Verdict"] == locale.text(f"verdict.{finding.verdict}", "en") or (
            finding.modality != "mandatory"
        )
        assert row["Sum, or what is missing"]
        assert row["Words of the clause"]
        assert "郑政" in row["Document"]


def test_misses_are_red_and_missing_data_amber(book):
    for row in book["All"].iter_rows(min_row=2):
        colour = row[4].fill.fgColor.rgb
        wanted = {"does not comply": "FFFFC7CE", "insufficient data": "FFFFEB9C"}
        assert colour == wanted.get(row[4].value.split(" (")[0], "00000000")


def test_sheets_are_ready_to_read_and_print(book):
    for sheet in book:
        header = 3 if sheet.title == "Summary" else 1
        last = f"{sheet.cell(header, sheet.max_column).column_letter}{sheet.max_row}"
        assert sheet.freeze_panes == f"A{header + 1}"
        assert sheet.auto_filter.ref == f"A{header}:{last}"
        assert sheet.print_title_rows == f"${header}:${header}"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize in {9, "9"}
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    quote = book["All"].cell(2, 12)
    assert quote.alignment.wrap_text


@pytest.mark.parametrize("at", range(0, len(HOSTILE), 5))
def test_hostile_names_never_become_formulas_links_or_numbers(build, at):
    names = (HOSTILE + HOSTILE)[at : at + 5]
    run = build(names, on_foot=False)
    book, content = opened(run, title=names[0])
    shown = {row["Unit id"]: row["Name"] for row in table(book["All"])}
    for unit, name in zip("abcde", [row.strip() for row in names], strict=True):
        kept = "".join(c for c in name if c >= " " and c not in "\x7f\x85\ud800\uffff\ufffe")
        # A name of nothing but control characters leaves a blank; the id stands beside it.
        kept = kept.strip() if name else unit
        if len(kept) > 16_000:
            assert shown[unit] == f"{kept[:15_999]}…"
        else:
            assert shown[unit].strip() == kept
    assert not [cell for cell in cells(book) if cell.data_type in {"f", "e", "b"}]
    assert not [cell for cell in cells(book) if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    texts = [cell for cell in cells(book) if str(cell.value or "")[:1] in set("=+-@")]
    assert all(cell.quotePrefix for cell in texts if cell.row > 2)


@given(name=st.text(max_size=60))
@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_name_can_be_written_and_read(run, name):
    findings = [dataclasses.replace(item, unit_name=name) for item in run.findings[:3]]
    content = report.findings_workbook(
        findings, run.standards, title=name, as_of=run.city.as_of, lang="zh"
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert not [cell for cell in cells(book) if cell.data_type == "f"]


def test_the_same_findings_in_any_order_give_the_same_bytes(run):
    again = dataclasses.replace(run.standards)
    first = report.findings_workbook(
        run.findings, again, title="t", as_of=run.city.as_of, lang="zh"
    )
    other = report.findings_workbook(
        run.findings[::-1], run.standards, title="t", as_of=run.city.as_of, lang="zh"
    )
    assert first == other
    created = openpyxl.load_workbook(io.BytesIO(first)).properties.created
    assert created == dt.datetime(2026, 6, 30)  # noqa: DTZ001 - openpyxl gives it without a zone


def test_an_endless_distance_is_a_blank_and_said_in_words(build):
    run = build()
    nowhere = [
        dataclasses.replace(item, value=float("inf"), margin=float("-inf"))
        for item in run.findings
        if (item.clause_id, item.unit_id) == ("ZZ05a", "b")
    ]
    content = report.findings_workbook(
        nowhere, run.standards, title="t", as_of=run.city.as_of, lang="en"
    )
    (row,) = table(openpyxl.load_workbook(io.BytesIO(content))["All"])
    assert (row["Found"], row["Shortfall"], row["Required"]) == (None, None, 500)
    assert row["Sum, or what is missing"] == "there is no facility that counts"


def test_no_findings_leave_the_clauses_and_empty_tables(run):
    content = report.findings_workbook(
        [], run.standards, title="t", as_of=run.city.as_of, lang="en"
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert table(book["All"]) == table(book["Misses"]) == []
    assert {row["Complies"] for row in table(book["Summary"])} == {0}


def test_a_clause_not_in_force_says_why(run):
    early = dt.date(2018, 1, 1)
    from facilityplan import standards

    before = standards.resolve(run.standards.documents, early)
    content = report.findings_workbook([], before, title="t", as_of=early, lang="en")
    rows = table(openpyxl.load_workbook(io.BytesIO(content))["Summary"])
    assert {row["Standing"] for row in rows} == {"not yet in force"}


def test_more_findings_than_rows_are_refused(run):
    with pytest.raises(OutputError) as caught:
        report.findings_workbook(
            [run.findings[0]] * 1_048_576, run.standards, title="t", as_of=run.city.as_of
        )
    assert "1048576" in caught.value.render("en")
    assert "1048575" in caught.value.render("zh")
