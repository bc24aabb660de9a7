"""A new residential scheme: its sheet, its review clause by clause, and what a bureau hands in."""

from facilityplan.schemes.fields import FIELDS, PHASE_FIELDS, SCHEME_FIELDS, Field
from facilityplan.schemes.ledger import (
    AreaRule,
    PhaseLine,
    Remark,
    area_rule,
    phase_ledger,
    remarks,
)
from facilityplan.schemes.model import Phase, Scheme
from facilityplan.schemes.register import (
    ClauseRate,
    Outcome,
    Rate,
    Review,
    compliance_rate,
    failures_first,
    rates_by_clause,
    review_scheme,
)
from facilityplan.schemes.review import complies, parse_date, review
from facilityplan.schemes.sheet import scheme_from_toml, schemes_from_table
from facilityplan.schemes.surroundings import (
    StreetNeed,
    Surroundings,
    around,
    floor_area_needs,
    geometry_of,
    in_city,
    is_placed,
)

__all__ = [
    "FIELDS",
    "PHASE_FIELDS",
    "SCHEME_FIELDS",
    "AreaRule",
    "ClauseRate",
    "Field",
    "Outcome",
    "Phase",
    "PhaseLine",
    "Rate",
    "Remark",
    "Review",
    "Scheme",
    "StreetNeed",
    "Surroundings",
    "area_rule",
    "around",
    "compliance_rate",
    "complies",
    "failures_first",
    "floor_area_needs",
    "geometry_of",
    "in_city",
    "is_placed",
    "parse_date",
    "phase_ledger",
    "rates_by_clause",
    "remarks",
    "review",
    "review_scheme",
    "scheme_from_toml",
    "schemes_from_table",
]
