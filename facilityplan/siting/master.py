"""The master problem of a Benders decomposition as a linear program that HiGHS keeps warm.

Columns: one share in [0, 1] per site, then one cost per group. Rows: what the site columns must
keep (a number of sites, a budget), then cuts ``cost_g >= constant - slope @ share``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting.arguments import Floats, Ints
from facilityplan.siting.clock import Deadline
from facilityplan.siting.highs import interrupted_by, silent_engine, solve


@dataclass(frozen=True)
class Side:
    """Rows that every choice of sites must keep: ``lower <= matrix @ share <= upper``."""

    matrix: Any
    lower: Floats
    upper: Floats

    @classmethod
    def exactly(cls, n_columns: int, n_sites: int) -> Side:
        """Return the row that asks for so many sites."""
        number = np.array([float(n_sites)])
        return cls(sparse.csr_array(np.ones((1, n_columns))), number, number)

    def keeps(self, chosen: Ints) -> bool:
        """Return whether a choice of sites keeps every row."""
        share = np.zeros(self.matrix.shape[1])
        share[chosen] = 1.0
        held = np.asarray(self.matrix @ share).ravel()
        slack = 1e-9 * np.maximum(1.0, np.abs(held))
        return bool(((held >= self.lower - slack) & (held <= self.upper + slack)).all())


@dataclass(frozen=True)
class Point:
    """A solution of the master: shares of the sites, costs of the groups, value, reduced costs."""

    share: Floats
    costs: Floats
    value: float
    reduced: Floats


class Master:
    """The master problem.

    Parameters
    ----------
    side
        Rows on the site columns.
    n_groups
        How many cost columns; their costs are never below 0.
    deadline
        When to stop.
    """

    def __init__(self, side: Side, n_groups: int, deadline: Deadline) -> None:
        self.n_sites = int(side.matrix.shape[1])
        self.n_groups = n_groups
        self._deadline = deadline
        self._engine = silent_engine(deadline)
        interrupted_by(self._engine, deadline)
        self._load(side)
        self._columns = np.arange(self.n_sites, dtype=np.int32)
        self._n_side = int(side.matrix.shape[0])
        self._forbids = False

    def _load(self, side: Side) -> None:
        rows = sparse.csr_array(side.matrix, dtype=np.float64)
        n_columns = self.n_sites + self.n_groups
        program = highspy.HighsLp()
        program.num_col_ = n_columns
        program.num_row_ = rows.shape[0]
        program.col_cost_ = np.concatenate([np.zeros(self.n_sites), np.ones(self.n_groups)])
        program.col_lower_ = np.zeros(n_columns)
        program.col_upper_ = np.concatenate([np.ones(self.n_sites), np.full(self.n_groups, np.inf)])
        program.row_lower_ = side.lower
        program.row_upper_ = side.upper
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = rows.indptr.astype(np.int32)
        program.a_matrix_.index_ = rows.indices.astype(np.int32)
        program.a_matrix_.value_ = rows.data
        self._engine.passModel(program)

    def bound_sites(self, lower: Floats, upper: Floats) -> None:
        """Set the bounds of the site columns."""
        self._engine.changeColsBounds(self.n_sites, self._columns, lower, upper)

    def add_cuts(self, constant: Floats, slope: Any, groups: Ints) -> None:
        """Add ``cost_g + slope_g @ share >= constant_g`` for these groups."""
        if not groups.size:
            return
        own = sparse.csr_array(
            (np.ones(groups.size), (np.arange(groups.size), groups)),
            shape=(groups.size, self.n_groups),
        )
        rows = sparse.hstack([slope[groups], own], format="csr")
        self._engine.addRows(
            groups.size,
            constant[groups],
            np.full(groups.size, np.inf),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )

    def forbid(self, chosen: Ints) -> None:
        """Rule out one choice among those with as many sites: at least one must be another."""
        self._forbids = True
        size = int(chosen.size)
        self._engine.addRows(
            1,
            np.array([-np.inf]),
            np.array([size - 1.0]),
            size,
            np.zeros(1, dtype=np.int32),
            chosen.astype(np.int32),
            np.ones(size),
        )

    @property
    def n_rows(self) -> int:
        """How many rows there are now."""
        return int(self._engine.getNumRow())

    def tidy(self) -> None:
        """Drop the cuts that do not bind at the last solution; the rest keeps its basis.

        Nothing is dropped once a plan is forbidden: such a row must stay.
        """
        basis = self._engine.getBasis()
        basic = highspy.HighsBasisStatus.kBasic
        status = list(basis.row_status)
        drop = [row for row in range(self._n_side, len(status)) if status[row] == basic]
        if not drop or self._forbids:
            return
        gone = set(drop)
        self._engine.deleteRows(len(drop), np.array(drop, dtype=np.int32))
        basis.row_status = [said for row, said in enumerate(status) if row not in gone]
        self._engine.setBasis(basis)

    def solve(self, limit: float = math.inf) -> Point | None:
        """Return the best point, ``None`` where there is none or the time is up first.

        The caller tells the two apart by the clock.

        Parameters
        ----------
        limit
            A point beyond it is of no use: the solver may stop as soon as there is no better.

        Raises
        ------
        SolveError
            ``solver_failed`` where the solver itself gives up.
        """
        self._engine.setOptionValue("objective_bound", limit)
        left_s = self._deadline.left_s()
        if left_s is not None:
            if left_s <= 0:
                return None
            self._engine.setOptionValue("time_limit", self._engine.getRunTime() + left_s)
        said = solve(self._engine)
        states = highspy.HighsModelStatus
        if said in (
            states.kInfeasible,
            states.kObjectiveBound,
            states.kTimeLimit,
            states.kInterrupt,
        ):
            return None
        if said != states.kOptimal:
            raise SolveError("solver_failed", said=self._engine.modelStatusToString(said))
        solution = self._engine.getSolution()
        values = np.array(solution.col_value, dtype=np.float64)
        reduced = np.array(solution.col_dual, dtype=np.float64)
        return Point(
            np.clip(values[: self.n_sites], 0.0, 1.0),
            values[self.n_sites :],
            float(self._engine.getInfo().objective_function_value),
            reduced[: self.n_sites],
        )
