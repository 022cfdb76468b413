"""The exercises of lecture 07: disjoint supports."""

import math

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_07_slope import JS_SLOPE

__all__ = ["EXERCISES"]


# --- D6: the four distances ----------------------------------------------------------------------


def line_distances(theta):
    """KL(P_0‖P_θ), JSD, TV and W1 between the lines P_0 = (0, Z) and P_θ = (θ, Z), Z uniform on [0, 1].

    Arguments:
        theta: a number, which may be negative, tiny, or exactly zero.

    Returns:
        array (4,): KL and JSD in nats, TV with its ½, W1; `np.inf` where a distance is infinite.
    """
    if theta == 0:
        return np.zeros(4)
    return np.array([np.inf, np.log(2), 1.0, abs(theta)])


def _thetas(rng):
    return [{"theta": float(t)} for t in (rng.uniform(1.2, 2.0), -rng.uniform(0.3, 0.8), 1e-9 * rng.uniform(1, 9), 0.0)]  # fmt: skip


def _entry(at):
    return lambda case, got, want: (
        case["theta"] == 0 or np.isclose(got["value"][at], want["value"][at], atol=1e-12)
    )


def _instead(at, value):
    """The reference with one entry replaced, at θ ≠ 0."""

    def wrong(theta):
        found = line_distances(theta)
        if theta != 0:
            found[at] = value(theta) if callable(value) else value
        return found

    return wrong


def _by_shares(theta):
    same = float(theta == 0)  # the share of P_0's mass on P_θ's line
    m = (1 + same) / 2
    js = -np.log(m)
    return [0.0 if same else math.inf, js, 1 - same, math.fabs(theta)]


LINES = Exercise(
    id="07.lines",
    title="Two parallel lines",
    reference=line_distances,
    cases=_thetas,
    shape="Return an array of four numbers: KL, JSD, TV, W1.",
    checks=(
        Check("KL", _entry(0), "KL is off at some θ ≠ 0. P_θ gives the line at 0 no mass, and P_0 has all of its mass there."),
        Check("JSD", _entry(1), "JSD is off at some θ ≠ 0. On its own line each law has twice the density of the mixture: ½ KL(p‖m) + ½ KL(q‖m)."),
        Check("TV", _entry(2), "TV is off at some θ ≠ 0. It is the largest difference of the probabilities that the two laws give to one set: which set is it?"),
        Check("W1", _entry(3), "W1 is off at some θ ≠ 0. Every point has to go over to the other line, and the heights agree already."),
        Check("theta = 0", lambda case, got, want: case["theta"] != 0 or np.array_equal(got["value"], want["value"]), "At θ = 0 both laws are the same, and every one of these distances is 0. Only there: 1e-9 is not 0."),
    ),
    hints=(
        "Take A, the line at 0. P_0(A) = 1, and P_θ(A) = 0 unless θ = 0.",
        "KL: p log(p/0) = ∞. JSD: p/m = 2 on A, so each half is ½ log 2. TV: P_0(A) − P_θ(A).",
        "W1: move (0, z) to (θ, z). No plan is cheaper, for the first coordinate must move by θ.",
    ),
    wrong=(
        Wrong(_instead(1, 2 * np.log(2)), "JSD without its ½s: log 2 for each law is 2 log 2. Each KL to the mixture counts half.", "JSD"),
        Wrong(_instead(2, 2.0), "TV without its ½: 2 is the L1 distance. No two probabilities differ by more than 1.", "TV"),
        Wrong(_instead(0, 0.0), "KL: the product is 1 · log(1/0), not 0 · log 0. Where p has mass and q has none the price is infinite; it is 0 only where p has none.", "KL"),
        Wrong(_instead(3, lambda t: t**2), "θ² is the squared transport cost, W2². W1 counts distances, not their squares.", "W1"),
        Wrong(_instead(3, lambda t: t), "A distance is not negative: the line may stand on the left, and the way there is |θ|.", "W1"),
        Wrong(_instead(3, lambda t: math.hypot(t, 1 / 3)), "You let the heights pair up at random: the best plan keeps each height and moves straight across.", "W1"),
        Wrong(_instead(1, 1.0), "That is JSD in bits: log 2 nats.", "JSD"),
        Wrong(_instead(1, np.inf), "JSD never is infinite: the mixture m has mass wherever p or q has, and p/m is at most 2.", "JSD"),
        Wrong(_instead(0, 10 * np.log(10)), "A small number beside the 0 makes KL look finite, and its value is the small number's. KL is infinite here.", "KL"),
        Wrong(lambda theta: np.array([np.inf, np.log(2), 1.0, abs(theta)]), "At θ = 0 the lines are one and the same, and KL, JSD and TV fall to 0 at once. This jump is the point of the example.", "theta = 0"),
        Wrong(lambda theta: line_distances(0.0 if abs(theta) < 1e-6 else theta), "θ = 1e-9 is not θ = 0: the lines are still disjoint, and KL, JSD and TV do not notice how near they are.", "KL"),
        Wrong(lambda theta: line_distances(theta)[[0, 2, 1, 3]], "The order: KL, JSD, TV, W1.", "JSD"),
    ),
    accepted=(_by_shares, lambda theta: np.array([np.inf, np.log(2), 1, abs(theta)]) if theta else np.zeros(4)),
    points=1.0,
)  # fmt: skip


