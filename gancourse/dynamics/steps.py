"""The Dirac-GAN played: gradient steps of both players, at once or in turn."""

import numpy as np

from gancourse._validate import array, integer
from gancourse.dynamics._knobs import LARGEST, knobs_of, steps_of
from gancourse.dynamics.fields import velocity

__all__ = ["trajectory"]


def trajectory(method, start, step, steps, alternating=False, *, discriminator_steps=1, **knobs):
    r"""Where gradient steps lead, from ``start``.

    At once: (θ, ψ) ← (θ, ψ) + h · field(θ, ψ). In turn, as networks are trained (Algorithm 1 of the GAN
    paper): ψ takes k steps of size h with θ still, then θ takes one with the new ψ. In ``wasserstein`` each
    step of ψ ends by clipping it into [−clip, clip]; the start is left as it is.

    Arguments:
        method, knobs: as for :func:`~gancourse.dynamics.field`.
        start: (θ, ψ), at most 1e50 in size.
        step: h, from 0 to 10,000; for both players.
        steps: how many, a whole number of at least 1; one of them is a round where the players alternate.
        alternating: whether the players move in turn.
        discriminator_steps: k, from 1 to 30; above 1 only where they alternate.

    Returns:
        array (steps + 1, 2); row 0 is the start. From where θ or ψ exceeds 1e50 in size, rows are ``inf``.

    Raises:
        ValueError: an argument is out of range; as for :func:`~gancourse.dynamics.field`.

    Source: Mescheder, Geiger and Nowozin, 2018, arXiv 1801.04406, section 2 and appendix D (there θ goes
    first, which has the same eigenvalues).

    Example:
        >>> trajectory("wasserstein", (1.0, 0.0), 0.5, 2).tolist()
        [[1.0, 0.0], [1.0, -0.5], [0.75, -1.0]]
    """
    knobs = knobs_of(method, knobs)
    step, alternating, k = steps_of(step, alternating, discriminator_steps)
    theta, psi = array("start", start, shape=(2,), high=LARGEST).tolist()
    steps = integer("steps", steps, high=10_000_000)
    move, bound = velocity(method), knobs.get("clip", np.inf)
    path = np.full((steps + 1, 2), np.inf)
    path[0] = theta, psi
    for i in range(1, steps + 1):
        if alternating:
            for _ in range(k):
                psi = _clipped(psi + step * move(theta, psi, **knobs)[1], bound)
                if not abs(psi) <= LARGEST:
                    return path
            theta = theta + step * move(theta, psi, **knobs)[0]
        else:
            fall, rise = move(theta, psi, **knobs)
            theta, psi = theta + step * fall, _clipped(psi + step * rise, bound)
        if not max(abs(theta), abs(psi)) <= LARGEST:
            return path
        path[i] = theta, psi
    return path


def _clipped(psi, bound):
    return min(max(psi, -bound), bound)
