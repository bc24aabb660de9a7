"""Five printed maps of a city, drawn from the same results as its interactive map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from facilityplan import locale
from facilityplan.checks import Context, Verdict
from facilityplan.checks.radius_coverage import RadiusCoverage
from facilityplan.layers import City, points_of
from facilityplan.provision import reaching, select
from facilityplan.report.figures.marks import Areas, Key, Label, Lines, Points
from facilityplan.report.headlines import percent, siting_lines
from facilityplan.siting import Proposal, SitingPlan
from facilityplan.standards import kinds

PLATES: Final = ("current_state", "coverage", "uncovered", "layout", "near_term")
"""Maps of a special plan, in their order."""

_GREY = ("#e3e6ea", "#aab0b8")
_VERDICTS: Final = {
    Verdict.COMPLIANT.value: ("#67a9cf", "#2166ac", None),
    Verdict.NON_COMPLIANT.value: ("#e8601c", "#8f2a00", None),
    Verdict.INSUFFICIENT_DATA.value: ("#f6e8a6", "#5b4a00", "////"),
}
_DASHES: Final = {"town": (0, (4, 2)), "county": (0, (8, 2, 2, 2)), "city": "-"}
CIRCLES: Final = (("#dcecf7", "#2166ac"), ("#e0f0e6", "#3d8f7d"), ("#f3ead8", "#a5844a"))
_SITE: Final = ("#9b1b8a", "#ffffff")
FACILITY: Final = ("#12564a", "#ffffff")
MARKERS: Final = ("o", "s", "^", "D", "P", "v", "h", "X", "<", ">", "p", "d", "8", "*")
MOST_NAMES: Final = 40
"""More names than this would hide the map; the register lists all."""

Layer = Areas | Lines | Points


@dataclass(frozen=True)
class Plate:
    """One map: its layers from below, its names, what it has to say.

    Parameters
    ----------
    name
        Id of its title.
    bounds
        West, south, east, north of what is to be seen, metres.
    layers, labels, notes
        What is drawn, and the lines below the legend.
    """

    name: str
    bounds: tuple[float, float, float, float]
    layers: tuple[Layer, ...]
    labels: tuple[Label, ...]
    notes: tuple[str, ...]


def plates_of(
    context: Context,
    coverage: RadiusCoverage,
    proposal: Proposal,
    lang: str,
    *,
    near_term: SitingPlan | None = None,
) -> tuple[Plate, ...]:
    """Return the five maps of a city.

    Parameters
    ----------
    context
        City, standards, roads.
    coverage, proposal
        The same results that the interactive map shows.
    lang
        ``zh`` or ``en``.
    near_term
        The sites to be built first; ``None`` where nobody has said which: the map then shows the
        facilities that are planned already and says so.
    """
    city = context.city
    below = ground(city, lang)
    streets = street_names(city)
    bounds = _bounds(city)

    def plate(name: str, layers: Sequence[Layer], notes: Sequence[str], labels: Any = ()) -> Plate:
        return Plate(name, bounds, (*below, *layers), (*streets, *labels), tuple(notes))

    operating = _facilities(city, ("operating",), lang)
    plan = proposal.cover_all
    return (
        plate("current_state", [plain_residences(city, lang), *operating], _counts(city, lang)),
        plate(
            "coverage",
            [
                *_circles(context, coverage, lang),
                *_by_verdict(city, coverage, lang),
                *_facilities(city, ("operating",), lang, _counting(coverage)),
            ],
            _rates(coverage, lang),
        ),
        plate(
            "uncovered",
            _by_verdict(city, coverage, lang, Verdict.COMPLIANT),
            _gaps(proposal, lang),
            _names_of(city, coverage),
        ),
        plate(
            "layout",
            [plain_residences(city, lang), *_grey_facilities(city, lang), *_sites(plan, lang)],
            siting_lines(proposal, lang),
            _site_names(plan),
        ),
        plate(
            "near_term",
            [
                plain_residences(city, lang),
                *_facilities(city, ("planned",), lang),
                *_sites(near_term, lang),
            ],
            _near_notes(near_term, lang),
            _site_names(near_term),
        ),
    )


def figure_text(name: str, lang: str, **parameters: object) -> str:
    """Return a text of the figures' catalogue."""
    return locale.text(f"figure.{name}", lang, **parameters)


def counted(text: str, count: int, lang: str) -> str:
    """Return an entry of the legend with how many there are of it."""
    return figure_text("counted", lang, what=text, count=count)