# --- D7: TV under noise --------------------------------------------------------------------------


def tv_of_gaussians(gap, std):
    """The total variation, with its ½, between N(0, std²) and N(gap, std²).

    Arguments:
        gap: distance of the means, a number that may be negative or zero.
        std: their common standard deviation, above zero.

    Returns:
        float, from 0 to 1. `math.erf` is there: erf(x) = 2/√π ∫_0^x exp(−t²) dt.
    """
    return math.erf(abs(gap) / (2 * math.sqrt(2) * std))


def _gaps(rng):
    return [
        {"gap": rng.uniform(1.0, 1.6), "std": rng.uniform(0.5, 0.8)},
        {"gap": rng.uniform(0.4, 0.7), "std": rng.uniform(1.4, 2.2)},
        {"gap": 0.0, "std": rng.uniform(0.5, 2.0)},
        {"gap": -rng.uniform(1.0, 2.0), "std": rng.uniform(0.6, 0.9)},
    ]


def _by_sum(gap, std):
    x = np.linspace(-12 * std - abs(gap), 12 * std + abs(gap), 200_001)
    p, q = (np.exp(-0.5 * ((x - m) / std) ** 2) / (std * np.sqrt(2 * np.pi)) for m in (0.0, gap))
    return 0.5 * np.sum(np.abs(p - q)) * (x[1] - x[0])


def _by_phi(gap, std):
    from scipy.stats import norm

    return 2 * norm.cdf(abs(gap) / (2 * std)) - 1


def _signed_sum(gap, std):
    x = np.linspace(-12 * std - abs(gap), 12 * std + abs(gap), 4001)
    p, q = (np.exp(-0.5 * ((x - m) / std) ** 2) / (std * np.sqrt(2 * np.pi)) for m in (0.0, gap))
    return float(round(0.5 * np.sum(p - q) * (x[1] - x[0]), 12))


_ROOT = math.sqrt(2)

TV = Exercise(
    id="07.tv_of_gaussians",
    title="TV between two Gaussians of equal width",
    reference=tv_of_gaussians,
    cases=_gaps,
    checks=(
        Check("values", close(), "The number differs from ½ ∫ |p − q| dx. The densities cross half-way between the means; for equal means TV is 0, and the sign of the gap does not count."),
    ),
    hints=(
        "The best set is A = {x : p(x) > q(x)}: for gap > 0 everything left of gap/2.",
        "P(A) − Q(A) = Φ(gap/2σ) − Φ(−gap/2σ) = 2 Φ(gap/2σ) − 1.",
        "2 Φ(y) − 1 = erf(y/√2).",
    ),
    wrong=(
        Wrong(lambda gap, std: 2 * tv_of_gaussians(gap, std), "This is the L1 distance, without the ½: for means far apart it tends to 2.", "values"),
        Wrong(lambda gap, std: tv_of_gaussians(gap, std**2), "You divide by the variance. The gap is measured in standard deviations: gap/σ, not gap/σ².", "values"),
        Wrong(lambda gap, std: math.erf(gap / (2 * _ROOT * std)), "For a negative gap this is negative: the absolute value is missing.", "values"),
        Wrong(_signed_sum, "The absolute value inside the integral is missing: ∫ (p − q) dx is 1 − 1 = 0 for any two densities.", "values"),
        Wrong(lambda gap, std: math.erf(abs(gap) / (_ROOT * std)), "The densities cross half-way: it is gap/2, not the whole gap, that is measured in σ.", "values"),
        Wrong(lambda gap, std: math.erf(abs(gap) / (2 * std)), "The √2 is missing: 2 Φ(y) − 1 = erf(y/√2).", "values"),
        Wrong(lambda gap, std: 0.5 * (1 + tv_of_gaussians(gap, std)), "This is Φ, the share of right guesses of the best judge: (1 + TV)/2. Double it and take off 1.", "values"),
        Wrong(lambda gap, std: 1 - tv_of_gaussians(gap, std), "This is the overlap, ∫ min(p, q): TV is 1 minus that.", "values"),
        Wrong(lambda gap, std: gap**2 / (2 * std**2), "This is KL. TV never exceeds 1.", "values"),
    ),
    accepted=(_by_phi, _by_sum),
    points=1.0,
)  # fmt: skip


