"""What the documents demand: one TOML file per document, the kinds of facility, the one rule."""

from facilityplan.standards.loader import (
    Kind,
    Measure,
    document_files,
    documents_above,
    documents_of_place,
    kind_words,
    kinds,
    load,
    measures,
    read_document,
)
from facilityplan.standards.model import (
    Citation,
    Clause,
    Comparator,
    Document,
    DutyHolder,
    Level,
    Modality,
)
from facilityplan.standards.precedence import (
    Adoption,
    SetAside,
    Standards,
    Standing,
    Unit,
    resolve,
)

__all__ = [
    "Adoption",
    "Citation",
    "Clause",
    "Comparator",
    "Document",
    "DutyHolder",
    "Kind",
    "Level",
    "Measure",
    "Modality",
    "SetAside",
    "Standards",
    "Standing",
    "Unit",
    "document_files",
    "documents_above",
    "documents_of_place",
    "kind_words",
    "kinds",
    "load",
    "measures",
    "read_document",
    "resolve",
]
