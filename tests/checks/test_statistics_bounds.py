"""Verdicts over missing figures, against every way in which the blanks could be filled.

The oracle fills the blanks one by one, divides whole numbers, and looks whether all agree.
"""

import datetime as dt
import itertools
import json
from fractions import Fraction

from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.checks import wording

FEW = settings(max_examples=examples(60), deadline=None)
CITY = {"id": "市", "box": (0, 0, 100, 100), "level": "city"}
MANY = 10**7
SIGNS = st.sampled_from([">=", ">", "<=", "<"])
LIMITS = st.sampled_from([Fraction(1, 5), Fraction(3, 10), Fraction(1, 2), Fraction(3, 5)])


def holds(sign, value, limit):
    return {
        ">=": value >= limit,
        ">": value > limit,
        "<=": value <= limit,
        "<": value < limit,
    }[sign]


def expected(outcomes):
    """One verdict for all fillings, or none: a share of nothing is no verdict either."""
    said = set(outcomes)
    if said == {True}:
        return "compliant"
    return "non_compliant" if said == {False} else "insufficient_data"


def share(sign, limit, fillings):
    for parts in fillings:
        whole = sum(part[1] for part in parts)
        yield None if whole == 0 else holds(sign, Fraction(sum(p[0] for p in parts), whole), limit)


def sayable(finding):
    json.dumps(finding.as_dict(), allow_nan=False)
    for lang in ("zh", "en"):
        assert "{" not in wording.formula_text(finding, lang)
    if finding.verdict == "insufficient_data":
        assert finding.margin is None
    else:
        assert (finding.margin >= 0) or finding.verdict == "non_compliant"


def home(number, **cells):
    return {
        "id": f"f{number}",
        "kind": "elder_home",
        "status": "运营",
        "at": (5 + number, 5),
        **cells,
    }


small = st.none() | st.integers(0, 4)


def fill_nursing(beds, nursing):
    """Return the (nursing beds, beds) that a home with blanks may have."""
    if beds is not None and nursing is not None:
        return [(nursing, beds)]
    if beds is not None:
        return [(0, beds), (beds, beds)]
    if nursing is not None:
        return [(nursing, nursing), (nursing, nursing + 1), (nursing, MANY)]
    return [(0, 0), (0, MANY), (MANY, MANY), (1, 1)]


@FEW
@given(st.lists(st.tuples(small, small), max_size=4), SIGNS, LIMITS)
def test_nursing_beds_over_beds(judge_made, homes, sign, limit):
    homes = [
        (beds, nursing if beds is None or nursing is None else min(nursing, beds))
        for beds, nursing in homes
    ]
    found = judge_made(
        {
            "measure": "share_of_beds",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "parameters": {"nursing": True},
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, kind="meal_point", status="停业")]
        + [home(at, beds=b, nursing_beds=n) for at, (b, n) in enumerate(homes)],
    )["市"]
    fillings = itertools.product(*(fill_nursing(*row) for row in homes))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)
    if found.verdict == "insufficient_data" and homes:
        blank = [f"f{at}" for at, row in enumerate(homes) if None in row and row[0] != 0]
        assert found.evidence.get("missing", []) == blank


def fill_operator(beds, operator, asked):
    sizes = [beds] if beds is not None else [0, 1, MANY]
    whole = [operator in asked] if operator is not None else [True, False]
    return [(size if mine else 0, size) for size in sizes for mine in whole]


operators = st.sampled_from([None, "public", "private", "public_built_private_run"])


@FEW
@given(st.lists(st.tuples(small, operators), max_size=4), SIGNS, LIMITS)
def test_beds_run_so_over_beds(judge_made, homes, sign, limit):
    asked = {"private", "public_built_private_run"}
    found = judge_made(
        {
            "measure": "share_of_beds",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "kinds": ("elder_home",),
            "parameters": {"operators": sorted(asked)},
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, kind="meal_point", beds=50)]
        + [home(at, beds=b, operator=o) for at, (b, o) in enumerate(homes)],
    )["市"]
    fillings = itertools.product(*(fill_operator(b, o, asked) for b, o in homes))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)


