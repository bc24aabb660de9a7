"""The difference of two runs as lines for a screen: circumstances first, the biggest changes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from facilityplan.checks import Verdict
from facilityplan.checks.wording import figure
from facilityplan.coverage import Rate
from facilityplan.report.difference_words import Words, counted
from facilityplan.report.headlines import percent
from facilityplan.report.text import printable
from facilityplan.scenario.difference.facilities import SIZES, WHAT

SHOWN: Final = 10
"""Lines of one list on the screen; the workbook has them all."""

FEW_SHARED: Final = 0.5
"""A smaller share of residences under the same id in both runs is worth a warning."""

WORKBOOK: Final = "diff.xlsx"

_Row = Mapping[str, Any]


def difference_lines(found: _Row, lang: str | None = None) -> list[str]:
    """Return a comparison as lines of text.

    Parameters
    ----------
    found
        As :func:`facilityplan.scenario.difference.difference` returns it.
    """
    words = Words(found, lang)
    lines = [words.say("diff.title", project=printable(found["project"])), *words.runs()]
    if found["identical"]:
        return [*lines, words.say("diff.identical")]
    lines += _circumstances(words)
    if found["same_results"]:
        return [*lines, words.say("diff.same_results")]
    lines += warning_lines(words)
    lines += _rates(words)
    for name in ("newly_covered", "lost"):
        lines += _residences(words, name)
    lines += _on_foot(words)
    lines += _units(words)
    lines += _facilities(words)
    lines += _verdicts(words)
    lines += _regions(words)
    return lines


def _circumstances(words: Words) -> list[str]:
    by_kind: dict[str, list[str]] = {}
    for kind, name, before, after in words.circumstances():
        by_kind.setdefault(kind, []).append(words.change(kind, name, before, after))
    lines = []
    for kind, said in by_kind.items():
        shown = [*said[:SHOWN], *(("…",) if len(said) > SHOWN else ())]
        lines.append(
            words.say(
                "diff.circumstance.line",
                kind=words.say(f"diff.circumstance.{kind}"),
                said=words.joined(shown),
            )
        )
    return lines


def warning_lines(words: Words) -> list[str]:
    """Return what a reader must know before any figure."""
    found, (before, after) = words.found, words.found["runs"]
    ways = words.ways()
    lines = [
        words.say("diff.beware", ways=words.joined(ways)) if ways else words.say("diff.same_ways")
    ]
    if before["as_of"] > after["as_of"]:
        lines.append(words.say("diff.order", before=before["as_of"], after=after["as_of"]))
    whole = next(row for row in found["regions"] if row["level"] == "city")
    sizes = [whole[side]["residences"] for side in ("before", "after")]
    both = sizes[1] - len(found["residences"]["appeared"])
    if max(sizes) and both < FEW_SHARED * min(sizes):
        lines.append(words.say("diff.few_shared", both=both, before=sizes[0], after=sizes[1]))
    return lines


def _rates(words: Words) -> list[str]:
    lines = []
    for row in words.found["rates"]:
        if row["clause_id"] is not None:
            continue
        for name in ("units", "households"):
            sides = [_share(words, row[side], name) for side in ("before", "after")]
            lines.append(
                words.say(
                    "diff.rate",
                    metric=words.say(f"metric.{row['metric']}"),
                    name=words.say(f"rate.{name}"),
                    before=sides[0],
                    after=sides[1],
                )
            )
    return lines


def _share(words: Words, rates: _Row | None, name: str) -> str:
    if rates is None:
        return words.say("diff.nobody")
    rate = rates[name]
    said = percent(Rate(rate["covered"], rate["total"], rate["unknown"]))
    covered, total = counted(rate["covered"]), counted(rate["total"])
    return words.say("diff.share", covered=covered, total=total, percent=said)


def _households(words: Words, rows: Iterable[_Row]) -> str:
    known = [row["households"] for row in rows]
    missing = sum(item is None for item in known)
    said = counted(sum(item for item in known if item is not None))
    return said + (words.say("diff.unknown_households", number=missing) if missing else "")


def _more(words: Words, number: int) -> list[str]:
    return [words.say("diff.more_in", number=number, file=WORKBOOK)] if number > 0 else []


def _residences(words: Words, name: str) -> list[str]:
    rows = words.found["coverage"][name]
    lines = [words.say(f"diff.{name}", units=len(rows), households=_households(words, rows))]
    lines += [_residence(words, row) for row in rows[:SHOWN]]
    return lines + _more(words, len(rows) - SHOWN)


def _residence(words: Words, row: _Row) -> str:
    return words.say(
        "diff.residence",
        name=words.named(row),
        id=printable(row["id"]),
        street=words.zone(row["town"]),
        households=figure(row["households"], "households", words.lang),
        before=_side(words, row["before"]),
        after=_side(words, row["after"]),
        causes=words.causes(row["causes"]),
    )


def _side(words: Words, item: _Row) -> str:
    return words.say(
        "diff.side",
        clause=item["clause_id"],
        verdict=words.verdict(item["verdict"]),
        distance=figure(item["straight_m"], "m", words.lang),
    )


def _on_foot(words: Words) -> list[str]:
    found = words.found["coverage"]["on_foot"]
    newly, lost = found["newly_covered"], found["lost"]
    if not (newly or lost):
        return []
    return [
        words.say(
            "diff.on_foot",
            newly=len(newly),
            newly_households=_households(words, newly),
            lost=len(lost),
            lost_households=_households(words, lost),
        )
    ]


def _units(words: Words) -> list[str]:
    found, zones = words.found["residences"], words.found["zones"]
    lines = []
    for name, message in (("appeared", "diff.unit_appeared"), ("gone", "diff.unit_gone")):
        rows = found[name]
        if rows:
            covered = sum(bool(row["covered"]) for row in rows)
            lines.append(words.say(message, number=len(rows), covered=covered))
    if found["changed"]:
        lines.append(words.say("diff.unit_changed", number=len(found["changed"])))
    if any(zones.values()):
        lines.append(words.say("diff.zones", **{name: len(rows) for name, rows in zones.items()}))
    return lines


def _facilities(words: Words) -> list[str]:
    rows = words.found["facilities"]
    if not rows:
        return []
    counts = Counter(row["what"][0] for row in rows)
    said = [
        words.say("diff.facility_count", what=words.say(f"diff.what.{name}"), number=counts[name])
        for name in WHAT
        if counts[name]
    ]
    lines = [words.say("diff.facilities", said=words.joined(said))]
    lines += [_facility(words, row) for row in rows[:SHOWN]]
    return lines + _more(words, len(rows) - SHOWN)


def _facility(words: Words, row: _Row) -> str:
    return words.say(
        "diff.facility",
        what=words.joined([words.say(f"diff.what.{name}") for name in row["what"]]),
        name=words.named(row),
        id=printable(row["id"]),
        kind=words.kind(row["kind"]),
        street=words.zone(row["town"]),
        more=_facility_more(words, row),
    )


def _facility_more(words: Words, row: _Row) -> str:
    said = []
    if row["moved_m"]:
        said.append(words.say("diff.facility_moved", metres=counted(row["moved_m"])))
    for name in SIZES:
        if name in row["fields"]:
            unit = "beds" if name.endswith("beds") else "m2"
            sides = [figure(item, unit, words.lang) for item in row["fields"][name]]
            field = words.say(f"report.field.{name}")
            said.append(
                words.say("diff.facility_resized", field=field, before=sides[0], after=sides[1])
            )
    if row["newly_covered"] or row["lost"]:
        turned = {"newly": row["newly_covered"], "lost": row["lost"]}
        said.append(words.say("diff.facility_turned", **turned))
    if row["same_as"] is not None:
        said.append(words.say("diff.facility_same", other=printable(row["same_as"])))
    return "".join(said)


def _verdicts(words: Words) -> list[str]:
    found = words.found
    lines = [words.say("diff.verdicts", number=len(found["verdicts"]))]
    by_clause: dict[str, list[_Row]] = {}
    for row in found["verdicts"]:
        by_clause.setdefault(row["clause_id"], []).append(row)
    for row in found["clauses"]:
        changed = by_clause.get(row["clause_id"], [])
        said = _clause(words, row, changed)
        if said:
            title, clause = words.title(row), row["clause_id"]
            lines.append(words.say("diff.verdict", clause=clause, title=title, said=said))
        lines += [_verdict(words, item) for item in changed[: SHOWN // 2]]
        lines += _more(words, len(changed) - SHOWN // 2)
    return lines


def _clause(words: Words, row: _Row, changed: Sequence[_Row]) -> str:
    """Return what changed under one clause; nothing where nothing did."""
    said = [_turns(words, changed)] if changed else []
    if row["moved"]:
        said.append(words.say("diff.moved", number=row["moved"]))
    said += [
        words.say(f"diff.{side}", number=row[side])
        for side in ("only_before", "only_after")
        if row[side]
    ]
    short = _shortfall(words, row)
    return words.say("diff.and_also").join([*said, *((short,) if short else ())])


def _turns(words: Words, changed: Sequence[_Row]) -> str:
    counts = Counter((row["before"]["verdict"], row["after"]["verdict"]) for row in changed)
    order = list(Verdict)
    said = []
    for (before, after), number in sorted(
        counts.items(), key=lambda item: (-item[1], [order.index(Verdict(one)) for one in item[0]])
    ):
        sides = {"before": words.verdict(before), "after": words.verdict(after)}
        said.append(words.say("diff.turn", **sides, number=number))
    return words.joined(said)


def _verdict(words: Words, row: _Row) -> str:
    before, after = row["before"], row["after"]
    return words.say(
        "diff.verdict_of",
        unit=printable(row["unit_name"]),
        id=printable(row["unit_id"]),
        before=words.verdict(before["verdict"]),
        after=words.verdict(after["verdict"]),
        value=words.both(words.value(before), words.value(after)),
        required=words.both(words.required(before), words.required(after)),
        causes=words.causes(row["causes"]),
    )


def _shortfall(words: Words, row: _Row) -> str:
    one, two = row["shortfall"]
    if one is None or two is None or one == two:
        return ""
    sides = [figure(item, row["unit"], words.lang) for item in (one, two)]
    return words.say("diff.shortfall", before=sides[0], after=sides[1])


def _regions(words: Words) -> list[str]:
    rows = [
        row
        for row in words.found["regions"]
        if row["level"] != "city" and row["before"] != row["after"]
    ]
    rows += [
        row
        for row in words.found["regions"]
        if row["level"] != "city" and row not in rows and row["turned"]
    ]
    if not rows:
        return []
    lines = [words.say("diff.regions")]
    lines += [_region(words, row) for row in rows[: 2 * SHOWN]]
    return lines + _more(words, len(rows) - 2 * SHOWN)


def _region(words: Words, row: _Row) -> str:
    def sides(read: Any) -> str:
        said = [
            words.say("diff.nobody") if row[side] is None else read(row[side])
            for side in ("before", "after")
        ]
        return words.both(*said)

    return words.say(
        "diff.region",
        name=words.zone(row["id"], row["level"]),
        covered=row["newly_covered"],
        lost=row["lost"],
        turned=row["turned"],
        households=sides(lambda item: counted(item["households"]["covered"])),
        short=sides(lambda item: figure(item["short_m2"], "m2", words.lang)),
        facilities=sides(lambda item: counted(item["facilities"])),
    )
