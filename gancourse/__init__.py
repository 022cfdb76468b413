"""gancourse: a course in generative adversarial networks that people run, and the package under it.

The exact layer (densities, game, divergences, dynamics, metrics) is NumPy and SciPy in float64 and
never imports torch; the learned layer (models, objectives, penalties, training, features) is PyTorch.
"""

from gancourse.profile import budget, has_torch, profile

__all__ = ["budget", "has_torch", "profile"]
__version__ = "0.1.0"
