"""Ways to measure, and why they turn a verdict, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from facilityplan import locale
from facilityplan.scenario.variants import SensitivityOptions, Variant


def variant_text(variant: str, options: SensitivityOptions, lang: str | None = None) -> str:
    """Return what a way to measure is called, with its figures."""
    figures = dataclasses.asdict(options) | {"percent": round(options.limit_change * 100, 6)}
    return locale.text(f"sensitivity.variant.{Variant(variant)}", lang, **figures)


def variants_text(
    variants: Iterable[str], options: SensitivityOptions, lang: str | None = None
) -> str:
    """Return several ways to measure as a list."""
    separator = locale.text("and_reading", lang)
    return separator.join(variant_text(variant, options, lang) for variant in variants)


def reasons_text(reasons: Iterable[str], barriers: Iterable[str], lang: str | None = None) -> str:
    """Return why a verdict turns, the barriers by their names."""
    said = []
    for reason in reasons:
        text = locale.text(f"sensitivity.reason.{reason}", lang)
        names = locale.text("map.list_separator", lang).join(barriers)
        said.append(f"{text} ({names})" if reason == "barrier" and names else text)
    return locale.text("and_reading", lang).join(said)
