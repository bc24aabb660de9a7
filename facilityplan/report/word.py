"""Word documents from templates: the shipped one or a bureau's own; the same input, same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

import jinja2
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from facilityplan.errors import InputError, UnreadableSourceError
from facilityplan.locale import Listed, language

EPOCH: Final = dt.date(1980, 1, 1)
"""Date of a document that has no judging date; zip files know none before."""

MAX_TEMPLATE_BYTES: Final = 50_000_000

_FILTERS: Final = ("default", "first", "join", "last", "length", "list", "lower", "replace", "trim",
                   "upper")  # fmt: skip
"""What of jinja's a template may use."""

_UNUSABLE: Final = (jinja2.TemplateError, zipfile.BadZipFile, OpcError, SyntaxError, KeyError,
                    ValueError, TypeError, AttributeError, RecursionError)  # fmt: skip
"""What a file that is no Word document, or a template that does not hold together, raises."""

_MACROS: Final = ("vbaProject.bin", "vbaData.xml")


class _Environment(ImmutableSandboxedEnvironment):
    """A form shows what it is given: no sums, and no filter that makes much out of little."""

    intercepted_binops = frozenset({"*", "**", "/", "//", "%", "-"})

    def __init__(self) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, autoescape=True)
        self.filters = {name: self.filters[name] for name in _FILTERS}

    def call_binop(self, *operation: Any) -> Any:
        """Refuse; reached only for the operators above."""
        raise SecurityError(str(operation[1]))


def template_path(kind: str, lang: str | None = None) -> Any:
    """Return the template shipped for a kind of document (``review``) in a language."""
    return resources.files(__package__) / "templates" / f"{kind}_{language(lang)}.docx"


@dataclass(frozen=True)
class Picture:
    """A picture to be put into a document, PNG, and how wide it stands there."""

    png: bytes
    width_mm: float


def fill(template: Path | None, kind: str, fields: Mapping[str, Any], lang: str | None) -> bytes:
    """Return a Word document made of a template and fields.

    Parameters
    ----------
    template
        A bureau's own template; ``None`` takes the one shipped for that kind.
    fields
        By name; texts are written as text, whatever they hold. A :class:`Picture` is embedded.

    Raises
    ------
    InputError
        If the template uses a field that is not there (named), or cannot be used.
    UnreadableSourceError
        If there is no such file.
    """
    content = template_path(kind, lang).read_bytes() if template is None else _read(template)
    file = None if template is None else template.name
    environment = _Environment()
    try:
        document = DocxTemplate(io.BytesIO(content))
        asked = document.get_undeclared_template_variables(environment)
        unknown = sorted(asked - set(fields))
        if unknown:
            raise _unknown(Listed(unknown), fields, file)
        content_of = {name: _placed(value, document) for name, value in fields.items()}
        document.render(content_of, environment, autoescape=True)
    except jinja2.UndefinedError as error:
        named = re.search(r"(?:attribute |^)'([^']+)'(?: is undefined)?$", str(error))
        raise _unknown(named[1] if named else str(error), fields, file) from error
    except InputError:
        raise
    except _UNUSABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError("template_broken", file=file, reason=reason) from error
    stream = io.BytesIO()
    _close_up(document.docx)
    settle(document.docx)
    document.save(stream)
    return same_bytes(stream.getvalue())


def _placed(value: Any, document: DocxTemplate) -> Any:
    if not isinstance(value, Picture):
        return value
    return InlineImage(document, io.BytesIO(value.png), width=Mm(value.width_mm))


def _close_up(document: Any) -> None:
    """Say that pictures keep no distance: LibreOffice takes three millimetres where nothing is said."""
    for inline in document.element.body.iter(qn("wp:inline")):
        for side in ("distT", "distB", "distL", "distR"):
            inline.set(side, inline.get(side, "0"))


def _read(template: Path) -> bytes:
    try:
        if template.stat().st_size > MAX_TEMPLATE_BYTES:
            raise InputError("template_broken", file=template.name, reason=">50 MB")
        content = template.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(name.endswith(_MACROS) for name in archive.namelist()):
                raise InputError("template_broken", file=template.name, reason="VBA")
    except zipfile.BadZipFile as error:
        raise InputError("template_broken", file=template.name, reason=str(error)) from error
    except OSError as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror or str(error)
        raise UnreadableSourceError(
            "source_unreadable", file=template.name, reason=reason
        ) from error
    return content


def _unknown(found: str, fields: Mapping[str, Any], file: str | None) -> InputError:
    known = []
    for name, value in fields.items():
        row = value[0] if isinstance(value, list) and value else value
        parts = [f"{name}.{part}" for part in row] if isinstance(row, Mapping) else []
        known += [name, *(parts if name != "field" else [f"{name}.households"])]
    return InputError("template_field_unknown", file=file, found=found, known=Listed(known))


def settle(document: Any) -> None:
    """Take the time of day and the user's name out of a document's properties."""
    properties = document.core_properties
    fixed = dt.datetime.combine(EPOCH, dt.time())
    properties.created = properties.modified = fixed
    properties.author = properties.last_modified_by = "facilityplan"


def same_bytes(content: bytes) -> bytes:
    """Return a zip file with fixed times, so that the same content has the same bytes."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (EPOCH.year, EPOCH.month, EPOCH.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(name))
    return stream.getvalue()
