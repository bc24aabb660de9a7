"""Siting beside spopt with CBC, and where size makes proof hard: one run, each task a process.

``make bench`` runs it; results go to ``benchmarks/RESULTS.md``. Times are CPU seconds, CBC's own
process included; ratios (peer / ours) hold where single times do not. Building is what comes
between points and the solver: pairs within the radius here, the model there.

The instances are made up by one recipe: uniform points in the unit square, whole weights from 1 to
100, covered where the straight distance is at most ``sqrt(density / (pi n_candidates))``.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from facilityplan.siting import SolveOptions, lscp, mclp

BESIDE_SPOPT = {
    "MCLP 1,000 x 1,000, 20 sites": (1_000, 1_000, 20.0, 20),
    "MCLP 10,000 x 1,000, 30 sites": (10_000, 1_000, 20.0, 30),
}
LARGE = {
    "MCLP 1,000,000 x 100, 15 sites": (1_000_000, 100, 11.5, 15, 30.0),
    "MCLP 100,000 x 1,000, 30 sites": (100_000, 1_000, 20.0, 30, 60.0),
    "MCLP 1,000,000 x 500, 20 sites": (1_000_000, 500, 20.0, 20, 120.0),
    "LSCP 5,000 x 2,000": (5_000, 2_000, 20.0, None, 60.0),
}


def instance(n_demands, n_candidates, density):
    """Return demands, candidates, radius and weights."""
    rng = np.random.default_rng(1)
    demands, candidates = rng.random((n_demands, 2)), rng.random((n_candidates, 2))
    radius = math.sqrt(density / (math.pi * n_candidates))
    return demands, candidates, radius, rng.integers(1, 101, n_demands).astype(float)


def within(demands, candidates, radius):
    """Return who is within the radius of whom, as a CSR of distances."""
    near = cKDTree(candidates).query_ball_point(demands, radius, return_sorted=True)
    counts = np.fromiter(map(len, near), dtype=np.int64, count=len(near))
    columns = np.fromiter((c for row in near for c in row), np.int32, int(counts.sum()))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    ones = np.ones(columns.size)
    return sparse.csr_array((ones, columns, indptr), shape=(len(demands), len(candidates)))


def spent_s():
    """Return the CPU seconds of this process and of those it has waited for."""
    own, waited = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + waited.ru_utime + waited.ru_stime


def clocked(action):
    """Return an action's CPU seconds, wall seconds and answer."""
    wall, cpu = time.perf_counter(), spent_s()
    answer = action()
    return spent_s() - cpu, time.perf_counter() - wall, answer


def peak_mb():
    """Return the most memory this process has held."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


def ours(n_demands, n_candidates, density, n_sites, limit_s=None):
    """Build and solve; kernels are compiled and HiGHS is loaded before the clock starts."""
    warm = within(*instance(200, 50, 20.0)[:3])
    mclp(warm, np.ones(200), 3)
    demands, candidates, radius, weights = instance(n_demands, n_candidates, density)
    build, build_wall, cover = clocked(lambda: within(demands, candidates, radius))
    options = SolveOptions(time_limit_s=limit_s)
    if n_sites is None:
        solve, wall, found = clocked(lambda: lscp(cover, options=options))
    else:
        solve, wall, found = clocked(lambda: mclp(cover, weights, n_sites, options=options))
    return {
        "build": build, "build_wall": build_wall, "solve": solve, "wall": wall,
        "objective": found.objective, "bound": found.bound, "gap": found.gap,
        "status": str(found.status), "peak_mb": peak_mb(),
    }  # fmt: skip


def spopts(n_demands, n_candidates, density, n_sites):
    """Build with spopt, solve with CBC."""
    import pulp
    from spopt.locate import MCLP

    demands, candidates, radius, weights = instance(n_demands, n_candidates, density)
    warnings.simplefilter("ignore")

    def build():
        apart = np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1))
        return MCLP.from_cost_matrix(apart, weights, radius, n_sites)

    built, build_wall, model = clocked(build)
    solve, wall, _ = clocked(lambda: model.solve(pulp.PULP_CBC_CMD(msg=False, threads=1)))
    return {
        "build": built, "build_wall": build_wall, "solve": solve, "wall": wall,
        "objective": model.problem.objective.value(),
        "status": pulp.LpStatus[model.problem.status].lower(), "peak_mb": peak_mb(),
    }  # fmt: skip


def apart(who, task):
    """Run one task in a process of its own, so that memory and caches are its own."""
    told = subprocess.run(
        [sys.executable, __file__, "--as", who, "--task", task],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(told.stdout.splitlines()[-1])


def _beside(task):
    us, them = apart("ours", task), apart("spopt", task)
    same = abs(us["objective"] - them["objective"]) < 0.5 and us["status"] == "optimal"
    both = [side["build"] + side["solve"] for side in (us, them)]
    return (
        f"| {task} | {us['build']:.3f} + {us['solve']:.3f} "
        f"| {them['build']:.2f} + {them['solve']:.2f} | {both[1] / both[0]:.1f} "
        f"| {us['objective']:,.0f}; the same and proven: {same} |"
    )


def _large(task):
    us = apart("ours", task)
    return (
        f"| {task} | {us['build']:.1f} | {us['wall']:.1f} ({us['solve']:.1f}) | {LARGE[task][4]:.0f} "
        f"| {us['status']} | {us['objective']:,.0f} | {us['bound']:,.0f} | {us['gap']:.3%} "
        f"| {us['peak_mb']:.0f} |"
    )


def section():
    """Return the section of the results as Markdown."""
    return "\n".join(
        [
            "## Siting",
            "",
            "| task | ours, CPU s, build + solve | spopt + CBC, the same | ratio | objective |",
            "|---|---|---|---|---|",
            *(_beside(task) for task in BESIDE_SPOPT),
            "",
            "| task | build, CPU s | solve, wall s (CPU s) | limit, s | status | plan | bound | gap | MB |",
            "|---|---|---|---|---|---|---|---|---|",
            *(_large(task) for task in LARGE),
            "",
        ]
    )


def main():
    """Print the whole section, or one task's figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--as", dest="who", choices=["ours", "spopt"])
    asked.add_argument("--task")
    given = asked.parse_args()
    if given.who is None:
        print(section())
        return
    figures = (BESIDE_SPOPT | LARGE)[given.task]
    print(json.dumps(ours(*figures) if given.who == "ours" else spopts(*figures)))


if __name__ == "__main__":
    main()
