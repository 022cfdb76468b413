"""A line of slope t pushed up against f: it touches at u, and leaves the axis at −f*(t) (D1, D2)."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.divergences import F_DIVERGENCES

__all__ = ["LABELS", "SLOPES", "U", "compute", "demo", "draw", "scene"]

U = np.concatenate([[0.0], np.geomspace(1e-4, 5.0, 240)])
SLOPES = np.linspace(-4.0, 3.0, 281)
LABELS = {
    "kl": "KL", "reverse_kl": "reverse KL", "pearson": "Pearson", "neyman": "Neyman",
    "squared_hellinger": "Hellinger²", "jensen_shannon": "JS (2·JSD)", "gan": "GAN",
    "total_variation": "TV", "jeffrey": "Jeffrey",
}  # fmt: skip
FAR = 60.0  # a curve that goes to infinity is drawn up to here, outside the picture


@functools.cache
def _curves(name):
    member = F_DIVERGENCES[name]
    star = member.conjugate(SLOPES)
    return np.minimum(member.generator(U), FAR), np.where(np.isfinite(star), star, np.nan)


def compute(*, member, slope):
    """f with its tangent of one slope, and f* with the point that this tangent gives it.

    Arguments:
        member: position in LABELS.
        slope: t.

    Returns:
        dict: f over U and star over SLOPES (NaN where it is inf), arrays; name, slope, high (the upper end of
        the domain of f*); conjugate = f*(t), touch = the u at which the line touches, both inf if none
        does; at = f(touch); ratio_one = f′(1).
    """
    name = list(LABELS)[member]
    divergence = F_DIVERGENCES[name]
    f, star = _curves(name)
    conjugate, touch = float(divergence.conjugate(slope)), float(divergence.touching_ratio(slope))
    return {
        "f": f, "star": star, "name": name, "slope": slope, "high": divergence.conjugate_domain[1],
        "conjugate": conjugate, "touch": touch,
        "at": float(divergence.generator(touch)) if np.isfinite(conjugate) and np.isfinite(touch) else np.inf,
        "f_one": float(divergence.generator(1.0)), "threshold": divergence.threshold,
    }  # fmt: skip


def scene(figure):
    """Left f and the line, right f* and the point on it."""
    left, right = figure.subplots(1, 2)
    left.axhline(0, color=plots.MUTED, linewidth=0.8)
    (f,) = left.plot([], [], color=plots.EXACT, label="f(u)")
    (line,) = left.plot([], [], color=plots.DISCRIMINATOR, label="slope t")
    (refused,) = left.plot([], [], color=plots.MUTED, linestyle="--", linewidth=1.5)
    (touch,) = left.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=7)
    (gap,) = left.plot(
        [], [], color=plots.GENERATOR, linewidth=5, alpha=0.6, solid_capstyle="butt", label="−f*(t)"
    )
    left.set(xlim=(-0.06, 4), ylim=(-3.2, 3.2), xlabel="density ratio u = p/q", ylabel="f(u)")
    plots.legend(left)
    right.axhline(0, color=plots.MUTED, linewidth=0.8)
    (star,) = right.plot([], [], color=plots.EXACT, label="f*(t)")
    (bar,) = right.plot([], [], color=plots.GENERATOR, linewidth=5, alpha=0.6, solid_capstyle="butt")
    (here,) = right.plot([], [], "o", color=plots.DISCRIMINATOR, markersize=7)
    edge = right.axvline(9, color=plots.MUTED, linestyle="--", linewidth=1.5, label="f′(∞)")
    right.set(xlim=(-4, 3), ylim=(-3.2, 3.2), xlabel="slope t", ylabel="f*(t)")
    plots.legend(right)
    return {
        "f": f, "line": line, "refused": refused, "touch": touch, "gap": gap,
        "star": star, "bar": bar, "here": here, "edge": edge,
    }  # fmt: skip


def draw(artists, result):
    """Move the line and the dots, and say where the line touches."""
    t, star, touch, high = (result[key] for key in ("slope", "conjugate", "touch", "high"))
    artists["f"].set_data(U, result["f"])
    artists["star"].set_data(SLOPES, result["star"])
    artists["edge"].set_xdata([high if np.isfinite(high) else 9.0] * 2)
    ends = np.array([0.0, 5.0])
    lead = f"{LABELS[result['name']]}, slope t = {t:.2f}. "
    if not np.isfinite(star):
        artists["refused"].set_data(ends, result["f_one"] + t * (ends - 1))
        for name in ("line", "touch", "gap", "bar", "here"):
            artists[name].set_data([], [])
        return lead + (
            f"However low it starts, a line of this slope crosses f: f*(t) = ∞. The domain ends at "
            f"f′(∞) = {high:.3f}."
        )
    artists["refused"].set_data([], [])
    artists["line"].set_data(ends, t * ends - star)
    artists["touch"].set_data([touch], [result["at"]])
    artists["gap"].set_data([0, 0], [0, -star])
    artists["bar"].set_data([t, t], [0, star])
    artists["here"].set_data([t], [star])
    where = "p = q" if abs(touch - 1) < 5e-3 else "p > q" if touch > 1 else "p < q"
    return lead + (
        f"The line touches f at u = {touch:.3f}, where {where}, and leaves the axis at {-star + 0.0:.3f}: "
        f"f*(t) = {star + 0.0:.3f}. The threshold f′(1) is {result['threshold']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("member", 0, len(LABELS) - 1, 1, 5, "divergence", options=tuple(LABELS.values())),
        Knob("slope", -4.0, 3.0, 0.05, -0.5, "slope t"),
    ]
    return Demo(compute, scene, draw, knobs, name="conjugate tangent", **look)
