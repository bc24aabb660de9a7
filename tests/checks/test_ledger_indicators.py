"""Reported figures against targets: the last one in time decides, and nothing is no figure."""

import datetime as dt
import math

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import clause, judge

FEW = settings(max_examples=examples(40), deadline=None)
CITY = {"id": "市", "name": "市", "box": (0, 0, 9, 9), "level": "市"}
AS_OF = dt.date(2023, 9, 1)


def target(**more):
    head = {
        "comparator": ">=",
        "value": 0.7,
        "unit": "share",
        "target_year": 2022,
        "modality": "target",
        "parameters": {"indicator": "签约率"},
    }
    return clause("indicator", **(head | more))


def reported(year, value, zone="市", indicator="签约率"):
    return {"indicator": indicator, "zone": zone, "year": year, "value": value}


def one(made, *rows, as_of=AS_OF, options=None, **given):
    layers = {"zones": [CITY], "indicators": list(rows)} | given
    (found,) = judge(made, as_of, options, **layers)
    return found


@FEW
@given(st.integers(1, 99), st.sampled_from([-1, 0, 1]), st.sampled_from([">=", ">", "<=", "<"]))
def test_below_at_and_above(hundredths, side, comparator):
    limit = hundredths / 100
    value = math.nextafter(limit, math.inf * side) if side else limit
    found = one(target(value=limit, comparator=comparator), reported(2022, value))
    kept = {">=": side >= 0, ">": side > 0, "<=": side <= 0, "<": side < 0}[comparator]
    assert found.verdict == ("compliant" if kept else "non_compliant")
    assert (found.value, found.required) == (value, limit)
    assert found.evidence["state"] == ("done" if kept else "overdue_reported")


@pytest.mark.parametrize(
    ("rows", "verdict", "reason", "state"),
    [
        ([], "insufficient_data", "not_reported", "overdue_unreported"),
        ([reported(2022, None)], "insufficient_data", "not_reported", "overdue_unreported"),
        ([reported(2024, 0.9)], "insufficient_data", "not_reported", "overdue_unreported"),
        ([reported(2022, 0.9, "别处")], "insufficient_data", "not_reported", "overdue_unreported"),
        (
            [reported(2022, 0.9, "市", "别的")],
            "insufficient_data",
            "not_reported",
            "overdue_unreported",
        ),
        ([reported(2023, 0.9)], "insufficient_data", "reported_after_target", "done_late"),
        (
            [reported(2021, 0.6)],
            "insufficient_data",
            "not_reported_for_target",
            "overdue_unreported",
        ),
        ([reported(2021, 0.7)], "compliant", None, "done"),
        ([reported(2021, 0.9), reported(2022, 0.6)], "non_compliant", None, "overdue_reported"),
        ([reported(2022, 0.6), reported(2023, 0.8)], "non_compliant", None, "done_late"),
        (
            [reported(2022, 0.6), reported(2022, 0.8)],
            "insufficient_data",
            "reported_twice",
            "reported",
        ),
        ([reported(2022, 0.8), reported(2022, 0.8)], "compliant", None, "done"),
        ([reported(2022, 80)], "insufficient_data", "share_above_one", "reported"),
        ([reported(2022, 1)], "compliant", None, "done"),
        ([reported(2022, 0)], "non_compliant", None, "overdue_reported"),
    ],
)
def test_what_is_reported_decides(rows, verdict, reason, state):
    found = one(target(), *rows)
    assert found.verdict == verdict
    assert found.evidence["state"] == state
    if reason is not None:
        assert found.formula["id"] == f"reason.{reason}"


@pytest.mark.parametrize(
    ("as_of", "rows", "state"),
    [
        (dt.date(2022, 12, 31), [], "due_this_quarter"),
        (dt.date(2022, 9, 30), [], "upcoming"),
        (dt.date(2022, 9, 30), [reported(2021, 0.8)], "done"),
        (dt.date(2023, 1, 1), [], "overdue_unreported"),
    ],
)
def test_before_and_after_the_target_year(as_of, rows, state):
    assert one(target(), *rows, as_of=as_of).evidence["state"] == state


def test_before_the_target_year_the_last_figure_is_judged():
    found = one(target(), reported(2021, 0.6), as_of=dt.date(2022, 3, 1))
    assert (found.verdict, found.evidence["state"]) == ("non_compliant", "upcoming")


