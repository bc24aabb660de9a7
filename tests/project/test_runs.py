"""A run: the same bytes for the same input, whole files, one writer, nothing stale."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import facilityplan.project.run as writing
from facilityplan import files
from facilityplan.cli import run_command_line
from facilityplan.project import OUTPUTS, open_project
from facilityplan.project.run import COVERAGE_OUTPUTS

HERE = "EPSG:4547"
LAYERS = """\
[layers.zones]
path = "zones.gpkg"
columns = { id = "代码", name = "名称", level = "层级", elders_60 = "老人" }
[layers.roads]
path = "roads.gpkg"
"""
TOWNS = {
    "代码": ["T1", "T2", "C"],
    "名称": ["甲街道", "乙街道", "小城"],
    "层级": ["街道", "街道", "市"],
    "老人": [500, 1000, 1500],
}
SHAPES = [
    shapely.box(490000, 3790000, 502000, 3810000),
    shapely.box(502000, 3790000, 515000, 3810000),
    shapely.box(490000, 3790000, 515000, 3810000),
]
ROADS = [
    shapely.LineString([(497000, 3800010), (500200, 3800010)]),
    shapely.LineString([(500200, 3800010), (503000, 3800010)]),
    shapely.LineString([(503000, 3800010), (509000, 3800010)]),
    shapely.LineString([(500200, 3800010), (500200, 3801000)]),
]
FACILITIES = """\
编号,名称,类型,状态,面积,床位,经度,纬度,服务小区
F1,一站,居家养老服务站点,运营,300,0,114.0,34.3277,R1;R2;R3
F2,中心,街道综合养老服务中心,运营,,70,113.98,34.327,
F3,没有类型,,运营,100,10,114.004,34.3277,R2
F4,院,养老院,运营,4000,60,114.03,34.327,
F5,关了,居家养老服务站点,停业,150,0,114.033,34.327,R4
"""


def draw(folder, order=(0, 1, 2), roads=(0, 1, 2, 3)):
    towns = gpd.GeoDataFrame(TOWNS, geometry=SHAPES, crs=HERE)
    towns.iloc[list(order)].to_file(folder / "zones.gpkg")
    lines = gpd.GeoDataFrame({"n": range(4)}, geometry=ROADS, crs=HERE)
    lines.iloc[list(roads)].to_file(folder / "roads.gpkg")
    return folder


def shuffled(text, order):
    header, *lines = text.splitlines()
    return "\n".join([header, *(lines[n] for n in order)]) + "\n"


def read(out, name):
    return json.loads((out / name).read_text(encoding="utf-8"))


def without_rows(value):
    if isinstance(value, dict):
        return {key: without_rows(part) for key, part in value.items() if key != "row"}
    return [without_rows(part) for part in value] if isinstance(value, list) else value


def test_same_input_same_bytes(make, tmp_path):
    first = draw(make(more=LAYERS, facilities__csv=FACILITIES))
    second = tmp_path / "elsewhere" / "copy"
    shutil.copytree(first, second)
    for folder, seed, zone in ((first, "1", "UTC"), (second, "2", "Asia/Shanghai")):
        done = subprocess.run(
            [sys.executable, "-m", "facilityplan", "run", folder, "--out", tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONIOENCODING": "cp936"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == sorted(OUTPUTS)
    for name in OUTPUTS:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_the_order_of_rows_changes_nothing(make, edited, run):
    residences = edited(2, "R1", "R1")
    one = draw(make(more=LAYERS, facilities__csv=FACILITIES))
    two = draw(
        make(
            more=LAYERS,
            name="shuffled",
            facilities__csv=shuffled(FACILITIES, (4, 2, 0, 3, 1)),
            residences__csv=shuffled(residences, (3, 1, 4, 0, 2)),
        ),
        order=(2, 0, 1),
        roads=(3, 1, 0, 2),
    )
    before, after = run(one, out="one"), run(two, out="two")
    for name in ("findings.json", "siting.json", "coverage.json", "accessibility.json"):
        assert without_rows(read(before, name)) == without_rows(read(after, name)), name
    rows = {
        item["unit_id"]: item["evidence"]["row"]
        for item in read(after, "findings.json")["findings"]
    }
    assert rows["R4"] == 2, "the row of the user's file"
    assert rows["R3"] == 6


def test_manifest_holds_hashes_of_what_is_there(make, run):
    folder = draw(make(more=LAYERS))
    out = run(folder)
    manifest = read(out, "manifest.json")
    assert manifest["inputs"] == {
        name: files.sha256(folder / name)
        for name in ("project.toml", "residences.csv", "facilities.csv", "zones.gpkg", "roads.gpkg")
    }
    assert manifest["outputs"] == {
        name: files.sha256(out / name) for name in OUTPUTS if name != "manifest.json"
    }
    assert str(folder) not in (out / "manifest.json").read_text(encoding="utf-8")


def test_all_parts_of_a_shapefile_are_inputs(make):
    folder = make(more='[layers.roads]\npath = "roads.shp"\n')
    gpd.GeoDataFrame({"n": range(4)}, geometry=ROADS, crs=HERE).to_file(folder / "roads.shp")
    assert {"roads.shp", "roads.dbf", "roads.shx", "roads.prj"} <= set(open_project(folder).inputs)


@pytest.fixture
def city_only():
    return """\
