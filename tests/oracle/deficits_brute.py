"""Every plan of a small problem of deficits, one after the other. Shares no code with the solver."""

import itertools

import numpy as np
from scipy.optimize import linprog


def size_choices(size):
    return range(size.least, size.most + 1)


def states(place_actions, years, last_year, standing):
    """Return what can be done at one place: (action, year, floor modules, bed modules) or None."""
    found = [] if any(a.mandatory for _, a in place_actions) else [None]
    must = [a for _, a in place_actions if a.mandatory]
    for at, action in place_actions:
        if action.act == "keep" or action.forbidden or (must and not action.mandatory):
            continue
        for year in years:
            last = last_year if year is None else year
            free_from = action.available_from
            if free_from is not None and last is not None and free_from > last:
                continue
            for floor in size_choices(action.floor_area):
                found += [(at, year, floor, beds) for beds in size_choices(action.beds)]
    return found


def cost_of(action, floor, beds):
    cost = action.cost - action.income
    for size, n in ((action.floor_area, floor), (action.beds, beds)):
        cost += n * size.step * (size.unit_cost - size.unit_income)
    return cost


def affordable(terms, costs):
    if terms.budget is not None and sum(costs.values()) > terms.budget + 1e-9:
        return False
    if terms.budget_by_year is not None:
        limit = spent = 0.0
        for year in sorted(terms.budget_by_year):
            if not terms.carry_over:
                limit = spent = 0.0
            limit += terms.budget_by_year[year]
            spent += costs.get(year, 0.0)
            if spent > limit + 1e-9:
                return False
    return True


def room_feasible(members, held, amounts, single):
    """Can these needs all be met whole? amounts[need] = {action: amount}; held[action] = room."""
    options = [[a for a in amounts[n] if a in held] for n in members]
    if any(not o for o in options):
        return False
    if single:
        for pick in itertools.product(*options):
            load = {}
            for n, a in zip(members, pick, strict=True):
                load[a] = load.get(a, 0.0) + amounts[n][a]
            if all(load[a] <= held[a] + 1e-9 for a in load):
                return True
        return False
    pairs = [(n, a) for n, o in zip(members, options, strict=True) for a in o]
    acts = sorted({a for _, a in pairs})
    equal = np.array([[float(n == p[0]) for p in pairs] for n in members])
    upper = np.array([[amounts[p[0]].get(a, 0.0) * (p[1] == a) for p in pairs] for a in acts])
    found = linprog(
        np.zeros(len(pairs)),
        A_ub=upper,
        b_ub=[held[a] for a in acts],
        A_eq=equal,
        b_eq=np.ones(len(members)),
        bounds=(0, 1),
        method="highs",
    )
    return found.status == 0


def most_share(weights, members, held, amounts):
    pairs = [(n, a) for n in members for a in amounts[n] if a in held]
    if not pairs:
        return 0.0
    acts = sorted({a for _, a in pairs})
    rows = [[float(n == p[0]) for p in pairs] for n in members]
    rows += [[amounts[p[0]].get(a, 0.0) * (p[1] == a) for p in pairs] for a in acts]
    limit = [1.0] * len(members) + [held[a] for a in acts]
    found = linprog(
        [-weights[n] for n, _ in pairs],
        A_ub=np.array(rows),
        b_ub=limit,
        bounds=(0, 1),
        method="highs",
    )
    return -found.fun


def brute(problem, terms):  # noqa: C901, PLR0912, PLR0915 - one loop over every plan, on purpose
    """Return the lexicographically least values, and the sites that tie first; None without plan."""
    needs, actions = problem.needs, problem.actions
    years = [None] if terms.budget_by_year is None else sorted(terms.budget_by_year)
    places = {}
    for at, action in enumerate(actions):
        places.setdefault(action.place, []).append((at, action))
    amounts = [{} for _ in needs]
    for n, a, amount in zip(
        problem.servings.need, problem.servings.action, problem.servings.amount, strict=True
    ):
        amounts[int(n)][int(a)] = float(amount)
    groups = [list(g) for g in terms.order]
    rest = [
        k for k in ("distance", "floor_area", "beds", "tier") if not any(k in g for g in groups)
    ]
    groups += [rest] if rest else []
    pools = {}
    for n, need in enumerate(needs):
        if need.kind in ("floor_area", "beds"):
            pools.setdefault((need.pool, need.kind), []).append(n)
    memo = {}
    best = None
    keep_of = {
        p: next((at for at, a in items if a.act == "keep"), None) for p, items in places.items()
    }
    choices = [
        states(items, years, terms.last_year, keep_of[p] is not None) for p, items in places.items()
    ]
    for plan in itertools.product(*choices):
        done = [s for s in plan if s is not None]
        sites = sum(actions[s[0]].act != "close" for s in done)
        if terms.most_sites is not None and sites > terms.most_sites:
            continue
        costs = {}
        for at, year, floor, beds in done:
            costs[year] = costs.get(year, 0.0) + cost_of(actions[at], floor, beds)
        if not affordable(terms, costs):
            continue
        room = {s[0]: (s[2], s[3]) for s in done}
        for place, s in zip(places, plan, strict=True):
            if s is None and keep_of[place] is not None:
                room[keep_of[place]] = (0, 0)
        met = {}
        for n, need in enumerate(needs):
            if need.kind in ("distance", "tier"):
                share = min(1.0, sum(a in room for a in amounts[n]) / need.amount)
                met[n] = share if terms.counted == "share" else float(share >= 1)
        pool_options = []
        for (pool, kind), members in pools.items():
            held = {}
            for a, (floor, beds) in room.items():
                size, k = (
                    (actions[a].beds, beds) if kind == "beds" else (actions[a].floor_area, floor)
                )
                held[a] = size.base + size.step * k
            key = (pool, kind, tuple(sorted(held.items())))
            if key not in memo:
                memo[key] = pool_values(members, needs, held, amounts, terms)
            pool_options.append(memo[key])
        forced = [n for n in met if needs[n].must or terms.close_all]
        if any(met[n] < 1 for n in forced) or any(not o for o in pool_options):
            continue
        open_of = []
        for group in groups:
            left = sum(needs[n].weight * (1 - met[n]) for n in met if needs[n].kind in group)
            for (_, kind), value in zip(pools, pool_options, strict=True):
                if kind in group:
                    left += value[0]
            open_of.append(round(left, 6))
        then = sum(costs.values()) if terms.then == "cost" else float(sites)
        value = (*open_of, round(then, 6))
        order = (len(done), first_key(done, years))
        if best is None or (value, order) < best:
            best = (value, order)
    return best


def first_key(done, years):
    """The plan that holds the lowest slot that only one holds comes first."""
    return sorted((s[0], years.index(s[1])) for s in done)


def pool_values(members, needs, held, amounts, terms):
    """Return [least weight left open in a pool], or [] where what must be met cannot."""
    forced = [n for n in members if needs[n].must or terms.close_all]
    total = sum(needs[n].weight for n in members)
    if terms.counted == "share":
        if forced and not room_feasible(forced, held, amounts, terms.single):
            return []
        assert not forced
        assert not terms.single
        weights = {n: needs[n].weight for n in members}
        return [total - most_share(weights, members, held, amounts)]
    best = None
    for flags in itertools.product((True, False), repeat=len(members)):
        chosen = [n for n, f in zip(members, flags, strict=True) if f]
        if not set(forced) <= set(chosen):
            continue
        left = total - sum(needs[n].weight for n in chosen)
        if (best is None or left < best) and (
            not chosen or room_feasible(chosen, held, amounts, terms.single)
        ):
            best = left
    return [] if best is None else [best]
