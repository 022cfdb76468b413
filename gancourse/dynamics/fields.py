r"""The Dirac-GAN's velocities, method by method, and their Jacobians at the equilibrium.

The data are δ₀, the generator is δ_θ, the logit is v(x) = ψx, and D = σ(v) is the probability of *real*. The
value of the game is V = log D(0) + log(1 − D(θ)) = −log 2 − softplus(ψθ).

Source: Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?", 2018, arXiv
1801.04406. There the discriminator is large on *fakes*: ours is theirs with ψ → −ψ, with equal eigenvalues.
"""

import numpy as np
from scipy.special import expit

from gancourse._validate import array, fail
from gancourse.dynamics._knobs import LARGEST, METHODS, knobs_of
from gancourse.dynamics._noise import sigmoid_means

__all__ = ["METHODS", "field", "jacobian", "velocity"]


def field(method, theta, psi, **knobs):
    """How fast the players move: minus the gradient of each player's loss in its own parameter.

    With u = ψθ, σ the logistic function, w the weight and s the standard deviation:

    ================  ======================================  ==============================================
    method            θ's velocity                            ψ's velocity
    ================  ======================================  ==============================================
    gan               ψ σ(u)                                  −θ σ(u)
    non_saturating    ψ σ(−u)                                 −θ σ(u)
    wasserstein       ψ                                       −θ
    wgan_gp           ψ                                       −θ − w (ψ − target sign ψ)
    instance_noise    ψ E σ(ψx̃)                               E x σ(−ψx) − E x̃ σ(ψx̃)
    r1, r2            ψ σ(u)                                  −θ σ(u) − wψ
    consensus         the velocity v of gan, minus w times the gradient of ½‖v‖²
    ================  ======================================  ==============================================

    In instance_noise x is from N(0, s²) and x̃ from N(θ, s²). By Stein's lemma ψ's velocity there is
    −θ E σ(ψx̃) − s²ψ [E σ′(ψx) + E σ′(ψx̃)]: a weight on ψ, as in r1. r1 and r2 are the same here, since the
    gradient of ψx in x is ψ everywhere; the penalty is (w/2) ψ². The gradient of ½‖v‖² = ½(θ² + ψ²) σ(u)² is
    σ² [(θ, ψ) + (θ² + ψ²)(1 − σ)(ψ, θ)]. In wgan_gp sign 0 is 0. ``clip`` acts after a step of ψ, in
    :func:`~gancourse.dynamics.trajectory`, and leaves the velocity alone.

    Arguments:
        method: a name of ``METHODS``.
        theta, psi: numbers or arrays that broadcast to one shape (*), at most 1e50 in size.
        knobs: those of the method, ``METHODS[method]``: weight, target and std zero or above, clip positive.

    Returns:
        two arrays with shape (*), per unit of time.

    Raises:
        ValueError: an unknown method, a knob that it has not or that is out of range, θ or ψ not finite.

    Example:
        >>> [float(v) for v in field("gan", 1.0, 0.0)]
        [0.0, -0.5]
    """
    knobs = knobs_of(method, knobs)
    theta, psi = array("theta", theta, high=LARGEST), array("psi", psi, high=LARGEST)
    try:
        theta, psi = np.broadcast_arrays(theta, psi)
    except ValueError:
        fail("psi", psi, f"a shape that broadcasts with that of theta, {theta.shape}")
    return velocity(method)(theta, psi, **knobs)


def jacobian(method, **knobs):
    r"""The derivative of :func:`field` in (θ, ψ) at the equilibrium (0, 0).

    ================================  ===================
    method                            J
    ================================  ===================
    gan, non_saturating               [[0, ½], [−½, 0]]
    wasserstein                       [[0, 1], [−1, 0]]
    instance_noise                    [[0, ½], [−½, −s²/2]]
    r1, r2                            [[0, ½], [−½, −w]]
    consensus                         [[−w/4, ½], [−½, −w/4]]
    ================================  ===================

    Arguments:
        method, knobs: as for :func:`field`.

    Returns:
        array (2, 2); row 0 belongs to θ's velocity, column 0 to θ.

    Raises:
        ValueError: as :func:`field`; and for wgan_gp, whose penalty has a corner at ψ = 0: ψ's velocity jumps
            there by 2·weight·target, and has no derivative. With weight or target 0 there is no corner.

    Example:
        >>> jacobian("r1", weight=0.3).tolist()
        [[0.0, 0.5], [-0.5, -0.3]]
    """
    knobs = knobs_of(method, knobs)
    pull, damped_theta, damped_psi = 0.5, 0.0, 0.0
    if method == "wasserstein":
        pull = 1.0
    elif method == "wgan_gp":
        if knobs["weight"] * knobs["target"] > 0:
            corner = "its penalty has a corner at ψ = 0, where ψ's velocity jumps by 2·weight·target"
            fail("method", method, f"a method whose field has a derivative at (0, 0) ({corner})")
        pull, damped_psi = 1.0, knobs["weight"]
    elif method == "instance_noise":
        damped_psi = knobs["std"] ** 2 / 2
    elif method in ("r1", "r2"):
        damped_psi = knobs["weight"]
    elif method == "consensus":
        damped_theta = damped_psi = knobs["weight"] / 4
    return np.array([[0.0 - damped_theta, pull], [-pull, 0.0 - damped_psi]])


def velocity(method):
    """The method's velocity, without checks: (theta, psi, **knobs) -> pair. Floats are quickest."""
    return _VELOCITIES[method]


def _gan(theta, psi):
    d = expit(psi * theta)
    return psi * d, -theta * d


def _non_saturating(theta, psi):
    u = psi * theta
    return psi * expit(-u), -theta * expit(u)


def _wasserstein(theta, psi, clip):
    return +psi, -theta


def _wgan_gp(theta, psi, weight, target):
    return +psi, -theta - weight * (psi - target * np.sign(psi))


def _instance_noise(theta, psi, std):
    spread, u = abs(psi) * std, psi * theta
    means, slopes = sigmoid_means(np.array([spread, spread]), np.array([u, 0 * u]))
    return psi * means[0], -theta * means[0] - std**2 * psi * (slopes[0] + slopes[1])


def _gradient_penalty(theta, psi, weight):
    d = expit(psi * theta)
    return psi * d, -theta * d - weight * psi


def _consensus(theta, psi, weight):
    u = psi * theta
    d, squared = expit(u), theta * theta + psi * psi
    bend = squared * expit(-u)
    return (
        psi * d - weight * d * d * (theta + bend * psi),
        -theta * d - weight * d * d * (psi + bend * theta),
    )


_VELOCITIES = {
    "gan": _gan,
    "non_saturating": _non_saturating,
    "wasserstein": _wasserstein,
    "wgan_gp": _wgan_gp,
    "instance_noise": _instance_noise,
    "r1": _gradient_penalty,
    "r2": _gradient_penalty,
    "consensus": _consensus,
}
