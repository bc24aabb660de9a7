"""The difference of two runs: what changed on the ground, and what only in how it is judged."""

from facilityplan.scenario.difference.causes import DATA, DATE, METHOD, STANDARD
from facilityplan.scenario.difference.compare import difference
from facilityplan.scenario.difference.record import RunRecord

__all__ = ["DATA", "DATE", "METHOD", "STANDARD", "RunRecord", "difference"]
