"""The main exercise of lecture 11: the Dirac-GAN with R1, played in turn."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong

__all__ = ["ROUNDS"]


def r1_rounds(theta, psi, step, weight, k, rounds):
    """The path of the Dirac-GAN with R1, played in turn, from (theta, psi).

    A round: ψ takes k steps with θ still, then θ takes one with the ψ that it finds. The velocities are
    ψ σ(ψθ) for θ and −θ σ(ψθ) − weight · ψ for ψ; a step adds `step` times the velocity at that moment.

    Arguments:
        theta, psi: numbers, where the game starts.
        step: h, the same for both players.
        weight: of R1, zero or above.
        k: steps of ψ in a round.
        rounds: how many rounds.

    Returns:
        array (rounds + 1, 2): θ and ψ at the start and after each round.
    """
    path = [(theta, psi)]
    for _ in range(rounds):
        for _ in range(k):
            psi = psi + step * (-theta / (1 + np.exp(-psi * theta)) - weight * psi)
        theta = theta + step * psi / (1 + np.exp(-psi * theta))
        path.append((theta, psi))
    return np.array(path)


def _cases(rng):
    def case(weight, k):
        return {
            "theta": rng.uniform(0.6, 1.2), "psi": -rng.uniform(0.3, 1.0), "step": rng.uniform(0.2, 0.5),
            "weight": weight, "k": k, "rounds": 6,
        }  # fmt: skip

    return [
        case(0.0, 1),
        case(rng.uniform(0.3, 0.9), 1),
        case(rng.uniform(0.3, 0.9), 1),
        case(0.0, 3),
        case(0.0, 4),
    ]


def _right(many):
    return lambda case, got, want: (case["k"] > 1) != many or np.allclose(got["value"], want["value"], atol=1e-9)  # fmt: skip


def _played(order, own=None, of_theta=None):
    """A path by single steps: order(k) lists who moves; own and of_theta replace the velocities."""
    own = own or (lambda theta, psi, weight: -theta / (1 + np.exp(-psi * theta)) - weight * psi)
    of_theta = of_theta or (lambda theta, psi, weight: psi / (1 + np.exp(-psi * theta)))

    def path(theta, psi, step, weight, k, rounds):
        rows = [(theta, psi)]
        for _ in range(rounds):
            for who in order(k):
                d_psi, d_theta = own(theta, psi, weight), of_theta(theta, psi, weight)
                psi += step * d_psi * (who in "DB")
                theta += step * d_theta * (who in "GB")
            rows.append((theta, psi))
        return np.array(rows)

    return path


def _d_first(k):
    return "D" * k + "G"


def _stale(theta, psi, step, weight, k, rounds):
    rows = [(theta, psi)]
    for _ in range(rounds):
        before = psi
        for _ in range(k):
            psi = psi + step * (-theta / (1 + np.exp(-psi * theta)) - weight * psi)
        theta = theta + step * before / (1 + np.exp(-before * theta))
        rows.append((theta, psi))
    return np.array(rows)


def _k_at_once(theta, psi, step, weight, k, rounds):
    rows = [(theta, psi)]
    for _ in range(rounds):
        psi = psi + k * step * (-theta / (1 + np.exp(-psi * theta)) - weight * psi)
        theta = theta + step * psi / (1 + np.exp(-psi * theta))
        rows.append((theta, psi))
    return np.array(rows)


def _late(theta, psi, step, weight, k, rounds):
    return r1_rounds(theta, psi, step, weight, k, rounds + 1)[1:]


def _by_dynamics(theta, psi, step, weight, k, rounds):
    state, rows = np.array([theta, psi]), [np.array([theta, psi])]
    for _ in range(rounds):
        for mask in [np.array([0.0, 1.0])] * k + [np.array([1.0, 0.0])]:
            d = 1 / (1 + np.exp(-state[0] * state[1]))
            state = state + step * mask * np.array([state[1] * d, -state[0] * d - weight * state[1]])
        rows.append(state)
    return np.stack(rows)


def _by_filling(theta, psi, step, weight, k, rounds):
    path = np.empty((rounds + 1, 2))
    path[0] = theta, psi
    for i in range(rounds):
        theta, psi = path[i]
        for _ in range(k):
            psi -= step * (theta * (1 - 1 / (1 + np.exp(psi * theta))) + weight * psi)
        path[i + 1] = theta + step * psi * (1 - 1 / (1 + np.exp(psi * theta))), psi
    return path


ROUNDS = Exercise(
    id="11.r1_rounds",
    title="The game with R1, played in turn",
    reference=r1_rounds,
    cases=_cases,
    shape="Return an array with rounds + 1 rows of two numbers; the first row is the start.",
    checks=(
        Check("path", _right(False), "With k = 1 the path differs. Row 0 is the start; in a round ψ moves first, by step · (−θ σ(ψθ) − weight · ψ), and then θ, by step · ψ σ(ψθ) with the new ψ."),
        Check("k steps", _right(True), "With k above 1 the path differs: ψ moves k times, each time with the velocity at its new place, before θ moves once."),
    ),
    hints=(
        "Two nested loops: over the rounds, and within one over the k steps of ψ. Append (θ, ψ) after each round.",
        "In the inner loop recompute σ(ψθ): ψ has moved.",
        "After the inner loop: `theta = theta + step * psi / (1 + np.exp(-psi * theta))`, with the ψ just found.",
    ),
    wrong=(
        Wrong(_played(lambda k: "B"), "Both players move at once here. In turn means that θ answers the ψ that has just moved.", "path"),
        Wrong(_stale, "θ still sees the ψ of before the round: that is the simultaneous step. It must answer the new ψ.", "path"),
        Wrong(_played(lambda k: "G" + "D" * k), "θ moves first here. In Algorithm 1 the discriminator does, and so it is asked for.", "path"),
        Wrong(_played(_d_first, own=lambda theta, psi, weight: -theta / (1 + np.exp(-psi * theta)) + weight * psi), "The sign of the regulariser: a penalty pulls ψ towards 0, so its velocity is −weight · ψ.", "path"),
        Wrong(_played(_d_first, own=lambda theta, psi, weight: -theta / (1 + np.exp(-psi * theta)) - 2 * weight * psi), "Twice the weight: here the penalty is (weight/2) ψ², whose slope is weight · ψ.", "path"),
        Wrong(_played(_d_first, own=lambda theta, psi, weight: -theta / (1 + np.exp(-psi * theta))), "The regulariser is missing from ψ's velocity.", "path"),
        Wrong(_played(_d_first, of_theta=lambda theta, psi, weight: psi / (1 + np.exp(-psi * theta)) - weight * theta), "You penalise the generator too. R1 is a penalty on the discriminator: θ's velocity has no weight.", "path"),
        Wrong(_played(_d_first, own=lambda theta, psi, weight: theta / (1 + np.exp(-psi * theta)) - weight * psi), "The minus of ψ's velocity is missing: −θ σ(ψθ). D lowers its logit at the fake.", "path"),
        Wrong(_played(_d_first, of_theta=lambda theta, psi, weight: psi * (1 - 1 / (1 + np.exp(-psi * theta)))), "This θ follows the non-saturating loss. Asked is ψ σ(ψθ).", "path"),
        Wrong(_late, "The start is missing: row 0 is (θ, ψ) before any move, and the last round is one too many.", "path"),
        Wrong(_played(lambda k: "DG"), "ψ moves only once a round, whatever k is.", "k steps"),
        Wrong(_k_at_once, "One step k times as long is not k steps: σ(ψθ) changes on the way, so recompute the velocity.", "k steps"),
        Wrong(_played(lambda k: "DG" * k), "θ moves k times as well: in a round it moves once, after all k steps of ψ.", "k steps"),
    ),
    accepted=(_played(_d_first), _by_dynamics, _by_filling),
    points=3.0,
)  # fmt: skip
