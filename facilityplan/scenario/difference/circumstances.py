"""What two runs were made from and how: files, documents, date, method, program.

A figure that moved because a document or a setting did is none that moved on the ground, so
these stand before every figure of a comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from facilityplan.scenario.difference.record import RunRecord

PROGRAM: Final = "facilityplan"

_TOLD_ELSEWHERE: Final = frozenset({"title", "title_en", "quote", "number"})
"""Of a clause: its words, which decide nothing."""

_STANDARDS: Final = "standards/"
"""Folder of a project's own documents, whose clauses are compared one by one."""

_NO_BEARING: Final = ("siting", "sensitivity")
"""Parameters that no verdict hangs on."""

_NO_DATA: Final = ("file", "sha256", "limits_m")
"""Of a scenario: which file it is, and limits, which are no data."""


def circumstances(a: RunRecord, b: RunRecord) -> dict[str, Any]:
    """Return all that differs in what two runs were made from; everything empty where nothing does.

    Each change is ``[before, after]``; ``None`` stands for what a run does not have.
    """
    return {
        "inputs": pairs(a.manifest["inputs"], b.manifest["inputs"]),
        "scenario": pairs({"scenario": _scenario(a)}, {"scenario": _scenario(b)}),
        "documents": pairs(_documents(a), _documents(b)),
        "clauses": _clauses(a, b),
        "as_of": [] if a.as_of == b.as_of else [a.as_of, b.as_of],
        "readings": pairs(_flat(a.manifest["readings"]), _flat(b.manifest["readings"])),
        "parameters": pairs(_flat(a.manifest["parameters"]), _flat(b.manifest["parameters"])),
        "versions": pairs(a.manifest["versions"], b.manifest["versions"]),
    }


def pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what differs between two mappings, by key in order: ``[before, after]``."""
    return {key: [a.get(key), b.get(key)] for key in sorted({*a, *b}) if a.get(key) != b.get(key)}


def method_differs(found: Mapping[str, Any]) -> bool:
    """Return whether verdicts may differ by the way they were worked out."""
    bearing = [name for name in found["parameters"] if not name.startswith(_NO_BEARING)]
    return bool(bearing) or PROGRAM in found["versions"]


def data_differs(found: Mapping[str, Any]) -> bool:
    """Return whether the files read, or what a scenario made of them, may hold other data."""
    files = [name for name in found["inputs"] if not name.startswith(_STANDARDS)]
    made_up = [
        {key: part for key, part in (side or {}).items() if key not in _NO_DATA}
        for side in found["scenario"].get("scenario", [None, None])
    ]
    return bool(files) or made_up[0] != made_up[1]


def _scenario(run: RunRecord) -> Any:
    return run.manifest.get("scenario")


def _documents(run: RunRecord) -> dict[str, str]:
    return {item["id"]: item["number"] for item in run.findings["standards"]}


def _clauses(a: RunRecord, b: RunRecord) -> dict[str, dict[str, list[Any]]]:
    """Return by clause what differs in its demand; of one that a run lacks, its standing."""
    found = {}
    for name in sorted({*a.clauses, *b.clauses}):
        one, two = a.clauses.get(name), b.clauses.get(name)
        if one is None or two is None:
            # Its document is another: which, the documents tell.
            found[name] = {"standing": [one and one["standing"], two and two["standing"]]}
            continue
        changed = pairs(_flat(_demand(one)), _flat(_demand(two)))
        if changed:
            found[name] = changed
    return found


def _demand(clause: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in clause.items() if key not in _TOLD_ELSEWHERE}


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, part in value.items():
        name = f"{prefix}{key}"
        if isinstance(part, Mapping) and part:
            found |= _flat(part, f"{name}.")
        else:
            found[name] = part
    return found
