"""Notices: what a reader must know of the data, each with the objects it speaks of."""

import datetime as dt

import geopandas as gpd
import pytest
import shapely

from facilityplan import standards
from facilityplan.checks import Context
from facilityplan.doctor import inspect, sentence
from facilityplan.layers import City, conform
from facilityplan.network import Network

HERE = "EPSG:4547"
X, Y = 500000, 3800000


def frame(layer, rows, shapes):
    columns = {
        name: [row.get(name) for row in rows] for name in dict.fromkeys(k for r in rows for k in r)
    }
    shown = gpd.GeoDataFrame(columns, geometry=shapes, crs=HERE)
    return conform(shown, layer, kinds=standards.kind_words())


def square(x, half=50):
    return shapely.box(X + x - half, Y - half, X + x + half, Y + half)


def residences(*places, **extra):
    rows = [
        {"id": f"R{n}", "setting": "urban", "status": "existing", "households": 100, **extra}
        for n in range(len(places))
    ]
    return frame("residences", rows, [square(x) for x in places])


def facilities(*rows):
    plain = {"kind": "home_care_station", "status": "operating", "floor_area_m2": 200}
    full = [{"id": f"F{n}", **plain, **row} for n, row in enumerate(rows)]
    shapes = [shapely.Point(X + row.pop("x"), Y) for row in full]
    return frame("facilities", full, shapes)


def look(network=None, **layers):
    city = City("小城", HERE, dt.date(2019, 6, 30), layers)
    documents = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    context = Context(city, documents, network)
    return {item.id: item for item in inspect(context)}


def test_nothing_to_say():
    assert look(residences=residences(0), facilities=facilities({"x": 0})) == {}


def test_premises_that_belong_to_no_residence():
    found = look(
        residences=residences(0, 1000),
        facilities=facilities(
            {"x": 0},
            {"x": 500},
            {"x": 600, "serves": "R1"},
            {"x": 700, "status": "closed"},
            {"x": 800, "kind": "health_facility"},
            {"x": 900, "status": None},
        ),
    )
    assert found["premises_without_residence"].ids == ("F1", "F5")
    assert found["premises_without_residence"].layer == "facilities"


def test_facilities_that_are_not_described():
    found = look(
        residences=residences(0),
        facilities=facilities({"x": 0, "kind": None}, {"x": 1, "status": None}, {"x": 2}),
    )
    assert found["facilities_without_kind"].ids == ("F0",)
    assert found["facilities_without_status"].ids == ("F1",)


def test_residences_in_no_zone():
    town = frame("zones", [{"id": "T", "name": "T", "level": "town"}], [square(0, 300)])
    found = look(zones=town, residences=residences(0, 1000), facilities=facilities({"x": 0}))
    assert found["residences_outside_zones"].ids == ("R1",)
    named = look(
        zones=town, residences=residences(0, 1000, zone="T"), facilities=facilities({"x": 0})
    )
    assert "residences_outside_zones" not in named


def roads(*lines, **columns):
    shapes = [shapely.LineString([(X + x, Y + y) for x, y in line]) for line in lines]
    given = gpd.GeoDataFrame(columns or {"name": [None] * len(lines)}, geometry=shapes, crs=HERE)
    layer = conform(given, "roads")
    return layer, Network.from_lines(layer)


def test_roads_in_pieces():
    layer, network = roads([(0, 0), (300, 0)], [(0, 100), (100, 100)])
    found = look(network, roads=layer, residences=residences(0), facilities=facilities({"x": 0}))
    notice = found["roads_in_pieces"]
    assert notice.parameters["components"] == 2
    assert notice.parameters["largest_share"] == pytest.approx(0.75)


def test_classes_of_roads():
    layer, network = roads(
        [(0, 0), (300, 0)], [(300, 0), (600, 0)], [(600, 0), (900, 0)],
        **{"class": ["motorway", "residential", "一级"]},
    )  # fmt: skip
    found = look(network, roads=layer, residences=residences(0), facilities=facilities({"x": 0}))
    assert found["roads_not_walkable"].parameters == {"rows": 1, "length_km": 0.3}
    assert found["roads_not_walkable"].ids == ("motorway",)
    assert found["unknown_road_classes"].ids == ("一级",)


def on_pieces():
    """A street, one that no way leads to, and residences and facilities on either and on none."""
    layer, network = roads([(0, 0), (300, 0)], [(3000, 0), (3200, 0)])
    homes = residences(0, 3100, 9000)
    homes["name"] = ["街上", "孤岛小区", "远处小区"]
    care = facilities({"x": 100}, {"x": 3150, "name": "孤岛站"}, {"x": 9000})
    return look(network, roads=layer, residences=homes, facilities=care)


