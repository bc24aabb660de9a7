"""Reads standards documents, kinds of facility and measures from TOML, and refuses what is off.

Documents come with the package (``standards/documents``) or with a project (its ``standards``
folder). The file's stem is the document's id.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from facilityplan.errors import (
    StandardFormatError,
    StandardNotFoundError,
    expected_instead,
)
from facilityplan.locale import Listed
from facilityplan.standards.model import (
    Basis,
    Clause,
    Comparator,
    Document,
    Reading,
    Scope,
    Verification,
)
from facilityplan.units import UNITS

MAX_BYTES: Final = 1_000_000
"""A document larger than this is none."""


_DEEP_KEY: Final = re.compile(rb"(?<![\w-])(?:[\w\"'\x80-\xff-]++[ \t]*+\.[ \t]*+){200}")
"""A key of so many parts: the parser's time grows with their square."""


@dataclass(frozen=True)
class Kind:
    """A kind of facility: what it is called, and whether people live in it."""

    id: str
    zh: str
    en: str
    tier: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """What a clause of that measure may and must say."""

    id: str
    units: tuple[str, ...]
    unit_of_assessment: str
    parameters: Mapping[str, str]
    needs: tuple[str, ...]
    identity: tuple[str, ...]
    part_units: Mapping[str, str]
    basis: tuple[str, ...]


