"""``facilityplan site``: one siting problem of a project, solved, explained and written."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from facilityplan import locale
from facilityplan.errors import SolveError, UsageError
from facilityplan.project import Project, open_project
from facilityplan.project.siting import DeficitResult, SitingResult, write_site_plan
from facilityplan.siting import Progress, SolveOptions, Status
from facilityplan.siting.deficits import DeficitOptions, Then
from facilityplan.units import format_number

INTERRUPTED: Final = 130

DEFICITS: Final = "deficits"

_TAKEN: Final = frozenset(
    {"weight", "facility_kind", "mandatory", "forbidden", "budget", "n_sites", "year", "by_cost"}
)
"""Options that closing all deficits takes."""

EVERY_S: Final = 0.5
"""Incumbent and bound are shown no more often than this."""


def site_project(
    project: Path,
    out: Path,
    *,
    model: str,
    asked: Mapping[str, Any],
    how: Mapping[str, Any],
    machine: bool,
    lang: str,
    cache: bool,
) -> int:
    """Site for a project folder, write the plan and print what it says.

    Parameters
    ----------
    asked
        Fields of :class:`facilityplan.siting.planner.Request` that were given.
    how
        Fields of :class:`facilityplan.siting.SolveOptions` that were given.

    Returns
    -------
    int
        0; 5 where no plan does what was asked; 130 where the search was interrupted: the best
        plan by then is written, labelled so.
    """
    with _progress(lang) as (stage, bound):
        stage("reading")
        opened = open_project(project, lang=lang, cache=cache)
        stage("findings")
        opened.findings()
        solve = SolveOptions(progress=bound, **how)
        result: SitingResult | DeficitResult
        if model == DEFICITS:
            request = deficit_options(asked, opened)
            stage("site_solving")
            result = opened.close_deficits(request, solve=solve)
        else:
            result = opened.site(model, solve=solve, progress=stage, **asked)
        write_site_plan(result, out, stage)
    lines = result.lines()
    if machine:
        answer = {
            "out": str(out),
            "status": result.status.value,
            "interrupted": result.interrupted,
            "summary": lines,
        }
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    else:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.write(locale.text("cli.results", lang, folder=out.resolve()) + "\n")
        sys.stdout.write(locale.text("cli.map", lang, path=(out / "map.html").resolve()) + "\n")
    if result.interrupted:
        return INTERRUPTED
    return SolveError.exit_code if result.status is Status.INFEASIBLE else 0


def deficit_options(asked: Mapping[str, Any], project: Project) -> DeficitOptions:
    """Return what closing all deficits takes of the options.

    Raises
    ------
    UsageError
        If an option was given that it does not take.
    """
    for name, value in asked.items():
        if value and name not in {*_TAKEN, "equals", "curve_points"}:
            raise UsageError("site_option", option=name, model=DEFICITS)
    own = project.deficit_options
    terms = own.terms
    if asked.get("by_cost") or asked.get("budget") is not None:
        terms = dataclasses.replace(terms, then=Then.COST)
    if asked.get("budget") is not None:
        # One budget said on the command line goes before those by year of the project.
        terms = dataclasses.replace(terms, budget=asked["budget"], budget_by_year=None)
    if asked.get("year") is not None:
        terms = dataclasses.replace(terms, last_year=asked["year"])
    return dataclasses.replace(
        own,
        weight=asked.get("weight", own.weight),
        facility_kind=asked.get("facility_kind", own.facility_kind),
        mandatory=asked.get("mandatory", ()),
        forbidden=asked.get("forbidden", ()),
        terms=dataclasses.replace(terms, most_sites=asked.get("n_sites")),
    )


def read_stages(said: str | None) -> tuple[tuple[int, int], ...]:
    """Return stages from ``2026:3,2028:8``; Chinese punctuation is fine.

    Raises
    ------
    UsageError
        If it is not of that form.
    """
    if said is None:
        return ()
    plain = said.replace("：", ":").replace("，", ",").replace("、", ",").replace(" ", "")
    try:
        stages = [tuple(int(part) for part in item.split(":")) for item in plain.split(",")]
    except ValueError:
        raise UsageError("site_stages", given=said) from None
    if any(len(stage) != 2 for stage in stages):
        raise UsageError("site_stages", given=said)
    return tuple((stage[0], stage[1]) for stage in stages)


@contextmanager
def _progress(
    lang: str,
) -> Iterator[tuple[Callable[[str], None], Callable[[Progress], None]]]:
    """Show parts, incumbent and bound on the error stream: one line on a terminal, else many."""
    started = time.monotonic()
    last_at, last_said = [-EVERY_S], [""]

    def worded(progress: Progress) -> str:
        said = [
            "—" if math.isinf(v) else format_number(v) for v in (progress.objective, progress.bound)
        ]
        return locale.text("progress.site_bound", lang, objective=said[0], bound=said[1])

    def due(said: str) -> bool:
        now = time.monotonic()
        if said == last_said[0] or now - last_at[0] < EVERY_S:
            return False
        last_at[0], last_said[0] = now, said
        return True

    if not sys.stderr.isatty():

        def line(said: str) -> None:
            sys.stderr.write(f"[{time.monotonic() - started:5.1f} s] {said}\n")

        def tell(progress: Progress) -> None:
            said = worded(progress)
            if due(said):
                line(said)

        yield (lambda stage: line(locale.text(f"progress.{stage}", lang))), tell
        return
    from rich.console import Console

    with Console(stderr=True).status(locale.text("progress.reading", lang)) as status:

        def show(progress: Progress) -> None:
            said = worded(progress)
            if due(said):
                status.update(f"{locale.text('progress.site_solving', lang)}: {said}")

        yield (lambda stage: status.update(locale.text(f"progress.{stage}", lang))), show
