r"""A whole GAN on the line with gradients by hand: data N(0, 1), a generator N(m, 1), and an affine logit.

The best logit, log p − log q = m²/2 − m·x, is affine in x: so D(x) = σ(a + b·x) loses nothing, and what is
missing to D* is training alone. All means are sums over a grid, without samples: nothing here is noise.
"""

import numpy as np
from scipy.special import expit

from gancourse._validate import choice, integer, positive, real
from gancourse.game import GENERATOR_LOSSES, generator_slope, value

__all__ = ["GRID", "ascend", "best", "density", "generator_gradient", "play", "value_of"]

GRID = np.linspace(-20.0, 20.0, 401)  # a step of a tenth of the standard deviation: sums are exact to 1e-15
_STEP = GRID[1] - GRID[0]


def density(mean):
    """N(mean, 1) on GRID."""
    return np.exp(-((GRID - mean) ** 2) / 2) / np.sqrt(2 * np.pi)


_DATA = density(0.0)


def best(mean):
    """The a and b of D*: m²/2 and −m."""
    return mean**2 / 2, -mean


def value_of(a, b, mean):
    """V of D = σ(a + b·x) against N(mean, 1), in nats."""
    return value(a + b * GRID, _DATA, density(mean), GRID, logit=True)


def ascend(a, b, mean, steps, rate=0.1):
    """``steps`` gradient steps of D up V, from (a, b), against N(mean, 1): the new (a, b).

    The gradient of V in the logit is p(1 − D) − qD, point by point; a sees its sum, b its sum times x.
    """
    q = density(mean)
    for _ in range(steps):
        d = expit(a + b * GRID)
        pull = (_DATA * (1 - d) - q * d) * _STEP
        a, b = a + rate * pull.sum(), b + rate * pull @ GRID
    return a, b


def generator_gradient(a, b, mean, kind):
    """d/dm of the generator's loss with D = σ(a + b·x) held fixed: the mean over q of slope(v)·∇v, ∇v = b."""
    return float(np.sum(density(mean) * generator_slope(a + b * GRID, kind)) * _STEP * b)


def play(inner, kind, *, start=8.0, steps=300, rate=0.1, generator_rate=0.5):
    """The game from D = ½ and a far generator: D takes ``inner`` steps, then G takes one, and so on.

    Arguments:
        inner: steps of D for each step of G; None solves for D* each time.
        kind: the generator's loss, as in ``gancourse.game``.
        start: the generator's mean at first; the data's is 0.
        steps: of the generator.
        rate, generator_rate: step sizes.

    Returns:
        means, an array (steps + 1,), and shortfall, an array (steps,): V(D*) − V(D) at each step, in nats.

    Raises:
        ValueError: inner is neither None nor a whole number of at least 1; an unknown kind; a bad number.
    """
    kind = choice("kind", kind, GENERATOR_LOSSES)
    inner = inner if inner is None else integer("inner", inner)
    mean, steps = real("start", start, low=-12.0, high=12.0), integer("steps", steps)
    rate, generator_rate = positive("rate", rate), positive("generator_rate", generator_rate)
    a = b = 0.0
    means, shortfall = [mean], []
    for _ in range(steps):
        a, b = best(mean) if inner is None else ascend(a, b, mean, inner, rate)
        shortfall.append(value_of(*best(mean), mean) - value_of(a, b, mean))
        mean -= generator_rate * generator_gradient(a, b, mean, kind)
        means.append(mean)
    return np.array(means), np.array(shortfall)
