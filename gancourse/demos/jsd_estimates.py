"""JSD as a discriminator estimates it from samples: too few steps, too few bins, too few samples (B6).

The discriminator is the simplest that learns: the line is cut into bins, and D has one logit for each. All
that it can be told is in the counts; its best answers and every mean over p and q are known exactly.
"""

import functools

import numpy as np
from scipy.stats import norm

from gancourse import plots
from gancourse._validate import array, fail, generator, integer
from gancourse.demos._widget import Demo, Knob
from gancourse.demos.optimal_discriminator import GRID, pair
from gancourse.divergences import js

__all__ = [
    "BINS", "SAMPLES", "STEPS", "ascend", "bin_masses", "compute", "demo", "draw", "draw_counts", "estimate",
    "exact", "learned", "scene", "smoothed", "visible",
]  # fmt: skip

P, Q = pair(separation=4.0, mean=1.0, std=1.2)
ENDS = 5.0  # bins of equal width from −5 to 5; the outermost reach to infinity
SAMPLES = tuple(25 * 2**k for k in range(8))
BINS = tuple(2**k for k in range(1, 8))
STEPS = tuple(2**k for k in range(11))
REPEATS = 30


@functools.cache
def exact():
    """JSD(p, q) in nats, by quadrature."""
    return js(P.pdf(GRID), Q.pdf(GRID), GRID)


def bin_masses(bins):
    """The mass of p and of q in each bin, exactly: two arrays (bins,) that sum to one.

    Raises:
        ValueError: fewer than one bin.
    """
    edges = np.linspace(-ENDS, ENDS, integer("bins", bins) + 1)
    edges[[0, -1]] = -np.inf, np.inf
    return tuple(
        np.diff(norm.cdf(edges[:, None], model.means, np.sqrt(model.covariances)) @ model.weights)
        for model in (P, Q)
    )


@functools.cache
def visible(bins):
    """The JSD of the two binned distributions, exactly: the most that a D with so many bins can see."""
    return js(*bin_masses(bins))


def draw_counts(n, bins, repeats, rng):
    """How many of n samples of p, and of n of q, fall into each bin: two arrays (repeats, bins).

    Arguments:
        n: samples of each.
        bins: as for ``bin_masses``.
        repeats: how many training sets.
        rng: a numpy.random.Generator, or a whole number to seed one.

    Raises:
        ValueError: a number that is not whole or below one, or no generator.
    """
    n, repeats, rng = integer("n", n), integer("repeats", repeats), generator("rng", rng)
    return tuple(rng.multinomial(n, mass, size=repeats) for mass in bin_masses(bins))


def estimate(logits, p, q):
    r"""What a discriminator says of JSD: half of its bound, in nats.

    .. math:: \tfrac12 \bigl(\log 4 + \sum_j p_j \log \sigma(v_j) + q_j \log(1 - \sigma(v_j))\bigr)

    Arguments:
        logits: v, one a bin, shape (*, bins).
        p, q: shares in each bin. Those of the training samples give the estimate on the training samples;
            the true masses give the mean over all fresh samples, exactly: the held-out estimate.

    Raises:
        ValueError: p or q has another number of bins than the logits.
    """
    v, p, q = array("logits", logits), array("p", p), array("q", q)
    for name, shares in (("p", p), ("q", q)):
        if shares.shape[-1] != v.shape[-1]:
            fail(name, shares, f"a last axis of {v.shape[-1]} bins, as the logits have")
    return 0.5 * (np.log(4) - np.sum(p * np.logaddexp(0, -v) + q * np.logaddexp(0, v), axis=-1))


def smoothed(real, fake):
    """The logits of D = (a + ½)/(a + b + 1) for counts a, b: half a point more of each."""
    return np.log(np.asarray(real) + 0.5) - np.log(np.asarray(fake) + 0.5)


def ascend(real, fake, steps):
    """Gradient ascent of V on the training samples, from D = ½.

    The step size is the largest that is surely stable: 4 over the largest share p̂ + q̂ of a bin.

    Arguments:
        real, fake: shares of the training samples in each bin, shape (*, bins).
        steps: increasing whole numbers, after which to look.

    Yields:
        the logits after each of them.
    """
    logits, rate = np.zeros(np.shape(real)), 4 / np.max(real + fake, axis=-1, keepdims=True)
    gain, pull, done = rate * real, rate * (real + fake), 0
    for step in steps:
        for _ in range(step - done):
            # the slope of V in a bin's logit: p̂ (1 − D) − q̂ D = p̂ − (p̂ + q̂) D
            logits = logits + gain - pull / (1 + np.exp(-logits))
        done = step
        yield logits


