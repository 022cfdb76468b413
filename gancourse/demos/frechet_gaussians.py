"""The Fréchet distance of two Gaussians in the plane: gap, shapes, and the angle between them (G3)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.metrics import frechet_distance_gaussian

__all__ = ["ANGLES", "compute", "covariance", "demo", "draw", "scene"]

ANGLES = np.linspace(0, 180, 73)
_TURN = np.linspace(0, 2 * np.pi, 121)
_CIRCLE = 2 * np.stack([np.cos(_TURN), np.sin(_TURN)])


def covariance(stretch, angle):
    """A covariance with standard deviations stretch and 1/stretch along axes turned by angle, in degrees."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([stretch**2, stretch**-2]) @ turn.T


def compute(*, gap, stretch, angle):
    """The distance of N(0, Σ) from N((gap, 0), Σ turned by angle), in its two parts.

    Arguments:
        gap: of the means.
        stretch: standard deviations of both are stretch and 1/stretch along their own axes.
        angle: between those axes, in degrees.

    Returns:
        dict: a, b, the covariances; means, shapes and total, the two parts and their sum; variances, what the
        second part is if one keeps only the diagonals; curve, the total at all ANGLES.
    """
    a, b = covariance(stretch, 0.0), covariance(stretch, angle)
    shapes = frechet_distance_gaussian([0, 0], a, [0, 0], b)
    # of turned copies in closed form: Tr (AB)^½ = (Tr AB + 2 (det A det B)^½)^½, with det A = 1
    traces = np.array([np.sum(a * covariance(stretch, t)) for t in ANGLES])
    return {
        "a": a, "b": b, "means": gap**2, "shapes": shapes, "total": gap**2 + shapes, "gap": gap,
        "angle": angle,
        "variances": float(((np.sqrt(np.diag(a)) - np.sqrt(np.diag(b))) ** 2).sum()),
        "curve": gap**2 + 2 * np.trace(a) - 2 * np.sqrt(traces + 2),
    }  # fmt: skip


def _ellipse(mean, cov):
    values, vectors = np.linalg.eigh(cov)
    return mean[:, None] + (vectors * np.sqrt(values)) @ _CIRCLE


def scene(figure):
    """Left both ellipses at two standard deviations, right the distance against the angle."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
    artists = {}
    (artists["a"],) = left.plot([], [], color=plots.DATA, label="data")
    (artists["b"],) = left.plot([], [], color=plots.GENERATOR, linestyle="--", label="generator")
    left.set(xlim=(-6.5, 9.5), ylim=(-6.5, 6.5), aspect="equal", xlabel="x₁", ylabel="x₂")
    (artists["curve"],) = right.plot(ANGLES, 0 * ANGLES, color=plots.EXACT, label="Fréchet distance")
    (artists["here"],) = right.plot([], [], "o", color=plots.EXACT, markersize=8)
    artists["means"] = right.axhline(0, color=plots.MUTED, linestyle=":", label="means alone")
    right.set(
        xlim=(0, 180), ylim=(0, 19), xlabel="angle between the axes, degrees", ylabel="squared distance"
    )
    right.set_xticks([0, 45, 90, 135, 180])
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move ellipses, curve and dot, and say the parts."""
    artists["a"].set_data(*_ellipse(np.zeros(2), result["a"]))
    artists["b"].set_data(*_ellipse(np.array([result["gap"], 0.0]), result["b"]))
    artists["curve"].set_ydata(result["curve"])
    artists["here"].set_data([result["angle"]], [result["total"]])
    artists["means"].set_ydata([result["means"]] * 2)
    commute = np.allclose(result["a"] @ result["b"], result["b"] @ result["a"], atol=1e-9)
    return (
        f"Means {result['means']:.3f} + shapes {result['shapes']:.3f} = {result['total']:.3f}. The "
        f"covariances {'commute' if commute else 'do not commute'}; from the variances alone the shapes' "
        f"part would be {result['variances']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("gap", 0.0, 3.0, 0.25, 1.0, "gap of the means"),
        Knob("stretch", 1.0, 2.5, 0.25, 2.0, "stretch of both"),
        Knob("angle", 0, 180, 5, 45, "angle between them, degrees"),
    ]
    return Demo(
        compute, scene, draw, knobs, name="frechet gaussians", **{"size": (8.8, 3.6), "dpi": 69, **look}
    )
