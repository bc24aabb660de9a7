"""The worked cases of facilityplan/standards/cases, each built into a tiny city and judged."""

import datetime as dt
import math
import tomllib
from importlib import resources

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from facilityplan import checks, layers, standards, subsidy
from facilityplan.checks import wording
from facilityplan.network import Network

CRS = "EPSG:4547"
FOLDER = resources.files("facilityplan.standards") / "cases"
FILES = sorted((item for item in FOLDER.iterdir()), key=lambda item: item.name)
LAYERS = ("zones", "residences", "facilities", "parcels")
TABLES = ("indicators", "milestones", "clocks", "deliveries", "register", "subsidy_facts")
CASE_KEYS = {
    "clause",
    "name",
    "as_of",
    "given",
    "expect",
    "readings",
    "named_areas",
    "facilities_complete",
}
EXPECT_KEYS = {
    "verdict",
    "value",
    "required",
    "margin",
    "unit",
    "clause",
    "reason",
    "standing",
    "modality",
    "readings_differ",
}


SUBSIDY_KEYS = {"status", "yuan", "missing"}


def read_cases(kind="case"):
    for file in FILES:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        document_id = file.name.removesuffix(".toml")
        for number, case in enumerate(table.get(kind, ()), start=1):
            filled = {"as_of": table["as_of"], **case, "document": document_id}
            yield pytest.param(filled, id=f"{case['clause']}-{number}")


CASES = list(read_cases())
SUBSIDIES = list(read_cases("subsidy"))


def repeated(rows):
    """A row with ``times`` stands for so many of its kind, their ids numbered."""
    for row in rows:
        alike = {key: cell for key, cell in row.items() if key != "times"}
        for number in range(1, row["times"] + 1) if "times" in row else ():
            yield alike | {"id": f"{row['id']}{number}"}
        if "times" not in row:
            yield alike


def frame(layer, given):
    rows = list(repeated(given))
    wanted = set(layers.LAYERS[layer].columns) | {"at", "box"}
    columns = sorted({key for row in rows for key in row} - {"at", "box"})
    assert set(columns) <= wanted, sorted(set(columns) - wanted)
    cells = {name: [row.get(name) for row in rows] for name in columns}
    if layer == "zones":
        cells.setdefault("name", cells["id"])
    for name, column in layers.LAYERS[layer].columns.items():
        if column.required and column.may_be_blank:
            cells.setdefault(name, [None] * len(rows))
    if layer in TABLES:
        raw = gpd.GeoDataFrame(cells, geometry=[None] * len(rows))
        return layers.conform(raw, layer, kinds=standards.kind_words())
    shapes = [Point(row["at"]) if "at" in row else box(*row["box"]) for row in rows]
    raw = gpd.GeoDataFrame(cells, geometry=shapes, crs=CRS)
    return layers.conform(raw, layer, kinds=standards.kind_words())


def city_of(case):
    given = case["given"]
    assert set(given) <= {*LAYERS, *TABLES, "roads"}
    return layers.City(
        case["name"],
        CRS,
        case["as_of"],
        {layer: frame(layer, rows) for layer, rows in given.items() if layer != "roads"},
        facilities_complete=case.get("facilities_complete", True),
        named_areas=case.get("named_areas", {}),
        readings=case.get("readings", {}),
    )


def network_of(case):
    """Roads are lines that people walk on, given by their points."""
    if "roads" not in case["given"]:
        return None
    return Network.from_lines([LineString(row["line"]) for row in case["given"]["roads"]])


def judge(case):
    resolved = standards.resolve([standards.load(case["document"])], case["as_of"])
    return checks.assess(city_of(case), resolved, network_of(case))


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    expect = case["expect"]
    assert set(case) - {"document"} <= CASE_KEYS
    assert set(expect) <= EXPECT_KEYS
    clause = expect.get("clause", case["clause"])
    findings = [item for item in judge(case) if item.clause_id == clause]
    if "unit" in expect:
        findings = [item for item in findings if item.unit_id == expect["unit"]]
    if expect["verdict"] == "none":
        assert findings == []
        return
    (finding,) = findings
    assert finding.verdict == expect["verdict"], finding
    for key in ("value", "required", "margin"):
        found = getattr(finding, key)
        if key in expect:
            assert checks.tidy(found) == expect[key], key
        elif key != "margin" and expect["verdict"] != "insufficient_data":
            assert found is None, key
    if expect["verdict"] in {"insufficient_data", "not_applicable"}:
        assert finding.formula["id"] == f"reason.{expect['reason']}"
        assert finding.margin is None
    for key in ("standing", "modality"):
        if key in expect:
            assert getattr(finding, key) == expect[key]
    if "readings_differ" in expect:
        assert ("readings" in finding.evidence) == expect["readings_differ"]


