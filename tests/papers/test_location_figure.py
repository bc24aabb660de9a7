"""The location figure of a review form: what is on it, true to scale, embedded, the same bytes.

The city is drawn on squared paper (see tests/schemes/test_city.py): the one centre that counts
stands at (300, 500), the road from it goes 400 m north, east, and back south every 50 m.
"""

import io
import json
import re
import zipfile
from xml.etree import ElementTree as ET

import docx
import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from facilityplan.cli import run_command_line
from facilityplan.cli.check import CheckOptions, _city, _reviews
from facilityplan.network import Network, shortest_way
from facilityplan.report.figures import fonts, location_plate, scale_of
from facilityplan.report.figures.marks import Areas, Lines, Points
from facilityplan.schemes import scheme_from_toml

EAST, NORTH, CRS = 500_000, 3_800_000, "EPSG:4547"
NEAR = (650, 450, 750, 550)  # its middle is 400 m east of the centre
PROJECT = f"""
[project]
name = "方格市"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "{CRS}"
[layers.zones]
path = "city.gpkg"
layer = "zones"
columns = {{ id = "id", name = "name", level = "level" }}
constants = {{ setting = "urban" }}
[layers.facilities]
path = "facilities.csv"
x = "x"
y = "y"
crs = "{CRS}"
columns = {{ id = "id", name = "name", kind = "kind", status = "status" }}
"""
ROADS = '[layers.roads]\npath = "city.gpkg"\nlayer = "roads"\n'
FACILITIES = (
    ("F1", "西中心", "社区养老服务中心", "运营", 300, 500),
    ("F2", "远中心", "社区养老服务中心", "运营", 9000, 500),  # far beyond the frame
    ("F3", "规划中心", "社区养老服务中心", "规划", 500, 600),  # does not count
)


def line(*points):
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def city_in(folder, *, roads=True, facilities=FACILITIES):
    folder.mkdir()
    zones = gpd.GeoDataFrame(
        {"id": ["A"], "name": ["西街道"], "level": ["town"]},
        geometry=[shapely.box(EAST, NORTH, EAST + 2000, NORTH + 1000)],
        crs=CRS,
    )
    zones.to_file(folder / "city.gpkg", layer="zones", driver="GPKG")
    if roads:
        down = [line((x, 900), (x, 500)) for x in range(300, 1950, 50)]
        across = line(*((x, 900) for x in range(300, 1950, 50)))
        frame = gpd.GeoDataFrame(geometry=[*down, across], crs=CRS)
        frame.to_file(folder / "city.gpkg", layer="roads", driver="GPKG")
    rows = [f"{a},{b},{c},{d},{EAST + x},{NORTH + y}" for a, b, c, d, x, y in facilities]
    text = "\n".join(["id,name,kind,status,x,y", *rows]) + "\n"
    (folder / "facilities.csv").write_text(text, encoding="utf-8")
    project = PROJECT + (ROADS if roads else "")
    (folder / "project.toml").write_text(project, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return city_in(tmp_path_factory.mktemp("location") / "方格市")


def sheet(**fields):
    base = {"name": "锦绣花园", "status": "new", "households": 1000, "elder_floor_area_m2": 300}
    return "".join(
        f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in (base | fields).items()
    )


def outline(at):
    west, south, east, north = at
    return {"outline": shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north).wkt,
            "crs": CRS}  # fmt: skip


def plate_of(city, lang="zh", **fields):
    options = CheckOptions(city=city, lang=lang)
    context = _city(options)
    (scheme,) = scheme_from_toml(sheet(**fields).encode(), "a.toml")
    (review,) = _reviews([scheme], context, options)
    return location_plate(review, context, lang)


def by_key(plate, kind):
    return {item.key.text: item for item in plate.layers if isinstance(item, kind) and item.keys}


def check(city, folder, *call, text=None):
    folder.mkdir(exist_ok=True)
    (folder / "a.toml").write_text(text or sheet(**outline(NEAR)), encoding="utf-8")
    out = folder / "out"
    where = [] if city is None else ["--city", str(city)]
    code = run_command_line(["check", str(folder / "a.toml"), *where, "--out", str(out), *call])
    return code, out


