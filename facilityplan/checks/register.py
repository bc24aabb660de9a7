"""Registers kept by the streets: completed estates and what became of their premises.

What is built, handed over and how it is used is for the streets to say (table register). A clause
on premises to recover asks only for their use; any other register asks for all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from facilityplan.checks.context import Context
from facilityplan.checks.finding import Finding, Verdict, doubt_of, settled, undecided
from facilityplan.standards import Adoption

LAYER = "register"
TO_RECOVER: Final = frozenset({"let_premises", "premises_to_recover"})
"""Registers that ask only how premises are used."""


class RegisterState(StrEnum):
    """What a register says of the premises of one estate."""

    IN_USE = "in_use"
    NOT_BUILT = "not_built"
    NOT_HANDED_OVER = "not_handed_over"
    LET = "let"
    MISUSED = "misused"
    IDLE = "idle"
    UNFILLED = "unfilled"


_FORMULAS: Final = {
    RegisterState.IN_USE: "formula.register_in_use",
    RegisterState.NOT_BUILT: "formula.register_not_built",
    RegisterState.NOT_HANDED_OVER: "formula.register_not_handed_over",
    RegisterState.LET: "formula.register_let",
    RegisterState.MISUSED: "formula.register_misused",
    RegisterState.IDLE: "formula.register_idle",
}


@dataclass(frozen=True)
class RegisterEntry:
    """One row of table register; ``None`` where it says nothing."""

    row: int
    built: bool | None
    handed_over: bool | None
    use: str | None


def evaluate(context: Context) -> list[Finding]:
    """Return one finding for each completed residence that a register clause speaks of."""
    if not context.city.has("residences"):
        return []
    entries = entries_of(context)
    return [
        _judge(context, adoption, row, entries)
        for row, unit in enumerate(context.residence_units())
        if is_completed(context, row)
        for adoption in context.binding("register", unit)
    ]


def is_completed(context: Context, row: int) -> bool:
    """Return whether a residence was completed by the judging date: by its date, else its status."""
    completed = context.cells("residences", "completed")[row]
    if completed is not None:
        return bool(completed <= context.city.as_of)
    return bool(context.cells("residences", "status")[row] == "existing")


def entries_of(context: Context) -> dict[str, list[RegisterEntry]]:
    """Return the rows of table register by residence."""
    found: dict[str, list[RegisterEntry]] = {}
    if not context.city.has(LAYER):
        return found
    names = ("residence", "row", "built", "handed_over", "use")
    for residence, *rest in zip(*(context.cells(LAYER, name) for name in names), strict=True):
        found.setdefault(residence, []).append(RegisterEntry(*rest))
    return found


def state_of(entry: RegisterEntry, register: str) -> RegisterState:
    """Return what an entry says; ``unfilled`` while an answer that decides is missing."""
    if entry.use in {RegisterState.LET, RegisterState.MISUSED}:
        return RegisterState(entry.use)
    if register in TO_RECOVER:
        known = entry.use is not None or entry.built is False
        return RegisterState.IN_USE if known else RegisterState.UNFILLED
    if entry.built is False:
        return RegisterState.NOT_BUILT
    if entry.handed_over is False:
        return RegisterState.NOT_HANDED_OVER
    if entry.built is None or entry.handed_over is None or entry.use is None:
        return RegisterState.UNFILLED
    return RegisterState.IDLE if entry.use == RegisterState.IDLE else RegisterState.IN_USE


def _judge(
    context: Context,
    adoption: Adoption,
    row: int,
    entries: dict[str, Sequence[RegisterEntry]] | dict[str, list[RegisterEntry]],
) -> Finding:
    clause = adoption.clause
    ref = context.residence_ref(row)
    doubt = doubt_of(adoption)
    if doubt is not None and doubt != "reason.clause_without_number":
        return undecided(adoption, ref, doubt)
    own = entries.get(ref.id, [])
    states = [state_of(entry, str(clause.parameters["register"])) for entry in own]
    evidence: dict[str, Any] = {
        "register": clause.parameters["register"],
        "states": [state.value for state in states],
        "rows": [entry.row for entry in own],
    }
    good = states.count(RegisterState.IN_USE)
    bad = [s for s in states if s not in {RegisterState.IN_USE, RegisterState.UNFILLED}]
    if not bad and good < max(len(states), 1):
        return undecided(adoption, ref, "reason.register_unfilled", evidence=evidence)
    return settled(
        adoption,
        ref,
        Verdict.NON_COMPLIANT if bad else Verdict.COMPLIANT,
        value=float(good),
        required=float(len(states)),
        formula={"id": _FORMULAS[bad[0] if bad else RegisterState.IN_USE]},
        evidence=evidence,
    )
