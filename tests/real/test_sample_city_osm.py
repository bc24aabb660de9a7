"""The sample city's streets as an OpenStreetMap file: the walks stay what they are."""

import re
import shutil
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

import facilityplan as fp

SAMPLE_CITY = Path(__file__).resolve().parents[2] / "data" / "sample_city"
DECIMALS = 9
"""Degrees to a tenth of a millimetre. OpenStreetMap itself has seven, a centimetre."""


def osm_xml(roads):
    """Return streets as OpenStreetMap XML: vertices that are one place are one node."""
    to_degrees = pyproj.Transformer.from_crs(roads.crs, 4326, always_xy=True).transform
    nodes, ways = {}, []
    for number, (street, line) in enumerate(
        zip(roads.itertuples(index=False), roads.geometry, strict=True), start=1
    ):
        refs = [nodes.setdefault(xy, len(nodes) + 1) for xy in line.coords]
        tags = {"highway": street.等级, "name": street.名称}
        tags |= {"bridge": "yes"} if street.桥梁 == "是" else {}
        tags |= {"tunnel": "building_passage"} if street.隧道 == "是" else {}
        tags |= {"oneway": "yes"} if street.单行 == "是" else {}
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs) + "".join(
            f"<tag k={quoteattr(key)} v={quoteattr(value)}/>"
            for key, value in tags.items()
            if isinstance(value, str)
        )
        ways.append(f'<way id="{number}" version="1">{inside}</way>')
    lon, lat = to_degrees(*np.array(list(nodes)).T)
    points = [
        f'<node id="{ref}" lon="{x:.{DECIMALS}f}" lat="{y:.{DECIMALS}f}" version="1"/>'
        for ref, x, y in zip(nodes.values(), lon, lat, strict=True)
    ]
    return "\n".join(['<osm version="0.6">', *points, *ways, "</osm>"])


@pytest.fixture(scope="module")
def roads():
    return pyogrio.read_dataframe(SAMPLE_CITY / "city.gpkg", layer="roads")


@pytest.fixture(scope="module")
def projects(roads, tmp_path_factory):
    """The sample city as it is, and with its streets from the .osm file."""
    folder = tmp_path_factory.mktemp("osm") / "sample_city"
    shutil.copytree(SAMPLE_CITY, folder)
    (folder / "roads.osm").write_text(osm_xml(roads), encoding="utf-8")
    config = (folder / "project.toml").read_text(encoding="utf-8")
    block = '[layers.roads]\npath = "roads.osm"\nosm = { take = "roads" }\n'
    old = r"\[layers\.roads\].*?(?=\n\[\[?(?!layers\.roads))"
    config, replaced = re.subn(old, block, config, flags=re.DOTALL)
    assert replaced == 1
    (folder / "project.toml").write_text(config, encoding="utf-8")
    return fp.open_project(SAMPLE_CITY), fp.open_project(folder)


def test_the_same_streets(projects, roads):
    ours, theirs = (project.network for project in projects)
    walked = roads[roads["等级"] != "motorway"]
    assert ours.report.components == theirs.report.components
    assert theirs.report.unknown_classes == ()
    assert abs(ours.total_length_m - walked.length.sum()) <= 0.0005 * ours.n_edges + 0.001
    # there every stretch between two vertices is an edge of its own, rounded by itself
    stretches = (shapely.get_num_coordinates(walked.geometry.to_numpy()) - 1).sum()
    assert theirs.n_edges == stretches
    assert abs(theirs.total_length_m - walked.length.sum()) <= 0.001 * stretches
    kept = projects[1].city.layer("roads")
    assert set(kept["class"]) == set(roads["等级"])
    for ours_says, osm_says in (("桥梁", "bridge"), ("隧道", "tunnel")):
        assert set(kept[osm_says]) == {True, None}
        assert (roads[ours_says] == "是").any()


def test_the_same_walks(projects):
    tables = [pd.DataFrame(project.coverage().coverage.table) for project in projects]
    ours, theirs = (table.sort_values(["id", "clause_id"], ignore_index=True) for table in tables)
    assert ours["id"].tolist() == theirs["id"].tolist()
    assert ours["straight_m"].tolist() == theirs["straight_m"].tolist()
    metres = [table["walking_m"].to_numpy(dtype=float) for table in (ours, theirs)]
    finite = np.isfinite(metres[0])
    assert (finite == np.isfinite(metres[1])).all()
    apart_m = np.abs(metres[0][finite] - metres[1][finite])
    assert finite.mean() > 0.9
    assert apart_m.max() <= 0.01
    assert (ours["walking_facility"] == theirs["walking_facility"])[finite].all()
    clear = np.abs(metres[0] - ours["limit_m"].to_numpy()) > 0.01
    assert (ours["walking_flips"] == theirs["walking_flips"])[clear].all()
