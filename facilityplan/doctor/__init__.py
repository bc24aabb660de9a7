"""What a reader of the results should know of the data: listed, never repaired in silence."""

from facilityplan.doctor.notices import Notice, inspect, sentence, without_attributes

__all__ = ["Notice", "inspect", "sentence", "without_attributes"]
