"""Node snapping, as common recipes do it: from nearest node to nearest node, legs left out.

Not a distance of ours; it stands in the table of sensitivity so that a planner sees what it does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facilityplan.coverage.points import DemandPoints
from facilityplan.coverage.reach import of_residences
from facilityplan.network import Network
from facilityplan.network.noding import Edges
from facilityplan.network.snap import Snapped

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def node_reach(
    demand: DemandPoints, facilities_xy: Floats, n_residences: int, network: Network
) -> Floats:
    """Return the way from the node nearest to a residence to the node nearest to a facility.

    Parameters
    ----------
    demand
        Points of the residences, metres.
    facilities_xy
        (m, 2) metres.
    n_residences
        How many residences there are.
    network
        The same network as that of the walking distances. However far a point is, it is taken to
        its nearest node.

    Returns
    -------
    ndarray
        (n,) metres from whole millimetres; inf where there is no way.
    """
    if len(facilities_xy) == 0:
        return np.full(n_residences, np.inf)
    edges = network.edges
    tree = cKDTree(edges.node_xy)
    begin, which = np.unique(tree.query(demand.xy)[1], return_inverse=True)
    end = np.unique(tree.query(facilities_xy)[1])
    found = network.nearest_snapped(_at_nodes(edges, begin), _at_nodes(edges, end))
    metres = found.distance_m[which]
    return of_residences(demand, metres, np.zeros(len(metres), dtype=np.int64), n_residences)[0]


def _at_nodes(edges: Edges, nodes: Integers) -> Snapped:
    """Return nodes as places on an edge that begins or ends there, without any leg."""
    edge = np.empty(len(edges.node_xy), dtype=np.int64)
    at_head = np.zeros(len(edges.node_xy), dtype=bool)
    number = np.arange(len(edges.tail))
    edge[edges.head], at_head[edges.head] = number, True
    edge[edges.tail], at_head[edges.tail] = number, False
    chosen = edge[nodes]
    return Snapped(
        edge=chosen,
        position_mm=np.where(at_head[nodes], edges.length_mm[chosen], 0),
        off_mm=np.zeros(len(nodes), dtype=np.int64),
        off_network=np.zeros(len(nodes), dtype=bool),
    )
