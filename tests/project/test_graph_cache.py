"""The kept road graph: found by what it is made of, the same results with it and without it."""

import io
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from facilityplan.cli import run as running
from facilityplan.cli import run_command_line
from facilityplan.locale import text
from facilityplan.network import Network
from facilityplan.network.stored import to_arrays
from facilityplan.project import OUTPUTS, graph_cache, open_project, opening

HERE = "EPSG:4547"
ROADS = [
    shapely.LineString([(497000, 3800010), (500200, 3800010)]),
    shapely.LineString([(500200, 3800010), (503000, 3800010), (509000, 3800010)]),
    shapely.LineString([(500200, 3800010), (500200, 3801000)]),
    shapely.LineString([(500000, 3800500), (500600, 3800500)]),
]
CLASSES = ["residential", "primary", "trunk", "footway"]
LAYER = '[layers.roads]\npath = "roads.gpkg"\ncolumns = { class = "kind" }\n'


def draw(folder, roads=ROADS, classes=CLASSES, name="roads.gpkg"):
    gpd.GeoDataFrame({"kind": classes}, geometry=roads, crs=HERE).to_file(folder / name)
    return folder


@pytest.fixture
def city(make):
    return draw(make(more=LAYER))


def kept(folder):
    return sorted((folder / ".facilityplan").glob("*"))


def notes(project):
    return [note.id for note in project.graph_notes]


def bits(network):
    return {name: values.tobytes() for name, values in to_arrays(network).items()}


@pytest.fixture
def counted(monkeypatch):
    """Return a list that grows by one at every building of a graph."""
    built = []
    plain = Network.from_lines.__func__

    def build(cls, roads, **options):
        built.append(options)
        return plain(cls, roads, **options)

    monkeypatch.setattr(graph_cache.Network, "from_lines", classmethod(build))
    return built


def test_built_once_and_found_again_to_the_last_bit(city, counted):
    first = open_project(city)
    assert (notes(first), len(counted)) == (["stored"], 1)
    (file,) = kept(city)
    assert file.name.startswith("roads-")
    assert file.suffix == ".npz"
    second = open_project(city)
    assert (notes(second), len(counted)) == (["loaded"], 1)
    assert bits(first.network) == bits(second.network)
    assert first.network.report == second.network.report
    assert first.network.crs == second.network.crs
    assert kept(city) == [file]


def test_the_same_file_for_the_same_graph(city, tmp_path):
    open_project(city)
    before = [file.read_bytes() for file in kept(city)]
    kept(city)[0].unlink()
    open_project(city)
    assert [file.read_bytes() for file in kept(city)] == before


def test_the_same_results_with_it_and_without_it(city, run, capsys):
    run(city, "--no-cache", "--lang", "en", out="none")
    assert not (city / ".facilityplan").exists()
    for out, note in (("built", "stored"), ("found", "loaded")):
        run(city, "--lang", "en", out=out)
        sentence = text(f"cli.graph.{note}", "en", file=kept(city)[0].name)
        assert sentence in capsys.readouterr().err
    for name in OUTPUTS:
        contents = [(city.parent / out / name).read_bytes() for out in ("none", "built", "found")]
        assert contents[0] == contents[1] == contents[2], name


def reopened(folder, counted):
    """Return how often a graph was built when the folder was opened once more."""
    before = len(counted)
    open_project(folder)
    return len(counted) - before


def test_what_decides_the_graph_asks_for_another(city, counted, monkeypatch):
    open_project(city)
    toml = city / "project.toml"
    said = toml.read_text(encoding="utf-8")
    for more in (
        "[network]\nnode_at_crossings = true\n",
        "[network.walkable]\ntrunk = true\n",
        '[network.walkable]\ntrunk = "with_footway"\n',
    ):
        toml.write_text(said + more, encoding="utf-8")
        assert reopened(city, counted) == 1, more
        assert reopened(city, counted) == 0
    toml.write_text(said.replace('class = "kind"', 'class = "kind", name = "kind"'), "utf-8")
    assert reopened(city, counted) == 1
    toml.write_text(said, encoding="utf-8")
    draw(city, ROADS[:3], CLASSES[:3])
    assert reopened(city, counted) == 1
    monkeypatch.setattr(graph_cache.pyproj, "proj_version_str", "0.0.0")
    assert reopened(city, counted) == 1
    monkeypatch.setattr(graph_cache, "FORMAT", 0)
    assert reopened(city, counted) == 1


@pytest.mark.parametrize(
    "words",
    ["[network]\nthreads = 2\n", "[network]\ncache = true\n", "[siting]\nspacing_m = 500\n"],
)
def test_what_does_not_decide_it_finds_it(city, counted, words):
    open_project(city)
    with (city / "project.toml").open("a", encoding="utf-8") as stream:
        stream.write(words)
    assert reopened(city, counted) == 0


