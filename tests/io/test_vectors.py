import json
import os
import shutil
import sqlite3

import geopandas as gpd
import pyogrio
import pytest
import shapely

from facilityplan.errors import (
    GeometryError,
    InputError,
    MissingLayerError,
    SourceLimitError,
    UnreadableSourceError,
)
from facilityplan.io.vector import read_vector

NAMES = [
    "郑州市金水区", "济源市沁园街道", "许昌市魏都区", "长治市潞州区", "泾源县香水镇",
    "幸福家园（一期）", "阳光·花园", "龙湖国际①号院", "东关村", "新塘里",
    "养老服务中心", "日间照料站", "社区助餐点", "福利院", "老年公寓",
    "鑫苑名家", "绿地·香颂", "翡翠城Ⅱ区", "亚星江南小镇", "永威城",
]  # fmt: skip


@pytest.fixture
def estates():
    places = [(113.6 + n / 100, 34.7) for n in range(len(NAMES))]
    return gpd.GeoDataFrame(
        {"名称": NAMES, "hs": range(len(NAMES))},
        geometry=shapely.points(places),
        crs="EPSG:4326",
    )


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.geojson", "GeoJSON"), ("a.kml", "KML")]
)
def test_formats_come_back(tmp_path, estates, name, driver):
    path = tmp_path / name
    pyogrio.write_dataframe(estates, path, driver=driver)
    read = read_vector(path)
    assert read.frame["名称"].tolist() == NAMES
    assert read.frame.crs.to_epsg() == 4326
    assert read.rows.tolist() == list(range(1, 21))
    assert read.file == name
    assert read.encoding == "utf-8"
    # The writers of the text formats keep fifteen digits.
    assert shapely.equals_exact(read.frame.geometry.array, estates.geometry.array, 1e-9).all()
    shutil.copy(path, tmp_path / "wrong.shp")
    assert read_vector(tmp_path / "wrong.shp").frame["名称"].tolist() == NAMES


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("marked", [True, False])
def test_shapefile_encodings(tmp_path, estates, encoding, marked):
    path = tmp_path / "a.shp"
    pyogrio.write_dataframe(estates, path, encoding=encoding)
    named = tmp_path / "a.cpg"
    if marked:
        named.write_text({"utf-8": "UTF-8", "gbk": "936", "gb18030": "GB18030"}[encoding])
    else:
        named.unlink(missing_ok=True)
    read = read_vector(path)
    assert list(read.frame.columns) == ["名称", "hs", "geometry"]
    assert read.frame["名称"].tolist() == NAMES
    assert read.encoding == ("utf-8" if encoding == "utf-8" else "gb18030")
    assert read_vector(path, encoding=encoding).frame["名称"].tolist() == NAMES


def test_shapefile_whose_cpg_lies(tmp_path, estates, refused):
    path = tmp_path / "a.shp"
    pyogrio.write_dataframe(estates, path, encoding="gbk")
    for said, message in (("UTF-8", "source_stated_encoding"), ("xx", "source_unknown_encoding")):
        (tmp_path / "a.cpg").write_text(said)
        with pytest.raises(UnreadableSourceError) as caught:
            read_vector(path)
        refused(caught, message)
    assert read_vector(path, encoding="gbk").frame["名称"].tolist() == NAMES


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_shapefile_without_its_parts(tmp_path, estates, refused, part, untouched):
    path = tmp_path / "a.shp"
    pyogrio.write_dataframe(estates, path)
    (tmp_path / f"a{part}").unlink()
    before = untouched(tmp_path)
    with pytest.raises(UnreadableSourceError) as caught:
        read_vector(path)
    refused(caught, "shapefile_part_missing")
    assert part in caught.value.render("zh")
    assert untouched(tmp_path) == before


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_truncated_shapefile(tmp_path, estates, part):
    pyogrio.write_dataframe(estates, tmp_path / "a.shp")
    short = tmp_path / f"a{part}"
    short.write_bytes(short.read_bytes()[:-40])
    with pytest.raises(UnreadableSourceError):
        read_vector(tmp_path / "a.shp")