def _parse(source: Traversable | Path) -> dict[str, Any]:
    name = source.name
    try:
        with source.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise StandardNotFoundError("standard_unreadable", file=name) from error
    if len(content) > MAX_BYTES:
        raise StandardFormatError("standard_too_large", file=name, limit=MAX_BYTES)
    if _DEEP_KEY.search(content):
        raise StandardFormatError("standard_too_deep", file=name)
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise StandardFormatError("standard_encoding", file=name) from error
    except tomllib.TOMLDecodeError as error:
        raise StandardFormatError("standard_syntax", file=name, reason=str(error)) from error
    except RecursionError as error:
        raise StandardFormatError("standard_too_deep", file=name) from error


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Return the closed list of kinds of facility, by id."""
    table = _parse(resources.files(__package__) / "kinds.toml")
    return MappingProxyType(
        {
            key: Kind(
                key,
                row["zh"],
                row["en"],
                row["tier"],
                tuple(str(a) for a in row.get("aliases", ())),
            )
            for key, row in table.items()
        }
    )


def kind_words() -> dict[str, tuple[str, ...]]:
    """Return what people write for each kind, by id, the official Chinese name first."""
    return {key: (kind.zh, *kind.aliases) for key, kind in kinds().items()}


@functools.cache
def measures() -> Mapping[str, Measure]:
    """Return the measures that clauses may ask for, by id."""
    table = _parse(resources.files(__package__) / "measures.toml")
    return MappingProxyType(
        {
            key: Measure(
                key,
                tuple(row["units"]),
                row["unit_of_assessment"],
                MappingProxyType(dict(row["parameters"])),
                tuple(row["needs"]),
                tuple(row.get("identity", ())),
                MappingProxyType(dict(row.get("part_units", {}))),
                tuple(row.get("basis", ())),
            )
            for key, row in table.items()
        }
    )


def document_files(folder: Path | None = None) -> dict[str, Traversable | Path]:
    """Return the files of all documents that can be loaded, by id.

    Parameters
    ----------
    folder
        A project's own folder of documents, beside those that come with the package.

    Raises
    ------
    StandardFormatError
        If a project's document has the id of one that comes with the package.
    """
    found: dict[str, Traversable | Path] = {}
    for entry in (resources.files(__package__) / "documents").iterdir():
        if entry.name.endswith(".toml"):
            found[entry.name.removesuffix(".toml")] = entry
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise StandardFormatError("standard_id_taken", file=path.name, document=path.stem)
            found[path.stem] = path
    return dict(sorted(found.items()))


def load(document_id: str, folder: Path | None = None) -> Document:
    """Return a standards document.

    Parameters
    ----------
    document_id
        The document's id, for instance ``zhengzhou-2018-34``.
    folder
        A project's own folder of documents, searched too.

    Raises
    ------
    StandardNotFoundError
        If there is no such document; the message names those there are.
    StandardFormatError
        If the file is off; the message names file and key.
    """
    files = document_files(folder)
    if document_id not in files:
        known = Listed(files)
        raise StandardNotFoundError("standard_unknown", document=document_id, known=known)
    return read_document(files[document_id])


def read_document(source: Traversable | Path) -> Document:
    """Return the document that a TOML file holds, checked.

    Raises
    ------
    StandardFormatError
        On a typo in a key, a wrong type, an unknown measure, kind or unit, a duplicate id, a
        missing quote or parameter: the message names file and key.
    """
    shipped = resources.files(__package__) / "documents" / source.name
    return _shipped(source.name) if source == shipped else _read(source)


@functools.cache
def _shipped(name: str) -> Document:
    """Return a document that comes with the package; it cannot change while the program runs."""
    return _read(resources.files(__package__) / "documents" / name)


def _read(source: Traversable | Path) -> Document:
    table = _parse(source)
    name = source.name
    unknown = sorted(set(table) - {"document", "clause"})
    if unknown or "document" not in table:
        if unknown:
            raise _slip("unknown", name, unknown[0], known=Listed(("document", "clause")))
        raise _slip("missing", name, "document")
    head = table["document"]
    rows = table.get("clause", [])
    if not isinstance(head, dict) or not isinstance(rows, list):
        raise StandardFormatError("standard_tables", file=name, key="document")
    identity = {
        "document_id": head.get("id"),
        "document_number": head.get("number"),
        "document_title": head.get("title"),
    }
    clauses = [row | identity if isinstance(row, dict) else row for row in rows]
    try:
        document = Document.model_validate({**head, "clauses": clauses})
    except ValidationError as error:
        raise _format_error(error, name, rows) from error
    if document.id != name.removesuffix(".toml"):
        raise StandardFormatError("standard_stem", file=name, document=document.id)
    seen: set[str] = set()
    for clause in document.clauses:
        if clause.id in seen:
            raise StandardFormatError("standard_duplicate", file=name, key=clause.id)
        seen.add(clause.id)
        _check_clause(clause, name)
    return document


def _format_error(error: ValidationError, file: str, rows: list[Any]) -> StandardFormatError:
    """Return the message for the first mistake; a typo in a key before the key it leaves out."""
    found = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    path = [str(part) for part in found["loc"]]
    model: type[BaseModel] = Document
    if path[:1] == ["clauses"] and len(path) > 1 and path[1].isdigit():
        row = rows[int(path[1])]
        name = row.get("id", f"#{int(path[1]) + 1}") if isinstance(row, dict) else path[1]
        path, model = [f"clause {name}", *path[2:]], Clause
    context = found.get("ctx", {})
    return _slip(
        expected_instead(str(found["type"])),
        file,
        " / ".join(path),
        found=str(found["input"])[:40],
        known=Listed(_keys_of(model, path)),
        allowed=Listed(
            str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        ),
        limit=" ".join(f"{_SIGNS[name]} {context[name]:g}" for name in _SIGNS if name in context),
        reason=found["msg"],
    )


_SIGNS: Final = MappingProxyType({"gt": ">", "ge": "≥", "le": "≤"})
_TABLES: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {"applies_to": Scope, "basis": Basis, "readings": Reading, "verified": Verification}
)


def _keys_of(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Return the keys that a file may write where one of it is unknown."""
    table = next((_TABLES[part] for part in path if part in _TABLES), None)
    if table is not None:
        return list(table.model_fields)
    ours = {"document_id", "document_number", "document_title", "clauses"}
    return [name for name in model.model_fields if name not in ours]


def _slip(kind: str, file: str, key: str, **parameters: Any) -> StandardFormatError:
    return StandardFormatError(f"standard_key_{kind}", file=file, key=key, **parameters)


_TYPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = MappingProxyType(
    {
        "number": ((int, float), "number"),
        "string": ((str,), "text"),
        "list": ((list, tuple), "list"),
        "flag": ((bool,), "flag"),
        "date": ((dt.date,), "date"),
    }
)
"""What a parameter's type takes, and what the message says is expected."""

_Slip = tuple[str, str, dict[str, Any]]
"""Kind of a mistake, its key inside the clause, and what the message says."""


