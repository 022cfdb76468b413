"""The Dirac-GAN, a game of two numbers: velocities, Jacobians, eigenvalues, steps and trajectories."""

from gancourse.dynamics.fields import METHODS, field, jacobian
from gancourse.dynamics.stability import eigenvalues, largest_stable_step, predicted_rate, update_matrix
from gancourse.dynamics.steps import trajectory

__all__ = [
    "METHODS", "eigenvalues", "field", "jacobian", "largest_stable_step", "predicted_rate", "trajectory",
    "update_matrix",
]  # fmt: skip
