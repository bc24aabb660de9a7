"""Schemes: sheets as people write them, sums by exact fractions, nothing but our own errors."""

import contextlib
import datetime as dt
import json
from fractions import Fraction

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan import standards
from facilityplan.errors import FacilityPlanError, InputError, SchemaError, UsageError
from facilityplan.io.table import read_table
from facilityplan.schemes import (
    FIELDS,
    SCHEME_FIELDS,
    complies,
    parse_date,
    review,
    scheme_from_toml,
    schemes_from_table,
)
from facilityplan.standards.model import Scope


def scheme(**fields):
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    (found,) = scheme_from_toml("\n".join(lines).encode(), "scheme.toml")
    return found


def resolved(document, as_of=None):
    return standards.resolve([standards.load(document)], as_of)


ZHENGZHOU, XUCHANG = resolved("zhengzhou-2018-34"), resolved("xuchang-2022-33")


def exact(number):
    """Return the decimal number that a person wrote."""
    return Fraction(str(number))


@settings(max_examples=examples(200), deadline=None)
@given(
    households=st.integers(1, 20000),
    tenths=st.integers(0, 60000),
    status=st.sampled_from(["new", "existing"]),
    place=st.sampled_from([ZHENGZHOU, XUCHANG]),
)
def test_floor_area_by_fractions(households, tenths, status, place):
    area = tenths / 10
    rate = 30 if status == "new" else 20
    required = Fraction(rate * households, 100)
    if place is ZHENGZHOU and status == "existing":
        required = max(required, Fraction(200))
    findings = review(scheme(status=status, households=households, elder_floor_area_m2=area), place)
    duty = next(item for item in findings if item.modality == "mandatory")
    assert Fraction(duty.required).limit_denominator(100) == required
    assert (duty.verdict == "compliant") == (exact(area) >= required)
    assert complies(findings) == (exact(area) >= required)


@settings(max_examples=examples(100), deadline=None)
@given(
    distance=st.integers(0, 12000).map(lambda tenths: tenths / 10),
    station=st.none() | st.integers(0, 4000).map(lambda tenths: tenths / 10),
)
def test_station(distance, station):
    fields = {"distance_to_centre_m": distance, "households": 100, "elder_floor_area_m2": 30}
    if station is not None:
        fields["station_area_m2"] = station
    findings = review(scheme(status="new", **fields), resolved("jiyuan-2017-73"))
    verdict = next(item.verdict for item in findings if item.clause_id == "JY07")
    if distance <= 500:
        assert verdict == "not_applicable"
    elif station is None:
        assert verdict == "insufficient_data"
    else:
        assert verdict == ("compliant" if station >= 200 else "non_compliant")


@pytest.mark.parametrize(
    ("document", "clause", "changes", "reason"),
    [
        ("zhengzhou-2018-34", "ZZ02b", {}, "reason.status_unknown"),
        ("jiyuan-2017-73", "JY07", {"applies_to": Scope(status=("new",))}, "reason.status_unknown"),
        ("jiyuan-2017-73", "JY07", {"value": None}, "reason.clause_without_number"),
    ],
)
def test_what_may_not_bind_is_not_judged(document, clause, changes, reason):
    changed = standards.load(document).clause(clause).model_copy(update=changes)
    only = standards.load(document).model_copy(update={"clauses": (changed,)})
    full = scheme(premises=1, distance_to_centre_m=600, station_area_m2=300)
    (finding,) = review(full, standards.resolve([only], None))
    assert (finding.verdict, finding.formula["id"]) == ("insufficient_data", reason)


def test_two_readings_of_the_least_size():
    small = scheme(status="existing", households=600, elder_floor_area_m2=150)
    strict, loose = (
        review(small, ZHENGZHOU, {"ZZ04b": {"floor_200": reading}})[0]
        for reading in ("every_estate", "procured_only")
    )
    assert (strict.verdict, strict.required) == ("non_compliant", 200)
    assert (loose.verdict, loose.required) == ("compliant", 120)
    below = scheme(status="existing", households=600, elder_floor_area_m2=119)
    (item,) = review(below, ZHENGZHOU, {"ZZ04b": {"floor_200": "procured_only"}})
    assert (item.verdict, item.required) == ("non_compliant", 200)


