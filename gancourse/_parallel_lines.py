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
