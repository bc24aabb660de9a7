"""The text of the special plan as a Word document, filled from the results and nothing else.

Numbers in the text are those of findings.json, coverage.json, siting.json and plan.json. Where a
figure is missing the text says which.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from facilityplan import locale
from facilityplan.checks import Verdict
from facilityplan.report.headlines import percent, siting_lines, summary_lines
from facilityplan.report.official import add_line, dress, grid
from facilityplan.report.plan.balance import StreetBalance
from facilityplan.report.plan.book import candidate_name, kind_name, value_and_required
from facilityplan.report.plan.facts import PlanFacts
from facilityplan.report.text import printable
from facilityplan.report.word import same_bytes
from facilityplan.siting import Count
from facilityplan.standards.titles import number_behind
from facilityplan.units import format_number

_FIGURES_OF: Final = {
    "present": ("current_state", "coverage", "uncovered"),
    "layout": ("layout",),
    "near": ("near_term",),
}
_FIGURE_MM: Final = 240
"""Width of a figure lying on its own page, as large as the page takes with its caption."""


def plan_words(facts: PlanFacts, figures: Mapping[str, bytes], lang: str) -> bytes:
    """Return the plan as a docx file; the same facts give the same bytes.

    Parameters
    ----------
    facts
        What it is filled from.
    figures
        The printed maps as PNG, by the name of their plate.
    lang
        ``zh`` or ``en``.
    """
    book = _Book(facts, figures, lang)
    book.title()
    book.principles()
    book.targets()
    book.present()
    book.demand()
    book.layout()
    book.guidance()
    book.near_term()
    book.method()
    return book.saved()


class _Book:
    """Writes the chapters, one method each."""

    def __init__(self, facts: PlanFacts, figures: Mapping[str, bytes], lang: str) -> None:
        self.facts, self.figures, self.lang = facts, figures, lang
        self.city = facts.context.city
        self.document: Any = Document()
        dress(self.document, lang)
        self.shown = 0

    def phrase(self, name: str, **parameters: object) -> str:
        return locale.text(f"plan_text.{name}", self.lang, **parameters)

    def line(self, name: str, **parameters: object) -> None:
        add_line(self.document, self.phrase(name, **parameters))

    def chapter(self, name: str) -> None:
        self.document.add_heading(self.phrase(f"chapter.{name}"), level=1)

    def show(self, chapter: str) -> None:
        """Add the figures of a chapter, each with its caption on a page that lies."""
        self._turn(lying=True)
        for name in _FIGURES_OF[chapter]:
            self.shown += 1
            self.document.add_picture(io.BytesIO(self.figures[name]), width=Mm(_FIGURE_MM))
            title = locale.text(f"figure.title.{name}", self.lang, place=self.city.name)
            said = self.phrase("figure", number=self.shown, title=title)
            add_line(self.document, said)
            for paragraph in self.document.paragraphs[-2:]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                # A line of fixed height would cut the picture down to that height.
                paragraph.paragraph_format.line_spacing = 1.0
                paragraph.paragraph_format.first_line_indent = Pt(0)
            self.document.paragraphs[-2].paragraph_format.keep_with_next = True
        self._turn(lying=False)

    def _turn(self, *, lying: bool) -> None:
        """Go on on a new page that lies, or stands."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
        width, height = (297, 210) if lying else (210, 297)
        section.page_width, section.page_height = Mm(width), Mm(height)
        top, bottom, left, right = (12, 14, 15, 15) if lying else (37, 35, 28, 26)
        section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
        section.left_margin, section.right_margin = Mm(left), Mm(right)
        section.footer_distance = Mm(6 if lying else 25)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table, and room below it."""
        grid(self.document, heads, rows)
        self.document.add_paragraph().paragraph_format.line_spacing = Pt(14)

    def title(self) -> None:
        """Write the title, and what is judged when."""
        head = self.document.add_heading(self.phrase("title", place=printable(self.city.name)), 0)
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        head.paragraph_format.first_line_indent = Pt(0)
        self.line("dated", as_of=self.city.as_of.isoformat())

    def principles(self) -> None:
        """Write what the plan rests on: the documents, the place, the horizon."""
        self.chapter("principles")
        self.line("principle_order")
        for document in self.facts.context.standards.documents:
            said = document.title if self.lang == "zh" else document.title_en
            number = number_behind(said, document.number, self.lang)
            add_line(
                self.document,
                locale.text("report.document", self.lang, title=said, number=number),
            )
        if self.city.horizon is None:
            self.line("no_horizon")
        else:
            self.line("horizon", year=self.city.horizon)

    def targets(self) -> None:
        """Write the indicators that are asked for, and where the city stands."""
        self.chapter("targets")
        verdicts = {v: locale.text(f"verdict.{v.value}", self.lang) for v in Verdict}
        streets = self._streets()
        rows = [
            (
                clause.id,
                clause.title if self.lang == "zh" else clause.title_en,
                item.unit_name,
                *value_and_required(item, self.lang),
                verdicts[item.verdict],
            )
            for clause, item in self.facts.targets
            if item.unit_kind == "project" or item.unit_id not in streets
        ]
        if not rows:
            self.line("no_targets")
            return
        self.line("targets_source")
        heads = ("clause", "indicator", "zone", "value", "required", "verdict")
        self.table([self.phrase(f"head.{name}") for name in heads], rows)

    def _streets(self) -> frozenset[str]:
        """Return the zones below the counties, whose indicators stand in the workbook."""
        if not self.city.has("zones"):
            return frozenset()
        zones = self.city.zones
        small = ~zones["level"].isin(["city", "county"]).to_numpy(dtype=bool)
        return frozenset(zones["id"].astype(str)[small])

    def present(self) -> None:
        """Write what there is: facilities by kind, coverage, and the three maps of it."""
        self.chapter("present")
        rows = [
            (
                kind_name(item.kind, self.lang),
                locale.text(f"facility_status.{item.status}", self.lang),
                format_number(item.facilities),
                self.counted(item.beds),
                self.counted(item.floor_area_m2),
            )
            for item in self.facts.inventory
        ]
        heads = ("kind", "status", "facilities", "beds", "floor_area")
        self.table([self.phrase(f"head.{name}") for name in heads], rows)
        for line in summary_lines(self.facts.findings, self.facts.coverage, None, self.lang):
            add_line(self.document, line)
        for item in self.facts.coverage.rates:
            if item.clause_id is not None:
                self.line(
                    "rate",
                    clause=item.clause_id,
                    metric=locale.text(f"metric.{item.metric}", self.lang),
                    units=percent(item.rates.units),
                    households=percent(item.rates.households),
                )
        self.show("present")

    def demand(self) -> None:
        """Write supply and demand by street."""
        self.chapter("demand")
        if not self.facts.streets:
            self.line("no_streets")
            return
        self.line("demand_source")
        rows = [
            (
                item.name,
                format_number(item.residences),
                self.counted(item.households),
                self.counted(item.elders),
                *(
                    self.area(area, item.floor_area_undecided)
                    for area in (item.required_m2, item.provided_m2, item.short_m2)
                ),
                self.counted(item.beds),
            )
            for item in self.facts.streets
        ]
        heads = ("street", "residences", "households", "elders", "need", "have", "short", "beds")
        self.table([self.phrase(f"head.{name}") for name in heads], rows)

    def layout(self) -> None:
        """Write the sites that close all gaps that can be closed."""
        self.chapter("layout")
        proposal = self.facts.proposal
        for line in siting_lines(proposal, self.lang):
            add_line(self.document, line)
        if proposal.cover_all is None:
            self.line("no_sites")
        else:
            sites = [
                (
                    site.candidate_id,
                    site.name,
                    candidate_name(site.kind, self.lang),
                    format_number(len(site.serves)),
                    self.counted(site.households),
                )
                for site in proposal.cover_all.sites
            ]
            heads = ("candidate", "name", "premises", "residences", "households")
            self.table([self.phrase(f"head.{name}") for name in heads], sites)
        self.show("layout")

    def guidance(self) -> None:
        """Write a paragraph for each street."""
        self.chapter("guidance")
        if not self.facts.streets:
            self.line("no_streets")
        plan = self.facts.proposal.cover_all
        names = {site.candidate_id: site.name for site in (() if plan is None else plan.sites)}
        for item in self.facts.streets:
            self.document.add_heading(printable(item.name), level=2)
            self.line(
                "street",
                residences=format_number(item.residences),
                missed=format_number(item.radius_missed),
                undecided=format_number(item.radius_undecided),
                area=self._street_area(item),
            )
            if item.proposed:
                said = [self.phrase("site", title=names[site], id=site) for site in item.proposed]
                self.line("street_sites", sites=self.phrase("and").join(said))
            else:
                self.line("street_no_sites")

    def _street_area(self, item: StreetBalance) -> str:
        """Return what a street lacks of floor area, or that no clause asks it for any."""
        if item.short_m2 is None:
            return self.phrase("street_area_unasked")
        short = format_number(item.short_m2, 1)
        undecided = format_number(item.floor_area_undecided)
        return self.phrase("street_area", short=short, undecided=undecided)

    def near_term(self) -> None:
        """Write what comes first, and its money as far as it is known."""
        self.chapter("near")
        plan, cost = self.facts.near_term, self.facts.near_term_cost
        if plan is None or cost is None:
            self.line("near_unsaid")
        else:
            self.line("near", sites=len(plan.sites))
            rows = [
                (
                    site.candidate_id,
                    site.name,
                    kind_name(self.facts.proposal.facility_kind, self.lang),
                    self.counted(site.households),
                    self.money(self.facts.costs.get(site.candidate_id)),
                )
                for site in plan.sites
            ]
            heads = ("candidate", "name", "builds", "households", "cost")
            self.table([self.phrase(f"head.{name}") for name in heads], rows)
            if cost.unknown == len(plan.sites):
                self.line("near_cost_none")
            elif cost.unknown:
                self.line("near_cost_part", cost=format_number(cost.known, 1), unknown=cost.unknown)
            else:
                self.line("near_cost", cost=format_number(cost.known, 1))
        self.show("near")

    def method(self) -> None:
        """Write how it was computed and where each figure stands."""
        self.chapter("method")
        for name in ("reach", "rates", "area", "siting", "missing", "sources"):
            self.line(f"method.{name}")

    def counted(self, found: Count) -> str:
        """Return a sum with how many have no figure."""
        if found.known == 0 and found.unknown:
            return self.phrase("unknown")
        known = format_number(found.known, 1)
        return self.phrase("partly", known=known, unknown=found.unknown) if found.unknown else known

    def area(self, m2: float | None, undecided: int) -> str:
        """Return a street's floor area; that it does not apply where no clause asks for any."""
        if m2 is None:
            return locale.text(f"verdict.{Verdict.NOT_APPLICABLE.value}", self.lang)
        return self.counted(Count(m2, undecided))

    def money(self, cost: float | None) -> str:
        """Return a cost, or that it is missing."""
        return self.phrase("unknown") if cost is None else format_number(cost, 1)

    def saved(self) -> bytes:
        """Return the file, its only date the judging date."""
        moment = dt.datetime.combine(self.city.as_of, dt.time())
        properties = self.document.core_properties
        # The property takes 255 signs; the title on the page stands whole.
        properties.title = printable(self.phrase("title", place=self.city.name))[:255]
        properties.author = ""
        properties.created = properties.modified = moment
        properties.last_modified_by = ""
        properties.revision = 1
        stream = io.BytesIO()
        self.document.save(stream)
        return same_bytes(stream.getvalue())