def _bounds(city: City) -> tuple[float, float, float, float]:
    name = "zones" if city.has("zones") and len(city.zones) else "residences"
    west, south, east, north = city.layer(name).total_bounds.tolist()
    margin = 0.02 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def ground(city: City, lang: str, road_width: float = 0.3) -> list[Layer]:
    """Return water, railways, roads and boundaries."""
    layers: list[Layer] = []
    if city.has("barriers"):
        shapes = city.layer("barriers").geometry.to_numpy()
        flat = shapely.get_dimensions(shapes) == 2
        water = Key(figure_text("barrier_area", lang), "area", "#cfe6f2", "#a9cfe4")
        railway = Key(figure_text("barrier_line", lang), "line", "none", "#8c8c94", dash="--")
        layers += [Areas(shapes[flat], water), Lines(shapes[~flat], railway, 0.9)]
    if city.has("roads"):
        road = Key(figure_text("road", lang), "line", "#c9c3b4", "#c9c3b4")
        layers.append(Lines(city.layer("roads").geometry.to_numpy(), road, road_width))
    if city.has("zones"):
        for level, width in (("town", 0.6), ("county", 1.1), ("city", 1.5)):
            shapes = city.zones.geometry[city.zones["level"] == level].to_numpy()
            edge = Key(
                figure_text(f"boundary.{level}", lang),
                "line",
                "none",
                "#5f6873",
                dash=_DASHES[level],
            )
            layers.append(Lines(shapely.boundary(shapes), edge, width))
    return layers


def street_names(city: City) -> list[Label]:
    """Return the streets' names, each within its street."""
    if not city.has("zones"):
        return []
    towns = city.zones[city.zones["level"] == "town"]
    inner = points_of(towns.geometry) if len(towns) else np.empty((0, 2))
    return [
        Label(str(name), float(x), float(y), 8.0, "#5f6873")
        for name, (x, y) in zip(towns["name"], inner, strict=True)
    ]


def plain_residences(city: City, lang: str) -> Areas:
    """Return the residences in grey."""
    said = counted(figure_text("residences", lang), len(city.residences), lang)
    key = Key(said, "area", *_GREY)
    return Areas(city.residences.geometry.to_numpy(), key, 0.2)


def _by_verdict(
    city: City, coverage: RadiusCoverage, lang: str, muted: Verdict | None = None
) -> list[Layer]:
    """Return the residences by their verdict on the service radius; one verdict may be muted."""
    worst: dict[object, str] = {}
    rank = (
        Verdict.COMPLIANT.value,
        Verdict.INSUFFICIENT_DATA.value,
        Verdict.NON_COMPLIANT.value,
    )
    for name, verdict in zip(coverage.table["id"], coverage.table["verdict"], strict=True):
        said = str(verdict)
        if said in rank:
            worst[name] = max(worst.get(name, said), said, key=rank.index)
    own = np.asarray([worst.get(name, "") for name in city.residences["id"]], dtype=object)
    shapes = city.residences.geometry.to_numpy()
    free = counted(figure_text("not_bound", lang), int((own == "").sum()), lang)
    layers: list[Layer] = [Areas(shapes[own == ""], Key(free, "area", "#f4f5f6", "#aab0b8"), 0.2)]
    for verdict in rank:
        fill, line, hatch = _VERDICTS[verdict]
        if muted is not None and verdict == muted.value:
            fill, line, hatch = (*_GREY, None)
        said = counted(figure_text(f"verdict.{verdict}", lang), int((own == verdict).sum()), lang)
        key = Key(said, "area", fill, line, hatch)
        layers.append(Areas(shapes[own == verdict], key, 0.3))
    return layers


def _circles(context: Context, coverage: RadiusCoverage, lang: str) -> list[Layer]:
    """Return the land within each clause's radius of the facilities that count for it.

    A facility shows the radius of a clause that binds a residence within it, or the nearest one:
    a village's 1000 m round a station in the middle of a town would say nothing.
    """
    city = context.city
    bound = dict(zip(coverage.table["id"], coverage.table["clause_id"], strict=True))
    clause_of = np.asarray([bound.get(name) for name in city.residences["id"]], dtype=object)
    shapes = city.residences.geometry.to_numpy()
    inner = points_of(city.facilities.geometry)
    nearest = shapely.STRtree(shapes).nearest(shapely.points(inner))
    layers: list[Layer] = []
    for clause, limit_m in sorted(coverage.limits_m.items()):
        chosen = select(
            city.facilities,
            coverage.kinds[clause],
            coverage.statuses[clause],
            coverage.kinds_serving_community[clause],
        )
        rows = np.flatnonzero(reaching(city, chosen).counting)
        own = shapely.STRtree(shapes[clause_of == clause])
        disks = shapely.buffer(shapely.points(inner[rows]), limit_m, quad_segs=32)
        met = np.zeros(len(rows), dtype=bool)
        met[own.query(disks, predicate="intersects")[0]] = True
        met |= clause_of[nearest[rows]] == clause
        text = figure_text("radius", lang, clause=clause, limit=f"{limit_m:g}")
        fill, line = CIRCLES[len(layers) % len(CIRCLES)]
        key = Key(text, "area", fill, line)
        layers.append(Areas([shapely.union_all(disks[met])], key, 0.5, 0.55))
    return layers


