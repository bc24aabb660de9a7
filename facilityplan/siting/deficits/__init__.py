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
from facilityplan.siting.deficits.result import DeficitSolution, Reached, Shortage, WhyOpen
from facilityplan.siting.deficits.solve import close_deficits
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
    "Act",
    "Action",
    "Allotment",
    "Audit",
    "CityDeficits",
    "Counted",
    "DeficitOptions",
    "DeficitPlan",
    "DeficitProblem",
    "DeficitSolution",
    "DeficitTerms",
    "Need",
    "NeedKind",
    "OpenRequirement",
    "PlannedAction",
    "Reached",
    "Requirement",
    "Servings",
    "Share",
    "Shortage",
    "Size",
    "Status",
    "Taken",
    "Tally",
    "Then",
    "WhyOpen",
    "Works",
    "audit",
    "close_deficits",
    "deficit_problem",
    "lost_without",
    "propose_deficits",
]
