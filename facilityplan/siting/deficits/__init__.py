"""Close all deficits at once: needs and actions in; works, room shared out, money and proof out."""

from facilityplan.siting.deficits.check import Audit, audit, lost_without
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
from facilityplan.siting.solution import Status

__all__ = [
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
