"""One Gaussian fitted to two modes in the plane, by KL in either direction: Bishop's figure 10.3 (D5)."""

import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from scipy.optimize import minimize

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.demos.two_directions import two_modes
from gancourse.densities import Mixture
from gancourse.divergences import moment_match, reverse_kl_fits

__all__ = ["LONG", "SHORT", "compute", "covariance", "demo", "draw", "ellipse", "plane", "scene", "search"]

LONG, SHORT = 1.0, 0.4  # standard deviations of a mode along its two axes
WIDTH, HEIGHT = 6.0, 3.0
X, Y = np.linspace(-WIDTH, WIDTH, 145), np.linspace(-HEIGHT, HEIGHT, 73)
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 91)), np.sin(np.linspace(0, 2 * np.pi, 91))])


def covariance(tilt):
    """The covariance of a mode whose long axis makes so many degrees with the first axis."""
    c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([LONG**2, SHORT**2]) @ turn.T


def plane(a, tilt, other=None):
    """The data p: equal Gaussians at (−a, 0) and (a, 0), the right one tilted by ``other`` if given."""
    both = [covariance(tilt), covariance(tilt if other is None else other)]
    return Mixture([0.5, 0.5], [[-a, 0.0], [a, 0.0]], covariances=both)


def compute(*, a, tilt):
    """The nearest Gaussians in both directions, from the fits on the line, exactly.

    KL does not change when x is replaced by Ax + b in both densities. With b² = μᵀΣ⁻¹μ an affine map takes
    p to two unit modes at ±b on the first axis, times N(0, 1) on the second; there the best q is the
    fit on the line times N(0, 1), for any dependence between the axes adds to KL(q‖p). Carried back, a fit
    N(m, s²) has the mean (m/b) μ and the covariance Σ + (s² − 1) μμᵀ/b².

    Arguments:
        a: the modes stand at (−a, 0) and (a, 0).
        tilt: of both modes, in degrees.

    Returns:
        dict: p over X and Y, shape (len(Y), len(X)); b; forward: (mean, covariance) of the least KL(p‖q);
        fits: list of (mean, covariance, KL(q‖p) in nats), best first; covered, whether the best covers both.
    """
    p = plane(a, tilt)
    mu, sigma = np.array([a, 0.0]), covariance(tilt)
    b = math.sqrt(mu @ np.linalg.solve(sigma, mu))
    along = np.outer(mu, mu) / b**2 if b else np.zeros((2, 2))
    fits = [
        (fit.mean / b * mu if b else np.zeros(2), sigma + (fit.std**2 - 1) * along, fit.value)
        for fit in reverse_kl_fits(two_modes(b))
    ]
    points = np.stack(np.meshgrid(X, Y), axis=-1)
    return {
        "p": _density(points, a, sigma), "b": b, "a": a, "forward": moment_match(p), "fits": fits,
        "covered": bool(abs(fits[0][0][0]) < a / 2 or a == 0),
    }  # fmt: skip


def _density(points, a, sigma):
    precision = np.linalg.inv(sigma)
    total = 0.0
    for at in (-a, a):
        u, w = points[..., 0] - at, points[..., 1]
        total = total + np.exp(
            -0.5 * (precision[0, 0] * u * u + 2 * precision[0, 1] * u * w + precision[1, 1] * w * w)
        )
    return total / (4 * math.pi * LONG * SHORT)


def ellipse(mean, cov, radius=2.0):
    """The curve of points ``radius`` standard deviations from the mean, shape (2, 91)."""
    return np.asarray(mean)[:, None] + radius * np.linalg.cholesky(cov) @ _CIRCLE


