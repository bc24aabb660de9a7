"""Four stages in step with the dwellings, and the register of completed estates."""

import datetime as dt

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import clause, judge

FEW = settings(max_examples=examples(60), deadline=None)
AS_OF = dt.date(2023, 9, 1)
STAGES = ["planned", "built", "accepted", "delivered"]
NEW = {"id": "甲", "at": (0, 0), "status": "新建"}
IN_STEP = clause(
    "staged_delivery",
    comparator=">=",
    value=4,
    unit="stages",
    applies_to={"status": ["new"]},
    parameters={"stages": STAGES},
)


def day(text):
    return None if text is None else dt.date.fromisoformat(text)


def step(stage, dwellings, premises, **more):
    dates = {"dwellings": day(dwellings), "premises": day(premises)}
    return {"residence": "甲", "stage": stage} | dates | more


def one(*rows, made=IN_STEP, as_of=AS_OF):
    (found,) = judge(made, as_of, residences=[NEW], deliveries=list(rows))
    return found


def states(found):
    return {item["stage"]: item["state"] for item in found.evidence["stages"]}


PLANNED = step("规划", "2021-01-01", "2021-01-01")
BUILT = step("建设", "2022-01-01", "2021-12-31")


def test_stages_kept_and_stages_to_come():
    found = one(PLANNED, BUILT)
    assert (found.verdict, found.value, found.required) == ("compliant", 2, 2)
    assert states(found) == {
        "planned": "kept",
        "built": "kept",
        "accepted": "not_yet_due",
        "delivered": "not_yet_due",
    }
    assert (found.unit_kind, found.unit_id) == ("scheme", "甲")


def test_premises_a_day_late():
    found = one(PLANNED, step("建设", "2022-01-01", "2022-01-02"))
    assert (found.verdict, found.value, found.required) == ("non_compliant", 1, 2)
    assert found.evidence["late"] == ["built"]
    assert found.evidence["stages"][1]["days_late"] == 1


@pytest.mark.parametrize(
    ("rows", "verdict", "reason"),
    [
        ([], "insufficient_data", "delivery_not_reported"),
        ([step("规划", None, None)], "not_applicable", "delivery_not_yet_due"),
        ([step("规划", "2023-09-02", None)], "not_applicable", "delivery_not_yet_due"),
        ([step("规划", "2023-09-01", None)], "insufficient_data", "delivery_date_missing"),
        # The premises are known to come later than the dwellings that stand already.
        ([step("规划", "2023-09-01", "2024-01-01")], "non_compliant", None),
        # A stage is left out that the dwellings must have passed.
        ([PLANNED, step("验收", "2022-01-01", "2022-01-01")], "insufficient_data", None),
        ([step("规划", None, "2021-01-01"), BUILT], "insufficient_data", None),
        # A miss stays a miss whatever else is not known.
        (
            [step("规划", "2021-01-01", "2021-02-01"), step("建设", "2022-01-01", None)],
            "non_compliant",
            None,
        ),
    ],
)
def test_missing_dates(rows, verdict, reason):
    found = one(*rows)
    assert found.verdict == verdict
    if reason:
        assert found.formula["id"] == f"reason.{reason}"


def test_each_phase_is_judged():
    rows = [PLANNED | {"phase": "一期"}, step("规划", "2021-01-01", "2021-06-01", phase="二期")]
    found = judge(IN_STEP, AS_OF, residences=[NEW], deliveries=rows)
    assert {item.unit_id: item.verdict for item in found} == {
        "甲/一期": "compliant",
        "甲/二期": "non_compliant",
    }


OPINIONS = clause(
    "staged_delivery",
    comparator=">=",
    value=4,
    unit="stages",
    parameters={"stages": STAGES, "opinions": ["design_opinion", "completion_opinion"]},
)


@pytest.mark.parametrize(
    ("opinion", "verdict"),
    [
        ("2021-01-01", "compliant"),
        ("2021-01-02", "non_compliant"),
        (None, "insufficient_data"),
    ],
)
def test_opinions_are_due_with_their_stage(opinion, verdict):
    found = one(PLANNED, step("民政设计审核意见", None, opinion), made=OPINIONS)
    assert found.verdict == verdict
    assert states(found)["completion_opinion"] == "not_yet_due"


DATES = st.none() | st.dates(dt.date(2023, 8, 25), dt.date(2023, 9, 8))


@FEW
@given(st.lists(st.tuples(DATES, DATES), min_size=4, max_size=4))
def test_never_a_pass_without_every_date(dates):
    rows = [
        {"residence": "甲", "stage": stage, "dwellings": d, "premises": p}
        for stage, (d, p) in zip(STAGES, dates, strict=True)
    ]
    found = one(*rows)
    reached = [n for n, (d, _) in enumerate(dates) if d is not None and d <= AS_OF]
    if not reached:
        assert found.verdict == "not_applicable"
        return
    due = dates[: max(reached) + 1]
    known = [d is not None and d <= AS_OF and p is not None for d, p in due]
    late = any(k and p > d for k, (d, p) in zip(known, due, strict=True))
    if late:
        assert found.verdict == "non_compliant"
    else:
        assert found.verdict == ("compliant" if all(known) else "insufficient_data")


REGISTER = clause("register", parameters={"register": "completed_estates"})
LET = clause("register", parameters={"register": "let_premises"})
DONE = {"id": "甲", "at": (0, 0), "completed": "2023-09-01"}


@pytest.mark.parametrize(
    ("made", "cells", "verdict", "formula"),
    [
        (REGISTER, None, "insufficient_data", "reason.register_unfilled"),
        (REGISTER, {"built": "是"}, "insufficient_data", "reason.register_unfilled"),
        (REGISTER, {"built": "否"}, "non_compliant", "formula.register_not_built"),
        (
            REGISTER,
            {"built": "是", "handed_over": "否"},
            "non_compliant",
            "formula.register_not_handed_over",
        ),
        (
            REGISTER,
            {"built": "是", "handed_over": "是", "use": "养老服务"},
            "compliant",
            "formula.register_in_use",
        ),
        (
            REGISTER,
            {"built": "是", "handed_over": "是", "use": "闲置"},
            "non_compliant",
            "formula.register_idle",
        ),
        (REGISTER, {"use": "出租"}, "non_compliant", "formula.register_let"),
        (LET, {"use": "出租"}, "non_compliant", "formula.register_let"),
        (LET, {"use": "养老服务"}, "compliant", "formula.register_in_use"),
        (LET, {"built": "是"}, "insufficient_data", "reason.register_unfilled"),
    ],
)
def test_what_the_register_says(made, cells, verdict, formula):
    more = {} if cells is None else {"register": [{"residence": "甲"} | cells]}
    (found,) = judge(made, AS_OF, residences=[DONE], **more)
    assert (found.verdict, found.formula["id"]) == (verdict, formula)


def test_only_completed_estates_are_in_the_register():
    rows = [
        DONE,
        {"id": "乙", "at": (1, 0), "completed": "2023-09-02"},
        {"id": "丙", "at": (2, 0), "status": "已建"},
        {"id": "丁", "at": (3, 0), "status": "新建"},
    ]
    found = judge(REGISTER, AS_OF, residences=rows)
    assert {item.unit_id for item in found} == {"甲", "丙"}
