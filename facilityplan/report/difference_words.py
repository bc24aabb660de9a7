"""The pieces that the lines and the sheets of a comparison have in common, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.checks.wording import SIGNS, figure
from facilityplan.locale import Listed
from facilityplan.report.text import printable
from facilityplan.standards import kinds
from facilityplan.units import format_number

Row = Mapping[str, Any]

WAYS: Final = ("documents", "clauses", "as_of", "readings", "parameters", "versions")
"""Circumstances by which a verdict may turn without any change on the ground."""


class Words:
    """Says the parts of one comparison in one language.

    Parameters
    ----------
    found
        As :func:`facilityplan.scenario.difference.difference` returns it.
    """

    def __init__(self, found: Row, lang: str | None) -> None:
        self.found = found
        self.lang = lang
        self._names = {
            row["id"]: row["name"] for row in found["regions"] if row["id"] and row["name"]
        }

    def say(self, message: str, **parameters: Any) -> str:
        """Return a message of the catalogue."""
        return locale.text(message, self.lang, **parameters)

    def joined(self, parts: Sequence[str]) -> str:
        """Return words one after the other."""
        return self.say("diff.separator").join(parts)

    def runs(self) -> list[str]:
        """Return which runs are compared: folder, date, and whether under a scenario."""
        said = []
        for name, run in zip(("run_before", "run_after"), self.found["runs"], strict=True):
            more = self.say("diff.with_scenario") if run["scenario"] else ""
            folder = printable(run["folder"])
            said.append(self.say(f"diff.{name}", folder=folder, as_of=run["as_of"], more=more))
        return said

    def zone(self, zone: str | None, level: str = "town") -> str:
        """Return the name of a street or county, or that there is none."""
        if zone is None:
            return self.say("diff.outside" if level == "town" else "diff.outside_county")
        return printable(self._names.get(zone, zone))

    def named(self, row: Row) -> str:
        """Return the name of a row, its id where it has none."""
        return printable(row.get("name") or row["id"])

    def kind(self, kind: str | None) -> str:
        """Return what a kind of facility is called."""
        found = kinds().get(kind or "")
        if found is None:
            return self.say("diff.nobody") if kind is None else printable(kind)
        return found.zh if locale.language(self.lang) == "zh" else found.en

    def causes(self, causes: Sequence[str]) -> str:
        """Return what may be behind a change."""
        return self.say("diff.causes.join").join(self.say(f"diff.cause.{name}") for name in causes)

    def verdict(self, verdict: str) -> str:
        """Return a verdict."""
        return self.say(f"verdict.{verdict}")

    def title(self, row: Row) -> str:
        """Return the title of a clause."""
        return printable(row["title"] if locale.language(self.lang) == "zh" else row["title_en"])

    def value(self, item: Row) -> str:
        """Return the value found, with its unit."""
        return figure(item["value"], item["unit"], self.lang, beside=item["required"])

    def required(self, item: Row) -> str:
        """Return the value required, with comparator and unit."""
        if item["required"] is None:
            return self.say("diff.nobody")
        sign = SIGNS.get(item["comparator"] or "", "")
        return f"{sign} {figure(item['required'], item['unit'], self.lang)}".strip()

    def arrow(self, before: str, after: str) -> str:
        """Return before and after."""
        return self.say("diff.arrow", before=before, after=after)

    def both(self, before: str, after: str) -> str:
        """Return before and after, once where they are the same."""
        return before if before == after else self.arrow(before, after)

    def circumstances(self) -> list[tuple[str, str, Any, Any]]:
        """Return what differs in how the runs were made: kind, name, before, after."""
        found = self.found["circumstances"]
        rows: list[tuple[str, str, Any, Any]] = []
        for kind in ("inputs", "scenario", "documents"):
            rows += [(kind, name, *pair) for name, pair in found[kind].items()]
        for clause, changed in found["clauses"].items():
            rows += [("clauses", f"{clause} {name}", *pair) for name, pair in changed.items()]
        if found["as_of"]:
            rows.append(("as_of", self.say("diff.circumstance.as_of"), *found["as_of"]))
        for kind in ("readings", "parameters", "versions"):
            rows += [(kind, name, *pair) for name, pair in found[kind].items()]
        return rows

    def change(self, kind: str, name: str, before: Any, after: Any) -> str:
        """Return one circumstance that differs; a file's content is told by no figure."""
        name = self.say("diff.circumstance.scenario") if kind == "scenario" else printable(name)
        if before is None:
            return self.say("diff.circumstance.appeared", name=name)
        if after is None:
            return self.say("diff.circumstance.gone", name=name)
        if kind in {"inputs", "scenario"}:
            return self.say("diff.circumstance.edited", name=name)
        return self.say(
            "diff.circumstance.change",
            name=name,
            before=plain_text(before),
            after=plain_text(after),
        )

    def ways(self) -> list[str]:
        """Return the circumstances, in words, by which a verdict may turn on its own."""
        found = self.found["circumstances"]
        return [self.say(f"diff.way.{name}") for name in WAYS if found[name]]


def plain_text(value: Any) -> str:
    """Return a setting as text: numbers without trailing zeros, lists one after the other."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, (int, float)):
        return format_number(float(value))
    if isinstance(value, (list, tuple)):
        return Listed(plain_text(part) for part in value)
    return printable(value)


def counted(value: float) -> str:
    """Return a count with thousands set apart."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