def search(p, mean, cov, *, reach=(16.0, 6.0), nodes=(201, 121)):
    """The same by brute force: a minimum of KL(q‖p) in five numbers, by quadrature in the plane.

    Arguments:
        p: Mixture in the plane.
        mean, cov: of the Gaussian from which the descent starts, with shapes (2,) and (2, 2).
        reach: half widths of the grid about the origin.
        nodes: of the grid along each axis.

    Returns:
        (mean, covariance, KL(q‖p) in nats).
    """
    axes = [np.linspace(-r, r, n) for r, n in zip(reach, nodes, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    area = np.prod([axis[1] - axis[0] for axis in axes])
    log_p = p.logpdf(points)

    def unpack(t):
        return t[:2], np.array([[math.exp(t[2]), 0.0], [t[3], math.exp(t[4])]])

    def value(t):
        m, root = unpack(t)
        z = np.linalg.solve(root, (points - m).T)
        log_q = -0.5 * (z * z).sum(0) - t[2] - t[4] - math.log(2 * math.pi)
        q = np.exp(log_q)
        r = q * (log_q - log_p) * area
        # ∂/∂t of ∫ q (log q − log p) is ∫ q (∂ log q) (log q − log p): the rest integrates to zero
        w = np.linalg.solve(root.T, z * r)
        slope = np.array([w[0].sum(), w[1].sum(), 0.0, 0.0, 0.0])
        slope[2] = math.exp(t[2]) * (w[0] @ z[0]) - r.sum()
        slope[3] = w[1] @ z[0]
        slope[4] = math.exp(t[4]) * (w[1] @ z[1]) - r.sum()
        return r.sum(), slope

    root = np.linalg.cholesky(cov)
    start = [*mean, math.log(root[0, 0]), root[1, 0], math.log(root[1, 1])]
    found = minimize(value, start, jac=True, method="BFGS", options={"gtol": 1e-7})
    m, root = unpack(found.x)
    return m, root @ root.T, float(found.fun)


def scene(figure):
    """Left the least KL(p‖q), right the minima of KL(q‖p), over the density of p."""
    artists = {}
    for axes, name, colour in zip(
        figure.subplots(1, 2), ("forward", "reverse"), (plots.EXACT, plots.GENERATOR), strict=True
    ):
        shade = LinearSegmentedColormap.from_list("data", ["white", plots.DATA])
        artists[f"p_{name}"] = axes.imshow(
            np.zeros((len(Y), len(X))), extent=(-WIDTH, WIDTH, -HEIGHT, HEIGHT), origin="lower", cmap=shade,
            vmin=0, vmax=0.2, interpolation="nearest", aspect="equal",
        )  # fmt: skip
        label = "least KL(p‖q)" if name == "forward" else "least KL(q‖p)"
        artists[name] = [
            axes.plot([], [], color=colour, label=label if i == 0 else None)[0]
            for i in range(2 if name == "forward" else 4)
        ]
        if name == "reverse":
            artists["others"] = [
                axes.plot([], [], color=colour, linestyle=":", linewidth=1.3,
                          label="other minima" if i == 0 else None)[0]
                for i in range(4)
            ]  # fmt: skip
        axes.set(xlim=(-WIDTH, WIDTH), ylim=(-HEIGHT, HEIGHT), xlabel="x₁", ylabel="x₂")
        axes.grid(False)
        plots.legend(axes)
    return artists


def draw(artists, result):
    """Shade p, move the ellipses (one and two standard deviations), and say the numbers."""
    for name in ("p_forward", "p_reverse"):
        artists[name].set_data(result["p"])
    best = result["fits"][0][2]
    chosen = [fit for fit in result["fits"] if fit[2] < best + 1e-6]
    rest = [fit for fit in result["fits"] if fit[2] >= best + 1e-6]
    for group, fits in (
        (artists["forward"], [result["forward"]]),
        (artists["reverse"], chosen),
        (artists["others"], rest),
    ):
        curves = [ellipse(fit[0], fit[1], radius) for fit in fits for radius in (1.0, 2.0)]
        for i, artist in enumerate(group):
            artist.set_data(*(curves[i] if i < len(curves) else ([], [])))
    cover = next((value for mean, _, value in result["fits"] if abs(mean[0]) < 1e-3), None)
    seek = next((value for mean, _, value in result["fits"] if abs(mean[0]) >= 1e-3), None)
    parts = [f"covering both {cover:.3f} nats"] if cover is not None else []
    parts += [f"on either mode {seek:.3f} nats"] if seek is not None else []
    return (
        f"In the modes' own units they stand at ±{result['b']:.2f}. Minima of KL(q‖p): {', '.join(parts)}. "
        f"The best {'covers both modes' if result['covered'] else 'has chosen one mode'}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("a", 0.0, 4.0, 0.1, 2.0, "modes at (±a, 0)"),
        Knob("tilt", 0, 90, 5, 30, "tilt of the modes, degrees"),
    ]
    look = {"size": (8.4, 2.9), **look}
    return Demo(compute, scene, draw, knobs, name="two directions plane", **look)
