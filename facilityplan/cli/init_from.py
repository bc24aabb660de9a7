"""``facilityplan init FOLDER --from FILES``: a project for files that are there already."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from facilityplan import files, locale, standards
from facilityplan.crs import DATUMS, require_metres
from facilityplan.doctor import tally
from facilityplan.errors import OutputError, StandardsError, UsageError
from facilityplan.io.aliases import propose_columns
from facilityplan.layers import LAYERS
from facilityplan.locale import Listed
from facilityplan.project.config import PROJECT_FILE, UNITS_JUDGED
from facilityplan.project.diagnosis import diagnose
from facilityplan.project.drafting import (
    Found,
    Joined,
    join_tables,
    look,
    project_system,
    source_entry,
)
from facilityplan.project.opening import shapefile_parts
from facilityplan.project.toml_text import toml_text
from facilityplan.report.text import printable
from facilityplan.schemes import parse_date


@dataclass(frozen=True)
class Answers:
    """What the user said with options; ``None`` or empty: not said.

    Parameters
    ----------
    datums
        ``FILE=DATUM``, or a datum alone for all files that need one; a system as ``EPSG:4547``
        stands for a datum.
    layers
        ``FILE=LAYER``, for files that could be several things.
    yes
        Whether proposals are taken without asking.
    """

    name: str | None
    standards: Sequence[str]
    date: str | None
    crs: str | None
    datums: Sequence[str]
    layers: Sequence[str]
    yes: bool


def init_from(folder: Path, paths: Sequence[Path], answers: Answers, *, lang: str) -> int:
    """Make a project folder from files, and say what was taken for what.

    Returns
    -------
    int
        0.

    Raises
    ------
    UsageError
        If something that nobody can know was not said and there is nobody to ask: the option is
        named.
    OutputError
        If the folder holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("output_exists", folder=folder.name)
    asking = _Asking(answers, lang, interactive=not answers.yes and sys.stdin.isatty())
    alone, joined = join_tables(look(paths))
    chosen = [asking.layer(item) for item in alone]
    used = [(n, item) for n, item in enumerate(chosen) if item.layer is not None]
    if not any(item.layer in UNITS_JUDGED for _, item in used):
        raise UsageError("init_nothing", layers=Listed(UNITS_JUDGED), option="--layer")
    _show(chosen, joined, lang)
    datums = {item.label: asking.datum(item) if item.needs_datum else None for _, item in used}
    crs = answers.crs or project_system([item for _, item in used], datums)
    require_metres(crs)
    head = asking.head(folder, crs)
    names = _copies([p for item in chosen for p in _files_of(item)] + _tables(joined))
    config = _config(head, used, joined, names, datums)
    for path, name in names.items():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    text = "# " + locale.text("init.head", lang) + "\n\n" + toml_text(config)
    files.write_text(folder / PROJECT_FILE, text)
    _report(folder, crs, lang)
    return 0


def _files_of(item: Found) -> list[Path]:
    if item.layer is None:
        return []
    parts = shapefile_parts(item.path.parent, item.path.name)
    return [item.path, *(item.path.with_name(name) for name in parts)]


def _tables(joined: Mapping[int, Joined]) -> list[Path]:
    return [item.table.path for item in joined.values()]


def _copies(paths: Sequence[Path]) -> dict[Path, str]:
    """Return a name in the project folder for each file; parts of a shapefile keep together."""
    names: dict[Path, str] = {}
    stems: dict[tuple[Path, str], str] = {}
    taken = {PROJECT_FILE.casefold()}
    for path in dict.fromkeys(paths):
        key = (path.parent, path.stem)
        stem = stems.get(key, files.safe_name(path.stem))
        n = 1
        while f"{stem}{path.suffix}".casefold() in taken:
            n += 1
            stem = f"{files.safe_name(path.stem)}_{n}"
        stems[key] = stem
        names[path] = f"{stem}{path.suffix}"
        taken.add(names[path].casefold())
    return names


def _config(
    head: Mapping[str, Any],
    used: Sequence[tuple[int, Found]],
    joined: Mapping[int, Joined],
    names: Mapping[Path, str],
    datums: Mapping[str, str | None],
) -> dict[str, Any]:
    layers: dict[str, Any] = {}
    for n, item in used:
        attributes = joined.get(n)
        table = None if attributes is None else names[attributes.table.path]
        entry = source_entry(item, attributes, names[item.path], table, datums[item.label])
        layers.setdefault(str(item.layer), []).append(entry)
    plain = {name: found[0] if len(found) == 1 else found for name, found in layers.items()}
    return {"project": dict(head), "layers": plain}