@FEW
@given(
    st.lists(st.tuples(operators, st.sampled_from([None, True, False])), max_size=4),
    SIGNS,
    LIMITS,
)
def test_facilities_among_those_run_so(judge_made, homes, sign, limit):
    among = {"public", "public_built_private_run"}
    found = judge_made(
        {
            "measure": "share_of_facilities",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "kinds": ("elder_home",),
            "parameters": {"among_operators": sorted(among), "medical_care": True},
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, kind="meal_point")]
        + [home(at, operator=o, medical_care=m) for at, (o, m) in enumerate(homes)],
    )["市"]

    def fill(operator, medical):
        inside = [operator in among] if operator is not None else [True, False]
        cared = [medical] if medical is not None else [True, False]
        return [(int(a and c), int(a)) for a in inside for c in cared]

    fillings = itertools.product(*(fill(*row) for row in homes))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)


settings_said = st.sampled_from([None, "urban", "rural"])
places = st.sampled_from(["none", "counts", "unknown kind", "another kind"])


@FEW
@given(st.lists(st.tuples(settings_said, places, small), max_size=4), SIGNS, LIMITS)
def test_zones_covered_over_zones(judge_made, zones, sign, limit):
    """Urban communities of at least two persons, of which some have a day-care centre."""
    rows = [
        {
            "id": f"z{at}",
            "box": (10 * at, 0, 10 * at + 10, 10),
            "level": "community",
            "setting": setting,
            "population": persons,
        }
        for at, (setting, _, persons) in enumerate(zones)
    ]
    kinds = {"counts": "day_care", "unknown kind": None, "another kind": "meal_point"}
    facilities = [home(99, kind="meal_point", at=(95, 95))] + [
        home(at, kind=kinds[place], at=(10 * at + 5, 5))
        for at, (_, place, _) in enumerate(zones)
        if place in kinds
    ]
    found = judge_made(
        {
            "measure": "coverage_share",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "kinds": ("day_care",),
            "parameters": {"of_level": "community", "of_setting": "urban", "min_population": 2},
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY, *rows],
        facilities=facilities,
    )["市"]

    def fill(setting, place, persons):
        urban = [setting == "urban"] if setting else [True, False]
        enough = [persons >= 2] if persons is not None else [True, False]
        has = [True, False] if place == "unknown kind" else [place == "counts"]
        return [(int(u and e and h), int(u and e)) for u in urban for e in enough for h in has]

    fillings = itertools.product(*(fill(*row) for row in zones))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)


statuses = st.sampled_from([None, "existing", "new"])
areas = st.sampled_from([None, 29, 30, 31])


@FEW
@given(st.lists(st.tuples(statuses, areas, st.booleans()), max_size=4), SIGNS, LIMITS)
def test_estates_that_comply_over_estates(judge_made, estates, sign, limit):
    """New estates of 100 households with 30 square metres each; half are approved too early."""
    rate = {
        "measure": "floor_area_per_100_households",
        "category": "scheme",
        "comparator": ">=",
        "value": 30.0,
        "unit": "m2_per_100_households",
        "parameters": {"part": "rate"},
        "applies_to": {"status": ("new",)},
    }
    residences = [
        {
            "id": f"r{at}",
            "box": (10 * at, 0, 10 * at + 9, 9),
            "status": status,
            "households": 100,
            "approved": "2021-01-01" if late else "2019-12-31",
        }
        for at, (status, _, late) in enumerate(estates)
    ]
    premises = [
        home(at, kind="day_care", at=(10 * at + 5, 5), floor_area_m2=area)
        for at, (_, area, _) in enumerate(estates)
    ]
    found = judge_made(
        {
            "measure": "compliance_rate",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "parameters": {
                "of_measure": "floor_area_per_100_households",
                "of_status": "new",
                "approved_from": dt.date(2020, 1, 1),
            },
            "applies_to": {"level": ("city",)},
        },
        beside=[rate],
        zones=[CITY],
        residences=[
            *residences,
            {"id": "旧", "box": (80, 80, 90, 90), "status": "existing", "households": 9},
        ],
        facilities=[home(99, kind="day_care", at=(95, 95)), *premises],
    )["市"]

    def fill(status, area, late):
        new = [status == "new"] if status else [True, False]
        # An estate whose status is not known is not judged by its area at all.
        keeps = [True, False] if area is None or status is None else [area >= 30]
        return [(int(n and late and k), int(n and late)) for n in new for k in keeps]

    fillings = itertools.product(*(fill(*row) for row in estates))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)


