"""``facilityplan standards verify`` and ``new``: documents as files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from facilityplan import files, locale, standards
from facilityplan.errors import OutputError, UsageError

_STEM = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Lack:
    """What a clause lacks; ``grave`` where the document claims to have been read (A)."""

    document: str
    clause: str
    lacks: str
    grave: bool


def verify_documents(names: Sequence[str], *, machine: bool, lang: str) -> int:
    """Print which clauses lack a quote, a measure or class, or a verification.

    Parameters
    ----------
    names
        Ids of documents, or files; none of them means all that come with the program.

    Returns
    -------
    int
        4 where a clause of a document of confidence A lacks anything, or any lacks more than its
        verification; else 0. Documents of confidence B and C say themselves that they are not
        verified: their clauses are listed.

    Raises
    ------
    StandardsError
        If a document cannot be found or read.
    """
    found = [document_named(name) for name in names or standards.document_files()]
    lacks = [lack for document in found for lack in lacks_of(document)]
    failed = any(lack.grave for lack in lacks)
    clauses = sum(len(document.clauses) for document in found)
    if machine:
        answer = {
            "documents": [document.id for document in found],
            "clauses": clauses,
            "lacks": [vars(lack) for lack in lacks],
            "verified": not failed,
        }
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    else:
        for lack in lacks:
            what = locale.text(f"verify.{lack.lacks}", lang)
            name = "lack" if lack.grave else "note"
            where = {"document": lack.document, "clause": lack.clause, "what": what}
            sys.stdout.write(locale.text(f"verify.{name}", lang, **where) + "\n")
        name = "failed" if failed else "done"
        said = locale.text(f"verify.{name}", lang, documents=len(found), clauses=clauses)
        sys.stdout.write(said + "\n")
    return 4 if failed else 0


def document_named(name: str, folder: Path | None = None) -> standards.Document:
    """Return a document by its file, which ends in .toml, or by its id.

    Parameters
    ----------
    folder
        A project's own folder of documents, searched too.

    Raises
    ------
    StandardsError
        If it cannot be found or read.
    """
    if name.endswith(".toml"):
        return standards.read_document(Path(name))
    return standards.load(name, folder)


def lacks_of(document: standards.Document) -> list[Lack]:
    """Return what the clauses of a document lack, in their order.

    The loader refuses a clause without quote or class and an unknown measure; what it lets pass
    is a clause kept as text, whose measure need not exist.
    """
    found: list[Lack] = []
    for clause in document.clauses:
        if not clause.quote:
            found.append(Lack(document.id, clause.id, "quote", grave=True))
        if clause.measure not in standards.measures():
            found.append(Lack(document.id, clause.id, "measure", grave=True))
        if clause.verified is None:
            grave = document.confidence == "A"
            found.append(Lack(document.id, clause.id, "verified", grave=grave))
    return found


def new_document(path: Path, *, lang: str) -> int:
    """Write a commented template for another document.

    Raises
    ------
    UsageError
        If the file's name cannot be a document's id.
    OutputError
        If the file is there already or cannot be written.
    """
    if path.suffix != ".toml" or not _STEM.fullmatch(path.stem):
        raise UsageError("standards_file_name", file=path.name)
    if path.exists():
        raise OutputError("standards_file_there", file=path.name)
    template = resources.files(standards) / "template.toml"
    text = template.read_text(encoding="utf-8").replace("@ID@", path.stem)
    files.write_text(path, text)
    sys.stdout.write(locale.text("standards_new.made", lang, file=path) + "\n")
    return 0
