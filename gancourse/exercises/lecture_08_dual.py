"""Exercises of lecture 08 on the dual: the best critic on the line, and half a step of Sinkhorn's iteration."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite

__all__ = ["CRITIC", "HALF_STEP"]


# --- the best critic on the line -----------------------------------------------------------------


def critic(a, b, x):
    """A 1-Lipschitz function with the largest possible mean under a less mean under b.

    Arguments:
        a: array (n,), masses of the data at the positions; they sum to one.
        b: array (n,), masses of the generator at the same positions; they sum to one.
        x: array (n,), the positions; increasing, their distances need not be equal.

    Returns:
        array (n,), the values of f at the positions; any constant may be added.
    """
    slope = np.sign(np.cumsum(b - a))[:-1]
    return np.concatenate([[0.0], np.cumsum(slope * np.diff(x))])


def _histograms(rng):
    cases = []
    for n in (9, 16):
        x = np.cumsum(rng.uniform(0.3, 0.9, n)) - 2
        left = rng.dirichlet(np.full(n, 0.8)) * np.linspace(1.0, 0.1, n)
        sides = rng.dirichlet(np.full(n, 0.8)) * (np.linspace(-1, 1, n) ** 2 + 0.01)
        middle = rng.dirichlet(np.full(n, 0.8)) * np.exp(-8 * np.linspace(-1, 1, n) ** 2)
        for one, other in ((left, left[::-1]), (sides, middle)):
            cases.append({"a": one / one.sum(), "b": other / other.sum(), "x": x})
    return cases


def _score(case, outcome):
    f = outcome["value"]
    if f.shape != case["x"].shape:
        return {"value": f, "score": np.array(np.nan), "slope": np.array(np.nan)}
    return {
        "value": f,
        "score": np.array(f @ (case["a"] - case["b"])),
        "slope": np.array(np.abs(np.diff(f) / np.diff(case["x"])).max()),
    }


def _from_slopes(slopes):
    def made(a, b, x):
        return np.append(0.0, np.cumsum(slopes(np.cumsum(b - a)[:-1], x) * np.diff(x)))

    return made


def _by_prices(a, b, x):
    """The best critic as the upper envelope of prices, by a programme over its n values."""
    from scipy.optimize import linprog

    n = len(x)
    steps = np.diff(np.eye(n), axis=0)
    found = linprog(
        b - a, A_ub=np.vstack([steps, -steps]), b_ub=np.tile(np.diff(x), 2), bounds=[(0, 0)] + [(None, None)] * (n - 1)
    )  # fmt: skip
    return found.x


CRITIC = Exercise(
    id="08.critic",
    title="The best critic on the line",
    reference=critic,
    cases=_histograms,
    measure=_score,
    shape="Return one value of f for each position.",
    checks=(
        Check("1-Lipschitz", lambda case, got, want: got["slope"] <= 1 + 1e-7, "Somewhere |f(x) − f(y)| is larger than |x − y|: f is not 1-Lipschitz, and its score bounds nothing."),
        Check("score", lambda case, got, want: got["score"] >= want["score"] - 1e-7, "Your f is 1-Lipschitz, but E_a f − E_b f is less than W1: some other f does better."),
    ),
    hints=(
        "E_a f − E_b f = ∫ f′ (G − F), with F of the data a and G of the generator b.",
        "With |f′| ≤ 1 the integral is largest for f′ = sign(G − F).",
        "A slope for each gap between positions; then add up slope times length: `np.cumsum(slope * np.diff(x))`, and put f(x_0) = 0 in front.",
    ),
    wrong=(
        Wrong(_from_slopes(lambda gap, x: -np.sign(gap)), "The sign: this critic is high where the generator is, and scores −W1. High is for the data, as D is in this course.", "score"),
        Wrong(lambda a, b, x: np.sign(np.cumsum(b - a)), "These are the slopes of f. Add up slope times length to get f itself.", "1-Lipschitz"),
        Wrong(lambda a, b, x: np.append(0.0, np.cumsum(np.sign(np.cumsum(b - a)[:-1]))), "The lengths are missing: a slope of 1 over a gap of 0.4 lifts f by 0.4 and not by 1.", "1-Lipschitz"),
        Wrong(_from_slopes(lambda gap, x: gap), "The slope is G − F, which is below 1 nearly everywhere: the constraint is left unused. Only its sign matters.", "score"),
        Wrong(_from_slopes(lambda gap, x: -np.ones_like(gap)), "A falling line is best only where all mass of the generator lies right of the data's. In general the slope changes sign where F and G cross.", "score"),
        Wrong(lambda a, b, x: np.sign(a - b) * 100, "A step that is high where a > b is the critic of total variation: it is not 1-Lipschitz.", "1-Lipschitz"),
        Wrong(_from_slopes(lambda gap, x: 2 * np.sign(gap)), "Slope 2: the score doubles with f, but f must be 1-Lipschitz.", "1-Lipschitz"),
    ),
    accepted=(
        _by_prices,
        lambda a, b, x: critic(a, b, x) - 3.0,
        _from_slopes(lambda gap, x: np.where(gap >= 0, 1.0, -1.0)),
    ),
    points=1.5,
)  # fmt: skip


# --- half a step of Sinkhorn ---------------------------------------------------------------------


def half_step(g, log_a, cost, epsilon):
    """The f that gives every row of the blurred plan its mass, with g held fixed.

    The plan is P_ij = exp((f_i + g_j − cost_ij)/epsilon), and row i is to sum to a_i.

    Arguments:
        g: array (m,), the present potential of the columns.
        log_a: array (n,), the logarithms of the masses of the rows.
        cost: array (n, m).
        epsilon: number above zero, as small as 0.001.

    Returns:
        array (n,), f; finite.
    """
    z = (g - cost) / epsilon
    top = z.max(axis=1)
    return epsilon * (log_a - top - np.log(np.exp(z - top[:, None]).sum(axis=1)))


def _potentials(rng):
    cases = []
    for n, m, epsilon in ((3, 5, 0.7), (4, 2, 1.6), (4, 6, 0.001)):
        cases.append(
            {
                "g": rng.normal(0, 0.5, m),
                "log_a": np.log(rng.dirichlet(np.full(n, 2.0))),
                "cost": rng.uniform(2.0, 6.0, (n, m)),
                "epsilon": epsilon,
            }
        )
    return cases


def _lse(z, axis=1):
    top = z.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(z - top).sum(axis=axis))


def _rough(g, log_a, cost, epsilon):
    return epsilon * (log_a - np.log(np.exp((g - cost) / epsilon).sum(axis=1)))


def _with_scipy(g, log_a, cost, epsilon):
    from scipy.special import logsumexp

    return epsilon * log_a - epsilon * logsumexp((g[None, :] - cost) / epsilon, axis=1)


def _by_rows(g, log_a, cost, epsilon):
    return [
        epsilon * (la - np.logaddexp.reduce((g - c) / epsilon)) for la, c in zip(log_a, cost, strict=True)
    ]


HALF_STEP = Exercise(
    id="08.half_step",
    title="Half a step of Sinkhorn's iteration",
    reference=half_step,
    cases=_potentials,
    shape="Return one potential for each row of the plan, an array (n,).",
    checks=(
        Check("row sums", close(finite_only=True), "With your f some row of the plan does not sum to a_i. Solve Σ_j exp((f_i + g_j − cost_ij)/ε) = a_i for f_i."),
        Check("finite", finite(), "For ε = 0.001 the answer is not finite: exp(−4000) is 0, and its logarithm −∞. Take the largest exponent out of the sum first."),
    ),
    hints=(
        "exp(f_i/ε) does not depend on j: take it out of the sum.",
        "f_i = ε (log a_i − log Σ_j exp((g_j − cost_ij)/ε)).",
        "log Σ exp(z) = max z + log Σ exp(z − max z), or `scipy.special.logsumexp(z, axis=1)`.",
    ),
    wrong=(
        Wrong(_rough, "Right in exact arithmetic, but for small ε every exponential is 0, and log 0 = −∞. Take the largest exponent out of the sum (log-sum-exp).", "finite"),
        Wrong(lambda g, log_a, cost, epsilon: log_a - _lse((g - cost) / epsilon), "This is f/ε: multiply by ε at the end.", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: -epsilon * _lse((g - cost) / epsilon), "log a is missing: every row of this plan sums to 1.", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: epsilon * (log_a - _lse((g + cost) / epsilon)), "The sign of the cost: dear ways carry little mass, so it is (g − cost)/ε in the exponent.", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: epsilon * (log_a - _lse(-cost / epsilon)), "g is missing: this is the first half step only, from g = 0.", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: epsilon * (_lse((g - cost) / epsilon) - log_a), "The sign: a row that is too heavy must get a lower f, so f = ε (log a − log Σ …).", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: (cost - g).min(axis=1), "This is the limit ε → 0, the price of the linear programme itself. For ε above 0 it is a soft minimum, with log a.", "row sums"),
        Wrong(lambda g, log_a, cost, epsilon: epsilon * (np.mean(log_a) - _lse((g - cost) / epsilon, axis=0)), "The sum runs over the wrong axis: row i sums over the columns j, axis=1.", "shape"),
    ),
    accepted=(_with_scipy, _by_rows),
    points=1.5,
)  # fmt: skip
