"""All that is wrong with a project, in one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from facilityplan import standards
from facilityplan.doctor import (
    Action,
    Fix,
    Part,
    Problem,
    Severity,
    census_problems,
    count_problems,
    duplicate_rows,
    id_problems,
    of_error,
    ordered,
    overlap_problems,
    place_problems,
    reference_problems,
    road_problems,
    shape_problems,
    tiling_problems,
    total_problems,
    usable,
)
from facilityplan.errors import CrsError, FacilityPlanError
from facilityplan.layers import LAYERS, points_of
from facilityplan.network import Network
from facilityplan.project.config import PROJECT_FILE, read_config
from facilityplan.project.consistency import REFERENCES, check_project
from facilityplan.project.datum_check import CHECKED_LAYERS, Declared, check_datums
from facilityplan.project.examination import SPARE_LAYERS, Read, Reading, read_leniently, road_lines
from facilityplan.project.opening import open_folder

CENSUS_REFERENCES: Final = (
    ("census", "zone", "zones"),
    ("subsidy_facts", "facility", "facilities"),
)
"""Names that a run does not follow, and that lead nowhere all the same."""

FOLLOWING: Final = ("off_roads", "outside_its_zone", "in_no_zone")
"""Problems of places that a wrong datum brings with it."""

BED_TIER: Final = "institution"
"""Tier of the kinds that people live in."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is wrong with a project.

    Parameters
    ----------
    problems
        In their order: the gravest first.
    reading
        What was read; ``None`` where ``project.toml`` itself cannot be used.
    rows
        Rows read, by layer.
    """

    folder: Path
    problems: tuple[Problem, ...]
    reading: Reading | None
    rows: Mapping[str, int]

    @property
    def refused(self) -> bool:
        """Whether a run would refuse the project as it is, or its figures would be wrong."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def diagnose(folder: Path) -> Diagnosis:
    """Return every problem of a project; nothing is written, no file is changed.

    Parameters
    ----------
    folder
        Folder with a ``project.toml``.
    """
    try:
        config = read_config(folder)
        reading = read_leniently(folder, config)
    except FacilityPlanError as error:
        problem = of_error(error, None, error.file or PROJECT_FILE)
        return Diagnosis(folder, (problem,), None, {})
    problems = list(reading.problems)
    problems += _copies(reading)
    for layer in config.layers:
        problems += _of_layer(reading, layer)
    datums = _datums(reading)
    displaced = {(problem.layer, problem.file) for problem in datums}
    # What lies elsewhere is said once, not again by every place that follows from it.
    problems += [
        problem
        for problem in _between_layers(reading)
        if problem.id not in FOLLOWING or (problem.layer, problem.file) not in displaced
    ]
    problems += _of_project(reading)
    problems += datums
    if not any(problem.severity is Severity.ERROR for problem in problems):
        problems += _strictly(folder)
    rows = {layer: sum(len(p.frame) for p in reading.parts(layer)) for layer in config.layers}
    return Diagnosis(folder, tuple(ordered(_once(problems))), reading, rows)


