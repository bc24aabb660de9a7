"""The map of a city: a folium map that needs no network, and what is drawn on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import folium
from branca.element import Element
from pyproj import CRS

from facilityplan import files, locale
from facilityplan.checks import Context, Finding, Verdict
from facilityplan.errors import MissingLayerError
from facilityplan.io.raster import PopulationGrid
from facilityplan.layers import FACILITY_STATUSES, LEVELS, City
from facilityplan.maps import content, inline
from facilityplan.maps.judgements import judgements
from facilityplan.maps.offline import OfflineFigure, Verbatim, data_element
from facilityplan.maps.packing import SCALE, Pack
from facilityplan.maps.plans import proposal_content
from facilityplan.maps.raster import raster_content
from facilityplan.maps.spoken import LANGS, bilingual
from facilityplan.maps.whatif import spoken_kinds, whatif_content
from facilityplan.maps.zone_facts import zone_facts
from facilityplan.network import Network
from facilityplan.scenario import Sensitivity
from facilityplan.siting.proposal import Proposal
from facilityplan.standards import Standards, measures

_DATA_ID: Final = "desk-data"
_PACK_ID: Final = "desk-pack"


class CityMap(folium.Map):
    """A folium map whose page is one file that loads nothing.

    Parameters
    ----------
    desk
        What ``assets/desk`` draws: plain values for JSON. Any text in it is shown as text.
    other
        The same in the other language.
    title
        The page's title, any text.
    lang
        Language of the page, ``zh`` or ``en``.
    centre
        Latitude and longitude to start from, degrees.
    """

    def __init__(
        self,
        desk: Mapping[str, Any],
        other: Mapping[str, Any],
        *,
        title: str,
        lang: str,
        centre: tuple[float, float],
    ) -> None:
        super().__init__(
            location=centre,
            zoom_start=12,
            tiles=None,
            zoom_control=False,
            prefer_canvas=True,
            attribution_control=False,
            zoom_snap=0.25,
            zoom_delta=0.5,
            fade_animation=False,
        )
        # Lists of this map alone: folium's own are shared by all maps of the process, and its
        # add_js_link would write into them.
        self.default_js = [(path, path) for path in (inline.LEAFLET_JS, *inline.DESK_JS)]
        self.default_css = [(path, path) for path in (inline.LEAFLET_CSS, inline.DESK_CSS)]
        OfflineFigure(title, lang).add_child(self)
        self.add_child(_Desk(desk, other, self.get_name()), name="desk")

    @classmethod
    def _generate_id(cls) -> str:
        return "city"

    def to_html(self) -> str:
        """Return the page: one HTML file that loads nothing.

        Raises
        ------
        OutputError
            If something was added to the map that would be loaded from elsewhere.
        """
        return str(self.get_root().render())

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:  # noqa: FBT001, FBT002  # branca's signature
        """Write the page, whole or not at all where ``outfile`` is a path.

        Raises
        ------
        OutputError
            If the page would load something, or the file cannot be written.
        """
        page = str(self.get_root().render(**kwargs))
        if isinstance(outfile, (str, Path)):
            files.write_text(Path(outfile), page)
            return
        outfile.write(page.encode("utf-8"))
        if close_file:
            outfile.close()


class _Desk(Element):
    """The panel beside the map, its data, and the call that draws it all."""

    def __init__(self, desk: Mapping[str, Any], other: Mapping[str, Any], map_name: str) -> None:
        super().__init__()
        self.desk = desk
        self.other = other
        self.map_name = map_name

    @classmethod
    def _generate_id(cls) -> str:
        return "desk"

    def render(self, **kwargs: Any) -> str:
        """Put the empty panel, the data and the call into the figure."""
        del kwargs
        figure: Any = self.get_root()
        panel = Verbatim('<aside class="desk-panel" id="desk-panel"></aside>')
        figure.html.add_child(panel, name="panel")
        by_lang = {self.desk["lang"]: self.desk, self.other["lang"]: self.other}
        pack = Pack()
        lean = pack.lean(bilingual(*(by_lang[lang] for lang in LANGS)))
        lean["lang"] = self.desk["lang"]
        figure.html.add_child(data_element(_DATA_ID, lean), name="data")
        held = f'<script type="text/plain" id="{_PACK_ID}">{pack.compressed()}</script>'
        figure.html.add_child(Verbatim(held), name="pack")
        figure.script.add_child(Verbatim(f"desk.start({self.map_name});"), name="desk")
        return ""


def city_map(  # noqa: PLR0913  # each is a part of the map by itself
    city: City,
    findings: Sequence[Finding],
    *,
    standards: Standards,
    proposal: Proposal | None = None,
    network: Network | None = None,
    sensitivity: Sensitivity | None = None,
    context: Context | None = None,
    population: PopulationGrid | None = None,
    whatif: bool = True,
    lang: str = "zh",
    title: str | None = None,
) -> CityMap:
    """Return the interactive map of a city's findings.

    Parameters
    ----------
    city
        Conformed layers in the project's CRS.
    findings
        What the checks found; each is in the popup of its residence or zone.
    standards
        Documents that the findings' clauses stand in.
    proposal
        Sites to show, if siting has been run.
    network
        Road graph; with it, the streets within walking distance are drawn as well.
    sensitivity
        Of the radius verdicts; with it residences can be coloured by robust and fragile.
    context
        City, standards and network with what is known of them already; else it is worked out.
    population
        Persons by cell, as a layer below all others.
    whatif
        Whether the page can try things out; without it, it is smaller by the roads and points.
    lang
        ``zh`` or ``en``.
    title
        Title of the map; by default made from the city's name.

    Raises
    ------
    MissingLayerError
        If the city has no layer at all.
    """
    spoken = locale.language(lang)
    corners = content.bounds(city)
    if corners is None:
        raise MissingLayerError("map_nothing_to_draw")
    known = context or Context(city, standards, network)
    alike = {
        "bounds": corners,
        **content.base(city),
        "residences": content.residences(city),
        "zoneFacts": zone_facts(known, findings),
        "raster": None if population is None else raster_content(city, population),
    }
    tried = None
    if whatif:
        tried = whatif_content(known, findings)
    areas = content.service_areas(city, standards, network, spoken)

    def told(tongue: str) -> dict[str, Any]:
        named = content.service_areas(city, standards, None, tongue)
        return {
            "lang": tongue,
            "text": _wording(tongue),
            "head": _head(city, title, tongue),
            **alike,
            "facilities": content.facilities(city, tongue),
            "candidates": content.candidates(city, tongue),
            "areas": [
                {**area, "clauses": name["clauses"]}
                for area, name in zip(areas, named, strict=True)
            ],
            "whatif": spoken_kinds(tried, tongue),
            "proposal": None if proposal is None else proposal_content(city, proposal, tongue),
            **judgements(city, findings, standards, tongue, sensitivity),
        }

    (south, west), (north, east) = corners
    centre = ((south + north) / 2 / SCALE, (west + east) / 2 / SCALE)
    own, other = told(spoken), told(next(tongue for tongue in LANGS if tongue != spoken))
    return CityMap(own, other, title=own["head"]["title"], lang=spoken, centre=centre)


def _head(city: City, title: str | None, lang: str) -> dict[str, Any]:
    return {
        "title": title or locale.text("map_title", lang, city=city.name),
        "name": city.name,
        "asOf": city.as_of.isoformat(),
        "crs": city.crs,
        "crsName": CRS.from_user_input(city.crs).name,
    }


def _wording(lang: str) -> dict[str, Any]:
    """Return the texts of the panel and the popups, by the names that ``assets/desk`` uses."""
    own = {
        key.removeprefix("map."): text
        for key, text in locale.catalogue(lang).items()
        if key.startswith("map.")
    }
    return {
        **own,
        "verdict_of_modality": locale.catalogue(lang)["verdict_of_modality"],
        "verdicts": [locale.text(f"verdict.{verdict}", lang) for verdict in Verdict],
        "levels": [locale.text(f"level.{level}", lang) for level in LEVELS],
        "statuses": {
            name: locale.text(f"facility_status.{name}", lang) for name in FACILITY_STATUSES
        },
        "measures": {name: own[f"measure.{name}"] for name in measures()},
    }
