"""The difference of two runs as an Excel workbook: every change, the biggest first."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from facilityplan import locale
from facilityplan.errors import OutputError
from facilityplan.report.difference import warning_lines
from facilityplan.report.difference_words import Words, plain_text
from facilityplan.report.sheets import Cell, Column, Row, open_book
from facilityplan.report.text import printable
from facilityplan.report.workbook import MAX_FINDINGS

_Row = Mapping[str, Any]


def _columns(**widths: float) -> tuple[Column, ...]:
    return tuple(Column(f"diff_{name}", width) for name, width in widths.items())


def _sides(name: str, width: float, *, toned: bool = False) -> tuple[Column, ...]:
    after = Column(f"diff_{name}_after", width, toned=toned)
    return (Column(f"diff_{name}_before", width), after)


_SUMMARY: Final = _columns(metric=24, item=38, before=16, after=16, change=14)
_CIRCUMSTANCES: Final = _columns(kind=16, name=44, before=40, after=40)
_COVERAGE: Final = (
    *_columns(what=14, metric=12, id=12, name=26, county=14, town=18, households=10, elders=10),
    *_sides("clause", 10),
    *_sides("verdict", 12, toned=True),
    *_sides("limit", 18),
    *_sides("straight", 18),
    *_sides("facility", 16),
    *_sides("walking", 18),
    *_columns(causes=18),
)
_FACILITIES: Final = (
    *_columns(what=20, id=12, name=28, kind=22, county=14, town=18),
    *_sides("status", 12),
    *_sides("area", 18),
    *_sides("beds", 14),
    *_columns(moved=12, newly=22, lost=22, fields=40, same_as=14),
)
_VERDICTS: Final = (
    Column("clause", 10),
    Column("title", 32),
    *_columns(unit_kind=10, id=16, name=26, county=14, town=18),
    *_sides("verdict", 12, toned=True),
    *_sides("value", 14),
    *_sides("required", 14),
    Column("unit_of_measure", 10),
    *_columns(margin=12, causes=20),
)
_CLAUSES: Final = (
    Column("clause", 10),
    Column("title", 36),
    *_columns(turned=12, figures_moved=24),
    *_sides("compliant", 10),
    *_sides("missed", 10),
    *_sides("undecided", 10),
    *_sides("short", 14),
    Column("unit_of_measure", 10),
    *_columns(only_before=12, only_after=12),
)
_REGIONS: Final = (
    *_columns(level=14, id=14, name=22, newly=22, lost=22, turned=14),
    *_sides("units", 20),
    *_sides("of_units", 22),
    *_sides("covered", 16),
    *_sides("of_households", 16),
    *_sides("walked", 20),
    *_sides("gap", 22),
    *_sides("running", 18),
)
_UNITS: Final = _columns(
    what=12, unit_kind=12, id=14, name=28, county=14, town=18, households=10, covered=10, fields=60
)

_RATES: Final = ("units", "households", "persons", "elders", "land")


def difference_workbook(found: _Row, lang: str | None = None) -> bytes:
    """Return an xlsx file of a comparison; the same comparison gives the same bytes.

    Raises
    ------
    OutputError
        If there are more changed verdicts than a sheet has rows.
    """
    words = Words(found, lang)
    if len(found["verdicts"]) > MAX_FINDINGS:
        raise OutputError("workbook_too_long", findings=len(found["verdicts"]), limit=MAX_FINDINGS)
    stream = io.BytesIO()
    head = words.say("diff.title", project=printable(found["project"]))
    sheets: tuple[tuple[str, Sequence[Column], Callable[[Words], Iterator[Row]]], ...] = (
        ("summary", _SUMMARY, _summary),
        ("circumstances", _CIRCUMSTANCES, _circumstances),
        ("coverage", _COVERAGE, _coverage),
        ("facilities", _FACILITIES, _facilities),
        ("verdicts", _VERDICTS, _verdicts),
        ("clauses", _CLAUSES, _clauses),
        ("regions", _REGIONS, _regions),
        ("units", _UNITS, _units),
    )
    with open_book(stream, head, dt.date.fromisoformat(found["runs"][1]["as_of"]), lang) as writer:
        for name, columns, rows in sheets:
            above = (head, *_above(words)) if name == "summary" else ()
            writer.sheet(f"diff_{name}", columns, list(rows(words)), above=above)
    return stream.getvalue()


def _above(words: Words) -> list[str]:
    """Return what stands above the summary: which runs, and what to beware of."""
    lines = words.runs()
    if words.found["identical"]:
        return [*lines, words.say("diff.identical")]
    if words.found["same_results"]:
        lines.append(words.say("diff.same_results"))
    return lines + warning_lines(words)


def _row(cells: Mapping[str, Cell], tone: str = "plain") -> Row:
    return Row({f"diff_{name}": cell for name, cell in cells.items()}, tone)


def _pair(name: str, before: Cell, after: Cell) -> dict[str, Cell]:
    return {f"{name}_before": before, f"{name}_after": after}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _figures(metric: str, item: str, before: Any, after: Any) -> Row:
    sides = (_number(before), _number(after))
    change = None if sides[0] is None or sides[1] is None else sides[1] - sides[0]
    cells: dict[str, Cell] = {"metric": metric, "item": item, "before": sides[0]}
    return _row({**cells, "after": sides[1], "change": change})


def _summary(words: Words) -> Iterator[Row]:
    for row in words.found["rates"]:
        metric = words.say(f"metric.{row['metric']}")
        if row["clause_id"] is not None:
            metric = f"{metric} {row['clause_id']}"
        sides = [row["before"] or {}, row["after"] or {}]
        for name in _RATES:
            said = words.say(f"diff.row.{'land_m2' if name == 'land' else name}")
            rates = [side.get(name) or {} for side in sides]
            yield _figures(metric, said, *(rate.get("covered") for rate in rates))
            total = words.say("diff.row.total", name=said)
            yield _figures(metric, total, *(rate.get("total") for rate in rates))
            share = words.say("diff.row.share", name=said)
            yield _figures(metric, share, *(_percent(rate.get("share")) for rate in rates))
        said = words.say("diff.row.undecided")
        yield _figures(metric, said, *(side.get("undecided") for side in sides))
    whole = next(row for row in words.found["regions"] if row["level"] == "city")
    for name in ("residences", "required_m2", "provided_m2", "short_m2", "facilities"):
        yield _figures(
            "", words.say(f"diff.row.{name}"), *(whole[side][name] for side in ("before", "after"))
        )
    for name in ("floor_area_m2", "beds"):
        known = (whole[side][name]["known"] for side in ("before", "after"))
        yield _figures("", words.say(f"diff.row.{name}"), *known)
    for name in ("newly_covered", "lost", "turned"):
        yield _figures("", words.say(f"diff.row.{name}"), None, whole[name])


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _circumstances(words: Words) -> Iterator[Row]:
    for kind, name, before, after in words.circumstances():
        said = words.say("diff.circumstance.scenario") if kind == "scenario" else printable(name)
        yield _row(
            {
                "kind": words.say(f"diff.circumstance.{kind}"),
                "name": said,
                "before": _setting(before),
                "after": _setting(after),
            }
        )


def _setting(value: Any) -> str:
    return "" if value is None else plain_text(value)


def _places(words: Words, row: _Row) -> dict[str, Cell]:
    return {
        "county": words.zone(row["county"], "county"),
        "town": words.zone(row["town"]),
    }


def _coverage(words: Words) -> Iterator[Row]:
    found = words.found["coverage"]
    for metric, lists in (("straight_line", found), ("walking", found["on_foot"])):
        for name in ("newly_covered", "lost"):
            for row in lists[name]:
                one, two = row["before"], row["after"]
                cells: dict[str, Cell] = {
                    "what": words.say(f"diff.coverage.{name}"),
                    "metric": words.say(f"metric.{metric}"),
                    "id": row["id"],
                    "name": words.named(row),
                    **_places(words, row),
                    "households": _number(row["households"]),
                    "elders": _number(row["elders"]),
                    **_pair("clause", one["clause_id"], two["clause_id"]),
                    **_pair("verdict", *(words.verdict(side["verdict"]) for side in (one, two))),
                    **_pair("limit", *(_number(side["limit_m"]) for side in (one, two))),
                    **_pair("straight", *(_number(side["straight_m"]) for side in (one, two))),
                    **_pair("facility", *(side["facility"] for side in (one, two))),
                    **_pair("walking", *(_number(side["walking_m"]) for side in (one, two))),
                    "causes": words.causes(row["causes"]),
                }
                yield _row(cells, two["verdict"])


def _facilities(words: Words) -> Iterator[Row]:
    for row in words.found["facilities"]:
        sides = [row[side] or {} for side in ("before", "after")]
        yield _row(
            {
                "what": words.joined([words.say(f"diff.what.{name}") for name in row["what"]]),
                "id": row["id"],
                "name": words.named(row),
                "kind": words.kind(row["kind"]),
                **_places(words, row),
                **_pair("status", *(_status(words, side) for side in sides)),
                **_pair("area", *(_number(side.get("floor_area_m2")) for side in sides)),
                **_pair("beds", *(_number(side.get("beds")) for side in sides)),
                "moved": _number(row["moved_m"]),
                "newly": _number(row["newly_covered"]),
                "lost": _number(row["lost"]),
                "fields": _fields(words, row["fields"]),
                "same_as": row["same_as"],
            }
        )


def _status(words: Words, side: _Row) -> str | None:
    status = side.get("status")
    return None if status is None else words.say(f"facility_status.{status}")


def _fields(words: Words, fields: Mapping[str, Any]) -> str:
    catalogue = locale.catalogue(locale.language(words.lang))
    said = []
    for name, (before, after) in fields.items():
        label = catalogue.get(f"report.field.{name}") or catalogue.get(f"diff.field.{name}") or name
        arrow = words.arrow(*(_setting(side) or words.say("diff.none") for side in (before, after)))
        said.append(f"{label} {arrow}")
    return words.joined(said)


def _verdicts(words: Words) -> Iterator[Row]:
    titles = {row["clause_id"]: words.title(row) for row in words.found["clauses"]}
    for row in words.found["verdicts"]:
        one, two = row["before"], row["after"]
        unit = two["unit"] or one["unit"]
        cells = _row(
            {
                "unit_kind": words.say(f"diff.unit.{row['unit_kind']}"),
                "id": row["unit_id"],
                "name": printable(row["unit_name"]),
                **_places(words, row),
                **_pair("verdict", *(words.verdict(side["verdict"]) for side in (one, two))),
                **_pair("value", *(_number(side["value"]) for side in (one, two))),
                **_pair("required", *(_number(side["required"]) for side in (one, two))),
                "margin": _number(row["margin_change"]),
                "causes": words.causes(row["causes"]),
            },
            two["verdict"],
        ).cells
        more: dict[str, Cell] = {
            "clause": row["clause_id"],
            "title": titles[row["clause_id"]],
            "unit_of_measure": "" if unit is None else words.say(f"unit.{unit}"),
        }
        yield Row({**cells, **more}, two["verdict"])


def _clauses(words: Words) -> Iterator[Row]:
    for row in words.found["clauses"]:
        one, two = row["before"], row["after"]
        cells = _row(
            {
                "turned": _number(row["turned"]),
                "figures_moved": _number(row["moved"]),
                **_pair("compliant", one["compliant"], two["compliant"]),
                **_pair("missed", one["non_compliant"], two["non_compliant"]),
                **_pair("undecided", one["insufficient_data"], two["insufficient_data"]),
                **_pair("short", *(_number(side) for side in row["shortfall"])),
                "only_before": _number(row["only_before"]),
                "only_after": _number(row["only_after"]),
            }
        ).cells
        more: dict[str, Cell] = {
            "clause": row["clause_id"],
            "title": words.title(row),
            "unit_of_measure": "" if row["unit"] is None else words.say(f"unit.{row['unit']}"),
        }
        yield Row({**cells, **more})


def _regions(words: Words) -> Iterator[Row]:
    for row in words.found["regions"]:
        one, two = row["before"], row["after"]
        is_city = row["level"] == "city"
        name = printable(row["name"]) if is_city else words.zone(row["id"], row["level"])
        yield _row(
            {
                "level": words.say(f"level.{row['level']}"),
                "id": row["id"],
                "name": name,
                "newly": _number(row["newly_covered"]),
                "lost": _number(row["lost"]),
                "turned": _number(row["turned"]),
                **_pair("units", *_of((one, two), "units", "covered")),
                **_pair("of_units", *_of((one, two), "units", "total")),
                **_pair("covered", *_of((one, two), "households", "covered")),
                **_pair("of_households", *_of((one, two), "households", "total")),
                **_pair("walked", *_of((one, two), "households", "walked")),
                **_pair("gap", *_of((one, two), "short_m2")),
                **_pair("running", *_of((one, two), "facilities")),
            }
        )


def _of(sides: Sequence[_Row | None], name: str, part: str | None = None) -> list[float | None]:
    found = [None if side is None else side[name] for side in sides]
    return [_number(item if item is None or part is None else item[part]) for item in found]


def _units(words: Words) -> Iterator[Row]:
    for layer, kind in (("residences", "residence"), ("zones", "zone")):
        for what in ("appeared", "gone", "changed"):
            for row in words.found[layer][what]:
                covered = row.get("covered")
                said = None if covered is None else "covered" if covered else "uncovered"
                has_place = layer == "residences" and what != "changed"
                places = _places(words, row) if has_place else {"county": None, "town": None}
                yield _row(
                    {
                        "what": words.say(f"diff.unit.{what}"),
                        "unit_kind": words.say(f"diff.unit.{kind}"),
                        "id": row["id"],
                        "name": words.named(row),
                        **places,
                        "households": _number(row.get("households")),
                        "covered": None if said is None else words.say(f"diff.unit.{said}"),
                        "fields": _fields(words, row.get("fields", {})),
                    }
                )
