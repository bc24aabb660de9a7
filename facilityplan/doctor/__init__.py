"""What a reader of the results should know of the data: listed, never repaired in silence."""

from facilityplan.doctor.notices import Notice, datums, inspect, sentence, without_attributes
from facilityplan.doctor.readings import readings

__all__ = ["Notice", "datums", "inspect", "readings", "sentence", "without_attributes"]
