"""The planner's entrance to the problems of siting: a city in, a plan with its reasons out."""

from facilityplan.siting.planner.entrance import plan_sites
from facilityplan.siting.planner.request import Model, Request, Rule
from facilityplan.siting.planner.result import SitePlan

__all__ = ["Model", "Request", "Rule", "SitePlan", "plan_sites"]
