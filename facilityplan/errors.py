"""Every error a user can meet, as one tree.

::

    FacilityPlanError            70  a bug of ours unless a branch below says otherwise
    |- UsageError                 2  the command or call is off
    |- InputError                 3  a file of the user's cannot be used as it is
    |  |- UnreadableSourceError      cannot be opened, decoded or parsed
    |  |- SourceLimitError           too large, too dense, not a format we take
    |  |- ProjectFileError           project.toml is off
    |  |- MissingLayerError          a layer that is needed is not there, or has no rows
    |  |- SchemaError                a table does not keep its column contract
    |  |  |- MissingColumnError
    |  |  |- DuplicateIdError
    |  |  |- BadValueError
    |  |  `- UnknownKindError
    |  |- GeometryError              empty, invalid or of the wrong type
    |  `- CrsError                   coordinate system or datum
    |     |- MissingCrsError
    |     |- GeographicCrsError      degrees where metres are needed
    |     |- WebMercatorError        lengths in Web Mercator are not metres
    |     `- ImplausibleExtentError  outside the area of use; swapped axes
    |- NetworkError               3  the road graph cannot be built or used
    |- StandardsError             4  a standards document or clause
    |  |- StandardNotFoundError
    |  |- StandardFormatError
    |  `- StandardConflictError
    |- SolveError                 5  no plan can satisfy what was asked
    `- OutputError                6  a result cannot be written
       `- OutputLockedError

Each carries a message id with parameters and the place (file, layer, column, rows); the sentence
is made in the user's language, with what to do about it, by :meth:`FacilityPlanError.render`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final

from facilityplan import locale

MAX_ROWS_SHOWN = 10
"""How many row numbers a message lists; the total is always said."""


class FacilityPlanError(Exception):
    """Root of all our errors.

    Parameters
    ----------
    message
        Id in the catalogue: ``error.<message>.text`` says what is wrong, ``error.<message>.fix``
        what to do.
    file, layer, column
        Where it is, as the user knows it (a file name, not a path of the machine, suffices).
    rows
        Row numbers as the user's program shows them (a table's header is row 1).
    **parameters
        Values for the placeholders of both sentences.
    """

    exit_code: ClassVar[int] = 70

    def __init__(
        self,
        message: str,
        /,
        *,
        file: object = None,
        layer: str | None = None,
        column: str | None = None,
        rows: Sequence[int] = (),
        **parameters: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.layer = layer
        self.column = column
        self.rows = tuple(int(row) for row in rows)
        self.parameters = parameters

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the error survive the way between processes."""
        place = {"file": self.file, "layer": self.layer, "column": self.column, "rows": self.rows}
        return _rebuild, (type(self), self.message, place | self.parameters)

    def where(self, lang: str | None = None) -> str:
        """Return the place as text: file, layer, column, first rows and their total."""
        parts = [
            locale.text(f"where.{name}", lang, value=value)
            for name, value in (("file", self.file), ("layer", self.layer), ("column", self.column))
            if value is not None
        ]
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:MAX_ROWS_SHOWN])
            name = "rows" if len(self.rows) <= MAX_ROWS_SHOWN else "rows_of"
            parts.append(locale.text(f"where.{name}", lang, value=shown, total=len(self.rows)))
        return locale.text("where.separator", lang).join(parts)

    def render(self, lang: str | None = None) -> str:
        """Return the whole message: what is wrong, where, and what to do."""
        said = locale.text(f"error.{self.message}.text", lang, **self.parameters)
        place = self.where(lang)
        if place:
            said = locale.text("error_with_place", lang, said=said, place=place)
        fix = locale.text(f"error.{self.message}.fix", lang, **self.parameters)
        return locale.text("error_with_fix", lang, said=said, fix=fix)

    def __str__(self) -> str:
        return self.render()


def _rebuild(
    kind: type[FacilityPlanError], message: str, keywords: dict[str, Any]
) -> FacilityPlanError:
    return kind(message, **keywords)


class UsageError(FacilityPlanError, ValueError):
    """The command or the call is off."""

    exit_code = 2


class InputError(FacilityPlanError, ValueError):
    """A file of the user's cannot be used as it is."""

    exit_code = 3


class UnreadableSourceError(InputError, OSError):
    """A file cannot be opened, decoded or parsed."""


class SourceLimitError(InputError):
    """A file is too large, too dense, or of a format that is not taken."""


class ProjectFileError(InputError):
    """The project's description is off."""


class MissingLayerError(InputError):
    """A layer that is needed is not there or has no rows."""


class SchemaError(InputError):
    """A table does not keep its column contract."""


class MissingColumnError(SchemaError):
    """A column that is needed is not there."""


class DuplicateIdError(SchemaError):
    """Two rows carry the same id."""


class BadValueError(SchemaError):
    """A cell holds what its column cannot hold."""


class UnknownKindError(SchemaError):
    """A facility's kind is not in the closed list."""


class GeometryError(InputError):
    """A geometry is empty, invalid or of the wrong type."""


class CrsError(InputError):
    """A coordinate system or datum is missing or off."""


class MissingCrsError(CrsError):
    """A file says nothing of its coordinate system and neither does the project."""


class GeographicCrsError(CrsError):
    """Coordinates are in degrees where metres are needed."""


class WebMercatorError(CrsError):
    """Lengths in Web Mercator are not metres."""


class ImplausibleExtentError(CrsError):
    """Coordinates lie outside the area that the coordinate system is made for."""


class NetworkError(FacilityPlanError, ValueError):
    """The road graph cannot be built or used."""

    exit_code = 3


class StandardsError(FacilityPlanError, LookupError):
    """Something is wrong with a standards document."""

    exit_code = 4


class StandardNotFoundError(StandardsError):
    """There is no such document or clause."""


class StandardFormatError(StandardsError):
    """A standards document does not keep its schema."""


class StandardConflictError(StandardsError):
    """Documents that cannot hold at one place are asked for together."""


class SolveError(FacilityPlanError, RuntimeError):
    """No plan can satisfy what was asked."""

    exit_code = 5


class OutputError(FacilityPlanError, OSError):
    """A result cannot be written."""

    exit_code = 6


class OutputLockedError(OutputError):
    """A result's file or folder is in use by another program."""


_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "missing",
        "extra_forbidden": "unknown",
        "literal_error": "choice",
        "enum": "choice",
        "greater_than": "range",
        "greater_than_equal": "range",
        "less_than": "range",
        "less_than_equal": "range",
        "string_pattern_mismatch": "other",
        "string": "text",
        "date": "date",
        "int": "whole",
        "float": "number",
        "finite": "number",
        "bool": "flag",
        "tuple": "list",
        "too": "list",
        "model": "table",
        "dict": "table",
        "mapping": "table",
    }
)


def expected_instead(mistake: str) -> str:
    """Return what our message says is expected, for what pydantic calls a mistake."""
    return _EXPECTED.get(mistake) or _EXPECTED.get(mistake.split("_", maxsplit=1)[0], "other")
