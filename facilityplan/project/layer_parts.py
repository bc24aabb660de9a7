"""One file of a layer as the program works with it, and the files of a layer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from facilityplan import standards
from facilityplan.crs import Helmert, to_project
from facilityplan.errors import DuplicateIdError, MissingColumnError, MissingLayerError
from facilityplan.io.join import join_attributes, key_text
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import Table, Vector, refuse_address
from facilityplan.layers import LAYERS, Origin, as_text, conform, empty_layer, stack
from facilityplan.locale import Listed
from facilityplan.project.cells import (
    guessed_encodings,
    interpreted,
    require_columns,
    with_actual_headers,
)
from facilityplan.project.config import LayerSource
from facilityplan.project.sources import read_plain, read_source


@dataclass(frozen=True)
class LayerPart:
    """One file of a layer, its rows in the file's order, and what messages call its columns."""

    frame: gpd.GeoDataFrame
    file: str
    headers: Mapping[str, str]
    origins: Mapping[str, Origin]

    def place(self, column: str) -> Origin:
        """Return the file and the rows that a column was read from."""
        return self.origins.get(column) or Origin(self.file, self.frame["row"].to_numpy())


def read_layer(
    folder: Path,
    layer: str,
    source: LayerSource,
    crs: str,
    choices: list[Mapping[str, Any]],
) -> LayerPart:
    """Return one file of a layer in the project's coordinate system, each cell interpreted.

    Parameters
    ----------
    folder
        Folder of the project.
    layer
        Its name.
    source
        Where it lies and how it is to be read.
    crs
        The project's coordinate system.
    choices
        Gets what was settled while reading, for the manifest.

    Raises
    ------
    FacilityPlanError
        Of the branch that fits: the source, a column, a cell, a coordinate system.
    """
    plain = not LAYERS[layer].geometry
    vector = read_plain(folder, source) if plain else read_source(folder, layer, source)
    if vector.frame.empty and not source.may_be_empty:
        raise MissingLayerError("layer_empty", file=vector.file, layer=layer)
    read, table, origins = _with_attributes(folder, vector, source)
    source = with_actual_headers(source, read)
    readings = guessed_encodings(source, vector, table)
    readings += [*vector.readings, *(() if table is None else table.readings)]
    choice = _choice(layer, source, read)
    choices.append(choice)
    if read.frame.empty and source.may_be_empty:
        return LayerPart(empty_layer(layer, crs), read.file, {}, {})
    named, places = _canonical(read, layer, source, origins)
    headers = {**{name: name for name in LAYERS[layer].columns}, **source.columns}
    require_columns(named, layer, read, table)
    named, settled = interpreted(named, layer, read, headers, places, table)
    readings += settled
    if readings:
        choice["readings"] = [reading.as_choice() for reading in readings]
    if not named.empty and not plain:
        named = to_project(
            named,
            crs,
            datum=source.datum,
            crs=source.crs,
            helmert=None if source.helmert is None else Helmert(**source.helmert.model_dump()),
            file=read.file,
            layer=layer,
            rows=read.rows,
        )
    kinds = standards.kind_words()
    where: dict[str, Any] = {"rows": read.rows, "file": read.file}
    frame = conform(named, layer, **where, kinds=kinds, headers=headers, origins=places)
    return LayerPart(frame, read.file, headers, places)


def _with_attributes(
    folder: Path, vector: Vector, source: LayerSource
) -> tuple[Vector, Table | None, dict[str, Origin]]:
    """Return a source with the columns of its table of attributes, and where those stand."""
    if source.attributes is None or source.key is None:
        return vector, None, {}
    refuse_address(source.attributes)
    table = read_messy_table(
        folder / source.attributes, sheet=source.sheet, encoding=source.encoding
    )
    key = source.attributes_key or source.key
    joined = join_attributes(vector, table, source.key, key)
    row_of = {key_text(cell): row for cell, row in zip(table.frame[key], table.rows, strict=True)}
    rows = np.asarray(
        [
            row_of.get(key_text(cell), int(own))
            for cell, own in zip(vector.frame[source.key], vector.rows, strict=True)
        ]
    )
    from_table = set(table.frame.columns) - set(vector.frame.columns)
    return joined, table, {name: Origin(table.file, rows) for name in from_table}


def _choice(layer: str, source: LayerSource, read: Vector) -> dict[str, Any]:
    """Return what the manifest says of a source."""
    return {
        "layer": layer,
        "path": source.path,
        "rows": len(read.frame),
        "encoding": read.encoding,
        "crs": source.crs or (None if read.frame.crs is None else read.frame.crs.to_string()),
        "datum": source.datum,
        "helmert": None if source.helmert is None else source.helmert.model_dump(),
        "without_attributes": len(read.unmatched),
        "skipped": list(read.skipped),
    }


def _canonical(
    read: Vector, layer: str, source: LayerSource, origins: Mapping[str, Origin]
) -> tuple[gpd.GeoDataFrame, dict[str, Origin]]:
    """Return the canonical columns that a source has, and where those joined came from."""
    columns: dict[str, Any] = {}
    places: dict[str, Origin] = {}
    for name in LAYERS[layer].columns:
        header = source.columns.get(name, name)
        if name in source.constants:
            columns[name] = [source.constants[name]] * len(read.frame)
            continue
        if header not in read.frame.columns:
            if name in source.columns:
                there = Listed(str(c) for c in read.frame.columns if c != "geometry")
                raise MissingColumnError(
                    "unknown_column", file=read.file, layer=layer, column=header, there=there
                )
            continue
        words = source.words.get(name, {})
        cells = read.frame[header].tolist()
        # A code is 1 in one file and 1.0 in another; project.toml writes "1".
        columns[name] = [words.get(as_text(cell) or "", cell) for cell in cells]
        if header in origins:
            places[name] = origins[header]
    frame = gpd.GeoDataFrame(columns, geometry=read.frame.geometry.to_numpy(), crs=read.frame.crs)
    return frame, places


def together(layer: str, parts: Sequence[LayerPart], crs: str) -> gpd.GeoDataFrame:
    """Return the parts of a layer as one frame, in the order of the ids."""
    frame = stack([part.frame for part in parts], crs)
    if "id" not in frame.columns:
        return frame
    seen: set[str] = set()
    for part in parts:
        again = part.frame["id"].isin(seen).to_numpy()
        if again.any():
            place = part.place("id")
            raise DuplicateIdError(
                "id_in_two_files",
                file=place.file,
                layer=layer,
                column=part.headers.get("id", "id"),
                rows=place.rows[again].tolist(),
                found=Listed(part.frame["id"][again].tolist()[:5]),
            )
        seen |= set(part.frame["id"])
    return frame.iloc[np.argsort(frame["id"].to_numpy(dtype=str), kind="stable")].reset_index(
        drop=True
    )