@FEW
@given(st.lists(st.tuples(small, small), max_size=3), SIGNS, LIMITS)
def test_residents_over_beds(judge_made, homes, sign, limit):
    found = judge_made(
        {
            "measure": "occupancy",
            "comparator": sign,
            "value": float(limit),
            "unit": "share",
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, kind="meal_point", status="停业")]
        + [home(at, beds=b, residents=r) for at, (b, r) in enumerate(homes)],
    )["市"]
    open_ = [0, 1, MANY]

    def fill(beds, residents):
        return [
            (r, b)
            for r in ([residents] if residents is not None else open_)
            for b in ([beds] if beds is not None else open_)
        ]

    fillings = itertools.product(*(fill(*row) for row in homes))
    assert found.verdict == expected(share(sign, limit, fillings))
    sayable(found)


@FEW
@given(
    st.lists(
        st.tuples(small, st.sampled_from([None, "elder_home", "meal_point"]), st.booleans()),
        max_size=4,
    ),
    SIGNS,
    st.integers(0, 8),
)
def test_beds_in_all(judge_made, homes, sign, limit):
    found = judge_made(
        {
            "measure": "total",
            "comparator": sign,
            "value": float(limit),
            "unit": "beds",
            "kinds": ("elder_home",),
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, kind="meal_point")]
        + [
            home(at, beds=b, kind=k, at=(5 + at, 5) if inside else (500, 5))
            for at, (b, k, inside) in enumerate(homes)
        ],
    )["市"]

    def fill(beds, kind, inside):
        if kind == "meal_point" or not inside:
            return [0]
        own = [beds] if beds is not None else [0, MANY]
        return own if kind else [0, *own]

    sums = [sum(parts) for parts in itertools.product(*(fill(*row) for row in homes))]
    if not any(sums):
        # no bed anywhere: a region without beds and a table without them look the same
        assert found.verdict == "insufficient_data"
        return
    assert found.verdict == expected(holds(sign, total, limit) for total in sums)
    sayable(found)


@FEW
@given(
    st.lists(
        st.tuples(small, st.sampled_from([None, 2017, 2018, 2020, 2021])),
        max_size=4,
    ),
    SIGNS,
    st.integers(0, 8),
)
def test_beds_added_in_years(judge_made, homes, sign, limit):
    found = judge_made(
        {
            "measure": "increment",
            "comparator": sign,
            "value": float(limit),
            "unit": "beds",
            "parameters": {"from_year": 2018, "to_year": 2020},
            "applies_to": {"level": ("city",)},
        },
        zones=[CITY],
        facilities=[home(9, status="停业")]
        + [home(at, beds_added=b, beds_added_year=y) for at, (b, y) in enumerate(homes)],
    )["市"]

    def fill(added, year):
        inside = [2018 <= year <= 2020] if year is not None else [True, False]
        own = [added] if added is not None else [0, MANY]
        return [b if i else 0 for b in own for i in inside]

    fillings = itertools.product(*(fill(*row) for row in homes))
    assert found.verdict == expected(holds(sign, sum(parts), limit) for parts in fillings)
    sayable(found)
