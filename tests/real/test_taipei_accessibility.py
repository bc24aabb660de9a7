"""Beds in reach of Taipei's villages: real beds, real elders, against a loop over everything."""

import importlib.util
import math

import numpy as np
import pytest

import facilityplan as fp
from facilityplan.coverage import (
    DemandPoints,
    PointRule,
    gini,
    straight_pairs,
    two_step,
)
from facilityplan.layers import points_of

pytestmark = pytest.mark.real

REACH_M = 3000.0


@pytest.fixture(scope="module")
def villages(copied, shared):
    folder = copied("taipei")
    spec = importlib.util.spec_from_file_location("make_zones", folder / "make_zones.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    source = shared / "taipei" / "villages_5year_ages.geojson"
    maker.main(str(source), str(folder / "zones.gpkg"))
    city = fp.open_project(folder)
    zones = city.zones[city.zones["level"] == "village"]
    homes = city.facilities
    return (
        points_of(zones.geometry),
        zones["elders_65"].to_numpy(float),
        points_of(homes.geometry),
        homes["beds"].to_numpy(float),
    )


def test_beds_in_reach_of_the_villages(villages):
    at, elders, homes, beds = villages
    n = len(at)
    assert (n, elders.sum(), len(homes), beds.sum()) == (456, 574458, 94, 5192)
    rules = (PointRule.INNER_POINT,) * n
    pairs = straight_pairs(DemandPoints(at, np.arange(n), rules), homes, n, REACH_M)
    found = two_step(pairs, beds, elders, catchment_m=REACH_M)
    ratio = []
    for (x, y), own in zip(homes, beds, strict=True):
        near = [
            e for (u, v), e in zip(at, elders, strict=True) if math.dist((x, y), (u, v)) <= REACH_M
        ]
        ratio.append(own / sum(near))
    want = [
        sum(
            r
            for (x, y), r in zip(homes, ratio, strict=True)
            if math.dist((x, y), (u, v)) <= REACH_M
        )
        for u, v in at
    ]
    assert found.value == pytest.approx(want, rel=1e-12)
    assert not found.nobody.any()
    assert math.fsum(found.value * elders) == pytest.approx(5192, rel=1e-9)
    mean = (found.value * elders).sum() / elders.sum() * 1000
    assert mean == pytest.approx(9.0381, abs=5e-5), "the city's own beds per 1000 elders"
    apart = np.abs(found.value[:, None] - found.value[None, :]) * np.outer(elders, elders)
    rough = apart.sum() / elders.sum() ** 2 / (2 * mean / 1000)
    assert gini(found.value, elders) == pytest.approx(rough, rel=1e-9)
