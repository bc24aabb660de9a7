"""Tables as people make them: titles above, headers over several rows, merged cells, subtotals.

::

    read_messy_table(path, sheet=None, encoding=None) -> Table     whatever the file is
    untangle(grid) -> Table                                        the same on cells already read

A plain table (header in row 1) comes out as :func:`facilityplan.io.table.read_table` gives it.
Whatever was done beyond that stands in ``Table.readings``: header rows, rows left out as titles,
notes, numbering, subtotals (with their words), cells filled from merged ones. Row numbers stay
those that Excel and WPS show. Levels of a header are joined by "/", top first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from facilityplan.errors import SchemaError, SourceLimitError
from facilityplan.io.aliases import PATH_SIGN, split_header
from facilityplan.io.source import Reading, Table
from facilityplan.io.table import Grid, column_letters, header_text, is_empty, read_grid
from facilityplan.locale import Listed
from facilityplan.units import is_unit, plain_text, says_unknown

MAX_HEADER_ROWS: Final = 4
_SEARCHED_ROWS: Final = 30
_MAX_MERGED: Final = 1_000_000
"""Cells in merged ranges of one sheet; ranges that overlap count each."""
_TITLE: Final = re.compile(
    r"附?[表件]\s*[\d一二三四五六七八九十]|(?:计量|面积)?单位\s*[:：]|填[表报]|制表|日期\s*[:：]|截[至止]"
    r"|(?:统计|一览|汇总|明细|情况|基本信息|信息|登记|调查|普查)表|台账$|名册$|清单$|(?<=.{6})表$|数据来源|备注\s*[:：]|说明\s*[:：]"
)
_NOTE: Final = re.compile(
    r"\s*[（(【]?\s*(?:附?注|备注|说明|填[表报]\w{0,4}|制表\w{0,2}|审核\w{0,2}|复核\w{0,2}|负责人|联系\w{0,3}"
    r"|数据来源|资料来源|来源|统计时间|截[至止]\w*|source|notes?)\s*\d{0,2}\s*[:：、.]",
    re.IGNORECASE,
)
_TOTAL: Final = re.compile(
    r"合计|小计|总计|共计|累计|sub-?total|grandtotal|total|sum", re.IGNORECASE
)
_WHOLE_TOTAL: Final = re.compile(rf"(?:{_TOTAL.pattern})[:：]?", re.IGNORECASE)
_TOTAL_CELL: Final = re.compile(r"[^\d]{1,30}(?:合计|小计|总计|共计)[:：]?")
_LONGEST_DATUM: Final = 60
"""Longer text is none of the words that are looked for; patterns take long on it."""
_FIGURE_IN_WORDS: Final = re.compile(
    r"(?:大约|约|近)?[\d,.]*\d[\d,.]*(?:余|多)?[百千万亿]?(?:余|多)?([^\d\s]{0,4}?)(?:左右|上下|余|多)?"
)
_DAY: Final = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_ABOVE_UNIT: Final = re.compile(r"(?:计量|面积)?单位\s*[:：]\s*([^)）;；]+)")


@dataclass(frozen=True)
class _Head:
    """Where the header stands (rows counted from 0, last one included), and what is above."""

    first: int
    last: int
    names: list[str]


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str) and bool(cell.strip()) and not _is_figure(cell)


def _squeezed(cell: Any) -> str:
    return re.sub(r"\s+", "", str(cell))


def _is_year(cell: Any) -> bool:
    """Tell whether a number may head a column: years do."""
    return isinstance(cell, float) and cell.is_integer() and 1900 <= cell <= 2100


def _is_figure(cell: Any) -> bool:
    if isinstance(cell, (float, dt.date, dt.time, dt.timedelta, bool)):
        return True
    return isinstance(cell, str) and bool(re.fullmatch(r"[-+]?[\d,.]+%?", plain_text(cell)))


def _is_datum(cell: Any) -> bool:
    """Tell whether a cell is one of a row, not of a header: a figure, also in words, or a day."""
    if _is_figure(cell):
        return not _is_year(cell)
    if not isinstance(cell, str) or not cell.strip():
        return False
    if len(cell) > _LONGEST_DATUM:
        return False
    plain = plain_text(cell)
    figure = _FIGURE_IN_WORDS.fullmatch(plain)
    if figure is not None and (not figure[1] or is_unit(figure[1])):
        return True
    return says_unknown(cell) or _DAY.fullmatch(plain) is not None


def _covering(grid: Grid, width: int) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """Return per cell that a merged range covers, its first cell left out, that range."""
    covered = {}
    looked = 0
    for top, left, bottom, right in grid.merged or ():
        last = min(right, width - 1)
        looked += max(0, min(bottom, len(grid.records) - 1) - top + 1) * max(0, last - left + 1)
        if looked > _MAX_MERGED:
            raise SourceLimitError("workbook_suspicious", file=grid.file)
        for row in range(top, min(bottom, len(grid.records) - 1) + 1):
            for column in range(left, last + 1):
                if (row, column) != (top, left):
                    covered[row, column] = (top, left, bottom, right)
    return covered


def _is_title(record: Sequence[Any]) -> bool:
    """Tell whether a row stands above a table: one text, or words of a title."""
    texts = [cell for cell in record if not is_empty(cell)]
    if len(texts) == 1 and len(record) > 1:
        return True
    return any(isinstance(cell, str) and _TITLE.search(cell.strip()) for cell in texts[:1]) and (
        len(texts) <= max(2, len(record) // 3)
    )


def _is_header_row(record: Sequence[Any]) -> bool:
    texts = [cell for cell in record if not is_empty(cell)]
    if not texts or any(_is_datum(cell) for cell in texts):
        return False
    if not isinstance(texts[0], str):
        return False
    return len(record) == 1 or (len({str(cell) for cell in texts}) > 1 and not _is_title(record))


def _first_header_row(grid: Grid, width: int) -> int | None:
    """Return the first row that can be a header, ``None`` where the first row has to be."""
    for n, record in enumerate(grid.records[:_SEARCHED_ROWS]):
        full = _padded(record, width)
        if all(is_empty(cell) for cell in full):
            continue
        if _is_header_row(full):
            return n
        if not _is_title(full):
            return None
    return None


def _padded(record: Sequence[Any], width: int) -> list[Any]:
    return [*record, *[None] * (width - len(record))][:width]


def _is_unit_row(record: Sequence[Any]) -> bool:
    texts = [cell for cell in record if not is_empty(cell)]
    return bool(texts) and all(
        isinstance(cell, str) and is_unit(cell.strip("（）()[]【】 ")) for cell in texts
    )


def _is_numbering(record: Sequence[Any]) -> bool:
    """Tell whether a row only counts the columns: 1, 2, 3 … or (1), (2) …, from the second on."""
    said = [re.sub(r"[()（）\s]", "", header_text(cell)) for cell in record]
    count = [int(text) if text.isdecimal() else None for text in said]
    numbers = [n for n in count if n is not None]
    letters = [text for text in said if text and not text.isdecimal()]
    return (
        len(numbers) > 2
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and numbers[0] == 1
        and all(text in {"甲", "乙", "丙", "丁"} for text in letters)
        and len(numbers) + len(letters) >= len([text for text in said if text])
        and (
            len(letters) > 1 or (bool(letters) and len(numbers) > 4) or len(numbers) == len(record)
        )
    )


def _last_header_row(
    grid: Grid, first: int, width: int, covered: dict[tuple[int, int], Any]
) -> int:
    """Return the last row of a header, by its merged cells, else by the holes in its first row."""
    last = first
    while last + 1 < len(grid.records) and last - first < MAX_HEADER_ROWS - 1:
        below = _padded(grid.records[last + 1], width)
        texts = [cell for cell in below if not is_empty(cell)]
        reaches = any(
            covered.get((last + 1, column), (last + 1,))[0] in range(first, last + 1)
            for column in range(width)
        )
        if any(_is_figure(cell) or _is_datum(cell) for cell in texts):
            break
        row = _padded(grid.records[last], width)
        holes = [n for n in range(width) if is_empty(row[n])]
        if grid.merged is not None:
            wide = [n for n in holes if (found := covered.get((last, n))) and found[2] == last]
            free = [
                n
                for n in range(width)
                if n not in wide
                and (last + 1, n) not in covered
                and not is_empty(below[n])
                and n + 1 not in wide
            ]
            grows = reaches or (bool(wide) and not free and bool(texts))
        else:
            # Where nobody says what is merged: the names that are missing stand one row below,
            # and some column's own name reaches down over it.
            above_filled = [n for n in range(width) if not is_empty(row[n])]
            grows = (
                bool(holes)
                and all(not is_empty(below[n]) for n in holes if _has_body(grid, last + 1, n))
                and any(is_empty(below[n]) for n in above_filled)
                and any(not is_empty(below[n]) for n in holes)
            )
        if not (grows or _is_unit_row(below)):
            break
        last += 1
    return last


def _has_body(grid: Grid, after: int, column: int) -> bool:
    return any(
        column < len(record) and not is_empty(record[column]) for record in grid.records[after:]
    )


def _names(
    grid: Grid, first: int, last: int, width: int, covered: dict[tuple[int, int], Any]
) -> list[str]:
    """Return the name of each column, its levels joined, each said once."""
    levels: list[list[str]] = [[] for _ in range(width)]
    for row in range(first, last + 1):
        record = _padded(grid.records[row], width)
        unit_row = row > first and _is_unit_row(record)
        carried = ""
        for column, cell in enumerate(record):
            said = header_text(cell)
            if not said and (found := covered.get((row, column))) is not None:
                above = _padded(grid.records[found[0]], width)
                said = header_text(above[found[1]]) if found[0] >= first else ""
            elif not said and grid.merged is None and row < last:
                below = any(
                    not is_empty(_padded(grid.records[r], width)[column])
                    and not _is_unit_row(grid.records[r])
                    for r in range(row + 1, last + 1)
                )
                said = carried if below and row == first else said
            carried = said or carried
            if unit_row and said:
                levels[column] = [
                    *levels[column][:-1],
                    f"{levels[column][-1] if levels[column] else ''}（{said.strip('（）()[] ')}）",
                ]
            elif said and said not in levels[column][-1:]:
                levels[column].append(said)
    return [PATH_SIGN.join(re.sub(r"\s+", "", part) for part in found) if len(found) > 1
            else "".join(found) for found in levels]  # fmt: skip


def _head(grid: Grid, width: int) -> _Head | None:
    first = _first_header_row(grid, width)
    if first is None:
        return None
    covered = _covering(grid, width)
    last = _last_header_row(grid, first, width, covered)
    return _Head(first, last, _names(grid, first, last, width, covered))


def is_total(record: Sequence[Any]) -> bool:
    """Tell whether a row sums others up: 合计, 小计, 总计, total, beside at least one figure.

    A name that only ends so (沁园街道小计) counts where no cell before it holds an id or a name.
    """
    texts = [(n, cell.strip()) for n, cell in enumerate(record) if _is_text(cell)]
    if not any(_is_figure(cell) for cell in record):
        return False
    squeezed = [(n, _squeezed(text)) for n, text in texts]
    if any(_WHOLE_TOTAL.fullmatch(text) for _, text in squeezed[:3]):
        return True
    return bool(squeezed) and _TOTAL_CELL.fullmatch(squeezed[0][1]) is not None


def is_note(record: Sequence[Any]) -> bool:
    """Tell whether a row below a table is a remark (注：…, 填表人：…), not one of its rows."""
    texts = [cell for cell in record if not is_empty(cell)]
    return bool(texts) and isinstance(texts[0], str) and _NOTE.match(texts[0]) is not None


def _left_out(grid: Grid, head: _Head, width: int) -> tuple[dict[str, list[int]], list[str]]:
    """Return the rows (from 0) below the header that are no rows of the table, by reason."""
    out: dict[str, list[int]] = {"repeated_header": [], "numbering": [], "total": [], "note": []}
    words: list[str] = []
    bottom = [_padded(grid.records[row], width) for row in range(head.first, head.last + 1)]
    for row in range(head.last + 1, len(grid.records)):
        record = _padded(grid.records[row], width)
        if row == head.last + 1 and _is_numbering(record):
            out["numbering"].append(row)
        elif any(record == said for said in bottom) and not all(is_empty(c) for c in record):
            out["repeated_header"].append(row)
        elif is_total(record):
            out["total"].append(row)
            words.append(
                next(str(c).strip() for c in record if _is_text(c) and _TOTAL.search(_squeezed(c)))
            )
    # Remarks stand at the end; one in between would be a row that only looks so.
    taken = {row for rows in out.values() for row in rows}
    for row in range(len(grid.records) - 1, head.last, -1):
        record = _padded(grid.records[row], width)
        if all(is_empty(cell) for cell in record) or row in taken:
            continue
        if not is_note(record):
            break
        out["note"].insert(0, row)
    return out, words


def _fill_merged(
    grid: Grid, body: Sequence[int], width: int, names: Sequence[str]
) -> tuple[list[list[Any]], dict[str, tuple[int, ...]]]:
    """Return the body with merged cells filled, and per column the rows that were."""
    covered = _covering(grid, width)
    filled: dict[str, list[int]] = {}
    records = []
    rows = set(body)
    for row in body:
        record = _padded(grid.records[row], width)
        for column in range(width):
            found = covered.get((row, column))
            if found is not None and is_empty(record[column]) and names[column]:
                value = _padded(grid.records[found[0]], width)[found[1]]
                if not is_empty(value) and found[0] in rows:
                    record[column] = value
                    filled.setdefault(names[column], []).append(row + 1)
        records.append(record)
    return records, {name: tuple(found) for name, found in filled.items()}


def _check_names(names: Sequence[str], used: Sequence[bool], file: str) -> None:
    nameless = [column_letters(n) for n, name in enumerate(names) if not name and used[n]]
    if not any(names):
        raise SchemaError("table_without_header", file=file)
    if nameless:
        raise SchemaError("table_header_empty", file=file, columns=", ".join(nameless))
    given = [name for name in names if name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise SchemaError("table_header_duplicate", file=file, columns=", ".join(twice))


def _unit_above(grid: Grid, head: _Head) -> str | None:
    """Return the one unit that a line above the header gives for the whole table."""
    for record in grid.records[: head.first]:
        for cell in record:
            found = _ABOVE_UNIT.search(cell) if isinstance(cell, str) else None
            if found is not None and is_unit(found[1].strip()):
                return found[1].strip()
    return None


def _said(head: _Head, out: dict[str, list[int]], words: Sequence[str]) -> list[Reading]:
    readings = []
    if head.first or head.last > head.first:
        rows = tuple(range(head.first + 1, head.last + 2))
        readings.append(Reading("header_rows", rows=rows))
    for reason, rows_out in out.items():
        if rows_out:
            parameters = {"words": Listed(dict.fromkeys(words))} if reason == "total" else {}
            rows = tuple(row + 1 for row in rows_out)
            readings.append(Reading(f"rows_{reason}", rows=rows, parameters=parameters))
    return readings


def untangle(grid: Grid) -> Table:
    """Return the table in some cells; see the module's text.

    Raises
    ------
    SchemaError
        If no row can be a header, a column with cells has no name, or two have the same.
    """
    count = len(grid.records)
    while count and all(is_empty(cell) for cell in grid.records[count - 1]):
        count -= 1
    records = grid.records[:count]
    grid = replace(grid, records=records)
    width = max(
        (n + 1 for record in records for n, cell in enumerate(record) if not is_empty(cell)),
        default=0,
    )
    if not width:
        raise SchemaError("table_without_header", file=grid.file)
    head = _head(grid, width)
    if head is None:
        head = _Head(0, 0, [header_text(cell) for cell in _padded(records[0], width)])
    out, words = _left_out(grid, head, width)
    dropped = {row for rows in out.values() for row in rows}
    body = [
        row
        for row in range(head.last + 1, len(records))
        if row not in dropped and not all(is_empty(cell) for cell in records[row])
    ]
    cells, filled = _fill_merged(grid, body, width, head.names)
    used = [any(not is_empty(record[n]) for record in cells) for n in range(width)]
    _check_names(head.names, used, grid.file)
    readings = _said(head, out, words)
    readings += [Reading("merged_filled", column=name, rows=rows) for name, rows in filled.items()]
    unit = _unit_above(grid, head)
    units = {} if unit is None else {name: unit for name in head.names if name}
    keep = [n for n, name in enumerate(head.names) if name]
    frame = pd.DataFrame(
        {head.names[n]: pd.Series([record[n] for record in cells], dtype=object) for n in keep},
        columns=pd.Index([head.names[n] for n in keep], dtype=object),
    )
    rows = np.array([row + 1 for row in body], dtype=np.int64)
    units = {name: unit for name, unit in units.items() if split_header(name).unit is None}
    return Table(frame, rows, grid.file, grid.encoding, tuple(readings), filled, units)


def read_messy_table(
    path: str | Path, *, sheet: str | None = None, encoding: str | None = None
) -> Table:
    """Read a table as people make it: CSV, xlsx, xls, xlsb or ods.

    Parameters
    ----------
    path, sheet, encoding
        As of :func:`facilityplan.io.table.read_table`.

    Returns
    -------
    Table
        With ``readings`` that say what was done; see the module's text.

    Raises
    ------
    FacilityPlanError
        As of :func:`facilityplan.io.table.read_table`.
    """
    return untangle(read_grid(path, sheet=sheet, encoding=encoding))
