"""A new project folder: an annotated ``project.toml`` and empty tables with Chinese headers."""

from __future__ import annotations

import datetime as dt
import io
from importlib import resources
from pathlib import Path
from typing import Final

import xlsxwriter

from facilityplan import files, standards
from facilityplan.errors import OutputError
from facilityplan.layers import FACILITY_STATUSES, OPERATORS, RESIDENCE_STATUSES

TABLES: Final = {
    "estates.xlsx": (
        "小区台账",
        ("编号", "小区名称", "所属社区", "建设状态", "户数", "人口", "老年人口", "竣工日期"),
        {"建设状态": [words[0] for words in RESIDENCE_STATUSES.values()]},
    ),
    "facilities.xlsx": (
        "设施台账",
        (
            "编号",
            "设施名称",
            "设施类型",
            "运营状态",
            "经度",
            "纬度",
            "建筑面积",
            "用地面积",
            "床位数",
            "护理型床位数",
            "服务小区",
            "面向社区",
            "运营方式",
        ),
        {
            "运营状态": [words[0] for words in FACILITY_STATUSES.values()],
            "面向社区": ["是", "否"],
            "运营方式": [words[0] for words in OPERATORS.values()],
        },
    ),
    "schemes.xlsx": (
        "新建项目",
        ("项目名称", "地区", "建设状态", "总户数", "养老服务用房建筑面积", "养老服务用房处数"),
        {"建设状态": [words[0] for words in RESIDENCE_STATUSES.values()]},
    ),
}
"""File -> sheet, headers, and the words of columns that take only some."""

ROWS_WITH_LISTS: Final = 5000


def new_project(folder: Path, lang: str) -> list[str]:
    """Make a project folder and return the names of the files in it.

    Parameters
    ----------
    folder
        A folder that does not exist yet, or is empty.
    lang
        Language of the notes in ``project.toml``.

    Raises
    ------
    OutputError
        If the folder holds anything: nothing of the user's is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("output_exists", folder=folder.name)
    template = resources.files(__package__) / f"project_{lang}.toml"
    files.write_text(folder / "project.toml", template.read_text(encoding="utf-8"))
    for name, (sheet, headers, lists) in TABLES.items():
        full = dict(lists)
        if "设施类型" in headers:
            full["设施类型"] = [kind.zh for kind in standards.kinds().values()]
        files.write_bytes(folder / name, _table(sheet, headers, full))
    return ["project.toml", *TABLES]


def _table(sheet: str, headers: tuple[str, ...], lists: dict[str, list[str]]) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    # A fixed date of creation: the same template has the same bytes.
    book.set_properties({"created": dt.datetime(2026, 1, 1)})  # noqa: DTZ001 - Excel knows no zone
    bold = book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1})
    page = book.add_worksheet(sheet)
    page.freeze_panes(1, 0)
    for column, header in enumerate(headers):
        page.write_string(0, column, header, bold)
        page.set_column(column, column, max(10, 2 * len(header) + 2))
        if header in lists:
            rule = {"validate": "list", "source": lists[header]}
            page.data_validation(1, column, ROWS_WITH_LISTS, column, rule)
    book.close()
    return stream.getvalue()
