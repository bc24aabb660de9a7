"""Where to add facilities: location problems solved to proof, their candidates, plans and reasons."""

from facilityplan.siting.backup import lscp_backup, mclp_backup
from facilityplan.siting.budget import Aim, Fairness, Limits, budgeted_coverage
from facilityplan.siting.candidates import generate_candidates
from facilityplan.siting.capacity import Allocation, capacitated_coverage, capacitated_p_median
from facilityplan.siting.center import p_center
from facilityplan.siting.covering import lscp, mclp
from facilityplan.siting.dispersion import p_dispersion
from facilityplan.siting.equals import EquallyGood, equally_good
from facilityplan.siting.median import p_median
from facilityplan.siting.options import Progress, SolveOptions
from facilityplan.siting.plan import propose
from facilityplan.siting.problem import Options
from facilityplan.siting.proposal import Count, Mended, Proposal, ProposedSite, SitingPlan
from facilityplan.siting.shares import partial_coverage
from facilityplan.siting.sizes import Modules, Terms
from facilityplan.siting.solution import Solution, Status
from facilityplan.siting.stages import Staged, staged_coverage

__all__ = [
    "Aim",
    "Allocation",
    "Count",
    "EquallyGood",
    "Fairness",
    "Limits",
    "Mended",
    "Modules",
    "Options",
    "Progress",
    "Proposal",
    "ProposedSite",
    "SitingPlan",
    "Solution",
    "SolveOptions",
    "Staged",
    "Status",
    "Terms",
    "budgeted_coverage",
    "capacitated_coverage",
    "capacitated_p_median",
    "equally_good",
    "generate_candidates",
    "lscp",
    "lscp_backup",
    "mclp",
    "mclp_backup",
    "p_center",
    "p_dispersion",
    "p_median",
    "partial_coverage",
    "propose",
    "staged_coverage",
]
