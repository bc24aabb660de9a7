"""The location figure of a scheme under ``check --city``: in its form, and as files beside it."""

from __future__ import annotations

from dataclasses import dataclass

from facilityplan.checks import Context
from facilityplan.report.figures import (
    FORM,
    Imprint,
    Typeface,
    draw_form,
    location_plate,
    scale_of,
    small_png,
    system_text,
)
from facilityplan.report.word import Picture
from facilityplan.schemes import Review


@dataclass(frozen=True)
class LocationFigure:
    """A drawn figure: its files by format, the N of its scale 1:N."""

    files: dict[str, bytes]
    scale: int

    @property
    def picture(self) -> Picture:
        """The figure as a form holds it: at its own size, so that its scale is true in print."""
        return Picture(self.files["png"], FORM.width_mm)


def location_figure(
    review: Review, context: Context, typeface: Typeface, lang: str
) -> LocationFigure | None:
    """Return the figure of a scheme; ``None`` where its sheet does not say where it is.

    Raises
    ------
    OutputError
        If the face lacks a character of it.
    """
    plate = location_plate(review, context, lang)
    if plate is None:
        return None
    city = context.city
    imprint = Imprint(review.scheme.name, system_text(city.crs), "", city.as_of)
    drawn = draw_form(plate, imprint, typeface, lang)
    return LocationFigure({**drawn, "png": small_png(drawn["png"])}, scale_of(plate))
