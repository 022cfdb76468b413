"""The exercises of lecture 11: dynamics."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_11_eigenvalues import EIGENVALUES
from gancourse.exercises.lecture_11_rounds import ROUNDS

__all__ = ["EXERCISES"]


def _sigmoid(v):
    return 1 / (1 + np.exp(-v))


# --- E10: the field ------------------------------------------------------------------------------


def dirac_velocity(theta, psi):
    """Velocities in the Dirac-GAN: data at 0, generator at θ, logit ψx, V = log D(0) + log(1 − D(θ)).

    θ goes down V, ψ goes up V; D = σ(ψx) is the probability of *real*.

    Arguments:
        theta, psi: numbers.

    Returns:
        array (2,): the velocity of θ, then that of ψ.
    """
    d = 1 / (1 + np.exp(-psi * theta))
    return np.array([psi * d, -theta * d])


def _points(rng):
    signs = ((1, 1), (-1, 1), (1, -1), (-1, -1))
    return [{"theta": a * rng.uniform(0.4, 1.6), "psi": b * rng.uniform(0.5, 1.5)} for a, b in signs]


def _by_differences(theta, psi):
    def value(theta, psi):
        return np.log(_sigmoid(0.0)) + np.log(1 - _sigmoid(psi * theta))

    h = 1e-5
    return np.array(
        [
            -(value(theta + h, psi) - value(theta - h, psi)) / (2 * h),
            (value(theta, psi + h) - value(theta, psi - h)) / (2 * h),
        ]
    )


FIELD = Exercise(
    id="11.dirac_velocity",
    title="The field of the Dirac-GAN",
    reference=dirac_velocity,
    cases=_points,
    shape="Return an array of two numbers: θ's velocity, then ψ's.",
    checks=(Check("values", close(), "The numbers differ from −∂V/∂θ and +∂V/∂ψ. V = −log 2 − log(1 + e^(ψθ)), and its derivative in ψθ is −σ(ψθ)."),),
    hints=(
        "D(0) = ½ whatever ψ is. So V = −log 2 − softplus(ψθ), a function of the product u = ψθ.",
        "softplus′(u) = σ(u). By the chain rule ∂V/∂θ = −ψ σ(u) and ∂V/∂ψ = −θ σ(u).",
        "θ goes down: its velocity is −∂V/∂θ. ψ goes up: its velocity is +∂V/∂ψ.",
    ),
    wrong=(
        Wrong(lambda theta, psi: np.array([-psi, -theta]) * _sigmoid(psi * theta), "Both of your players climb V. The generator goes down: −∂V/∂θ.", "values"),
        Wrong(lambda theta, psi: np.array([psi, theta]) * _sigmoid(psi * theta), "Both of your players go down V. The discriminator climbs: +∂V/∂ψ.", "values"),
        Wrong(lambda theta, psi: np.array([-psi, theta]) * _sigmoid(psi * theta), "Both signs: here the discriminator goes down and the generator up.", "values"),
        Wrong(lambda theta, psi: np.array([-psi, theta]) * _sigmoid(-psi * theta), "This is Mescheder's field, whose D is large on fakes. Here D is the probability of real: put −ψ for ψ.", "values"),
        Wrong(lambda theta, psi: np.array([psi * _sigmoid(-psi * theta), -theta * _sigmoid(psi * theta)]), "Your generator has the non-saturating loss −log D(θ). In this game it goes down log(1 − D(θ)), whose slope in the logit is −D, not −(1 − D).", "values"),
        Wrong(lambda theta, psi: np.array([psi, -theta]), "The factor σ(ψθ) is missing: this is the field of WGAN, whose losses are linear in the logit.", "values"),
        Wrong(lambda theta, psi: np.array([1.0, -1.0]) * _sigmoid(psi * theta), "The inner derivative is missing: the logit ψθ has the slope ψ in θ, and θ in ψ.", "values"),
        Wrong(lambda theta, psi: np.array([-theta, psi]) * _sigmoid(psi * theta), "The order: θ's velocity comes first. It holds ψ, the slope of the logit in θ.", "values"),
        Wrong(lambda theta, psi: np.array([psi, -theta]) * _sigmoid(psi * theta) * (1 - _sigmoid(psi * theta)), "This is the slope of D, σ(1 − σ). V holds log(1 − D), whose slope in the logit is −σ.", "values"),
        Wrong(lambda theta, psi: np.array([psi, -theta]) / 2, "½ is σ(0): right at the equilibrium only. Elsewhere it is σ(ψθ).", "values"),
    ),
    accepted=(_by_differences, lambda theta, psi: [psi / (1 + np.exp(-theta * psi)), -theta / (1 + np.exp(-theta * psi))]),
    points=1.0,
)  # fmt: skip


# --- E10: consensus ------------------------------------------------------------------------------


def consensus_velocity(theta, psi, weight):
    """The velocity of consensus optimisation in the Dirac-GAN: v − weight · ∇(½‖v‖²).

    v is the game's own velocity, (ψ σ(ψθ), −θ σ(ψθ)), and ½‖v‖² half of its squared length.

    Arguments:
        theta, psi: numbers.
        weight: zero or above.

    Returns:
        array (2,): the velocity of θ, then that of ψ.
    """
    d = 1 / (1 + np.exp(-psi * theta))
    v = np.array([psi * d, -theta * d])
    # the gradient of ½ (θ² + ψ²) σ(ψθ)²
    bend = (theta**2 + psi**2) * (1 - d)
    return v - weight * d**2 * np.array([theta + bend * psi, psi + bend * theta])


def _weighted(rng):
    points = [case | {"weight": rng.uniform(0.3, 1.5)} for case in _points(rng)]
    return [*points, {"theta": 1e-3 * rng.uniform(1, 2), "psi": -1e-3 * rng.uniform(1, 2), "weight": 1.0}]


def _jacobian_at(theta, psi):
    d = _sigmoid(psi * theta)
    slope = d * (1 - d)
    return np.array(
        [[psi * psi * slope, d + psi * theta * slope], [-d - theta * psi * slope, -theta * theta * slope]]
    )


def _own(theta, psi):
    return np.array([psi, -theta]) * _sigmoid(psi * theta)


def _by_energy(theta, psi, weight):
    def energy(theta, psi):
        return np.sum(_own(theta, psi) ** 2) / 2

    h = 1e-5
    slope = [energy(theta + h, psi) - energy(theta - h, psi), energy(theta, psi + h) - energy(theta, psi - h)]
    return _own(theta, psi) - weight * np.array(slope) / (2 * h)


def _authors(theta, psi, weight):
    d = _sigmoid(psi * theta)
    bend = 0.5 * (theta**2 + psi**2) * (1 - d)
    return _own(theta, psi) - weight * d**2 * np.array([theta + bend * psi, psi + bend * theta])


CONSENSUS = Exercise(
    id="11.consensus_velocity",
    title="Consensus optimisation",
    reference=consensus_velocity,
    cases=_weighted,
    shape="Return an array of two numbers: θ's velocity, then ψ's.",
    checks=(Check("values", close(), "The numbers differ from v − weight · Jᵀv. Compare with finite differences of ½‖v‖² at a point away from 0, where σ(ψθ) changes too."),),
    hints=(
        "½‖v‖² = ½ (θ² + ψ²) σ(u)² with u = ψθ: a product of two functions of θ, and of ψ.",
        "d/dθ σ(u)² = 2 σ(u) σ′(u) ψ, and σ′ = σ (1 − σ).",
        "∇(½‖v‖²) = σ² [(θ, ψ) + (θ² + ψ²)(1 − σ)(ψ, θ)]. In general it is Jᵀv, with J the Jacobian of v.",
    ),
    wrong=(
        Wrong(lambda theta, psi, weight: consensus_velocity(theta, psi, -weight), "The sign of the regulariser: you climb ½‖v‖². Both players are to go down it, towards rest.", "values"),
        Wrong(lambda theta, psi, weight: consensus_velocity(theta, psi, 2 * weight), "Twice the regulariser: this is the gradient of ‖v‖². The ½ takes the 2 away.", "values"),
        Wrong(lambda theta, psi, weight: _own(theta, psi) - weight * _jacobian_at(theta, psi) @ _own(theta, psi), "You took J v. The gradient of ½‖v‖² is Jᵀ v: the Jacobian of a game is not symmetric.", "values"),
        Wrong(lambda theta, psi, weight: _own(theta, psi) - weight * _sigmoid(psi * theta) ** 2 * np.array([theta, psi]), "You held σ(ψθ) still. It changes with θ and with ψ, and the product rule gives a second term.", "values"),
        Wrong(_authors, "The second term has a ½ too many: d/dθ σ² = 2σσ′ψ, and this 2 takes the ½ of ½‖v‖² away. (The published code of the paper has the same slip.)", "values"),
        Wrong(lambda theta, psi, weight: _own(theta, psi) - weight / 4 * np.array([theta, psi]), "σ(ψθ) = ½ holds at the equilibrium only: this is the field's linear part.", "values"),
        Wrong(lambda theta, psi, weight: _own(theta, psi) * (1 - weight), "You subtracted weight · v. The gradient of ½‖v‖² is not v: it is Jᵀ v.", "values"),
        Wrong(lambda theta, psi, weight: -weight * _jacobian_at(theta, psi).T @ _own(theta, psi), "This is the regulariser alone. The game's own velocity v belongs to it.", "values"),
    ),
    accepted=(_by_energy, lambda theta, psi, weight: _own(theta, psi) - weight * _jacobian_at(theta, psi).T @ _own(theta, psi)),
    points=2.0,
)  # fmt: skip


EXERCISES = (FIELD, EIGENVALUES, ROUNDS, CONSENSUS)