@pytest.mark.parametrize("case", CASES)
def test_case_is_sayable(case):
    for finding in judge(case):
        plain = finding.as_dict()
        assert all(isinstance(key, str) for key in plain)
        for lang in ("zh", "en"):
            words = [
                wording.verdict_text(finding, lang),
                wording.formula_text(finding, lang),
                wording.value_text(finding, lang),
                wording.required_text(finding, lang),
                wording.margin_text(finding, lang),
            ]
            assert all(words), finding
            assert "{" not in "".join(words)


@pytest.mark.parametrize("case", SUBSIDIES)
def test_subsidy(case):
    expect = case["expect"]
    assert set(case) - {"document"} <= CASE_KEYS
    assert set(expect) <= SUBSIDY_KEYS
    resolved = standards.resolve([standards.load(case["document"])], case["as_of"])
    found = subsidy.subsidies(city_of(case), resolved)
    (award,) = [item for item in found if item.clause_id == case["clause"]]
    assert award.status == expect["status"], award
    assert award.yuan == expect.get("yuan")
    assert list(award.missing) == expect.get("missing", [])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_case_file_belongs_to_a_document(file):
    document = standards.load(file.name.removesuffix(".toml"))
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(table) - {"subsidy"} == {"as_of", "case"}
    assert isinstance(table["as_of"], dt.date)
    known = {clause.id for clause in document.clauses}
    cases = [*table["case"], *table.get("subsidy", ())]
    assert {case["clause"] for case in cases} <= known
    names = [case["name"] for case in cases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("document_id", standards.document_files())
def test_every_encoded_clause_has_its_cases(document_id):
    """A clause that something is judged by: three cases, or one where the text has no number."""
    numbers = {}
    for param in CASES:
        case = param.values[0]
        if case["document"] == document_id:
            numbers[case["clause"]] = numbers.get(case["clause"], 0) + 1
    short = {
        clause.id: numbers.get(clause.id, 0)
        for clause in standards.load(document_id).clauses
        if clause.measure in checks.MEASURES
        and numbers.get(clause.id, 0) < (3 if clause.is_numeric else 1)
    }
    assert short == {}


def cases_of(clause_id):
    return [param.values[0] for param in CASES if param.values[0]["clause"] == clause_id]


NUMERIC = {
    clause.id
    for document_id in standards.document_files()
    for clause in standards.load(document_id).clauses
    if clause.is_numeric
} - {"JG01b"}
"""Clauses with a number; JG01b counts those up to a standard that its document does not give."""

UNVERIFIED = {
    clause.id
    for document_id in standards.document_files()
    for clause in standards.load(document_id).clauses
    if not standards.load(document_id).is_verified
}


@pytest.mark.parametrize(
    "clause_id", sorted({param.values[0]["clause"] for param in CASES} & NUMERIC)
)
def test_cases_stand_on_both_sides(clause_id):
    """Cases of a clause with a number show a pass and a miss."""
    verdicts = {case["expect"]["verdict"] for case in cases_of(clause_id)}
    if clause_id in UNVERIFIED:
        assert verdicts == {"insufficient_data"}
        return
    assert verdicts >= {"compliant", "non_compliant"}


def test_figures_of_xuchang_agree():
    """2020: 24,900 beds for 862,700 elders; 2025: 33,800 beds for more than a million."""
    clause = standards.load("xuchang-2022-33").clause
    beds, elders, people = clause("XC09"), clause("XC19a"), clause("XC19b")
    assert (beds.base_year, elders.base_year) == (2020, 2020)
    assert round(beds.base_value * 1000 / elders.base_value, 2) == 28.86
    assert beds.limit * 1000 / clause("XC19d").base_value == 33.8
    assert round(elders.base_value / people.base_value, 3) == clause("XC19c").base_value
    assert people.base_value * clause("XC01").limit / 10_000 == pytest.approx(87.6)


@pytest.mark.parametrize("case", [p for p in CASES if p.values[0]["clause"] in {"ZZ05a", "ZZ10"}])
def test_rows_may_come_in_any_order(case):
    turned = {
        **case,
        "given": {layer: rows[::-1] for layer, rows in case["given"].items()},
    }

    def plain(found):
        return [{**item.as_dict(), "evidence": None} for item in found]

    assert plain(judge(case)) == plain(judge(turned))


def test_other_ages_stand_beside_the_one_judged():
    case = next(case for case in cases_of("ZZ10") if case["expect"].get("value") == 40)
    (finding,) = [item for item in judge(case) if item.clause_id == "ZZ10"]
    assert finding.evidence["basis"] == "elders_60"
    assert math.isclose(finding.evidence["other_bases"]["elders_65"], 800 * 1000 / 14000)
    assert finding.evidence["beds_required"] == 800
