"""Ways to make a GAN train, each a wrapper, an objective, or a step for ``train(step=…)``; a file each."""

from gancourse.methods.conditional import conditional, labelled
from gancourse.methods.consensus import consensus
from gancourse.methods.feature_matching import feature_matching, last_hidden
from gancourse.methods.historical_averaging import HistoricalAveraging
from gancourse.methods.instance_noise import InstanceNoise
from gancourse.methods.label_smoothing import one_sided
from gancourse.methods.normalisation import lipschitz_bound, spectral_norm_
from gancourse.methods.packing import Packed, on_packs
from gancourse.methods.unrolled import unrolled
from gancourse.methods.veegan import VEEGAN

__all__ = [
    "HistoricalAveraging",
    "InstanceNoise",
    "Packed",
    "VEEGAN",
    "conditional",
    "consensus",
    "feature_matching",
    "labelled",
    "last_hidden",
    "lipschitz_bound",
    "on_packs",
    "one_sided",
    "spectral_norm_",
    "unrolled",
]
