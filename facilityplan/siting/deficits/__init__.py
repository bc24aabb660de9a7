"""Close all deficits at once: needs and actions in; works, room shared out, money and proof out."""

from facilityplan.siting.deficits.check import Audit, audit, lost_without
from facilityplan.siting.deficits.plan import (
    DeficitPlan,
    OpenRequirement,
    PlannedAction,
    Share,
    Tally,
    propose_deficits,
)
from facilityplan.siting.deficits.problem import CityDeficits, Requirement, deficit_problem
from facilityplan.siting.deficits.solve import (
    DeficitSolution,
    Reached,
    Shortage,
    WhyOpen,
    close_deficits,
)
from facilityplan.siting.deficits.terms import (
    Act,
    Action,
    Allotment,
    Counted,
    DeficitProblem,
    DeficitTerms,
    Need,
    NeedKind,
    Servings,
    Size,
    Taken,
    Then,
)
from facilityplan.siting.deficits.works import DeficitOptions, Works
from facilityplan.siting.solution import Status

__all__ = [
    "CityDeficits",
    "DeficitOptions",
    "DeficitPlan",
    "OpenRequirement",
    "PlannedAction",
    "Requirement",
    "Share",
    "Tally",
    "Works",
    "deficit_problem",
    "propose_deficits",
    "Act",
    "Action",
    "Allotment",
    "Audit",
    "Counted",
    "DeficitProblem",
    "DeficitSolution",
    "DeficitTerms",
    "Need",
    "NeedKind",
    "Reached",
    "Servings",
    "Shortage",
    "Size",
    "Status",
    "Taken",
    "Then",
    "WhyOpen",
    "audit",
    "close_deficits",
    "lost_without",
]
