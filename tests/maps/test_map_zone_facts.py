"""The figures of a zone, counted by hand."""

from facilityplan import layers
from facilityplan.checks import Context
from facilityplan.maps.zone_facts import zone_facts


def test_a_zone_tells_what_is_within_it(small):
    facts = zone_facts(Context(small.city, small.standards), small.findings)
    # a: 600 households, 450 m off f; b: no households, 1 km off; the village: 80, 1073 m off f
    assert {name: column[0] for name, column in facts.items()} == {
        "population": None,
        "households": None,
        "elders_60": None,
        "elders_65": None,
        "units": 3,
        "near": 1,
        "unitHouseholds": 680,
        "householdsNear": 600,
        "householdsUnknown": 1,
        "facilities": 1,
        "beds": 5,
        "bedsUnknown": 0,
        "floorArea": 199,
        "floorAreaUnknown": 0,
    }


def test_without_zones_there_is_nothing_to_tell(small):
    own = {name: frame for name, frame in small.city.layers.items() if name != "zones"}
    bare = layers.City("小城", small.city.crs, small.city.as_of, own)
    assert zone_facts(Context(bare, small.standards), ()) is None
