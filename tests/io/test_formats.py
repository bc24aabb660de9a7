"""Formats by content: geodatabases, archives, drawings, road graphs; what is no format of ours."""

import shutil
import struct
import zipfile

import geopandas as gpd
import networkx as nx
import osmnx
import pyogrio
import pytest
import shapely
from drawings import drawing, square

from facilityplan.errors import InputError, MissingLayerError, SourceLimitError
from facilityplan.io.formats import kind_of, kind_of_path
from facilityplan.io.graphml import read_graphml_roads
from facilityplan.io.osm import read_osm
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.vector import read_vector

XML = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="34.70" lon="113.60" version="1"/>
 <node id="2" lat="34.70" lon="113.61" version="1"/>
 <node id="3" lat="34.71" lon="113.61" version="1"/>
 <node id="8" lat="34.705" lon="113.605" version="1">
  <tag k="amenity" v="social_facility"/><tag k="name" v="日间照料站"/></node>
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
  <tag k="landuse" v="residential"/></way>
</osm>"""


def estates(count=3):
    squares = [shapely.Polygon(square(500_000 + 100 * n, 3_880_000)) for n in range(count)]
    frame = {"名称": [f"小区{n}" for n in range(count)]}
    return gpd.GeoDataFrame(frame, geometry=squares, crs="EPSG:4547")


@pytest.fixture
def geodatabase(tmp_path):
    path = tmp_path / "数据.gdb"
    pyogrio.write_dataframe(estates(), path, layer="estates", driver="OpenFileGDB")
    points = estates().assign(geometry=estates().centroid)
    pyogrio.write_dataframe(points, path, layer="points", driver="OpenFileGDB", append=True)
    return path


def packed(target, source):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in sorted(source.rglob("*")):
            archive.write(entry, entry.relative_to(source.parent))
    return target


def test_geodatabase_as_a_folder_and_zipped(tmp_path, geodatabase, refused, untouched):
    before = untouched(geodatabase)
    archive = packed(tmp_path / "数据.zip", geodatabase)
    odd = shutil.copytree(geodatabase, tmp_path / "没有后缀 %20")
    for path in (geodatabase, archive, odd):
        found = read_vector(path, layer="estates")
        assert found.frame["名称"].tolist() == ["小区0", "小区1", "小区2"]
        assert found.frame.crs.to_epsg() == 4547
        assert found.file == path.name
        assert read_vector(path, layer="points").frame.geom_type.tolist() == ["Point"] * 3
        with pytest.raises(MissingLayerError) as caught:
            read_vector(path)
        refused(caught, "vector_which_layer")
    assert untouched(geodatabase) == before


def test_folder_that_is_no_geodatabase(tmp_path, refused):
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path)
    refused(caught, "source_is_folder")


@pytest.mark.parametrize("named", ["utf-8", "gbk"])
def test_zipped_shapefile(tmp_path, named):
    folder = tmp_path / "边界"
    folder.mkdir()
    pyogrio.write_dataframe(estates(), folder / "区界.shp", encoding="gb18030")
    (folder / "区界.cpg").unlink()
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for entry in sorted(folder.iterdir()):
            name = f"边界/{entry.name}"
            if named == "gbk":
                # As Windows' own packer writes names.
                info = zipfile.ZipInfo(name.encode("gbk").decode("cp437"))
                info.create_system = 0
                archive.writestr(info, entry.read_bytes())
            else:
                archive.write(entry, name)
    found = read_vector(path)
    assert found.frame["名称"].tolist() == ["小区0", "小区1", "小区2"]
    assert found.encoding == "gb18030"


def test_archives_that_are_refused(tmp_path, refused):
    path = tmp_path / "a.zip"

    def archive(**members):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packing:
            for name, content in members.items():
                packing.writestr(name.replace("__", "."), content)

    def message():
        with pytest.raises(InputError) as caught:
            read_vector(path)
        refused(caught, caught.value.message)
        return caught.value.message

    archive(a__txt="x")
    assert message() == "archive_not_taken"
    archive(a__kml="<kml/>", b__kml="<kml/>")
    assert message() == "archive_not_taken"
    archive(a__kml=b"\0" * 50_000_000)
    assert message() == "archive_suspicious"
    archive(**{f"n{n}__txt": "" for n in range(2_001)})
    assert message() == "archive_suspicious"
    path.write_bytes(path.read_bytes()[:500])
    assert message() == "source_unreadable"


def test_members_never_lead_out_of_the_folder(tmp_path):
    path = tmp_path / "a.zip"
    kml = "<kml><Document><Placemark><name>甲</name><Point><coordinates>113,34</coordinates>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../../tmp/evil.kml", kml + "</Point></Placemark></Document></kml>")
    assert read_vector(path).frame["Name"].tolist() == ["甲"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_drawing(tmp_path, refused):
    path = tmp_path / "a.dwg"
    by_hand = [*square(500_000, 3_880_200), (500_000, 3_880_200)]
    more = [("小区红线", by_hand, False), ("道路", square(0, 0)[:3], False)]
    path.write_bytes(drawing(["甲小区", "\\M+5D2D7园", "\\U+4E59小区"], more=more).encode("gbk"))
    with pytest.raises(MissingLayerError) as caught:
        read_vector(path)
    refused(caught, "vector_which_layer")
    found = read_vector(path, layer="小区红线")
    assert found.frame.crs is None
    assert found.frame["text"].tolist() == ["甲小区", "易园", "乙小区", None]
    # The last was closed by hand: its end is its beginning.
    assert found.frame.geom_type.tolist() == ["Polygon"] * 4
    assert found.frame.area.tolist() == [2500.0] * 4
    roads = read_vector(path, layer="道路", areas=False)
    assert roads.frame.geom_type.tolist() == ["LineString"]
    assert read_vector(path, layer="道路").frame.geom_type.tolist() == ["LineString"]


@pytest.mark.parametrize("page", ["ANSI_1252", "ANSI_936", "UTF-8", "dos850"])
@pytest.mark.parametrize("version", ["AC1009", "AC1015", "AC1027"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_whatever_a_drawing_says_of_its_code_page(tmp_path, page, version, encoding):
    path = tmp_path / "a.dxf"
    path.write_bytes(drawing(["幸福家园"], page=page, version=version).encode(encoding))
    assert read_vector(path).frame["text"].tolist() == ["幸福家园"]


def test_drawing_leaves_no_setting_behind(tmp_path):
    path = tmp_path / "a.dxf"
    path.write_bytes(drawing(["甲"]).encode())
    read_vector(path)
    assert pyogrio.get_gdal_config_option("DXF_ENCODING") is None


def graph(path, *, simplified=False):
    made = nx.MultiDiGraph(crs="epsg:4326", simplified=simplified)
    made.add_node(1, x=113.60, y=34.70)
    made.add_node(2, x=113.61, y=34.70)
    made.add_node(3, x=113.61, y=34.71)
    made.add_edge(1, 2, osmid=20, highway="residential", name="花园路", oneway=False, length=900.0)
    joined = {"osmid": [21, 22], "highway": ["primary", "steps"], "name": ["甲路", "乙路"]}
    line = shapely.LineString([(113.61, 34.70), (113.615, 34.705), (113.61, 34.71)])
    made.add_edge(2, 3, **joined, oneway=True, bridge="yes", geometry=line, length=1400.0)
    osmnx.save_graphml(made, path)
    return path


def test_road_graph_of_osmnx(tmp_path):
    found = read_graphml_roads(graph(tmp_path / "a.xml"))
    assert found.frame.crs.to_epsg() == 4326
    rows = found.frame.set_index("osm_id")
    assert rows.loc["way/20", "name"] == "花园路"
    assert rows.loc["way/20", "class"] == "residential"
    assert rows.loc["way/20", "oneway"] == "no"
    assert rows.loc["way/21;way/22", "class"] == "primary;steps"
    assert rows.loc["way/21;way/22", "name"] == "甲路;乙路"
    assert rows.loc["way/21;way/22", "bridge"] == "yes"
    assert len(rows.loc["way/21;way/22"].geometry.coords) == 3


@pytest.mark.parametrize(
    "content",
    [
        "<graphml/>",
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph/></graphml>',
        "<graphml" + "<a>" * 50_000,
        "<!DOCTYPE a [<!ENTITY b 'c'>]><graphml>&b;</graphml>",
        "<kml/>",
    ],
)
def test_graphs_that_are_no_roads(tmp_path, content):
    path = tmp_path / "a.graphml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        read_graphml_roads(path)


def test_mutated_graphs_end_as_errors_of_ours(tmp_path):
    whole = graph(tmp_path / "a.graphml").read_bytes()
    other = tmp_path / "b.graphml"
    for at in range(0, len(whole), 97):
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :])
        try:
            found = read_graphml_roads(other)
        except InputError:
            continue
        assert len(found.frame) <= 2


def test_areas_and_features_of_osm_xml(tmp_path):
    path = tmp_path / "a.osm"
    path.write_text(XML, encoding="utf-8")
    areas = read_osm(path, layer="areas", tags={"landuse": ["residential"]})
    assert areas.frame["osm_id"].tolist() == ["way/10"]
    care = read_osm(path, layer="features", tags={"amenity": True})
    assert care.frame["name"].tolist() == ["日间照料站"]
    path.write_text("<!DOCTYPE a>" + XML, encoding="utf-8")
    with pytest.raises(SourceLimitError):
        read_osm(path, layer="areas", tags={"landuse": True})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"AC1015\0\0\0" + b"\0" * 99, "format_dwg"),
        (b"AC1032\0\0\0" + b"\0" * 99, "format_dwg"),
        (b"\x00\x01\x00\x00Standard Jet DB\0" + b"\0" * 99, "format_access"),
        (b"\x00\x01\x00\x00Standard ACE DB\0" + b"\0" * 99, "format_access"),
        (b"AutoCAD Binary DXF\r\n\x1a\0" + b"\0" * 99, "format_binary_dxf"),
    ],
)
def test_formats_with_a_way_round(tmp_path, refused, content, message):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    for read in (read_vector, read_messy_table):
        with pytest.raises(SourceLimitError) as caught:
            read(path)
        refused(caught, message)


def test_compound_file_that_is_no_xls(tmp_path, refused):
    path = tmp_path / "a.et"
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")
    path.write_bytes(head + "WpsDocument".encode("utf-16-le").ljust(1024, b"\0"))
    with pytest.raises(SourceLimitError) as caught:
        read_messy_table(path)
    refused(caught, "format_et")


def test_kinds_by_content(tmp_path, geodatabase):
    assert kind_of_path(geodatabase) == "geodatabase"
    made = {
        "geopackage": b"SQLite format 3\0", "shapefile": b"\x00\x00\x27\x0a", "geojson": b" {",
        "kml": b"\xef\xbb\xbf<?xml version='1.0'?><kml xmlns='a'>", "zip": b"PK\x03\x04abc",
        "workbook": b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "geotiff": b"II*\x00",
        "osm_pbf": struct.pack(">I", 13) + b"\x0a\x09OSMHeader", "osm_xml": b"<osm version='0.6'>",
        "graphml": b"<?xml version='1.0'?>\n<graphml a='b'>", "text": "名称,户数".encode("gbk"),
        "unknown": b"\0\1\2\3", "dxf": b"  0\nSECTION\n",
    }  # fmt: skip
    for kind, content in made.items():
        assert kind_of(content) == kind


def test_shanghai_with_and_without_its_language_byte(tmp_path, shared):
    source = shared / "shanghai_districts_gbk"
    main = next(source.glob("*.shp"))
    plain = read_vector(main)
    assert plain.encoding == "gb18030"
    names = plain.frame.iloc[:, 0].tolist()
    assert {"宝山区", "杨浦区", "闵行区", "普陀区"} <= set(names)
    for part in source.iterdir():
        if part.suffix in {".shp", ".shx", ".dbf", ".prj"}:
            shutil.copyfile(part, tmp_path / f"a{part.suffix}")
    table = tmp_path / "a.dbf"
    content = bytearray(table.read_bytes())
    for byte in (0x00, 0x4D, 0x7A, 0x03, 0x57):
        content[29] = byte
        table.write_bytes(content)
        assert read_vector(tmp_path / "a.shp").frame.iloc[:, 0].tolist() == names