@functools.cache
def learned():
    """Every setting of the sliders, 30 times over, from seed 0: computed once, within a second.

    Returns:
        dict of arrays with axes (samples, bins, steps): the mean and the standard deviation over repeats, of
        the estimate on the training samples ("seen") and on fresh ones ("fresh").
    """
    rng = np.random.default_rng(0)
    found = np.zeros((2, len(SAMPLES), REPEATS, len(BINS), len(STEPS)))
    for j, bins in enumerate(BINS):
        counts = [draw_counts(n, bins, REPEATS, rng) for n in SAMPLES]
        real, fake = (np.stack([c[i] / n for c, n in zip(counts, SAMPLES, strict=True)]) for i in (0, 1))
        for k, logits in enumerate(ascend(real, fake, STEPS)):
            found[0, ..., j, k] = estimate(logits, real, fake)
            found[1, ..., j, k] = estimate(logits, *bin_masses(bins))
    mean, std = found.mean(2), found.std(2, ddof=1)
    return {"seen": (mean[0], std[0]), "fresh": (mean[1], std[1])}


def compute(*, samples, bins, steps):
    """The estimates against the steps and against the bins, for sliders that count doublings.

    Arguments:
        samples: k for 25·2ᵏ samples of each kind.
        bins: k for 2ᵏ bins.
        steps: k for 2ᵏ steps of gradient ascent.

    Returns:
        dict with n, k (bins), t (steps), jsd, best (the most that so many bins can see) and, for "seen" and
        "fresh", pairs (mean, standard deviation) against the steps, against the bins, and here.
    """
    i, j, k = samples, bins - 1, steps
    result = {"n": SAMPLES[i], "bins": BINS[j], "steps": STEPS[k], "jsd": exact(), "best": visible(BINS[j])}
    for name, both in learned().items():
        result[name] = {
            "steps": [part[i, j] for part in both],
            "bins": [part[i, :, k] for part in both],
            "here": [float(part[i, j, k]) for part in both],
        }
    return result


LOOK = {
    "seen": (plots.TRAINED, "--", "o", "on training samples"),
    "fresh": (plots.DISCRIMINATOR, "-", "s", "on fresh samples"),
}


def scene(figure):
    """Left the estimates against the steps, right against the bins; bands are ± one standard deviation."""
    left, right = figure.subplots(1, 2, sharey=True)
    artists = {"best": left.axhline(0, color=plots.MUTED, linestyle=":")}
    most = [visible(bins) for bins in BINS]
    right.plot(BINS, most, color=plots.MUTED, linestyle=":", label="most such bins can see")
    for axes in (left, right):
        axes.axhline(
            exact(), color=plots.EXACT, linewidth=1.5, label="JSD (exact)" if axes is right else None
        )
        axes.axhline(np.log(2), color=plots.MUTED, linewidth=0.8)
    for name, (colour, dash, marker, label) in LOOK.items():
        lines, bands, dots = artists.setdefault(name, ([], [], []))
        for axes in (left, right):
            lines += axes.plot([], [], color=colour, linestyle=dash, label=label if axes is left else None)
            bands += axes.fill([0, 1, 1], [9, 9, 9], color=colour, alpha=0.18, linewidth=0)
            dots += axes.plot([], [], marker, color=colour, markersize=7)
    left.set(xscale="log", xlim=(0.9, 1.1 * STEPS[-1]), xlabel="steps of gradient ascent")
    left.set(ylim=(-0.12, 0.72), ylabel="estimate of JSD (nats)")
    right.set(xscale="log", xlim=(0.9 * BINS[0], 1.1 * BINS[-1]), xlabel="bins of D")
    for axes, ticks in ((left, STEPS[::2]), (right, BINS)):
        axes.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
        axes.set_xticks([], minor=True)
        plots.legend(axes)
    return {name: sum(a, []) if isinstance(a, tuple) else a for name, a in artists.items()}


def draw(artists, result):
    """Move the curves, and say the numbers."""
    for name in LOOK:
        lines, bands, dots = (artists[name][i : i + 2] for i in (0, 2, 4))
        for i, (axis, at) in enumerate([("steps", STEPS), ("bins", BINS)]):
            mean, std = result[name][axis]
            lines[i].set_data(at, mean)
            outline = np.concatenate([mean - std, (mean + std)[::-1]])
            bands[i].set_xy(np.column_stack([[*at, *at[::-1]], outline]))
            dots[i].set_data([result[axis]], [result[name]["here"][0]])
    artists["best"].set_ydata([result["best"]] * 2)
    (seen, seen_std), (fresh, fresh_std) = result["seen"]["here"], result["fresh"]["here"]
    return (
        f"{result['n']:,} samples of each, {result['bins']} bins, {result['steps']:,} steps: "
        f"on its training samples {seen:.3f} ± {seen_std:.3f}, on fresh ones {fresh:.3f} ± {fresh_std:.3f} "
        f"(mean and standard deviation of {REPEATS} repeats). "
        f"Exact JSD {result['jsd']:.3f} nats; these bins can see {result['best']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("samples", 0, len(SAMPLES) - 1, 1, 1, "samples of each kind: 25, doubled so often"),
        Knob("bins", 1, len(BINS), 1, 5, "bins: 1, doubled so often"),
        Knob("steps", 0, len(STEPS) - 1, 1, 4, "steps: 1, doubled so often"),
    ]
    return Demo(compute, scene, draw, knobs, name="jsd estimates", **look)
