"""The verbs for the data themselves: init, doctor, convert. See :mod:`facilityplan.cli.app`."""

from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale


def add_data_verbs(app: typer.Typer, lang: str) -> None:
    """Add the verbs that look at data and bring them elsewhere."""
    _add_init(app, lang)
    _add_doctor(app, lang)
    _add_convert(app, lang)


def _add_init(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    @app.command("init", help=said("init"))
    def init(  # noqa: PLR0913, PLR0917 - as many as the verb has options
        folder: Annotated[Path, typer.Argument(help=said("init_folder"))],
        sources: Annotated[list[Path] | None, typer.Argument(hidden=True)] = None,
        given: Annotated[list[Path] | None, typer.Option("--from", help=said("init_from"))] = None,
        name: Annotated[str | None, typer.Option("--name", help=said("init_name"))] = None,
        documents: Annotated[
            list[str] | None, typer.Option("--standards", help=said("init_standards"))
        ] = None,
        date: Annotated[str | None, typer.Option("--date", help=said("init_date"))] = None,
        crs: Annotated[str | None, typer.Option("--crs", help=said("init_crs"))] = None,
        datums: Annotated[
            list[str] | None, typer.Option("--datum", help=said("init_datum"))
        ] = None,
        layers: Annotated[
            list[str] | None, typer.Option("--layer", help=said("init_layer"))
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", help=said("init_yes"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.init import init_folder
        from facilityplan.cli.init_from import Answers, init_from

        # "--from a b c" as people write it: what follows the first is an argument to the parser.
        paths = [*(given or []), *(sources or [])]
        if not given:
            raise typer.Exit(init_folder(folder, lang=lang))
        answers = Answers(name, documents or [], date, crs, datums or [], layers or [], yes)
        raise typer.Exit(init_from(folder, paths, answers, lang=lang))


def _add_doctor(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    @app.command("doctor", help=said("doctor"))
    def doctor(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path | None, typer.Option("--out", help=said("doctor_out"))] = None,
        fix: Annotated[bool, typer.Option("--fix", help=said("doctor_fix"))] = False,
        everything: Annotated[bool, typer.Option("--all", help=said("doctor_all"))] = False,
        machine: Annotated[bool, typer.Option("--json", help=said("json"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.doctor import examine_project

        raise typer.Exit(
            examine_project(
                project, out=out, fix=fix, everything=everything, machine=machine, lang=lang
            )
        )


def _add_convert(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    @app.command("convert", help=said("convert"))
    def convert_command(  # noqa: PLR0913, PLR0917 - as many as the verb has options
        source: Annotated[Path, typer.Argument(help=said("convert_in"))],
        target: Annotated[Path, typer.Argument(help=said("convert_out"))],
        from_datum: Annotated[str | None, typer.Option(help=said("from_datum"))] = None,
        from_crs: Annotated[str | None, typer.Option(help=said("from_crs"))] = None,
        to_datum: Annotated[str | None, typer.Option(help=said("to_datum"))] = None,
        to_crs: Annotated[str | None, typer.Option(help=said("to_crs"))] = None,
        layer: Annotated[str | None, typer.Option(help=said("convert_layer"))] = None,
        sheet: Annotated[str | None, typer.Option(help=said("convert_sheet"))] = None,
        encoding: Annotated[str | None, typer.Option(help=said("convert_encoding"))] = None,
        x: Annotated[str | None, typer.Option(help=said("convert_x"))] = None,
        y: Annotated[str | None, typer.Option(help=said("convert_y"))] = None,
        force: Annotated[bool, typer.Option("--force", help=said("force"))] = False,
        machine: Annotated[bool, typer.Option("--json", help=said("json"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.convert import convert
        from facilityplan.crs import Target
        from facilityplan.project.conversion import Request

        request = Request(
            source,
            target,
            from_datum,
            from_crs,
            Target(to_datum, to_crs),
            layer,
            sheet,
            encoding,
            x,
            y,
            force,
        )
        raise typer.Exit(convert(request, machine=machine, lang=lang))
