"""The verbs for schemes: check, conditions, init-scheme. See :mod:`facilityplan.cli.app`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale


def add_scheme_verbs(app: typer.Typer, lang: str) -> None:
    """Add the verbs for what a user fills in about a scheme or a plot."""
    _add_check(app, lang)
    _add_conditions(app, lang)
    _add_init_scheme(app, lang)


def _helps(lang: str) -> Callable[[str], str]:
    return lambda name: locale.text(f"help.{name}", lang)


def _add_check(app: typer.Typer, lang: str) -> None:
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("check", help=said("check"))
    def check(  # noqa: PLR0913, PLR0917 - an option is an argument
        schemes: Annotated[list[Path], typer.Argument(help=said("schemes"))],
        place: Annotated[str | None, typer.Option("--place", help=said("place"))] = None,
        standard: Annotated[
            list[str] | None, typer.Option("--standards", help=said("standards_option"))
        ] = None,
        date: Annotated[str | None, typer.Option("--date", help=said("date"))] = None,
        city: Annotated[Path | None, typer.Option("--city", help=said("check_city"))] = None,
        out: Annotated[Path | None, typer.Option("--out", help=said("check_out"))] = None,
        template: Annotated[
            Path | None, typer.Option("--template", help=said("check_template"))
        ] = None,
        decisions: Annotated[
            Path | None, typer.Option("--decisions", help=said("check_decisions"))
        ] = None,
        font: Annotated[Path | None, typer.Option("--font", help=said("check_font"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.check import CheckOptions, check_schemes

        asked = CheckOptions(
            place,
            tuple(standard or ()),
            date,
            city,
            out,
            template,
            decisions,
            machine,
            lang,
            font,
        )
        raise typer.Exit(check_schemes(schemes, asked))


def _add_conditions(app: typer.Typer, lang: str) -> None:
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("conditions", help=said("conditions"))
    def conditions(
        plot: Annotated[Path, typer.Argument(help=said("conditions_plot"))],
        place: Annotated[str | None, typer.Option("--place", help=said("place"))] = None,
        standard: Annotated[
            list[str] | None, typer.Option("--standards", help=said("standards_option"))
        ] = None,
        date: Annotated[str | None, typer.Option("--date", help=said("date"))] = None,
        out: Annotated[Path | None, typer.Option("--out", help=said("conditions_out"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.conditions import show_conditions

        raise typer.Exit(
            show_conditions(
                plot,
                place=place,
                named=tuple(standard or ()),
                date=date,
                out=out,
                machine=machine,
                lang=lang,
            )
        )


def _add_init_scheme(app: typer.Typer, lang: str) -> None:
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")

    @app.command("init-scheme", help=said("init_scheme"))
    def init_scheme(
        file: Annotated[Path, typer.Argument(help=said("init_scheme_file"))],
        form: Annotated[
            str | None,
            typer.Option("--form", help=said("init_scheme_form"), metavar="toml|rows|sheets"),
        ] = None,
        count: Annotated[int, typer.Option("--count", help=said("init_scheme_count"))] = 1,
        xlsx: Annotated[bool, typer.Option("--xlsx", help=said("init_scheme_xlsx"))] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.init_scheme import make_sheet

        raise typer.Exit(make_sheet(file, form=form, xlsx=xlsx, count=count, lang=lang))
