"""Make the page of every clause group from the documents and their worked cases.

Run it after a document or a case has changed: ``python docs/make_clause_pages.py``. A test makes
the pages anew and compares.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from facilityplan import locale, standards
from facilityplan.checks.wording import figure
from facilityplan.units import format_number

FOLDER = Path(__file__).parent / "clauses"

MEASURED: Mapping[str, str] = {
    "service_radius": "每个居住单元到最近一处计入设施的直线距离；步行距离并列。距离取整到毫米，不另设容差。",
    "floor_area_per_100_households": "计入的养老服务用房建筑面积，与户数 × 每百户标准（或最小面积）相比；按户数比例计，不取整。",
    "concentration": "居住单元内计入的养老服务用房处数。",
    "conditional_station": "居住单元到本社区中心的直线距离超过触发值时，核对站点面积；没有触发则不适用。",
    "required_facility": "区域内计入的设施处数；条款写明床位的，按单个设施的床位计，不合并。",
    "beds_per_1000": "区域内计入设施的床位 × 1000 ÷ 人口（口径见“比值口径”）。",
    "land_per_person": "规划为养老用途的地块面积 ÷ 人口。",
    "beds_for_supported": "计入设施的床位 ÷ 有集中供养意愿的特困人员数。",
    "coverage_share": "有计入设施的区域个数 ÷ 该层级区域总个数。",
    "total": "区域内计入设施的床位数或处数之和。",
    "increment": "起止年份内（含首尾）新增的床位数或设施处数。",
    "share_of_beds": "符合条件的床位 ÷ 床位总数（或新增床位）。",
    "share_of_facilities": "符合条件的设施处数 ÷ 设施总处数。",
    "occupancy": "入住人数 ÷ 床位数；“左右”只有在使用者给出容差时才判定。",
    "compliance_rate": "达标的居住项目数 ÷ 居住项目总数。",
    "equipment": "达到规模的设施是否配备所要求的内容。",
    "adjacency": "每处医疗卫生设施到最近的对应养老设施的直线距离；原文没有数值，只列出。",
    "circle": "居住单元到最近计入设施的步行距离 ÷ 步行速度，或距离本身。",
    "staged_delivery": "规划、建设、验收、交付各环节中，养老用房不晚于住宅的环节数（表 deliveries）。",
    "indicator": "上报的指标值（表 indicators）与目标相比。",
    "milestone": "项目或任务的完成日期（表 milestones）与期限相比。",
    "expiry": "自起算日（表 clocks）到判定日的年数。",
    "register": "清查台账逐项登记。",
    "premises": "审查方案时按方案表所填的楼层、出入口、电梯、单处面积等核对；未填作资料不足。",
    "subsidy": "按公式逐设施测算，写明封顶和所采用的理解；缺资料不作零计。",
    "text": "保留原文，不作核算。",
}
"""How each measure is taken, in a planner's words."""

FORMULAS: Mapping[str, str] = {
    "stepped_area": "达到 {base_m2} ㎡ 给 {base}，每增加 {step_m2} ㎡ 加 {step}，最高 {cap}",
    "per_bed": "床位数 × 每张床位金额",
    "share_of_cost": "实际投资（万元）× {share}",
    "per_rating": "按星级：{amounts}",
    "per_person_year": "各类人数 × 每人每年 {per_person_year}",
    "per_person_month": "各档人数 × 每人每月 {per_person_month}",
    "tiers": "投资达到 {tiers}（万元）分别给 {amounts}",
    "fixed": "定额 {amounts}",
}

CONFIDENCE: Mapping[str, str] = {
    "B": "可信度 B：引自公开网页，手头没有原文，以原文为准。",
    "C": "可信度 C：待核实，只供参考，不作合规结论。",
}


def pages() -> dict[str, str]:
    """Return every page, by its path below the folder of pages."""
    made: dict[str, str] = {}
    index = ["# 条款说明", "", "由 `docs/make_clause_pages.py` 生成，请勿手改。", ""]
    for name in standards.document_files():
        document = standards.load(name)
        cases = _cases(name)
        groups: dict[str, list[standards.Clause]] = {}
        for clause in document.clauses:
            groups.setdefault(clause.group, []).append(clause)
        index += [f"## {document.number} {document.title}", ""]
        for group, clauses in groups.items():
            path = f"{name}/{group}.md"
            made[path] = _page(document, group, clauses, cases)
            titles = "；".join(dict.fromkeys(clause.title for clause in clauses))
            short = titles if len(titles) <= 60 else f"{titles[:59]}…"
            index.append(f"- [{group}]({path}) {short}")
        index.append("")
    made["README.md"] = "\n".join(index)
    return made


def _cases(document: str) -> dict[str, list[dict[str, Any]]]:
    """Return the worked cases of a document by clause; none where it has no file of them."""
    file = resources.files(standards) / "cases" / f"{document}.toml"
    if not file.is_file():
        return {}
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, Any]]] = {}
    for case in (*table.get("case", ()), *table.get("subsidy", ())):
        found.setdefault(case["clause"], []).append(case)
    return found


