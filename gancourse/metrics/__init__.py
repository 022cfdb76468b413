"""How to judge a generator: pure functions of arrays, in float64."""

from gancourse.metrics.frechet import frechet_distance, frechet_distance_gaussian
from gancourse.metrics.inception import inception_score
from gancourse.metrics.modes import Coverage, mode_coverage, perfect_coverage

__all__ = [
    "Coverage",
    "frechet_distance",
    "frechet_distance_gaussian",
    "inception_score",
    "mode_coverage",
    "perfect_coverage",
]
