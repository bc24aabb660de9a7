"""Make the messy twin of the sample city: ``python data/make_messy_city.py [OUT_DIR]``.

The same city with traps in its files, each written down in ``planted.json`` with the problems that
the doctor has to name. Run twice, it writes the same bytes twice.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from messy_city_maker import shapes, spare, tables
from messy_city_maker.traps import Traps

from facilityplan.project.toml_text import toml_text

HERE = Path(__file__).resolve().parent
CLEAN = HERE / "sample_city"
ROADS = "../sample_city/city.gpkg"


def project(extra: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the twin's project.toml: the sample city's, its files the messy ones."""
    config: dict[str, Any] = tomllib.loads((CLEAN / "project.toml").read_text(encoding="utf-8"))
    layers = config["layers"]
    config["project"]["name"] = "示范市（带病数据）"
    layers["zones"]["path"] = "zones.gpkg"
    layers["zones"]["columns"] |= {
        "registered_population": "户籍人口",
        "registered_elders_60": "户籍老年人口",
        "elders_80": "80岁以上",
    }
    layers["residences"][0] |= {"path": "estates.gpkg"}
    layers["residences"][0]["columns"] |= {
        "dwelling_area_m2": "住宅建筑面积",
        "households": "规模/户数",
        "population": "规模/人口",
        "elders": "规模/老年人口",
        "completed": "日期/竣工日期",
        "approved": "日期/规划许可日期",
    }
    layers["residences"][1] |= {"path": ROADS}
    layers["facilities"]["columns"] |= {"investment": "投资", "land_area_m2": "占地面积"}
    layers["parcels"]["path"] = "parcels.gpkg"
    for source in layers["barriers"]:
        source["path"] = ROADS
    more = {"path": "roads_more.gpkg", "columns": {"name": "名称", "class": "等级"}}
    layers["roads"] = [layers["roads"] | {"path": ROADS}, more]
    layers["roads"][1]["layer"] = "roads"
    first = layers["candidates"] | {"path": "candidates.gpkg"}
    layers["candidates"] = [first, *extra]
    columns = {"zone": "区划代码", "population": "人口", "households": "户数", "year": "年份"}
    layers["census"] = {"path": "census.csv", "columns": columns | {"source": "来源"}}
    return config


def make(out: Path) -> None:
    """Write the twin."""
    out.mkdir(parents=True, exist_ok=True)
    traps = Traps()
    zone_rows = shapes.layer_of(CLEAN, "zones").drop(columns="geometry").to_dict("records")
    headers, rows = tables.records_of(CLEAN / "estates.xlsx")
    estate_name = {row[0]: row[headers.index("小区名称")] for row in rows}
    shapes.zones(CLEAN, out, traps)
    shapes.estates(CLEAN, out, traps)
    shapes.parcels(CLEAN, out, traps)
    shapes.candidates(CLEAN, out, traps)
    shapes.roads(CLEAN, out, traps)
    tables.estates(CLEAN, out, traps, {zone["区划代码"]: zone["名称"] for zone in zone_rows})
    tables.facilities(CLEAN, out, traps, estate_name)
    tables.census(out, traps, zone_rows)
    tables.ledgers(CLEAN, out, traps)
    extra = spare.make(CLEAN, out, traps)
    (out / "standards").mkdir(exist_ok=True)
    for path in (CLEAN / "standards").glob("*.toml"):
        (out / "standards" / path.name).write_bytes(path.read_bytes())
    head = "# 示范市的带病数据：每处毛病见 planted.json。 The sample city, its data messy.\n\n"
    (out / "project.toml").write_text(head + toml_text(project(extra)), encoding="utf-8")
    said = json.dumps(traps.planted, ensure_ascii=False, indent=1) + "\n"
    (out / "planted.json").write_text(said, encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if sys.argv[1:] else HERE / "messy_city")
