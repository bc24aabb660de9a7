import collections
import gzip
import json

import osmium
import pandas as pd
import pytest
import shapely

from facilityplan.errors import (
    InputError,
    SourceLimitError,
    UnreadableSourceError,
    UsageError,
)
from facilityplan.io.osm import read_osm, read_osm_xml_roads

HOMES = {"building": ["residential", "apartments", "house"]}
CARE = {"amenity": ["social_facility", "nursing_home", "community_centre"]}

XML = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="34.70" lon="113.60" version="1"/>
 <node id="2" lat="34.70" lon="113.61" version="1"/>
 <node id="3" lat="34.71" lon="113.61" version="1"/>
 <node id="4" lat="34.71" lon="113.60" version="1"/>
 <node id="5" lat="34.702" lon="113.602" version="1"/>
 <node id="6" lat="34.702" lon="113.604" version="1"/>
 <node id="7" lat="34.704" lon="113.604" version="1"/>
 <node id="8" lat="34.705" lon="113.605" version="1">
  <tag k="amenity" v="social_facility"/><tag k="name" v="日间照料站"/></node>
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
  <tag k="landuse" v="residential"/><tag k="amenity" v="nursing_home"/></way>
 <way id="11" version="1"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/></way>
 <way id="20" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
  <tag k="highway" v="residential"/><tag k="name" v="花园路"/><tag k="foot" v="yes"/></way>
 <way id="21" version="1"><nd ref="1"/><nd ref="4"/><nd ref="3"/>
  <tag k="highway" v="primary"/><tag k="oneway" v="yes"/><tag k="bridge" v="yes"/></way>
 <way id="22" version="1"><nd ref="1"/><nd ref="2"/><nd ref="99"/><nd ref="3"/><nd ref="4"/>
  <tag k="highway" v="footway"/></way>
 <relation id="30" version="1"><member type="way" ref="10" role="outer"/>
  <member type="way" ref="11" role="inner"/>
  <tag k="type" v="multipolygon"/><tag k="building" v="residential"/></relation>