def test_our_own_code_decides_it(monkeypatch, tmp_path):
    package = Path(graph_cache.__file__).parents[1]
    copy = tmp_path / "facilityplan"
    for path in package.rglob("*"):
        if path.suffix in {".py", ".toml"}:
            target = copy / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    monkeypatch.setattr(graph_cache.resources, "files", lambda _: copy)
    before = graph_cache.graph_key({}, {})
    (copy / "locale" / "__init__.py").write_text("# words decide nothing\n")
    assert graph_cache.graph_key({}, {}) == before
    for name in ("network/noding.py", "network/walkable.toml", "io/osm.py", "units.py"):
        plain = (copy / name).read_bytes()
        (copy / name).write_bytes(plain + b"\n# otherwise\n")
        assert graph_cache.graph_key({}, {}) != before
        (copy / name).write_bytes(plain)


def damaged(raw, how, rng):
    if how == "cut":
        return raw[: rng.randrange(len(raw))]
    if how == "empty":
        return b""
    if how == "other":
        return b"PK no zip at all" * 100
    spoilt = bytearray(raw)
    for _ in range(3):
        at = rng.randrange(len(raw))
        spoilt[at] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


@pytest.mark.parametrize("how", ["cut", "empty", "other"])
def test_a_damaged_file_is_built_anew_and_said(city, run, capsys, how):
    right = bits(open_project(city).network)
    (file,) = kept(city)
    whole = file.read_bytes()
    file.write_bytes(damaged(whole, how, random.Random(1)))
    found = open_project(city)
    assert notes(found) == ["damaged", "stored"]
    assert bits(found.network) == right
    assert file.read_bytes() == whole
    file.write_bytes(damaged(whole, how, random.Random(2)))
    run(city, "--lang", "en")
    said = capsys.readouterr().err
    assert "cannot be used" in said
    assert file.name in said
    assert str(city) not in said.replace(str(city.parent / "out"), "")


def test_flipped_bits_give_the_graph_or_are_seen(city):
    right = bits(open_project(city).network)
    (file,) = kept(city)
    whole, rng, seen = file.read_bytes(), random.Random(3), 0
    for _ in range(150):
        file.write_bytes(damaged(whole, "flipped", rng))
        network, said = graph_cache.kept_network(
            city, file.stem.removeprefix("roads-"), lambda: "built", unchanged=lambda: False
        )
        if network == "built":
            assert [note.id for note in said] == ["damaged", "changed"]
            seen += 1
        else:
            assert bits(network) == right
    assert seen > 100


