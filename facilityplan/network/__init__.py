"""Roads as a graph: build, snap to edges, search within a limit, service areas.

Walking distances are exact: points snap to the true line of an edge, their off-network legs count,
lengths are whole millimetres. Nothing depends on the order of rows.
"""

from facilityplan.network.graph import Network, NetworkReport
from facilityplan.network.search import Nearest
from facilityplan.network.snap import Snapped
from facilityplan.network.walkable import WITH_FOOTWAY, LeftOut, Reason, Walked

__all__ = [
    "WITH_FOOTWAY",
    "LeftOut",
    "Nearest",
    "Network",
    "NetworkReport",
    "Reason",
    "Snapped",
    "Walked",
]
