"""Toy distributions with an exact density, a sampler and known modes."""

import math

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from gancourse._parallel_lines import ParallelLines
from gancourse._swiss_roll import SwissRoll
from gancourse._validate import LARGEST, array, fail, generator, integer, positive, real

__all__ = [
    "Mixture", "ParallelLines", "SwissRoll", "gaussian", "grid", "parallel_lines", "ring", "swiss_roll",
]  # fmt: skip

_LOG_2PI = math.log(2 * math.pi)


class Mixture:
    r"""A mixture of k Gaussians in d dimensions.

    .. math:: p(x) = \sum_{j=1}^k w_j \, N(x; \mu_j, \Sigma_j)

    Means of shape (k,) make a distribution on the line: points then have shape (*), without a last axis.
    Means of shape (k, d) make one in d dimensions: points have shape (*, d).

    Arguments:
        weights: shares of the components, with shape (k,); non-negative, summing to one.
        means: centres, with shape (k,) or (k, d).
        stds: standard deviations, in the unit of x: one number, or shape (k,), or, for means of shape (k, d),
            shape (k, d) with one per axis.
        covariances: instead of ``stds``, in the unit of x squared: shape (k, d, d), symmetric and positive
            definite, or shape (k,), the variances, on the line.

    Attributes:
        weights, means: as given, float64.
        covariances: shape (k, d, d), or (k,) on the line.
        std: the one standard deviation that all components and axes share; where there is none, an
            AttributeError says so.
        dim: d; 1 on the line.

    Raises:
        ValueError: weights that are negative or do not sum to one, shapes that do not fit, both or neither of
            ``stds`` and ``covariances``, a standard deviation that is not positive, a covariance that is not
            symmetric or not positive definite.

    Example:
        >>> p = Mixture([0.5, 0.5], [-1.0, 1.0], stds=1.0)
        >>> round(float(p.pdf(0.0)), 6)
        0.241971
    """

    def __init__(self, weights, means, stds=None, covariances=None):
        self.means = array("means", means, ndim=(1, 2), high=LARGEST)
        k, *d = self.means.shape
        self.weights = array("weights", weights, shape=(k,))
        if (self.weights < 0).any():
            fail("weights", weights, "no negative weight")
        if self.weights.max() > 2 or abs(self.weights.sum() - 1) > 1e-6:
            with np.errstate(over="ignore"):
                fail("weights", float(self.weights.sum()), "weights that sum to one")
        self.weights = self.weights / self.weights.sum()
        self.dim = d[0] if d else 1
        if (stds is None) == (covariances is None):
            fail("stds", stds, "either stds or covariances, one of the two")
        # one lower-triangular factor per component, or its diagonal alone
        self._factors = self._scales = self._std = None
        if covariances is None:
            self._read_stds(stds)
        else:
            self._read_covariances(covariances)

    def _read_stds(self, stds):
        s = array("stds", stds, high=LARGEST)
        if s.shape not in {(), self.weights.shape, self.means.shape}:
            fail("stds", stds, f"one number or shape {' or '.join(map(str, self._shapes()))}")
        if (s <= 0).any():
            fail("stds", stds, "positive standard deviations")
        if (s < 1 / LARGEST).any():
            fail("stds", float(s.min()), f"standard deviations of at least {1 / LARGEST:g}")
        if (s == s.flat[0]).all():
            self._std = float(s.flat[0])
        if s.ndim == 1 and self.means.ndim == 2:
            s = s[:, None]
        self._scales = np.broadcast_to(s, self.means.shape)
        variances = self._scales**2
        self.covariances = variances if self.means.ndim == 1 else variances[:, :, None] * np.eye(self.dim)

    def _shapes(self):
        return dict.fromkeys([self.weights.shape, self.means.shape])

    def _read_covariances(self, covariances):
        if self.means.ndim == 1:
            variances = array("covariances", covariances, shape=self.means.shape, high=LARGEST)
            if (variances <= 0).any():
                fail("covariances", covariances, "positive variances")
            if (variances < LARGEST**-2).any():
                fail("covariances", float(variances.min()), f"variances of at least {LARGEST**-2:g}")
            self._read_stds(np.sqrt(variances))
            self.covariances = variances
            return
        c = array("covariances", covariances, shape=(*self.means.shape, self.dim), high=LARGEST)
        for j, matrix in enumerate(c):
            if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-10 * np.abs(matrix).max()):
                fail("covariances", matrix.tolist(), f"a symmetric matrix (component {j})")
        try:
            self._factors = np.linalg.cholesky(c)
        except np.linalg.LinAlgError:
            fail("covariances", c.tolist(), "positive-definite matrices")
        self.covariances = c
        variances = np.diagonal(c, axis1=1, axis2=2)
        if (c == variances[0, 0] * np.eye(self.dim)).all():
            self._std = math.sqrt(variances[0, 0])

    @property
    def std(self):
        if self._std is None:
            raise AttributeError(
                "this mixture has no single std: its components or axes differ; see .covariances"
            )
        return self._std

    def _points(self, x):
        x = array("x", x)
        if self.means.ndim == 2 and (x.ndim == 0 or x.shape[-1] != self.dim):
            fail("x", x, f"points with a last axis of length {self.dim}")
        return x

    def logpdf(self, x):
        """The log-density, by log-sum-exp: finite where the density itself underflows to zero.

        Arguments:
            x: points, with shape (*) on the line or (*, d); finite.

        Returns:
            An array with shape (*), in nats.

        Raises:
            ValueError: x is not finite, or its last axis is not d.
        """
        x = self._points(x)
        with np.errstate(divide="ignore"):  # a weight of zero is a component that is not there
            log_weights = np.log(self.weights)
        terms = np.empty((len(self.weights), *(x.shape if self.means.ndim == 1 else x.shape[:-1])))
        for j, mean in enumerate(self.means):
            square, log_volume = self._square(x, mean, j)
            terms[j] = log_weights[j] - 0.5 * square - log_volume - 0.5 * self.dim * _LOG_2PI
        return logsumexp(terms, axis=0)

    def _square(self, x, mean, j):
        """Squared distance from component j in its own standard deviations, and the log of their product."""
        with np.errstate(over="ignore", invalid="ignore"):  # beyond float64 the log-density is −inf
            if self._factors is not None:
                factor = self._factors[j]
                z = solve_triangular(factor, (x - mean).reshape(-1, self.dim).T, lower=True)
                square = (z**2).sum(0).reshape(x.shape[:-1])
                return np.where(np.isnan(square), np.inf, square), np.log(np.diagonal(factor)).sum()
            z = (x - mean) / self._scales[j]
            return z**2 if self.means.ndim == 1 else (z**2).sum(-1), np.log(self._scales[j]).sum()

    def pdf(self, x):
        """The density, per unit of x (to the power d).

        Arguments:
            x: points, with shape (*) on the line or (*, d); finite.

        Returns:
            An array with shape (*).

        Raises:
            ValueError: as ``logpdf``.
        """
        return np.exp(self.logpdf(x))

    def sample(self, n, rng, *, labels=False):
        """Draw n independent points.

        Arguments:
            n: how many, at least 1.
            rng: a ``numpy.random.Generator``, or a whole number to seed one.
            labels: whether to return also the component of each point.

        Returns:
            Points with shape (n,) on the line or (n, d); with ``labels``, (points, components), the second
            whole numbers in 0..k−1 with shape (n,).

        Raises:
            ValueError: n is not a whole number of at least 1, or rng is neither a generator nor a seed.
        """
        n, rng = integer("n", n), generator("rng", rng)
        component = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.standard_normal((n, *self.means.shape[1:]))
        if self._factors is not None:
            noise = np.einsum("nij,nj->ni", self._factors[component], noise)
        else:
            noise = noise * self._scales[component]
        points = self.means[component] + noise
        return (points, component) if labels else points

    def __repr__(self):
        k = len(self.weights)
        return f"Mixture({k} component{'s' * (k > 1)} in {self.dim} dimension{'s' * (self.dim > 1)})"


