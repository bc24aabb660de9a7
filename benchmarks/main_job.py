"""The main job's parts beside the usual recipes, in one run; ratios are what is kept.

Run ``make bench``. Results go to ``benchmarks/RESULTS.md``. Times are CPU seconds of this process,
the best of three; ratios (recipe / ours) hold where single times do not.
"""

import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pulp
import reach
import schemes
import shapely
import siting as siting_beside
from scipy import sparse
from spopt.locate import MCLP

import facilityplan as fp
from facilityplan.coverage import DemandPoints, PointRule, straight_reach
from facilityplan.siting import mclp

ROOT = Path(__file__).resolve().parents[1]
CRS = "EPSG:4547"


def cpu_s(action, repeat=3):
    best, answer = float("inf"), None
    for _ in range(repeat):
        start = time.process_time()
        answer = action()
        best = min(best, time.process_time() - start)
    return best, answer


def main_job():
    stages = []
    start = time.process_time()

    def mark(name):
        nonlocal start
        stages.append((name, time.process_time() - start))
        start = time.process_time()

    city = fp.open_project(ROOT / "data" / "sample_city")
    mark("open the sample city")
    city.findings()
    mark("findings")
    city.coverage()
    mark("coverage")
    city.propose()
    mark("siting")
    city.map().to_html()
    mark("map")
    return stages


def straight():
    """200,000 residences, 2,000 facilities: the nearest within 500 m."""
    rng = np.random.default_rng(1)
    homes, places = rng.uniform(0, 30_000, (200_000, 2)), rng.uniform(0, 30_000, (2_000, 2))
    demand = DemandPoints(homes, np.arange(len(homes)), (PointRule.INNER_POINT,) * len(homes))
    ours, reach = cpu_s(lambda: straight_reach(demand, places, len(homes)))
    left = gpd.GeoDataFrame(geometry=shapely.points(homes), crs=CRS)
    right = gpd.GeoDataFrame(geometry=shapely.points(places), crs=CRS)

    def recipe():
        return gpd.sjoin_nearest(left, right, max_distance=500, distance_col="distance_m")

    theirs, joined = cpu_s(recipe)
    agree = abs((reach.distance_m <= 500).sum() - joined.index.nunique())
    return ours, theirs, f"covered differ by {agree}"


def walking():
    """The sample city's residences to their nearest facility, as a networkx recipe has it."""
    city = fp.open_project(ROOT / "data" / "sample_city")
    network, origins = city.network, city.context.demand.xy
    places = city.context.facilities_xy
    ours, found = cpu_s(lambda: network.nearest(origins, places))
    roads = city.city.layer("roads").explode(index_parts=False)
    graph = nx.Graph()
    for line in roads.geometry:
        graph.add_edge(line.coords[0], line.coords[-1], length=line.length)
    nodes = np.asarray(graph.nodes)
    tree = shapely.STRtree(shapely.points(nodes))

    def recipe():
        at = tree.nearest(shapely.points(places))
        sources = {tuple(nodes[k]) for k in at}
        reached = nx.multi_source_dijkstra_path_length(graph, sources, weight="length")
        ends = tree.nearest(shapely.points(origins))
        return np.asarray([reached.get(tuple(nodes[k]), np.inf) for k in ends])

    theirs, nodewise = cpu_s(recipe)
    differ = np.mean((found.distance_m <= 500) != (nodewise <= 500))
    return ours, theirs, f"verdicts at 500 m that the recipe has otherwise: {differ:.1%}"


def siting():
    """MCLP, 1,000 demands, 200 candidates, 15 sites."""
    rng = np.random.default_rng(2)
    demands, candidates = rng.uniform(0, 10_000, (1000, 2)), rng.uniform(0, 10_000, (200, 2))
    weights = rng.integers(1, 100, 1000).astype(float)
    apart = np.hypot(*(demands[:, None, :] - candidates[None, :, :]).transpose(2, 0, 1))
    cover = sparse.csr_matrix(apart <= 900)
    ours, found = cpu_s(lambda: mclp(cover, weights, 15))

    def recipe():
        model = MCLP.from_cost_matrix(apart, weights, 900, 15)
        return model.solve(pulp.PULP_CBC_CMD(msg=False))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        model = recipe()
        theirs = time.perf_counter() - start
    same = abs(model.problem.objective.value() - found.objective) < 1e-6
    return ours, theirs, f"same optimum: {same}; ours {found.status}"


def main():
    lines = [
        "# Benchmarks",
        "",
        f"Python {platform.python_version()}, {platform.system()}; "
        + ", ".join(
            f"{name} {version(name)}" for name in ("numpy", "scipy", "shapely", "geopandas")
        ),
        "",
        "CPU seconds, the best of three (spopt: wall, its solver is another process). Read ratios.",
        "",
        "| stage of the main job on the sample city | CPU s |",
        "|---|---|",
        *(f"| {name} | {seconds:.2f} |" for name, seconds in main_job()),
        "",
        "| task | ours | recipe | recipe / ours | agreement |",
        "|---|---|---|---|---|",
    ]
    for name, action in (
        ("straight line, 200,000 x 2,000 within 500 m; geopandas.sjoin_nearest", straight),
        ("walking, sample city, nearest; networkx from node to node", walking),
        ("MCLP 1,000 x 200, 15 sites; spopt + CBC", siting),
    ):
        ours, theirs, note = action()
        lines.append(f"| {name} | {ours:.3f} | {theirs:.3f} | {theirs / ours:.1f} | {note} |")
    text = "\n".join(lines) + "\n\n" + reach.section() + "\n" + siting_beside.section()
    text += "\n" + schemes.section()
    (ROOT / "benchmarks" / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
