"""What a reader of the results should know of the data: listed, never repaired in silence."""

from facilityplan.doctor.cells import BadCell, cell_problems, read_cells
from facilityplan.doctor.counts import count_problems
from facilityplan.doctor.ids import duplicate_rows, id_problems, reference_problems
from facilityplan.doctor.notices import Notice, datums, inspect, sentence, without_attributes
from facilityplan.doctor.parts import Part, Place
from facilityplan.doctor.places import place_problems
from facilityplan.doctor.problems import (
    Action,
    Fix,
    Problem,
    Severity,
    aside,
    found,
    of_error,
    ordered,
    tally,
)
from facilityplan.doctor.readings import readings
from facilityplan.doctor.roads import road_problems
from facilityplan.doctor.shapes import overlap_problems, shape_problems, usable
from facilityplan.doctor.thresholds import threshold
from facilityplan.doctor.tiling import tiling_problems
from facilityplan.doctor.totals import census_problems, total_problems

__all__ = [
    "Action",
    "BadCell",
    "Fix",
    "Notice",
    "Part",
    "Place",
    "Problem",
    "Severity",
    "aside",
    "cell_problems",
    "census_problems",
    "count_problems",
    "datums",
    "duplicate_rows",
    "found",
    "id_problems",
    "inspect",
    "of_error",
    "ordered",
    "overlap_problems",
    "place_problems",
    "read_cells",
    "readings",
    "reference_problems",
    "road_problems",
    "sentence",
    "shape_problems",
    "tally",
    "threshold",
    "tiling_problems",
    "total_problems",
    "usable",
    "without_attributes",
]