def _page(
    document: standards.Document,
    group: str,
    clauses: Iterable[standards.Clause],
    cases: Mapping[str, list[dict[str, Any]]],
) -> str:
    lines = [f"# {group}", "", f"{document.number} {document.title}", ""]
    if document.confidence != "A":
        lines += [CONFIDENCE[document.confidence], ""]
    for clause in clauses:
        lines += _clause(clause, cases.get(clause.id, ()))
    lines += ["[全部条款](../README.md)", ""]
    return "\n".join(lines)


def _clause(clause: standards.Clause, cases: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = [f"## {clause.id} {clause.title}", "", f"*{clause.title_en}*", "", "### 要求", ""]
    lines += [f"- {label}：{said}" for label, said in _facts(clause)]
    lines += ["", "### 核算方法", "", MEASURED.get(clause.measure, MEASURED["text"])]
    formula = clause.parameters.get("formula")
    if formula in FORMULAS:
        said = {key: _said(value) for key, value in clause.parameters.items()}
        unit = locale.text(f"unit.{clause.unit}", "zh")
        how = FORMULAS[str(formula)].format_map({"cap": "不封顶", **said})
        lines += ["", f"{how}（单位：{unit}）。"]
    lines += ["", "### 算例", "", *_examples(clause, list(cases))]
    lines += ["", "### 依据", "", f"{clause.document_number} {clause.number}：", ""]
    lines += [f"> {clause.quote}", ""]
    if clause.verified is not None:
        said_on = clause.verified.on.isoformat()
        lines += [f"{said_on} 对照{clause.verified.against}核对。", ""]
    lines += ["### 原文没有写明的", ""]
    lines += [f"- {item}" for item in clause.ambiguity] or ["（无）"]
    if clause.reading:
        lines += ["", f"本次理解：{clause.reading}"]
    for name, reading in clause.readings.items():
        options = "、".join(f"`{option}`" for option in reading.options)
        lines += [
            "",
            f"可选理解 `{name}`：{reading.question}默认 `{reading.default}`，可选 {options}。",
        ]
    return [*lines, ""]


def _facts(clause: standards.Clause) -> list[tuple[str, str]]:
    kinds = standards.kinds()
    sign = "" if clause.comparator is None else clause.comparator.value
    scope = clause.applies_to
    parts = (
        *(locale.text(f"setting.{word}", "zh") for word in scope.setting),
        *(locale.text(f"residence_status.{word}", "zh") for word in scope.status),
        *(locale.text(f"level.{word}", "zh") for word in scope.level),
        *([scope.area] if scope.area else []),
        *scope.places,
    )
    basis = [name for name in (clause.basis.elders, clause.basis.persons) if name]
    limit = "" if clause.value is None else f"{sign} {_limit(clause)}".strip()
    facts = [
        ("指标", f"`{clause.measure}`"),
        ("数值", limit),
        ("语气", locale.text(f"modality.{clause.modality}", "zh")),
        ("责任主体", locale.text(f"duty_holder.{clause.duty_holder}", "zh")),
        ("适用范围", "、".join(parts)),
        ("计入的设施", "、".join(kinds[kind].zh for kind in clause.kinds)),
        ("比值口径", "、".join(locale.text(f"basis.{name}", "zh") for name in basis)),
        ("目标年", "" if clause.target_year is None else str(clause.target_year)),
        ("基期", _base(clause)),
        ("参数", _parameters(clause)),
    ]
    return [(label, said) for label, said in facts if said]


def _limit(clause: standards.Clause) -> str:
    if clause.unit == "share" and clause.value is not None:
        return f"{format_number(clause.value * 100)} %"
    return figure(clause.value, clause.unit, "zh")


def _base(clause: standards.Clause) -> str:
    if clause.base_value is None:
        return ""
    year = "" if clause.base_year is None else f"{clause.base_year} 年 "
    return f"{year}{figure(clause.base_value, clause.unit, 'zh')}"


def _parameters(clause: standards.Clause) -> str:
    return "；".join(f"`{key}` = {_said(value)}" for key, value in clause.parameters.items())


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(_said(item) for item in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _examples(clause: standards.Clause, cases: list[Mapping[str, Any]]) -> list[str]:
    if not cases:
        return ["（本条不作核算，没有算例）"]
    if clause.measure == "subsidy":
        lines = ["| 算例 | 结论 | 金额（元） |", "|--|--|--|"]
        for case in cases:
            expect = case["expect"]
            said = locale.text(f"subsidy.status.{expect['status']}", "zh")
            yuan = _said(expect["yuan"]) if "yuan" in expect else "—"
            lines.append(f"| {_cell(case['name'])} | {said} | {yuan} |")
        return lines
    lines = ["| 算例 | 实有 | 应有 | 结论 |", "|--|--|--|--|"]
    for case in cases:
        expect = case["expect"]
        verdict = expect.get("verdict", "none")
        said = "不涉及" if verdict == "none" else locale.text(f"verdict.{verdict}", "zh")
        value, required = (
            _said(expect[key]) if key in expect else "—" for key in ("value", "required")
        )
        lines.append(f"| {_cell(case['name'])} | {value} | {required} | {said} |")
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "／").replace("\n", " ")


def write(folder: Path) -> int:
    """Write all pages below a folder, those that are no more removed; return how many."""
    made = pages()
    if folder.exists():
        shutil.rmtree(folder)
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return len(made)


if __name__ == "__main__":
    sys.stdout.write(f"{write(FOLDER)}\n")
