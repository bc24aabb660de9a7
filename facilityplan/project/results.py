"""Results as a notebook shows them: tables that know how to draw themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from facilityplan import locale
from facilityplan.checks import Finding, Verdict
from facilityplan.checks.demand_split import DemandSplit, estimated_rate
from facilityplan.checks.radius_coverage import RadiusCoverage
from facilityplan.checks.wording import formula_text, margin_text, required_text, value_text
from facilityplan.coverage import Rate
from facilityplan.files import escape_html
from facilityplan.locale import Listed
from facilityplan.report.headlines import percent
from facilityplan.scenario import Sensitivity
from facilityplan.scenario.wording import variant_text
from facilityplan.siting import Proposal, SitingPlan


def html_table(table: pd.DataFrame, title: str) -> str:
    """Return a table as HTML, every text made inert."""
    head = "".join(f"<th>{escape_html(name)}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape_html(cell)}</td>" for cell in row) + "</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    caption = f"<caption>{escape_html(title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class FindingsResult:
    """All findings of a city; a sequence that shows itself as a table by clause and verdict."""

    findings: tuple[Finding, ...]
    lang: str

    def __repr__(self) -> str:
        return self.summary().to_string(index=False)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, index: int) -> Finding:
        return self.findings[index]

    def summary(self) -> pd.DataFrame:
        """Return how often each clause has each verdict, one row a clause."""
        counts = Counter((item.clause_id, item.verdict) for item in self.findings)
        clauses = sorted({item.clause_id for item in self.findings})
        columns: dict[str, list[object]] = {locale.text("table.clause", self.lang): list(clauses)}
        for verdict in Verdict:
            header = locale.text(f"verdict.{verdict}", self.lang)
            columns[header] = [counts[clause, verdict] for clause in clauses]
        return pd.DataFrame(columns)

    def table(self, verdict: str | None = None) -> pd.DataFrame:
        """Return the findings (of one verdict) as a table in the user's language."""
        chosen = [item for item in self.findings if verdict in {None, item.verdict}]
        return findings_table(chosen, self.lang)

    def _repr_html_(self) -> str:
        return html_table(self.summary(), locale.text("table.findings", self.lang))


def findings_table(findings: Sequence[Finding], lang: str) -> pd.DataFrame:
    """Return findings as a table in words, one row each."""
    header = {
        name: locale.text(f"table.{name}", lang)
        for name in (
            "clause",
            "unit_id",
            "unit_name",
            "verdict",
            "value",
            "required",
            "margin",
            "how",
        )
    }
    return pd.DataFrame(
        {
            header["clause"]: [item.clause_id for item in findings],
            header["unit_id"]: [item.unit_id for item in findings],
            header["unit_name"]: [item.unit_name for item in findings],
            header["verdict"]: [locale.text(f"verdict.{item.verdict}", lang) for item in findings],
            header["value"]: [value_text(item, lang) for item in findings],
            header["required"]: [required_text(item, lang) for item in findings],
            header["margin"]: [margin_text(item, lang) for item in findings],
            header["how"]: [formula_text(item, lang) for item in findings],
        }
    )


@dataclass(frozen=True)
class CoverageResult:
    """Coverage under the radius clauses; shows its rates side by side."""

    coverage: RadiusCoverage
    lang: str
    splits: Mapping[str, DemandSplit] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.rates().to_string(index=False)

    def rates(self) -> pd.DataFrame:
        """Return the rates, one row for each metric and clause."""
        rows = []
        for item in self.coverage.rates:
            row = {
                locale.text("table.clause", self.lang): item.clause_id
                or locale.text("table.all_clauses", self.lang),
                locale.text("table.metric", self.lang): locale.text(
                    f"metric.{item.metric}", self.lang
                ),
            }
            for name in ("land", "households", "persons", "elders", "units"):
                rate: Rate = getattr(item.rates, name)
                row[locale.text(f"rate.{name}", self.lang)] = percent(rate)
            for column, split in sorted(self.splits.items()):
                estimate = estimated_rate(split, item.rows, item.near)
                row[locale.text(f"rate.{column}_estimated", self.lang)] = percent(estimate)
            rows.append(row)
        return pd.DataFrame(rows)

    def table(self) -> pd.DataFrame:
        """Return one row for each residence: limit, distances, verdict."""
        return pd.DataFrame(self.coverage.table)

    def _repr_html_(self) -> str:
        return html_table(self.rates(), locale.text("table.coverage", self.lang))


