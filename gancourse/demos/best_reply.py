"""The generator's best reply to a D that stands still: everything runs uphill, to one point (E3)."""

import functools

import numpy as np
from scipy.special import expit

from gancourse import plots
from gancourse.demos._fields import BANDS, CENTRES, REACH, SIDE, lattice, logit, smooth
from gancourse.demos._widget import Demo, Knob
from gancourse.metrics import mode_coverage

__all__ = ["BLURS", "KINDS", "STEPS", "compute", "demo", "draw", "field", "heat", "run", "scene"]

KINDS = ("G(z) = m + Az", "free points")
BLURS = np.round(np.arange(0.2, 0.601, 0.05), 6)
STEPS = 160
PLACE, START = np.array([0.5, -0.3]), 0.4  # mean and standard deviation of q at first
# no two modes alike: samples of a mixture never have them equally often
WEIGHTS = 1 + 0.4 * np.cos(np.arctan2(CENTRES[:, 1], CENTRES[:, 0]) - 2.2)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
_Z = np.random.default_rng(2).standard_normal((100, 2))
_LATTICE = lattice()


def field(x, blur):
    """Logit and its gradient of the D that is optimal against the first q: (*, n) and (*, n, 2).

    Both laws are blurred, the data by N(0, blur²) and q = N(PLACE, START² I) likewise.

    Arguments:
        x: points (*, n, 2).
        blur: a number, or shape (*, 1).
    """
    blur = np.asarray(blur)
    wide, way = START**2 + blur**2, x - PLACE
    q = blur**2 / wide * np.exp(-(way**2).sum(-1) / (2 * wide))
    return logit(smooth(x, CENTRES, WEIGHTS, blur), (q, -q[..., None] * way / wide[..., None]))


@functools.cache
def run(kind):
    """Gradient descent on E_q(−log D), D fixed, for every blur of BLURS at once.

    Arguments:
        kind: a position in KINDS.

    Returns:
        dict: clouds (STEPS + 1, blurs, 100, 2); widths (STEPS + 1, blurs, 2), A's singular values, zero
        for free points; mean_d, spread (STEPS + 1, blurs).
    """
    blurs = BLURS[:, None]  # (9, 1)
    rate = blurs**2  # the curvature of log D grows with 1/blur²
    m, a = np.tile(PLACE, (len(blurs), 1)), np.tile(START * np.eye(2), (len(blurs), 1, 1))
    free = np.tile(PLACE + START * _Z, (len(blurs), 1, 1))
    clouds, widths, mean_d = [], [], []
    for _ in range(STEPS + 1):
        x = free if kind else m[:, None] + _Z @ a.transpose(0, 2, 1)
        v, slope = field(x, blurs)
        clouds.append(x)
        widths.append(np.linalg.svd(0 * a if kind else a, compute_uv=False))
        mean_d.append(expit(v).mean(1))
        push = expit(-v)[..., None] * slope  # −∇(−log D)
        free = free + rate[..., None] * push
        m = m + rate * push.mean(1)
        a = a + rate[..., None] * push.transpose(0, 2, 1) @ _Z / len(_Z)
    clouds = np.array(clouds)
    return {
        "clouds": clouds, "widths": np.array(widths), "mean_d": np.array(mean_d),
        "spread": np.sqrt(clouds.var(2).sum(-1)),
    }  # fmt: skip


@functools.cache
def heat(blur):
    """D on the lattice, (SIDE, SIDE); the place and the value of its largest entry."""
    d = expit(field(_LATTICE, blur)[0])
    return d.reshape(SIDE, SIDE), _LATTICE[d.argmax()], float(d.max())


