"""A site plan of a project: its tables in a notebook, and its files, the manifest last."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from facilityplan import files, locale
from facilityplan.checks import Context
from facilityplan.errors import OutputError
from facilityplan.locale import Listed
from facilityplan.project.lock import output_lock
from facilityplan.project.results import html_table
from facilityplan.report.deficit_plan import (
    deficit_document,
    deficit_lines,
    deficit_proposal,
    deficit_workbook,
)
from facilityplan.report.site_plan import (
    site_plan_document,
    site_plan_lines,
    site_plan_proposal,
)
from facilityplan.report.site_plan_workbook import site_plan_workbook
from facilityplan.siting import Proposal, SolveOptions, Status
from facilityplan.siting.deficits import DeficitOptions, DeficitPlan
from facilityplan.siting.planner import SitePlan

if TYPE_CHECKING:
    from facilityplan.maps import CityMap

SITE_OUTPUTS: Final = ("siting.json", "siting.xlsx", "map.html", "manifest.json")
"""Files of a site plan."""


class Sited(Protocol):
    """What a plan is made for; a :class:`facilityplan.project.Project` is one."""

    lang: str

    @property
    def folder(self) -> Path:
        """The project's folder."""

    @property
    def context(self) -> Context:
        """City, standards and road graph."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 of every file read."""

    def map_of(self, proposal: Proposal) -> CityMap:
        """Return the map with the sites of a proposal."""


