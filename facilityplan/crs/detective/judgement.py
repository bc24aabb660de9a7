"""What the detective hands over: a verdict, the numbers behind it, and no prose."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np


class Verdict(StrEnum):
    """What the evidence says of a declaration."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Fit:
    """How a layer lies under one hypothesis.

    Parameters
    ----------
    datum
        The hypothesis: the degrees are of this datum.
    mean_m
        Mean distance in metres, each distance counted as 300 m at most.
    median_m
        Median distance in metres.
    """

    datum: str
    mean_m: float
    median_m: float


@dataclass(frozen=True)
class Support:
    """What one way of scoring the distances says.

    Parameters
    ----------
    score
        Name of the way of scoring.
    datum
        The hypothesis that it likes best.
    z
        How many (robust) standard deviations of the same pattern moved elsewhere the best
        hypothesis scores better than the median of those.
    zd
        The same after a quadratic trend over the moves is taken out.
    t
        Paired t of the best hypothesis against the next.
    t_near
        Paired t of the best place within 250 m of the hypothesis against the hypothesis itself;
        large where the layer fits beside the hypothesis and not at it.
    names
        Whether all this suffices to name the hypothesis.
    """

    score: str
    datum: str
    z: float
    zd: float
    t: float
    t_near: float
    names: bool


@dataclass(frozen=True)
class Judgement:
    """The verdict on one layer.

    Parameters
    ----------
    verdict
        Whether the layer contradicts what it declares.
    declared
        The datum declared.
    named
        The datum that the evidence names, ``None`` where it is undecided.
    reason
        Message id below ``datum_reason``: why it is undecided; ``None`` where it is not.
    points
        Different places given.
    used
        Places that the figures rest on.
    fits
        One for each hypothesis, in the order of the hypotheses.
    support
        One for each way of scoring; none where it did not come to that.
    """

    verdict: Verdict
    declared: str
    named: str | None
    reason: str | None
    points: int
    used: int
    fits: tuple[Fit, ...] = ()
    support: tuple[Support, ...] = ()

    @property
    def strongest(self) -> Support | None:
        """The way of scoring that speaks loudest for the datum named, or at all."""
        naming = [item for item in self.support if item.names] or list(self.support)
        return max(naming, key=lambda item: item.zd, default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, figures rounded to what they are worth."""
        plain: dict[str, Any] = asdict(self)
        plain["verdict"] = str(self.verdict)
        for part in ("fits", "support"):
            plain[part] = [
                {key: _rounded(value) for key, value in item.items()} for item in plain[part]
            ]
        return plain


def _rounded(value: Any) -> Any:
    return float(np.round(value, 2)) if isinstance(value, float) else value


def verdict_of(
    named: str | None, declared: str, *, same: str, reason: str | None = None
) -> tuple[Verdict, str | None, str | None]:
    """Return verdict, name and reason; ``same`` is the hypothesis that the declaration means."""
    if named is None:
        return Verdict.UNDECIDED, None, reason
    if named == same:
        return Verdict.AGREES, declared, None
    return Verdict.CONTRADICTS, named, None