[project]
name = "只有区划"
standards = ["zhengzhou-2018-34"]
as_of = 2019-06-30
crs = "EPSG:4547"
"""


def parts(toml, *layers):
    """Return the layers' tables of the small project."""
    starts = [toml.index(f"[layers.{name}]") for name in ("residences", "facilities")]
    tables = {
        "residences": toml[starts[0] : starts[1]],
        "facilities": toml[starts[1] :],
        "zones": LAYERS[: LAYERS.index("[layers.roads]")],
    }
    return "".join(tables[name] for name in layers)


@pytest.mark.parametrize(
    "layers", [("zones", "facilities"), ("zones",), ("residences",), ("facilities",)]
)
def test_what_can_be_judged_is_and_nothing_stale_stays(make, run, city_only, layers):
    whole = draw(make())
    out = run(whole)
    assert sorted(path.name for path in out.iterdir()) == sorted(OUTPUTS)
    toml = (whole / "project.toml").read_text(encoding="utf-8")
    folder = draw(make(toml=city_only + parts(toml, *layers), name="part"))
    if layers == ("facilities",):
        lone = (folder / "facilities.csv").read_text(encoding="utf-8").replace(",R1\n", ",\n")
        (folder / "facilities.csv").write_text(lone, encoding="utf-8")
    assert run(folder) == out
    kept = set(OUTPUTS) - set(COVERAGE_OUTPUTS)
    assert {path.name for path in out.iterdir()} == kept
    assert read(out, "manifest.json")["solver"] == {}
    assert set(read(out, "manifest.json")["outputs"]) == kept - {"manifest.json"}
    found = {
        (item["clause_id"], item["unit_id"]): item
        for item in read(out, "findings.json")["findings"]
    }
    if layers == ("zones", "facilities"):
        # no facility here has a single bed: nothing tells that from a table without beds
        assert found["ZZ10", "C"]["formula"]["id"] == "reason.no_beds_counted"
    if "zones" in layers:
        assert found["ZZ10", "C"]["verdict"] == "insufficient_data"
    if layers == ("residences",):
        # Milestones that are not yet due say so; nothing else can be judged, and nothing passes.
        verdicts = {item["verdict"] for item in found.values()}
        assert verdicts <= {"insufficient_data", "not_applicable"}
        assert found["ZZ05a", "R1"]["verdict"] == "insufficient_data"


@pytest.mark.parametrize("standard", ["jiyuan-2017-73", "xuchang-2022-33"])
def test_documents_without_a_radius(make, run, standard):
    out = run(make(("zhengzhou-2018-34", standard)))
    siting = read(out, "siting.json")
    assert (siting["gaps"], siting["cover_all"], siting["best"]) == ([], None, [])


def test_empty_layers_that_may_be(make, run):
    swap = ('path = "facilities.csv"', 'path = "facilities.csv"\nmay_be_empty = true')
    header = FACILITIES.splitlines()[0] + "\n"
    out = run(make(swap, facilities__csv=header))
    assert read(out, "siting.json")["gaps"] == ["R1", "R2", "R3", "R4", "R5"]
    areas = [i for i in read(out, "findings.json")["findings"] if i["clause_id"] == "ZZ04b"]
    assert {(item["value"], item["verdict"]) for item in areas} == {(0, "non_compliant")}


def test_facilities_that_may_not_be_complete(make, run):
    swap = ("as_of = 2019-06-30", "as_of = 2019-06-30\nfacilities_complete = false")
    out = run(make(swap))
    verdicts = {
        (item["clause_id"], item["unit_id"]): item["verdict"]
        for item in read(out, "findings.json")["findings"]
    }
    assert verdicts["ZZ05a", "R1"] == "insufficient_data"
    assert verdicts["ZZ04b", "R1"] == "compliant", "what is known already suffices"
    assert verdicts["ZZ04b", "R5"] == "insufficient_data"
    assert read(out, "siting.json")["gaps"] == []
    assert read(out, "siting.json")["undecided"] == ["R1", "R2", "R3", "R4", "R5"]


