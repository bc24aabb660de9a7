"""Notices: facts about the data that bear on the figures, each with the rows it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from facilityplan import locale
from facilityplan.checks import Context
from facilityplan.crs.detective import Verdict
from facilityplan.layers import City
from facilityplan.locale import Listed
from facilityplan.network import LeftOut, NetworkReport, Reason

PREMISES_MEASURE = "floor_area_per_100_households"


@dataclass(frozen=True)
class Notice:
    """One fact about the data.

    Parameters
    ----------
    id
        Message id below ``notice`` in the catalogue.
    layer
        Layer it speaks of.
    ids
        Objects it speaks of.
    names
        What they are called, in the same order; empty where the objects have no names.
    parameters
        Figures for the sentence.
    """

    id: str
    layer: str
    ids: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "id": self.id,
            "layer": self.layer,
            "ids": list(self.ids),
            "names": list(self.names),
            "parameters": dict(self.parameters),
        }


SHOWN: Final = 5
"""How many objects a sentence lists; how many there are is always said."""


def sentence(notice: Notice, lang: str | None = None, shown: int = SHOWN) -> str:
    """Return a notice in words, the first objects by name and id."""
    names = notice.names or notice.ids
    listed = [
        item_id if name == item_id else f"{name} ({item_id})"
        for item_id, name in zip(notice.ids[:shown], names[:shown], strict=True)
    ]
    ids = Listed(listed, "…" if len(notice.ids) > shown else "")
    count = len(notice.ids)
    return locale.text(f"notice.{notice.id}", lang, ids=ids, count=count, **notice.parameters)


def inspect(context: Context) -> list[Notice]:
    """Return what is worth knowing about a city's data, in a fixed order."""
    return [
        *_standards(context),
        *_premises(context),
        *_undescribed(context.city),
        *_placeless(context),
        *_roads(context),
        *_off_network(context),
    ]


def _standards(context: Context) -> Iterator[Notice]:
    """Clauses that do not hold at the judging date, and documents none of whose clauses do."""
    aside = tuple(sorted(item.clause_id for item in context.standards.not_in_force))
    if aside:
        yield Notice("clauses_not_in_force", "standards", aside)
    if not context.standards.clauses():
        yield Notice("no_clause_in_force", "standards")


