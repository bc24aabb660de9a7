"""A document's title with its number, once where it has no number but its title."""

from __future__ import annotations

from facilityplan import locale


def title_and_number(title: str, number: str) -> str:
    """Return the title and the number behind it.

    Parameters
    ----------
    title, number
        Of a document. A regulation that has no number is filed under its title.
    """
    return title if number == title else f"{title} {number}"


def number_and_title(number: str, title: str) -> str:
    """Return the number and the title behind it; see :func:`title_and_number`."""
    return title if number == title else f"{number} {title}"


def number_behind(title: str, number: str, lang: str | None) -> str:
    """Return the number in brackets, to stand behind the title; nothing where it is the title."""
    return "" if number == title else locale.text("document_number_behind", lang, number=number)