def _show(found: Sequence[Found], joined: Mapping[int, Joined], lang: str) -> None:
    """Print what each file is taken for, column by column."""
    for n, item in enumerate(found):
        if item.layer is None:
            said = locale.text("init.unused", lang, file=printable(item.label))
            sys.stdout.write(said + "\n")
            continue
        taken = {"file": item.label, "rows": len(item.frame), "layer": item.layer}
        sys.stdout.write(printable(locale.text("init.taken", lang, **taken)) + "\n")
        if n in joined:
            table = {"file": joined[n].table.label, "key": joined[n].key}
            sys.stdout.write(printable(locale.text("init.joined", lang, **table)) + "\n")
        for column, match in item.proposal.columns.items():
            line: dict[str, Any] = {"column": column, "header": match.header, "score": match.score}
            sys.stdout.write(printable(locale.text("init.column", lang, **line)) + "\n")
        for column, headers in item.proposal.ambiguous.items():
            several = {"column": column, "headers": Listed(headers)}
            sys.stdout.write(printable(locale.text("init.ambiguous", lang, **several)) + "\n")


def _report(folder: Path, crs: str, lang: str) -> None:
    made = locale.text("cli.made", lang, name=folder / PROJECT_FILE)
    sys.stdout.write(f"{made}\n{locale.text('init.crs', lang, crs=crs)}\n")
    counts = tally(diagnose(folder).problems)
    sys.stdout.write(locale.text("init.checked", lang, folder=folder, **counts) + "\n")


class _Asking:
    """What nobody can know but the user: from the options, else asked, else refused."""

    def __init__(self, answers: Answers, lang: str, *, interactive: bool) -> None:
        self.answers, self.lang, self.interactive = answers, lang, interactive
        self.datums, self.any_datum = _by_file(answers.datums)
        self.layers, _ = _by_file(answers.layers)

    def _ask(self, name: str, option: str, valid: Callable[[str], bool], **said: Any) -> str:
        if not self.interactive:
            raise UsageError(f"init_{name}", option=option, **said)
        question = locale.text(f"init.ask.{name}", self.lang, **said)
        while True:
            sys.stdout.write(printable(question) + " ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                raise UsageError(f"init_{name}", option=option, **said)
            if valid(line.strip()):
                return line.strip()

    def layer(self, item: Found) -> Found:
        """Return a part with its layer settled."""
        stated = self.layers.get(item.label) or self.layers.get(item.path.name)
        choices = (str(item.layer), *item.others)
        if stated is None and item.others:
            said = {"source": item.label, "layers": Listed(choices)}
            stated = self._ask("layer", "--layer", lambda answer: answer in choices, **said)
        if stated is None:
            return item
        if stated not in LAYERS:
            known = Listed(LAYERS)
            raise UsageError("init_layer_unknown", found=stated, layers=known, option="--layer")
        return replace(item, layer=stated, proposal=propose_columns(item.headers, stated))

    def datum(self, item: Found) -> str:
        """Return what a file's coordinates are in; nothing is ever taken for granted."""
        stated = self.datums.get(item.label) or self.datums.get(item.path.name) or self.any_datum
        said: dict[str, Any] = {"source": item.label, "known": Listed(DATUMS)}
        if stated is None:
            stated = self._ask("datum", "--datum", _is_datum, **said)
        if not _is_datum(stated):
            raise UsageError("init_datum", option="--datum", **said)
        return stated

    def head(self, folder: Path, crs: str) -> dict[str, Any]:
        """Return the table of the project itself."""
        name = self.answers.name or (folder.resolve().name if self.answers.yes else None)
        if name is None:
            name = self._ask("name", "--name", bool)
        known = Listed(sorted(standards.document_files()))
        chosen = (
            list(self.answers.standards)
            or self._ask("standards", "--standards", _are_documents, known=known)
            .replace("、", " ")
            .replace(",", " ")
            .split()
        )
        if not _are_documents(" ".join(chosen)):
            raise UsageError("init_standards", option="--standards", known=known)
        date = self.answers.date or self._ask("date", "--date", _is_date)
        return {"name": name, "standards": chosen, "as_of": parse_date(date), "crs": crs}


def _by_file(said: Sequence[str]) -> tuple[dict[str, str], str | None]:
    """Return answers by file, and the one that holds for all."""
    pairs = [item.partition("=") for item in said]
    named = {file.strip(): value.strip() for file, sign, value in pairs if sign}
    bare = [file.strip() for file, sign, _ in pairs if not sign]
    return named, bare[-1] if bare else None


def _is_datum(answer: str) -> bool:
    return answer in DATUMS or answer.upper().startswith("EPSG:")


def _is_date(answer: str) -> bool:
    try:
        dt.date.fromisoformat(answer)
    except ValueError:
        return False
    return True


def _are_documents(answer: str) -> bool:
    names = answer.replace("、", " ").replace(",", " ").split()
    try:
        for name in names:
            standards.load(name)
    except StandardsError:
        return False
    return bool(names)
