"""The face of a project: what notebooks and the command line call."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from facilityplan import locale
from facilityplan.checks import Context, assess_context
from facilityplan.checks.accessibility import CityAccessibility, accessibility
from facilityplan.checks.catchments import AccessibilityOptions
from facilityplan.checks.demand_split import DemandSplit
from facilityplan.checks.radius_coverage import radius_coverage
from facilityplan.checks.raster_coverage import raster_coverage
from facilityplan.doctor import Notice, datums, inspect, readings, without_attributes
from facilityplan.layers import City
from facilityplan.network import Network
from facilityplan.project.accessibility import (
    AccessibilityResult,
    RasterResult,
    demand_notices,
    splits_of,
)
from facilityplan.project.graph_cache import GraphNote
from facilityplan.project.opening import Opened, open_folder
from facilityplan.project.requirements import RequirementsResult, requirements_of
from facilityplan.project.results import (
    CoverageResult,
    FindingsResult,
    ProposalResult,
    SensitivityResult,
)
from facilityplan.project.siting import DeficitResult, SitingResult
from facilityplan.report.site_plan import shown_plan
from facilityplan.scenario import Sensitivity, SensitivityOptions, sensitivity
from facilityplan.scenario.file import Scenario
from facilityplan.siting import Options, Proposal, SolveOptions, propose
from facilityplan.siting.deficits import (
    Act,
    DeficitOptions,
    DeficitTerms,
    Then,
    Works,
    propose_deficits,
)
from facilityplan.siting.planner import Request, plan_sites
from facilityplan.standards import Standards

if TYPE_CHECKING:
    from facilityplan.maps import BaseMap, CityMap

Progress = Callable[[str], None]
"""Called with a message id below ``progress`` when a stage begins."""


def _silent(_: str) -> None:
    return None


class Project:
    """A place with its layers, its standards and what follows from them.

    Every result is computed when it is first asked for and kept. Nothing of the project folder is
    ever written but the road graph kept in its folder ``.facilityplan``.

    Parameters
    ----------
    opened
        The project as it was read.
    lang
        Language of tables and maps, ``zh`` or ``en``.
    scenario
        What the project as read has been changed by, where it has been.
    """

    def __init__(self, opened: Opened, lang: str, scenario: Scenario | None = None) -> None:
        self._opened = opened
        self.lang = lang
        self.scenario = scenario
        self._context = Context(opened.city, opened.standards, opened.network)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in self.city.layers.items())
        return f"<Project {self.city.name}: {rows}>"

    @property
    def city(self) -> City:
        """Conformed layers and options."""
        return self._opened.city

    @property
    def standards(self) -> Standards:
        """The documents that hold there."""
        return self._opened.standards

    @property
    def network(self) -> Network | None:
        """The road graph, ``None`` where the project has no roads."""
        return self._opened.network

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._opened.folder

    @property
    def has_coverage(self) -> bool:
        """Whether there are layers of residences and of facilities, so that reach can be judged."""
        return self.city.has("residences") and self.city.has("facilities")

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 of every file read."""
        return self._opened.inputs

    @property
    def reading_choices(self) -> tuple[Mapping[str, Any], ...]:
        """What was settled while reading: encodings, systems, datums."""
        return self._opened.choices

    @property
    def network_options(self) -> Mapping[str, Any]:
        """How the project wants its roads made a graph; where the graph is kept is no part of it."""
        return self._opened.config.network.model_dump(exclude={"cache"})

    @property
    def graph_notes(self) -> tuple[GraphNote, ...]:
        """Whether the road graph was found or built; no result tells."""
        return self._opened.graph_notes

    @functools.cached_property
    def base_maps(self) -> tuple[BaseMap, ...]:
        """What ``[map]`` in project.toml puts under the map; files of tiles are read now."""
        if not self._opened.config.map.base:
            return ()
        from facilityplan.project.base_maps import base_maps_of

        return base_maps_of(self._opened.config.map, self.folder, self.city, os.environ)

    @property
    def map_inputs(self) -> Mapping[str, str]:
        """SHA-256 of every file of tiles that the map is drawn with."""
        if not self._opened.config.map.base:
            return {}
        from facilityplan.project.base_maps import tile_files

        return tile_files(self._opened.config.map, self.folder)

    @property
    def context(self) -> Context:
        """City, standards and road graph, with the figures that checks share."""
        return self._context

    @property
    def siting_options(self) -> Options:
        """How the project wants its sites found."""
        own = self._opened.config.siting
        names = {field.name for field in dataclasses.fields(Options)}
        return Options(**own.model_dump(include=names))

    @property
    def siting_stages(self) -> tuple[tuple[int, int], ...]:
        """The years of the project's stages, each with the number of sites there are by then."""
        stages = self._opened.config.siting.stages
        return tuple((int(year), number) for year, number in sorted(stages.items()))

    @property
    def deficit_options(self) -> DeficitOptions:
        """What the project says of closing all deficits: works, money by year, 统筹."""
        own = self._opened.config.siting
        years = {int(year): money for year, money in own.budget_by_year.items()}
        works = [Works(**{**item.model_dump(), "act": Act(item.act)}) for item in own.actions]
        return DeficitOptions(
            weight=own.weight,
            facility_kind=own.facility_kind,
            works=tuple(works),
            share_least_size=own.share_least_size,
            terms=DeficitTerms(
                budget_by_year=years or None,
                carry_over=own.carry_over,
                last_year=None if years else self.city.horizon,
                then=Then.COST if works or years else Then.SITES,
            ),
        )

    @property
    def sensitivity_options(self) -> SensitivityOptions:
        """By how much the project wants the method varied."""
        return SensitivityOptions(**self._opened.config.sensitivity.model_dump())

    @property
    def residences(self) -> gpd.GeoDataFrame:
        """Residences, one row each; a copy."""
        return self.city.residences.copy()

    @property
    def facilities(self) -> gpd.GeoDataFrame:
        """Facilities, one row each; a copy."""
        return self.city.facilities.copy()

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones, one row each; a copy."""
        return self.city.zones.copy()

    @functools.cached_property
    def _findings(self) -> FindingsResult:
        return FindingsResult(tuple(assess_context(self._context)), self.lang)

    @functools.cached_property
    def _coverage(self) -> CoverageResult:
        found = radius_coverage(self._context, self._findings.findings)
        return CoverageResult(found, self.lang, self.demand_splits)

    @functools.cached_property
    def demand_splits(self) -> Mapping[str, DemandSplit]:
        """What was estimated from the zones, by column of the residences; nothing unless asked.

        Raises
        ------
        MissingLayerError
            If it was asked for and the project has no residences or no zones.
        """
        return splits_of(self._context, self._opened.config.demand)

    @functools.cached_property
    def _accessibility(self) -> AccessibilityResult:
        return self._accessible(
            AccessibilityOptions(**self._opened.config.accessibility.model_dump())
        )

    def _accessible(self, options: AccessibilityOptions) -> AccessibilityResult:
        self._require_coverage()
        found: CityAccessibility = accessibility(
            self._context, options, self.demand_splits.get("elders")
        )
        return AccessibilityResult(found, self._context, self.lang)

    @functools.cached_property
    def _raster(self) -> RasterResult | None:
        grid = self._opened.population
        if grid is None or not self.city.has("facilities"):
            return None
        return RasterResult(raster_coverage(self._context, grid), self.lang)

    @functools.cached_property
    def _sensitivity(self) -> SensitivityResult:
        found = sensitivity(self._context, self._findings.findings, self.sensitivity_options)
        return SensitivityResult(found, self.lang)

    @functools.cached_property
    def _proposal(self) -> ProposalResult:
        found = propose(
            self.city,
            self.standards,
            self._findings.findings,
            self.siting_options,
            sight=self._context.sight,
        )
        if self.siting_stages:
            staged = self.site(stages=self.siting_stages, equals=0, curve_points=0)
            found = dataclasses.replace(found, staged=shown_plan(staged.plan))
        return ProposalResult(found, self.lang)

    @functools.cached_property
    def _notices(self) -> tuple[Notice, ...]:
        bare = without_attributes(self.reading_choices)
        odd = (*datums(self.reading_choices), *readings(self.reading_choices))
        found = inspect(self._context)
        return (*odd, *bare, *found, *demand_notices(self._context, self.demand_splits))

    def _require_coverage(self) -> None:
        for layer in ("residences", "facilities"):
            self.city.layer(layer)

    def findings(self) -> FindingsResult:
        """Return every clause in force held against every unit it speaks of."""
        return self._findings

    def coverage(self) -> CoverageResult:
        """Return the coverage under the radius clauses, straight line and on foot.

        Raises
        ------
        MissingLayerError
            If the project has no residences or no facilities.
        """
        self._require_coverage()
        return self._coverage

    def accessibility(self, **options: Any) -> AccessibilityResult:
        """Return accessibility beyond yes or no: bands, floating catchments, near but full.

        Parameters
        ----------
        **options
            Fields of :class:`facilityplan.checks.catchments.AccessibilityOptions`; without any
            those of ``[accessibility]`` in project.toml.

        Raises
        ------
        MissingLayerError
            If the project has no residences or no facilities.
        UsageError
            If an option cannot be.
        """
        if not options:
            return self._accessibility
        given = self._opened.config.accessibility.model_dump()
        return self._accessible(AccessibilityOptions(**given | options))

    def raster_coverage(self) -> RasterResult | None:
        """Return the persons of the population grid within service areas; ``None`` without one."""
        return self._raster

    def sensitivity(self) -> SensitivityResult:
        """Return how the radius verdicts stand under other ways to measure: robust or fragile.

        Raises
        ------
        MissingLayerError
            If the project has no residences or no facilities.
        """
        self._require_coverage()
        return self._sensitivity

    def propose(self) -> ProposalResult:
        """Return gaps, the fewest sites that close them and the best 1, 2, 3 … sites.

        Raises
        ------
        MissingLayerError
            If the project has no residences or no facilities.
        """
        self._require_coverage()
        return self._proposal

    def site(
        self,
        model: str = "mclp",
        *,
        solve: SolveOptions | None = None,
        progress: Progress = _silent,
        **options: Any,
    ) -> SitingResult:
        """Return a site plan: one problem solved, with its certificate, reasons, curve, stages.

        Parameters
        ----------
        model
            Name of the problem, see :class:`facilityplan.siting.planner.Model`.
        solve
            Time limit, gap, threads, seed, and who is told of incumbent and bound.
        progress
            Called with a message id when a part begins.
        **options
            Other fields of :class:`facilityplan.siting.planner.Request`, ``n_sites=3``; weight,
            kind and spacing are those of ``[siting]`` in project.toml where none is given.

        Raises
        ------
        MissingLayerError
            If the project has no residences or no facilities, or no candidates of its own where
            those are asked for.
        UsageError
            If the request is off.
        SolveError
            If no plan was found in time.
        """
        self._require_coverage()
        own = {
            "weight": self.siting_options.weight,
            "facility_kind": self.siting_options.facility_kind,
            "spacing_m": self.siting_options.spacing_m,
        }
        request = Request(model=model, **own | options)
        limit = self.siting_options.time_limit_s
        how = SolveOptions(time_limit_s=limit) if solve is None else solve
        found = plan_sites(
            self._context, self._findings.findings, request, options=how, told=progress
        )
        return SitingResult(found, self, how)

    def close_deficits(
        self, request: DeficitOptions | None = None, *, solve: SolveOptions | None = None
    ) -> DeficitResult:
        """Return the plan that closes the most deficits at once, within money and room.

        Parameters
        ----------
        request
            Weight, works, budget, what decides next; those of ``[siting]`` where none is given.
        solve
            Time limit, gap, threads, seed, progress.
        """
        asked = request or self.deficit_options
        limit = self.siting_options.time_limit_s
        how = SolveOptions(time_limit_s=limit) if solve is None else solve
        found = propose_deficits(
            self.city,
            self.standards,
            self._findings.findings,
            asked,
            sight=self._context.sight,
            solve=how,
        )
        return DeficitResult(found, self, asked, how)

    def map_of(self, proposal: Proposal) -> CityMap:
        """Return the interactive map with the sites of a proposal."""
        return self._drawn(proposal)

    def requirements(self, growth: Mapping[str, float] | None = None) -> RequirementsResult:
        """Return beds and land that the clauses require by person, now and at the horizon.

        Parameters
        ----------
        growth
            Yearly rates by definition of persons, ``{"elders_60": 0.03}``; without one, the rate
            between two figures of the documents, else no projection.

        Raises
        ------
        ValueError
            If a rate is for no known definition, or the horizon lies before the judging date.
        """
        return RequirementsResult(requirements_of(self._context, growth), self.lang)

    def notices(self) -> tuple[Notice, ...]:
        """Return what a reader of the results should know of the data."""
        return self._notices

    def map(self) -> CityMap:
        """Return the interactive map: verdicts, facilities, service areas, proposed sites."""
        if not self.has_coverage:
            return self._drawn(None)
        return self._drawn(self._proposal.proposal, self._sensitivity.sensitivity)

    def _drawn(self, proposal: Proposal | None, shaken: Sensitivity | None = None) -> CityMap:
        from facilityplan.maps import city_map

        return city_map(
            self.city,
            self._findings.findings,
            standards=self.standards,
            proposal=proposal,
            network=self.network,
            sensitivity=shaken,
            context=self._context,
            population=self._opened.population,
            bases=self.base_maps,
            lang=self.lang,
        )

    def run(self, out: str | Path, *, progress: Progress = _silent) -> Path:
        """Write all results to a folder and return it.

        Parameters
        ----------
        out
            Output folder; files there of an earlier run are replaced, each in one step, and the
            manifest last. Nothing there changes before all is computed.
        progress
            Called with a message id when a stage begins.

        Raises
        ------
        OutputError
            If a result cannot be written, another run writes there, or a file of the project would
            be replaced; what was there before is whole.
        """
        from facilityplan.project.run import write_results

        return write_results(self, Path(out), progress)


def open_project(path: str | Path, *, lang: str | None = None, cache: bool = True) -> Project:
    """Return the project in a folder.

    Parameters
    ----------
    path
        Folder with a ``project.toml``.
    lang
        Language of tables and maps; default :func:`facilityplan.locale.language`.
    cache
        Whether the road graph is taken from, and kept in, the folder ``.facilityplan`` of the
        project; the results are the same either way.

    Raises
    ------
    FacilityPlanError
        If anything in it cannot be used as it is; the message says what, where and what to do.
    """
    return Project(open_folder(Path(path), cache=cache), locale.language(lang))
