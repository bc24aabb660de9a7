"""A first ``project.toml`` for files as they are: layers and columns proposed, the rest asked."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from facilityplan.errors import MissingLayerError, UsageError
from facilityplan.io.aliases import Proposal, propose_columns, propose_coordinates
from facilityplan.io.join import key_text
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import local_file, read_start
from facilityplan.io.vector import read_vector
from facilityplan.layers import LAYERS

NAME_BONUS: Final = 1.5
"""What a word in the name of a file or layer counts beside headers, each of which counts 1."""

LEAST_SCORE: Final = 1.0
KEY_SHARE: Final = 0.8
"""Share of a table's keys that geometries must have before it is taken for their attributes."""

ZONE_WIDTH_DEG: Final = 3
FIRST_CENTRAL_MERIDIAN: Final = 75
FIRST_ZONE_CODE: Final = 4534
"""EPSG code of the CGCS2000 zone of three degrees about 75 E; each next meridian is one more."""

_VECTOR_STARTS: Final = (b"\x00\x00\x27\x0a", b"SQLite format 3\0", b"{", b"<")


@dataclass(frozen=True, eq=False)
class Found:
    """One layer or sheet of a file, and what it may be.

    Parameters
    ----------
    path
        The file.
    part
        Layer or sheet inside it, ``None`` where it has one.
    frame
        As it was read.
    table
        Whether it is a table.
    coordinates
        Headers of its coordinates, where it is a table with some.
    layer
        The layer of a city that it is taken for, ``None``: for none.
    others
        Layers that it may be as well.
    proposal
        Its columns.
    """

    path: Path
    part: str | None
    frame: pd.DataFrame
    table: bool
    coordinates: tuple[str, str] | None = None
    layer: str | None = None
    others: tuple[str, ...] = ()
    proposal: Proposal = field(default_factory=lambda: Proposal({}))

    @property
    def headers(self) -> list[str]:
        """Its headers."""
        return [str(name) for name in self.frame.columns if name != "geometry"]

    @property
    def label(self) -> str:
        """File, and layer or sheet."""
        return self.path.name if self.part is None else f"{self.path.name} / {self.part}"

    @property
    def crs(self) -> CRS | None:
        """The system that the file states."""
        own = self.frame.crs if isinstance(self.frame, gpd.GeoDataFrame) else None
        return None if own is None else CRS.from_user_input(own)

    @property
    def needs_datum(self) -> bool:
        """Whether its coordinates are numbers of which nothing is said."""
        if self.layer is None or not LAYERS[self.layer].geometry:
            return False
        return self.coordinates is not None or (not self.table and self.crs is None)


@functools.cache
def _words() -> Mapping[str, Sequence[str]]:
    source = resources.files(__package__) / "drafting.toml"
    table: Mapping[str, Sequence[str]] = tomllib.loads(source.read_text(encoding="utf-8"))["layers"]
    return table


def look(paths: Sequence[Path]) -> list[Found]:
    """Return what is in some files, each layer and sheet, with the layer it is taken for.

    Raises
    ------
    InputError
        If a file cannot be read; with the file.
    """
    found = [item for path in paths for item in _parts(local_file(path))]
    return [_guessed(item) for item in found]


def _parts(path: Path) -> list[Found]:
    start = read_start(path, 100).lstrip(b"\xef\xbb\xbf \t\r\n")
    table = not start.startswith(_VECTOR_STARTS)
    read: Any = _table if table else _vector
    try:
        return [read(path, None)]
    except MissingLayerError as error:
        listed = error.parameters.get("sheets" if table else "layers")
        if listed is None:
            raise
        return [read(path, name) for name in str(listed).split(", ")]


def _table(path: Path, sheet: str | None) -> Found:
    frame = read_messy_table(path, sheet=sheet).frame
    headers = [str(name) for name in frame.columns]
    return Found(path, sheet, frame, table=True, coordinates=propose_coordinates(headers))


def _vector(path: Path, layer: str | None) -> Found:
    return Found(path, layer, read_vector(path, layer=layer).frame, table=False)


def _guessed(item: Found) -> Found:
    """Return a part with the layer that fits its name, its shapes and its headers best."""
    scores: dict[str, float] = {}
    proposals: dict[str, Proposal] = {}
    name = f"{item.path.stem} {item.part or ''}".casefold()
    kinds = _shapes(item)
    for layer, contract in LAYERS.items():
        if bool(contract.geometry) != bool(kinds) or not kinds <= set(contract.geometry):
            continue
        proposal = proposals[layer] = propose_columns(item.headers, layer)
        needed = [column for column, c in contract.columns.items() if c.required]
        if any(c not in proposal.columns and c not in proposal.ambiguous for c in needed):
            continue
        told = any(word in name for word in _words().get(layer, ()))
        scores[layer] = sum(match.score for match in proposal.columns.values())
        scores[layer] += NAME_BONUS if told else 0.0
    # The file's own name for a part says more than that of the file it is in.
    best = max(scores.values(), default=0.0)
    if best < LEAST_SCORE:
        return item
    named = [layer for layer in scores if _named(item.part or item.path.stem, layer)]
    order = sorted(scores, key=lambda layer: (layer not in named, -scores[layer], layer))
    others = tuple(layer for layer in order[1:] if scores[layer] >= scores[order[0]])
    return replace(
        item,
        layer=order[0],
        others=() if order[0] in named and len(named) == 1 else others,
        proposal=proposals[order[0]],
    )


