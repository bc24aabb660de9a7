"""How peers answer the same questions about one road graph; each returns what can be compared."""

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra


def scipy_dense(graph, sources, limit_mm):
    """Return (source, node) pairs within the limit, from dense rows."""
    found = dijkstra(graph.matrix, indices=sources, limit=float(limit_mm))
    return np.nonzero(found <= limit_mm)


def as_networkx(graph):
    """Return the search graph as a networkx graph, lengths in millimetres."""
    built = nx.Graph()
    row = np.repeat(np.arange(graph.n_places), np.diff(graph.indptr))
    upper = row < graph.indices
    ways = zip(
        row[upper].tolist(),
        graph.indices[upper].tolist(),
        graph.length_mm[upper].tolist(),
        strict=True,
    )
    built.add_weighted_edges_from(ways)
    return built


def networkx_pairs(built, sources, limit_mm):
    """Return how many (source, node) pairs lie within the limit."""
    return sum(
        len(nx.single_source_dijkstra_path_length(built, int(source), cutoff=limit_mm))
        for source in sources
    )


def networkx_nearest(built, sources, limit_mm):
    """Return the distance of every node to the nearest source."""
    given = {int(source) for source in sources}
    return nx.multi_source_dijkstra_path_length(built, given, cutoff=limit_mm)


def as_pandana(graph):
    """Return the search graph as pandana has it; ``None`` where pandana is not installed."""
    try:
        import pandana
    except ImportError:
        return None
    row = np.repeat(np.arange(graph.n_places), np.diff(graph.indptr))
    upper = row < graph.indices
    return pandana.Network(
        pd.Series(graph.xy[:, 0]),
        pd.Series(graph.xy[:, 1]),
        pd.Series(row[upper]),
        pd.Series(graph.indices[upper].astype(np.int64)),
        pd.DataFrame({"m": graph.length_mm[upper] / 1000.0}),
        twoway=True,
    )


def pandana_pairs(net, sources, limit_m):
    """Return how many (source, node) pairs lie within the limit."""
    return len(net.nodes_in_range([int(source) for source in sources], limit_m))
