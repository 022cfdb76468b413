"""Two densities or two histograms, checked once and brought to mass one."""

from typing import NamedTuple

import numpy as np

from gancourse._validate import LARGEST, array, fail

__all__ = ["Pair", "pair"]

GRID_TOLERANCE = 1e-3
HISTOGRAM_TOLERANCE = 1e-6


class Pair(NamedTuple):
    """p and q, their logarithms (−inf where they vanish), and the weight of each point in a sum."""

    p: np.ndarray
    q: np.ndarray
    log_p: np.ndarray
    log_q: np.ndarray
    weights: np.ndarray


def pair(p, q, x=None, *, log=False):
    """Check p and q, and divide each by its mass.

    On a grid x an integral is the trapezoid sum: for smooth densities that vanish at both ends of an even
    grid it is exact to rounding, long before the grid is fine. A mass that is not one to within 1e-3 (1e-6
    for histograms) is an error; what remains is divided out, so that KL ≥ 0, JS ≤ log 2 and total variation
    ≤ 1 hold as they stand.

    Raises:
        ValueError: names the argument that is empty, not finite, negative, of another shape, not increasing
            (x), or not of mass one.
    """
    if x is None:
        weights, ndim = np.float64(1.0), None
    else:
        x = array("x", x, ndim=1, minimum_size=2, high=LARGEST)
        steps = np.diff(x)
        if (steps <= 0).any():
            at = int(np.argmax(steps <= 0))
            fail("x", x[at : at + 2].tolist(), f"an increasing grid (entries {at} and {at + 1} are not)")
        weights, ndim = np.zeros_like(x), 1
        weights[:-1] += steps / 2
        weights[1:] += steps / 2
    p, log_p = _density("p", p, weights, ndim, log)
    q, log_q = _density("q", q, weights, ndim, log)
    if q.shape != p.shape:
        fail("q", q, f"the shape of p, {p.shape}")
    return Pair(p, q, log_p, log_q, np.broadcast_to(weights, p.shape))


def _density(name, value, weights, ndim, log):
    density = array(name, value, ndim=ndim, finite=False)
    if weights.ndim and density.shape != weights.shape:
        fail(name, density, f"the shape of x, {weights.shape}")
    if density.ndim == 0:
        fail(name, value, "a histogram with at least one dimension")
    if log:
        if np.isnan(density).any() or (density == np.inf).any():
            fail(name, density, "log-densities: finite or -inf, no NaN")
        log_density = density
        with np.errstate(over="ignore"):  # a mass that overflows is reported below
            density = np.exp(log_density)
    else:
        if not np.isfinite(density).all():
            fail(name, density, "finite values only (no NaN, no infinity)")
        if (density < 0).any():
            fail(name, float(density.min()), "no negative mass")
        with np.errstate(divide="ignore"):
            log_density = np.log(density)
    with np.errstate(over="ignore"):
        mass = float(np.sum(weights * density))
    if weights.ndim:
        tolerance = GRID_TOLERANCE
        expected = (
            f"a density whose integral over x is 1 to within {tolerance:g} "
            "(widen or refine the grid, or divide by the integral)"
        )
    else:
        tolerance, expected = (
            HISTOGRAM_TOLERANCE,
            "a histogram that sums to one (for a density, pass its grid as x)",
        )
    if not abs(mass - 1) <= tolerance:
        fail(name, mass, expected)
    return density / mass, log_density - np.log(mass)