# --- D10: W1 of two histograms -------------------------------------------------------------------


def w1_of_histograms(p, q, x):
    """W1 between two histograms on the line: ∫ |F − G| dt, F and G their distribution functions.

    Arguments:
        p, q: arrays (n,), the masses at the points of x; each sums to one, and some may be zero.
        x: array (n,), the points, increasing; their distances differ.

    Returns:
        float, in the unit of x.
    """
    return np.sum(np.abs(np.cumsum(p - q))[:-1] * np.diff(x))


def _mass(rng, n, at=None):
    masses = rng.uniform(0.1, 1.0, n)
    if at is not None:
        masses[at] += 3.0
    return masses / masses.sum()


def _histograms(rng):
    cases = []
    for n, at in ((5, (0, 3)), (8, (6, 1)), (6, (2, 3))):
        x = np.cumsum(rng.uniform(0.4, 1.6, n)) - 2.0
        cases.append({"p": _mass(rng, n, at[0]), "q": _mass(rng, n, at[1]), "x": x})
    # the same mean, and yet mass must move: from the middle to both ends
    x = np.array([0.0, 1.0, 3.0]) * rng.uniform(0.8, 1.3)
    cases.append({"p": np.array([0.0, 1.0, 0.0]), "q": np.array([2 / 3, 0.0, 1 / 3]), "x": x})
    return cases


def _by_scipy(p, q, x):
    from scipy.stats import wasserstein_distance

    return wasserstein_distance(x, x, p, q)


def _by_moving(p, q, x):
    carried, total = 0.0, 0.0
    for i in range(len(x) - 1):
        carried += p[i] - q[i]
        total += abs(carried) * (x[i + 1] - x[i])
    return total


W1 = Exercise(
    id="07.w1_of_histograms",
    title="W1 between two histograms",
    reference=w1_of_histograms,
    cases=_histograms,
    checks=(
        Check("values", close(), "The number differs from ∫ |F − G| dt. Between two neighbouring points F − G is a constant, the sum of p − q so far; multiply by their distance, and let nothing cancel."),
    ),
    hints=(
        "Walk from left to right and carry the surplus: after point i it is (p − q)[: i + 1].sum().",
        "Carrying it on to the next point costs |surplus| times the distance.",
        "`np.cumsum` gives the surpluses, `np.diff(x)` the distances; the last surplus is 0.",
    ),
    wrong=(
        Wrong(lambda p, q, x: np.sum(np.cumsum(p - q)[:-1] * np.diff(x)), "The absolute value is missing: this is E_q x − E_p x, which may be negative, and is 0 for equal means.", "values"),
        Wrong(lambda p, q, x: abs(np.sum((p - q) * x)), "The distance of the means is only a lower bound: mass moved left and mass moved right cancel in it.", "values"),
        Wrong(lambda p, q, x: np.sum(np.abs(p - q)), "This is the L1 distance of the masses. It does not know where the points are.", "values"),
        Wrong(lambda p, q, x: np.sum(np.abs(np.cumsum(p - q))), "The distances between the points are missing: |F − G| has to be multiplied by `np.diff(x)`.", "values"),
        Wrong(lambda p, q, x: np.sum(np.abs(np.cumsum(p - q))) * (x[1] - x[0]), "You use the first distance for all of them: the points are not evenly spaced.", "values"),
        Wrong(lambda p, q, x: np.sum(np.cumsum(p - q)[:-1] ** 2 * np.diff(x)), "∫ (F − G)² is Cramér's distance. W1 takes the absolute value.", "values"),
        Wrong(lambda p, q, x: np.max(np.abs(np.cumsum(p - q))), "The largest |F − G| is Kolmogorov's distance, without the unit of x.", "values"),
        Wrong(lambda p, q, x: np.sum(np.abs(np.cumsum(p - q))[1:] * np.diff(x)), "Off by one: between points i and i + 1 the surplus is that after point i.", "values"),
        Wrong(lambda p, q, x: np.sum(np.abs(p - q)[:-1] * np.diff(x)), "The cumulative sum is missing: what is carried over a gap is all of the surplus so far.", "values"),
        Wrong(lambda p, q, x: w1_of_histograms(p, q, x) / 2, "No ½ here: each unit of mass is moved once, and F − G counts it once.", "values"),
    ),
    accepted=(_by_scipy, _by_moving),
    points=2.0,
)  # fmt: skip


EXERCISES = (LINES, TV, W1, JS_SLOPE)
