"""The verbs, their options and their help, in the language spoken.

Annotations are evaluated when a verb is defined, because they carry its help in the language
spoken; so this module does without postponed annotations.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale
from facilityplan.cli.data_verbs import add_data_verbs
from facilityplan.cli.papers import add_papers
from facilityplan.cli.scheme_verbs import add_scheme_verbs
from facilityplan.cli.site_options import add_site


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
    _add_diff(app, lang)
    add_site(app, lang)
    add_scheme_verbs(app, lang)
    _add_subsidy(app, lang)
    _add_ledger(app, lang)
    _add_register(app, lang)
    add_data_verbs(app, lang)
    _add_download(app, lang)
    add_papers(app, lang)
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
        no_cache: Annotated[bool, typer.Option("--no-cache", help=said("no_cache"))] = False,
        scenario: Annotated[Path | None, typer.Option("--scenario", help=said("scenario"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.run import run_project

        code = run_project(
            project,
            out,
            strict=strict,
            machine=machine,
            lang=lang,
            cache=not no_cache,
            scenario=scenario,
        )
        raise typer.Exit(code)

    @app.command("map", help=said("map"))
    def make_map(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path, typer.Option("--out", help=said("map_out"))] = Path("map.html"),
        no_cache: Annotated[bool, typer.Option("--no-cache", help=said("no_cache"))] = False,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.map import draw_map

        raise typer.Exit(draw_map(project, out, machine=machine, lang=lang, cache=not no_cache))

    @app.command("demo", help=said("demo"))
    def demo(
        out: Annotated[Path, typer.Option("--out", help=said("demo_out"))] = Path("out/demo"),
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.run import run_demo

        raise typer.Exit(run_demo(out, machine=machine, lang=lang))


def _add_diff(app: typer.Typer, lang: str) -> None:
    """Add the verb that compares two runs."""
    said = _helps(lang)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("diff", help=said("diff"))
    def diff(
        run_a: Annotated[Path, typer.Argument(help=said("diff_a"))],
        run_b: Annotated[Path, typer.Argument(help=said("diff_b"))],
        out: Annotated[Path | None, typer.Option("--out", help=said("diff_out"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.diff import compare_runs

        raise typer.Exit(compare_runs(run_a, run_b, out=out, machine=machine, lang=lang))


def _add_subsidy(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("subsidy", help=said("subsidy"))
    def subsidy(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path | None, typer.Option("--out", help=said("subsidy_out"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.subsidy import subsidy_project

        raise typer.Exit(subsidy_project(project, out=out, machine=machine, lang=lang))


def _add_download(app: typer.Typer, lang: str) -> None:
    """Add the one verb that uses a network."""
    said = _helps(lang)

    @app.command("download", help=said("download"))
    def download(
        out: Annotated[Path, typer.Option("--out", help=said("download_out"))],
        place: Annotated[str | None, typer.Option("--place", help=said("download_place"))] = None,
        bbox: Annotated[str | None, typer.Option("--bbox", help=said("download_bbox"))] = None,
        project: Annotated[
            Path | None, typer.Option("--project", help=said("download_project"))
        ] = None,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.download import download as run_download

        raise typer.Exit(run_download(out, place=place, bbox=bbox, project=project, lang=lang))


def _add_ledger(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    @app.command("ledger", help=said("ledger"))
    def ledger(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path | None, typer.Option("--out", help=said("ledger_out"))] = None,
        cut: Annotated[
            str,
            typer.Option("--cut", help=said("ledger_cut"), metavar="month|quarter|half|year"),
        ] = "quarter",
        date: Annotated[str | None, typer.Option("--date", help=said("ledger_date"))] = None,
        machine: Annotated[bool, typer.Option("--json", help=said("json"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.ledger import show_ledger

        raise typer.Exit(
            show_ledger(project, out=out, cut=cut, date=date, machine=machine, lang=lang)
        )


def _add_register(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    @app.command("register", help=said("register"))
    def register(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path | None, typer.Option("--out", help=said("register_out"))] = None,
        filled: Annotated[
            list[Path] | None, typer.Option("--read", help=said("register_read"))
        ] = None,
        machine: Annotated[bool, typer.Option("--json", help=said("json"))] = False,
        lang_option: Annotated[
            str | None, typer.Option("--lang", help=said("lang"), metavar="zh|en")
        ] = None,
    ) -> None:
        from facilityplan.cli.register import make_register

        raise typer.Exit(
            make_register(project, out=out, filled=filled or [], machine=machine, lang=lang)
        )


def _standards_app(lang: str) -> typer.Typer:
    said = _helps(lang)
    app = typer.Typer(help=said("standards"), no_args_is_help=True, rich_markup_mode=None)
    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("list", help=said("standards_list"))
    def list_clauses(
        document: Annotated[str | None, typer.Option("--document", help=said("document"))] = None,
        measure: Annotated[str | None, typer.Option("--measure", help=said("measure"))] = None,
        category: Annotated[str | None, typer.Option("--class", help=said("category"))] = None,
        modality: Annotated[str | None, typer.Option("--modality", help=said("modality"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards import list_standards

        raise typer.Exit(
            list_standards(
                document=document,
                measure=measure,
                category=category,
                modality=modality,
                machine=machine,
                lang=lang,
            )
        )

    @app.command("show", help=said("standards_show"))
    def show(
        clause: Annotated[str, typer.Argument(help=said("clause"))],
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards import show_clause

        raise typer.Exit(show_clause(clause, machine=machine, lang=lang))

    _add_comparison(app, lang)
    _add_documents(app, lang)
    return app


def _add_comparison(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("compare", help=said("standards_compare"))
    def compare(
        a: Annotated[str, typer.Argument(help=said("document_a"))],
        b: Annotated[str, typer.Argument(help=said("document_b"))],
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards_compare import compare_documents

        raise typer.Exit(compare_documents(a, b, machine=machine, lang=lang))

    @app.command("explain", help=said("standards_explain"))
    def explain(
        clause: Annotated[str, typer.Argument(help=said("clause"))],
        place: Annotated[str, typer.Option("--place", help=said("place"))],
        date: Annotated[str | None, typer.Option("--date", help=said("date"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards_explain import explain_clause

        raise typer.Exit(explain_clause(clause, place, date=date, machine=machine, lang=lang))


def _add_documents(app: typer.Typer, lang: str) -> None:
    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    as_json = typer.Option("--json", help=said("json"))

    @app.command("verify", help=said("standards_verify"))
    def verify(
        documents: Annotated[list[str] | None, typer.Argument(help=said("documents"))] = None,
        machine: Annotated[bool, as_json] = False,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards_files import verify_documents

        raise typer.Exit(verify_documents(documents or [], machine=machine, lang=lang))

    @app.command("new", help=said("standards_new"))
    def new(
        file: Annotated[Path, typer.Argument(help=said("standards_file"))],
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.standards_files import new_document

        raise typer.Exit(new_document(file, lang=lang))