def gaussian(mean, std):
    """One Gaussian, as a mixture of one component.

    Arguments:
        mean: a number, for the line, or a vector with shape (d,).
        std: the standard deviation of every axis, in the unit of x.

    Raises:
        ValueError: the mean is not a finite number or vector, or std is not positive.

    Example:
        >>> round(float(gaussian(0.0, 2.0).pdf(0.0)), 6)
        0.199471
    """
    mean = array("mean", mean, ndim=(0, 1), high=LARGEST)
    return Mixture([1.0], mean[None], stds=positive("std", std, squared=True))


def ring(modes=8, radius=1.0, std=0.01):
    """Equal Gaussians on a circle, in two dimensions; mode j at the angle 2πj/modes.

    The defaults are those of PacGAN: The power of two samples in generative adversarial networks,
    https://arxiv.org/abs/1712.04086.

    Arguments:
        modes: how many, at least 1.
        radius: of the circle, in the unit of x.
        std: of each mode, in the unit of x.

    Raises:
        ValueError: modes is not a whole number of at least 1; radius or std is not positive.
    """
    modes, radius = integer("modes", modes), positive("radius", radius)
    radius = real("radius", radius, high=LARGEST)
    # not linspace(0, 2π, modes): it holds both ends of the circle, which are one point
    angle = 2 * np.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Mixture(np.full(modes, 1 / modes), centres, stds=positive("std", std, squared=True))


def grid(side=5, spacing=2.0, std=0.05):
    """Equal Gaussians on a square grid about the origin, side × side of them, in two dimensions.

    The defaults put 25 modes at {−4, −2, 0, 2, 4}², those of PacGAN: The power of two samples in generative
    adversarial networks, https://arxiv.org/abs/1712.04086.

    Arguments:
        side: modes along an axis, at least 1.
        spacing: between neighbours, in the unit of x.
        std: of each mode, in the unit of x.

    Raises:
        ValueError: side is not a whole number of at least 1; spacing or std is not positive.
    """
    side, spacing = integer("side", side), positive("spacing", spacing)
    spacing = real("spacing", spacing, high=LARGEST / side)
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    centres = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    return Mixture(np.full(side**2, side**-2.0), centres, stds=positive("std", std, squared=True))


def parallel_lines(theta):
    """The line at θ of the parallel-lines example: see :class:`ParallelLines`.

    Arguments:
        theta: where the line stands on the first axis.

    Raises:
        ValueError: theta is not a finite number.

    Example:
        >>> parallel_lines(0.5).closed_form()["wasserstein"]
        0.5
    """
    return ParallelLines(theta)


def swiss_roll(noise=0.25, scale=7.5):
    """A spiral blurred by noise, in two dimensions: see :class:`SwissRoll`.

    Arguments:
        noise: standard deviation of the blur, in the unit of the spiral, whose radius runs from 4.7 to 14.1.
        scale: what spiral and noise are divided by.

    Raises:
        ValueError: noise is not in [0.01, 100], or scale not in [1e-6, 1e6].

    Example:
        >>> swiss_roll().sample(3, 0).shape
        (3, 2)
    """
    return SwissRoll(noise, scale)
