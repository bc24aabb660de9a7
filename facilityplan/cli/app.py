"""The verbs, their options and their help, in the language spoken.

Annotations are evaluated when a verb is defined, because they carry its help in the language
spoken; so this module does without postponed annotations.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale


def _helps(lang: str) -> Callable[[str], str]:
    """Return what gives the help on a thing, by its name, in one language."""
    return lambda name: locale.text(f"help.{name}", lang)


def build_app(lang: str) -> typer.Typer:
    """Return the command line with its help in one language."""
    said = _helps(lang)
    app = typer.Typer(
        help=said("app"),
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    _add_projects(app, lang)
    _add_sheets(app, lang)
    app.add_typer(_standards_app(lang), name="standards")
    return app


def _add_projects(app: typer.Typer, lang: str) -> None:
    """Add the verbs that run a project."""
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("run", help=said("run"))
    def run(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path, typer.Option("--out", help=said("out"))],
        strict: Annotated[bool, typer.Option("--strict", help=said("strict"))] = False,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.run import run_project

        raise typer.Exit(run_project(project, out, strict=strict, machine=machine, lang=lang))

    @app.command("demo", help=said("demo"))
    def demo(
        out: Annotated[Path, typer.Option("--out", help=said("demo_out"))] = Path("out/demo"),
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.run import run_demo

        raise typer.Exit(run_demo(out, machine=machine, lang=lang))


def _add_sheets(app: typer.Typer, lang: str) -> None:
    """Add the verbs for what a user fills in: schemes and new projects."""
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("check", help=said("check"))
    def check(
        schemes: Annotated[list[Path], typer.Argument(help=said("schemes"))],
        place: Annotated[str | None, typer.Option("--place", help=said("place"))] = None,
        standard: Annotated[
            list[str] | None, typer.Option("--standards", help=said("standards_option"))
        ] = None,
        date: Annotated[str | None, typer.Option("--date", help=said("date"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.check import check_schemes

        raise typer.Exit(
            check_schemes(
                schemes,
                place=place,
                standards=standard or [],
                date=date,
                machine=machine,
                lang=lang,
            )
        )

    @app.command("init", help=said("init"))
    def init(
        folder: Annotated[Path, typer.Argument(help=said("init_folder"))],
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.init import init_folder

        raise typer.Exit(init_folder(folder, lang=lang))


def _standards_app(lang: str) -> typer.Typer:
    said = _helps(lang)
    app = typer.Typer(help=said("standards"), no_args_is_help=True, rich_markup_mode=None)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("list", help=said("standards_list"))
    def list_clauses(
        document: Annotated[str | None, typer.Option("--document", help=said("document"))] = None,
        measure: Annotated[str | None, typer.Option("--measure", help=said("measure"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards import list_standards

        raise typer.Exit(
            list_standards(document=document, measure=measure, machine=machine, lang=lang)
        )

    @app.command("show", help=said("standards_show"))
    def show(
        clause: Annotated[str, typer.Argument(help=said("clause"))],
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards import show_clause

        raise typer.Exit(show_clause(clause, machine=machine, lang=lang))

    return app
