"""Distances between distributions, exact, in float64."""

from gancourse.divergences.gaussian import GaussianFit, kl_gaussian, moment_match, reverse_kl_fits
from gancourse.divergences.information import js, kl, total_variation
from gancourse.divergences.kernel import energy_kernel, gaussian_kernel, inverse_multiquadratic_kernel, mmd2
from gancourse.divergences.transport import wasserstein_1d

__all__ = [
    "GaussianFit", "energy_kernel", "gaussian_kernel", "inverse_multiquadratic_kernel", "js", "kl",
    "kl_gaussian", "mmd2", "moment_match", "reverse_kl_fits", "total_variation", "wasserstein_1d",
]  # fmt: skip
