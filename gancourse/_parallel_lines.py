"""Two parallel lines in the plane: distributions without a density, whose distances are known."""

import math

import numpy as np

from gancourse._validate import generator, integer, non_negative, real

__all__ = ["ParallelLines"]


class ParallelLines:
    """The law of (θ, Z), Z uniform on [0, 1]: a vertical segment in the plane, which has no density there.

    Source: Wasserstein GAN, example 1, https://arxiv.org/abs/1701.07875.
    """

    def __init__(self, theta):
        self.theta = real("theta", theta)

    def sample(self, n, rng):
        """Draw n points (θ, Z), with shape (n, 2); arguments and errors as in ``Mixture.sample``."""
        n, rng = integer("n", n), generator("rng", rng)
        return np.stack([np.full(n, self.theta), rng.random(n)], axis=1)

    def closed_form(self, noise=0.0):
        """Distances between the line at 0 and the line at θ, both blurred by N(0, noise²) on each axis.

        Without noise the supports are disjoint unless θ = 0: KL = ∞, JS = log 2, total variation = 1. With
        noise s the second axis cancels and N(0, s²) stands against N(θ, s²): KL = θ²/2s²,
        total variation = erf(|θ|/(2√2 s)), JS by quadrature, to 1e-10. The Wasserstein-1 distance is |θ|
        always.

        Arguments:
            noise: standard deviation of the blur, in the unit of θ; zero for none.

        Returns:
            A dict of floats, ``kl`` and ``js`` in nats, ``total_variation`` (with ½, in [0, 1]) and
            ``wasserstein`` in the unit of θ.

        Raises:
            ValueError: noise is negative or not finite.
        """
        noise, gap = non_negative("noise", noise), abs(self.theta)
        if gap == 0:
            return {"kl": 0.0, "js": 0.0, "total_variation": 0.0, "wasserstein": 0.0}
        shift = gap / noise if noise else math.inf
        return {
            "kl": shift * shift / 2,
            "js": _js_of_unit_gaussians(shift),
            "total_variation": math.erf(shift / (2 * math.sqrt(2))),
            "wasserstein": gap,
        }

    def slopes(self, noise=0.0):
        r"""Derivatives in θ of the four distances of ``closed_form``, at this θ and this noise s.

        .. math:: KL' = \theta/s^2, \quad TV' = \operatorname{sign}(\theta)\,\varphi(\theta/2s)/s, \quad
            JS' = \frac{\theta}{2 s^2}\,E_q D^* = \frac{\theta}{4 s^2}\, e^{-\theta^2/8s^2}\,
            E_{u\sim N(0,1)} \operatorname{sech}(\theta u/2s), \quad W_1' = \operatorname{sign}(\theta)

        with φ the density of N(0, 1), and D* = p/(p + q), p = N(0, s²), q = N(θ, s²). JS by quadrature, to
        1e-10.

        Arguments:
            noise: as for ``closed_form``.

        Returns:
            A dict of floats under the names of ``closed_form``, per unit of θ; ``nan`` where there is no
            derivative: at a jump (θ = 0 without noise), at a corner (``total_variation`` and ``wasserstein``
            at θ = 0), and where the value itself is infinite (``kl`` without noise).

        Raises:
            ValueError: noise is negative or not finite.

        Example:
            >>> ParallelLines(0.5).slopes(noise=1.0)["kl"]
            0.5
        """
        noise, theta = non_negative("noise", noise), self.theta
        sign = math.copysign(1.0, theta) if theta else math.nan
        if not noise:
            flat = 0.0 if theta else math.nan
            return {"kl": math.nan, "js": flat, "total_variation": flat, "wasserstein": sign}
        shift = abs(theta) / noise
        return {
            "kl": theta / noise / noise,
            "js": math.copysign(_js_slope_of_unit_gaussians(shift) / noise, theta),
            "total_variation": sign * math.exp(-(shift**2) / 8) / math.sqrt(2 * math.pi) / noise,
            "wasserstein": sign,
        }

    def __repr__(self):
        return f"ParallelLines(theta={self.theta:g})"


def _js_of_unit_gaussians(shift):
    # With both means at ±shift/2 the log-ratio is shift·x, and JS = E[log 2 − entropy of the posterior].
    if shift < 1e-3:
        return shift**2 / 8 - shift**4 / 64  # the series; the integrand cancels here
    if shift > 40:
        return math.log(2)  # the overlap is below 1e-80
    x = shift / 2 + np.linspace(-12, 12, 2401)
    s = shift * x / 2
    surprise = s * np.tanh(s) - (np.logaddexp(s, -s) - math.log(2))
    density = np.exp(-0.5 * (x - shift / 2) ** 2) / math.sqrt(2 * math.pi)
    return float(np.sum(density * surprise) * (x[1] - x[0]))


def _js_slope_of_unit_gaussians(shift):
    # pq/(p + q) is the middle Gaussian over 2 cosh: nothing cancels, however far apart the means are
    if shift > 40:
        return 0.0  # below 1e-86
    u = np.linspace(-12, 12, 2401)
    density = np.exp(-0.5 * u**2) / math.sqrt(2 * math.pi)
    mean = float(np.sum(density / np.cosh(shift * u / 2)) * (u[1] - u[0]))
    return shift / 4 * math.exp(-(shift**2) / 8) * mean
