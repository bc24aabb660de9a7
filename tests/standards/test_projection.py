"""Persons at base and horizon, against sums done by hand with Xuchang's figures."""

import datetime as dt
import math

import geopandas as gpd
import pytest
from shapely.geometry import box

from facilityplan import layers, standards
from facilityplan.checks import Context
from facilityplan.project.requirements import RequirementsResult, requirements_of
from facilityplan.standards.projection import (
    Growth,
    figures_of,
    growth_of,
    project,
    required,
    requirement,
    yearly_rate,
)

XUCHANG = standards.load("xuchang-2022-33")
ZHENGZHOU = standards.load("zhengzhou-2018-34")


def test_xuchangs_own_figures():
    found = {(item.basis, item.year): item for item in figures_of(XUCHANG)}
    assert found["elders_60", 2020].persons == 862_700
    assert found["population", 2020].persons == 4_380_000
    assert found["elders_60", 2025].persons == 1_000_000
    assert found["elders_60", 2025].at_least
    # 86.27 of 438 is the 19.70 % that the document says.
    share = found["elders_60", 2020].persons / found["population", 2020].persons
    assert round(share, 4) == 0.1970


def test_xuchangs_growth():
    growth = growth_of(figures_of(XUCHANG))
    # (1,000,000 / 862,700) to the fifth root is 1.029978: 2.9978 % a year.
    assert growth["elders_60"].rate == pytest.approx(0.029978, abs=1e-6)
    assert growth["elders_60"].at_least
    assert "population" not in growth


def test_xuchangs_elders_reach_the_million_in_2025():
    growth = growth_of(figures_of(XUCHANG))["elders_60"]
    assert project("elders_60", 862_700, 2020, 2025, growth).persons == pytest.approx(1_000_000)
    # Two years: 862,700 x 1.029978 x 1.029978 = 915,199.
    assert project("elders_60", 862_700, 2020, 2022, growth).persons == pytest.approx(
        915_198, abs=2
    )


def test_no_rate_no_projection():
    assert project("population", 4_380_000, 2020, 2025, None).persons is None
    assert project("population", 4_380_000, 2020, 2020, None).persons == 4_380_000
    with pytest.raises(ValueError):
        project("population", 4_380_000, 2020, 2019, None)


@pytest.mark.parametrize(
    ("document", "clause", "persons", "expected"),
    [
        (ZHENGZHOU, "ZZ01", 100_000, (10_000, "m2")),
        (XUCHANG, "XC01", 100_000, (20_000, "m2")),
        (XUCHANG, "XC01", 4_380_000, (876_000, "m2")),
        (ZHENGZHOU, "ZZ10", 20_000, (800, "beds")),
        (standards.load("jiyuan-2017-73"), "JY11", 20_000, (700, "beds")),
        (ZHENGZHOU, "ZZ02a", 100, None),
    ],
)
def test_required_by_person(document, clause, persons, expected):
    assert required(document.clause(clause), persons) == expected


def test_unknown_persons_are_not_zero():
    for persons in ({}, {"population": math.nan}, {"population": 0.0}):
        found = requirement(
            XUCHANG.clause("XC01"), "许昌市", persons, base_year=2020, horizon=2025, growth={}
        )
        assert (found.base_required, found.required, found.projection) == (None, None, None)
    with pytest.raises(ValueError):
        required(XUCHANG.clause("XC01"), math.nan)


def test_rates_of_impossible_figures():
    for figures in ((0, 2020, 1, 2021), (1, 2020, 0, 2021), (1, 2021, 1, 2021), (1, 2021, 1, 2020)):
        with pytest.raises(ValueError):
            yearly_rate(*figures)


def zones_of(as_of, horizon, **columns):
    cells = {"id": ["Z"], "name": ["某市"], "level": ["city"]}
    cells |= {name: [value] for name, value in columns.items()}
    raw = gpd.GeoDataFrame(cells, geometry=[box(0, 0, 1000, 1000)], crs="EPSG:4547")
    frames = {"zones": layers.conform(raw, "zones")}
    return layers.City("某市", "EPSG:4547", as_of, frames, horizon=horizon)


def test_a_project_side_by_side():
    as_of = dt.date(2020, 6, 30)
    city = zones_of(as_of, 2030, population=100_000, elders_60=20_000)
    context = Context(city, standards.resolve([ZHENGZHOU], as_of))
    found = {item.clause_id: item for item in requirements_of(context, {"elders_60": 0.03})}
    beds, land = found["ZZ10"], found["ZZ01"]
    assert beds.base_required == 800
    # 20,000 x 1.03 to the tenth (1.343916) = 26,878.3; 40 per 1000 of them: 1,075.13 beds.
    assert beds.required == pytest.approx(1075.13, abs=0.01)
    assert (land.base_required, land.required) == (10_000, None)
    for lang in ("zh", "en"):
        table = RequirementsResult(tuple(found.values()), lang).table()
        assert len(table) == len(found)
        assert "1075.133" in table.to_string()
    with pytest.raises(ValueError, match="elders_61"):
        requirements_of(context, {"elders_61": 0.03})


def test_the_rate_of_the_documents_where_they_have_one():
    as_of = dt.date(2022, 12, 31)
    city = zones_of(as_of, 2025, population=100_000, elders_60=20_000)
    own = standards.load("xuchang-2022-33")
    beds = ZHENGZHOU.clause("ZZ10").model_copy(update={"document_id": own.id})
    mixed = own.model_copy(update={"clauses": (*own.clauses, beds)})
    (found,) = [
        item
        for item in requirements_of(Context(city, standards.resolve([mixed], as_of)))
        if item.clause_id == "ZZ10"
    ]
    assert found.projection.growth == Growth(
        "elders_60", pytest.approx(0.029978, abs=1e-6), "XC19a, XC19d", at_least=True
    )