def _once(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems without those told twice, as where two layers have one file."""
    kept: dict[Any, Problem] = {}
    for p in problems:
        key = (p.id, p.layer, p.file, p.sheet, p.row, p.column, p.value, str(dict(p.parameters)))
        kept.setdefault(key, p)
    return list(kept.values())


def _copies(reading: Reading) -> list[Problem]:
    """Tell rows that are copies, and take them out of what is looked at further."""
    problems: list[Problem] = []
    for reads in reading.reads.values():
        for n, read in enumerate(reads):
            told, again = duplicate_rows(read.part)
            problems += told
            if again:
                reads[n] = replace(read, part=_without(read.part, again))
    return problems


def _without(part: Part, rows: frozenset[int]) -> Part:
    keep = np.asarray([n not in rows for n in range(len(part.frame))], dtype=bool)
    own = replace(part.own, rows=part.own.rows[keep])
    joined = {name: replace(p, rows=p.rows[keep]) for name, p in part.joined.items()}
    wholes = tuple(row for n, row in enumerate(part.whole_rows) if n not in rows)
    kept = np.flatnonzero(keep).tolist()
    unplaced = frozenset(new for new, old in enumerate(kept) if old in part.unplaced)
    frame = part.frame[keep].reset_index(drop=True)
    return replace(part, frame=frame, own=own, joined=joined, whole_rows=wholes, unplaced=unplaced)


def _of_layer(reading: Reading, layer: str) -> list[Problem]:
    parts = reading.parts(layer)
    kinds = standards.kinds()
    bed_kinds = {name for name, kind in kinds.items() if kind.tier == BED_TIER}
    as_of = reading.config.project.as_of
    problems = id_problems(parts)
    for read in reading.reads[layer]:
        if len(read.part.frame) and read.part.frame.geometry.notna().any():
            problems += shape_problems(read.part)
        problems += count_problems(read.part, bed_kinds, as_of)
    problems += overlap_problems(parts)
    if layer == "zones":
        problems += tiling_problems(parts)
    return problems


def _between_layers(reading: Reading) -> list[Problem]:
    problems: list[Problem] = []
    zones = _zones(reading.parts("zones"))
    lines = road_lines(reading)
    limit_m = reading.config.project.snap_limit_m
    for layer in reading.reads:
        for part in reading.parts(layer):
            problems += place_problems(part, zones, lines, limit_m)
    for layer, column, target in (*REFERENCES, *CENSUS_REFERENCES):
        if target not in reading.config.layers:
            continue
        there = reading.parts(target)
        ids = {name for part in there for name in part.column("id") if name is not None}
        names = _only_names(there)
        for part in reading.parts(layer):
            problems += reference_problems(part, column, ids, names)
    if reading.parts("roads"):
        network, refused = _network(reading, lines)
        problems += [*refused, *road_problems(reading.parts("roads"), network)]
    problems += total_problems(reading.parts("zones"), reading.parts("residences"))
    problems += census_problems(reading.parts("census"), reading.parts("zones"))
    return problems


def _zones(parts: Sequence[Part]) -> gpd.GeoDataFrame | None:
    """Return zones whose shapes can be used, or none."""
    frames = [
        part.frame.set_geometry(
            gpd.GeoSeries([usable(shape) for shape in part.frame.geometry], crs=part.frame.crs)
        )
        for part in parts
    ]
    frames = [frame[frame.geometry.notna() & frame["id"].notna()] for frame in frames]
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return None
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)


def _only_names(parts: Sequence[Part]) -> dict[str, str]:
    """Return ids by the names that only one object has."""
    pairs = [
        (name, item)
        for part in parts
        for name, item in zip(part.column("name"), part.column("id"), strict=False)
        if name is not None and item is not None
    ]
    often = Counter(name for name, _ in pairs)
    return {name: item for name, item in pairs if often[name] == 1}


def _network(reading: Reading, lines: Any) -> tuple[Network | None, list[Problem]]:
    """Return the graph of all roads that have a place, or why there can be none."""
    takes = list(LAYERS["roads"].geometry)
    frames = [
        part.frame[part.frame.geometry.geom_type.isin(takes)] for part in reading.parts("roads")
    ]
    options = reading.config.network
    if not len(lines):
        return None, []
    try:
        network = Network.from_lines(
            gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs),
            node_at_crossings=options.node_at_crossings,
            walkable_classes=options.walkable,
        )
    except FacilityPlanError as error:
        first = reading.parts("roads")[0]
        return None, [of_error(error, "roads", first.own.file, first.own.sheet)]
    return network, []


def _of_project(reading: Reading) -> list[Problem]:
    """Return what is wrong with ``project.toml`` itself and its standards."""
    config = reading.config
    zones = _zones(reading.parts("zones"))
    return [
        of_error(error, None, error.file or PROJECT_FILE)
        for error in check_project(config, reading.folder, zones)
    ]


def _datums(reading: Reading) -> list[Problem]:
    """Return layers that contradict the datum declared for them, one after another."""
    declared = [
        item
        for layer in CHECKED_LAYERS
        for read in reading.reads.get(layer, [])
        for item in [_declared(read)]
        if item is not None
    ]
    zones = _zones(reading.parts("zones"))
    shapes = np.empty(0, dtype=object) if zones is None else zones.geometry.to_numpy()
    lines, crs = road_lines(reading), reading.config.project.crs
    problems: list[Problem] = []
    while declared:
        try:
            check_datums(declared, lines, shapes, crs)
        except CrsError as error:
            problems.append(_set_aside(reading, of_error(error, None, error.file)))
            rest = [d for d in declared if (d.layer, d.file) != (error.layer, error.file)]
            if len(rest) == len(declared):
                return problems
            declared = rest
            continue
        break
    return problems


def _set_aside(reading: Reading, problem: Problem) -> Problem:
    """Return the problem of a whole file with its setting aside, where no finding rests on it."""
    if problem.layer not in SPARE_LAYERS:
        return problem
    number = next(r.number for r in reading.reads[problem.layer] if r.source.path == problem.file)
    return replace(problem, fix=Fix(Action.SET_ASIDE, new=number))


def _declared(read: Read) -> Declared | None:
    frame = read.part.frame[read.part.frame.geometry.notna()]
    frame = frame[frame.geometry.is_valid & ~frame.geometry.is_empty]
    if frame.empty:
        return None
    source = read.source
    own = read.own.frame.crs if isinstance(read.own.frame, gpd.GeoDataFrame) else None
    stated = source.datum is None and source.helmert is None
    system = (source.crs or (None if own is None else own.to_string())) if stated else None
    names = frame["name"].tolist() if "name" in frame.columns else [None] * len(frame)
    return Declared(
        read.part.layer,
        source.path,
        points_of(frame.geometry),
        names,
        source.datum,
        system,
        source.datum_checked,
    )


def _strictly(folder: Path) -> list[Problem]:
    """Return what the opening refuses though nothing was found: it must never go untold."""
    try:
        open_folder(folder, cache=False)
    except FacilityPlanError as error:
        return [of_error(error, None, error.file)]
    return []
