"""[map] in project.toml: every mistake in one message, and what a run keeps of it."""

import json
import re

import pytest
from tile_files import picture, places, write_mbtiles

from facilityplan.cli import run_command_line
from facilityplan.errors import ProjectFileError
from facilityplan.project import open_project
from facilityplan.project.config import read_config

XYZ = '[[map.base]]\nkind = "xyz"\nname = "图"\nurl = "http://gis/{z}/{x}/{y}"\ndatum = "gcj02"\n'
TDT = '[[map.base]]\nkind = "tianditu"\nlayer = "vec"\nreview_number = "GS 1"\nkey = "k"\n'
FILE = '[[map.base]]\nkind = "mbtiles"\nname = "图"\npath = "a.mbtiles"\ndatum = "wgs84"\n'
BOX = (113.9, 34.2, 114.2, 34.4)

WRONG = [
    ("unknown kind", XYZ.replace("xyz", "wms"), ["map.base.kind", "wms", "tianditu", "pmtiles"]),
    ("no kind", XYZ.replace('kind = "xyz"\n', ""), ["map.base.kind"]),
    ("no datum", XYZ.replace('datum = "gcj02"\n', ""), ["datum", "wgs84", "cgcs2000", "gcj02"]),
    ("no datum for a file", FILE.replace('datum = "wgs84"\n', ""), ["datum", "gcj02"]),
    ("datum of Baidu", XYZ.replace("gcj02", "bd09"), ["map.base.datum", "bd09", "cgcs2000"]),
    ("no url", re.sub("url = .*\n", "", XYZ), ["xyz", "url"]),
    ("no path", re.sub("path = .*\n", "", FILE), ["mbtiles", "path"]),
    ("a url for a file", FILE + 'url = "http://a/{z}/{x}/{y}"\n', ["mbtiles", "url", "budget_mb"]),
    ("typo", XYZ + "maxzoom = 18\n", ["map.base.maxzoom", "max_zoom"]),
    ("typo above", "[map]\nbas = 1\n", ["map.bas", "base"]),
    ("zoom", XYZ + "max_zoom = 30\n", ["map.base.max_zoom", "≤ 22"]),
    ("zooms", XYZ + "min_zoom = 19\n", ["min_zoom", "max_zoom"]),
    ("budget", FILE + "budget_mb = 0\n", ["map.base.budget_mb", "> 0"]),
    ("two shown", (XYZ + "shown = true\n") * 2, ["shown"]),
    ("second", XYZ + XYZ.replace('name = "图"\n', ""), ["2", "name"]),
    ("no review number", TDT.replace('review_number = "GS 1"\n', ""), ["review_number"]),
    ("both keys", TDT + 'key_env = "K"\n', ["key_env"]),
    ("no key", TDT.replace('key = "k"\n', ""), ["key_env"]),
    ("no layer", TDT.replace('layer = "vec"\n', ""), ["tianditu", "layer"]),
    ("datum of Tianditu", TDT + 'datum = "gcj02"\n', ["tianditu", "datum"]),
]  # fmt: skip

ADDRESSES = [
    ("http://gis/{z}/{x}", "base_url"),
    ("http://gis/{z}/{x}/{y}/{s}", "base_url"),
    ("http://{x}.gis/{z}/{y}", "base_url"),
    ("http://u:p@gis/{z}/{x}/{y}", "base_url"),
    ("http://[::1]/{z}/{x}/{y}", "base_url"),
    ("http://gis/{z}/{x}/{y}/{-y}", "base_url"),
    ("http://gis /{z}/{x}/{y}", "base_url"),
    ("http://gis\\\\x/{z}/{x}/{y}", "base_url"),
    ("file:///tiles/{z}/{x}/{y}.png", "base_url"),
    ("tiles/{z}/{x}/{y}.png", "base_url"),
    ("http://a; script-src *;/{z}/{x}/{y}", "base_url"),
    ("http://gis/vec_c/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}", "base_grid"),
    ("http://gis/wmts?TILEMATRIXSET=c&a={z}&b={y}&c={x}", "base_grid"),
    ("http://gis/wmts?tilematrixset=EPSG:4490&a={z}&b={y}&c={x}", "base_grid"),
]
RIGHT = [
    "http://gis/wmts?TILEMATRIXSET=w&TILEMATRIX={TileMatrix}&TILEROW={TileRow}&TILECOL={TileCol}",
    "https://gis.office:8443/{z}/{x}/{-y}.jpg",
    "http://10.1.2.3:4326/{z}/{x}/{y}?tilematrixset=customgrid",
]


