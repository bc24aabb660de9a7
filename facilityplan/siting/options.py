"""How to solve: time, accepted gap, threads, seed, and who is told of progress."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from facilityplan.errors import UsageError

SEED = 20_250_101
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Progress:
    """Where a search stands.

    Parameters
    ----------
    objective
        Value of the best plan so far, in the unit of the problem; infinite before there is one.
    bound
        What no plan can better, as far as it is proven by now.
    """

    objective: float
    bound: float


@dataclass(frozen=True)
class SolveOptions:
    """How to solve.

    Parameters
    ----------
    time_limit_s
        Seconds after which the best plan so far is returned as ``feasible``; ``None`` solves to
        proof.
    gap
        Relative gap that is good enough to stop at. A plan that is not proven best is
        ``feasible`` whatever gap was accepted.
    threads
        Threads of the mixed-integer solver. With more than one, a run that ends at a limit need
        not give the same plan twice.
    seed
        Of everything that draws lots; the same seed gives the same plan.
    progress
        Called now and then with the incumbent and the bound. A ``KeyboardInterrupt`` that it
        raises ends the search like Ctrl-C does: the best plan so far, labelled so.
    """

    time_limit_s: float | None = None
    gap: float = 0.0
    threads: int = 1
    seed: int = SEED
    progress: Callable[[Progress], None] | None = None


def checked_time_limit(time_limit_s: float | None) -> float | None:
    """Return the time limit in seconds.

    Raises
    ------
    UsageError
        If it is NaN or not above 0.
    """
    if time_limit_s is not None and (math.isnan(time_limit_s) or time_limit_s <= 0):
        raise UsageError("siting_time_limit", given=str(time_limit_s))
    return None if time_limit_s is None or math.isinf(time_limit_s) else float(time_limit_s)


def checked_options(options: SolveOptions | None, time_limit_s: float | None) -> SolveOptions:
    """Return valid options; a time limit given on its own goes before that of the options.

    Raises
    ------
    UsageError
        If the time limit is not above 0, the gap not in [0, 1), or threads or seed no whole
        number in their range.
    """
    given = SolveOptions() if options is None else options
    limit = checked_time_limit(given.time_limit_s if time_limit_s is None else time_limit_s)
    if not 0 <= given.gap < 1:
        raise UsageError("siting_gap", given=str(given.gap))
    whole = {}
    for name, value, least in (("threads", given.threads, 1), ("seed", given.seed, 0)):
        try:
            whole[name] = operator.index(value)
        except TypeError:
            whole[name] = -1
        if not least <= whole[name] <= MOST_SEED:
            raise UsageError("siting_whole_option", name=name, given=str(value), least=least)
    return SolveOptions(limit, float(given.gap), whole["threads"], whole["seed"], given.progress)
