"""HiGHS, always asked the same way: given threads and seed, no gap accepted, Ctrl-C heeded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import SolveError
from facilityplan.siting.arguments import Floats
from facilityplan.siting.clock import Deadline

FIXING_MARGIN = 1e-6
"""Room left for the LP's own tolerances when its reduced costs rule a candidate out."""


CAREFUL_TOLERANCE = 1e-9
"""Tolerance of rows and whole numbers where one objective is held while another is minimised."""


@dataclass(frozen=True)
class Model:
    """A minimisation with ``row_lower <= matrix @ x <= row_upper``; the first columns are sites.

    Parameters
    ----------
    cost, lower, upper
        One number per column.
    n_sites
        How many leading columns are yes/no; the others are continuous unless ``whole`` says so.
    matrix
        Sparse, rows x columns.
    row_lower, row_upper
        One number per row, infinities allowed.
    integral
        True where every value that the objective can take is a whole number.
    whole
        Which columns are whole numbers beside the sites, one flag per column.
    careful
        Do without presolve: that of HiGHS 1.15.1 cuts the best plan of some models with modules
        and shares off and calls a worse one optimal (like ERGO-Code/HiGHS#3094).
    """

    cost: Floats
    lower: Floats
    upper: Floats
    n_sites: int
    matrix: Any
    row_lower: Floats
    row_upper: Floats
    integral: bool
    whole: npt.NDArray[np.bool_] | None = None
    careful: bool = False


class Ended(StrEnum):
    """How a run of the solver ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"


UNSAFE_PRESOLVE = 1 << 12
"""Presolve rules left out, as bits: the aggregator. With it HiGHS 1.15.1 calls a feasible p-median
model infeasible (tests/siting/test_highs_verdicts.py holds the model)."""


@dataclass(frozen=True)
class Run:
    """What one run found: values of the columns (if any), bound, reduced costs (LP only)."""

    ended: Ended
    columns: Floats | None
    bound: float
    reduced_costs: Floats | None = None

    def chosen(self, n_sites: int) -> frozenset[int]:
        """Return the site columns that are set."""
        if self.columns is None:
            return frozenset()
        return frozenset(np.flatnonzero(self.columns[:n_sites] > 0.5).tolist())


def with_rows(model: Model, extra: Any, lower: Floats, upper: Floats) -> Model:
    """Return the model with more rows below."""
    return replace(
        model,
        matrix=sparse.vstack([model.matrix, sparse.csr_array(extra)], format="csr"),
        row_lower=np.concatenate([model.row_lower, lower]),
        row_upper=np.concatenate([model.row_upper, upper]),
    )


def with_bounds(model: Model, lower: Floats, upper: Floats) -> Model:
    """Return the model with other column bounds."""
    return replace(model, lower=lower, upper=upper)


def with_cost(model: Model, cost: Floats) -> Model:
    """Return the model with another objective, of whole numbers."""
    return replace(model, cost=cost, integral=True)


def _loaded(model: Model, *, relaxed: bool) -> highspy.HighsLp:
    columns = sparse.csc_array(model.matrix)
    program = highspy.HighsLp()
    program.num_col_ = model.cost.size
    program.num_row_ = model.row_lower.size
    program.col_cost_ = model.cost
    program.col_lower_ = model.lower
    program.col_upper_ = model.upper
    program.row_lower_ = model.row_lower
    program.row_upper_ = model.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = columns.indptr.astype(np.int32)
    program.a_matrix_.index_ = columns.indices.astype(np.int32)
    program.a_matrix_.value_ = columns.data.astype(np.float64)
    if not relaxed:
        kinds = highspy.HighsVarType
        whole = np.zeros(model.cost.size, dtype=bool)
        whole[: model.n_sites] = True
        if model.whole is not None:
            whole |= model.whole
        program.integrality_ = [
            kinds.kInteger if is_whole else kinds.kContinuous for is_whole in whole.tolist()
        ]
    return program


def silent_engine(deadline: Deadline) -> highspy.Highs:
    """Return an engine that prints nothing, with the options' threads and seed."""
    new_engine: Any = highspy.Highs  # its constructor carries no types
    engine: highspy.Highs = new_engine()
    threads = deadline.options.threads
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", threads)
    engine.setOptionValue("parallel", "on" if threads > 1 else "off")
    engine.setOptionValue("random_seed", deadline.options.seed)
    engine.setOptionValue("presolve_rule_off", UNSAFE_PRESOLVE)
    return engine


def interrupted_by(engine: highspy.Highs, deadline: Deadline) -> None:
    """Make the engine stop when the user asks to; it cannot be stopped otherwise."""

    def stop(event: Any) -> None:
        if deadline.interruption.happened:
            event.interrupt()

    for moment in (engine.cbSimplexInterrupt, engine.cbIpmInterrupt, engine.cbMipInterrupt):
        moment.subscribe(stop)


