"""The cells of a source's canonical columns, read as people write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from facilityplan.errors import MissingColumnError
from facilityplan.io.aliases import Proposal, propose_columns, require_clear, split_header
from facilityplan.io.interpret import CellPlace, interpret_cells
from facilityplan.io.source import Reading, Table, Vector
from facilityplan.layers import LAYERS, Origin
from facilityplan.locale import Listed
from facilityplan.project.config import LayerSource


def interpreted(
    frame: gpd.GeoDataFrame,
    layer: str,
    read: Vector,
    headers: Mapping[str, str],
    places: Mapping[str, Origin],
    table: Table | None,
) -> tuple[gpd.GeoDataFrame, list[Reading]]:
    """Return the frame with its cells read as people write them, and what was settled.

    Parameters
    ----------
    frame
        Canonical columns of one source, in the file's order.
    layer
        Name of the layer.
    read
        The source as read.
    headers
        What the file calls each canonical column.
    places
        Where the columns that were joined from a table stand.
    table
        That table.

    Raises
    ------
    InputError
        As of :func:`facilityplan.io.interpret.interpret_cells`.
    """
    columns: dict[str, Any] = {}
    settled: list[Reading] = []
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        # A column that was joined has its notes in the table, the layer's own in the layer.
        from_table = table is not None and name in places
        sheet = table if table is not None and from_table else read
        origin = places.get(name, Origin(read.file, read.rows))
        header = headers[name]
        place = CellPlace(
            file=origin.file or read.file,
            header=header,
            rows=origin.rows.tolist(),
            unit_above=sheet.units.get(header),
            merged=sheet.merged.get(header, ()),
        )
        columns[name], said = interpret_cells(frame[name].tolist(), name, layer=layer, place=place)
        settled += said
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs), settled


def require_columns(frame: gpd.GeoDataFrame, layer: str, read: Vector, table: Table | None) -> None:
    """Refuse a source without a required column that its headers seem to have under another name.

    Parameters
    ----------
    frame
        Canonical columns that were found.
    layer
        Name of the layer.
    read
        The source as read; joined attributes included.
    table
        The table that was joined.

    Raises
    ------
    MissingColumnError
        With the headers that are meant by all appearance, and the lines for ``project.toml``.
    SchemaError
        If several headers may be meant.
    """
    required = [name for name, column in LAYERS[layer].columns.items() if column.required]
    missing = [name for name in required if name not in frame.columns]
    if not missing:
        return
    headers = [str(name) for name in read.frame.columns if name != read.frame.geometry.name]
    proposal = propose_columns(headers, layer)
    unclear = {name: proposal.ambiguous[name] for name in missing if name in proposal.ambiguous}
    file = read.file if table is None else table.file
    require_clear(Proposal({}, unclear), file=file, layer=layer)
    found = {name: proposal.columns[name].header for name in missing if name in proposal.columns}
    if found:
        raise MissingColumnError(
            "missing_column_guess",
            file=file,
            layer=layer,
            column=missing[0],
            proposed=Listed(found.values()),
            lines="；".join(
                f"{name} = {json.dumps(h, ensure_ascii=False)}" for name, h in found.items()
            ),
        )


def guessed_encodings(source: LayerSource, read: Vector, table: Table | None) -> list[Reading]:
    """Return which texts are in an encoding that nobody stated, other than UTF-8."""
    found = {} if read.encoding is None else {read.file: read.encoding}
    if table is not None and table.encoding is not None:
        found[table.file] = table.encoding
    return [
        Reading("encoding", parameters={"encoding": encoding})
        for encoding in dict.fromkeys(found.values())
        if source.encoding is None and not encoding.startswith("utf-8")
    ]


def with_actual_headers(source: LayerSource, read: Vector) -> LayerSource:
    """Return the source with its columns under the headers that the file really has.

    ``户数`` in ``project.toml`` is ``户数（户）`` in the file where no other header is as near:
    blanks, full width and a unit in brackets make no other column.
    """
    there = [str(name) for name in read.frame.columns]
    plain = [split_header(name).levels for name in there]
    columns = {}
    for name, header in source.columns.items():
        wanted = split_header(header).levels
        near = [found for found, levels in zip(there, plain, strict=True) if levels == wanted]
        columns[name] = near[0] if header not in there and len(near) == 1 else header
    return source.model_copy(update={"columns": columns})