def packed(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def bomb():
    """Return an npz of few bytes whose header claims a terabyte."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        member = io.BytesIO()
        kind = {"descr": "<f8", "fortran_order": False, "shape": (10**11, 2)}
        np.lib.format.write_array_header_1_0(member, kind)
        bundle.writestr("node_xy.npy", member.getvalue())
    return stream.getvalue()


class Trap:
    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


@pytest.mark.parametrize(
    "raw",
    [
        packed(node_xy=np.array([Trap()], dtype=object)),
        packed(about=np.array(["{}"], dtype=object)),
        packed(node_xy=np.zeros((3, 2))),
        bomb(),
        b"\x80\x04N.",
    ],
    ids=["objects", "text", "lacking", "bomb", "pickle"],
)
def test_what_is_no_graph_of_ours_is_never_trusted(city, raw):
    right = bits(open_project(city).network)
    (file,) = kept(city)
    file.write_bytes(raw)
    found = open_project(city)
    assert notes(found) == ["damaged", "stored"]
    assert bits(found.network) == right
    assert Trap.sprung is False


def test_a_file_that_is_too_large_is_not_read(city, monkeypatch):
    open_project(city)
    monkeypatch.setattr(graph_cache, "MAX_BYTES", 100)
    assert notes(open_project(city)) == ["damaged", "stored"]


def test_a_folder_that_cannot_be_written(city, run, capsys, monkeypatch):
    (city / ".facilityplan").write_text("a file in the way")
    project = open_project(city)
    assert notes(project)[-1] == "unwritable"
    run(city, "--lang", "en")
    assert "cannot be kept" in capsys.readouterr().err
    assert (city / ".facilityplan").read_text() == "a file in the way"


def test_a_folder_that_is_read_only(city, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(graph_cache.files.tempfile, "mkstemp", refuse)
    project = open_project(city)
    assert notes(project) == ["unwritable"]
    assert project.network.report.components == 2
    assert kept(city) == []


def test_a_full_disk(city, monkeypatch):
    def full(path, content):
        raise graph_cache.OutputError("output_no_space", file=path.name)

    monkeypatch.setattr(graph_cache.files, "write_bytes", full)
    assert notes(open_project(city)) == ["unwritable"]
    assert not (city / ".facilityplan").exists()


def test_roads_that_change_while_they_are_read_are_not_kept(city, monkeypatch):
    plain = opening.read_layer

    def read(folder, layer, *rest):
        found = plain(folder, layer, *rest)
        if layer == "roads":
            draw(folder, ROADS[:2], CLASSES[:2])
        return found

    monkeypatch.setattr(opening, "read_layer", read)
    assert notes(open_project(city)) == ["changed"]
    assert kept(city) == []


@pytest.mark.parametrize("off", ["toml", "argument", "option"])
def test_nothing_is_written_where_it_is_switched_off(city, run, off):
    if off == "toml":
        with (city / "project.toml").open("a", encoding="utf-8") as stream:
            stream.write("[network]\ncache = false\n")
        project = open_project(city)
    elif off == "argument":
        project = open_project(city, cache=False)
    else:
        run(city, "--no-cache")
        project = open_project(city, cache=False)
    assert notes(project) == []
    assert not (city / ".facilityplan").exists()


def test_only_the_newest_are_kept(city):
    toml = city / "project.toml"
    said = toml.read_text(encoding="utf-8")
    for number in range(graph_cache.KEPT_FILES + 3):
        toml.write_text(f"{said}[network.walkable]\nkind_{number} = false\n", encoding="utf-8")
        open_project(city)
        for age, file in enumerate(sorted(kept(city), key=lambda path: -path.stat().st_mtime_ns)):
            os.utime(file, (1_000_000 - 10 * age,) * 2)
    assert len(kept(city)) == graph_cache.KEPT_FILES
    assert notes(open_project(city)) == ["loaded"]


def test_a_project_without_roads_keeps_nothing(make):
    folder = make()
    assert notes(open_project(folder)) == []
    assert not (folder / ".facilityplan").exists()


def test_two_runs_at_once(city, tmp_path):
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "facilityplan", "run", city, "--out", tmp_path / f"out{n}"],
            stderr=subprocess.PIPE,
        )
        for n in range(2)
    ]
    said = [one.communicate()[1] for one in runs]
    assert [one.returncode for one in runs] == [0, 0], said
    assert [path.suffix for path in kept(city)] == [".npz"]
    assert notes(open_project(city)) == ["loaded"]


def test_the_demo_writes_nothing_beside_the_sample_city(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(running, "run_project", lambda *_, **options: asked.append(options) or 0)
    running.run_demo(tmp_path / "out", machine=False, lang="en")
    assert [options["cache"] for options in asked] == [False]


def test_the_options_are_in_the_manifest(city, run):
    with (city / "project.toml").open("a", encoding="utf-8") as stream:
        stream.write("[network]\nthreads = 3\n[network.walkable]\ntrunk = true\n")
    manifest = json.loads((run(city) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["network"] == {
        "node_at_crossings": False,
        "threads": 3,
        "walkable": {"trunk": True},
    }
    assert open_project(city).network.threads == 3


@pytest.mark.parametrize(
    ("words", "components"),
    [
        ("", 2),
        ("[network.walkable]\ntrunk = true\n", 2),
        ("[network]\nnode_at_crossings = true\n", 2),
        ("[network]\nnode_at_crossings = true\n[network.walkable]\ntrunk = true\n", 1),
        ("[network.walkable]\nfootway = false\n", 1),
    ],
)
def test_the_words_of_the_project_make_the_graph(make, words, components):
    # the footway crosses the trunk road without a shared vertex
    project = open_project(draw(make(more=LAYER + words)))
    assert project.network.report.components == components


def test_a_wrong_word_is_told_before_anything_is_kept(make, capsys, tmp_path):
    folder = draw(make(more=LAYER + "[network]\ncaches = true\n"))
    assert run_command_line(["run", str(folder), "--out", str(tmp_path / "o"), "--lang", "en"]) == 3
    assert "network.caches" in capsys.readouterr().err
    assert not (folder / ".facilityplan").exists()


def test_searches_take_the_threads_of_the_project(make, monkeypatch):
    from facilityplan.network import graph

    folder = draw(make(more=LAYER + "[network]\nthreads = 3\n"))
    network, taken = open_project(folder).network, []
    plain = graph.search.pairs

    def pairs(*given, threads):
        taken.append(threads)
        return plain(*given, threads=threads)

    monkeypatch.setattr(graph.search, "pairs", pairs)
    points = np.array([[500000.0, 3800000.0], [500300.0, 3800000.0]])
    several = network.pairs(points, points, limit_m=2000)
    alone = network.pairs(points, points, limit_m=2000, threads=1)
    snapped = network.snap(points)
    network.pairs_snapped(snapped, snapped, limit_m=2000)
    assert taken == [3, 1, 3]
    assert (several.toarray() == alone.toarray()).all()
    assert several.nnz == 4
