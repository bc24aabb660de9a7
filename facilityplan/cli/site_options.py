"""The options of ``facilityplan site``, their help in the language spoken.

Annotations are evaluated when the verb is defined, as in :mod:`facilityplan.cli.app`.
"""

from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale

MODELS = (
    "lscp|lscp_backup|mclp|mclp_backup|p_median|p_center|p_dispersion|partial_coverage|"
    "capacitated_coverage|capacitated_p_median|deficits"
)


def add_site(app: typer.Typer, lang: str) -> None:
    """Add the verb ``site``."""

    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang, models=MODELS.replace("|", ", "))

    def option(flag: str, name: str, metavar: str | None = None) -> object:
        return typer.Option(flag, help=said(name), metavar=metavar)

    @app.command("site", help=said("site"))
    def site(  # noqa: PLR0913, PLR0917  # one parameter an option
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path, option("--out", "site_out")],
        model: Annotated[str, option("--model", "site_model", "MODEL")] = "mclp",
        sites: Annotated[int | None, option("--sites", "site_sites")] = None,
        budget: Annotated[float | None, option("--budget", "site_budget")] = None,
        share: Annotated[float | None, option("--share", "site_share")] = None,
        stages: Annotated[str | None, option("--stages", "site_stages")] = None,
        candidates: Annotated[
            str | None, option("--candidates", "site_candidates", "given|street|clusters|grid")
        ] = None,
        spacing: Annotated[float | None, option("--spacing", "site_spacing")] = None,
        weight: Annotated[
            str | None, option("--weight", "site_weight", "households|elders|residences")
        ] = None,
        kind: Annotated[str | None, option("--kind", "site_kind")] = None,
        by_cost: Annotated[bool, option("--by-cost", "site_by_cost")] = False,
        mandatory: Annotated[list[str] | None, option("--mandatory", "site_mandatory")] = None,
        forbidden: Annotated[list[str] | None, option("--forbidden", "site_forbidden")] = None,
        existing: Annotated[list[str] | None, option("--existing", "site_existing")] = None,
        min_score: Annotated[float | None, option("--min-score", "site_min_score")] = None,
        year: Annotated[int | None, option("--year", "site_year")] = None,
        module: Annotated[float | None, option("--module", "site_module")] = None,
        split: Annotated[bool, option("--split", "site_split")] = False,
        equals: Annotated[int, option("--equals", "site_equals")] = 10,
        curve: Annotated[int, option("--curve", "site_curve")] = 12,
        time_limit: Annotated[float | None, option("--time-limit", "site_time_limit")] = None,
        gap: Annotated[float, option("--gap", "site_gap")] = 0.0,
        threads: Annotated[int, option("--threads", "site_threads")] = 1,
        seed: Annotated[int | None, option("--seed", "site_seed")] = None,
        no_cache: Annotated[bool, typer.Option("--no-cache", help=said("no_cache"))] = False,
        machine: Annotated[bool, typer.Option("--json", help=said("json"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.site import read_stages, site_project

        asked = {
            "n_sites": sites,
            "budget": budget,
            "share": share,
            "stages": read_stages(stages),
            "candidates": candidates,
            "spacing_m": spacing,
            "weight": weight,
            "facility_kind": kind,
            "by_cost": by_cost,
            "mandatory": tuple(mandatory or ()),
            "forbidden": tuple(forbidden or ()),
            "existing": tuple(existing or ()),
            "least_score": min_score,
            "year": year,
            "module_m2": module,
            "split": split,
            "equals": equals,
            "curve_points": curve,
        }
        how = {"time_limit_s": time_limit, "gap": gap, "threads": threads, "seed": seed}
        raise typer.Exit(
            site_project(
                project,
                out,
                model=model,
                asked={name: value for name, value in asked.items() if value is not None},
                how={name: value for name, value in how.items() if value is not None},
                machine=machine,
                lang=lang,
                cache=not no_cache,
            )
        )
