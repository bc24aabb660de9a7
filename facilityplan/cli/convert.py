"""``facilityplan convert``: a file in another datum, system or format."""

from __future__ import annotations

import sys

from facilityplan import files, locale
from facilityplan.errors import UsageError
from facilityplan.project.conversion import Request, convert_file


def convert(request: Request, *, machine: bool, lang: str) -> int:
    """Convert a file and say what was done, the datums by name.

    Returns
    -------
    int
        0.

    Raises
    ------
    UsageError
        If it is not said what the coordinates are to be in, or twice.
    InputError, OutputError
        If the source cannot be used, or the target not written.
    """
    if (request.to.datum is None) == (request.to.crs is None):
        raise UsageError("convert_target")
    done = convert_file(request)
    source = done.source
    goal = request.to.datum or request.to.crs
    if machine:
        answer = {
            "features": done.features,
            "encoding": done.encoding,
            "from": source,
            "to": goal,
            "out": str(request.target),
        }
        sys.stdout.write(files.canonical_json(answer))
        return 0
    said = {"number": done.features, "source": source, "goal": goal, "path": request.target}
    sys.stdout.write(locale.text("convert.done", lang, **said) + "\n")
    if done.encoding is not None:
        line = locale.text("convert.encoding", lang, encoding=done.encoding)
        sys.stdout.write(line + "\n")
    if source in {"gcj02", "bd09"}:
        sys.stdout.write(locale.text("convert.approximate", lang, source=source) + "\n")
    if done.nameless:
        sys.stdout.write(locale.text("convert.nameless", lang, goal=goal) + "\n")
    return 0
