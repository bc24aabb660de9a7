"""Milestones: done, late, overdue, due and upcoming; Jingyuan's as of 1 September 2023."""

import datetime as dt

import pytest
from made_up import CRS, clause, context, judge

from facilityplan import checks, layers, standards
from facilityplan.checks.due import Cut
from facilityplan.checks.ledger import ledger

DUE = dt.date(2023, 7, 31)


def task(**more):
    head = {"modality": "target", "parameters": {"milestone": "甲院", "due": DUE}}
    return clause("milestone", **(head | more))


def one(made, as_of, *rows):
    (found,) = judge(made, as_of, milestones=[{"milestone": "甲院"} | row for row in rows])
    return found


@pytest.mark.parametrize(
    ("as_of", "rows", "state", "verdict"),
    [
        ("2023-08-01", [], "overdue_unreported", "insufficient_data"),
        ("2023-07-31", [], "due_this_quarter", "not_applicable"),
        ("2023-06-30", [], "upcoming", "not_applicable"),
        ("2023-08-01", [{"done": "2023-07-31"}], "done", "compliant"),
        ("2023-08-01", [{"done": "2023-08-01"}], "done_late", "non_compliant"),
        ("2023-08-01", [{"done": "2020-01-01"}], "done", "compliant"),
        ("2023-08-01", [{"quantity": 0}], "overdue_reported", "non_compliant"),
        ("2023-08-01", [{"name": "未填"}], "overdue_unreported", "insufficient_data"),
        ("2023-07-01", [{"quantity": 0}], "due_this_quarter", "not_applicable"),
        ("2023-08-01", [{"done": "2023-09-09"}], "overdue_reported", "non_compliant"),
    ],
)
def test_how_a_milestone_stands(as_of, rows, state, verdict):
    found = one(task(), dt.date.fromisoformat(as_of), *rows)
    assert (found.evidence["state"], found.verdict) == (state, verdict)
    assert (found.unit_kind, found.unit_id, found.modality) == ("project", "甲院", "target")
    assert found.evidence["due"] == "2023-07-31"


@pytest.mark.parametrize(
    ("rows", "value", "verdict", "done_on"),
    [
        ([{"done": "2023-07-01", "quantity": 382}], 382, "compliant", "2023-07-01"),
        ([{"done": "2023-07-01", "quantity": 381}], 381, "non_compliant", None),
        (
            [{"done": "2023-07-01", "quantity": 200}, {"done": "2023-07-31", "quantity": 182}],
            382,
            "compliant",
            "2023-07-31",
        ),
        (
            [{"done": "2023-08-02", "quantity": 182}, {"done": "2023-07-01", "quantity": 200}],
            382,
            "non_compliant",
            "2023-08-02",
        ),
        ([{"done": "2023-07-01"}], 382, "compliant", "2023-07-01"),
        ([{"done": "2023-07-01", "name": "全部床位"}], None, "insufficient_data", None),
        ([{"quantity": 382}], None, "insufficient_data", None),
    ],
)
def test_how_many_are_done(rows, value, verdict, done_on):
    made = task(comparator=">=", value=382, unit="items")
    found = one(made, dt.date(2023, 9, 1), *rows)
    assert (found.value, found.verdict, found.evidence["done_on"]) == (value, verdict, done_on)
    assert found.required == 382


def test_named_homes_count_one_each():
    made = task(comparator=">=", value=8, unit="items")
    rows = [{"name": f"{n}号院", "done": "2023-07-01"} for n in range(8)]
    assert one(made, dt.date(2023, 9, 1), *rows).verdict == "compliant"
    assert one(made, dt.date(2023, 9, 1), *rows[:7]).verdict == "non_compliant"


def test_stages_are_apart():
    parts = {"milestone": "甲院", "due": DUE}
    clauses = [
        task(id="M1", parameters=parts | {"stage": "招投标"}),
        task(id="M2", parameters=parts | {"stage": "验收"}),
        task(id="M3", parameters=parts | {"milestone": "乙院"}),
    ]
    rows = [
        {"milestone": "甲院", "stage": "招投标", "done": "2023-07-01"},
        {"milestone": "M3", "done": "2023-07-01"},
    ]
    found = judge(clauses, dt.date(2023, 9, 1), milestones=rows)
    said = {item.clause_id: item.evidence["state"] for item in found}
    assert said == {"M1": "done", "M2": "overdue_unreported", "M3": "done"}


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({"parameters": {"milestone": "甲院", "due_year": 2022}}, "2022-12-31"),
        ({"parameters": {"milestone": "甲院"}, "target_year": 2021}, "2021-12-31"),
        ({"parameters": {"milestone": "甲院"}}, None),
    ],
)
def test_the_day_it_is_due(more, due):
    found = one(task(**more), dt.date(2023, 9, 1))
    assert found.evidence["due"] == due
    assert found.evidence["state"] == ("overdue_unreported" if due else "undated")
    assert found.verdict == "insufficient_data"


def test_without_a_date_in_the_text_the_projects_own_is_taken():
    made = task(parameters={"milestone": "甲院"})
    assert one(made, dt.date(2023, 9, 1), {"due": "2023-08-01"}).evidence["due"] == "2023-08-01"
    assert one(made, dt.date(2023, 9, 1), {"done": "2023-08-01"}).verdict == "compliant"


