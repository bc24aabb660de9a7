"""Make Taipei's zones: villages, the districts they make up and the city, with their elders."""

import sys

import geopandas as gpd
import pandas as pd

LAST_AGES = "A100UP_5_CNT"


def elders(ages: pd.DataFrame, youngest: int) -> pd.Series:
    """Return the persons of that age and over; ages come in steps of five years."""
    columns = [f"A{age}A{age + 4}_CNT" for age in range(youngest, 100, 5)]
    return ages[[*columns, LAST_AGES]].sum(axis=1)


def zones_of(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return villages, districts and the city as one layer; a zone's elders are its villages'.

    Parameters
    ----------
    villages
        One row a village, with ``V_ID``, ``TOWN_ID``, ``COUNTY_ID``, their names and the ages.
    """
    rows = gpd.GeoDataFrame(
        {
            "id": villages["V_ID"],
            "name": villages["VILLAGE"],
            "level": "village",
            "parent": villages["TOWN_ID"],
            **{f"elders_{age}": elders(villages, age) for age in (60, 65, 80)},
        },
        geometry=villages.geometry,
        crs=villages.crs,
    )
    parts = [rows]
    for level, code, name, parent in (
        ("county", "TOWN_ID", "TOWN", villages["COUNTY_ID"]),
        ("city", "COUNTY_ID", "COUNTY", None),
    ):
        made = rows.assign(id=villages[code], name=villages[name], level=level, parent=parent)
        sums = {f"elders_{age}": "sum" for age in (60, 65, 80)}
        first = dict.fromkeys(("name", "level", "parent"), "first")
        parts.append(made.dissolve("id", aggfunc={**first, **sums}).reset_index())
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=villages.crs)


def main(villages: str, zones: str) -> None:
    """Read the villages and write the zones as a GeoPackage."""
    zones_of(gpd.read_file(villages)).to_file(zones, driver="GPKG")


if __name__ == "__main__":
    main(*sys.argv[1:])