def test_strict(make, run, edited, capsys):
    far = make()
    run(far, "--strict", code=1)
    run(far, code=0)
    near = make(
        name="near",
        residences__csv="编号,名称,户数,老人,东,北,状态\nR1,一号院,100,10,498200,3800000,已建\n",
    )
    assert json.loads(summary(run, near, capsys))["summary"]
    run(near, "--strict", code=0)
    unknown = make(
        name="unknown",
        residences__csv="编号,名称,户数,老人,东,北,状态\nR1,一号院,,10,498200,3800000,已建\n",
    )
    run(unknown, "--strict", code=1)


def summary(run, folder, capsys):
    capsys.readouterr()
    run(folder, "--json")
    return capsys.readouterr().out


def test_words_constants_and_several_files(make, run):
    table = "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
    more = """\
[[layers.facilities]]
path = "second.csv"
x = "经度"
y = "纬度"
datum = "wgs84"
columns = { id = "编号", kind = "类型", floor_area_m2 = "面积" }
constants = { status = "operating", serves = "R2" }
words = { kind = { "1" = "home_care_station", "2" = "养老院" } }
"""
    toml = (make() / "project.toml").read_text(encoding="utf-8")
    toml = toml.replace("[layers.facilities]", "[[layers.facilities]]", 1)
    second = table + "F2,,1,,150,,113.98,34.327,\nF3,,2,,500,,113.98,34.327,\n"
    folder = make(toml=toml + more, second__csv=second)
    found = open_project(folder).facilities
    assert found["id"].tolist() == ["F1", "F2", "F3"]
    assert found["kind"].tolist() == ["home_care_station", "home_care_station", "elder_home"]
    assert found["status"].tolist() == ["operating"] * 3
    assert found["serves"].tolist() == [("R1",), ("R2",), ("R2",)]
    areas = {
        item["unit_id"]: item["value"]
        for item in read(run(folder), "findings.json")["findings"]
        if item["clause_id"] == "ZZ04b"
    }
    assert areas["R1"] == 200
    assert areas["R2"] == 150, "an elder home is no premises of an estate"


def test_a_code_that_is_a_number_in_the_file(make):
    folder = make(
        ('path = "facilities.csv"', 'path = "facilities.gpkg"'),
        ('x = "经度"\ny = "纬度"\ndatum = "wgs84"\n', ""),
        ('name = "名称"\nkind', "kind"),
        ('status = "状态"\nfloor', "floor"),
        ('floor_area_m2 = "面积"\nbeds = "床位"\nserves = "服务小区"\n', ""),
        more='[layers.facilities.words]\nkind = { "1" = "home_care_station" }\n',
    )
    gpd.GeoDataFrame(
        {"编号": [7.0], "类型": [1.0]}, geometry=[shapely.Point(500000, 3800000)], crs=HERE
    ).to_file(folder / "facilities.gpkg")
    found = open_project(folder).facilities
    assert (found["id"].tolist(), found["kind"].tolist()) == (["7"], ["home_care_station"])


