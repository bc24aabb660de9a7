"""Every clause with a number, just below, at and just above it."""

import itertools
import math
import operator
from fractions import Fraction

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan import standards
from facilityplan.standards import Comparator

SIGNS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
INCLUDED = ("不低于", "不少于", "以上", "不小于", "至少", "达到", "≥")
"""Words that include the number where more is wanted."""

# What the wording of each quote says of its number: the word, and the sign it stands for.
WORDS = {
    "JY03": "不低于",
    "JY06": "至少",
    "JY07": "不小于",
    "JY11": None,  # 「按每百名老人机构养老床位 3.5 床配置」: no word; at least by its sense
    "JY02": "以上",
    "JY12a": "至少",
    "JY13b": "以上",
    "JY13c": "以上",
    "JY15a": "达到",
    "JY15b": "以上",
    "JY16": "不超过",
    "JY17a": "以上",
    "JY17b": "达到",
    "JY18b": "以上",
    "JY19a": "以上",
    "JY19b": "以上",
    "JY19c": "以上",
    "JY19d": "以上",
    "JY19f": "以上",
    "JY19g": "以上",
    "ZZ01": "不少于",
    "ZZ02a": "以上",
    "ZZ02b": None,  # 「集中」: one place
    "ZZ04a": "以上",
    "ZZ04b": "以上",
    "ZZ05a": "不超过",
    "ZZ05b": "不超过",
    "ZZ07": "至少",
    "ZZ10": "以上",
    "ZZ11c": "以上",
    "ZZ13a": "不少于",
    "ZZ13b": "至少",
    "ZZ15a": "以上",
    "ZZ15b": "不低于",
    "ZZ17a": "不低于",
    "ZZ17c": "至少",
    "ZZ18a": "以上",
    "ZZ18b": "以上",
    "ZZ20a": "至少",
    "ZZ20b": "达到",
    "ZZ21a": "以上",
    "ZZ21b": "以上",
    "ZZ21g": "以上",
    "ZZ21h": "以上",
    "ZZ22a": "达到",
    "ZZ22b": "以上",
    "ZZ24a": "达到",
    "ZZ24g": "以上",
    "ZZ24h": "以上",
    "ZZ24i": "以上",
    "ZZ25a": "以上",
    "CZ01a": "达到",
    "CZ01b": "达到",
    "CZ02b": "以上",
    "CZ03": None,  # 「基本覆盖」: all, as an advisory clause
    "CZ04b": "以上",
    "CZ05b": "以上",
    "CZ06a": "不少于",
    "CZ06b": "不少于",
    "CZ07a": "不少于",
    "CZ09a": "至少",
    "CZ10b": "达到",
    "CZ11c": "达到",
    "CZ11d": "达到",
    "CZ15b": "以上",
    "JG01b": "达到",
    "JG02a": "达到",
    "JG02b": None,  # 「提高到60%」
    "JG03": "达到",
    "JG04": "达到",
    "JG05a": "达到",
    "JG05b": "以上",
    "JG06a": "以上",
    "XC01": "不少于",
    "XC02": "不低于",
    "XC03": "不低于",
    "XC06a": None,  # 「有1处」
    "XC06b": None,
    "XC08": "以上",
    "XC10a": "不低于",
    "XC11": "达到",
    "XC12": "至少",
    "XC14": "以上",
    "XC16": "不少于",
    "XC17d": "≥",
    "XC17e": "≥",
    "XC17f": "≥",
    "XC17g": "以上",
    "XC18d": "以上",
}

NUMERIC = [
    pytest.param(clause, id=clause.id)
    for document_id in standards.document_files()
    for clause in standards.load(document_id).clauses
    if clause.is_numeric
]


@pytest.mark.parametrize("clause", [p for p in NUMERIC if WORDS.get(p.id)])
def test_the_sign_is_that_of_the_word(clause):
    word = WORDS[clause.id]
    assert word in clause.quote
    assert clause.comparator.value == (">=" if word in INCLUDED else "<=")


def test_more_than_is_strict():
    clause = standards.load("jiyuan-2017-73").clause
    assert "超过 3000 户" in clause("JY06").quote
    assert clause("JY06").parameters["trigger_comparator"] == ">"
    assert "超过 500 米" in clause("JY07").quote
    assert clause("JY07").parameters["trigger_comparator"] == ">"
    institutions = standards.load("changzhi-2018-95").clause("CZ02a")
    assert "超过 150 家" in institutions.quote
    assert (institutions.holds(150), institutions.holds(151)) == (False, True)


@pytest.mark.parametrize("clause", NUMERIC)
@settings(max_examples=examples(20), deadline=None)
@given(data=st.data())
def test_at_and_beside_the_number(clause, data):
    limit = clause.limit
    sign = SIGNS[clause.comparator.value]
    included = clause.comparator.value in {">=", "<="}
    assert clause.holds(limit) is included
    above, below = math.nextafter(limit, math.inf), math.nextafter(limit, -math.inf)
    assert clause.holds(above) is clause.comparator.wants_more
    assert clause.holds(below) is not clause.comparator.wants_more
    value = data.draw(st.floats(0, 10 * limit + 1) | st.integers(0, int(10 * limit) + 1))
    assert clause.holds(value) is sign(Fraction(value), Fraction(limit))


@given(
    st.sampled_from(list(Comparator)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_comparators_are_exact(comparator, value, limit):
    assert comparator.holds(value, limit) is SIGNS[comparator.value](
        Fraction(value), Fraction(limit)
    )


def test_a_missing_figure_never_keeps_a_clause():
    for comparator, limit in itertools.product(Comparator, (0.0, 500.0)):
        assert comparator.holds(math.nan, limit) is False
    clause = standards.load("jiyuan-2017-73").clause("JY05")
    assert not clause.is_numeric
    with pytest.raises(ValueError, match="JY05"):
        clause.holds(1.0)
    with pytest.raises(ValueError, match="JY05"):
        _ = clause.limit
