"""The exercises of lecture 08: the distance on the line, and a coupling's cost."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_08_dual import CRITIC, HALF_STEP

__all__ = ["EXERCISES"]


# --- a coupling and its cost ---------------------------------------------------------------------


def cost_of_plan(plan, a, b, cost):
    """The cost of a transport plan, or infinity if it is not a plan from a to b.

    A plan is valid if no entry is below −1e-9, if it takes from each bin of a what lies there, and if it
    brings to each bin of b what belongs there, up to 1e-9 a bin.

    Arguments:
        plan: array (n, m), the mass that goes from bin i of a to bin j of b.
        a: array (n,), masses that sum to one.
        b: array (m,), masses that sum to one.
        cost: array (n, m), the price of a unit of mass from i to j; not symmetric.

    Returns:
        float, zero or above, or np.inf.
    """
    leaves = np.abs(plan.sum(axis=1) - a).max() <= 1e-9
    arrives = np.abs(plan.sum(axis=0) - b).max() <= 1e-9
    if plan.min() < -1e-9 or not leaves or not arrives:
        return np.inf
    return np.sum(plan * cost)


def _plans(rng):
    def masses(n):
        return rng.dirichlet(np.full(n, 2.0))

    a, b = masses(4), masses(4)
    cost, wide = rng.uniform(0.5, 2.0, (4, 4)), rng.uniform(0.5, 2.0, (3, 5))
    good = np.outer(a, b)
    turn = np.zeros((4, 4))
    turn[np.ix_([0, 1], [0, 1])] = [[1, -1], [-1, 1]]
    good = good + 0.5 * good[:2, :2].min() * turn  # not the independent one
    good = good * (1 + 1e-12 * rng.uniform(1.0, 2.0, (4, 4)))  # rounding, as a solver leaves it
    c, d, e = masses(3), masses(5), masses(3)
    same = np.outer(e, e) * (1 + 1e-12 * rng.uniform(1.0, 2.0, (3, 3)))
    along_row, along_column = np.zeros((4, 4)), np.zeros((4, 4))
    along_row[0, :2] = 0.5 * min(good[0, 0], good[0, 1]) * np.array([1, -1])
    along_column[:2, 0] = 0.5 * min(good[0, 0], good[1, 0]) * np.array([1, -1])
    return [
        {"plan": good, "a": a, "b": b, "cost": cost},
        {"plan": np.outer(c, d), "a": c, "b": d, "cost": wide},
        {"plan": same, "a": e, "b": e, "cost": wide[:, :3]},
        {"plan": good + along_row, "a": a, "b": b, "cost": cost},  # leaves right, arrives wrong
        {"plan": good + along_column, "a": a, "b": b, "cost": cost},  # arrives right, leaves wrong
        {"plan": good + 3 * good[:2, :2].max() * turn, "a": a, "b": b, "cost": cost},  # negative
    ]


def _valid(case, got, want):
    return not np.isfinite(want["value"]) or close()(case, got, want)


def _invalid(case, got, want):
    return np.isfinite(want["value"]) or got["value"] == np.inf


def _plan_with(rows=True, columns=True, sign=True, swapped=False, exact=False, total=False, value=None):
    within = 0.0 if exact else 1e-9

    def wrong(plan, a, b, cost):
        if swapped:
            a, b = b, a
        bad = rows and (len(a) != len(plan) or np.abs(plan.sum(axis=1) - a).max() > within)
        bad = bad or columns and (len(b) != plan.shape[1] or np.abs(plan.sum(axis=0) - b).max() > within)
        bad = bad or sign and plan.min() < -1e-9 or total and abs(plan.sum() - 1) > 1e-9
        return np.inf if bad else (np.sum(plan * cost) if value is None else value(plan, cost))

    return wrong


def _by_loops(plan, a, b, cost):
    total = 0.0
    for i in range(len(a)):
        if abs(sum(plan[i]) - a[i]) > 1e-9:
            return float("inf")
        for j in range(len(b)):
            if plan[i, j] < -1e-9 or abs(sum(plan[:, j]) - b[j]) > 1e-9:
                return float("inf")
            total += plan[i, j] * cost[i, j]
    return total


COST_OF_PLAN = Exercise(
    id="08.cost_of_plan",
    title="A coupling and its cost",
    reference=cost_of_plan,
    cases=_plans,
    checks=(
        Check("cost", _valid, "For a valid plan the cost is Σ plan·cost over all entries. Yours differs, or you take a valid plan for an invalid one."),
        Check("invalid plans", _invalid, "Some array that is no plan from a to b gets a finite cost. Three things must hold: what leaves, what arrives, no negative entry."),
    ),
    hints=(
        "Row i of the plan says where the mass of bin i goes: its sum is a_i.",
        "Column j says where the mass of bin j comes from: its sum is b_j.",
        "`np.sum(plan * cost)`, entry by entry; `np.abs(plan.sum(axis=1) - a).max() <= 1e-9` for what leaves.",
    ),
    wrong=(
        Wrong(_plan_with(swapped=True), "The marginals have changed places: rows (axis=1) sum to a, columns (axis=0) to b. You reject plans that are valid.", "cost"),
        Wrong(_plan_with(columns=False), "You check what leaves each bin of a, but not what arrives at each bin of b.", "invalid plans"),
        Wrong(_plan_with(rows=False), "You check what arrives at each bin of b, but not what leaves each bin of a.", "invalid plans"),
        Wrong(_plan_with(rows=False, columns=False, total=True), "A total of one is not enough: every row and every column has a sum of its own to meet.", "invalid plans"),
        Wrong(_plan_with(sign=False), "An array may have the right sums with negative entries. Negative mass cannot be carried.", "invalid plans"),
        Wrong(_plan_with(exact=True), "Sums of floating-point numbers are hardly ever equal to the last digit: allow 1e-9.", "cost"),
        Wrong(_plan_with(value=lambda plan, cost: np.mean(plan * cost)), "The plan's entries are the weights already, and sum to one: add plan·cost up, without dividing by the number of entries.", "cost"),
        Wrong(_plan_with(value=lambda plan, cost: np.sum(plan @ cost.T)), "plan @ cost.T is a product of matrices, and mixes prices of one bin with mass of another. Multiply entry by entry.", "cost"),
        Wrong(_plan_with(value=lambda plan, cost: np.sum(np.outer(plan.sum(1), plan.sum(0)) * cost)), "This is the cost of the independent coupling a bᵀ, whatever plan is given.", "cost"),
    ),
    accepted=(
        _by_loops,
        lambda plan, a, b, cost: np.einsum("ij,ij", plan, cost) if np.allclose(plan.sum(1), a, 0, 1e-9) and np.allclose(plan.sum(0), b, 0, 1e-9) and (plan >= -1e-9).all() else np.inf,
    ),
    points=1.5,
)  # fmt: skip


# --- the distance on the line --------------------------------------------------------------------


def w1(a, b, x):
    """The Wasserstein-1 distance between two histograms on the same positions of the line.

    Arguments:
        a: array (n,), masses of the data at the positions; they sum to one.
        b: array (n,), masses of the generator at the same positions; they sum to one.
        x: array (n,), the positions; increasing, their distances need not be equal.

    Returns:
        float, zero or above, in the unit of x.
    """
    gap = np.cumsum(a) - np.cumsum(b)
    return np.sum(np.abs(gap[:-1]) * np.diff(x))


def _histograms(rng):
    def around(n):
        """F − G is above 0 at the left end and below at the right, so that signs matter."""
        a, b = 0.4 * rng.dirichlet(np.full(n, 0.7), 2)
        a[[0, -1]] += 0.3
        b[[n // 2 - 1, n // 2]] += 0.3
        return a, b

    even, bent = np.linspace(-1.0, 4.0, 21), np.cumsum(rng.uniform(0.1, 0.9, 15))
    # b's mean is the lower one in the first case, the higher one in the second
    crossing, shifted = sorted(around(21), key=lambda mass: -(mass @ even)), rng.dirichlet(np.full(15, 1.0))
    ends = [np.append(shifted, [0.0] * 6), np.append([0.0] * 6, shifted)]
    moved = rng.dirichlet(np.full(12, 0.7))  # all to the right: here a missing absolute value does no harm
    uneven = np.append(moved, [0.0] * 3), np.append([0.0] * 3, moved)
    return [
        {"a": crossing[0], "b": crossing[1], "x": even},
        {"a": ends[0], "b": ends[1], "x": even},
        {"a": uneven[0], "b": uneven[1], "x": bent},
    ]


def _is_even(case):
    return np.ptp(np.diff(case["x"])) < 1e-9


def _monotone(a, b):
    up, across = (np.append(0.0, np.cumsum(mass)) for mass in (a, b))
    return np.maximum(np.minimum(up[1:, None], across[None, 1:]) - np.maximum(up[:-1, None], across[None, :-1]), 0)  # fmt: skip


def _by_plan(a, b, x):
    return np.sum(_monotone(a, b) * np.abs(x[:, None] - x))


def _by_quantiles(a, b, x):
    levels = np.unique(np.concatenate([[0.0], np.cumsum(a), np.cumsum(b)]))
    middle = (levels[1:] + levels[:-1]) / 2
    F, G = np.cumsum(a), np.cumsum(b)
    last = len(x) - 1
    left, right = (x[np.minimum(np.searchsorted(H, middle), last)] for H in (F, G))
    return np.sum(np.diff(levels) * np.abs(left - right))


def _by_loop(a, b, x):
    carried = total = 0.0
    for i in range(len(x) - 1):
        carried += a[i] - b[i]
        total += abs(carried) * (x[i + 1] - x[i])
    return total


def _gap(a, b):
    return np.cumsum(a - b)


W1 = Exercise(
    id="08.w1",
    title="W1 of two histograms on the line",
    reference=w1,
    cases=_histograms,
    checks=(
        Check("even grid", lambda case, got, want: not _is_even(case) or close()(case, got, want), "The number differs from ∫ |F − G|. Try all mass at 0 against all mass at 3: it must give 3."),
        Check("uneven grid", lambda case, got, want: _is_even(case) or close()(case, got, want), "On an even grid you are right; on this one the positions have unequal distances. F − G keeps its value from one position to the next."),
    ),
    hints=(
        "F and G are running sums: `np.cumsum(a)`, `np.cumsum(b)`.",
        "From x_i to x_{i+1} the mass that must cross is |F_i − G_i|, over the length x_{i+1} − x_i.",
        "`np.diff(x)` has n − 1 entries; after the last position F = G = 1.",
    ),
    wrong=(
        Wrong(lambda a, b, x: np.sum(_gap(a, b)[:-1] * np.diff(x)), "The absolute value is missing: mass that crosses to the right and mass that crosses to the left cancel. What is left is the difference of the means, E_b x − E_a x.", "even grid"),
        Wrong(lambda a, b, x: np.abs(np.sum(_gap(a, b)[:-1] * np.diff(x))), "The absolute value stands outside the sum: this is the distance of the means, which is 0 for many unlike histograms. Take it of F − G at each position.", "even grid"),
        Wrong(lambda a, b, x: np.sum(np.abs(_gap(a, b))), "The distances between positions are missing: you count bins crossed, not length. In another unit of x the answer would have to change.", "even grid"),
        Wrong(lambda a, b, x: np.mean(np.abs(_gap(a, b))), "An average over the positions is no integral: multiply by the distances between them and add up.", "even grid"),
        Wrong(lambda a, b, x: np.sum(np.abs(a - b)[:-1] * np.diff(x)), "These are the masses and not the distribution functions: Σ |a − b| does not know how far mass must go. Take running sums first.", "even grid"),
        Wrong(lambda a, b, x: np.sum(np.abs(a - b)) / 2, "This is the total variation: it counts the mass that must move and not how far.", "even grid"),
        Wrong(lambda a, b, x: np.max(np.abs(_gap(a, b))), "The largest |F − G| is the Kolmogorov–Smirnov distance. W1 is the area between F and G.", "even grid"),
        Wrong(lambda a, b, x: np.sum(_gap(a, b)[:-1] ** 2 * np.diff(x)), "∫ (F − G)² is Cramér's distance. W1 is the area |F − G|, without a square.", "even grid"),
        Wrong(lambda a, b, x: np.sum(_monotone(a, b) * (x[:, None] - x) ** 2), "This is W2², the least mean squared distance. W1 is the least mean distance.", "even grid"),
        Wrong(lambda a, b, x: np.sqrt(np.sum(_monotone(a, b) * (x[:, None] - x) ** 2)), "This is W2, the root of the least mean square. It is never below W1, and equal only if all mass goes equally far.", "even grid"),
        Wrong(lambda a, b, x: np.sum(np.outer(a, b) * np.abs(x[:, None] - x)), "This is the cost of the independent coupling: it is not 0 even for a = b. W1 is the least over all couplings.", "even grid"),
        Wrong(lambda a, b, x: np.trapezoid(np.abs(_gap(a, b)), x), "The trapezoid rule takes F − G for a slanted line between positions. It is a step: from x_i to x_{i+1} it keeps the value at x_i.", "even grid"),
        Wrong(lambda a, b, x: np.sum(np.abs(_gap(a, b))) * (x[1] - x[0]), "You use the first distance between positions for all of them: right on an even grid only.", "uneven grid"),
        Wrong(lambda a, b, x: np.sum(np.abs(_gap(a, b))[1:] * np.diff(x)), "The steps are one position off: the length x_{i+1} − x_i belongs to the value of F − G at x_i, its left end.", "even grid"),
        Wrong(lambda a, b, x: np.abs(_gap(a, b))[:-1] * np.diff(x), "These are the areas of the strips, one for each gap between positions: add them up.", "shape"),
    ),
    accepted=(_by_plan, _by_quantiles, _by_loop),
    points=3.0,
)  # fmt: skip

EXERCISES = (COST_OF_PLAN, W1, CRITIC, HALF_STEP)