@dataclass(frozen=True)
class SensitivityResult:
    """The radius verdicts under other ways to measure; shows one row a way."""

    sensitivity: Sensitivity
    lang: str

    def __repr__(self) -> str:
        return self.summary().to_string(index=False)

    def summary(self) -> pd.DataFrame:
        """Return one row a way to measure: residences that turn, and both rates of coverage."""
        totals, options = self.sensitivity.totals, self.sensitivity.options
        units = [
            Rate(covered, whole, 0)
            for covered, whole in zip(totals["units_covered"], totals["units"], strict=True)
        ]
        columns = ("households_covered", "households", "households_unknown")
        households = [
            Rate(*cells) for cells in zip(*(totals[name] for name in columns), strict=True)
        ]
        return pd.DataFrame(
            {
                locale.text("table.method", self.lang): [
                    variant_text(name, options, self.lang) for name in totals["variant"]
                ],
                locale.text("table.turned", self.lang): totals["turned"],
                locale.text("table.units_covered", self.lang): totals["units_covered"],
                locale.text("rate.units", self.lang): [percent(rate) for rate in units],
                locale.text("table.households_covered", self.lang): totals["households_covered"],
                locale.text("rate.households", self.lang): [percent(rate) for rate in households],
            }
        )

    def table(self, standing: str | None = None) -> pd.DataFrame:
        """Return one row a residence and clause, of one standing or of all."""
        found = pd.DataFrame(self.sensitivity.table)
        return found if standing is None else found[found["standing"] == standing]

    def zones(self) -> pd.DataFrame:
        """Return one row a zone: residences that turn and both rates under each way to measure."""
        return pd.DataFrame(self.sensitivity.zones)

    def _repr_html_(self) -> str:
        return html_table(self.summary(), locale.text("table.sensitivity", self.lang))


@dataclass(frozen=True)
class ProposalResult:
    """What siting proposes; shows the plan of fewest sites."""

    proposal: Proposal
    lang: str

    def __repr__(self) -> str:
        return self.table().to_string(index=False)

    def table(self, plan: SitingPlan | None = None) -> pd.DataFrame:
        """Return the sites of a plan (default: the fewest that close all closable gaps)."""
        chosen = plan or self.proposal.cover_all
        sites = () if chosen is None else chosen.sites
        names = (
            "site",
            "site_name",
            "residences",
            "households",
            "persons",
            "elders",
            "mends",
            "floor_area",
        )
        header = {name: locale.text(f"table.{name}", self.lang) for name in names}
        return pd.DataFrame(
            {
                header["site"]: [site.candidate_id for site in sites],
                header["site_name"]: [site.name for site in sites],
                header["residences"]: [len(site.serves) for site in sites],
                header["households"]: [site.households.known for site in sites],
                header["persons"]: [site.persons.known for site in sites],
                header["elders"]: [site.elders.known for site in sites],
                header["mends"]: [
                    Listed(sorted({item.clause_id for item in site.mends})) for site in sites
                ],
                header["floor_area"]: [round(site.floor_area_needed_m2, 1) for site in sites],
            }
        )

    def best(self) -> pd.DataFrame:
        """Return the best 1, 2, 3 … sites: weight newly covered, status and bound."""
        plans = self.proposal.best
        return pd.DataFrame(
            {
                locale.text("table.n_sites", self.lang): [plan.n_sites for plan in plans],
                locale.text(f"table.{self.proposal.weight}", self.lang): [
                    plan.objective for plan in plans
                ],
                locale.text("table.status", self.lang): [
                    locale.text(f"solve.{plan.status}", self.lang) for plan in plans
                ],
                locale.text("table.bound", self.lang): [plan.bound for plan in plans],
            }
        )

    def _repr_html_(self) -> str:
        return html_table(self.table(), locale.text("table.sites", self.lang))
