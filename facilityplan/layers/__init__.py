"""The layers that describe a city, the contract each keeps, and the city they make."""

from facilityplan.layers.city import City, ReachOptions
from facilityplan.layers.conform import (
    Origin,
    as_text,
    conform,
    empty_layer,
    points_of,
    read_cell,
    stack,
)
from facilityplan.layers.contracts import (
    CANDIDATE_KINDS,
    FACILITY_STATUSES,
    LAYERS,
    LEVELS,
    OPERATORS,
    PREMISES_USES,
    RESIDENCE_STATUSES,
    SETTINGS,
    Column,
    LayerContract,
)

__all__ = [
    "CANDIDATE_KINDS",
    "FACILITY_STATUSES",
    "LAYERS",
    "LEVELS",
    "OPERATORS",
    "PREMISES_USES",
    "RESIDENCE_STATUSES",
    "SETTINGS",
    "City",
    "Column",
    "LayerContract",
    "Origin",
    "ReachOptions",
    "as_text",
    "conform",
    "empty_layer",
    "points_of",
    "read_cell",
    "stack",
]
