"""Names that sound right and belong to nobody."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sample_city_maker import ground

CITY: Final = "示范市"
COUNTIES: Final = ("澜北区", "澜南区", "远岫县")
RIVER: Final = "澜溪河"
RAILWAY: Final = "示岫铁路"
STREETS: Final = ("望津", "书堤", "听槐", "拾翠", "柳埠头", "鼓棚", "织坊", "南圃")
RURAL_TOWNS: Final = ("西岫", "榆坡", "栎桥", "禾塘")
HOSTILE_FACILITY: Final = "<img src=x onerror=alert(1)>"
HOSTILE_ESTATE: Final = "${alert(1)}"

KIND_WORDS: Final = MappingProxyType(
    {
        "street_centre": "街道综合养老服务中心",
        "community_centre": "社区养老服务中心",
        "home_care_station": "居家养老服务站点",
        "day_care": "日间照料中心",
        "mutual_aid_home": "农村幸福院",
        "meal_point": "助餐点",
        "elder_home": "养老院",
        "nursing_home": "护理院",
        "rural_home": "敬老院",
        "welfare_centre": "社会福利中心",
        "activity_centre": "老年活动中心",
        "elder_university": "老年大学",
        "health_facility": "社区卫生服务中心",
    }
)
"""What the register calls each kind; words of the standards' ``kinds.toml``."""

_FIRST: Final = tuple("澄槐棠枫榆禾苇荷菱芷岚霁沐晴和颐嘉栖听映临书锦翠碧云星月松竹梅")
_SECOND: Final = tuple("溪塘岸汀桥坊庭苑泽林园亭台堤渡湾屏谷岭川")
_ESTATE_TAIL: Final = ("小区", "花园", "家园", "新村", "家属院", "雅居", "公寓", "府", "佳苑", "里")
_ROAD_FIRST: Final = tuple("瑞融翰畅嘉朗晓霖彦澈筠昭祺煦颂谦允恒钧悦")
_REAL: Final = frozenset(
    [
        "松溪",
        "竹溪",
        "沐川",
        "临川",
        "翠屏",
        "云溪",
        "荷塘",
        "荷泽",
        "云林",
        "和林",
        "云台",
        "松岭",
        "荷园",
        "和平",
        "嘉林",
        "碧溪",
    ]
)
"""Words of the lists that a real county or quarter is called."""
_SURNAMES: Final = tuple("孟邢路娄桑柏卓景瞿廖郝尹阎康汤薛樊俞沙牛")
_VILLAGE_TAIL: Final = ("庄", "村", "楼", "寨", "营", "湾", "岗", "店", "坡", "堂")


def pairs(topic: str, count: int, first: tuple[str, ...], second: tuple[str, ...]) -> list[str]:
    """Return that many different words of one part from either list."""
    words = [a + b for a in first for b in second if a != b and a + b not in _REAL]
    if topic not in ground.TOPICS or count > len(words):
        raise ValueError(f"{count} names of {len(words)} for {topic}")
    order = ground.generator(topic).permutation(len(words))
    return [words[k] for k in order[:count]]


def estates(count: int) -> list[str]:
    """Return names of estates, all different."""
    rng = ground.generator("estate_names")
    stems = pairs("names", min(count, 600), _FIRST, _SECOND)
    tails = rng.permutation(len(_ESTATE_TAIL))
    return [
        stems[k % len(stems)] + _ESTATE_TAIL[int(tails[(k + k // len(stems)) % len(tails)])]
        for k in range(count)
    ]


def communities(count: int) -> list[str]:
    """Return names of communities, all different."""
    return [f"{word}社区" for word in pairs("community_names", count, _FIRST, _SECOND)]


def villages(count: int) -> list[str]:
    """Return names of villages, all different."""
    return pairs("village_names", count, tuple(f"{s}家" for s in _SURNAMES), _VILLAGE_TAIL)


def roads(lines: list[str]) -> dict[str, str]:
    """Return the name of each line of streets: 街 north to south, 路 otherwise."""
    stems = pairs("road_names", len(lines), _ROAD_FIRST, _ROAD_FIRST)
    tails = {"u": "街", "v": "路", "d": "大道", "c": "公路", "r": "乡道", "m": "高速"}
    return {line: stem + tails[line[0]] for line, stem in zip(lines, stems, strict=True)}


def facility_stems(count: int) -> list[str]:
    """Return the first words of facilities' names, all different."""
    return pairs("facility_names", count, _FIRST, tuple("寿龄晚椿萱颐宁安康馨"))
