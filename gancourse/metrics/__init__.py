"""How to judge a generator: pure functions of arrays, in float64."""

from gancourse.metrics.frechet import frechet_distance, frechet_distance_gaussian
from gancourse.metrics.frechet_bias import (
    Extrapolation,
    frechet_distance_bias,
    frechet_distance_extrapolated,
)
from gancourse.metrics.inception import inception_score
from gancourse.metrics.kernel import kernel_distance, kernel_distance_all_pairs
from gancourse.metrics.likelihood import parzen_log_likelihood
from gancourse.metrics.manifold import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    expected_coverage,
    precision_recall,
)
from gancourse.metrics.modes import Coverage, mode_coverage, perfect_coverage
from gancourse.metrics.neighbours import Memorisation, Neighbours, memorisation, nearest_neighbours
from gancourse.metrics.resampling import HalfSampling, half_sampling
from gancourse.metrics.stacked import StackedModes, perfect_stacked_modes, stacked_modes

__all__ = [
    "Coverage",
    "DensityCoverage",
    "Extrapolation",
    "HalfSampling",
    "Memorisation",
    "Neighbours",
    "PrecisionRecall",
    "StackedModes",
    "density_coverage",
    "expected_coverage",
    "frechet_distance",
    "frechet_distance_bias",
    "frechet_distance_extrapolated",
    "frechet_distance_gaussian",
    "half_sampling",
    "inception_score",
    "kernel_distance",
    "kernel_distance_all_pairs",
    "memorisation",
    "mode_coverage",
    "nearest_neighbours",
    "parzen_log_likelihood",
    "perfect_coverage",
    "perfect_stacked_modes",
    "precision_recall",
    "stacked_modes",
]
