"""What eigenvalues foretell: the map of one step at the equilibrium, its eigenvalues, and its best step."""

import numpy as np
from scipy.optimize import brentq

from gancourse.dynamics._knobs import steps_of
from gancourse.dynamics.fields import jacobian

__all__ = ["eigenvalues", "largest_stable_step", "predicted_rate", "update_matrix"]


def update_matrix(method, step, alternating=False, *, discriminator_steps=1, **knobs):
    r"""The matrix of one step at the equilibrium: near (0, 0), :func:`trajectory` multiplies by it.

    At once it is M = I + hJ. In turn it is M = G Dᵏ, where D = I + h·(row 1 of J) moves ψ alone, and
    G = I + h·(row 0 of J) moves θ alone. For gan that is

    .. math:: M = \begin{pmatrix} 1 - kh^2/4 & h/2 \\ -kh/2 & 1 \end{pmatrix}, \qquad \det M = 1 .

    Arguments:
        method, knobs: as for :func:`~gancourse.dynamics.jacobian`.
        step, alternating, discriminator_steps: h, the order, and k, as for
            :func:`~gancourse.dynamics.trajectory`.

    Returns:
        array (2, 2).

    Raises:
        ValueError: as for :func:`~gancourse.dynamics.jacobian`, or an argument out of range.

    Example:
        >>> update_matrix("gan", 1.0, alternating=True).tolist()
        [[0.75, 0.5], [-0.5, 1.0]]
    """
    step, alternating, k = steps_of(step, alternating, discriminator_steps)
    j = step * jacobian(method, **knobs)
    if not alternating:
        return np.eye(2) + j
    of_psi, of_theta = np.eye(2), np.eye(2)
    of_psi[1] += j[1]
    of_theta[0] += j[0]
    return of_theta @ np.linalg.matrix_power(of_psi, k)


def eigenvalues(method, step=None, alternating=False, *, discriminator_steps=1, **knobs):
    r"""Eigenvalues of the Jacobian, or of the matrix of one step: (tr ± √(tr² − 4 det))/2.

    Without ``step`` time is continuous, and the equilibrium attracts where all real parts are negative. With
    it, it attracts where all moduli are below 1. For steps at once each is 1 + hλ with λ of the Jacobian:

    ====================  ==========================================
    gan, non_saturating   λ = ±i/2
    wasserstein           λ = ±i
    instance_noise        λ = −s²/4 ± √(s⁴/16 − ¼)
    r1, r2                λ = −w/2 ± √(w²/4 − ¼), a double one at w = 1
    consensus             λ = −w/4 ± i/2
    ====================  ==========================================

    Arguments:
        method, alternating, discriminator_steps, knobs: as for :func:`update_matrix`.
        step: h, or None for continuous time.

    Returns:
        complex array (2,): the one with the larger imaginary part first; of real ones the larger.

    Raises:
        ValueError: as for :func:`update_matrix`.

    Example:
        >>> eigenvalues("gan").tolist()
        [0.5j, -0.5j]
    """
    if step is None:
        steps_of(0.0, alternating, discriminator_steps)
        matrix = jacobian(method, **knobs)
    else:
        matrix = update_matrix(method, step, alternating, discriminator_steps=discriminator_steps, **knobs)
    return _eigenvalues(matrix)


def predicted_rate(method, step, alternating=False, *, discriminator_steps=1, **knobs):
    """The factor by which a step multiplies the distance from the equilibrium, near it and in the long run.

    It is the spectral radius of :func:`update_matrix`: below 1 the steps converge, above 1 they leave.

    Arguments:
        as for :func:`update_matrix`.

    Returns:
        float.

    Raises:
        ValueError: as for :func:`update_matrix`.

    Example:
        >>> round(predicted_rate("gan", 1.0) ** 2, 12)
        1.25
    """
    matrix = update_matrix(method, step, alternating, discriminator_steps=discriminator_steps, **knobs)
    return float(np.abs(_eigenvalues(matrix)).max())


def largest_stable_step(method, alternating=False, *, discriminator_steps=1, **knobs):
    r"""The step size below which no step multiplies distances from the equilibrium by more than 1.

    At once |1 + hλ| ≤ 1 holds up to h = −2 Re λ/|λ|², the least over both λ: 0 where the real part is 0. In
    turn it is found by bisection, to about 1e-10. For gan it is then 4/√k, below which the moduli are exactly
    1: an orbit, and no convergence. For r1 with k = 1 it is 4(√(w² + 1) − w).

    Arguments:
        as for :func:`update_matrix`.

    Returns:
        float.

    Raises:
        ValueError: as for :func:`update_matrix`.

    Example:
        >>> round(largest_stable_step("r1", weight=0.3), 12)
        1.2
    """
    _, _, k = steps_of(0.0, alternating, discriminator_steps)
    j = jacobian(method, **knobs)
    if not alternating:
        values = _eigenvalues(j)
        return float(min(max(-2 * value.real, 0.0) / abs(value) ** 2 for value in values))

    def slack(h):
        # Jury's conditions, 1 + det ≥ |tr| and det ≤ 1: the spectral radius itself is level along an orbit,
        # and has no root where it ends
        trace, det = trace_and_determinant(j, h, k)
        return np.minimum(1 + det - abs(trace), 1 - det + 1e-12)

    # no orbit reaches 4/pull, and ψ alone may not overshoot twofold
    grid = np.linspace(0.0, min(4 / j[0, 1], 2.2 / max(-j[1, 1], 1e-9)), 2001)[1:]
    first = int(np.argmax(slack(grid) < 0))
    return float(brentq(slack, grid[first - 1], grid[first], xtol=1e-12))


def trace_and_determinant(j, h, k):
    """Of a round in turn, for many step sizes at once.

    Arguments:
        j: the Jacobian, (2, 2).
        h: step sizes, an array (*).
        k: steps of ψ in a round.

    Returns:
        two arrays (*). The eigenvalues are tr/2 ± √(tr²/4 − det).
    """
    (a, b), (c, d) = j
    grown = 1 + h * d  # of ψ, in one step of its own
    total = sum(grown**i for i in range(k))
    return 1 + h * a + h**2 * b * c * total + grown**k, (1 + h * a) * grown**k


def _eigenvalues(matrix):
    (a, b), (c, d) = matrix / (size := np.abs(matrix).max())
    root = np.emath.sqrt(((a - d) / 2) ** 2 + b * c)
    return size * ((a + d) / 2 + np.array([root, -root], dtype=complex))
