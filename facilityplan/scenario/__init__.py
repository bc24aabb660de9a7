"""A base plus edits, the difference between two assessments, and what hangs on the method."""

from facilityplan.scenario.edits import AddedFacility, Change, changes, mended, with_facilities
from facilityplan.scenario.sensitivity import Reason, Sensitivity, Standing, sensitivity
from facilityplan.scenario.variants import SensitivityOptions, Variant

__all__ = [
    "AddedFacility",
    "Change",
    "Reason",
    "Sensitivity",
    "SensitivityOptions",
    "Standing",
    "Variant",
    "changes",
    "mended",
    "sensitivity",
    "with_facilities",
]
