"""Which candidates stand already, must be built, or must not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from facilityplan.errors import UsageError
from facilityplan.siting.arguments import Floats, Ints, checked_mandatory
from facilityplan.siting.solution import Solution


@dataclass(frozen=True)
class Roles:
    """Checked positions of candidates, each ascending.

    Parameters
    ----------
    mandatory
        Every plan holds them; they count and cost.
    existing
        They stand: they serve, but neither count nor cost, and no plan lists them.
    forbidden
        No plan holds them.
    """

    n_candidates: int
    mandatory: Ints
    existing: Ints
    forbidden: Ints

    @property
    def kept(self) -> Ints:
        """Candidates that are there in any plan."""
        return np.union1d(self.mandatory, self.existing)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the bounds of the candidates' yes/no columns."""
        lower, upper = np.zeros(self.n_candidates), np.ones(self.n_candidates)
        lower[self.kept] = 1.0
        upper[self.forbidden] = 0.0
        return lower, upper

    def counted(self) -> Floats:
        """Return 1 for a candidate that counts as a site, 0 for one that stands."""
        counts = np.ones(self.n_candidates)
        counts[self.existing] = 0.0
        return counts

    @property
    def plain(self) -> bool:
        """Whether no candidate stands and none is forbidden."""
        return not self.existing.size and not self.forbidden.size

    @property
    def open(self) -> Ints:
        """Candidates that are not forbidden."""
        return np.setdiff1d(np.arange(self.n_candidates), self.forbidden)

    def kept_among_open(self) -> tuple[int, ...]:
        """Return the positions, among those open, of the candidates that are there in any plan."""
        return tuple(np.searchsorted(self.open, self.kept).tolist())

    def restored(self, solution: Solution) -> Solution:
        """Return the answer for the candidates open, as one for all; standing ones are not listed.

        The answer's number of sites counted those that stand; its conflict is put right too.
        """
        back = np.append(self.open, -1)
        assignment = solution.assignment
        conflict = solution.conflict
        if conflict is not None:
            counted = {"n_sites", "mandatory_sites", "sites_needed"}
            conflict = {
                name: number - self.existing.size * (name in counted)
                for name, number in conflict.items()
            }
        return replace(
            solution,
            sites=self.chosen(int(back[site]) for site in solution.sites),
            assignment=None if assignment is None else tuple(back[list(assignment)].tolist()),
            conflict=conflict,
        )

    def chosen(self, sites: Iterable[int]) -> tuple[int, ...]:
        """Return the sites of a plan without those that stand anyway."""
        stand = set(self.existing.tolist())
        return tuple(site for site in sites if site not in stand)


def checked_roles(
    n_candidates: int,
    mandatory: Iterable[int] = (),
    existing: Iterable[int] = (),
    forbidden: Iterable[int] = (),
) -> Roles:
    """Return the roles of candidates.

    Raises
    ------
    UsageError
        If a position is none of a candidate's, or one has two roles.
    """
    roles = Roles(
        n_candidates,
        checked_mandatory(mandatory, n_candidates),
        checked_mandatory(existing, n_candidates, role="existing"),
        checked_mandatory(forbidden, n_candidates, role="forbidden"),
    )
    for one, other in (
        (roles.mandatory, roles.existing),
        (roles.mandatory, roles.forbidden),
        (roles.existing, roles.forbidden),
    ):
        both = np.intersect1d(one, other)
        if both.size:
            raise UsageError("siting_two_roles", given=str(int(both[0])))
    return roles