def _named(name: str, layer: str) -> bool:
    return any(word in name.casefold() for word in _words().get(layer, ()))


def _shapes(item: Found) -> set[str]:
    if item.coordinates is not None:
        return {"Point"}
    if not isinstance(item.frame, gpd.GeoDataFrame):
        return set()
    return set(item.frame.geometry.dropna().geom_type)


@dataclass(frozen=True)
class Joined:
    """Attributes of a layer in a table: which table, and the key in both."""

    table: Found
    key: str
    attributes_key: str


def join_tables(found: Sequence[Found]) -> tuple[list[Found], dict[int, Joined]]:
    """Return what stands for itself, and by its position the table that goes with it.

    A table without places goes with geometries that share its keys: a column under one name in
    both, different in every row, nearly all of the table's keys among the geometries'.
    """
    joined: dict[int, Joined] = {}
    taken: set[int] = set()
    for t, table in enumerate(found):
        if not table.table or table.coordinates is not None or _is_plain(table):
            continue
        best: tuple[float, int, str] | None = None
        for g, item in enumerate(found):
            if item.table or g in joined:
                continue
            for header in item.headers:
                share = _shared(item, table, header)
                if share >= KEY_SHARE and (best is None or share > best[0]):
                    best = (share, g, header)
        if best is not None:
            joined[best[1]] = Joined(table, best[2], best[2])
            taken.add(t)
    alone = [item for n, item in enumerate(found) if n not in taken]
    at = {id(item): n for n, item in enumerate(alone)}
    kept = {at[id(found[g])]: _with_layer(found[g], j, alone, at) for g, j in joined.items()}
    return alone, kept


def _is_plain(table: Found) -> bool:
    return table.layer is not None and _named(table.part or table.path.stem, table.layer)


def _with_layer(item: Found, joined: Joined, alone: list[Found], at: Mapping[int, int]) -> Joined:
    """Judge geometries anew by the headers that their table adds."""
    more = [name for name in joined.table.headers if name not in item.headers]
    wide = item.frame.copy()
    for name in more:
        wide[name] = None
    judged = _guessed(replace(item, frame=wide, part=item.part))
    alone[at[id(item)]] = replace(judged, frame=item.frame)
    return joined


def _shared(item: Found, table: Found, header: str) -> float:
    """Return the share of a table's keys that geometries have, 0 where it is no key."""
    if header not in table.headers:
        return 0.0
    theirs = [key for key in map(key_text, table.frame[header]) if key]
    own = {key for key in map(key_text, item.frame[header]) if key}
    if not theirs or len(set(theirs)) < len(theirs) or len(own) < len(item.frame):
        return 0.0
    return len(own & set(theirs)) / len(theirs)


def project_system(found: Sequence[Found], datums: Mapping[str, str | None]) -> str:
    """Return the system to compute in: the files' own in metres, else the zone they lie in.

    Raises
    ------
    UsageError
        If nothing says where the place is.
    """
    own = Counter(
        f"EPSG:{code}"
        for item in found
        if item.crs is not None and item.crs.is_projected
        for code in [item.crs.to_epsg()]
        if code is not None and code != 3857
    )
    if own:
        return max(sorted(own), key=lambda name: own[name])
    for item in found:
        lon = _longitudes(item, datums)
        if lon is not None:
            meridian = ZONE_WIDTH_DEG * round(float(np.median(lon)) / ZONE_WIDTH_DEG)
            zone = (meridian - FIRST_CENTRAL_MERIDIAN) // ZONE_WIDTH_DEG
            return f"EPSG:{FIRST_ZONE_CODE + zone}"
    raise UsageError("init_crs", option="--crs")


def _longitudes(item: Found, datums: Mapping[str, str | None]) -> Any:
    if item.crs is not None and item.crs.is_geographic and len(item.frame):
        return shapely.get_coordinates(item.frame.geometry.to_numpy())[:, 0]
    if item.coordinates is None or datums.get(item.label) is None:
        return None
    numbers = pd.to_numeric(item.frame[item.coordinates[0]], errors="coerce").dropna()
    return numbers.to_numpy() if len(numbers) and numbers.between(70, 140).all() else None


def source_entry(
    item: Found, joined: Joined | None, name: str, table_name: str | None, datum: str | None
) -> dict[str, Any]:
    """Return what project.toml says of one file.

    Parameters
    ----------
    name, table_name
        The file and its table of attributes as the project folder has them.
    datum
        What its coordinates are in: a datum of degrees, or a system as ``EPSG:4547``.
    """
    entry: dict[str, Any] = {"path": name}
    if item.part is not None:
        entry["sheet" if item.table else "layer"] = item.part
    if item.coordinates is not None:
        entry["x"], entry["y"] = item.coordinates
    if datum is not None:
        entry["crs" if ":" in datum else "datum"] = datum
    if joined is not None:
        entry["attributes"] = table_name
        entry["key"] = joined.key
        if joined.table.part is not None:
            entry["sheet"] = joined.table.part
    entry["columns"] = {
        column: match.header
        for column, match in item.proposal.columns.items()
        if match.header != column
    }
    return entry
