"""Who is within reach of a facility, and how large a share of a place that is."""

from facilityplan.coverage.barriers import Sight, nearest_in_sight, sight_past
from facilityplan.coverage.beside import Beside, beside
from facilityplan.coverage.nodes import node_reach
from facilityplan.coverage.points import (
    SAMPLE_STEP_M,
    DemandPoints,
    PointRule,
    demand_points,
    outline_samples,
)
from facilityplan.coverage.rates import (
    CIRCLE_QUAD_SEGS,
    Rate,
    Rates,
    coverage_rates,
    land_within,
    service_circles,
)
from facilityplan.coverage.reach import (
    Metric,
    Reach,
    snap_demand,
    straight_reach,
    to_millimetres,
    walking_reach,
)

__all__ = [
    "CIRCLE_QUAD_SEGS",
    "SAMPLE_STEP_M",
    "Beside",
    "DemandPoints",
    "Metric",
    "PointRule",
    "Rate",
    "Rates",
    "Reach",
    "Sight",
    "beside",
    "coverage_rates",
    "demand_points",
    "land_within",
    "nearest_in_sight",
    "node_reach",
    "outline_samples",
    "service_circles",
    "sight_past",
    "snap_demand",
    "straight_reach",
    "to_millimetres",
    "walking_reach",
]