@pytest.mark.parametrize(
    ("rows", "state", "due"),
    [
        ([], "due_this_quarter", "2023-09-30"),
        ([{"due": "2023-08-31", "done": "2023-08-31"}], "done", "2023-08-31"),
        ([{"due": "2023-08-31", "done": "2023-09-01"}], "done_late", "2023-08-31"),
        ([{"done": "2023-08-15"}], "done", "2023-08-31"),
        ([{"due": "2023-07-31", "done": "2023-07-31"}], "overdue_unreported", "2023-08-31"),
    ],
)
def test_a_monthly_report(rows, state, due):
    made = task(parameters={"milestone": "甲院", "cadence": "monthly"})
    found = one(made, dt.date(2023, 9, 1), *rows)
    assert (found.evidence["state"], found.evidence["due"]) == (state, due)


OVERDUE = {
    ("困难老年人居家适老化改造", "招投标", "2023-03-31"),
    ("困难老年人居家适老化改造", "改造", "2023-08-31"),
    ("养老机构护理型床位改造", "招投标", "2023-04-30"),
    ("养老机构护理型床位改造", "改造", "2023-07-31"),
    ("县老年养护院建设", "竣工验收", "2023-07-31"),
    ("县人民医院急救救治能力提升", "建设", "2023-08-31"),
    ("百泉社区卫生服务站康养中心建设", "建设", "2023-08-31"),
    ("泾河源敬老院公建民营试点", "前期准备", "2023-03-31"),
    ("泾河源敬老院公建民营试点", "招投标", "2023-04-30"),
    ("泾河源敬老院公建民营试点", "启动运营", "2023-07-31"),
}
UPCOMING = {
    ("县老年养护院建设", "投入运营", "2023-12-31"),
    ("县人民医院急救救治能力提升", "验收", "2023-10-31"),
    ("县人民医院急救救治能力提升", "投入运营", "2023-12-31"),
    ("百泉社区卫生服务站康养中心建设", "验收", "2023-10-31"),
    ("百泉社区卫生服务站康养中心建设", "投入运营", "2023-12-31"),
}


def jingyuan(as_of, cut=Cut.QUARTER, **given):
    resolved = standards.resolve([standards.load("jingyuan-2023-28")], as_of)
    made = {name: frame for name, frame in given.items() if frame is not None}
    where = layers.City("泾源县", CRS, as_of, made)
    return ledger(checks.Context(where, resolved), cut)


def lines(found, state):
    return {
        (entry.finding.unit_id, entry.stage, entry.due.isoformat())
        for entry in found.entries
        if entry.state == state
    }


def test_jingyuan_on_the_first_of_september_with_nothing_reported():
    found = jingyuan(dt.date(2023, 9, 1))
    assert lines(found, "overdue_unreported") == OVERDUE
    staged = {line for line in lines(found, "upcoming") if line[1] is not None}
    assert staged == UPCOMING
    assert not lines(found, "done")
    # Nothing else is overdue: what has only its year is due at the end of it.
    rest = {line[2] for line in lines(found, "upcoming") - UPCOMING}
    assert rest <= {"2023-12-31", "2026-12-31"}


def test_jingyuan_has_dates_before_its_own():
    document = standards.load("jingyuan-2023-28")
    early = [c.id for c in document.clauses if c.parameters.get("due", DUE) < document.issued]
    assert len(early) == 2
    found = jingyuan(document.issued)
    assert len(lines(found, "overdue_unreported")) == 2


@pytest.mark.parametrize(
    ("cut", "state"),
    [
        (Cut.MONTH, "due_this_month"),
        (Cut.QUARTER, "due_this_quarter"),
        (Cut.HALF, "due_this_half"),
        (Cut.YEAR, "due_this_year"),
    ],
)
def test_the_cut_says_what_is_due(cut, state):
    found = jingyuan(dt.date(2023, 8, 1), cut)
    first, last = found.period
    due = lines(found, state)
    assert ("县人民医院急救救治能力提升", "建设", "2023-08-31") in due
    assert all(first <= dt.date.fromisoformat(day) <= last for _, _, day in due)
    later = lines(found, "upcoming")
    assert all(dt.date.fromisoformat(day) > last for _, _, day in later)
    assert sum(found.counts().values()) == len(found.entries)


def test_rows_that_speak_of_no_clause_are_said():
    rows = [{"milestone": "甲院"}, {"milestone": "写错了"}, {"milestone": "甲院", "stage": "验收"}]
    figures = [
        {"indicator": "签约率", "zone": "市", "year": 2022, "value": 1},
        {"indicator": "写错了", "zone": "市", "year": 2022, "value": 1},
        {"indicator": "签约率", "zone": "写错了", "year": 2022, "value": 1},
    ]
    made = [
        task(),
        clause(
            "indicator",
            id="M2",
            comparator=">=",
            value=1,
            unit="share",
            parameters={"indicator": "签约率"},
        ),
    ]
    where = context(
        made,
        dt.date(2023, 9, 1),
        zones=[{"id": "市", "box": (0, 0, 9, 9), "level": "市"}],
        milestones=rows,
        indicators=figures,
    )
    assert ledger(where).unmatched == {"milestones": [2, 3], "indicators": [2, 3]}
    assert ledger(where).as_dict()["counts"] == {"overdue_unreported": 1, "done": 1}
