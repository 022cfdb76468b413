"""Optimal transport: `wasserstein` on two clouds beside POT's network simplex, in one run, on one thread.

python -m benchmarks.transport [POINTS]
"""

import sys
import time

import numpy as np
import ot

from gancourse.densities import gaussian, grid, ring
from gancourse.divergences import transport_plan, wasserstein

__all__ = ["BAR", "PAIRS", "main", "plan_seconds"]

BAR = 3.0  # times POT's seconds, on 2,000 points
NORMAL = gaussian([0.0, 0.0], 1.0)
PAIRS = {
    "N(0, I) against N(0, I)": (NORMAL, NORMAL),
    "N(0, I) against N((1, 1), I)": (NORMAL, gaussian([1.0, 1.0], 1.0)),
    "ring of 8 against N(0, I)": (ring(), NORMAL),
    "grid of 25 against one point, blurred": (grid(), gaussian([0.0, 0.0], 0.05)),
}


def _seconds(function, *arguments):
    """Processor seconds, which others on the machine do not lengthen, and the value."""
    start = time.process_time()
    value = function(*arguments)
    return time.process_time() - start, value


def _by_pot(x, y):
    even = np.full(len(x), 1 / len(x))
    return ot.emd2(even, even, ot.dist(x, y, metric="euclidean"), numItermax=10**7)


def main(n=2000):
    """Rows of (pair, seconds of ``wasserstein``, of POT, their ratio); both start from the points."""
    rows = []
    for name, (p, q) in PAIRS.items():
        x, y = p.sample(n, 0), q.sample(n, 1)
        ours, theirs = [], []
        for _ in range(3):
            seconds, value = _seconds(wasserstein, x, y)
            ours.append(seconds)
            seconds, other = _seconds(_by_pot, x, y)
            theirs.append(seconds)
            assert abs(value - other) < 1e-9
        rows.append((name, min(ours), min(theirs), min(ours) / min(theirs)))
    return rows


def plan_seconds(bins=(24, 100), repeats=20):
    """Rows of (bins, median seconds of ``transport_plan``, largest duality gap) for random histograms."""
    rng, rows = np.random.default_rng(0), []
    for n in bins:
        x = np.linspace(0.0, 1.0, n)
        cost, taken, gaps = np.abs(x[:, None] - x), [], []
        for _ in range(repeats):
            a, b = rng.dirichlet(np.ones(n), 2)
            seconds, plan = _seconds(transport_plan, a, b, cost)
            taken.append(seconds)
            gaps.append(abs(plan.value - plan.potentials[0] @ a - plan.potentials[1] @ b))
        rows.append((n, float(np.median(taken)), max(gaps)))
    return rows


if __name__ == "__main__":
    for name, ours, theirs, ratio in main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(f"{name:38s} ours {ours:6.2f} s   POT {theirs:6.2f} s   {ratio:5.2f} times (bar {BAR:g})")
    for bins, seconds, gap in plan_seconds():
        print(f"plan on {bins} bins: {1000 * seconds:.1f} ms, duality gap at most {gap:.1e}")
