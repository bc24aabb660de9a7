"""What the siting solvers accept, and how they refuse the rest."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facilityplan.errors import UsageError

MOST_INT32 = 2**31 - 1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def checked_cover(cover: Any) -> Any:
    """Return a cover matrix as a clean CSR of ones, without touching the caller's.

    A stored entry means "covered", whatever its number: a stored distance of 0 m covers. Only a
    stored ``False`` in a matrix of booleans does not.

    Raises
    ------
    UsageError
        If it is no two-dimensional scipy sparse matrix or array, or holds NaN.
    """
    if not sparse.issparse(cover) or cover.ndim != 2:
        raise UsageError("siting_cover_not_sparse", given=type(cover).__name__)
    pairs = cover if cover.format == "csr" else cover.tocsr()
    if pairs.data.dtype.kind == "f" and np.isnan(pairs.data).any():
        raise UsageError("siting_not_a_number", name="cover")
    indptr, indices = pairs.indptr, pairs.indices
    if pairs.data.dtype.kind == "b" and not pairs.data.all():
        indptr = np.concatenate([[0], np.cumsum(pairs.data)])[indptr]
        indices = indices[pairs.data]
    clean = sparse.csr_array(
        (
            np.ones(indices.size, dtype=np.int32),
            indices.astype(np.int32),
            indptr.astype(np.int32 if indices.size <= MOST_INT32 else np.int64),
        ),
        shape=cover.shape,
    )
    clean.sum_duplicates()
    clean.data[:] = 1
    return clean


def checked_numbers(name: str, values: npt.ArrayLike, expected: int) -> Floats:
    """Return a vector of finite, non-negative numbers.

    Raises
    ------
    UsageError
        If its length is not the expected one or a number is NaN, infinite or negative.
    """
    numbers = np.array(values, dtype=np.float64)
    if numbers.shape != (expected,):
        raise UsageError(
            "siting_vector_length", name=name, expected=expected, given=str(numbers.shape)
        )
    if not np.isfinite(numbers).all():
        raise UsageError("siting_not_a_number", name=name)
    if (numbers < 0).any():
        raise UsageError("siting_negative_number", name=name)
    return numbers


def checked_distances(distances: npt.ArrayLike) -> Floats:
    """Return a table of distances (demands x candidates); infinity means unreachable.

    Raises
    ------
    UsageError
        If it has not two dimensions or holds NaN or a negative number.
    """
    table = np.array(distances, dtype=np.float64)
    if table.ndim != 2:
        raise UsageError("siting_distances_shape", given=str(table.shape))
    if np.isnan(table).any():
        raise UsageError("siting_not_a_number", name="distances")
    if (table < 0).any():
        raise UsageError("siting_negative_number", name="distances")
    return table


def checked_n_sites(n_sites: int) -> int:
    """Return the number of sites.

    Raises
    ------
    UsageError
        If it is no whole number or less than 1.
    """
    try:
        number = operator.index(n_sites)
    except TypeError:
        raise UsageError("siting_n_sites", given=str(n_sites)) from None
    if isinstance(n_sites, bool) or number < 1:
        raise UsageError("siting_n_sites", given=str(n_sites))
    return number


def checked_mandatory(
    mandatory: Iterable[int], n_candidates: int, *, role: str = "mandatory"
) -> Ints:
    """Return the mandatory (existing, forbidden) candidates, ascending, each once.

    Raises
    ------
    UsageError
        If one is no position of a candidate.
    """
    positions = set()
    for given in mandatory:
        try:
            position = operator.index(given)
        except TypeError:
            position = -1
        if not 0 <= position < n_candidates:
            raise UsageError(f"siting_{role}", given=str(given), candidates=n_candidates)
        positions.add(position)
    return np.array(sorted(positions), dtype=np.int64)


def is_integral(*vectors: Floats) -> bool:
    """Return whether every number is whole and their sum is exact in double precision."""
    return all(
        not (vector - np.rint(vector)).any() and float(np.abs(vector).sum()) < 2**53
        for vector in vectors
    )


def exact_scale(numbers: Floats) -> float:
    """Return the power of two that brings numbers to a size where the solver's tolerances vanish.

    HiGHS works with absolute tolerances near 1e-6. Whole numbers up to 2**20 stay as they are,
    anything else is brought to at most 2**12; multiplying by a power of two loses no digit.
    """
    largest = float(np.abs(numbers).max(initial=0.0))
    if largest <= 0 or (largest <= 2.0**20 and is_integral(numbers)):
        return 1.0
    return math.ldexp(1.0, 12 - math.frexp(largest)[1])
