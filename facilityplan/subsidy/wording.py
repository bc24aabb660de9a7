"""Awards in words: the sum, and what is missing for it."""

from __future__ import annotations

from facilityplan import locale
from facilityplan.subsidy.awards import Award


def formula_text(item: Award, lang: str | None = None) -> str:
    """Return the sum behind an award in words, or what is missing for it."""
    said = {name: part for name, part in item.formula.items() if name not in {"id", "unit"}}
    unit = item.formula.get("unit")
    said["unit"] = locale.text(f"subsidy.unit.{unit}", lang) if unit else ""
    if "parts" in said:
        parts = " + ".join(f"{number:.10g} × {rate:.10g}" for number, rate in said.pop("parts"))
        times = said.pop("times")
        said["parts"] = parts if times == 1 else f"{times} × ({parts})"
    return locale.text(str(item.formula["id"]), lang, **said)


def reason_text(item: Award, lang: str | None = None) -> str:
    """Return why there is no amount; empty where there is one."""
    if item.reason is None:
        return ""
    names = [locale.text(f"subsidy.fact.{name}", lang) for name in item.missing]
    columns = locale.text("subsidy.and", lang).join(names)
    return locale.text(item.reason, lang, missing=columns)