def without_attributes(choices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return which layers have rows that their table of attributes says nothing of.

    Parameters
    ----------
    choices
        What was settled while reading, one entry a file.
    """
    return [
        Notice(
            "rows_without_attributes",
            choice["layer"],
            (),
            {"rows": choice["without_attributes"], "total": choice["rows"], "file": choice["path"]},
        )
        for choice in choices
        if choice["without_attributes"]
    ]


def datums(choices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return which layers lie otherwise than declared, though the project confirms them.

    Parameters
    ----------
    choices
        What was settled while reading, one entry a file.
    """
    return [
        Notice(
            "datum_contradicted",
            choice["layer"],
            (),
            {
                "file": choice["path"],
                "declared": choice["datum"] or choice["crs"],
                "named": choice["datum_check"]["named"],
                "reason": choice["datum_confirmed"],
            },
        )
        for choice in choices
        if choice.get("datum_check", {}).get("verdict") == Verdict.CONTRADICTS
    ]


def _premises(context: Context) -> Iterator[Notice]:
    """Premises that name no residence and lie in none count for none."""
    if not (context.city.has("residences") and context.city.has("facilities")):
        return
    ids = context.city.facilities["id"]
    loose: set[str] = set()
    for clause in context.standards.clauses(PREMISES_MEASURE):
        loose |= {ids.iloc[row] for row in context.attribution(clause).unattributed}
    if loose:
        yield Notice("premises_without_residence", "facilities", tuple(sorted(loose)))


def _undescribed(city: City) -> Iterator[Notice]:
    if not city.has("facilities"):
        return
    for column in ("kind", "status"):
        absent = city.facilities["id"][city.facilities[column].isna()]
        if len(absent):
            name = f"facilities_without_{column}"
            yield Notice(name, "facilities", tuple(sorted(absent)))


def _placeless(context: Context) -> Iterator[Notice]:
    if not (context.city.has("residences") and context.city.has("zones")):
        return
    ids = context.city.residences["id"].to_numpy(dtype=object)
    outside = [ids[row] for row, chain in enumerate(context.zone_chain()) if not chain]
    if outside:
        yield Notice("residences_outside_zones", "residences", tuple(sorted(outside)))


def _roads(context: Context) -> Iterator[Notice]:
    """Say what became of the roads: pieces, and what is left out and why."""
    if context.network is None:
        return
    report = context.network.report
    if report.components > 1:
        yield from _pieces(context, report)
    if report.unknown_classes:
        yield Notice("unknown_road_classes", "roads", tuple(report.unknown_classes))
    if report.unknown_words:
        yield Notice("unknown_road_words", "roads", tuple(report.unknown_words))
    if report.lengthless_parts:
        yield Notice("roads_without_length", "roads", (), {"parts": int(report.lengthless_parts)})
    bare = "roads_without_footway" if report.footways_stated else "roads_footways_unknown"
    for name, reasons in (
        ("roads_not_walkable", (Reason.CLASS,)),
        (bare, (Reason.NO_FOOTWAY,)),
        ("roads_closed_to_walkers", (Reason.WALKABLE, Reason.FOOT, Reason.ACCESS)),
    ):
        yield from _left_out(name, [item for item in report.left_out if item.reason in reasons])


def _left_out(name: str, items: Sequence[LeftOut]) -> Iterator[Notice]:
    """Roads that are left out for one sort of reason, by class."""
    if not items:
        return
    classes = tuple(sorted({item.road_class or "-" for item in items}))
    length_km = round(sum(item.length_m for item in items) / 1000.0, 3)
    rows = sum(item.rows for item in items)
    figures: dict[str, Any] = {"rows": rows, "length_km": length_km}
    if items[0].reason is Reason.NO_FOOTWAY:
        figures["example"] = classes[0]
    yield Notice(name, "roads", classes, figures)


def _pieces(context: Context, report: NetworkReport) -> Iterator[Notice]:
    """Roads in pieces, and who lies on the small ones: no way leads from there to the rest."""
    found = {
        layer: _objects(context, layer, rows)
        for layer in ("residences", "facilities")
        if context.city.has(layer)
        for rows in [_lonely(context, layer)]
    }
    figures = {
        "components": int(report.components),
        "largest_share": float(np.round(report.largest_share, 6)),
        **{layer: len(found.get(layer, ((), ()))[0]) for layer in ("residences", "facilities")},
    }
    yield Notice("roads_in_pieces", "roads", (), figures)
    for layer, (ids, names) in found.items():
        if ids:
            yield Notice(f"{layer}_on_small_pieces", layer, ids, {}, names)


def _lonely(context: Context, layer: str) -> list[int]:
    """Return who meets the roads, but at no point on their largest piece."""
    network, limit_m = context.network, context.city.snap_limit_m
    if network is None:
        return []
    xy, owner = _points(context, layer)
    snapped = network.snap(xy, max_snap_m=limit_m)
    meets = ~snapped.off_network
    piece = network.components[network.edges.tail[snapped.edge]]
    return sorted(set(owner[meets].tolist()) - set(owner[meets & (piece == 0)].tolist()))


def _off_network(context: Context) -> Iterator[Notice]:
    """Who is farther from every road than the limit: there is no walking distance."""
    network, limit_m = context.network, context.city.snap_limit_m
    if network is None:
        return
    for layer, name in (("residences", "off_network"), ("facilities", "facilities_off_network")):
        if not context.city.has(layer):
            continue
        xy, owner = _points(context, layer)
        near = ~network.snap(xy, max_snap_m=limit_m).off_network
        rows = sorted(set(owner.tolist()) - set(owner[near].tolist()))
        ids, names = _objects(context, layer, rows)
        if ids:
            yield Notice(name, layer, ids, {"limit_m": limit_m}, names)


def _points(context: Context, layer: str) -> tuple[Any, Any]:
    """Return the points of residences or facilities and the row that each belongs to."""
    if layer == "residences":
        return context.demand.xy, context.demand.owner
    return context.facilities_xy, np.arange(len(context.facilities_xy))


def _objects(
    context: Context, layer: str, rows: Sequence[int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ids and names of rows of a layer, by id; one without a name is called by its id."""
    ids, names = context.cells(layer, "id"), context.cells(layer, "name")
    ordered = sorted(rows, key=lambda row: str(ids[row]))
    return tuple(ids[row] for row in ordered), tuple(names[row] or ids[row] for row in ordered)
