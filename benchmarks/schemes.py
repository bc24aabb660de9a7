"""A thousand schemes in one Excel: reading, judging, and the register, on one core.

``make bench`` runs it; results go to ``benchmarks/RESULTS.md``. CPU seconds of this process, one
run. Alone: ``python benchmarks/schemes.py [COUNT]``.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import openpyxl
import xlsxwriter

import facilityplan as fp
from facilityplan.cli import run_command_line
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS
from facilityplan.schemes.forms import PHASES_SHEET, SHEET

ROOT = Path(__file__).resolve().parents[1]
CITY = ROOT / "data" / "sample_city"
DATE = ("--date", "2023-06-30")
PLACES = ("郑州市", "许昌市", "济源市", "长治市")


def fields_of(number):
    """Return what scheme ``number`` gives; each seventh is a square metre short."""
    households = 100 + number
    return {
        "name": f"项目{number:05d}",
        "place": PLACES[number % len(PLACES)],
        "status": "新建",
        "households": households,
        "elder_floor_area_m2": households * 0.3 - (number % 7 == 0),
        "premises": 1 + number % 2,
        "storey": "1-2层",
        "own_entrance": "是",
        "distance_to_centre_m": "500米",
        "planned_dwellings": "2019年1月1日",
        "planned_premises": "2019年1月1日",
    }


def phases_of(number):
    """Return the two halves of a scheme: households, floor area of its premises."""
    whole = fields_of(number)
    first = whole["households"] // 2
    rest = whole["elder_floor_area_m2"] - first * 0.3
    return (("一期", first, first * 0.3), ("二期", whole["households"] - first, rest))


def write_rows(path, count, given_of=fields_of):
    """Write the form with one scheme a row, its phases on a sheet of their own."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet, below = book.add_worksheet(SHEET), book.add_worksheet(PHASES_SHEET)
        sheet.write_row(0, 0, [field.words[0] for field in SCHEME_FIELDS])
        below.write_row(0, 0, [field.words[0] for field in PHASE_FIELDS])
        line = 0
        for number in range(count):
            given = given_of(number)
            sheet.write_row(number + 1, 0, [given.get(field.name) for field in SCHEME_FIELDS])
            for phase in phases_of(number):
                line += 1
                below.write_row(line, 0, [given["name"], phase[0], phase[1], None, phase[2]])


def write_placed(path, count):
    """Write the same of schemes that stand beside an estate of the sample city."""
    project = fp.open_project(CITY)
    spots = project.residences.geometry.representative_point()

    def given_of(number):
        spot = spots.iloc[number * 7 % len(spots)]
        place = {"x": round(spot.x, 3), "y": round(spot.y, 3), "crs": project.city.crs}
        return {name: cell for name, cell in fields_of(number).items() if name != "place"} | place

    write_rows(path, count, given_of)


def write_forms(path, count):
    """Write the form with one scheme a sheet."""
    with xlsxwriter.Workbook(path) as book:
        for number in range(count):
            sheet, given = book.add_worksheet(f"{SHEET}{number}"), fields_of(number)
            for line, field in enumerate(SCHEME_FIELDS):
                sheet.write_row(line, 0, [field.words[0], given.get(field.name), field.unit])


def timed(path, out, *call):
    """Check a workbook, and return CPU seconds, exit code and the rows of the register."""
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run_command_line(["check", str(path), "--json", "--out", str(out), *call])
    spent = time.process_time() - start
    rows = openpyxl.load_workbook(out / "register.xlsx", read_only=True).worksheets[0].max_row - 3
    return spent, code, rows


def section(count=1000):
    """Return the section of the results: both ways of handing the schemes in."""
    lines = [
        "## Schemes",
        "",
        f"`check` of {count:,} schemes in one Excel, each with two phases or a sheet of its own.",
        "",
        "| way | CPU s | register | exit code |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ways = (
            ("one scheme a row, phases beside", write_rows, DATE),
            ("one scheme a sheet", write_forms, DATE),
            ("one scheme a row, in the sample city", write_placed, ("--city", str(CITY))),
        )
        for name, write, call in ways:
            path = place / f"{write.__name__}.xlsx"
            write(path, count)
            spent, code, rows = timed(path, place / write.__name__, *call)
            lines.append(f"| {name} | {spent:.1f} | {rows:,} rows | {code} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(section(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
