"""Robust and fragile verdicts for a map: one whole number a residence, and the words behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from facilityplan import locale
from facilityplan.scenario import Reason, Sensitivity, Standing, Variant
from facilityplan.scenario.wording import variant_text

UNDECIDED: Final = -1

_WAYS: Final = tuple(Variant)
_REASONS: Final = tuple(Reason)


def methods(found: Sensitivity, lang: str) -> dict[str, Any]:
    """Return the ways to measure and the reasons, by the bit that stands for each in a mark."""
    return {
        "ways": [variant_text(variant, found.options, lang) for variant in _WAYS],
        "reasons": [locale.text(f"sensitivity.reason.{reason}", lang) for reason in _REASONS],
    }


def method_marks(found: Sensitivity) -> Mapping[tuple[str, str], int]:
    """Return the mark of each clause and residence: 0 robust, -1 cannot be said, else fragile.

    The lowest bits are the ways that turn the verdict, those above them the reasons.
    """
    table = found.table
    bit = {way.value: 1 << at for at, way in enumerate(_WAYS)}
    why = {reason.value: 1 << (len(_WAYS) + at) for at, reason in enumerate(_REASONS)}
    columns = (table[name] for name in ("clause_id", "id", "standing", "turned_by", "reasons"))
    return {
        (clause, unit): UNDECIDED
        if standing == Standing.UNDECIDED
        else sum(bit[name] for name in turned) + sum(why[name] for name in reasons)
        for clause, unit, standing, turned, reasons in zip(*columns, strict=True)
    }
