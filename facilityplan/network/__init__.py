"""Roads as a graph: build, snap to edges, search within a limit, service areas.

Walking distances are exact: points snap to the true line of an edge, their off-network legs count,
lengths are whole millimetres. Nothing depends on the order of rows.
"""

from facilityplan.network.graph import Network, NetworkReport
from facilityplan.network.pace import metres_within, minutes
from facilityplan.network.search import Nearest
from facilityplan.network.slopes import NearestInTime, SlopedNetwork
from facilityplan.network.snap import Snapped

__all__ = [
    "Nearest",
    "NearestInTime",
    "Network",
    "NetworkReport",
    "SlopedNetwork",
    "Snapped",
    "metres_within",
    "minutes",
]
