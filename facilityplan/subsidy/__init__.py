"""Money: what the documents promise a facility, by programme, with formula, cap and reading.

An amount is worked out of the facility's row and of the table ``subsidy_facts``; a figure that is
needed and not there gives insufficient data, never an amount of 0. A facility that does not meet a
condition, or is below the threshold, gets 0, whatever else is unknown of it.
"""

from facilityplan.subsidy.awards import (
    Award,
    AwardStatus,
    award,
    programmes_elsewhere,
    subsidies,
)
from facilityplan.subsidy.formulas import FORMULAS, Recipient, stars_of
from facilityplan.subsidy.wording import formula_text, reason_text

__all__ = [
    "FORMULAS",
    "Award",
    "AwardStatus",
    "Recipient",
    "award",
    "formula_text",
    "programmes_elsewhere",
    "reason_text",
    "stars_of",
    "subsidies",
]
