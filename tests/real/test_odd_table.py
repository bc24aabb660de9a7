"""A table as bureaus send it, held against the roads of Jinan: Baidu's degrees without a word."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from facilityplan.cli import run_command_line
from facilityplan.crs import convert
from facilityplan.project.diagnosis import diagnose

ROADS = Path(__file__).parents[3] / "shared" / "data" / "jinan_roads" / "edges.shp"


@pytest.mark.real
@pytest.mark.skipif(not ROADS.exists(), reason="../shared/data/jinan_roads is not there")
def test_an_odd_table_is_taken_in_and_what_is_wrong_with_it_said(tmp_path):
    rng = np.random.default_rng(3)
    lines = gpd.read_file(ROADS).geometry
    xy = np.array([lines.iloc[n].coords[0] for n in rng.choice(len(lines), 150, replace=False)])
    lon, lat = convert(xy[:, 0] + 1e-4, xy[:, 1], "wgs84", "bd09")
    lon[8], lat[8] = lon[0], lat[0]
    lon[10], lat[10] = 116.39, 39.9
    rows = [
        f"{n},机构{n},养老院,{x:.6f},{y:.6f},{n}亩,{'约' if n == 5 else ''}900,{30 + n % 9}张"
        for n, (x, y) in enumerate(zip(lon, lat, strict=True), start=1)
    ]
    head = "养老服务设施一览表\n序号,机构名称,机构类型,经度,纬度,占地面积（亩）,建筑面积（㎡）,核定床位（张）"
    table = tmp_path / "设施.csv"
    table.write_text("\n".join([head, *rows, "合计,,,,,,135000,5000"]), encoding="gbk")
    words = ["--yes", "--standards", "gb-50180-2018", "--date", "2026-06-30", "--datum", "wgs84"]
    folder = tmp_path / "city"
    files = [str(table), str(ROADS)]
    assert run_command_line(["init", str(folder), "--from", *files, *words]) == 0
    found = {(p.id, p.row) for p in diagnose(folder).problems}
    assert ("error:crs_datum_contradicts", None) in found
    assert ("out_of_city", 13) in found
    assert ("same_place", 11) in found
    assert ("read:rows_total", 153) in found
    assert ("read:approximate", 7) in found
    (datum,) = (p for p in diagnose(folder).problems if p.id == "error:crs_datum_contradicts")
    assert datum.parameters["named"] == "bd09"
