"""Distances between distributions, exact, in float64."""

from gancourse.divergences.f_divergence import F_DIVERGENCES, FDivergence, alpha_divergence
from gancourse.divergences.gaussian import GaussianFit, kl_gaussian, moment_match, reverse_kl_fits
from gancourse.divergences.information import js, kl, total_variation
from gancourse.divergences.kernel import energy_kernel, gaussian_kernel, inverse_multiquadratic_kernel, mmd2
from gancourse.divergences.transport import (
    Plan,
    monotone_plan,
    transport_plan,
    wasserstein,
    wasserstein_1d,
)

__all__ = [
    "F_DIVERGENCES", "FDivergence", "GaussianFit", "Plan", "alpha_divergence", "energy_kernel",
    "gaussian_kernel", "inverse_multiquadratic_kernel", "js", "kl", "kl_gaussian", "mmd2", "moment_match",
    "monotone_plan", "reverse_kl_fits", "total_variation", "transport_plan", "wasserstein", "wasserstein_1d",
]  # fmt: skip