@dataclass(frozen=True)
class SitingResult:
    """A plan with its reasons; shows its sites as a table.

    Parameters
    ----------
    plan
        The plan.
    project
        What it was made for.
    options
        How it was solved.
    """

    plan: SitePlan
    project: Sited
    options: SolveOptions

    def __repr__(self) -> str:
        return "\n".join([*self.lines(), self.table().to_string(index=False)])

    def lines(self) -> list[str]:
        """Return the plan in a few sentences."""
        return site_plan_lines(self.plan, self.project.lang)

    def table(self) -> pd.DataFrame:
        """Return the sites: whom they newly serve, what is lost without them."""
        sites = self.plan.sites
        columns: dict[str, list[Any]] = {
            "site_id": [item.site.candidate_id for item in sites],
            "site_name": [item.site.name for item in sites],
            "stage_year": [item.stage for item in sites],
            "gaps_served": [len(item.site.serves) for item in sites],
            "site_households": [item.site.households.known for item in sites],
            "site_elders": [item.site.elders.known for item in sites],
            "lost_households": [item.lost_households.known for item in sites],
            "alternatives": [
                Listed(other.candidate_id for other in item.alternatives or ()) for item in sites
            ],
            "site_cost": [item.cost for item in sites],
        }
        if not self.plan.stages:
            del columns["stage_year"]
        return self._named(columns)

    def open_gaps(self) -> pd.DataFrame:
        """Return the gaps left open, each with why."""
        gaps = self.plan.open_gaps
        return self._named(
            {
                "unit_id": [item.residence for item in gaps],
                "unit_name": [item.name for item in gaps],
                "site_households": [item.households for item in gaps],
                "open_reason": [
                    locale.text(f"site.reason.{item.reason}", self.project.lang) for item in gaps
                ],
                "nearest_candidate": [item.nearest for item in gaps],
                "nearest_m": [item.nearest_m for item in gaps],
            }
        )

    def curve(self, limit: str = "sites") -> pd.DataFrame:
        """Return coverage against the number of ``sites`` or against ``cost``.

        Raises
        ------
        KeyError
            If that curve was not worked out.
        """
        curve = {item.limit: item for item in self.plan.curves}[limit]
        return self._named(
            {
                f"limit_{limit}": [point.limit for point in curve.points],
                "weight_served": [point.weight for point in curve.points],
                "share_percent": [
                    round(point.weight / curve.total * 100, 2) for point in curve.points
                ],
                "knee": [
                    locale.text("site.knee", self.project.lang) if at == curve.knee else ""
                    for at in range(len(curve.points))
                ],
            }
        )

    def streets(self) -> pd.DataFrame:
        """Return need, existing, proposed and shortfall by street."""
        rows = self.plan.streets
        counts = ("need", "existing", "proposed", "shortfall")
        return self._named(
            {
                "street_id": [item.street for item in rows],
                "street": [item.name for item in rows],
                **{f"street_{name}": [getattr(item, name) for item in rows] for name in counts},
                "street_sites": [item.sites for item in rows],
            }
        )

    def _named(self, columns: Mapping[str, list[Any]]) -> pd.DataFrame:
        lang = self.project.lang
        return pd.DataFrame(
            {locale.text(f"report.column.{name}", lang): cells for name, cells in columns.items()}
        )

    def map(self) -> CityMap:
        """Return the map with the plan's sites."""
        return self.project.map_of(site_plan_proposal(self.plan))

    def write(self, out: str | Path) -> Path:
        """Write siting.json, siting.xlsx, map.html and last manifest.json; return the folder.

        Raises
        ------
        OutputError
            If a file cannot be written, another run writes there, or a file of the project would
            be replaced; what was there before is whole.
        """
        return write_site_plan(self, Path(out))

    def _repr_html_(self) -> str:
        return html_table(self.table(), self.lines()[1])

    @property
    def status(self) -> Status:
        """How far the plan is proven."""
        return self.plan.certificate.status

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the search."""
        return self.plan.certificate.interrupted

    def document(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return site_plan_document(self.plan, self.project.context.city)

    def workbook(self) -> bytes:
        """Return the plan as an xlsx file."""
        return site_plan_workbook(self.plan, self.project.context.city, self.project.lang)


@dataclass(frozen=True)
class DeficitResult:
    """A plan that closes deficits; shows its actions as a table.

    Parameters
    ----------
    plan
        The plan.
    project
        What it was made for.
    request
        Weight, works, terms.
    options
        How it was solved.
    """

    plan: DeficitPlan
    project: Sited
    request: DeficitOptions
    options: SolveOptions

    def __repr__(self) -> str:
        return "\n".join([*self.lines(), self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return html_table(self.table(), self.lines()[1])

    @property
    def status(self) -> Status:
        """How far the plan is proven."""
        return self.plan.status

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the search."""
        return self.plan.interrupted

    def lines(self) -> list[str]:
        """Return the plan in a few sentences."""
        return deficit_lines(self.plan, self.project.lang)

    def table(self) -> pd.DataFrame:
        """Return the actions: what is made, whom it serves, what it closes."""
        actions, lang = self.plan.actions, self.project.lang
        columns: dict[str, list[Any]] = {
            "action_id": [item.action_id for item in actions],
            "site_name": [item.name for item in actions],
            "action_floor": [item.floor_area_m2 for item in actions],
            "action_beds": [item.beds for item in actions],
            "site_households": [item.households.known for item in actions],
            "action_closes": [len(item.closes) for item in actions],
            "action_lost": [len(item.lost) for item in actions],
            "site_cost": [item.cost for item in actions],
        }
        return pd.DataFrame(
            {locale.text(f"report.column.{name}", lang): cells for name, cells in columns.items()}
        )

    def document(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return deficit_document(self.plan, self.request, self.project.context.city)

    def workbook(self) -> bytes:
        """Return the plan as an xlsx file."""
        return deficit_workbook(self.plan, self.project.context.city, self.project.lang)

    def map(self) -> CityMap:
        """Return the map with the plan's actions."""
        return self.project.map_of(deficit_proposal(self.plan, self.request))

    def write(self, out: str | Path) -> Path:
        """Write siting.json, siting.xlsx, map.html and last manifest.json; return the folder."""
        return write_site_plan(self, Path(out))


def _silent(_: str) -> None:
    return None


def write_site_plan(
    result: SitingResult | DeficitResult, out: Path, told: Callable[[str], None] = _silent
) -> Path:
    """Write the files of a plan to a folder; see :meth:`SitingResult.write`."""
    project = result.project
    for name in SITE_OUTPUTS:
        for path in project.inputs:
            target, source = out / name, project.folder / path
            if target.exists() and source.exists() and target.samefile(source):
                raise OutputError("output_is_input", file=path)
    with output_lock(out):
        # All is made before the first file changes: what fails leaves an earlier plan whole.
        told("site_writing")
        said = result.document()
        document = files.canonical_json(said)
        workbook = result.workbook()
        page = result.map().to_html()
        files.sweep(out)
        with files.staged(out, "manifest.json") as stage:
            files.write_text(stage / "siting.json", document)
            files.write_bytes(stage / "siting.xlsx", workbook)
            files.write_text(stage / "map.html", page)
            manifest = files.canonical_json(_manifest(result, said, stage))
            files.write_text(stage / "manifest.json", manifest)
    return out


def _manifest(
    result: SitingResult | DeficitResult, document: Mapping[str, Any], out: Path
) -> dict[str, Any]:
    """Return what makes a plan reproducible: inputs, versions, standards, how it was solved."""
    project, options = result.project, result.options
    city = project.context.city
    return {
        "format": 1,
        "project": city.name,
        "as_of": city.as_of.isoformat(),
        "inputs": dict(project.inputs),
        "outputs": {name: files.sha256(out / name) for name in SITE_OUTPUTS[:-1]},
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("facilityplan", "highspy", "scipy", "numpy", "shapely")
        },
        "standards": [document.id for document in project.context.standards.documents],
        "parameters": {
            "siting": document["request"],
            "solver": {
                "time_limit_s": options.time_limit_s,
                "gap": options.gap,
                "threads": options.threads,
                "seed": options.seed,
            },
        },
        "solver": result.status.value,
        "language": project.lang,
    }
