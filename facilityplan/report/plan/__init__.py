"""The special plan: its tables as a workbook and its text as a Word document, from the results."""

from facilityplan.report.plan.balance import Inventory, StreetBalance, balance_of, inventory_of
from facilityplan.report.plan.book import plan_workbook
from facilityplan.report.plan.facts import PlanFacts, plan_document, plan_facts
from facilityplan.report.plan.words import plan_words

__all__ = [
    "Inventory",
    "PlanFacts",
    "StreetBalance",
    "balance_of",
    "inventory_of",
    "plan_document",
    "plan_facts",
    "plan_words",
    "plan_workbook",
]
