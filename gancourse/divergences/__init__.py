"""Distances between distributions, exact, in float64."""

from gancourse.divergences.information import js, kl, total_variation
from gancourse.divergences.transport import wasserstein_1d

__all__ = ["js", "kl", "total_variation", "wasserstein_1d"]
