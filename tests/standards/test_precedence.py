"""One rule between documents: level, newer, special, stricter; same parameter only."""

import datetime as dt
import itertools

import geopandas as gpd
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards
from facilityplan.errors import StandardConflictError
from facilityplan.standards import Standing, Unit

RADIUS = "service_radius"
ANYWHERE = Unit(setting="urban", status="existing")


def document(
    tmp_path,
    document_id,
    clauses,
    *,
    level="municipal_document",
    jurisdiction="410100",
    in_force="2020-01-01",
    extra="",
):
    content = f"""
[document]
id = "{document_id}"
short = "{document_id}"
number = "{document_id}"
title = "{document_id}"
title_en = "{document_id}"
issuer = "甲"
level = "{level}"
place = "甲"
jurisdiction = "{jurisdiction}"
issued = {in_force}
in_force = {in_force}
confidence = "A"
{extra}
"""
    for clause_id, rest in clauses.items():
        measure = RADIUS if "measure =" not in rest else ""
        content += f"""
[[clause]]
id = "{clause_id}"
group = "{clause_id}"
number = "一"
title = "{clause_id}"
title_en = "{clause_id}"
quote = "原文"
category = "spatial"
duty_holder = "bureau"
{"" if "modality =" in rest else 'modality = "mandatory"'}
{f'measure = "{measure}"' if measure else ""}
{rest}
"""
    path = tmp_path / f"{document_id}.toml"
    path.write_text(content, encoding="utf-8")
    return standards.read_document(path)


def radius(value, rest=""):
    return f'comparator = "<="\nvalue = {value}\nunit = "m"\n{rest}'


def winner(documents, unit=ANYWHERE, as_of=dt.date(2024, 1, 1)):
    adopted = standards.resolve(documents, as_of).binding(RADIUS, unit)
    (only,) = adopted
    return only.clause.id, {item.clause_id: item.reason for item in only.set_aside}


def test_level_goes_before_all(tmp_path):
    levels = {
        "law": "000000",
        "provincial_regulation": "410000",
        "mandatory_national_standard": "000000",
        "municipal_document": "410100",
        "recommended_standard": "000000",
    }
    documents = [
        # The stronger, the older, the more general and the laxer.
        document(
            tmp_path,
            f"d{rank}",
            {f"C{rank}": radius(900 - 100 * rank)},
            level=level,
            jurisdiction=place,
            in_force=f"20{10 + rank}-01-01",
        )
        for rank, (level, place) in enumerate(levels.items())
    ]
    for stronger, weaker in itertools.combinations(range(5), 2):
        pair = [documents[weaker], documents[stronger]]
        assert winner(pair) == (f"C{stronger}", {f"C{weaker}": "lower_level"})
    assert winner(documents)[0] == "C0"


def test_then_newer_then_special_then_stricter(tmp_path):
    old = document(tmp_path, "old", {"OLD": radius(300)}, in_force="2018-01-01")
    new = document(tmp_path, "new", {"NEW": radius(500)}, in_force="2019-01-01")
    assert winner([old, new]) == ("NEW", {"OLD": "older"})
    special = {
        "GEN": radius(300),
        "SPEC": radius(500, 'applies_to = { setting = ["urban"] }'),
        "SPEC2": radius(700, 'applies_to = { setting = ["urban"], status = ["existing"] }'),
    }
    found = winner([document(tmp_path, "one", special)])
    assert found == ("SPEC2", {"GEN": "more_general", "SPEC": "more_general"})
    county = document(tmp_path, "county", {"CTY": radius(600)}, jurisdiction="410105")
    city = document(tmp_path, "city", {"CIT": radius(500)}, jurisdiction="410100")
    assert winner([city, county]) == ("CTY", {"CIT": "more_general"})
    same = {"A": radius(500), "B": radius(300), "C": radius(300)}
    assert winner([document(tmp_path, "two", same)]) == (
        "B",
        {"A": "less_strict", "C": "same_demand"},
    )


