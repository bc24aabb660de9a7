"""The fields of a scheme's sheet: what each holds, in which unit, and what people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facilityplan.layers import RESIDENCE_STATUSES


@dataclass(frozen=True)
class Field:
    """One field of the sheet.

    Parameters
    ----------
    name
        Our name; carries its unit.
    content
        ``text``, ``words`` (several texts), ``count``, ``area``, ``length``, ``share``, ``number``,
        ``flag``, ``date``, ``status`` or ``storeys``.
    words
        Headers people use, the one we write first.
    unit
        Unit as the form shows it.
    group
        Part of the form it stands in.
    """

    name: str
    content: str
    words: tuple[str, ...]
    unit: str = ""
    group: str = "basic"


STAGES: Final = ("planned", "built", "accepted", "delivered")
"""The four stages that premises go through together with the dwellings."""

_STAGE_WORDS: Final = {"planned": "规划", "built": "建设", "accepted": "验收", "delivered": "交付"}


def _stage_fields() -> tuple[Field, ...]:
    fields: list[Field] = []
    for stage in STAGES:
        said = _STAGE_WORDS[stage]
        fields += [
            Field(f"{stage}_dwellings", "date", (f"住宅{said}日期",), group="stages"),
            Field(
                f"{stage}_premises",
                "date",
                (f"养老用房{said}日期", f"设施{said}日期"),
                group="stages",
            ),
            Field(f"{stage}_document", "text", (f"{said}文号", f"{said}文件"), group="stages"),
        ]
    return tuple(fields)


BASIC: Final = (
    Field("name", "text", ("项目名称", "名称", "小区名称")),
    Field("plot", "text", ("地块编号", "宗地编号", "地块")),
    Field("developer", "text", ("建设单位", "开发单位", "申报单位")),
    Field("place", "text", ("地区", "所在地", "城市")),
    Field("street", "text", ("所属街道", "街道", "街道乡镇", "乡镇")),
    Field("community", "text", ("所属社区", "社区")),
    Field("standards", "words", ("标准", "标准文件")),
    Field("status", "status", ("建设状态", "状态")),
    Field("land_use", "text", ("用地性质", "用地代码")),
    Field("land_area_m2", "area", ("用地面积", "净用地面积"), "㎡"),
    Field("plot_ratio", "number", ("容积率",)),
    Field("building_density", "share", ("建筑密度",), "%"),
    Field("green_ratio", "share", ("绿地率",), "%"),
    Field("total_floor_area_m2", "area", ("总建筑面积", "建筑面积"), "㎡"),
    Field("counted_floor_area_m2", "area", ("计容建筑面积", "计容面积"), "㎡"),
    Field("residential_floor_area_m2", "area", ("住宅建筑面积", "住宅面积"), "㎡"),
    Field("households", "count", ("户数", "总户数", "规划户数", "住宅套数", "总套数"), "户"),
    Field("population", "count", ("人口", "规划人口", "居住人口"), "人"),
    Field("conditions_number", "text", ("规划条件文号", "规划条件")),
    Field("contract_number", "text", ("出让合同编号", "出让合同")),
    Field("approved", "date", ("规划许可日期", "许可日期", "批准日期")),
)

PREMISES: Final = (
    Field(
        "elder_floor_area_m2",
        "area",
        ("养老服务用房面积", "养老服务用房建筑面积", "养老用房面积", "养老用房建筑面积"),
        "㎡",
        "premises",
    ),
    Field("premises", "count", ("养老服务用房处数", "处数", "养老用房处数"), "处", "premises"),
    Field("smallest_unit_m2", "area", ("最小一处面积", "单处最小面积"), "㎡", "premises"),
    Field("building", "text", ("楼栋号", "所在楼栋", "楼栋"), group="premises"),
    Field("storey", "storeys", ("楼层", "所在楼层"), group="premises"),
    Field("own_entrance", "flag", ("独立出入口", "单独出入口"), group="premises"),
    Field("lift", "flag", ("电梯", "无障碍电梯", "电梯或坡道"), group="premises"),
    Field("daylight", "text", ("日照采光", "日照"), group="premises"),
    Field("first_phase", "flag", ("是否首期", "首期建设"), group="premises"),
    Field(
        "handover_to",
        "text",
        ("移交对象", "产权移交对象", "接收单位"),
        group="premises",
    ),
    Field("handed_over", "date", ("移交日期",), group="premises"),
    Field("handover_document", "text", ("移交文号", "移交协议"), group="premises"),
)

PLACE: Final = (
    Field("x", "number", ("经度", "X", "东坐标", "坐标X"), group="place"),
    Field("y", "number", ("纬度", "Y", "北坐标", "坐标Y"), group="place"),
    Field("crs", "text", ("坐标系", "坐标系统"), group="place"),
    Field("outline", "text", ("用地范围", "用地红线", "范围WKT"), group="place"),
    Field(
        "distance_to_centre_m",
        "length",
        ("到本社区中心距离", "到社区中心距离", "至现状中心距离"),
        "米",
        "place",
    ),
    Field(
        "farthest_dwelling_m",
        "length",
        ("距最远住宅距离", "最远住宅距离"),
        "米",
        "place",
    ),
    Field("station_area_m2", "area", ("居家养老服务站点面积", "站点面积"), "㎡", "place"),
    Field("community_households", "count", ("社区总户数",), "户", "place"),
    Field("community_centre_beds", "count", ("社区中心床位", "社区中心床位数"), "张", "place"),
)

OPINIONS: Final = (
    Field("design_opinion", "date", ("民政设计审核意见日期",), group="opinions"),
    Field("design_opinion_document", "text", ("民政设计审核意见文号",), group="opinions"),
    Field("completion_opinion", "date", ("民政竣工验收意见日期",), group="opinions"),
    Field("completion_opinion_document", "text", ("民政竣工验收意见文号",), group="opinions"),
)

SCHEME_FIELDS: Final = (*BASIC, *PREMISES, *PLACE, *_stage_fields(), *OPINIONS)

PHASE_FIELDS: Final = (
    Field("scheme", "text", ("项目名称", "项目"), group="phase"),
    Field("phase", "text", ("分期", "期", "期次"), group="phase"),
    Field("households", "count", ("户数", "本期户数", "本期套数"), "户", "phase"),
    Field("residential_floor_area_m2", "area", ("住宅建筑面积", "本期住宅建筑面积"), "㎡", "phase"),
    Field(
        "elder_floor_area_m2",
        "area",
        ("养老服务用房面积", "本期养老服务用房面积", "养老用房面积"),
        "㎡",
        "phase",
    ),
    *_stage_fields(),
)
"""Fields of one phase; ``scheme`` is needed only where phases stand on a sheet of their own."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {field.name: field.words for field in SCHEME_FIELDS}
)
"""Fields of a scheme's sheet and what people head their columns with."""

COUNTS: Final = frozenset(field.name for field in SCHEME_FIELDS if field.content == "count")
"""Fields that hold whole numbers."""

FLAG_WORDS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        **dict.fromkeys(("是", "有", "设", "已设", "√", "✓", "yes", "y", "true", "1"), True),
        **dict.fromkeys(("否", "无", "没有", "未设", "不设", "×", "no", "n", "false", "0"), False),
    }
)
"""What people write for yes and no."""

STATUS_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {word: name for name, said in RESIDENCE_STATUSES.items() for word in (name, *said)}
)
"""What people write for new and existing."""