def test_no_duty_is_no_pass():
    assert not complies([])
    early = resolved("zhengzhou-2018-34", dt.date(2018, 1, 1))
    assert review(scheme(status="new", households=1), early) == []


@pytest.mark.parametrize("missing", ["status", "households", "elder_floor_area_m2"])
def test_what_is_missing_is_said(missing):
    fields = {"status": "existing", "households": 600, "elder_floor_area_m2": 10**6}
    del fields[missing]
    findings = review(scheme(**fields), ZHENGZHOU)
    duty = next(item for item in findings if item.modality == "mandatory")
    assert duty.verdict == "insufficient_data"
    wanted = {
        "status": "reason.scheme_status_unknown",
        "households": "reason.households_unknown",
        "elder_floor_area_m2": "reason.scheme_area_unknown",
    }
    assert duty.evidence["reason"] == wanted[missing]
    assert duty.formula["id"] == wanted[missing]


def test_every_heading_is_read(tmp_path):
    for name, words in FIELDS.items():
        for word in (name, *words):
            content = {item.name: item.content for item in SCHEME_FIELDS}[name]
            value = {"status": "新建", "flag": "是", "date": "2026-06-30"}.get(content, "7")
            value = "甲" if name == "name" else value
            path = tmp_path / "rows.csv"
            path.write_text(f" {word} \n{value}\n", encoding="utf-8")
            (found,) = schemes_from_table(read_table(path))
            got = getattr(found, name, found.values.get(name))
            assert got in {"new", "甲", "7", 7.0, 0.07, ("7",), (7,), True, dt.date(2026, 6, 30)}


@pytest.mark.parametrize("cell", ["a;b", "a；b", "a、b", "a, b", " a ;; b "])
def test_several_standards_in_a_cell(tmp_path, cell):
    path = tmp_path / "rows.csv"
    path.write_text(f'标准\n"{cell}"\n', encoding="utf-8")
    assert schemes_from_table(read_table(path))[0].standards == ("a", "b")


def test_blank_rows_are_no_schemes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("项目名称,户数\n甲,1\n,\n , \n乙,2\n", encoding="utf-8")
    assert [(item.name, item.row) for item in schemes_from_table(read_table(path))] == [
        ("甲", 2),
        ("乙", 5),
    ]
    path.write_text("项目名称,户数\n,\n", encoding="utf-8")
    with pytest.raises(InputError):
        schemes_from_table(read_table(path))


def test_a_scheme_without_a_name_has_its_row(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("户数\n1\n", encoding="utf-8")
    assert schemes_from_table(read_table(path))[0].name == "rows.csv#2"


@pytest.mark.parametrize("date", ["", "2026", "2026-6-30", "30.6.2026", "2026-02-30", "heute"])
def test_dates(date):
    with pytest.raises(UsageError) as caught:
        parse_date(date)
    assert caught.value.exit_code == 2
    assert parse_date(" 2026-06-30 ") == dt.date(2026, 6, 30)


def test_a_file_too_large():
    with pytest.raises(SchemaError):
        scheme_from_toml(b"#" * 1_000_001, "scheme.toml")


VALUES = st.one_of(
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.lists(st.text(max_size=3), max_size=2),
)


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


@settings(max_examples=examples(200), deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES, max_size=6))
def test_any_toml_is_read_or_refused_in_words(fields):
    content = "".join(f"{name} = {toml_value(value)}\n" for name, value in fields.items())
    refusal = None
    try:
        (found,) = scheme_from_toml(content.encode("utf-8", "replace"), "scheme.toml")
    except FacilityPlanError as error:
        refusal = error
    if refusal is None:
        findings = review(found, ZHENGZHOU)
        json.dumps([item.as_dict() for item in findings], allow_nan=False)
    else:
        assert refusal.exit_code == 3
        assert all(len(refusal.render(lang).splitlines()) >= 2 for lang in ("zh", "en"))


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(content):
    with contextlib.suppress(InputError):
        assert scheme_from_toml(content, "scheme.toml")


def test_no_households_at_all_is_no_pass():
    findings = review(scheme(status="new", households=0, elder_floor_area_m2=0), XUCHANG)
    findings = [
        item
        for item in findings
        if item.duty_holder == "developer" and item.modality == "mandatory"
    ]
    assert [item.formula["id"] for item in findings] == ["reason.households_zero"]
    assert not complies(findings)