def test_a_clauses_own_date_counts(tmp_path):
    early = document(tmp_path, "early", {"E": radius(500, "in_force = 2023-01-01")})
    late = document(tmp_path, "late", {"L": radius(500)}, in_force="2022-01-01")
    assert winner([early, late])[0] == "E"


def test_stricter_means_larger_where_more_is_wanted(tmp_path):
    beds = 'measure = "beds_per_1000"\ncomparator = ">="\nunit = "beds_per_1000_elders"\n'
    beds += 'basis = { elders = "elders_60" }\n'
    two = document(tmp_path, "two", {"A": f"{beds}value = 35", "B": f"{beds}value = 40"})
    (only,) = standards.resolve([two], dt.date(2024, 1, 1)).binding("beds_per_1000", ANYWHERE)
    assert only.clause.id == "B"


def test_another_parameter_stands_beside(tmp_path):
    kinds = {
        "DAY": radius(300, 'kinds = ["day_care"]'),
        "MEAL": radius(500, 'kinds = ["meal_point"]'),
        "DAY2": radius(400, 'kinds = ["day_care"]'),
    }
    found = standards.resolve([document(tmp_path, "one", kinds)], dt.date(2024, 1, 1)).binding(
        RADIUS, ANYWHERE
    )
    assert [item.clause.id for item in found] == ["DAY", "MEAL"]


AREA = (
    'measure = "floor_area_per_100_households"\ncomparator = ">="\n'
    'unit = "m2_per_100_households"\nkinds = ["home_care_station", "day_care"]\n'
    'statuses = ["operating"]\nparameters = { part = "rate" }\n'
)


@pytest.fixture
def regulation(tmp_path):
    """A provincial regulation: 30 for new, 20 for existing residential areas, no least size."""
    return document(
        tmp_path,
        "a-province",
        {
            "PR1": f'{AREA}value = 30\napplies_to = {{ setting = ["urban"], status = ["new"] }}',
            "PR2": f'{AREA}value = 20\napplies_to = {{ setting = ["urban"], status = ["existing"] }}',
        },
        level="provincial_regulation",
        jurisdiction="410000",
        in_force="2022-10-01",
    )


def estate(households, area_m2):
    crs = "EPSG:4547"
    residences = gpd.GeoDataFrame(
        {"id": ["甲"], "setting": ["城市"], "status": ["已建"], "households": [households]},
        geometry=[box(0, 0, 100, 100)],
        crs=crs,
    )
    facilities = gpd.GeoDataFrame(
        {
            "id": ["站"],
            "kind": ["居家养老服务站点"],
            "status": ["运营"],
            "floor_area_m2": [area_m2],
        },
        geometry=[Point(50, 50)],
        crs=crs,
    )
    return layers.City(
        "甲",
        crs,
        dt.date(2024, 1, 1),
        {
            "residences": layers.conform(residences, "residences"),
            "facilities": layers.conform(facilities, "facilities", kinds=standards.kind_words()),
        },
    )


@pytest.mark.parametrize(
    ("households", "area_m2", "clause", "required", "verdict"),
    [
        (600, 199, "ZZ04b", 200, "non_compliant"),
        (600, 200, "ZZ04b", 200, "compliant"),
        (1500, 299, "PR2", 300, "non_compliant"),
        (1500, 300, "PR2", 300, "compliant"),
    ],
)
def test_a_regulation_with_a_rate_leaves_the_least_size(
    regulation, households, area_m2, clause, required, verdict
):
    city = estate(households, area_m2)
    both = [regulation, standards.load("zhengzhou-2018-34")]
    for documents in (both, both[::-1]):
        resolved = standards.resolve(documents, city.as_of)
        (finding,) = [
            item
            for item in checks.assess(city, resolved)
            if item.formula["id"].startswith("formula.floor_area")
        ]
        assert (finding.clause_id, finding.required, finding.verdict) == (clause, required, verdict)
        assert finding.evidence["clauses"] == ["PR2", "ZZ04b"]
        standing = {"ZZ04b": "term_over", "PR2": "in_force"}
        assert finding.standing == standing[clause]
        if clause == "PR2":
            assert finding.evidence["not_adopted"] == [
                {"clause": "ZZ04a", "reason": "lower_level", "by": "PR2"}
            ]


