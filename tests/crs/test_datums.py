import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan import crs
from facilityplan.errors import CrsError

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
METRES_PER_DEGREE = 111_320.0

# Away from the edge of the rectangle, where the shift stops at once and has no way back.
LON = st.floats(72.1, 137.7, allow_nan=False)
LAT = st.floats(0.9, 55.7, allow_nan=False)
PLACE = st.sampled_from(crs.DATUMS)


def distance_m(one, other):
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, one[1] - other[1]) * METRES_PER_DEGREE


def vectors():
    path = SHARED / "datum_vectors.csv"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("../shared/data is absent")
        pytest.skip("../shared/data is absent")
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.real
def test_published_vectors():
    rows = vectors()
    assert len(rows) == 10
    one_step = 0
    for row in rows:
        start = float(row["x_from"]), float(row["y_from"])
        end = float(row["x_to"]), float(row["y_to"])
        got = crs.convert(*start, row["from"], row["to"])
        off = max(abs(got[0] - end[0]), abs(got[1] - end[1]))
        if off <= float(row["tolerance_deg"]):
            continue
        # A published inverse that stopped after one step misses its own start; ours does not.
        one_step += 1
        assert (row["from"], row["to"]) == ("bd09", "gcj02")
        assert distance_m(crs.convert(*end, row["to"], row["from"]), start) > 0.02
        assert distance_m(crs.convert(*got, row["to"], row["from"]), start) < 1e-4
        assert off < 5e-7
    assert one_step == 1


@given(lon=LON, lat=LAT, source=PLACE, target=PLACE)
@settings(max_examples=examples(300), deadline=None)
def test_there_and_back(lon, lat, source, target):
    there = crs.convert(lon, lat, source, target)
    assert distance_m(crs.convert(*there, target, source), (lon, lat)) < 1e-4


@given(lon=LON, lat=LAT)
@settings(max_examples=examples(200), deadline=None)
def test_shift_has_its_known_size(lon, lat):
    shifted = crs.convert(lon, lat, "wgs84", "gcj02")
    assert 0 < distance_m((lon, lat), shifted) < 1800
    assert crs.convert(lon, lat, "wgs84", "cgcs2000") == (lon, lat)


def test_shift_at_the_five_cities():
    # Offsets measured apart from this code, in metres.
    known = {(112.60, 35.07): 550, (113.62, 34.75): 569, (113.12, 36.20): 600, (106.33, 35.49): 392}
    for place, offset_m in known.items():
        assert distance_m(place, crs.convert(*place, "wgs84", "gcj02")) == pytest.approx(
            offset_m, abs=25
        )


@pytest.mark.parametrize("lon", [105.0, 105.0 + 4e-13, 105.0 - 1e-13, 104.9999])
def test_way_back_ends_where_the_polynomial_has_no_derivative(lon):
    for lat in (35.0, 35.0 + 3e-13, 50.0):
        there = crs.convert(lon, lat, "wgs84", "gcj02")
        assert distance_m(crs.convert(*there, "gcj02", "wgs84"), (lon, lat)) < 1e-4


def test_arrays_keep_their_shape_and_equal_scalars():
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(73, 135, (4, 5)), rng.uniform(18, 53, (4, 5))
    lon[0, 0], lat[0, 0] = -104.99, 39.74
    before = lon.copy()
    x, y = crs.convert(lon, lat, "wgs84", "bd09")
    assert x.shape == y.shape == (4, 5)
    assert (lon == before).all()
    for at in np.ndindex(4, 5):
        assert (x[at], y[at]) == crs.convert(lon[at], lat[at], "wgs84", "bd09")
    empty = crs.convert(np.array([]), np.array([]), "gcj02", "wgs84")
    assert empty[0].shape == (0,)


def test_outside_china_nothing_moves():
    for place in [(-15.4, 28.1), (9.5, 47.1), (2.35, 48.85), (139.7, 35.7)]:
        assert crs.convert(*place, "wgs84", "gcj02") == place
        assert crs.convert(*place, "gcj02", "wgs84") == place


def test_refusals():
    with pytest.raises(CrsError) as caught:
        crs.convert(113.0, 34.0, "wgs84", "xian80")
    for lang in ("zh", "en"):
        said = caught.value.render(lang)
        assert all(name in said for name in ("xian80", *crs.DATUMS))
    for bad in (math.nan, math.inf):
        with pytest.raises(CrsError):
            crs.convert(bad, 34.0, "wgs84", "gcj02")
    # Just inside the edge: what the polynomial maps here lies outside, so nothing does.
    with pytest.raises(CrsError):
        crs.convert(72.00401, 30.0, "gcj02", "wgs84")