class TestOutputFolder:
    def test_files_are_replaced_in_one_step(self, make, run):
        folder = make()
        out = run(folder)
        link = out.parent / "old-findings.json"
        os.link(out / "findings.json", link)
        before = link.read_bytes()
        toml = folder / "project.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("小城", "大城"), encoding="utf-8")
        run(folder)
        assert link.read_bytes() == before, "the old file was not written into"
        assert (out / "findings.json").read_bytes() != before
        assert (out / "findings.json").stat().st_ino != link.stat().st_ino
        assert sorted(path.name for path in out.iterdir()) == sorted(OUTPUTS)

    @pytest.mark.parametrize("stage", ["findings_workbook", "siting_document"])
    @pytest.mark.parametrize(
        ("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("bug"), 70)]
    )
    def test_what_stops_before_writing_changes_nothing(
        self, make, run, tmp_path, monkeypatch, stage, error, code
    ):
        folder = make()
        out = run(folder)
        before = {path.name: path.read_bytes() for path in out.iterdir()}

        def stop(*_, **__):
            raise error

        monkeypatch.setattr(writing, stage, stop)
        assert run_command_line(["run", str(folder), "--out", str(out)]) == code
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        new = tmp_path / "new"
        assert run_command_line(["run", str(folder), "--out", str(new)]) == code
        assert not new.exists()

    def test_interrupted_while_writing_leaves_the_old_files(self, make, run, monkeypatch):
        folder = make()
        out = run(folder)
        before = {path.name: path.read_bytes() for path in out.iterdir()}

        def stop(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(writing, "write_coverage_geopackage", stop)
        assert run_command_line(["run", str(folder), "--out", str(out)]) == 130
        left = {path.name: path.read_bytes() for path in out.iterdir()}
        assert left == before

    def test_a_live_process_holds_the_lock(self, make, run, tmp_path, capsys):
        out = tmp_path / "out"
        out.mkdir()
        lock = out / ".facilityplan.lock"
        lock.write_text(str(os.getpid()))
        run(make(), code=6)
        assert str(os.getpid()) in capsys.readouterr().err
        assert [path.name for path in out.iterdir()] == [lock.name]
        lock.unlink()
        run(make())

    @pytest.mark.parametrize("owner", ["999999999", "9" * 40])
    def test_a_lock_of_nobody_is_taken_over(self, make, run, tmp_path, owner):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / ".facilityplan.lock").write_text(owner)
        assert sorted(path.name for path in run(make()).iterdir()) == sorted(OUTPUTS)

    def test_two_runs_at_once(self, make, run, tmp_path, monkeypatch):
        folder = make()
        inner = []
        plain = writing.findings_workbook

        def again(*arguments, **keywords):
            if not inner:
                inner.append(None)
                inner[0] = run_command_line(["run", str(folder), "--out", str(tmp_path / "out")])
            return plain(*arguments, **keywords)

        monkeypatch.setattr(writing, "findings_workbook", again)
        run(folder)
        assert inner == [6], "the lock holds while the first run computes and writes"

    @pytest.mark.parametrize("name", ["manifest.json", "findings.xlsx", "map.html"])
    def test_a_file_that_is_open_elsewhere(self, make, run, monkeypatch, capsys, name):
        folder = make()
        out = run(folder)
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        toml = folder / "project.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("小城", "大城"), encoding="utf-8")
        spoken = Path.unlink, Path.replace

        def held(method):
            def act(self, *arguments, **keywords):
                if name in {self.name, *(Path(word).name for word in arguments)}:
                    raise PermissionError(13, "in use")
                return method(self, *arguments, **keywords)

            return act

        monkeypatch.setattr(Path, "unlink", held(spoken[0]))
        monkeypatch.setattr(Path, "replace", held(spoken[1]))
        run(folder, "--lang", "en", code=6)
        err = capsys.readouterr().err
        assert name in err
        assert "What to do" in err
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before

    def test_a_folder_that_cannot_be_written(self, make, run, monkeypatch, capsys):
        plain = os.open

        def refuse(path, *arguments, **keywords):
            if ".facilityplan" in str(path):
                raise PermissionError(13, "Permission denied")
            return plain(path, *arguments, **keywords)

        monkeypatch.setattr(os, "open", refuse)
        out = run(make(), "--lang", "en", code=6)
        assert "cannot be written" in capsys.readouterr().err
        assert list(out.glob("*")) == []

    def test_a_file_or_a_folder_in_the_way(self, make, tmp_path, capsys):
        folder = make()
        (tmp_path / "file").write_text("x")
        for out in (tmp_path / "file", tmp_path / "file" / "below"):
            assert run_command_line(["run", str(folder), "--out", str(out)]) == 6
        (tmp_path / "out" / "manifest.json").mkdir(parents=True)
        assert run_command_line(["run", str(folder), "--out", str(tmp_path / "out")]) == 6
        assert "Traceback" not in capsys.readouterr().err
        assert (tmp_path / "file").read_text() == "x"

    def test_no_result_takes_the_place_of_an_input(self, make, run, capsys):
        folder = make(('path = "residences.csv"', 'path = "findings.json"'))
        (folder / "residences.csv").rename(folder / "findings.json")
        before = (folder / "findings.json").read_bytes()
        assert run_command_line(["run", str(folder), "--out", str(folder)]) == 6
        assert "findings.json" in capsys.readouterr().err
        assert (folder / "findings.json").read_bytes() == before
        assert (run(folder) / "findings.json").is_file()


def test_inputs_that_are_others_than_last_time_are_said(make, run, capsys):
    folder = make()
    run(folder, "--lang", "en")
    assert "not those that the earlier results" not in capsys.readouterr().err
    table = folder / "facilities.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("200", "201"), encoding="utf-8")
    run(folder, "--lang", "en")
    assert "not those that the earlier results in this folder were made from: facilities.csv" in (
        capsys.readouterr().err
    )
    run(folder, "--lang", "zh")
    assert "上次结果" not in capsys.readouterr().err