@pytest.mark.parametrize(("more", "said"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_a_mistake_is_told(make, more, said):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(more=more))
    for lang in ("zh", "en"):
        message = caught.value.render(lang)
        assert "project.toml" in message
        for word in said:
            assert word in message, message


@pytest.mark.parametrize(("address", "message"), ADDRESSES)
def test_an_address_that_cannot_be_used(make, address, message):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(more=XYZ.replace("http://gis/{z}/{x}/{y}", address)))
    assert caught.value.message == message
    assert "{z}" in caught.value.render("en")


@pytest.mark.parametrize("address", RIGHT)
def test_an_address_that_can(make, address):
    project = open_project(make(more=XYZ.replace("http://gis/{z}/{x}/{y}", address)))
    (base,) = project.base_maps
    (used,) = base.addresses
    assert base.gcj02
    assert set(re.findall(r"\{(.*?)\}", used)) in ({"z", "x", "y"}, {"z", "x", "-y"})
    assert read_config(project.folder).map.base[0].url == address


def test_what_a_file_lacks_ends_a_run_before_it_begins(make, refused, monkeypatch):
    refused(make(more=FILE), 3, "a.mbtiles")
    refused(make(more=FILE, a__mbtiles="no database"), 3, "a.mbtiles")
    refused(make(more=FILE.replace("a.mbtiles", "http://x/a.mbtiles")), 3, "a.mbtiles")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    without = TDT.replace('key = "k"', 'key_env = "NO_SUCH_KEY"')
    refused(make(more=without), 3, "NO_SUCH_KEY", "project.toml")


def test_vector_tiles_end_it_too(make, refused):
    folder = make(more=FILE)
    write_mbtiles(folder / "a.mbtiles", dict.fromkeys(places([12, 13], BOX), b"\x1f\x8b"), "pbf")
    refused(folder, 3, "a.mbtiles", "PNG")


def test_the_key_of_the_environment_stands_in_the_map_alone(make, run, monkeypatch):
    monkeypatch.setenv("OFFICE_KEY", "0123secret")
    out = run(make(more=TDT.replace('key = "k"', 'key_env = "OFFICE_KEY"')))
    holding = {path.name for path in out.iterdir() if b"0123secret" in path.read_bytes()}
    assert holding == {"map.html"}


def test_a_file_of_tiles_is_an_input(make, run):
    folder = make(more=FILE)
    tiles = {at: picture(*at) for at in places([12, 13], BOX)}
    write_mbtiles(folder / "a.mbtiles", tiles)
    before = sorted(path.name for path in folder.iterdir())
    out = run(folder, "--no-cache")
    inputs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert len(inputs["a.mbtiles"]) == 64
    assert "data:image/png;base64," in (out / "map.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == before
    again = open_project(folder, lang="zh", cache=False).map().to_html()
    assert (out / "map.html").read_text(encoding="utf-8") == again


def test_without_it_nothing_is_read_or_named(make):
    project = open_project(make())
    assert "img-src data: blob:; " in project.map().to_html()
    assert project.map_inputs == {}
    assert project.base_maps == ()


def test_other_commands_do_not_need_the_key(make, capsys, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    folder = make(more=TDT.replace('key = "k"', 'key_env = "NO_SUCH_KEY"'))
    assert open_project(folder).findings().findings
    assert run_command_line(["map", str(folder), "--out", str(folder / "m.html")]) == 3
    assert "NO_SUCH_KEY" in capsys.readouterr().err
    assert not (folder / "m.html").exists()


def test_a_repaired_copy_has_its_tiles(make, tmp_path, edited):
    folder = make(
        more=FILE.replace("a.mbtiles", "../a.mbtiles") + XYZ,
        residences__csv=edited(3, "二号院", " 二号院 "),
    )
    write_mbtiles(tmp_path / "a.mbtiles", {at: picture(*at) for at in places([12, 13], BOX)})
    run_command_line(["doctor", str(folder), "--fix", "--out", str(tmp_path / "out")])
    (copy,) = (path.parent for path in (tmp_path / "out").glob("*/project.toml"))
    bases = read_config(copy).map.base
    assert [base.path for base in bases] == ["outside/a.mbtiles", None]
    assert bases[1].url == "http://gis/{z}/{x}/{y}"
    assert open_project(copy).map().to_html().count("data:image/png;base64,") > 0
