"""A scenario as a file: what the map's page saved, read, applied to a city and held against it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.checks import Finding, Verdict
from facilityplan.crs import require_layers_in_metres
from facilityplan.errors import ProjectFileError
from facilityplan.layers import City, conform, stack
from facilityplan.standards import Standards, kinds

FORMAT: Final = "facilityplan-scenario"
VERSION: Final = 1
MAX_BYTES: Final = 100_000_000
MAX_ROWS: Final = 5_000
"""Changes of one sort: more than a person makes by hand."""
MAX_TEXT: Final = 1_000
MAX_SIZE: Final = 1e9
"""Square metres or beds: beyond it a figure is a slip, and sums lose their units."""
MAX_RADIUS_M: Final = 100_000.0
MEASURE: Final = "service_radius"

# Control characters that neither Excel nor XML takes, and halves of a character.
_UNWRITABLE: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff]")

_LISTS: Final = {
    "moved": ("id", "x", "y"),
    "removed": (),
    "resized": ("id", "floor_area_m2", "beds"),
    "added": ("id", "name", "kind", "x", "y", "floor_area_m2", "beds"),
}


@dataclass(frozen=True)
class Claim:
    """What the page says of one radius clause: the residences covered and their households."""

    covered: tuple[str, ...]
    households: float
    on_foot_households: float


@dataclass(frozen=True)
class Scenario:
    """Changes to a city, and what the page that made them says follows.

    Parameters
    ----------
    file
        Name of the file, for messages.
    project, crs, as_of
        What it was made for.
    moved
        Facility id to x and y, metres.
    removed
        Facilities that are not there.
    resized
        Facility id to floor area in square metres and beds; ``None`` where not known.
    added
        New facilities in operation, as the file has them.
    limits
        Radius by clause, metres.
    claims
        By clause.
    sha256
        Of the file; empty where it was read from none.
    """

    file: str
    project: str
    crs: str
    as_of: str
    moved: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    resized: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    added: tuple[Mapping[str, Any], ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    sha256: str = ""


@dataclass(frozen=True)
class Confirmation:
    """A claim beside what the program finds.

    Parameters
    ----------
    clause
        The radius clause.
    claimed, found
        What the page said and what the program finds.
    missing, surplus
        Residences that the program covers and the page did not, and the other way round, by id.
    """

    clause: str
    claimed: Claim
    found: Claim

    @property
    def missing(self) -> tuple[str, ...]:
        """Residences covered that were not claimed, by id."""
        return tuple(sorted(set(self.found.covered) - set(self.claimed.covered)))

    @property
    def surplus(self) -> tuple[str, ...]:
        """Residences claimed that are not covered, by id."""
        return tuple(sorted(set(self.claimed.covered) - set(self.found.covered)))

    @property
    def holds(self) -> bool:
        """Whether every household and every residence is as claimed."""
        return self.claimed == self.found


def read_scenario(path: Path) -> Scenario:
    """Return the scenario in a file.

    Raises
    ------
    ProjectFileError
        If it cannot be read or is no scenario; the message says which part.
    """
    name = path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProjectFileError("scenario_too_large", file=name)
        raw = path.read_bytes()
        given = json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise ProjectFileError("scenario_missing", file=name) from error
    except (ValueError, RecursionError) as error:
        raise ProjectFileError("scenario_not_one", file=name) from error
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise ProjectFileError("scenario_not_one", file=name)
    if given.get("version") != VERSION:
        raise ProjectFileError("scenario_version", file=name, version=given.get("version"))
    return dataclasses.replace(_parsed(given, name), sha256=hashlib.sha256(raw).hexdigest())


def _parsed(given: Mapping[str, Any], file: str) -> Scenario:
    lists = {key: _rows(given, key, columns, file) for key, columns in _LISTS.items()}
    limits = given.get("limits", {})
    claims = given.get("claims", {})
    if not isinstance(limits, dict) or not isinstance(claims, dict):
        raise ProjectFileError("scenario_part", file=file, part="limits, claims")
    for key, rows in lists.items():
        names = [row["id"] if isinstance(row, dict) else row for row in rows]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ProjectFileError("scenario_twice", file=file, part=key, name=twice[0])
    head = {key: _text(given.get(key, ""), key, file) for key in ("project", "crs", "as_of")}
    return Scenario(
        file=file,
        **head,
        moved={
            row["id"]: (_figure(row["x"], "moved", file), _figure(row["y"], "moved", file))
            for row in lists["moved"]
        },
        removed=tuple(lists["removed"]),
        resized={
            row["id"]: (
                _size(row["floor_area_m2"], "resized", file),
                _size(row["beds"], "resized", file),
            )
            for row in lists["resized"]
        },
        added=tuple(_added(row, file) for row in lists["added"]),
        limits={str(clause): _radius(limit, file) for clause, limit in limits.items()},
        claims={str(clause): _claim(said, file) for clause, said in claims.items()},
    )


def _rows(given: Mapping[str, Any], key: str, columns: Sequence[str], file: str) -> list[Any]:
    rows = given.get(key, [])
    fit = isinstance(rows, list) and all(
        (isinstance(row, dict) and set(columns) <= row.keys()) if columns else isinstance(row, str)
        for row in rows
    )
    if not fit:
        raise ProjectFileError("scenario_part", file=file, part=key)
    if len(rows) > MAX_ROWS:
        raise ProjectFileError("scenario_many", file=file, part=key, most=MAX_ROWS)
    for row in rows:
        _text(row["id"] if columns else row, key, file)
    return list(rows)


def _text(value: Any, part: str, file: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or _UNWRITABLE.search(value):
        raise ProjectFileError("scenario_part", file=file, part=part)
    return value


def _added(row: Mapping[str, Any], file: str) -> dict[str, Any]:
    kind = _text(row["kind"], "added", file)
    if kind not in kinds():
        raise ProjectFileError("scenario_kind", file=file, kind=kind)
    return {
        "id": row["id"],
        "name": _text(row["name"], "added", file),
        "kind": kind,
        "x": _figure(row["x"], "added", file),
        "y": _figure(row["y"], "added", file),
        "floor_area_m2": _size(row["floor_area_m2"], "added", file),
        "beds": _size(row["beds"], "added", file),
    }


def _figure(value: Any, part: str, file: str) -> float:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    # a whole number too large for a float is compared as it is, never converted
    if not plain or not abs(value) <= sys.float_info.max:
        raise ProjectFileError("scenario_part", file=file, part=part)
    return float(value)


def _size(value: Any, part: str, file: str) -> float | None:
    if value is None:
        return None
    found = _figure(value, part, file)
    if not 0 <= found <= MAX_SIZE:
        raise ProjectFileError("scenario_part", file=file, part=part)
    return found


def _radius(value: Any, file: str) -> float:
    found = _figure(value, "limits", file)
    if not 0 <= found <= MAX_RADIUS_M:
        raise ProjectFileError("scenario_part", file=file, part="limits")
    return found


def _claim(said: Any, file: str) -> Claim:
    if not isinstance(said, dict) or not isinstance(said.get("covered"), list):
        raise ProjectFileError("scenario_part", file=file, part="claims")
    return Claim(
        tuple(sorted(_text(name, "claims", file) for name in said["covered"])),
        _figure(said.get("households"), "claims", file),
        _figure(said.get("on_foot_households"), "claims", file),
    )


def apply_scenario(city: City, standards: Standards, scenario: Scenario) -> tuple[City, Standards]:
    """Return the city and the standards as the scenario would have them; neither is changed.

    Raises
    ------
    ProjectFileError
        If the scenario is of another coordinate system, names a facility or a radius clause that
        is not there, adds one that is, or puts one far outside the city.
    """
    if scenario.crs != city.crs:
        raise ProjectFileError("scenario_crs", file=scenario.file, found=scenario.crs, own=city.crs)
    known = set(city.facilities["id"])
    for name in (*scenario.moved, *scenario.removed, *scenario.resized):
        if name not in known:
            raise ProjectFileError("scenario_unknown", file=scenario.file, name=name)
    for item in scenario.added:
        if item["id"] in known:
            raise ProjectFileError(
                "scenario_twice", file=scenario.file, part="added", name=item["id"]
            )
    _refuse_far(city, scenario)
    return _with_changes(city, scenario), _with_limits(standards, scenario)


def _refuse_far(city: City, scenario: Scenario) -> None:
    """Refuse a place farther from the city than the city is wide: it is a slip of the figures."""
    west, south, east, north = extent(city)
    reach = max(east - west, north - south)
    places = {**scenario.moved, **{item["id"]: (item["x"], item["y"]) for item in scenario.added}}
    for name, (x, y) in places.items():
        if not (west - reach <= x <= east + reach and south - reach <= y <= north + reach):
            raise ProjectFileError("scenario_far", file=scenario.file, name=name)


def extent(city: City) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all layers of a city, metres.

    Raises
    ------
    CrsError
        If a layer is in degrees or in Web Mercator.
    """
    require_layers_in_metres(city)
    boxes = [frame.total_bounds for frame in city.layers.values() if len(frame)]
    found = np.asarray([box for box in boxes if np.isfinite(box).all()])
    west, south = found[:, :2].min(axis=0).tolist()
    east, north = found[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _with_changes(city: City, scenario: Scenario) -> City:
    frame = city.facilities.copy()
    ids = frame["id"].tolist()
    if scenario.moved:
        shapes = frame.geometry.to_numpy().copy()
        for row, name in enumerate(ids):
            if name in scenario.moved:
                shapes[row] = shapely.Point(scenario.moved[name])
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    for at, column in enumerate(("floor_area_m2", "beds")):
        figures = frame[column].to_numpy(dtype=float).copy()
        for row, name in enumerate(ids):
            if name in scenario.resized:
                size = scenario.resized[name][at]
                figures[row] = np.nan if size is None else size
        frame[column] = figures
    parts = [frame[~frame["id"].isin(scenario.removed)].reset_index(drop=True)]
    if scenario.added:
        parts.append(_new(city, scenario.added))
    together = stack(parts, city.crs)
    return dataclasses.replace(city, layers={**city.layers, "facilities": together})


def _new(city: City, added: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    columns = ("id", "name", "kind", "floor_area_m2", "beds")
    frame = gpd.GeoDataFrame(
        {
            **{name: [item[name] for item in added] for name in columns},
            "status": ["operating"] * len(added),
        },
        geometry=shapely.points([[item["x"], item["y"]] for item in added]),
        crs=city.crs,
    )
    known: dict[str, Any] = {item["kind"]: () for item in added}
    return conform(frame, "facilities", kinds=known)


def _with_limits(standards: Standards, scenario: Scenario) -> Standards:
    radii = {clause.id for clause in standards.clauses(MEASURE) if clause.is_numeric}
    for name in scenario.limits:
        if name not in radii:
            raise ProjectFileError("scenario_unknown", file=scenario.file, name=name)
    documents = tuple(
        document.model_copy(
            update={
                "clauses": tuple(
                    clause.model_copy(update={"value": scenario.limits[clause.id]})
                    if clause.id in scenario.limits
                    else clause
                    for clause in document.clauses
                )
            }
        )
        for document in standards.documents
    )
    return dataclasses.replace(standards, documents=documents)


def confirm(
    city: City, findings: Sequence[Finding], scenario: Scenario
) -> tuple[Confirmation, ...]:
    """Return each claim of a scenario beside what the findings of its city say, by clause.

    Parameters
    ----------
    city, findings
        The city with the scenario applied, and what was found of it.
    scenario
        The scenario with its claims.
    """
    households = dict(
        zip(
            city.residences["id"],
            np.nan_to_num(city.residences["households"].to_numpy(dtype=float)).tolist(),
            strict=True,
        )
    )
    covered: dict[str, list[str]] = {name: [] for name in scenario.claims}
    on_foot: dict[str, float] = dict.fromkeys(scenario.claims, 0.0)
    for finding in findings:
        if finding.clause_id not in covered or finding.unit_kind != "residence":
            continue
        if finding.verdict is Verdict.COMPLIANT:
            covered[finding.clause_id].append(finding.unit_id)
        if finding.evidence.get("walking_within") is True:
            on_foot[finding.clause_id] += households[finding.unit_id]
    return tuple(
        Confirmation(
            name,
            claim,
            Claim(
                tuple(sorted(covered[name])),
                float(sum(households[unit] for unit in covered[name])),
                on_foot[name],
            ),
        )
        for name, claim in sorted(scenario.claims.items())
    )
