"""Roads as a graph: build, snap to edges, search within a limit, service areas.

Walking distances are exact: points snap to the true line of an edge, their off-network legs count,
lengths are whole millimetres. Nothing depends on the order of rows.
"""

from facilityplan.network.areas import ServiceAreas
from facilityplan.network.audit import AreaAudit, audit_service_areas
from facilityplan.network.graph import Network, NetworkReport
from facilityplan.network.pace import metres_within, minutes
from facilityplan.network.search import Nearest
from facilityplan.network.slopes import NearestInTime, SlopedNetwork
from facilityplan.network.snap import Snapped
from facilityplan.network.walkable import WITH_FOOTWAY, LeftOut, Reason, Walked
from facilityplan.network.way import shortest_way

__all__ = [
    "WITH_FOOTWAY",
    "AreaAudit",
    "LeftOut",
    "Nearest",
    "NearestInTime",
    "Network",
    "NetworkReport",
    "Reason",
    "ServiceAreas",
    "SlopedNetwork",
    "Snapped",
    "Walked",
    "audit_service_areas",
    "metres_within",
    "minutes",
    "shortest_way",
]
