"""The layers and the contract of their columns: what each takes, and the words people write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Column:
    """The contract of one column.

    ``content`` is one of ``id``, ``text``, ``number`` (>= 0), ``count`` (whole, >= 0), ``flag``,
    ``date``, ``ids`` (several ids in a cell), ``choice``. ``choices`` gives the canonical words and
    what people write for them; a column without choices whose content is ``choice`` takes them
    from the caller (kinds of facility are data of the standards). A required column must be there;
    its cells must be filled too unless ``may_be_blank``.
    """

    content: str
    required: bool = False
    may_be_blank: bool = False
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)


STAGES: Final = MappingProxyType(
    {
        "planned": ("规划", "同步规划"),
        "built": ("建设", "同步建设"),
        "accepted": ("验收", "同步验收"),
        "delivered": ("交付", "同步交付", "同步交付使用"),
        "design_opinion": ("民政设计审核意见",),
        "completion_opinion": ("民政竣工验收意见",),
    }
)


@dataclass(frozen=True)
class LayerContract:
    """Canonical columns of a layer and the geometry types it takes (none: a plain table)."""

    columns: Mapping[str, Column]
    geometry: Collection[str] = ()


_AREAS: Final = ("Polygon", "MultiPolygon")
_AREAS_OR_POINTS: Final = (*_AREAS, "Point")
_LINES: Final = ("LineString", "MultiLineString")

_ID: Final = Column("id", required=True)
_TEXT: Final = Column("text")
_NUMBER: Final = Column("number")
_COUNT: Final = Column("count")
_FLAG: Final = Column("flag")
_DATE: Final = Column("date")

SETTINGS: Final = MappingProxyType(
    {"urban": ("城市", "城镇", "城区"), "rural": ("农村", "乡村", "村庄")}
)
LEVELS: Final = MappingProxyType(
    {
        "city": ("市", "地级市"),
        "county": ("县", "区", "县级市", "县（市、区）"),
        "town": ("街道", "镇", "乡", "乡镇", "街道（乡镇）"),
        "community": ("社区", "城市社区"),
        "village": ("村", "行政村"),
    }
)
RESIDENCE_STATUSES: Final = MappingProxyType(
    {"existing": ("已建", "已建成", "建成", "现状"), "new": ("新建", "在建", "规划")}
)
FACILITY_STATUSES: Final = MappingProxyType(
    {
        "operating": ("运营", "运营中", "在营", "正常运营"),
        "planned": ("规划", "在建", "拟建"),
        "closed": ("停业", "关闭", "注销"),
    }
)
OPERATORS: Final = MappingProxyType(
    {
        "public": ("公办", "公办公营"),
        "private": ("民办", "社会办"),
        "public_built_private_run": ("公建民营",),
    }
)
PREMISES_USES: Final = MappingProxyType(
    {
        "elder_care": ("养老服务", "养老服务使用"),
        "let": ("出租", "出租经营"),
        "misused": ("挪用", "改作他用", "挪作他用"),
        "idle": ("闲置", "空置"),
    }
)
CANDIDATE_KINDS: Final = MappingProxyType(
    {
        "idle_premises": ("闲置用房", "闲置公房"),
        "vacant_land": ("空地", "闲置用地"),
        "village_office": ("村部", "村委会", "校舍"),
        "planned_plot": ("规划地块", "规划用地"),
        "generated": ("生成",),
    }
)
CANDIDATE_ROLES: Final = MappingProxyType(
    {
        "optional": ("可选", "备选"),
        "mandatory": ("必选", "必建"),
        "forbidden": ("不选", "不可选", "禁选"),
        "existing": ("已定", "已建", "在建"),
    }
)

LAYERS: Final[Mapping[str, LayerContract]] = MappingProxyType(
    {
        "zones": LayerContract(
            {
                "id": _ID,
                "name": Column("text", required=True),
                "level": Column("choice", required=True, choices=LEVELS),
                "code": _TEXT,
                "parent": Column("text"),
                "setting": Column("choice", choices=SETTINGS),
                "population": _COUNT,
                "households": _COUNT,
                "elders_60": _COUNT,
                "elders_65": _COUNT,
                "elders_80": _COUNT,
                "registered_population": _COUNT,
                "registered_elders_60": _COUNT,
                "supported_persons": _COUNT,
            },
            _AREAS,
        ),
        "residences": LayerContract(
            {
                "id": _ID,
                "name": _TEXT,
                "zone": _TEXT,
                "setting": Column("choice", choices=SETTINGS),
                "status": Column("choice", choices=RESIDENCE_STATUSES),
                "households": _COUNT,
                "population": _COUNT,
                "elders": _COUNT,
                "dwelling_area_m2": _NUMBER,
                "approved": _DATE,
                "completed": _DATE,
                "phase": _TEXT,
            },
            _AREAS_OR_POINTS,
        ),
        "facilities": LayerContract(
            {
                "id": _ID,
                "kind": Column("choice", required=True, may_be_blank=True),
                "name": _TEXT,
                "status": Column("choice", choices=FACILITY_STATUSES),
                "owner": _TEXT,
                "operator": Column("choice", choices=OPERATORS),
                "nonprofit": _FLAG,
                "serves": Column("ids"),
                "serves_community": _FLAG,
                "floor_area_m2": _NUMBER,
                "land_area_m2": _NUMBER,
                "beds": _COUNT,
                "nursing_beds": _COUNT,
                "beds_added": _COUNT,
                "beds_added_year": _COUNT,
                "residents": _COUNT,
                "rating": _TEXT,
                "investment": _NUMBER,
                "medical_care": _FLAG,
                "opened": _DATE,
            },
            _AREAS_OR_POINTS,
        ),
        "parcels": LayerContract(
            {"id": _ID, "use": Column("text", required=True), "name": _TEXT, "area_m2": _NUMBER},
            _AREAS,
        ),
        "candidates": LayerContract(
            {
                "id": _ID,
                "name": _TEXT,
                "kind": Column("choice", choices=CANDIDATE_KINDS),
                "max_floor_area_m2": _NUMBER,
                "cost": _NUMBER,
                "available_from": _COUNT,
                "role": Column("choice", choices=CANDIDATE_ROLES),
            },
            _AREAS_OR_POINTS,
        ),
        "roads": LayerContract(
            {
                "name": _TEXT,
                "class": _TEXT,
                "walkable": _FLAG,
                # May people walk there, is there a footway, is the road open at all: in words, what
                # they mean is data of the network (walkable.toml).
                "foot": _TEXT,
                "sidewalk": _TEXT,
                "access": _TEXT,
                "bridge": _FLAG,
                "tunnel": _FLAG,
                "oneway": _TEXT,
            },
            _LINES,
        ),
        "barriers": LayerContract({"name": _TEXT, "kind": _TEXT}, (*_LINES, *_AREAS)),
        # Where no candidate may stand, and how well a place suits (0 to 100, or any scale).
        "exclusions": LayerContract({"name": _TEXT, "kind": _TEXT}, _AREAS),
        "suitability": LayerContract(
            {"name": _TEXT, "score": Column("number", required=True)}, _AREAS
        ),
        "entrances": LayerContract({"residence": Column("id", required=True)}, ("Point",)),
        "indicators": LayerContract(
            {
                "indicator": Column("text", required=True),
                "zone": _TEXT,
                "year": Column("count", required=True),
                "value": Column("number", required=True, may_be_blank=True),
                "source": _TEXT,
            }
        ),
        # What was counted, to hold the zones against; no clause is judged by it.
        "census": LayerContract(
            {
                "zone": Column("id", required=True),
                "population": _COUNT,
                "households": _COUNT,
                "elders_60": _COUNT,
                "elders_65": _COUNT,
                "elders_80": _COUNT,
                "registered_population": _COUNT,
                "registered_elders_60": _COUNT,
                "supported_persons": _COUNT,
                "year": _COUNT,
                "source": _TEXT,
            }
        ),
        "milestones": LayerContract(
            {
                "milestone": Column("text", required=True),
                "name": _TEXT,
                "stage": _TEXT,
                "due": _DATE,
                "done": _DATE,
                "quantity": _NUMBER,
                "source": _TEXT,
            }
        ),
        "clocks": LayerContract(
            {
                "facility": Column("id", required=True),
                "clock": Column("text", required=True),
                "started": _DATE,
            }
        ),
        # What a subsidy hangs on and no other table says, one row a facility. Carers by their years
        # of work: first, second, third step of the document.
        "subsidy_facts": LayerContract(
            {
                "facility": Column("id", required=True),
                "up_to_standard": _FLAG,
                "setting": Column("choice", choices=SETTINGS),
                "level": Column("choice", choices=LEVELS),
                "group": _TEXT,
                "beds_new": _COUNT,
                "beds_converted": _COUNT,
                "self_care": _COUNT,
                "semi_dependent": _COUNT,
                "dependent": _COUNT,
                "years_1": _COUNT,
                "years_2": _COUNT,
                "years_3": _COUNT,
            }
        ),
        "register": LayerContract(
            {
                "residence": Column("id", required=True),
                "built": _FLAG,
                "floor_area_m2": _NUMBER,
                "handed_over": _FLAG,
                "handed_over_on": _DATE,
                "use": Column("choice", choices=PREMISES_USES),
                "filled_by": _TEXT,
                "note": _TEXT,
            }
        ),
        "deliveries": LayerContract(
            {
                "residence": Column("id", required=True),
                "phase": _TEXT,
                "stage": Column("choice", required=True, choices=STAGES),
                "dwellings": _DATE,
                "premises": _DATE,
                "document": _TEXT,
            }
        ),
    }
)
