"""Schemes in a city drawn on squared paper: every distance, share and sum worked out by hand.

Two streets of 1 km side by side, each one community. East is x, north is y, in metres from the
south-west corner. The one centre stands at (300, 500), serves the old estate of the western street
and has 12 beds. The road from it goes 400 m north, east, and back south to y = 500 every 50 m.
"""

import json

import geopandas as gpd
import pytest
import shapely

from facilityplan.cli import run_command_line

EAST, NORTH, CRS = 500_000, 3_800_000, "EPSG:4547"


def box(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def line(*points):
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


ZONES = (
    ("K", "某区", "county", None, (0, 0, 2000, 1000), None),
    ("A", "西街道", "town", "K", (0, 0, 1000, 1000), None),
    ("B", "东街道", "town", "K", (1000, 0, 2000, 1000), None),
    ("A1", "西社区", "community", "A", (0, 0, 1000, 1000), 2500),
    ("B1", "东社区", "community", "B", (1000, 0, 2000, 1000), 2500),
)
ESTATES = (("a", "西苑", 1000, (100, 100, 200, 200)), ("b", "东苑", 2500, (1800, 800, 1900, 900)))

PROJECT = f"""
[project]
name = "方格市"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "{CRS}"
[layers.zones]
path = "city.gpkg"
layer = "zones"
columns = {{ id = "id", name = "name", level = "level", parent = "parent", households = "households" }}
constants = {{ setting = "urban" }}
[layers.residences]
path = "city.gpkg"
layer = "estates"
columns = {{ id = "id", name = "name", households = "households" }}
constants = {{ setting = "urban", status = "existing" }}
[layers.facilities]
path = "facilities.csv"
x = "x"
y = "y"
crs = "{CRS}"
[layers.facilities.columns]
id = "id"
name = "name"
kind = "kind"
status = "status"
floor_area_m2 = "area"
beds = "beds"
serves = "serves"
[layers.roads]
path = "city.gpkg"
layer = "roads"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("方格市")
    names = ("id", "name", "level", "parent", "households")
    rows = [dict(zip(names, (*z[:4], z[5]), strict=True)) for z in ZONES]
    layers = {
        "zones": gpd.GeoDataFrame(rows, geometry=[box(*z[4]) for z in ZONES], crs=CRS),
        "estates": gpd.GeoDataFrame(
            [dict(zip(("id", "name", "households"), e[:3], strict=True)) for e in ESTATES],
            geometry=[box(*e[3]) for e in ESTATES],
            crs=CRS,
        ),
    }
    down = [line((x, 900), (x, 500)) for x in range(300, 1950, 50)]
    layers["roads"] = gpd.GeoDataFrame(
        geometry=[*down, line(*((x, 900) for x in range(300, 1950, 50)))], crs=CRS
    )
    for name, frame in layers.items():
        frame.to_file(folder / "city.gpkg", layer=name, driver="GPKG")
    (folder / "facilities.csv").write_text(
        f"id,name,kind,status,area,beds,serves,x,y\nF1,西中心,社区养老服务中心,运营,200,12,a,{EAST + 300},{NORTH + 500}\n",
        encoding="utf-8",
    )
    (folder / "project.toml").write_text(PROJECT, encoding="utf-8")
    return folder


@pytest.fixture
def check(city, tmp_path, capsys):
    """Return what checks a scheme in the city: exit code and answer, or what was refused."""

    def run(*call, at=None, **fields):
        sheet = {"status": "new", "households": 1000, "elder_floor_area_m2": 300, **fields}
        if at is not None:
            sheet |= {"outline": box(*at).wkt, "crs": CRS}
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in sheet.items())
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        code = run_command_line(
            ["check", str(tmp_path / "a.toml"), "--json", "--city", str(city), *call]
        )
        shown = capsys.readouterr()
        if not shown.out:
            return code, shown.err
        (answer,) = json.loads(shown.out)
        answer["by"] = {item["clause_id"]: item for item in answer["findings"]}
        answer["said"] = {item["id"] for item in answer["remarks"]}
        return code, answer

    return run


NEAR = (650, 450, 750, 550)  # its middle is 400 m east of the centre
FAR = (800, 450, 900, 550)  # 550 m
ACROSS = (900, 400, 1100, 600)  # half in each street, its middle 700 m from the centre
EASTERN = (1650, 450, 1750, 550)  # in the community without a centre
OUTSIDE = (5000, 5000, 5100, 5100)


@pytest.mark.parametrize(
    ("at", "verdict", "distance", "margin"),
    [
        (NEAR, "compliant", 400, 100),
        ((750, 450, 850, 550), "compliant", 500, 0),
        (FAR, "non_compliant", 550, -50),
        (ACROSS, "non_compliant", 700, -200),
    ],
)
def test_radius_in_a_straight_line(check, at, verdict, distance, margin):
    code, answer = check(at=at)
    found = answer["by"]["ZZ05a"]
    got = (found["verdict"], found["value"], found["required"], found["margin"])
    assert got == (verdict, distance, 500, margin)
    assert code == 0, "the radius is the bureau's duty"
    assert found["evidence"]["facility"] == "F1"


def test_on_foot_beside_it(check):
    """400 m north, 400 m east, 400 m south: 1200 m on foot, which would turn the verdict."""
    evidence = check(at=NEAR, farthest_dwelling_m=620)[1]["by"]["ZZ05a"]["evidence"]
    assert evidence["straight_m"] == 400
    assert evidence["walking_m"] == pytest.approx(1200, abs=0.01)
    assert (evidence["walking_within"], evidence["walking_flips"]) == (False, True)
    assert evidence["farthest_dwelling_m"] == 620


def test_on_foot_and_farthest_dwelling_are_shown(city, tmp_path, capsys):
    sheet = tmp_path / "a.toml"
    sheet.write_text(
        f'status = "new"\nhouseholds = 100\nelder_floor_area_m2 = 30\ncrs = "{CRS}"\n'
        f'outline = "{box(*NEAR).wkt}"\nfarthest_dwelling_m = 620\n',
        encoding="utf-8",
    )
    assert run_command_line(["check", str(sheet), "--city", str(city)]) == 0
    said = capsys.readouterr().out
    for words in ("步行 1200 米", "按步行会改变结论", "最远住宅 620 米", "2019-06-30"):
        assert words in said


def test_across_two_streets(check):
    """1000 households need 300, 200 are designed; half of each falls to each street.

    West: 1000 old households need 200 and have them: 200 + 150 - (200 + 100) = 50.
    East: 2500 old households need 500 and have none: 500 + 150 - 100 = 550.
    """
    code, answer = check(at=ACROSS, elder_floor_area_m2=200)
    assert code == 1
    streets = {item["name"]: item for item in answer["streets"]}
    names = ("share", "households_before", "households_added", "required_before_m2",
             "required_added_m2", "provided_before_m2", "provided_added_m2")  # fmt: skip
    assert [streets["西街道"][name] for name in names] == [0.5, 1000, 500, 200, 150, 200, 100]
    assert [streets["东街道"][name] for name in names] == [0.5, 2500, 500, 500, 150, 0, 100]
    assert answer["outside_share"] == 0
    assert "outside_streets" not in answer["said"]


def test_gaps_before_and_after_are_shown(city, tmp_path, capsys):
    sheet = tmp_path / "a.toml"
    sheet.write_text(
        f'status = "new"\nhouseholds = 1000\nelder_floor_area_m2 = 200\ncrs = "{CRS}"\n'
        f'outline = "{box(*ACROSS).wkt}"\n',
        encoding="utf-8",
    )
    assert run_command_line(["check", str(sheet), "--city", str(city)]) == 1
    said = capsys.readouterr().out
    assert (
        "西街道（占本项目用地 50.0%）：户数 1000 → 1500；应配用房 200 → 350 ㎡；街道合计缺口（小区之间相抵）0 → 50 ㎡"
        in said
    )
    assert (
        "东街道（占本项目用地 50.0%）：户数 2500 → 3000；应配用房 500 → 650 ㎡；街道合计缺口（小区之间相抵）500 → 550 ㎡"
        in said
    )


def test_outside_every_zone(check):
    code, answer = check(at=OUTSIDE)
    assert code == 0
    assert (answer["streets"], answer["community"], answer["outside_share"]) == ([], None, 1)
    assert "outside_streets" in answer["said"]
    # From (300, 500) to (5050, 5050), rounded to whole millimetres.
    assert answer["by"]["ZZ05a"]["value"] == round((4750**2 + 4550**2) ** 0.5, 3)
    code, answer = check("--place", "济源市", at=OUTSIDE)
    assert answer["by"]["JY07"]["verdict"] == "insufficient_data"
    assert answer["by"]["JY07"]["formula"]["id"] == "reason.no_community"
    assert code == 1


def test_half_outside(check):
    _, answer = check(at=(-50, 400, 50, 600))
    assert answer["outside_share"] == 0.5
    assert [item["share"] for item in answer["streets"]] == [0.5]
    assert answer["streets"][0]["required_added_m2"] == 150
    assert "outside_streets" in answer["said"]


def test_without_a_place(check):
    code, answer = check()
    assert code == 0
    assert (answer["placed"], answer["streets"]) == (False, [])
    found = answer["by"]["ZZ05a"]
    assert (found["verdict"], found["required"]) == ("insufficient_data", 500)
    assert found["formula"]["id"] == "reason.scheme_unplaced"


@pytest.mark.parametrize(
    ("at", "station", "verdict", "code"),
    [
        (NEAR, None, "not_applicable", 0),
        ((750, 450, 850, 550), None, "not_applicable", 0),
        (FAR, None, "insufficient_data", 1),
        (FAR, 199, "non_compliant", 1),
        (FAR, 200, "compliant", 0),
        (EASTERN, 200, "insufficient_data", 1),
    ],
)
def test_jiyuan_station_by_the_centre_of_its_own_community(check, at, station, verdict, code):
    fields = {} if station is None else {"station_area_m2": station}
    got, answer = check("--place", "济源市", at=at, **fields)
    assert (answer["by"]["JY07"]["verdict"], got) == (verdict, code)


@pytest.mark.parametrize(
    ("households", "at", "verdict"),
    [
        (500, NEAR, "not_applicable"),  # 2500 + 500 = 3000
        (501, NEAR, "compliant"),  # 3001, a centre of 12 beds
        (501, EASTERN, "non_compliant"),  # 3001, no centre
    ],
)
def test_community_of_more_than_3000_with_the_scheme_in_it(check, households, at, verdict):
    _, answer = check("--place", "济源市", at=at, households=households, elder_floor_area_m2=400)
    assert answer["by"]["JY06"]["verdict"] == verdict


def test_the_documents_of_the_city_hold(check):
    code, said = check(standards=["xuchang-2022-33"])
    assert code == 2
    for word in ("xuchang-2022-33", "zhengzhou-2018-34", "a.toml"):
        assert word in said
    code, answer = check(standards=["zhengzhou-2018-34"], place="郑州")
    assert (code, answer["standards"]) == (0, ["zhengzhou-2018-34"])
    assert "other_place" not in answer["said"]
    # a district that no document names is taken, and said; another city's scheme is refused
    assert "other_place" in check(place="许昌市魏都区")[1]["said"]
    code, said = check(place="许昌市")
    assert code == 2
    for word in ("许昌市", "郑政〔2018〕34号", "a.toml"):
        assert word in said


def test_a_place_beside_the_one_of_the_sheet_is_refused(tmp_path, capsys):
    sheet = tmp_path / "a.toml"
    sheet.write_text(
        'name = "甲"\nplace = "郑州市"\nstatus = "new"\nhouseholds = 100\n', encoding="utf-8"
    )
    for verb in ("check", "conditions"):
        call = [verb, str(sheet), "--date", "2019-06-30", "--place"]
        assert run_command_line([*call, "济源市"]) == 2
        shown = capsys.readouterr()
        for word in ("郑州市", "济源市", "a.toml"):
            assert word in shown.err
        assert shown.out == ""
        assert run_command_line([*call, "郑州"]) in {0, 1}
        capsys.readouterr()


def test_a_need_that_is_not_known_is_a_dash(city, tmp_path, capsys):
    """Jiyuan's text has no rate for standing estates: what one adds to its street is not known."""
    sheet = tmp_path / "a.toml"
    sheet.write_text(
        f'status = "existing"\nhouseholds = 600\nelder_floor_area_m2 = 119\ncrs = "{CRS}"\n'
        f'outline = "{box(*NEAR).wkt}"\n',
        encoding="utf-8",
    )
    call = ["check", str(sheet), "--city", str(city), "--standards", "jiyuan-2017-73"]
    assert run_command_line(call) == 1
    said = capsys.readouterr().out
    assert "nan" not in said
    (street,) = [line for line in said.splitlines() if "应配用房" in line]
    assert "→ — ㎡" in street
    assert "城市项目所用文件（济政办〔2017〕73号）" in said
    assert "project.toml" in said


def test_judging_date_of_the_city_and_of_the_call(check):
    assert check()[1]["as_of"] == "2019-06-30"
    assert check("--date", "2020-01-01")[1]["as_of"] == "2020-01-01"


def test_a_project_as_it_came_is_not_changed(check, city):
    def content():
        return {path.name: path.read_bytes() for path in city.iterdir() if path.is_file()}

    before = content()
    check(at=ACROSS)
    assert content() == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_city_that_is_given_is_not_asked_for(city, tmp_path, capsys, lang):
    """The scheme has no place: its community's households are not known, city or no city."""
    sheet = tmp_path / "a.toml"
    sheet.write_text('name = "甲"\nhouseholds = 100\nstatus = "new"\n', encoding="utf-8")
    call = ["check", str(sheet), "--standards", "jiyuan-2017-73", "--lang", lang]
    said = {"zh": "缺所在社区总户数", "en": "households of the community"}[lang]
    for more, asked in (([], True), (["--city", str(city)], False)):
        assert run_command_line([*call, *more]) == 1
        (line,) = [line for line in capsys.readouterr().out.splitlines() if said in line]
        assert ("--city" in line) == asked
