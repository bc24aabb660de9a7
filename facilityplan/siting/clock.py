"""The clock a solver works against, and the ways to stop it early."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from facilityplan.siting.options import Progress, SolveOptions


def _as_it_is(value: float) -> float:
    return value


@dataclass
class Interruption:
    """Whether the user has asked to stop."""

    happened: bool = False


@dataclass(frozen=True)
class Deadline:
    """A moment to stop at, on the monotonic clock, and the options that go with it.

    Parameters
    ----------
    at_s
        ``None`` means never.
    options
        Gap, threads, seed, progress.
    interruption
        Set when the user asks to stop: the time is up from then on.
    to_user
        Turns a value of the solver's into one of the user's, for progress.
    """

    at_s: float | None
    options: SolveOptions = field(default_factory=SolveOptions)
    interruption: Interruption = field(default_factory=Interruption, compare=False)
    to_user: Callable[[float], float] = _as_it_is

    @classmethod
    def after(cls, time_limit_s: float | None) -> Deadline:
        """Return the moment that many seconds from now."""
        return cls(None if time_limit_s is None else time.monotonic() + time_limit_s)

    @classmethod
    def of(cls, options: SolveOptions) -> Deadline:
        """Return the moment that the options' time limit sets, from now."""
        return replace(cls.after(options.time_limit_s), options=options)

    def left_s(self) -> float | None:
        """Return the seconds left, never negative; ``None`` where there is no limit."""
        if self.interruption.happened:
            return 0.0
        return None if self.at_s is None else max(0.0, self.at_s - time.monotonic())

    def passed(self) -> bool:
        """Return whether the time is up."""
        left_s = self.left_s()
        return left_s is not None and left_s <= 0

    def within(self, seconds: float) -> Deadline:
        """Return a moment at most that many seconds from now, of the same search."""
        soon = time.monotonic() + seconds
        return replace(self, at_s=soon if self.at_s is None else min(self.at_s, soon))

    def reporting(self, to_user: Callable[[float], float]) -> Deadline:
        """Return the same clock with another way to put values to the user."""
        return replace(self, to_user=to_user)

    def silent(self) -> Deadline:
        """Return the same clock for a subproblem whose values would mean nothing to the user."""
        return replace(self, options=replace(self.options, progress=None, gap=0.0))

    def report(self, value: float, bound: float) -> None:
        """Tell the user of an incumbent and a bound, both as the solver has them."""
        tell = self.options.progress
        if tell is None or self.interruption.happened:
            return
        try:
            tell(Progress(self.to_user(value), self.to_user(bound)))
        except KeyboardInterrupt:
            self.interruption.happened = True

    def close_enough(self, value: float, bound: float) -> bool:
        """Return whether the accepted gap is reached, in the user's own values."""
        if self.options.gap <= 0 or not (math.isfinite(value) and math.isfinite(bound)):
            return False
        objective = self.to_user(value)
        return abs(objective - self.to_user(bound)) <= self.options.gap * abs(objective)


@contextmanager
def listening(deadline: Deadline) -> Iterator[Deadline]:
    """Let Ctrl-C end the search instead of the program, while it lasts.

    A second Ctrl-C acts as usual. Only where Ctrl-C would raise ``KeyboardInterrupt`` and in the
    main thread, which alone may set a handler.
    """
    usual = signal.getsignal(signal.SIGINT)
    here = threading.current_thread() is threading.main_thread()
    if not here or usual is not signal.default_int_handler:
        yield deadline
        return

    def stop(_number: int, _frame: Any) -> None:
        deadline.interruption.happened = True
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, stop)
    try:
        yield deadline
    finally:
        signal.signal(signal.SIGINT, usual)
