"""Large and strange files in a child that is stopped at its limits; the parent goes on."""

import os
import tempfile
from pathlib import Path

import psutil
import pytest
from bombs import tiff
from readers import asks_for_all, drivers, falls_over, fills_memory, never_ends, refuses

from facilityplan.errors import InputError, SourceLimitError, UnreadableSourceError
from facilityplan.io import guard
from facilityplan.io.raster import read_population
from facilityplan.io.table import read_table
from facilityplan.io.vector import read_vector

MB = 2**20
PLENTY = guard.Limits(2000 * MB, 60)


@pytest.fixture(autouse=True)
def reachable(monkeypatch):
    """Let a child find the readers of these tests."""
    support = str(Path(__file__).parents[1] / "support")
    known = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([support, *([known] if known else [])]))


@pytest.mark.parametrize(
    ("reader", "limits", "kind", "message"),
    [
        (fills_memory, guard.Limits(450 * MB, 60), SourceLimitError, "source_needs_memory"),
        (asks_for_all, guard.Limits(700 * MB, 60), SourceLimitError, "source_needs_memory"),
        (never_ends, guard.Limits(700 * MB, 1.5), SourceLimitError, "source_takes_long"),
        (falls_over, PLENTY, UnreadableSourceError, "source_reader_died"),
        (refuses, PLENTY, UnreadableSourceError, "source_empty"),
    ],
)
def test_a_child_is_stopped_and_we_go_on(reader, limits, kind, message):
    before = set(psutil.Process().children())
    with pytest.raises(kind) as caught:
        guard.in_child(reader, limits, "a.csv")
    assert caught.value.message == message
    assert all(len(caught.value.render(lang).splitlines()) >= 2 for lang in ("zh", "en"))
    assert set(psutil.Process().children()) <= before
    own = f"facilityplan-read-{os.getpid()}-*"
    assert list(Path(tempfile.gettempdir()).glob(own)) == []


def test_a_child_has_the_drivers_that_we_read_and_no_others():
    found = guard.in_child(drivers, PLENTY, "a")
    assert set(found) <= set(guard.DRIVERS)
    assert {"GPKG", "ESRI Shapefile", "GeoJSON"} <= set(found)


@pytest.mark.parametrize("fmt", ["gpkg", "shp", "geojson"])
def test_a_child_reads_what_we_read(bases, fmt):
    folder, files = bases
    path = folder / files[fmt][0]
    assert guard.limits_for(path) is None
    here, there = read_vector(path), guard.in_child(read_vector, PLENTY, path)
    assert there.frame.equals(here.frame)
    assert there.frame.crs == here.frame.crs
    assert (there.encoding, there.rows.tolist()) == (here.encoding, here.rows.tolist())


def test_what_is_large_or_strange_goes_to_a_child(tmp_path, monkeypatch):
    used = []
    plain = guard.in_child

    def child(*arguments, **keywords):
        used.append(True)
        return plain(*arguments, **keywords)

    monkeypatch.setattr(guard, "in_child", child)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert len(read_table(path).frame) == 1
    assert used == []
    path.write_text("a,b\n" + f"{'x' * 1000},2\n" * 9000, encoding="utf-8")
    assert len(read_table(path).frame) == 9000
    assert used == [True]


def test_a_grid_that_is_all_head_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(7000, 7000))
    with pytest.raises(SourceLimitError) as caught:
        read_population(path, "persons", crs="EPSG:4547")
    assert caught.value.message == "source_bomb"


def test_folders_of_runs_that_are_gone_are_swept():
    gone = max(psutil.pids()) + 100_000
    stray = Path(tempfile.gettempdir()) / f"facilityplan-read-{gone}-x"
    stray.mkdir(exist_ok=True)
    (stray / "answer").write_bytes(b"x")
    with pytest.raises(InputError):
        guard.in_child(refuses, PLENTY, "a.csv")
    assert not stray.exists()