def test_what_is_drawn(city):
    plate = plate_of(city, **outline(NEAR))
    lines, areas, points = (by_key(plate, kind) for kind in (Lines, Areas, Points))
    (straight,) = lines["直线距离"].shapes
    assert straight.equals(line((700, 500), (300, 500)))
    (way,) = lines["步行路线"].shapes
    assert way.simplify(0.001).equals(line((700, 500), (700, 900), (300, 900), (300, 500)))
    (circle,) = areas["ZZ05a 服务半径 500 米"].shapes
    assert circle.centroid.distance(shapely.Point(EAST + 300, NORTH + 500)) < 0.01
    assert np.sqrt(circle.area / np.pi) == pytest.approx(500, rel=0.001)
    (own,) = areas["本项目用地"].shapes
    assert own.area == pytest.approx(10_000)
    counted = [text for text in points if "（" in text]
    assert len(counted) == 1
    assert counted[0].endswith("（1）"), "the far and the planned centre do not count here"
    names = [label.text for label in plate.labels]
    assert sorted(names) == sorted(["锦绣花园", "西中心", "西街道"])
    said = "".join(plate.notes)
    assert "直线至西中心 400 米" in said
    assert "步行至西中心 1200 米" in said
    west, south, east, north = plate.bounds
    assert west < EAST - 200
    assert east > EAST + 1050
    assert south < NORTH
    assert north > NORTH + 1000


def test_without_roads_the_straight_line_alone(tmp_path):
    plate = plate_of(city_in(tmp_path / "c", roads=False), "en", **outline(NEAR))
    assert set(by_key(plate, Lines)) & {"way on foot", "straight line"} == {"straight line"}
    assert any("no layer of roads" in note for note in plate.notes)


def test_where_nothing_counts_the_circle_is_round_the_scheme(tmp_path):
    city = city_in(tmp_path / "c", facilities=FACILITIES[2:])
    plate = plate_of(city, **outline(NEAR))
    (circle,) = by_key(plate, Areas)["ZZ05a 半径 500 米（以本项目为心）"].shapes
    assert circle.centroid.distance(shapely.Point(EAST + 700, NORTH + 500)) < 0.01
    assert any("没有计入的设施" in note for note in plate.notes)
    assert not set(by_key(plate, Lines)) & {"步行路线", "直线距离"}


def test_a_point_is_a_mark_and_the_missing_outline_is_named(city):
    plate = plate_of(city, x=EAST + 700, y=NORTH + 500, crs=CRS)
    assert "本项目（只有点位）" in by_key(plate, Points)
    assert any("没有用地范围" in note for note in plate.notes)


def test_no_place_no_plate(city):
    assert plate_of(city) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_in_the_form_and_beside_it(city, tmp_path, lang, capsys):
    code, out = check(city, tmp_path, "--lang", lang)
    assert code == 0
    stem = "001_锦绣花园"
    assert {path.name for path in out.iterdir()} == {
        f"{stem}.docx", f"{stem}.xlsx", f"{stem}_location.png", f"{stem}_location.pdf",
        "register.xlsx",
    }  # fmt: skip
    png = (out / f"{stem}_location.png").read_bytes()
    assert len(png) < 400_000
    picture = Image.open(io.BytesIO(png))
    assert picture.mode == "P"
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert (out / f"{stem}_location.pdf").read_bytes().startswith(b"%PDF")
    with zipfile.ZipFile(out / f"{stem}.docx") as archive:
        media = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert [archive.read(name) for name in media] == [png]
        tree = ET.fromstring(archive.read("word/_rels/document.xml.rels"))
    images = [item for item in tree if item.get("Type").endswith("/image")]
    assert len(images) == 1
    assert all(item.get("TargetMode") != "External" for item in tree)
    document = docx.Document(str(out / f"{stem}.docx"))
    (shape,) = document.inline_shapes
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    assert shape.width <= room, "the scale that is printed is true only at the sheet's own size"
    assert shape.width / 914_400 * 300 == pytest.approx(picture.width, abs=2)
    text = "\n".join(item.text for item in document.paragraphs)
    (scale,) = re.findall(r"1:([0-9,]+)", text)
    assert int(scale.replace(",", "")) == scale_of(plate_of(city, lang, **outline(NEAR)))
    assert "{" not in text
    assert str(out / f"{stem}_location.png") in capsys.readouterr().out


def test_the_same_bytes_twice(city, tmp_path):
    made = []
    for name in ("one", "two"):
        _, out = check(city, tmp_path / name)
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 5


