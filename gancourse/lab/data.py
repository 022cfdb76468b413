"""The data of the lab: eight laws in the square, with an exact density each, one of them drawn by hand."""

import numpy as np

from gancourse import densities
from gancourse._validate import array, choice, fail

__all__ = ["DATA_SETS", "DRAWN_STD", "MOST_POINTS", "REACH", "data_set", "has_modes", "on_strokes"]

REACH = 1.8  # the lab shows [−REACH, REACH]²
DRAWN_STD = 0.06  # of the Gaussian about each drawn point
MOST_POINTS = 200  # of a drawing: each costs time wherever the density is evaluated

# name -> what it is, in words
DATA_SETS = {
    "line": "a line, blurred by 0.05",
    "two_gaussians": "two Gaussians with standard deviation 0.25",
    "ring": "a ring of eight Gaussians with standard deviation 0.1",
    "circle": "a circle, blurred by 0.06",
    "blobs": "three disjoint blobs with standard deviation 0.12",
    "grid": "a grid of 25 Gaussians with standard deviation 0.05",
    "swiss_roll": "a Swiss roll, blurred by 0.05",
    "drawn": "drawn by hand: a Gaussian with standard deviation 0.06 about each point",
}
_WITH_MODES = ("two_gaussians", "ring", "blobs", "grid")


def data_set(name, points=()):
    """A law in the plane with ``sample(n, rng)``, ``pdf(x)`` and ``logpdf(x)``, as in ``densities``.

    All are mixtures of Gaussians, but for the Swiss roll. Line and circle are many Gaussians side by side, so
    near that the density along them varies by less than 0.2 %.

    Arguments:
        name: one of ``DATA_SETS``.
        points: for "drawn" the centres, with shape (k, 2), k from 1 to 200.

    Raises:
        ValueError: another name; points missing, outside the square, or too many.

    Example:
        >>> data_set("ring").means.shape
        (8, 2)
    """
    choice("data", name, DATA_SETS)
    if name == "drawn":
        return _drawn(points)
    return _MAKERS[name]()


def has_modes(name):
    """Whether the components of this data set are modes, which can be counted.

    Raises:
        ValueError: another name.
    """
    return choice("data", name, DATA_SETS) in _WITH_MODES


def on_strokes(strokes, spacing=0.03, most=MOST_POINTS):
    """Points along the strokes of a drawing, evenly spaced, rounded to three decimals.

    Arguments:
        strokes: sequences of corners, each with shape (m, 2), as the mouse went.
        spacing: between points along a stroke, in the unit of x; more where the drawing is so long that it
            would need more than ``most`` points.
        most: points in all.

    Returns:
        a tuple of pairs of floats; empty without strokes.

    Raises:
        ValueError: corners that are no numbers, or not in pairs.
    """
    strokes = [array("strokes", stroke, shape=(None, 2), high=1e6).clip(-REACH, REACH) for stroke in strokes]
    total = sum(float(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum()) for stroke in strokes)
    # every stroke has a point at its start, so that a click counts
    room = max(1, most - len(strokes))
    spacing = max(spacing, total / room)
    found = []
    for stroke in strokes:
        along = np.concatenate([[0.0], np.linalg.norm(np.diff(stroke, axis=0), axis=1).cumsum()])
        places = np.arange(0.0, along[-1] + 1e-9, spacing)
        found.append(np.stack([np.interp(places, along, stroke[:, i]) for i in (0, 1)], axis=1))
    points = np.concatenate(found).round(3)[:most] if found else np.empty((0, 2))
    return tuple((float(x), float(y)) for x, y in points)


def _drawn(points):
    if len(points) == 0:
        fail("points", points, "a drawing of at least one point")
    centres = array("points", points, shape=(None, 2), high=REACH)
    if len(centres) > MOST_POINTS:
        fail("points", centres, f"at most {MOST_POINTS} points")
    return densities.Mixture(np.full(len(centres), 1 / len(centres)), centres, stds=DRAWN_STD)


def _line():
    along = np.linspace(-1.0, 1.0, 41)
    return densities.Mixture(np.full(41, 1 / 41), np.stack([1.2 * along, 0.6 * along], axis=1), stds=0.05)


_MAKERS = {
    "line": _line,
    "two_gaussians": lambda: densities.Mixture([0.5, 0.5], [[-0.8, -0.4], [0.8, 0.4]], stds=0.25),
    "ring": lambda: densities.ring(modes=8, radius=1.0, std=0.1),
    "circle": lambda: densities.ring(modes=64, radius=1.0, std=0.06),
    "blobs": lambda: densities.Mixture([1 / 3] * 3, [[-0.9, -0.7], [0.9, -0.5], [0.0, 0.95]], stds=0.12),
    "grid": lambda: densities.grid(side=5, spacing=0.6, std=0.05),
    "swiss_roll": lambda: densities.swiss_roll(noise=0.5, scale=10.0),
}
