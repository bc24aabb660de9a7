"""Where to add facilities: location problems solved to proof, their candidates, plans and reasons."""

from facilityplan.siting.candidates import generate_candidates
from facilityplan.siting.center import p_center
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.median import p_median
from facilityplan.siting.options import Progress, SolveOptions
from facilityplan.siting.plan import propose
from facilityplan.siting.problem import Options
from facilityplan.siting.proposal import Count, Mended, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.solution import Solution, Status

__all__ = [
    "Count",
    "Mended",
    "Options",
    "Progress",
    "Proposal",
    "ProposedSite",
    "SitingPlan",
    "Solution",
    "SolveOptions",
    "Status",
    "generate_candidates",
    "lscp",
    "mclp",
    "p_center",
    "p_median",
    "propose",
]