def test_shapefile_parts_of_two_files(tmp_path, estates, refused):
    pyogrio.write_dataframe(estates, tmp_path / "a.shp")
    pyogrio.write_dataframe(estates.iloc[:7], tmp_path / "b.shp")
    shutil.copy(tmp_path / "b.dbf", tmp_path / "a.dbf")
    with pytest.raises(UnreadableSourceError) as caught:
        read_vector(tmp_path / "a.shp")
    refused(caught, "shapefile_counts_differ")


def test_shapefile_without_prj_has_no_system(tmp_path, estates):
    pyogrio.write_dataframe(estates, tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    assert read_vector(tmp_path / "a.shp").frame.crs is None


def test_layers_are_chosen_and_never_guessed(tmp_path, estates, refused):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(estates, path, layer="小区")
    assert len(read_vector(path, layer="小区").frame) == 20
    pyogrio.write_dataframe(estates.iloc[:3], path, layer="村庄")
    with pytest.raises(MissingLayerError) as caught:
        read_vector(path)
    refused(caught, "vector_which_layer")
    assert len(read_vector(path, layer="村庄").frame) == 3
    with pytest.raises(MissingLayerError) as caught:
        read_vector(path, layer="道路")
    refused(caught, "vector_no_such_layer")


def test_table_beside_the_layer_does_not_count(tmp_path, estates, refused):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(estates.drop(columns="geometry"), path, layer="表", driver="GPKG")
    with pytest.raises(GeometryError) as caught:
        read_vector(path)
    refused(caught, "vector_without_geometry")
    pyogrio.write_dataframe(estates, path, layer="小区", append=True)
    assert len(read_vector(path).frame) == 20


def geojson(tmp_path, **more):
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": {"名": "甲"}, "geometry": None}
    place = more.pop("place", [113.6, 34.7])
    document = {
        "type": "FeatureCollection",
        **more,
        "features": [feature | {"geometry": {"type": "Point", "coordinates": place}}],
    }
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def test_geojson_says_its_system_or_is_in_degrees(tmp_path):
    assert read_vector(geojson(tmp_path)).frame.crs.to_epsg() == 4326
    metres = {"place": [463351.0, 3841384.0]}
    assert read_vector(geojson(tmp_path, **metres)).frame.crs is None
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    assert read_vector(geojson(tmp_path, crs=system, **metres)).frame.crs.to_epsg() == 4547


def test_geojson_encodings(tmp_path):
    path = geojson(tmp_path)
    text = path.read_text(encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path.write_bytes(text.encode(encoding))
        read = read_vector(path)
        assert read.frame["名"].tolist() == ["甲"]
        assert read.encoding == encoding


def test_geojson_coordinates_are_not_rounded(tmp_path):
    place = [113.62604305123456, 34.748815401234567]
    point = read_vector(geojson(tmp_path, place=place)).frame.geometry[0]
    assert [point.x, point.y] == place


def test_kml_in_gbk(tmp_path, estates):
    path = tmp_path / "a.kml"
    pyogrio.write_dataframe(estates, path, driver="KML")
    text = path.read_text(encoding="utf-8")
    text = text.replace('encoding="utf-8"', 'encoding="GBK"')
    assert "GBK" in text
    path.write_bytes(text.encode("gb18030"))
    assert read_vector(path).frame["名称"].tolist() == NAMES


VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
STREAMED = {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {} ! write"}


@pytest.fixture
def secret(tmp_path, estates):
    path = tmp_path / "secret.gpkg"
    pyogrio.write_dataframe(estates, path, layer="secret")
    return path


@pytest.mark.parametrize("name", ["a.geojson", "a.vrt", "a.kml", "a.shp", "a.gpkg"])
def test_virtual_layers_are_refused_whatever_their_name(tmp_path, secret, refused, name):
    path = tmp_path / name
    virtual = VRT.format(secret)
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2">{}</kml>'
    for text in (
        virtual,
        f"\n\n  {virtual}",
        f'<?xml version="1.0"?>{virtual}',
        f"<!-- <kml> -->{virtual}",
        kml.format("") + virtual,
        kml.format(f"<!--{virtual}-->"),
        kml.format("<NetworkLink/>"),
        "<!DOCTYPE kml>" + kml.format(""),
        json.dumps(STREAMED).replace("{}", str(secret)),
        json.dumps({"type": "FeatureCollection", "features": [], "x": STREAMED}),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceLimitError) as caught:
            read_vector(path)
        refused(caught, "vector_not_taken")


def test_virtual_layer_inside_a_value_stays_a_value(tmp_path, secret):
    virtual = VRT.format(secret)
    path = geojson(tmp_path)
    text = path.read_text(encoding="utf-8").replace("甲", virtual.replace('"', '\\"'))
    path.write_text(text, encoding="utf-8")
    assert read_vector(path).frame["名"].tolist() == [virtual]


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/a.geojson",
        "http:/example.org/a.geojson",
        "/vsicurl/https://example.org/a.gpkg",
        "/vsizip/a.zip/a.shp",
        "//vsimem/a",
        "\\vsimem\\a",
        "zip://a.zip",
        "s3://bucket/a.gpkg",
        "file:///etc/passwd",
    ],
)
def test_addresses_are_refused(path, refused):
    with pytest.raises(SourceLimitError) as caught:
        read_vector(path)
    refused(caught, "source_not_local")


@pytest.mark.parametrize(
    "content",
    [
        b"plain words",
        b"SQLite format 3\0" + b"\0" * 200,
        b"\x00\x00\x27\x0a",
        b"\0",
        b"GIF89a",
        b'{"type": "Topology"}',
        b'{"type": 5}',
        b"[]",
        b"<gml/>",
        b"<kmlx/>",
    ],
)
def test_other_content_is_refused(tmp_path, refused, content):
    (tmp_path / "a.gpkg").write_bytes(content)
    with pytest.raises(SourceLimitError) as caught:
        read_vector(tmp_path / "a.gpkg")
    refused(caught, "vector_not_taken")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"type": "FeatureCollection"',
        b'{"type": "FeatureCollection", "x": ' + b"[" * 200_000,
        b'{"type": "Point", "coordinates": [NaN, 1]}',
        b'{"type": "FeatureCollection", "features": 7}',
        b'{"type":"Point","coordinates":[1,1]}\xff\xff\x81',
        b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
    ],
)
def test_broken_text_formats(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "a.json")
    assert caught.value.render("zh")


