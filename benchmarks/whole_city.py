"""A whole city from a cold start: ours and the usual recipe, each a process of its own.

``python benchmarks/whole_city.py`` makes Jinan's project folder (roads read in place from
``../shared/data``, 4,000 made-up residences beside the streets, 300 facilities), runs both, and
prints CPU seconds of whole processes, the start of Python included.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

ROOT = Path(__file__).resolve().parents[1]
JINAN = ROOT.parent / "shared" / "data" / "jinan_roads" / "edges.shp"
CRS = "EPSG:4548"
LIMIT_M = 500

PROJECT = """
[project]
name = "济南市"
standards = ["zhengzhou-2018-34"]
as_of = 2024-12-31
crs = "EPSG:4548"

[layers.roads]
path = "{roads}"
crs = "EPSG:4326"
columns = {{ class = "highway" }}

[layers.residences]
path = "residences.gpkg"
constants = {{ setting = "urban", status = "existing" }}

[layers.facilities]
path = "facilities.gpkg"
constants = {{ kind = "day_care", status = "operating", floor_area_m2 = 300, beds = 20 }}
"""

OURS = """
import sys
import facilityplan as fp
from facilityplan.crs import to_project
city = fp.open_project(sys.argv[1])
found = city.findings()
rates = city.coverage()
sense = city.sensitivity()
areas = city.network.service_areas(city.context.facilities_xy, 500.0)
near = sum(item.verdict == "compliant" for item in found if item.clause_id.startswith("ZZ05"))
flips = len(city.coverage().coverage.flips)
print(near, flips, len(areas.lines), sum(a.area for a in areas.polygons) / 1e6)
"""

CACHED = """
import sys, time
import facilityplan as fp
from facilityplan.project import opening
taken = []
real = opening.{name}
def timed(*args, **kwargs):
    start = time.process_time()
    answer = real(*args, **kwargs)
    taken.append(time.process_time() - start)
    return answer
opening.{name} = timed
fp.open_project(sys.argv[1])
print(sum(taken))
"""

RECIPE = """
import sys
import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
folder, roads_file = sys.argv[1:]
roads = gpd.read_file(roads_file).set_crs(4326).to_crs(4548)
homes = gpd.read_file(folder + "/residences.gpkg")
homes.geometry = homes.representative_point()
places = gpd.read_file(folder + "/facilities.gpkg")
joined = gpd.sjoin_nearest(homes, places[["geometry"]], max_distance=500, distance_col="m")
graph = nx.Graph()
for line in roads.geometry:
    graph.add_edge(line.coords[0], line.coords[-1], length=line.length)
nodes = np.asarray(graph.nodes)
tree = shapely.STRtree(shapely.points(nodes))
at = [tuple(nodes[k]) for k in tree.nearest(places.geometry.to_numpy())]
reached = nx.multi_source_dijkstra_path_length(graph, set(at), weight="length")
home = [tuple(nodes[k]) for k in tree.nearest(homes.geometry.to_numpy())]
near = sum(reached.get(node, np.inf) <= 500 for node in home)
area = 0.0
for node in at:
    ego = nx.ego_graph(graph, node, radius=500, distance="length")
    lines = [shapely.LineString(edge) for edge in ego.edges]
    area += shapely.union_all([line.buffer(25) for line in lines]).area if lines else 0.0
print(joined.index.nunique(), near, area / 1e6)
"""


def beside(lines, n, off_m, rng):
    """Return ``n`` points within ``off_m`` of random places along lines."""
    length = shapely.length(lines)
    chosen = rng.choice(len(lines), n, p=length / length.sum())
    on = shapely.line_interpolate_point(lines[chosen], rng.uniform(0, length[chosen]))
    return shapely.get_coordinates(on) + rng.uniform(-off_m, off_m, (n, 2))


def make_project(folder, n_residences=4000, n_facilities=300):
    """Write Jinan's project folder; residences are squares of 60 m."""
    rng = np.random.default_rng(7)
    to_metres = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)
    roads = gpd.read_file(JINAN)
    lines = shapely.transform(
        roads.geometry.to_numpy(), lambda xy: np.column_stack(to_metres.transform(*xy.T))
    )
    lines = lines[shapely.length(lines) > 0]
    homes = beside(lines, n_residences, 80, rng)
    places = beside(lines, n_facilities, 30, rng)
    gpd.GeoDataFrame(
        {
            "id": [f"R{k:05d}" for k in range(n_residences)],
            "households": rng.integers(100, 2000, n_residences),
        },
        geometry=shapely.box(*(homes - 30).T, *(homes + 30).T),
        crs=CRS,
    ).to_file(folder / "residences.gpkg")
    gpd.GeoDataFrame(
        {"id": [f"F{k:04d}" for k in range(n_facilities)]},
        geometry=shapely.points(places),
        crs=CRS,
    ).to_file(folder / "facilities.gpkg")
    text = PROJECT.format(roads=JINAN.as_posix())
    (folder / "project.toml").write_text(text, encoding="utf-8")


def process_cpu_s(code, *arguments):
    """Return the CPU seconds of a process of its own, children's children included, and its words."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.stdout.strip()


def main():
    """Print a table of the whole city's steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_project(folder)
        rows = pd.DataFrame(
            [
                ("ours, first time", *process_cpu_s(OURS, folder)),
                ("ours, graph cached", *process_cpu_s(OURS, folder)),
                ("networkx and geopandas, no sensitivity", *process_cpu_s(RECIPE, folder, JINAN)),
            ],
            columns=["process", "CPU s", "said"],
        )
    print(rows.to_string(index=False))


if __name__ == "__main__":
    main()