def _check_clause(clause: Clause, file: str) -> None:
    """Hold a clause against the measures, kinds and units that exist."""
    if clause.modality == "text":
        return
    # Lazily: the parameters can be held against a measure only once there is one.
    checks = (_unfit_measure, _unfit_parameters, _unfit_words)
    for kind, key, said in itertools.chain.from_iterable(check(clause) for check in checks):
        raise _slip(kind, file, f"clause {clause.id} / {key}", **said)


def _choice(key: str, found: Any, allowed: Iterable[str]) -> _Slip:
    return "choice", key, {"found": found, "allowed": Listed(allowed) or "-"}


def _unfit_measure(clause: Clause) -> Iterator[_Slip]:
    measure = measures().get(clause.measure)
    if measure is None:
        yield _choice("measure", clause.measure, measures())
    elif clause.unit is not None and clause.unit not in UNITS.intersection(measure.units):
        yield _choice("unit", clause.unit, measure.units)
    elif clause.value is not None and clause.unit is None:
        yield "missing", "unit", {}
    elif measure.basis and not any(getattr(clause.basis, key) for key in measure.basis):
        yield "missing", "basis", {}
    if (clause.value is None) != (clause.comparator is None):
        yield "pair", "comparator", {}


def _unfit_parameters(clause: Clause) -> Iterator[_Slip]:
    measure = measures()[clause.measure]
    for key, value in clause.parameters.items():
        wanted = measure.parameters.get(key)
        if wanted is None:
            yield "unknown", f"parameters / {key}", {"known": Listed(measure.parameters) or "-"}
            continue
        types, expected = _TYPES[wanted]
        is_number = not isinstance(value, float) or math.isfinite(value)
        if (
            not isinstance(value, types)
            or (isinstance(value, bool) and wanted != "flag")
            or not is_number
        ):
            yield expected, f"parameters / {key}", {"found": value}
    for key in measure.needs:
        if key not in clause.parameters:
            yield "missing", f"parameters / {key}", {}
    part = clause.parameters.get("part")
    if part is not None and part not in measure.part_units:
        yield _choice("parameters / part", part, measure.part_units)
    elif part is not None and clause.unit not in {None, measure.part_units[part]}:
        yield _choice("unit", clause.unit, [measure.part_units[part]])
    triggered = any(key.startswith("trigger_") for key in clause.parameters)
    comparator = clause.parameters.get("trigger_comparator")
    if triggered and comparator is None:
        yield "missing", "parameters / trigger_comparator", {}
    elif triggered and comparator not in list(Comparator):
        yield _choice("parameters / trigger_comparator", comparator, Comparator)


def _unfit_words(clause: Clause) -> Iterator[_Slip]:
    named = [clause.parameters.get(name, ()) for name in ("centre_kinds", "alternative_kinds")]
    for kind in (*clause.kinds, *clause.kinds_serving_community, *itertools.chain(*named)):
        if kind not in kinds():
            yield _choice("kinds", kind, kinds())
    for key, reading in clause.readings.items():
        if reading.default not in reading.options:
            yield _choice(f"readings / {key}", reading.default, reading.options)


def documents_of_place(
    place: str, folder: Path | None = None, *, unverified: bool = False
) -> tuple[Document, ...]:
    """Return the documents of a place, by its name, and those of the places that contain it.

    Parameters
    ----------
    place
        Its name, as the documents give it or for short.
    folder
        A project's own folder of documents, searched too.
    unverified
        Take documents of confidence C from above too; they inform and decide nothing. The place's
        own documents are taken whatever their confidence.

    Raises
    ------
    StandardNotFoundError
        If there is none of its own; the message names the places there are.
    """
    documents = [read_document(source) for source in document_files(folder).values()]
    own = [item for item in documents if place in {item.place, *item.place_aliases}]
    if not own:
        known = Listed(sorted({item.place for item in documents}))
        raise StandardNotFoundError("place_unknown", place=place, known=known)
    above = {
        item.id: item
        for document in own
        for item in documents_above(document, documents)
        if unverified or item.is_verified
    }
    return tuple((above | {item.id: item for item in own}).values())


def documents_above(document: Document, among: Iterable[Document]) -> tuple[Document, ...]:
    """Return the documents of the places that contain a document's place, and of that place.

    The administrative code says which: 410100 (a city) lies in 410000 (its province) and 000000
    (the nation), never in another city. Cities are never mixed.
    """
    return tuple(
        item for item in among if item.id != document.id and document.stem.startswith(item.stem)
    )
