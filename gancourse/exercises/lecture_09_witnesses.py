"""Exercises of lecture 09 on function classes: three suprema from densities, and the witness of a kernel."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["SUPREMA", "WITNESS"]


# --- three suprema -------------------------------------------------------------------------------


def three_suprema(p, q, step):
    """The largest E_p f − E_q f over three classes of functions f, from densities on an even grid.

    Arguments:
        p, q: arrays (n,), densities at points that lie `step` apart; they have died away at both ends, so that an
            integral is `step` times a sum.
        step: distance of neighbouring points, in the unit of x.

    Returns:
        array (3,): over all f with |f| ≤ 1; over all 1-Lipschitz f; over the half-lines, f = ±1(x ≤ t).
    """
    gap = step * np.cumsum(p - q)  # F − G
    return np.array([step * np.abs(p - q).sum(), step * np.abs(gap).sum(), np.abs(gap).max()])


def _densities(rng):
    x, step = np.linspace(-12, 12, 1201), 0.02
    cases = []
    # shifts to either side, and a change of width, where F and G cross
    for mean, std in ((rng.uniform(0.8, 2), 1.2), (-rng.uniform(0.8, 2), 1.3), (0.1, rng.uniform(1.7, 2.2))):
        p, q = np.exp(-(x**2) / 2), np.exp(-((x - mean) ** 2) / (2 * std**2))
        cases.append({"p": p / (step * p.sum()), "q": q / (step * q.sum()), "step": step})
    return cases


def _at(i):
    return lambda case, got, want: np.allclose(got["value"][i], want["value"][i], rtol=2e-3, atol=1e-9)


def _gap(p, q, step):
    return step * np.cumsum(p - q)


def _three(p, q, step, bounded=None, lipschitz=None, half_lines=None):
    right = three_suprema(p, q, step)
    return np.array(
        [r if v is None else v for r, v in zip(right, (bounded, lipschitz, half_lines), strict=True)]
    )


def _by_trapezoid(p, q, step):
    from scipy.integrate import cumulative_trapezoid

    gap = cumulative_trapezoid(p - q, dx=step, initial=0)
    return [np.trapezoid(abs(p - q), dx=step), np.trapezoid(abs(gap), dx=step), max(gap.max(), -gap.min())]


def _by_witnesses(p, q, step):
    gap = _gap(p, q, step)
    slope = np.where(gap > 0, -1.0, 1.0)
    return np.array(
        [
            step * np.sign(p - q) @ (p - q),
            step * np.cumsum(step * slope) @ (p - q),
            max(gap.max(), (-gap).max()),
        ]
    )


SUPREMA = Exercise(
    id="09.three_suprema",
    title="One supremum, three classes",
    reference=three_suprema,
    cases=_densities,
    shape="Return an array of three numbers: |f| ≤ 1, 1-Lipschitz, half-lines.",
    checks=(
        Check("bounded by one", _at(0), "The first number: the best f is 1 where p > q and −1 elsewhere. What is then E_p f − E_q f?"),
        Check("Lipschitz", _at(1), "The second number is W1: the integral of |F − G| with the distribution functions F and G."),
        Check("half-lines", _at(2), "The third number: E_p 1(x ≤ t) − E_q 1(x ≤ t) is F(t) − G(t). Take the largest absolute value over t."),
    ),
    hints=(
        "All three need p − q alone: as it stands, or summed up from the left.",
        "F − G on the grid is step * np.cumsum(p - q).",
        "step * |p − q| summed; step * |F − G| summed; the maximum of |F − G|.",
    ),
    wrong=(
        Wrong(lambda p, q, step: _three(p, q, step, bounded=0.5 * step * np.abs(p - q).sum()), "The ½ belongs to the total variation, a supremum over sets, that is over functions with values 0 and 1. Over |f| ≤ 1 it is twice that.", "bounded by one"),
        Wrong(lambda p, q, step: _three(p, q, step, bounded=abs(step * (p - q).sum())), "Without absolute values inside, the integral of p − q is 0 for any two densities.", "bounded by one"),
        Wrong(lambda p, q, step: _three(p, q, step, bounded=np.abs(p - q).sum(), lipschitz=np.abs(np.cumsum(p - q)).sum(), half_lines=np.abs(np.cumsum(p - q)).max()), "The grid's weight is missing: every integral is `step` times a sum, F and G too.", "bounded by one"),
        Wrong(lambda p, q, step: _three(p, q, step, lipschitz=step * np.abs(p - q).sum()), "W1 compares the distribution functions, and you integrated |p − q|, which does not see how far mass has to go.", "Lipschitz"),
        Wrong(lambda p, q, step: _three(p, q, step, lipschitz=abs(step * _gap(p, q, step).sum())), "The absolute value belongs inside the integral. Outside, you get the difference of the two means, which is less where F and G cross.", "Lipschitz"),
        Wrong(lambda p, q, step: _three(p, q, step, lipschitz=np.abs(_gap(p, q, step)).sum()), "F and G are right; integrating |F − G| needs `step` once more.", "Lipschitz"),
        Wrong(lambda p, q, step: _three(p, q, step, half_lines=_gap(p, q, step).max()), "Both signs of the indicator are in the class: if q lies to the left of p, F − G is negative. Take the absolute value.", "half-lines"),
        Wrong(lambda p, q, step: _three(p, q, step, half_lines=np.abs(p - q).max()), "That is the largest gap of the densities. The mean of 1(x ≤ t) is a distribution function.", "half-lines"),
        Wrong(lambda p, q, step: three_suprema(p, q, step)[0], "Three numbers were asked for, in one array.", "shape"),
    ),
    accepted=(_by_trapezoid, _by_witnesses),
    points=2.0,
)  # fmt: skip


# --- the witness in the unit ball of a kernel's space --------------------------------------------


def witness(t, x, y, bandwidth):
    """The function of norm 1, in the space of the Gaussian kernel, with the largest mean over x less mean over y.

    Arguments:
        t: array (k,), where to evaluate it.
        x, y: arrays (n,) and (m,), two samples on the line; n need not be m.
        bandwidth: h of the kernel k(a, b) = exp(−(a − b)²/2h²).

    Returns:
        array (k,): f(t), with ‖f‖_H = 1, the norm of the kernel's space.
    """

    def k(a, b):
        return np.exp(-((a[:, None] - b) ** 2) / (2 * bandwidth**2))

    squared_norm = k(x, x).mean() - 2 * k(x, y).mean() + k(y, y).mean()
    return (k(t, x).mean(1) - k(t, y).mean(1)) / np.sqrt(squared_norm)


def _samples(rng):
    return [
        {
            "t": rng.uniform(-2, 4, 6),
            "x": rng.normal(size=n),
            "y": 2.0 + rng.normal(size=m),
            "bandwidth": float(h),
        }
        for n, m, h in ((5, 8, 0.7), (9, 4, 1.6), (6, 6, 2.3))
    ]


def _k(a, b, h):
    return np.exp(-((a[:, None] - b) ** 2) / (2 * h**2))


def _raw(t, x, y, h):
    return _k(t, x, h).mean(1) - _k(t, y, h).mean(1)


def _square(x, y, h, unbiased=False):
    parts = []
    for a in (x, y):
        total, n = _k(a, a, h).sum(), len(a)
        parts.append((total - n) / (n * (n - 1)) if unbiased else total / n**2)
    return sum(parts) - 2 * _k(x, y, h).mean()


def _over_largest(t, x, y, bandwidth):
    f = _raw(t, x, y, bandwidth)
    return f / np.abs(f).max()


def _over_length(t, x, y, bandwidth):
    f = _raw(t, x, y, bandwidth)
    return f / np.sqrt(f @ f)


def _by_weights(t, x, y, bandwidth):
    points = np.concatenate([x, y])
    weights = np.concatenate([np.full(len(x), 1 / len(x)), np.full(len(y), -1 / len(y))])
    return _k(t, points, bandwidth) @ weights / np.sqrt(weights @ _k(points, points, bandwidth) @ weights)


WITNESS = Exercise(
    id="09.witness",
    title="The witness of a kernel",
    reference=witness,
    cases=_samples,
    shape="Return one value for each t.",
    checks=(Check("values", close(), "The witness is the difference of the two mean embeddings, divided by its own norm in H, the root of mean k(x, x′) − 2 mean k(x, y) + mean k(y, y′) over all pairs."),),
    hints=(
        "The embedding of a sample at t is the mean of k(t, x) over its points.",
        "f = Σ w_i k(·, z_i) has ‖f‖² = Σ Σ w_i w_j k(z_i, z_j): here all pairs count, a point with itself too.",
        "(mean k(t, x) − mean k(t, y)) / sqrt(mean k(x, x′) − 2 mean k(x, y) + mean k(y, y′)).",
    ),
    wrong=(
        Wrong(_over_largest, "You divided by the largest absolute value: that makes the *sup* norm 1. The ball is that of the norm of H, √(Σ w_i w_j k(z_i, z_j)).", "values"),
        Wrong(lambda t, x, y, bandwidth: _raw(t, x, y, bandwidth), "The direction is right, the length is not: divide by the norm of this function in H.", "values"),
        Wrong(lambda t, x, y, bandwidth: _raw(t, x, y, bandwidth) / _square(x, y, bandwidth), "You divided by ‖f‖², which is MMD². The norm is its root.", "values"),
        Wrong(_over_length, "That is the length of the list of values at t. It depends on where you look; the norm of H does not.", "values"),
        Wrong(lambda t, x, y, bandwidth: -_raw(t, x, y, bandwidth) / np.sqrt(_square(x, y, bandwidth)), "The sign: f is to be high where x has its points.", "values"),
        Wrong(lambda t, x, y, bandwidth: _raw(t, x, y, bandwidth) / np.sqrt(_square(x, y, bandwidth, unbiased=True)), "The norm of this very function holds all pairs, each point with itself too. Leaving these out estimates the distance of the distributions; it is not ‖f‖² (and may be negative).", "values"),
        Wrong(lambda t, x, y, bandwidth: (_k(t, x, bandwidth).sum(1) - _k(t, y, bandwidth).sum(1)) / np.sqrt(_square(x, y, bandwidth)), "Means, not sums: the samples need not be equally large.", "values"),
    ),
    accepted=(_by_weights, lambda t, x, y, bandwidth: _raw(t, x, y, bandwidth) / _square(x, y, bandwidth) ** 0.5),
    points=1.5,
)  # fmt: skip
