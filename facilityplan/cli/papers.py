"""The verbs that print: figures of a project, and its special plan.

Annotations are evaluated when a verb is defined; see :mod:`facilityplan.cli.app`.
"""

from pathlib import Path
from typing import Annotated

import typer

from facilityplan import locale


def add_papers(app: typer.Typer, lang: str) -> None:
    """Add ``figures`` and ``report``."""

    def said(name: str) -> str:
        return locale.text(f"help.{name}", lang)

    language = typer.Option("--lang", help=said("lang"), metavar="zh|en")
    paper_option = typer.Option("--paper", help=said("paper"), metavar="A3|A4")
    font_option = typer.Option("--font", help=said("font"))
    author_option = typer.Option("--author", help=said("author"))
    near_option = typer.Option("--near-term", help=said("near_term"), min=1)

    @app.command("figures", help=said("figures"))
    def figures(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path, typer.Option("--out", help=said("figures_out"))],
        paper: Annotated[str, paper_option] = "A3",
        font: Annotated[Path | None, font_option] = None,
        author: Annotated[str, author_option] = "",
        near_term: Annotated[int | None, near_option] = None,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.print import print_figures

        code = print_figures(
            project, out, paper=paper, font=font, author=author, near_term=near_term, lang=lang
        )
        raise typer.Exit(code)

    @app.command("report", help=said("report"))
    def report(
        project: Annotated[Path, typer.Argument(help=said("project"))],
        out: Annotated[Path, typer.Option("--out", help=said("report_out"))],
        kind: Annotated[str, typer.Option("--kind", help=said("report_kind"))] = "plan",
        font: Annotated[Path | None, font_option] = None,
        author: Annotated[str, author_option] = "",
        near_term: Annotated[int | None, near_option] = None,
        lang_option: Annotated[str | None, language] = None,
    ) -> None:
        from facilityplan.cli.print import print_report

        code = print_report(
            project, out, kind=kind, font=font, author=author, near_term=near_term, lang=lang
        )
        raise typer.Exit(code)
