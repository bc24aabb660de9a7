"""Where to add facilities: location problems solved to proof, their candidates."""

from facilityplan.siting.candidates import generate_candidates
from facilityplan.siting.center import p_center
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.median import p_median
from facilityplan.siting.solution import Solution, Status

__all__ = [
    "Solution",
    "Status",
    "generate_candidates",
    "lscp",
    "mclp",
    "p_center",
    "p_median",
]