def _counting(coverage: RadiusCoverage) -> frozenset[str]:
    """Return the kinds that count for a radius clause."""
    tables = (*coverage.kinds.values(), *coverage.kinds_serving_community.values())
    return frozenset(kind for names in tables for kind in names)


def _facilities(
    city: City, statuses: Sequence[str], lang: str, only: frozenset[str] | None = None
) -> list[Layer]:
    """Return the facilities of a state, a marker for each kind."""
    inner = points_of(city.facilities.geometry)
    right = city.facilities["status"].isin(list(statuses)).to_numpy()
    layers: list[Layer] = []
    for place, (name, kind) in enumerate(kinds().items()):
        if only is not None and name not in only:
            continue
        rows = right & (city.facilities["kind"] == name).to_numpy(dtype=bool)
        shape = MARKERS[place % len(MARKERS)]
        text = kind.zh if lang == "zh" else kind.en
        said = counted(text, int(rows.sum()), lang)
        layers.append(Points(inner[rows], Key(said, shape, *FACILITY, size=6.5)))
    if only is None:
        rows = right & city.facilities["kind"].isna().to_numpy(dtype=bool)
        said = counted(figure_text("unknown_kind", lang), int(rows.sum()), lang)
        layers.append(Points(inner[rows], Key(said, "o", "#ffffff", "#12564a", size=6.5)))
    return layers


def _grey_facilities(city: City, lang: str) -> list[Layer]:
    right = (city.facilities["status"] == "operating").to_numpy(dtype=bool)
    said = counted(figure_text("existing", lang), int(right.sum()), lang)
    key = Key(said, "o", "#7b8490", "#ffffff", size=4.5)
    return [Points(points_of(city.facilities.geometry)[right], key)]


def _sites(plan: SitingPlan | None, lang: str) -> list[Layer]:
    if plan is None:
        return []
    xy = np.asarray([(site.x, site.y) for site in plan.sites], dtype=float).reshape(-1, 2)
    said = counted(figure_text("site", lang), len(xy), lang)
    return [Points(xy, Key(said, "*", *_SITE, size=9.0))]


def _site_names(plan: SitingPlan | None) -> list[Label]:
    if plan is None or len(plan.sites) > MOST_NAMES:
        return []
    return [
        Label(f"{site.candidate_id} {site.name}", site.x, site.y, 6.5, "#6d1261", 8.0)
        for site in plan.sites
    ]


def _names_of(city: City, coverage: RadiusCoverage) -> list[Label]:
    """Return the names of the residences farthest from what they need, up to a legible number."""
    table = coverage.table
    missed = [
        (-float(distance), str(name))
        for name, distance, verdict in zip(
            table["id"], table["straight_m"], table["verdict"], strict=True
        )
        if verdict == Verdict.NON_COMPLIANT.value and isinstance(distance, float)
    ]
    rows = {name: row for row, name in enumerate(city.residences["id"])}
    inner = points_of(city.residences.geometry)
    names = city.residences["name"]
    found = dict.fromkeys(name for _, name in sorted(missed))
    labels = []
    for name in list(found)[:MOST_NAMES]:
        x, y = inner[rows[name]].tolist()
        labels.append(Label(str(names.iloc[rows[name]] or name), x, y, 5.5, "#8f2a00", 5.0))
    return labels


def _counts(city: City, lang: str) -> list[str]:
    status = city.facilities["status"]
    return [
        figure_text("count_residences", lang, residences=len(city.residences)),
        figure_text("count_facilities", lang, facilities=int((status == "operating").sum())),
    ]


def _rates(coverage: RadiusCoverage, lang: str) -> list[str]:
    lines = []
    for item in coverage.rates:
        if item.clause_id is None:
            metric = locale.text(f"metric.{item.metric}", lang)
            lines.append(figure_text("metric", lang, metric=metric))
            lines += [
                figure_text(f"rate_{name}", lang, share=percent(getattr(item.rates, name)))
                for name in ("units", "households", "land")
            ]
    return lines


def _gaps(proposal: Proposal, lang: str) -> list[str]:
    return [
        figure_text("count_gaps", lang, gaps=len(proposal.gaps)),
        figure_text("count_undecided", lang, undecided=len(proposal.undecided)),
        figure_text("named_farthest", lang, names=MOST_NAMES),
    ]


def _near_notes(plan: SitingPlan | None, lang: str) -> list[str]:
    if plan is None:
        return [figure_text("near_term_unsaid", lang)]
    return [figure_text("near_term_sites", lang, sites=len(plan.sites))]