def compute(*, moment, kind, blur):
    """The cloud after a share of the steps against the fixed D.

    Arguments:
        moment: from 0, before the first step, to 1, after the last.
        kind: a position in KINDS.
        blur: of D: how coarsely it sees.

    Returns:
        dict: x (100, 2); d (SIDE, SIDE); star, D's highest place, (2,), and top, D there; mean_d, over the
        cloud; spread, root of the summed variances; widths, A's singular values; captured, by 3σ of 0.1;
        curves, spread and mean D at every step; step, kind.
    """
    step, blur = round(moment * STEPS), round(float(blur), 6)
    at, found = int(np.abs(BLURS - blur).argmin()), run(kind)
    d, star, top = heat(blur)
    x = found["clouds"][step, at]
    return {
        "x": x, "d": d, "star": star, "top": top, "mean_d": float(found["mean_d"][step, at]),
        "spread": float(found["spread"][step, at]), "widths": found["widths"][step, at], "kind": kind,
        "step": step, "captured": mode_coverage(x, CENTRES, 0.1).captured,
        "curves": (found["spread"][:, at], found["mean_d"][:, at]),
    }  # fmt: skip


def scene(figure):
    """Left D as a heat map with the cloud on it, right how wide the cloud is, against the steps."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    heat_map = left.imshow(
        np.full((SIDE, SIDE), 0.5), origin="lower", extent=(-REACH, REACH) * 2, vmin=0, vmax=1, cmap=BANDS,
        interpolation="bilinear", interpolation_stage="data",
    )  # fmt: skip
    bar = figure.colorbar(heat_map, ax=left, fraction=0.046, ticks=[0, 0.5, 1])
    bar.set_label("D: probability of real, fixed")
    (cloud,) = left.plot([], [], ".", color=plots.EXACT, markersize=5, alpha=0.6, label="generated")
    (star,) = left.plot(
        [], [], "*", color="white", markeredgecolor=plots.EXACT, markersize=14, label="x*, highest D"
    )
    left.set(
        xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="x₁", ylabel="x₂",
        xticks=(-1, 0, 1),
    )  # fmt: skip
    left.grid(False)
    plots.legend(left)
    (spread,) = right.plot([], [], color=plots.GENERATOR, label="spread")
    (mean_d,) = right.plot([], [], color=plots.DISCRIMINATOR, linestyle="--", label="mean D")
    (top,) = right.plot([], [], color=plots.DISCRIMINATOR, linestyle=":", label="D(x*)")
    here = right.axvline(0, color=plots.MUTED, linewidth=1)
    right.set(
        xlim=(0, STEPS), ylim=(0, 1.25), xlabel="step of G, D fixed", ylabel="in the unit of x; probability"
    )
    plots.legend(right)
    return {
        "heat": heat_map, "cloud": cloud, "star": star, "spread": spread, "mean_d": mean_d, "top": top,
        "here": here,
    }  # fmt: skip


def draw(artists, result):
    """Repaint D, move the cloud and the marks, and say the numbers."""
    artists["heat"].set_data(result["d"])
    artists["cloud"].set_data(*result["x"].T)
    artists["star"].set_data(*result["star"][:, None])
    for name, values in zip(("spread", "mean_d"), result["curves"], strict=True):
        artists[name].set_data(range(STEPS + 1), values)
    artists["top"].set_data([0, STEPS], [result["top"]] * 2)
    artists["here"].set_xdata([result["step"]] * 2)
    far = float(np.linalg.norm(result["x"].mean(0) - result["star"]))
    inside = (
        "" if result["kind"] else f" A stretches by {result['widths'][0]:.3f} and {result['widths'][1]:.3f}."
    )
    return (
        f"Step {result['step']} of {STEPS}: spread {result['spread']:.3f}, on {result['captured']} of 8 "
        f"modes; mean D {result['mean_d']:.3f}, D(x*) = {result['top']:.3f}; "
        f"centre {far:.2f} from x*.{inside}"
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("moment", 0.0, 1.0, 0.02, 0.0, "share of G's steps"),
        Knob("blur", 0.2, 0.6, 0.05, 0.4, "how coarsely D sees"),
        Knob("kind", high=1, step=1, start=0, label="generator", options=KINDS),
    ]
    return Demo(compute, scene, draw, knobs, name="best reply", size=(9.2, 3.8), **look)