def test_who_lies_on_a_small_piece_is_listed_by_name():
    found = on_pieces()
    pieces = found["roads_in_pieces"].parameters
    assert pieces == {
        "components": 2, "largest_share": 0.6, "residences": 1, "facilities": 1
    }  # fmt: skip
    homes, care = found["residences_on_small_pieces"], found["facilities_on_small_pieces"]
    assert (homes.layer, homes.ids, homes.names) == ("residences", ("R1",), ("孤岛小区",))
    assert (care.layer, care.ids, care.names) == ("facilities", ("F1",), ("孤岛站",))
    assert "孤岛小区 (R1)" in sentence(homes, "zh")
    assert homes.as_dict()["names"] == ["孤岛小区"]


def test_who_is_far_from_every_road_is_listed_by_name():
    found = on_pieces()
    homes, care = found["off_network"], found["facilities_off_network"]
    assert (homes.ids, homes.names) == (("R2",), ("远处小区",))
    assert (care.ids, care.names) == (("F2",), ("F2",))
    assert care.parameters == {"limit_m": 500.0}
    assert sentence(care, "en").endswith(": F2")


def test_one_door_on_the_largest_piece_is_enough():
    layer, network = roads([(0, 0), (300, 0)], [(0, 400), (100, 400)])
    doors = [shapely.Point(X, Y + 390), shapely.Point(X, Y + 10), shapely.Point(X + 9, Y + 390)]
    entrances = frame("entrances", [{"residence": f"R{n}"} for n in (0, 0, 1)], doors)
    found = look(network, roads=layer, residences=residences(0, 9), entrances=entrances)
    assert found["residences_on_small_pieces"].ids == ("R1",)
    assert "off_network" not in found


def test_a_sentence_lists_the_first_and_says_how_many():
    layer, network = roads([(0, 0), (300, 0)])
    far = look(network, roads=layer, residences=residences(*range(2000, 2012)))["off_network"]
    assert len(far.ids) == 12
    said = sentence(far, "en")
    assert "12 residences" in said
    assert said.endswith("R0, R1, R10, R11, R2…")
    assert sentence(far, "en", shown=12).endswith("R8, R9")


def test_trunk_roads_without_a_footway():
    def told(**columns):
        shapes = [[(0, 0), (1500, 0)], [(0, 100), (500, 100)], [(0, 200), (100, 200)]]
        layer, network = roads(*shapes, **{"class": ["trunk", "trunk_link", "service"], **columns})
        return look(network, roads=layer, residences=residences(0))

    unknown = told()["roads_footways_unknown"]
    assert (unknown.layer, unknown.ids) == ("roads", ("trunk", "trunk_link"))
    assert unknown.parameters == {"rows": 2, "length_km": 2.0, "example": "trunk"}
    assert "trunk = true" in sentence(unknown, "en")
    stated = told(sidewalk=[None, "both", None])["roads_without_footway"]
    assert (stated.ids, stated.parameters["rows"]) == (("trunk",), 1)
    assert stated.parameters["length_km"] == 1.5
    both = told(sidewalk=["left", "both", None])
    assert not {"roads_without_footway", "roads_footways_unknown"} & set(both)


def test_roads_that_are_closed_and_words_that_say_nothing():
    layer, network = roads(
        [(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 0), (600, 0)], [(600, 0), (900, 0)],
        **{
            "class": ["service", "path", "track", "residential"],
            "foot": ["no", None, None, "wurzel"],
            "access": [None, "no", None, None],
            "walkable": [None, None, False, None],
        },
    )  # fmt: skip
    found = look(network, roads=layer, residences=residences(700))
    closed = found["roads_closed_to_walkers"]
    assert (closed.ids, closed.parameters) == (
        ("path", "service", "track"), {"rows": 3, "length_km": 0.6}
    )  # fmt: skip
    assert found["unknown_road_words"].ids == ("foot=wurzel",)


def test_residences_off_the_roads():
    layer, network = roads([(0, 0), (300, 0)])
    found = look(
        network, roads=layer, residences=residences(0, 900), facilities=facilities({"x": 0})
    )
    assert found["off_network"].ids == ("R1",)
    assert found["off_network"].parameters == {"limit_m": 500.0}


def test_only_what_is_there_is_looked_at():
    assert look(residences=residences(0)) == {}
    assert look(facilities=facilities({"x": 0})) == {}
    town = frame("zones", [{"id": "T", "name": "T", "level": "town"}], [square(0, 300)])
    assert look(zones=town) == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_notice_has_its_sentence(lang):
    layer, network = roads(
        [(0, 0), (300, 0)], [(0, 100), (100, 100)], [(0, 200), (100, 200)],
        **{"class": ["一级", "residential", "motorway"]},
    )  # fmt: skip
    town = frame("zones", [{"id": "T", "name": "T", "level": "town"}], [square(0, 300)])
    found = look(
        network,
        roads=layer,
        zones=town,
        residences=residences(0, 2000),
        facilities=facilities({"x": 400}, {"x": 0, "kind": None}, {"x": 1, "status": None}),
    )
    assert len(found) == 8
    found |= {f"pieces {name}": notice for name, notice in on_pieces().items()}
    for notice in found.values():
        said = sentence(notice, lang)
        for name in notice.ids + notice.names:
            assert name in said