def _report_from(engine: highspy.Highs, deadline: Deadline) -> None:
    """Pass on incumbent and bound as the mixed-integer search goes."""

    def tell(event: Any) -> None:
        deadline.report(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
        accepted = deadline.close_enough(
            event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        )
        if accepted or deadline.interruption.happened:
            event.interrupt()

    engine.cbMipInterrupt.subscribe(tell)


def solve(engine: highspy.Highs) -> highspy.HighsModelStatus:
    """Run an engine; its threads replace those that an earlier one left in the process.

    HiGHS keeps one pool of threads and refuses to run with another number of them.
    """
    engine.run()
    if engine.getModelStatus() == highspy.HighsModelStatus.kNotset:
        engine.resetGlobalScheduler(True)
        engine.run()
    return engine.getModelStatus()


def _verdict(engine: highspy.Highs, *, relaxed: bool) -> highspy.HighsModelStatus:
    """Run the engine; what presolve alone calls infeasible is asked again without presolve."""
    infeasible = solve(engine) == highspy.HighsModelStatus.kInfeasible
    if infeasible and not relaxed and engine.getInfo().mip_node_count <= 0:
        engine.clearSolver()
        engine.setOptionValue("presolve", "off")
        engine.run()
    return engine.getModelStatus()


def _exact_engine(model: Model, deadline: Deadline) -> highspy.Highs:
    """Return an engine that stops at proof, at the deadline or when the user asks to."""
    engine = silent_engine(deadline)
    engine.setOptionValue("mip_rel_gap", 0.0)
    engine.setOptionValue("mip_abs_gap", 1e-9)
    if model.careful:
        engine.setOptionValue("presolve", "off")
        for name in ("mip_feasibility_tolerance", "primal_feasibility_tolerance"):
            engine.setOptionValue(name, CAREFUL_TOLERANCE)
    left_s = deadline.left_s()
    if left_s is not None:
        engine.setOptionValue("time_limit", left_s)
    interrupted_by(engine, deadline)
    return engine


def run(
    model: Model, deadline: Deadline, *, relaxed: bool = False, start: Floats | None = None
) -> Run:
    """Minimise a model.

    Parameters
    ----------
    model
        What to minimise.
    deadline
        When to stop.
    relaxed
        Solve the linear relaxation and return its reduced costs.
    start
        A feasible point to start from, one value per column.

    Returns
    -------
    Run
        ``optimal`` only where proven.

    Raises
    ------
    SolveError
        ``solver_failed`` where the solver itself gives up.
    """
    if not model.cost.size and ((model.row_lower > 0) | (model.row_upper < 0)).any():
        # HiGHS takes a model without columns for solved, whatever its rows ask.
        return Run(Ended.INFEASIBLE, None, math.inf)
    if deadline.passed():
        return Run(Ended.STOPPED, None, -math.inf)
    engine = _exact_engine(model, deadline)
    if not relaxed and (deadline.options.progress is not None or deadline.options.gap > 0):
        _report_from(engine, deadline)
    engine.passModel(_loaded(model, relaxed=relaxed))
    if start is not None and not relaxed:
        point = highspy.HighsSolution()
        point.col_value = start.tolist()
        engine.setSolution(point)
    said = _verdict(engine, relaxed=relaxed)
    states = highspy.HighsModelStatus
    if said in (states.kInfeasible, states.kUnboundedOrInfeasible):
        return Run(Ended.INFEASIBLE, None, math.inf)
    stopped = (states.kTimeLimit, states.kInterrupt)
    if said not in (states.kOptimal, states.kModelEmpty, *stopped):
        raise SolveError("solver_failed", said=engine.modelStatusToString(said))
    proven = said not in stopped
    info = engine.getInfo()
    has_point = proven or info.primal_solution_status == int(
        highspy.SolutionStatus.kSolutionStatusFeasible
    )
    solution = engine.getSolution()
    columns = np.array(solution.col_value, dtype=np.float64) if has_point else None
    if relaxed:
        if not proven:
            return Run(Ended.STOPPED, None, -math.inf)
        reduced_costs = np.array(solution.col_dual, dtype=np.float64)
        return Run(Ended.OPTIMAL, columns, info.objective_function_value, reduced_costs)
    bound = info.objective_function_value if proven else info.mip_dual_bound
    return Run(Ended.OPTIMAL if proven else Ended.STOPPED, columns, bound)


def run_with_plan(
    model: Model, deadline: Deadline, *, relaxed: bool = False, start: Floats | None = None
) -> Run:
    """Minimise a model that is known to have a plan; see :func:`run`.

    Raises
    ------
    SolveError
        ``solver_disagrees`` where the solver calls it infeasible: that would otherwise pass for
        a proof that nothing betters the known plan.
    """
    found = run(model, deadline, relaxed=relaxed, start=start)
    if found.ended is Ended.INFEASIBLE:
        raise SolveError("solver_disagrees", claimed=math.inf, found="feasible")
    return found


def narrowed(model: Model, relaxation: Run, best: float, slack: float) -> Model:
    """Return the model without the choices that cannot be part of a plan as good as ``best``.

    Reduced-cost fixing: taking a site whose reduced cost lifts the relaxation's bound above the
    best known value (and leaving out one whose absence would) is settled. Plans that tie with
    ``best`` are all kept.
    """
    if relaxation.reduced_costs is None:
        return model
    room = best + slack + FIXING_MARGIN * max(1.0, abs(best)) - relaxation.bound
    price = relaxation.reduced_costs[: model.n_sites]
    lower, upper = model.lower.copy(), model.upper.copy()
    upper[: model.n_sites][(price > room) & (lower[: model.n_sites] < 0.5)] = 0.0
    lower[: model.n_sites][(-price > room) & (upper[: model.n_sites] > 0.5)] = 1.0
    return with_bounds(model, lower, upper)