def test_paths_that_are_no_files(tmp_path, refused):
    (tmp_path / "empty.gpkg").touch()
    for path, message in (
        (tmp_path / "absent.gpkg", "file_not_found"),
        (tmp_path, "source_is_folder"),
        (tmp_path / "empty.gpkg", "source_empty"),
    ):
        with pytest.raises(UnreadableSourceError) as caught:
            read_vector(path)
        refused(caught, message)


def test_truncated_geopackage(tmp_path, estates):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(estates, path)
    content = path.read_bytes()
    for share in range(1, 20):
        path.write_bytes(content[: len(content) * share // 20])
        with pytest.raises(UnreadableSourceError):
            read_vector(path)


def test_geopackage_with_unwritten_changes(tmp_path, estates, refused):
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(estates, path)
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE other (x)")
        base.commit()
        with pytest.raises(UnreadableSourceError) as caught:
            read_vector(path)
        refused(caught, "source_in_use")
    base.close()
    assert len(read_vector(path).frame) == 20


@pytest.mark.parametrize("name", ["a!b.gpkg", "a?b#c.gpkg", "a b%20.gpkg", "小区.zip", "GPKG:a.db"])
def test_odd_names_are_only_names(tmp_path, estates, name):
    pyogrio.write_dataframe(estates, tmp_path / "plain.gpkg")
    (tmp_path / "plain.gpkg").rename(tmp_path / name)
    assert len(read_vector(tmp_path / name).frame) == 20
    pyogrio.write_dataframe(estates, tmp_path / "plain.shp")
    for part in tmp_path.glob("plain.*"):
        part.rename(tmp_path / f"甲!乙 丙{part.suffix}")
    assert len(read_vector(tmp_path / "甲!乙 丙.shp").frame) == 20


@pytest.mark.parametrize("closed", [True, False])
def test_reading_changes_nothing_on_disk(tmp_path, estates, untouched, closed):
    pyogrio.write_dataframe(estates, tmp_path / "a.shp")
    pyogrio.write_dataframe(estates, tmp_path / "a.geojson")
    pyogrio.write_dataframe(estates, tmp_path / "a.kml", driver="KML")
    pyogrio.write_dataframe(estates, tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        base.execute("PRAGMA journal_mode=WAL")
    base.close()
    before = untouched(tmp_path)
    assert "a.gpkg-wal" not in before
    for entry in tmp_path.iterdir():
        entry.chmod(0o444)
    if closed:
        tmp_path.chmod(0o555)
    try:
        for ending in ("shp", "geojson", "kml", "gpkg"):
            assert len(read_vector(tmp_path / f"a.{ending}").frame) == 20
        assert untouched(tmp_path) == before
        assert {entry.name for entry in tmp_path.iterdir()} == set(before)
    finally:
        tmp_path.chmod(0o755)


def test_file_without_rights(tmp_path, estates, monkeypatch):
    pyogrio.write_dataframe(estates, tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg").chmod(0)
    if os.access(tmp_path / "a.gpkg", os.R_OK):
        # Rights do not bind this user; the refusal is made up.
        def refuse(*_, **__):
            raise PermissionError(13, "denied")

        monkeypatch.setattr(type(tmp_path), "open", refuse)
    with pytest.raises(UnreadableSourceError):
        read_vector(tmp_path / "a.gpkg")


@pytest.mark.parametrize("name", ["a.geojson", "a.kml", "a.gpkg", "a.shp"])
def test_damage_ends_as_an_error_of_ours(tmp_path, estates, name):
    path = tmp_path / name
    pyogrio.write_dataframe(estates, path, **({"driver": "KML"} if name == "a.kml" else {}))
    content = path.read_bytes()
    outcomes = set()
    for at in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:at] + b"\xff\x01\xfe\x00" + content[at + 4 :])
        try:
            read_vector(path)
            outcomes.add("read")
        except InputError:
            outcomes.add("refused")
    assert "refused" in outcomes


def test_coordinates_without_end_are_named(tmp_path, estates, refused):
    estates.geometry = [*estates.geometry[:19], shapely.Point(float("inf"), 1)]
    pyogrio.write_dataframe(estates, tmp_path / "a.gpkg")
    with pytest.raises(GeometryError) as caught:
        read_vector(tmp_path / "a.gpkg")
    refused(caught, "vector_not_finite")
    assert caught.value.rows == (20,)


def test_missing_geometry_keeps_its_row(tmp_path, estates):
    estates.geometry = [None, *estates.geometry[1:]]
    pyogrio.write_dataframe(estates, tmp_path / "a.gpkg")
    read = read_vector(tmp_path / "a.gpkg")
    assert len(read.frame) == 20
    assert read.frame.geometry[0] is None


@pytest.mark.real
def test_shanghai_districts_are_readable(shared, untouched):
    folder = shared / "shanghai_districts_gbk"
    before = untouched(folder)
    read = read_vector(next(folder.glob("*.shp")))
    assert read.encoding == "gb18030"
    names = set(read.frame["NAME"])
    assert {"杨浦区", "黄浦区", "徐汇区"} <= names
    assert all(name.endswith(("区", "县")) for name in names)
    assert untouched(folder) == before


@pytest.mark.real
def test_real_roads(shared):
    jinan = read_vector(shared / "jinan_roads" / "edges.shp")
    assert len(jinan.frame) == 28_597
    assert jinan.frame.crs is None
    zhengzhou = read_vector(shared / "zhengzhou_roads" / "roads.geojson")
    assert len(zhengzhou.frame) == 1_085
    assert zhengzhou.frame.crs.to_epsg() == 4326
    assert len(read_vector(shared / "taipei" / "villages_5year_ages.geojson").frame) == 456
