"""Who is within reach of a facility, and how large a share of a place that is."""

from facilityplan.coverage.rates import (
    CIRCLE_QUAD_SEGS,
    Rate,
    Rates,
    coverage_rates,
    land_within,
    service_circles,
)
from facilityplan.coverage.reach import (
    DemandPoints,
    Metric,
    PointRule,
    Reach,
    demand_points,
    straight_reach,
    to_millimetres,
    walking_reach,
)

__all__ = [
    "CIRCLE_QUAD_SEGS",
    "DemandPoints",
    "Metric",
    "PointRule",
    "Rate",
    "Rates",
    "Reach",
    "coverage_rates",
    "demand_points",
    "land_within",
    "service_circles",
    "straight_reach",
    "to_millimetres",
    "walking_reach",
]