@pytest.mark.parametrize(
    ("tolerance", "value", "verdict"),
    [
        (None, 0.6, "insufficient_data"),
        ("none", 0.6, "insufficient_data"),
        ("0.05", 0.55, "compliant"),
        ("0.05", 0.549, "non_compliant"),
        ("0", 0.599, "non_compliant"),
        ("0", 0.6, "compliant"),
    ],
)
def test_about_is_judged_only_with_the_users_tolerance(tolerance, value, verdict):
    made = target(value=0.6, parameters={"indicator": "入住率", "about": True})
    options = {} if tolerance is None else {"readings": {"M1": {"tolerance": tolerance}}}
    found = one(made, reported(2022, value, "市", "入住率"), options=options)
    assert found.verdict == verdict
    assert found.value == value, "the figure reported is shown in any case"
    if verdict == "insufficient_data":
        assert found.formula["id"] == "reason.about_without_tolerance"
        assert found.evidence["state"] == "reported"


@pytest.mark.parametrize("comparator", [">=", ">", "<=", "<"])
def test_the_edge_of_a_tolerance_is_exact(comparator):
    """Of hundredths, as people write them: the edge itself, and a thousandth to either side."""
    wants_more = comparator[0] == ">"
    made = {"indicator": "入住率", "about": True}
    for limit in range(30, 90, 7):
        clause_of = target(comparator=comparator, value=limit / 100, parameters=made)
        for tolerance in range(1, 30, 3):
            edge = limit - tolerance if wants_more else limit + tolerance
            options = {"readings": {"M1": {"tolerance": f"0.{tolerance:02d}"}}}
            for beside, kept in ((-1, False), (0, comparator[1:] == "="), (1, True)):
                thousandths = edge * 10 + (beside if wants_more else -beside)
                if thousandths > 1000:
                    continue  # no share is above one
                value = float(f"{thousandths / 1000:.3f}")
                found = one(clause_of, reported(2022, value, "市", "入住率"), options=options)
                assert found.verdict == ("compliant" if kept else "non_compliant")
                assert found.margin == beside / 1000


def test_above_the_upper_end_is_a_note():
    made = target(value=1, unit="items", parameters={"indicator": "数", "upper": 2})
    for number, noted in ((2, False), (3, True)):
        found = one(made, reported(2022, number, "市", "数"))
        assert found.verdict == "compliant"
        assert ("above_upper" in found.evidence) is noted


def test_each_zone_of_the_level_has_its_own_figure():
    zones = [
        CITY,
        {"id": "a", "name": "甲县", "code": "410122", "box": (0, 0, 1, 1), "level": "县"},
        {"id": "b", "name": "乙县", "box": (1, 0, 2, 1), "level": "县"},
        {"id": "c", "name": "丙县", "box": (2, 0, 3, 1), "level": "县"},
    ]
    rows = [reported(2022, 0.8, "甲县"), reported(2022, 0.6, "b"), reported(2022, 0.9, None)]
    made = target(applies_to={"level": ["county"]})
    found = judge(made, AS_OF, zones=zones, indicators=rows)
    said = {item.unit_id: item.verdict.value for item in found}
    assert said == {"a": "compliant", "b": "non_compliant", "c": "insufficient_data"}
    by_code = judge(made, AS_OF, zones=zones, indicators=[reported(2022, 0.8, "410122")])
    assert {i.unit_id for i in by_code if i.verdict == "compliant"} == {"a"}


def test_a_figure_that_names_no_zone_is_the_whole_places():
    assert one(target(), reported(2022, 0.8, None)).verdict == "compliant"
    assert one(target(), reported(2022, 0.8, "某市")).verdict == "compliant"
    (found,) = judge(target(), AS_OF, indicators=[reported(2022, 0.8, None)])
    assert (found.unit_id, found.verdict) == ("某市", "compliant")


def test_a_clause_without_a_number_and_text_are_no_verdict():
    none = target(comparator=None, value=None, unit=None)
    found = one(none, reported(2022, 0.8))
    assert (found.verdict, found.value) == ("insufficient_data", 0.8)
    assert found.formula["id"] == "reason.clause_without_number"
    text = target(modality="text")
    assert judge(text, AS_OF, zones=[CITY], indicators=[reported(2022, 0.1)]) == []
