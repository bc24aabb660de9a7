"""Every allowed choice of sites on small instances, one by one; shares nothing with the solvers."""

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Place:
    """A small instance with candidates of every role."""

    cover: np.ndarray
    distances: np.ndarray
    weights: np.ndarray
    costs: np.ndarray
    mandatory: tuple
    existing: tuple
    forbidden: tuple

    @property
    def roles(self):
        return {
            "mandatory": self.mandatory,
            "existing": self.existing,
            "forbidden": self.forbidden,
        }

    def choices(self, most=None, exactly=None):
        """New sites of every plan; those that stand come on top, see :meth:`there`."""
        taken = {*self.mandatory, *self.existing, *self.forbidden}
        free = [site for site in range(len(self.costs)) if site not in taken]
        for size in range(len(free) + 1):
            for more in itertools.combinations(free, size):
                sites = tuple(sorted([*self.mandatory, *more]))
                if most is not None and len(sites) > most:
                    continue
                if exactly is None or len(sites) == exactly:
                    yield sites

    def there(self, sites):
        return [*sites, *self.existing]

    def times(self, sites):
        return self.cover[:, self.there(sites)].sum(axis=1)

    def covered(self, sites):
        return float(self.weights[self.times(sites) >= 1].sum())


def place(seed, most_demands=12, most_candidates=8, *, roles=True):
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, most_demands + 1)), int(rng.integers(3, most_candidates + 1))
    cover = rng.random((n, m)) < rng.choice([0.2, 0.4, 0.7])
    distances = rng.integers(1, int(rng.choice([4, 10, 1000])), (n, m)).astype(float)
    weights = rng.integers(0, int(rng.choice([3, 20])), n).astype(float)
    costs = rng.integers(1, int(rng.choice([3, 9])), m).astype(float)
    order = rng.permutation(m).tolist()
    given = rng.integers(0, 2, 3) if roles else np.zeros(3, dtype=int)
    parts = [tuple(order[at : at + int(number)]) for at, number in enumerate(given)]
    return rng, Place(cover, distances, weights, costs, *parts)


def best(scored, *, largest):
    """The best value and, of the plans that have it, all with the fewest sites; ``None`` for none."""
    scored = [(value, sites) for value, sites in scored if np.isfinite(value)]
    if not scored:
        return None
    top = (max if largest else min)(value for value, _ in scored)
    tied = [sites for value, sites in scored if abs(value - top) <= 1e-9 * max(1.0, abs(top))]
    fewest = min(map(len, tied))
    return top, sorted(sites for sites in tied if len(sites) == fewest)