def test_a_regulation_fills_what_a_city_leaves_without_number(regulation):
    city = estate(600, 119)
    resolved = standards.resolve([standards.load("jiyuan-2017-73"), regulation], city.as_of)
    floor = [
        (item.clause_id, item.required, item.verdict.value)
        for item in checks.assess(city, resolved, measures={"floor_area_per_100_households"})
    ]
    assert floor == [("PR2", 120, "non_compliant")]


def test_the_regulation_is_not_there_before_its_day(regulation):
    documents = [regulation, standards.load("zhengzhou-2018-34")]
    before = standards.resolve(documents, dt.date(2022, 9, 30))
    assert {item.clause_id: item.reason for item in before.not_in_force} == {
        "PR1": "not_yet_in_force",
        "PR2": "not_yet_in_force",
    }
    assert "PR2" not in {clause.id for clause in before.clauses()}
    after = standards.resolve(documents, dt.date(2022, 10, 1))
    assert after.not_in_force == ()


def test_superseded_is_set_aside_and_says_by_what(tmp_path):
    clause = document(tmp_path, "one", {"A": radius(500, 'superseded_by = "B"'), "B": radius(400)})
    resolved = standards.resolve([clause], dt.date(2024, 1, 1))
    (aside,) = resolved.not_in_force
    assert (aside.clause_id, aside.reason, aside.by) == ("A", "superseded", "B")
    whole = document(tmp_path, "two", {"C": radius(500)}, extra='superseded_by = "three"')
    assert standards.resolve([whole], dt.date(2024, 1, 1)).clauses() == ()


# --- standing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause_id", "as_of", "standing"),
    [
        ("ZZ05a", dt.date(2020, 12, 31), Standing.IN_FORCE),
        ("ZZ05a", dt.date(2021, 1, 1), Standing.TERM_OVER),
        ("ZZ07", dt.date(2020, 12, 31), Standing.IN_FORCE),
        ("ZZ07", dt.date(2021, 1, 1), Standing.FOR_THE_RECORD),
        ("ZZ10", dt.date(2026, 6, 30), Standing.FOR_THE_RECORD),
        ("JY11", dt.date(2026, 6, 30), Standing.FOR_THE_RECORD),
        ("JY03", dt.date(2026, 6, 30), Standing.TERM_OVER),
        ("XC02", dt.date(2025, 12, 31), Standing.IN_FORCE),
        ("XC02", dt.date(2026, 1, 1), Standing.TERM_OVER),
    ],
)
def test_standing(clause_id, as_of, standing):
    short = {"ZZ": "zhengzhou-2018-34", "JY": "jiyuan-2017-73", "XC": "xuchang-2022-33"}
    read = standards.load(short[clause_id[:2]])
    assert standards.resolve([read], as_of).standing(read.clause(clause_id)) is standing


def test_a_target_inside_a_document_without_term(tmp_path):
    aim = radius(500, 'modality = "target"\ntarget_year = 2023')
    read = document(tmp_path, "one", {"T": aim})
    for day, standing in (
        (dt.date(2023, 12, 31), Standing.IN_FORCE),
        (dt.date(2024, 1, 1), Standing.FOR_THE_RECORD),
    ):
        assert standards.resolve([read], day).standing(read.clause("T")) is standing


# --- places -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "fits"),
    [
        (("410100", "410100"), True),
        (("410000", "410100"), True),
        (("000000", "410000", "410100", "410105"), True),
        (("410000", "419001"), True),
        (("410100", "411000"), False),
        (("410100", "419001"), False),
        (("410000", "140400"), False),
        (("410100", "410205"), False),
        (("000000", "410000", "410105", "410106"), False),
    ],
)
def test_only_places_that_contain_one_another(tmp_path, codes, fits):
    documents = [
        document(tmp_path, f"d{n}", {f"C{n}": radius(500)}, jurisdiction=code)
        for n, code in enumerate(codes)
    ]
    for order in itertools.permutations(documents):
        if fits:
            assert standards.resolve(order, dt.date(2024, 1, 1)).documents == tuple(documents)
        else:
            with pytest.raises(StandardConflictError) as caught:
                standards.resolve(order, dt.date(2024, 1, 1))
            assert caught.value.exit_code == 4


