"""``facilityplan run`` and ``facilityplan demo``: the main job, end to end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from facilityplan import locale
from facilityplan.cli.outputs import refuse_inputs
from facilityplan.errors import UnreadableSourceError
from facilityplan.locale import Listed
from facilityplan.project import Project, open_project
from facilityplan.project.confirmation import SCENARIO_OUTPUT, confirmation_lines
from facilityplan.project.manifest import changed_inputs, read_manifest
from facilityplan.project.scenario import confirmations, with_scenario
from facilityplan.scenario.file import read_scenario

STAGES = (
    "reading",
    "findings",
    "coverage",
    "accessibility",
    "sensitivity",
    "siting",
    "map",
    "workbook",
    "geopackage",
)


def run_project(
    project: Path,
    out: Path,
    *,
    strict: bool,
    machine: bool,
    lang: str,
    cache: bool = True,
    scenario: Path | None = None,
) -> int:
    """Run a project folder and print the headline figures.

    Parameters
    ----------
    cache
        Whether the road graph may be kept in the project's folder.
    scenario
        File of the map's what-if, to run the project with its changes and confirm its figures.

    Returns
    -------
    int
        0; 1 where the scenario's figures are not confirmed; with ``strict`` 1 where a mandatory
        clause is missed or cannot be judged, or none was.
    """
    with _progress(lang) as stage:
        stage("reading")
        given = None if scenario is None else read_scenario(scenario)
        opened = open_project(project, lang=lang, cache=cache)
        if scenario is not None and given is not None:
            refuse_inputs(opened, out / SCENARIO_OUTPUT, (scenario,))
            opened = with_scenario(opened, given)
        changed = _changed_since(out, opened)
        opened.run(out, progress=stage)
    confirmed, lines = True, []
    if given is not None:
        found = confirmations(opened, given)
        confirmed, lines = all(item.holds for item in found), confirmation_lines(found, lang)
    _report(opened, out, machine=machine, lang=lang, more=lines)
    if changed and not machine:
        said = locale.text("cli.inputs_changed", lang, files=Listed(changed))
        sys.stderr.write(locale.text("cli.notice", lang, said=said) + "\n")
    bound = [
        item.verdict
        for item in opened.findings()
        if item.modality == "mandatory" and item.verdict != "not_applicable"
    ]
    # Where no mandatory clause was judged nothing was shown to be kept.
    kept = bool(bound) and all(verdict == "compliant" for verdict in bound)
    return int(not confirmed or (strict and not kept))


def _changed_since(out: Path, project: Project) -> tuple[str, ...]:
    """Return the inputs that are not those of the results that are in the output folder."""
    manifest = read_manifest(out)
    if manifest is None or manifest.get("project") != project.city.name:
        return ()
    return changed_inputs(project.folder, manifest)


def run_demo(out: Path, *, machine: bool, lang: str) -> int:
    """Run the sample city and say where its map is; nothing is written into the installation."""
    return run_project(sample_city(), out, strict=False, machine=machine, lang=lang, cache=False)


def sample_city() -> Path:
    """Return the folder of the sample city, installed or in a checkout.

    Raises
    ------
    UnreadableSourceError
        If the installation lacks it.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sample_city", package.parent / "data" / "sample_city"):
        if (folder / "project.toml").is_file():
            return folder
    raise UnreadableSourceError("sample_city_missing")


def _report(
    project: Project, out: Path, *, machine: bool, lang: str, more: Sequence[str] = ()
) -> None:
    from facilityplan.doctor import sentence
    from facilityplan.report import accessibility_lines, sensitivity_lines, summary_lines
    from facilityplan.report.text import printable

    coverage = project.coverage().coverage if project.has_coverage else None
    proposal = project.propose().proposal if project.has_coverage else None
    lines = summary_lines(project.findings().findings, coverage, proposal, lang)
    if project.has_coverage:
        found, raster = project.accessibility().accessibility, project.raster_coverage()
        lines += accessibility_lines(found, None if raster is None else raster.coverage, lang)
        lines += sensitivity_lines(project.sensitivity().sensitivity, lang)
    lines += more
    page = (out / "map.html").resolve()
    if machine:
        answer = {"out": str(out), "map": str(page), "summary": lines}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
        return
    for note in project.graph_notes:
        said = locale.text(f"cli.graph.{note.id}", lang, **note.parameters)
        sys.stderr.write(locale.text("cli.notice", lang, said=said) + "\n")
    for notice in project.notices():
        said = printable(sentence(notice, lang))
        sys.stderr.write(locale.text("cli.notice", lang, said=said) + "\n")
    # a fact about this machine, not about the data: it stands in no result
    if project.network is not None and project.network.search_engine != "numba":
        said = locale.text("cli.search_without_numba", lang)
        sys.stderr.write(locale.text("cli.notice", lang, said=said) + "\n")
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(locale.text("cli.results", lang, folder=out.resolve()) + "\n")
    sys.stdout.write(locale.text("cli.map", lang, path=page) + "\n")


@contextmanager
def _progress(lang: str) -> Iterator[Callable[[str], None]]:
    """Show the stages on the error stream: a bar on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        started = time.monotonic()

        def plain(stage: str) -> None:
            said = locale.text(f"progress.{stage}", lang)
            sys.stderr.write(f"[{time.monotonic() - started:5.1f} s] {said}\n")

        yield plain
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(locale.text("progress.reading", lang), total=len(STAGES))

        def bar(stage: str) -> None:
            bars.update(
                task,
                description=locale.text(f"progress.{stage}", lang),
                completed=STAGES.index(stage),
            )

        yield bar
        bars.update(task, completed=len(STAGES))
