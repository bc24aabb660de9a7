"""One thin command per verb. Nothing heavy is imported before a command needs it.

Exit codes: 0 done; 1 a duty is missed or cannot be judged; 2 usage; 3 an unreadable or invalid
file; 4 standards; 5 infeasible; 6 output; 70 a bug; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from facilityplan import locale
from facilityplan.cli.app import build_app
from facilityplan.errors import FacilityPlanError

INTERRUPTED: Final = 130
BUG: Final = 70


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are said in one message each.

    Parameters
    ----------
    arguments
        The words after the program's name.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A console in code page 936 or 1252 must not end a run over a square-metre sign.
            reconfigure(errors="backslashreplace")
    try:
        lang = spoken_language(arguments)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    debug = "--debug" in arguments
    words = _words(arguments)
    try:
        build_app(lang)(args=words, prog_name="facilityplan")
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            sys.stderr.write(locale.text("cli.interrupted", lang) + "\n")
        return stop.code if isinstance(stop.code, int) else 0
    except FacilityPlanError as error:
        if debug:
            raise
        sys.stderr.write(f"{error.render(lang)}\n")
        return error.exit_code
    except Exception as error:
        if debug:
            raise
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        sys.stderr.write(locale.text("cli.bug", lang, error=said) + "\n")
        return BUG
    return 0


def _words(arguments: Sequence[str]) -> list[str]:
    """Return what is left of a command when what holds for all verbs is settled.

    The language stands before a verb as well as behind it; a ``--lang`` without a language stays
    and is refused as any option that lacks its value.
    """
    words: list[str] = []
    given = iter(arguments)
    for word in given:
        if word == "--debug" or word.startswith("--lang="):
            continue
        if word == "--lang":
            words.extend(() if next(given, None) is not None else [word])
            continue
        words.append(word)
    return words


def spoken_language(arguments: Sequence[str]) -> str:
    """Return the language asked for with ``--lang``, else the default.

    Raises
    ------
    ValueError
        If it is neither ``zh`` nor ``en``.
    """
    for position, word in enumerate(arguments):
        if word == "--lang" and position + 1 < len(arguments):
            return locale.language(arguments[position + 1])
        if word.startswith("--lang="):
            return locale.language(word.removeprefix("--lang="))
    return locale.language()
