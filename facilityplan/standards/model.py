"""What a standards document is: the schema of its TOML file and of what we read from it.

A document is data. Every number of it stands in a clause with the sentence that demands it; a
comparator is a word of the document turned into a sign, never a choice of the code.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strict=True, min_length=1, strip_whitespace=True)]


Figure = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Year = Annotated[int, Field(strict=True, ge=1900, le=2100)]


class Level(StrEnum):
    """Rank of a document, the strongest first."""

    LAW = "law"
    PROVINCIAL_REGULATION = "provincial_regulation"
    MANDATORY_NATIONAL_STANDARD = "mandatory_national_standard"
    MUNICIPAL_DOCUMENT = "municipal_document"
    RECOMMENDED_STANDARD = "recommended_standard"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Level).index(self)


class Modality(StrEnum):
    """How strongly the text demands."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    TARGET = "target"
    TEXT = "text"


class DutyHolder(StrEnum):
    """Who has to see to it."""

    DEVELOPER = "developer"
    BUREAU = "bureau"
    COUNTY = "county"


class Comparator(StrEnum):
    """How the value found is held against the value demanded."""

    AT_LEAST = ">="
    MORE_THAN = ">"
    AT_MOST = "<="
    LESS_THAN = "<"

    @property
    def wants_more(self) -> bool:
        """Whether a larger value is better."""
        return self in {Comparator.AT_LEAST, Comparator.MORE_THAN}

    def holds(self, value: float, limit: float) -> bool:
        """Return whether ``value`` keeps ``limit``; nothing is rounded, there is no tolerance."""
        return _SIGNS[self](value, limit)


_SIGNS: Final[Mapping[Comparator, Callable[[float, float], bool]]] = MappingProxyType(
    {
        Comparator.AT_LEAST: operator.ge,
        Comparator.MORE_THAN: operator.gt,
        Comparator.AT_MOST: operator.le,
        Comparator.LESS_THAN: operator.lt,
    }
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Citation(_Strict):
    """Where a demand stands, in words that can be looked up."""

    document: Text
    number: Text
    clause: Text
    quote: Text


class Scope(_Strict):
    """Which units a clause speaks of; an empty list means that it does not say."""

    setting: tuple[Literal["urban", "rural"], ...] = ()
    status: tuple[Literal["existing", "new"], ...] = ()
    level: tuple[Literal["city", "county", "town", "community", "village"], ...] = ()
    area: Text | None = None
    places: tuple[Text, ...] = ()


class Basis(_Strict):
    """What a ratio is taken over: columns of the zones for persons; beds, area, households meant."""

    elders: Literal["elders_60", "elders_65", "elders_80", "registered_elders_60"] | None = None
    persons: Literal["population", "registered_population"] | None = None
    beds: Literal["all", "institutional", "nursing"] | None = None
    area: Literal["floor", "land"] | None = None
    households: Literal["planned", "community"] | None = None


class Reading(_Strict):
    """A question that the text leaves open: its answers, and the one taken by default."""

    question: Text
    question_en: Text
    default: Text
    options: tuple[Text, ...] = Field(min_length=2)


class Verification(_Strict):
    """Who held the clause against the document, and when."""

    on: dt.date
    against: Text


class Clause(_Strict):
    """One demand with one number, and how to judge it."""

    id: Text
    group: Text
    number: Text
    title: Text
    title_en: Text
    quote: Text
    category: Literal["spatial", "scheme", "statistic", "ledger", "money", "text"]
    modality: Modality
    duty_holder: DutyHolder
    measure: Text
    comparator: Comparator | None = None
    value: Figure | None = None
    unit: Text | None = None
    kinds: tuple[Text, ...] = ()
    kinds_serving_community: tuple[Text, ...] = ()
    statuses: tuple[Literal["operating", "planned", "closed"], ...] = ()
    applies_to: Scope = Scope()
    basis: Basis = Basis()
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    in_force: dt.date | None = None
    superseded_by: Text | None = None
    target_year: Year | None = None
    base_value: Figure | None = None
    base_year: Year | None = None
    readings: Mapping[str, Reading] = Field(default_factory=dict)
    ambiguity: tuple[Text, ...] = ()
    reading: Text | None = None
    after: Text | None = None
    verified: Verification | None = None
    document_id: Text
    document_number: Text
    document_title: Text

    @property
    def citation(self) -> Citation:
        """Document, number, place in it and quote."""
        return Citation(
            document=self.document_title,
            number=self.document_number,
            clause=self.number,
            quote=self.quote,
        )

    @property
    def limit(self) -> float:
        """The value demanded.

        Raises
        ------
        ValueError
            If the clause gives no number; ask :attr:`is_numeric` first.
        """
        if self.value is None:
            raise ValueError(f"clause {self.id} has no number")
        return self.value

    @property
    def is_numeric(self) -> bool:
        """Whether the clause has a number to hold something against."""
        return self.value is not None and self.comparator is not None

    def holds(self, value: float) -> bool:
        """Return whether a value keeps the clause."""
        if self.comparator is None:
            raise ValueError(f"clause {self.id} has no comparator")
        return self.comparator.holds(value, self.limit)


class Document(_Strict):
    """A standards document with its clauses."""

    id: Text
    short: Text
    number: Text
    title: Text
    title_en: Text
    issuer: Text
    level: Level
    place: Text
    place_aliases: tuple[Text, ...] = ()
    jurisdiction: Annotated[str, StringConstraints(strict=True, pattern=r"^\d{6}$")]
    issued: dt.date
    in_force: dt.date
    term_end: dt.date | None = None
    superseded_by: Text | None = None
    confidence: Annotated[str, StringConstraints(strict=True, pattern="^[ABC]$")]
    source: Text | None = None
    sources: tuple[Text, ...] = ()
    defects: tuple[Text, ...] = ()
    clauses: tuple[Clause, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether its words were read (A, B); what only common knowledge says (C) may inform."""
        return self.confidence != "C"

    @property
    def stem(self) -> str:
        """Its code without the pairs of zeros at the end: 4101 for a city, nothing for all."""
        stem = self.jurisdiction
        while stem.endswith("00"):
            stem = stem[:-2]
        return stem

    def clause(self, clause_id: str) -> Clause:
        """Return the clause of that id.

        Raises
        ------
        KeyError
            If the document has none of that id.
        """
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise KeyError(clause_id)

    def term_over(self, as_of: dt.date) -> bool:
        """Return whether the document's own term ended before that date."""
        return self.term_end is not None and as_of > self.term_end