def test_a_metre_is_true(city, tmp_path):
    """The way goes 400 m up, 400 m west and down: measured on the print, and the bar by it."""
    _, out = check(city, tmp_path)
    png = (out / "001_锦绣花园_location.png").read_bytes()
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    plate = plate_of(city, **outline(NEAR))
    scale = scale_of(plate)
    per_metre = 1000 / scale / 25.4 * 300
    map_end = int((200 - 15 - 58) / 25.4 * 300)
    blue = np.abs(pixels[:map_end] - (0x0B, 0x6E, 0x99)).max(axis=2) < 16
    tall = np.flatnonzero(blue.sum(axis=0) > 0.7 * 400 * per_metre)
    gap = int(np.flatnonzero(np.diff(tall) > 5)[0]) + 1
    apart = tall[gap:].mean() - tall[:gap].mean()
    assert apart == pytest.approx(400 * per_metre, rel=0.01)
    # The bar: four parts, black and white, of a round length; its black parts begin 2/4 apart.
    lowest = int((200 - (15 + 58 - 4 - 27 + 0.8)) / 25.4 * 300)
    row = pixels[lowest, int((156 - 5 - 46 + 2) / 25.4 * 300) : int(150 / 25.4 * 300)]
    black = np.flatnonzero(row.max(axis=1) < 100)
    second = black[1:][np.diff(black) > 5][0]
    bar_m = 2 * (second - black[0]) * 400 / apart
    round_m = min((k * 10.0**n for k in (1, 2, 4, 5) for n in range(1, 6)),
                  key=lambda length: abs(length - bar_m))  # fmt: skip
    assert bar_m == pytest.approx(round_m, rel=0.01)


@pytest.mark.parametrize(
    ("lang", "without", "unplaced"),
    [
        ("zh", "没有给出城市项目", "没有用地范围"),
        ("en", "no city project is given", "neither outline"),
    ],
)
def test_why_there_is_no_figure(city, tmp_path, lang, without, unplaced):
    for name, where, said in (("a", None, without), ("b", city, unplaced)):
        place = ["--place", "郑州市"] if where is None else []
        _, out = check(where, tmp_path / name, "--lang", lang, *place, text=sheet())
        assert len(list(out.iterdir())) == 3
        (form,) = out.glob("*.docx")
        document = docx.Document(str(form))
        assert said in "\n".join(item.text for item in document.paragraphs)
        assert len(document.inline_shapes) == 0


@pytest.fixture
def no_typeface(monkeypatch):
    monkeypatch.setattr(fonts, "_system_files", list)
    monkeypatch.setenv("WINDIR", "/nowhere")


@pytest.mark.usefixtures("no_typeface")
@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "没有可用的中文字体"), ("en", "no Chinese typeface")]
)
def test_no_typeface_is_said_before_anything(city, tmp_path, capsys, lang, said):
    code, out = check(city, tmp_path, "--lang", lang)
    shown = capsys.readouterr()
    assert code == 6
    assert said in shown.err
    assert "--font" in shown.err
    assert len(shown.err.splitlines()) == 2
    assert shown.out == ""
    assert not out.exists()


@pytest.mark.usefixtures("no_typeface")
def test_where_nothing_is_drawn_no_typeface_is_needed(city, tmp_path):
    """Without a place in the sheet, or with more schemes than forms are written for."""
    code, out = check(city, tmp_path / "a", text=sheet())
    assert (code, len(list(out.iterdir()))) == (0, 3)
    many = tmp_path / "many"
    many.mkdir()
    rows = "\n".join(f"甲{n},new,100,30,{EAST + n},{NORTH + 500},{CRS}" for n in range(101))
    head = "name,status,households,elder_floor_area_m2,x,y,crs\n"
    (many / "a.csv").write_text(head + rows + "\n", encoding="utf-8")
    out = tmp_path / "register"
    call = ["check", str(many / "a.csv"), "--city", str(city), "--out", str(out)]
    assert run_command_line(call) == 0
    assert [path.name for path in out.iterdir()] == ["register.xlsx"]


def test_a_way_is_as_long_as_the_distance_searched():
    """On a random city: the drawn line has the length that the search itself tells."""
    draw = np.random.default_rng(7)
    across = [shapely.LineString([(0, y), (1000, y)]) for y in draw.uniform(0, 1000, 12)]
    up = [shapely.LineString([(x, 0), (x, 1000)]) for x in draw.uniform(0, 1000, 12)]
    network = Network.from_lines(np.asarray([*across, *up], dtype=object), node_at_crossings=True)
    for start, end in draw.uniform(0, 1000, (40, 2, 2)):
        (walked,) = network.nearest([start], [end]).distance_m
        way = shortest_way(network, start, end, within_m=walked + 1)
        assert way.length == pytest.approx(walked, abs=0.05)
        assert np.allclose(way.coords[0], start)
        assert np.allclose(way.coords[-1], end)
        assert shortest_way(network, start, end, within_m=walked - 1) is None


def test_a_character_that_no_face_has_is_named_before_an_answer(city, tmp_path, capsys):
    path = tmp_path / "a.toml"
    path.write_text(sheet(name="甲" + chr(0x10FFFD), **outline(NEAR)), encoding="utf-8")
    out = tmp_path / "out"
    call = ["check", str(path), "--city", str(city), "--out", str(out)]
    assert run_command_line(call) == 6
    shown = capsys.readouterr()
    assert "10FFFD" in shown.err.upper() or chr(0x10FFFD) in shown.err
    assert shown.out == ""
    assert not out.exists()