</osm>
"""


@pytest.fixture
def town(tmp_path):
    source = tmp_path / "town.osm"
    source.write_text(XML, encoding="utf-8")
    target = tmp_path / "town.pbf"
    with osmium.SimpleWriter(str(target)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    return target


def test_relation_has_its_hole(town):
    read = read_osm(town, layer="areas", tags={"building": True})
    assert read.frame["osm_id"].tolist() == ["relation/30"]
    assert read.frame["building"].tolist() == ["residential"]
    assert read.frame.crs.to_epsg() == 4326
    outer = shapely.box(113.60, 34.70, 113.61, 34.71)
    hole = shapely.Polygon([(113.602, 34.702), (113.604, 34.702), (113.604, 34.704)])
    assert read.frame.geometry[0].equals(outer - hole)


def test_features_are_there_once(town, untouched):
    before = untouched(town.parent)
    read = read_osm(town, layer="features", tags=CARE)
    assert sorted(read.frame["osm_id"]) == ["node/8", "way/10"]
    assert read.frame.set_index("osm_id").loc["node/8", "name"] == "日间照料站"
    assert read_osm(town, layer="areas", tags=CARE).frame["osm_id"].tolist() == ["way/10"]
    assert (
        len(read_osm(town, layer="features", tags={"amenity": ["pub"], "shop": False}).frame) == 0
    )
    assert untouched(town.parent) == before


def test_one_key_of_several_is_enough(town):
    read = read_osm(town, layer="areas", tags={"building": True, "landuse": ["residential"]})
    assert sorted(read.frame["osm_id"]) == ["relation/30", "way/10"]
    assert {"building", "landuse", "name", "osm_id", "geometry"} == set(read.frame.columns)


def test_roads_and_what_the_edge_cuts(town):
    read = read_osm(town, layer="roads")
    roads = read.frame
    assert collections.Counter(roads["osm_id"]) == {"way/20": 1, "way/21": 1, "way/22": 2}
    assert read.skipped == ("way/22",)
    said = {"bridge", "tunnel", "oneway", "foot", "sidewalk", "access"}
    assert set(roads.columns) == {"osm_id", "name", "class", "geometry"} | said
    first, second = roads.iloc[0], roads.iloc[1]
    assert (first["class"], first["name"], first["foot"]) == ("residential", "花园路", "yes")
    assert (second["oneway"], second["bridge"], second["tunnel"]) == ("yes", "yes", None)
    assert first.geometry.equals(
        shapely.LineString([(113.60, 34.70), (113.61, 34.70), (113.61, 34.71)])
    )


def test_kinds_of_bridge_and_tunnel_are_a_plain_yes(tmp_path):
    source = tmp_path / "town.osm"
    bridge, tunnel = 'k="bridge" v="viaduct"', 'k="tunnel" v="building_passage"'
    text = XML.replace('k="bridge" v="yes"', bridge).replace('k="foot" v="yes"', tunnel)
    source.write_text(text.replace('<nd ref="99"/>', ""), encoding="utf-8")
    target = tmp_path / "town.pbf"
    with osmium.SimpleWriter(str(target)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    for read in (read_osm(target, layer="roads"), read_osm_xml_roads(source)):
        kinds = {
            name: (over == "yes", under == "yes", pd.isna(over), pd.isna(under))
            for name, over, under in zip(
                read.frame["osm_id"], read.frame["bridge"], read.frame["tunnel"], strict=True
            )
        }
        assert kinds == {
            "way/20": (False, True, True, False),
            "way/21": (True, False, False, True),
            "way/22": (False, False, True, True),
        }


@pytest.mark.parametrize(
    ("tags", "sidewalk"),
    [
        ({}, None),
        ({"sidewalk": "both"}, "both"),
        ({"sidewalk": "no"}, "no"),
        ({"sidewalk:both": "yes"}, "both"),
        ({"sidewalk:left": "yes", "sidewalk:right": "no"}, "left;no"),
        ({"sidewalk:left": "separate", "sidewalk:right": "separate"}, "separate"),
        ({"sidewalk": "right", "sidewalk:right": "yes"}, "right"),
        ({"sidewalk:left": "lane", "sidewalk": "left"}, "left;lane"),
    ],
)
def test_what_is_said_of_footways(tmp_path, tags, sidewalk):
    source, target = tmp_path / "town.osm", tmp_path / "town.pbf"
    shown = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    shown += '<tag k="access" v="private"/>'
    text = XML.replace('<tag k="foot" v="yes"/>', shown).replace('<nd ref="99"/>', "")
    source.write_text(text, encoding="utf-8")
    with osmium.SimpleWriter(str(target)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    for read in (read_osm(target, layer="roads"), read_osm_xml_roads(source)):
        road = read.frame[read.frame["osm_id"] == "way/20"]
        assert {None if pd.isna(word) else word for word in road["sidewalk"]} == {sidewalk}
        assert set(road["access"]) == {"private"}
        assert not any(":" in column for column in read.frame.columns)


def test_xml_roads(tmp_path):
    import osmnx

    before = list(osmnx.settings.useful_tags_way)
    path = tmp_path / "town.osm"
    path.write_text(XML.replace('<nd ref="99"/>', ""), encoding="utf-8")
    read = read_osm_xml_roads(path)
    assert osmnx.settings.useful_tags_way == before
    assert set(read.frame["class"]) == {"residential", "primary", "footway"}
    residential = read.frame[read.frame["class"] == "residential"]
    assert set(residential["foot"]) == {"yes"}
    assert set(residential["osm_id"]) == {"way/20"}
    assert len(residential) == 4
    primary = read.frame[read.frame["class"] == "primary"]
    assert len(primary) == 2
    assert set(primary["oneway"]) == {"yes"}
    assert read.frame.crs.to_epsg() == 4326


def test_refusals(tmp_path, town, refused):
    for layer, tags in (("areas", None), ("features", {}), ("roads", HOMES)):
        with pytest.raises(UsageError) as caught:
            read_osm(town, layer=layer, tags=tags)
        refused(caught, "osm_tags")
    other = tmp_path / "other.pbf"
    for content in (b"<html/>", gzip.compress(XML.encode()), json.dumps({}).encode()):
        other.write_bytes(content)
        with pytest.raises(SourceLimitError) as caught:
            read_osm(other, layer="roads")
        refused(caught, "osm_not_pbf")
    with pytest.raises(UnreadableSourceError):
        read_osm(tmp_path / "absent.pbf", layer="roads")
    with pytest.raises(SourceLimitError) as caught:
        read_osm_xml_roads(town)
    refused(caught, "osm_not_xml")
    fields = (
        '<osm version="0.6">' + XML[XML.index(" <node") : XML.index(' <way id="20"')] + "</osm>"
    )
    for text in ("<osm/>", "<osm><node", "<osm></osm>", fields):
        (tmp_path / "a.osm").write_text(text, encoding="utf-8")
        with pytest.raises(UnreadableSourceError):
            read_osm_xml_roads(tmp_path / "a.osm")


def test_damaged_extract_ends_as_an_error_of_ours(town):
    content = town.read_bytes()
    for at in range(40, len(content), 60):
        town.write_bytes(content[:at])
        with pytest.raises(InputError):
            read_osm(town, layer="roads")


@pytest.mark.real
def test_las_palmas_homes(shared):
    read = read_osm(shared / "las_palmas" / "las_palmas.osm.pbf", layer="areas", tags=HOMES)
    kinds = collections.Counter(name.split("/")[0] for name in read.frame["osm_id"])
    assert kinds == {"way": 6527, "relation": 737}
    assert read.frame["osm_id"].is_unique
    assert set(read.frame["building"]) == set(HOMES["building"])
    assert set(read.frame.geom_type) == {"MultiPolygon"}


@pytest.mark.real
def test_las_palmas_facilities_and_roads(shared):
    path = shared / "las_palmas" / "las_palmas.osm.pbf"
    found = read_osm(path, layer="features", tags=CARE)
    kinds = collections.Counter(name.split("/")[0] for name in found.frame["osm_id"])
    assert kinds == {"node": 16, "way": 5, "relation": 1}
    roads = read_osm(path, layer="roads")
    ways = set(roads.frame["osm_id"]) | set(roads.skipped)
    assert len(ways) == 13_954
    assert roads.frame["class"].notna().all()


@pytest.mark.real
def test_liechtenstein_roads(shared):
    roads = read_osm(shared / "liechtenstein" / "liechtenstein.osm.pbf", layer="roads")
    assert len(set(roads.frame["osm_id"]) | set(roads.skipped)) == 2_753
