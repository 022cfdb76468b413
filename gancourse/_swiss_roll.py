"""The Swiss roll in the plane: a spiral blurred by Gaussian noise, with its density by quadrature."""

import math

import numpy as np
from scipy.special import logsumexp

from gancourse._validate import array, fail, generator, integer, real

__all__ = ["SwissRoll"]

_LOW, _HIGH = 1.5 * math.pi, 4.5 * math.pi  # of the angle, in radians
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


class SwissRoll:
    r"""The law of ((t cos t, t sin t) + noise · N(0, I₂)) / scale, with t uniform on [3π/2, 9π/2].

    .. math:: p(x) = \frac{1}{3\pi} \int_{3\pi/2}^{9\pi/2} N\bigl(x;\,(t\cos t,\, t\sin t)/s,\;
        (\mathrm{noise}/s)^2 I\bigr)\, dt

    Two of the three coordinates of scikit-learn's ``make_swiss_roll``, the first and the third; with noise
    0.25 and scale 7.5 the toy data of Gulrajani et al., "Improved Training of Wasserstein GANs", 2017,
    arXiv 1704.00028.

    Attributes:
        noise, scale: as given.
        std: noise / scale, the standard deviation of the blur in the unit of x.
        dim: 2.

    Raises:
        ValueError: noise is not in [0.01, 100], or scale not in [1e-6, 1e6].
    """

    dim = 2

    def __init__(self, noise=0.25, scale=7.5):
        # with less noise the spiral is a line to a quadrature of this size
        self.noise = real("noise", noise, low=0.01, high=100.0)
        self.scale = real("scale", scale, low=1e-6, high=1e6)
        self.std = self.noise / self.scale

    def sample(self, n, rng):
        """Draw n points, with shape (n, 2); arguments and errors as in ``Mixture.sample``."""
        n, rng = integer("n", n), generator("rng", rng)
        t = rng.uniform(_LOW, _HIGH, n)
        return (_spiral(t) + self.noise * rng.standard_normal((n, 2))) / self.scale

    def logpdf(self, x):
        """The log-density in nats, to about 1e-8, by Gauss–Legendre quadrature over the angle.

        Arguments:
            x: points, with shape (*, 2); finite.

        Returns:
            An array with shape (*).

        Raises:
            ValueError: x is not finite, or its last axis is not 2.
        """
        x = array("x", x)
        if x.ndim == 0 or x.shape[-1] != 2:
            fail("x", x, "points with a last axis of length 2")
        t, log_share = self._quadrature()
        centres = _spiral(t) / self.scale
        flat = x.reshape(-1, 2)
        rows = max(1, 4_000_000 // len(t))  # of points at a time: about 100 MB
        with np.errstate(over="ignore"):  # beyond float64 the log-density is −inf
            parts = [
                logsumexp(log_share - 0.5 * _squares(flat[i : i + rows], centres, self.std), axis=1)
                for i in range(0, len(flat), rows)
            ]
        return (np.concatenate(parts) - math.log(2 * math.pi) - 2 * math.log(self.std)).reshape(x.shape[:-1])

    def pdf(self, x):
        """The density, per unit of x squared; arguments and errors as in ``logpdf``."""
        return np.exp(self.logpdf(x))

    def _quadrature(self):
        """Angles, and the logarithms of their shares: panels at most three standard deviations long."""
        panels = math.ceil((_HIGH - _LOW) * math.hypot(1, _HIGH) / (3 * self.noise)) + 3
        edges = np.linspace(_LOW, _HIGH, panels + 1)
        half = (edges[1] - edges[0]) / 2
        t = (edges[:-1, None] + half * (1 + _NODES)).ravel()
        return t, np.log(np.tile(_WEIGHTS / (2 * panels), panels))

    def __repr__(self):
        return f"SwissRoll(noise={self.noise:g}, scale={self.scale:g})"


def _spiral(t):
    return np.stack([t * np.cos(t), t * np.sin(t)], axis=-1)


def _squares(x, centres, std):
    return (((x[:, None] - centres) / std) ** 2).sum(-1)
