"""The page loads nothing, says so in its policy, and leaves folium as it was."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from html import unescape
from pathlib import Path

import folium
import folium.plugins
import pytest
from branca.element import CssLink, Element

from facilityplan import layers, maps
from facilityplan.errors import MissingLayerError, OutputError
from facilityplan.maps import inline
from facilityplan.project import open_project

ASSETS = Path(maps.__file__).parent / "assets"


def made(small, **options):
    return maps.city_map(
        small.city,
        small.findings,
        standards=small.standards,
        proposal=small.proposal,
        **options,
    )


def test_vendored_files_are_exactly_those_of_the_manifest():
    manifest = tomllib.loads((ASSETS / "manifest.toml").read_text("utf-8"))
    for name, part in manifest.items():
        found = {
            path.relative_to(ASSETS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (ASSETS / name).rglob("*")
            if path.is_file()
        }
        assert found == part["sha256"]
        assert (ASSETS / part["licence_file"]).is_file()


def test_every_asset_is_there_and_every_own_file_is_used():
    own = {path.relative_to(ASSETS).as_posix() for path in (ASSETS / "desk").iterdir()}
    assert own == {*inline.DESK_JS, inline.DESK_CSS}
    for path in inline.ASSETS:
        assert inline.asset(path)


def test_nothing_in_the_page_points_elsewhere(small):
    page = made(small).to_html()
    assert not re.findall(r"<link|<iframe|<object|<embed|<base", page)
    assert not re.findall(r"<[^>]+\s(?:src|srcset)=", page)
    assert not re.findall(r"url\((?!data:|#)", page)
    outside = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert outside == {"http://www.w3.org/2000/svg", "https://leafletjs.com"}  # names, not loaded
    assert "Redistributions in binary form" in page  # Leaflet's licence goes along


def test_policy_names_every_script_by_its_sum_and_allows_nothing_else(small):
    page = made(small).to_html()
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    sums = {
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in scripts
    }
    assert set(rules["script-src"].split()) == sums
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert len(re.findall(r"<script", page)) == len(scripts) + 2  # and two inert data elements


def test_same_input_same_bytes_also_when_asked_twice(small):
    shown = made(small)
    assert shown.to_html() == shown.to_html() == made(small).to_html()


CODE = """
import hashlib, sys
sys.path.insert(0, {folder!r})
import conftest
from facilityplan import checks, maps, standards
city = conftest.make_city()
held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
page = maps.city_map(
    city, checks.assess(city, held), standards=held, proposal=conftest.make_proposal()
).to_html()
print(hashlib.sha256(page.encode()).hexdigest())
"""


def test_same_bytes_in_processes_with_other_hash_seeds():
    code = CODE.format(folder=str(Path(__file__).parent))
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "4711")
    }
    assert len(sums) == 1


def test_the_whole_page_is_the_same_wherever_and_whenever_it_is_made(tmp_path):
    """The sample city with roads, sites, what-if and packed layers, as the command writes it."""
    usual = Path(__file__).parents[2] / "data" / "sample_city"
    moved = tmp_path / "别处 copy"
    shutil.copytree(usual, moved, ignore=shutil.ignore_patterns("*.facilityplan*", "*cache*"))
    env = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.GB18030"}
    path = tmp_path / "map.html"
    command = ["map", moved, "--lang", "zh", "--out", path, "--no-cache"]
    subprocess.run(
        [sys.executable, "-m", "facilityplan", *command],
        env={**os.environ, **env, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(usual.parents[1])},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    own = open_project(usual, lang="zh").map().to_html().encode("utf-8")
    assert path.read_bytes() == own
    for part in (b"desk-pack", b'"whatif"', b'"proposal"'):
        assert part in own


def test_other_folium_maps_of_the_process_stay_as_they_are(small):
    before = (list(folium.Map.default_js), list(folium.Map.default_css), folium.Map()._id)
    shown = made(small)
    shown.add_js_link("leaflet", "leaflet/other.js")
    assert folium.Map.default_js == before[0]
    assert folium.Map.default_css == before[1]
    assert folium.Map()._id != before[2]
    assert made(small).to_html()


def _tiles(shown):
    folium.TileLayer("https://tiles.example/{z}/{x}/{y}.png", attr="x").add_to(shown)


def _plugin(shown):
    folium.plugins.Fullscreen().add_to(shown)


def _script_link(shown):
    shown.add_js_link("leaflet", "https://cdn.example/leaflet.js")


def _style_link(shown):
    shown.get_root().header.add_child(CssLink("//cdn.example/a.css"))


def _style_image(shown):
    element = Element("<style>p { background: url( 'https://cdn.example/a.png' ) }</style>")
    shown.get_root().header.add_child(element)


def _style_import(shown):
    shown.get_root().header.add_child(Element("<style>@import '//cdn.example/a.css';</style>"))


def _image(shown):
    shown.get_root().html.add_child(Element('<img src="https://cdn.example/a.png">'))


def _relative_image(shown):
    shown.get_root().html.add_child(Element('<img src="a.png">'))


def _style_attribute(shown):
    element = Element('<p style="background: url(https://cdn.example/a.png)"></p>')
    shown.get_root().html.add_child(element)


def _script_fetch(shown):
    shown.get_root().script.add_child(Element('fetch("//cdn.example/a")'))


@pytest.mark.parametrize(
    "add",
    [
        _tiles,
        _plugin,
        _script_link,
        _style_link,
        _style_image,
        _style_import,
        _image,
        _relative_image,
        _style_attribute,
        _script_fetch,
    ],
)
def test_an_address_that_is_not_inside_is_refused(small, add, tmp_path):
    shown = made(small)
    add(shown)
    with pytest.raises(OutputError) as refused:
        shown.to_html()
    assert refused.value.exit_code == 6
    assert refused.value.render("zh") != refused.value.render("en")
    kept = tmp_path / "map.html"
    kept.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError):
        shown.save(kept)
    assert kept.read_text("utf-8") == "old"


def test_save_and_notebook_show_the_same_page(small, tmp_path):
    shown = made(small)
    shown.save(str(tmp_path / "map.html"))
    with (tmp_path / "stream.html").open("wb") as stream:
        shown.save(stream)
    page = shown.to_html()
    assert (tmp_path / "map.html").read_text("utf-8") == page
    assert (tmp_path / "stream.html").read_text("utf-8") == page
    frame = re.search(r'srcdoc="([^"]*)"', shown._repr_html_())[1]
    assert unescape(frame) == page


def test_texts_of_the_script_stand_in_both_catalogues(small):
    for lang in ("zh", "en"):
        text = made(small, lang=lang)._children["desk"].desk["text"]
        wanted = {
            name
            for path in inline.DESK_JS
            for name in re.findall(r"\btext\.(\w+)", inline.script(path))
        }
        assert wanted <= set(text)


def test_language_and_title(small):
    assert '<html lang="zh-CN">' in made(small).to_html()
    page = made(small, lang="en", title="A & B").to_html()
    assert '<html lang="en">' in page
    assert "<title>A &amp; B</title>" in page


def test_a_city_without_layers_is_refused(small):
    bare = layers.City("空", small.city.crs, small.city.as_of, {})
    with pytest.raises(MissingLayerError):
        maps.city_map(bare, [], standards=small.standards)


@pytest.mark.parametrize("layer", ["zones", "residences", "facilities", "roads", "barriers"])
def test_one_layer_is_enough(small, layer):
    one = layers.City("一", small.city.crs, small.city.as_of, {layer: small.city.layer(layer)})
    assert maps.city_map(one, [], standards=small.standards).to_html()