def test_three_cities_of_the_package_are_never_mixed():
    read = [standards.load(name) for name in ("zhengzhou-2018-34", "xuchang-2022-33")]
    with pytest.raises(StandardConflictError, match="zhengzhou-2018-34"):
        standards.resolve(read, dt.date(2024, 1, 1))


def test_one_clause_id_in_two_documents(tmp_path):
    read = [document(tmp_path, name, {"C": radius(500)}) for name in ("one", "two")]
    with pytest.raises(StandardConflictError) as caught:
        standards.resolve(read, dt.date(2024, 1, 1))
    assert caught.value.message == "standard_clause_twice"


# --- properties -------------------------------------------------------------------------------

LEVELS = [
    ("law", "000000"),
    ("provincial_regulation", "410000"),
    ("mandatory_national_standard", "000000"),
    ("municipal_document", "410100"),
    ("municipal_document", "410105"),
    ("recommended_standard", "000000"),
]


@st.composite
def sets_of_documents(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(LEVELS),
                st.integers(2015, 2019),
                st.sampled_from([300, 400, 500]),
                st.sampled_from(["", 'applies_to = { setting = ["urban"] }']),
            ),
            min_size=1,
            max_size=5,
        )
    )
    return rows, draw(st.permutations(range(len(rows))))


@settings(max_examples=examples(40), deadline=None)
@given(sets_of_documents())
def test_the_order_of_documents_means_nothing(tmp_path_factory, drawn):
    rows, order = drawn
    folder = tmp_path_factory.mktemp("documents")
    documents = [
        document(
            folder,
            f"d{n}",
            {f"C{n}": radius(value, scope)},
            level=level,
            jurisdiction=place,
            in_force=f"{year}-01-01",
        )
        for n, ((level, place), year, value, scope) in enumerate(rows)
    ]
    straight = winner(documents)
    assert winner([documents[n] for n in order]) == straight

    # The oracle: the tuples compared as the rule reads, the id last.
    names = [name for name, _ in LEVELS]

    def rank(n):
        (level, place), year, value, scope = rows[n]
        return (names.index(level), -year, -len(place.rstrip("0")), -bool(scope), value, f"C{n}")

    best = min(range(len(rows)), key=rank)
    assert straight[0] == f"C{best}"
    assert set(straight[1]) == {f"C{n}" for n in range(len(rows))} - {f"C{best}"}


@pytest.mark.parametrize(
    ("unit", "undetermined"),
    [
        (Unit("urban", "new"), ()),
        (Unit(None, "new"), ("setting",)),
        (Unit("urban", None), ("status",)),
        (Unit(None, None), ("setting", "status")),
        (Unit("rural", "new"), None),
        (Unit("rural", None), None),
        (Unit(None, "existing"), None),
    ],
)
def test_what_is_not_known_of_a_unit_is_said(tmp_path, unit, undetermined):
    rest = 'applies_to = { setting = ["urban"], status = ["new"] }'
    resolved = standards.resolve(
        [document(tmp_path, "one", {"A": radius(500, rest)})], dt.date(2024, 1, 1)
    )
    found = resolved.binding(RADIUS, unit)
    assert [item.undetermined for item in found] == ([] if undetermined is None else [undetermined])


@pytest.mark.parametrize(
    ("names", "adopted"),
    [
        (None, "B1"),
        (frozenset({"新郑市"}), "B1"),
        (frozenset({"金水区"}), "A1"),
        (frozenset(), "A1"),
    ],
)
def test_a_clause_on_named_places_binds_them_alone(tmp_path, names, adopted):
    named = {"B1": radius(500, 'applies_to = { places = ["新郑市", "巩义市"] }'), "A1": radius(500)}
    resolved = standards.resolve([document(tmp_path, "one", named)], dt.date(2024, 1, 1))
    (found,) = resolved.binding(RADIUS, Unit("urban", "new", names=names))
    assert found.clause.id == adopted
