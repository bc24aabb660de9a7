"""What siting proposes: gaps, the plans that close them, and for each site whom it serves and why."""

from __future__ import annotations

from dataclasses import dataclass

from facilityplan.siting.solution import Status


@dataclass(frozen=True)
class Mended:
    """A finding that a site turns from a miss into a pass."""

    clause_id: str
    unit_kind: str
    unit_id: str


@dataclass(frozen=True)
class Count:
    """A sum over residences, and how many of them have no figure."""

    known: float
    unknown: int


@dataclass(frozen=True)
class ProposedSite:
    """One site of a plan.

    Parameters
    ----------
    candidate_id, name, kind
        The candidate.
    x, y
        Metres in the project's CRS.
    serves
        Residences newly served, each assigned to the nearest site of the plan, by id.
    households, persons, elders
        Of the residences served.
    mends
        Findings that turn from misses into passes when the city is assessed again with the plan's
        sites in it, and whose evidence names this site. Only what the place itself mends counts.
    floor_area_needed_m2
        Floor area missing in the residences served, by the floor-area clauses that bind them.
    max_floor_area_m2
        What the candidate can hold; ``None`` where it is not known.
    """

    candidate_id: str
    name: str
    kind: str
    x: float
    y: float
    serves: tuple[str, ...]
    households: Count
    persons: Count
    elders: Count
    mends: tuple[Mended, ...]
    floor_area_needed_m2: float
    max_floor_area_m2: float | None

    @property
    def fits(self) -> bool | None:
        """Whether the floor area needed fits; ``None`` where the candidate's limit is unknown."""
        if self.max_floor_area_m2 is None:
            return None
        return self.floor_area_needed_m2 <= self.max_floor_area_m2


@dataclass(frozen=True)
class StageResult:
    """A stage of a plan.

    Parameters
    ----------
    year, n_sites
        What was asked: so many sites at most by that year.
    sites, new
        Candidates that stand by then, and those of them that come in this stage.
    weight
        Weight covered by then.
    serves
        Gaps that are closed in this stage and were not before, by id.
    """

    year: int
    n_sites: int
    sites: tuple[str, ...]
    new: tuple[str, ...]
    weight: float
    serves: tuple[str, ...]


@dataclass(frozen=True)
class SitingPlan:
    """The answer to one siting problem.

    Parameters
    ----------
    problem
        ``lscp`` (fewest sites that close all closable gaps), ``mclp`` (best ``n_sites`` sites),
        ``staged`` (best sites by year) or another name of the literature.
    n_sites
        Sites allowed (mclp; a site that adds no weight is left out) or needed (lscp).
    status
        ``optimal`` only where proven.
    objective, bound, gap
        Number of sites (lscp) or weight covered (mclp; over all stages together where there are
        any), what is proven of it, and the relative gap.
    stages
        In which year which sites come; none where it is not a plan in stages.
    """

    problem: str
    n_sites: int
    status: Status
    objective: float
    bound: float
    gap: float
    sites: tuple[ProposedSite, ...]
    stages: tuple[StageResult, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Gaps of a city and the plans that close them.

    Parameters
    ----------
    gaps
        Residences whose service radius is missed, by id.
    undecided
        Residences whose service radius cannot be judged, by id; they are not sited for.
    unreachable
        Gaps that no candidate reaches, or that a facility of this kind cannot mend, by id.
    candidates
        ``given`` or ``generated``.
    facility_kind
        Kind of facility that the sites are for.
    weight
        What the best sites are weighted by: ``households``, ``elders`` or ``residences``.
    unweighted
        Closable gaps that have no figure in that column: they weigh nothing, and are listed.
    cover_all
        Fewest sites that close all closable gaps; ``None`` where there is nothing to close.
    best
        Best sites for 1, 2, 3 … sites; none where no closable gap has a weight.
    staged
        Best sites by year, where the project asks for stages.
    """

    gaps: tuple[str, ...]
    undecided: tuple[str, ...]
    unreachable: tuple[str, ...]
    candidates: str
    facility_kind: str | None
    weight: str
    unweighted: tuple[str, ...]
    cover_all: SitingPlan | None
    best: tuple[SitingPlan, ...]
    staged: SitingPlan | None = None
