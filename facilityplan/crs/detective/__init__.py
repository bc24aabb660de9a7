"""The datum detective: whether a layer lies where its declaration says.

Coordinates do not say what datum they are in, but what they lie on does. A layer is put down
under each hypothesis (the degrees are WGS84, GCJ-02, BD-09) and held against what is known: the
roads, a layer that shares names, the zones, the extent. The detective gives a verdict and its
numbers; it converts nothing.
"""

from facilityplan.crs.detective.extent import MARGIN_M, Reading, readings_within
from facilityplan.crs.detective.hypotheses import HYPOTHESES, placed, same_datum
from facilityplan.crs.detective.judgement import Fit, Judgement, Support, Verdict
from facilityplan.crs.detective.names import against_names
from facilityplan.crs.detective.roads import RoadPoints, against_roads
from facilityplan.crs.detective.zones import share_inside

__all__ = [
    "HYPOTHESES",
    "MARGIN_M",
    "Fit",
    "Judgement",
    "Reading",
    "RoadPoints",
    "Support",
    "Verdict",
    "against_names",
    "against_roads",
    "placed",
    "readings_within",
    "same_datum",
    "share_inside",
]
