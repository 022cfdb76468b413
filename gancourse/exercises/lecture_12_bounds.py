"""Two exercises of lecture 12 on Lipschitz bounds: what clipping allows, and power iteration."""

import math

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["CLIPPING_BOUND", "POWER_ITERATION"]


# --- what clipping allows ---------------------------------------------------------------------------


def clipping_bound(sizes, bound):
    """The largest Lipschitz constant that a ReLU network can have when its weights lie in [−bound, bound].

    Arguments:
        sizes: array of whole numbers, units in each layer from the input on: 2, 512, 512, 512, 1 for a critic
            in the plane with three hidden layers. The last is 1.
        bound: the clipping constant c.

    Returns:
        float: the product of the largest norms that the weight matrices can have.
    """
    return math.prod(bound * math.sqrt(m * n) for m, n in zip(sizes[:-1], sizes[1:], strict=True))


def _bound_cases(rng):
    return [
        {"sizes": np.array([2.0, 512.0, 512.0, 512.0, 1.0]), "bound": 0.01},
        {"sizes": np.array([3.0, *rng.integers(4, 60, 2), 1.0]), "bound": float(rng.uniform(0.02, 0.2))},
        {"sizes": np.array([5.0, *rng.integers(4, 60, 4), 1.0]), "bound": float(rng.uniform(0.02, 0.2))},
        {"sizes": np.array([4.0, 1.0]), "bound": 0.3},
    ]


def _bound_with(layer):
    return lambda sizes, bound: math.prod(layer(m, n, bound) for m, n in zip(sizes[:-1], sizes[1:], strict=True))  # fmt: skip


def _in_one_go(sizes, bound):
    depth = len(sizes) - 1
    return bound**depth * np.sqrt(sizes[0]) * np.prod(sizes[1:-1])


def _by_matrices(sizes, bound):
    x = np.ones(int(sizes[0])) / np.sqrt(sizes[0])
    for m, n in zip(sizes[:-1], sizes[1:], strict=True):
        x = np.maximum(np.full((int(n), int(m)), bound) @ x, 0)
    return x[0]


CLIPPING_BOUND = Exercise(
    id="12.clipping_bound",
    title="How steep a clipped critic can be",
    reference=clipping_bound,
    cases=_bound_cases,
    checks=(
        Check("values", close(rtol=1e-9), "The number differs. A chain of maps stretches by at most the product of their norms; which n × m matrix with entries in [−c, c] has the largest norm?"),
    ),
    hints=(
        "ReLU has slopes 0 and 1: only the matrices can stretch.",
        "The matrix with all entries c sends (1, …, 1)/√m to c√m (1, …, 1), whose length is c√m√n.",
        "The product of c√(mn) over the layers.",
    ),
    wrong=(
        Wrong(_bound_with(lambda m, n, c: c), "You left out how many units there are. A unit adds up m inputs, each with a weight up to c, and n units do so: a matrix of n × m entries up to c has a norm up to c√(mn).", "values"),
        Wrong(_bound_with(lambda m, n, c: c * m * n), "The root is missing: the all-c matrix sends the unit vector (1, …, 1)/√m to n entries of c√m, which has length c√(mn).", "values"),
        Wrong(_bound_with(lambda m, n, c: c * m), "c·m is how much one unit can add up when each input is 1: the norm for largest entries, not for Euclidean lengths, which gives c√(mn).", "values"),
        Wrong(_bound_with(lambda m, n, c: c * math.sqrt(m)), "c√m is the longest a *row* can be. The matrix has n of them: c√(mn).", "values"),
        Wrong(lambda sizes, bound: math.prod(bound * math.sqrt(m * n) for m, n in zip(sizes[:-2], sizes[1:-1], strict=True)), "The last layer is missing: there is one matrix fewer than there are sizes, and the last leads to the single output.", "values"),
        Wrong(lambda sizes, bound: sum(bound * math.sqrt(m * n) for m, n in zip(sizes[:-1], sizes[1:], strict=True)) if len(sizes) > 2 else bound * math.sqrt(sizes[0]), "You added the norms. Maps that follow each other multiply their stretching.", "values"),
    ),
    accepted=(_in_one_go, _by_matrices, lambda sizes, bound: np.float64(_in_one_go(sizes, bound))),
)  # fmt: skip


# --- power iteration --------------------------------------------------------------------------------


def estimated_norm(weight, u, rounds):
    """The estimate of ‖W‖ that spectral normalisation divides by: power iteration, then uᵀ W v.

    A round is v ← Wᵀu/‖Wᵀu‖, then u ← W v/‖W v‖.

    Arguments:
        weight: array (n, m), W.
        u: array (n,), where to start; not zero, and not of length 1.
        rounds: how many, at least 1.

    Returns:
        float, at most the largest singular value.
    """
    for _ in range(rounds):
        v = weight.T @ u
        v = v / np.linalg.norm(v)
        u = weight @ v
        u = u / np.linalg.norm(u)
    return float(u @ weight @ v)


def _power_cases(rng):
    return [
        {"weight": rng.normal(size=shape), "u": 2 * rng.normal(size=shape[0]), "rounds": rounds}
        for shape, rounds in (((3, 3), 1), ((4, 2), 2), ((2, 5), 3), ((6, 6), 60))
    ]


def _squared(weight, u, rounds):
    v = weight.T @ u
    for _ in range(rounds - 1):
        v = weight.T @ (weight @ v)
        v = v / np.linalg.norm(v)
    return np.linalg.norm(weight @ v) / np.linalg.norm(v)


def _without_transpose(weight, u, rounds):
    n, m = weight.shape
    if n != m:
        return estimated_norm(weight, u, rounds)
    for _ in range(rounds):
        u = weight @ u
        u = u / np.linalg.norm(u)
    return u @ weight @ u


def _never_normed(weight, u, rounds):
    for _ in range(rounds):
        v = weight.T @ u
        u = weight @ v
    return u @ weight @ v


POWER_ITERATION = Exercise(
    id="12.estimated_norm",
    title="Power iteration",
    reference=estimated_norm,
    cases=_power_cases,
    checks=(
        Check("values", close(rtol=1e-7), "The number differs. Each round: v ← Wᵀu/‖Wᵀu‖, then u ← W v/‖W v‖; at the end uᵀ W v."),
    ),
    hints=(
        "Two products and two divisions by a length, `rounds` times.",
        "`weight.T @ u` has m entries, `weight @ v` has n.",
        "At the end `u @ weight @ v`, which equals ‖W v‖, since u is W v made one long.",
    ),
    wrong=(
        Wrong(lambda weight, u, rounds: np.linalg.norm(weight), "That is the Frobenius norm, the root of the sum of all squared entries. It is an upper bound on ‖W‖, up to √rank times too large.", "values"),
        Wrong(lambda weight, u, rounds: np.linalg.svd(weight)[1][0], "That is the exact norm. Asked for is what the given number of rounds says of it: an SVD in every training step would be too dear.", "values"),
        Wrong(_without_transpose, "Repeating W without Wᵀ finds an eigenvalue of W. Its largest stretching is a singular value: the iteration alternates between Wᵀ and W.", "values"),
        Wrong(_never_normed, "The vectors are never made one long, so that uᵀ W v holds powers of the norm. Divide by the length after each product.", "values"),
        Wrong(lambda weight, u, rounds: np.abs(weight).max(), "The largest entry bounds ‖W‖ from below only: a matrix of ones with size n has norm n.", "values"),
        Wrong(lambda weight, u, rounds: estimated_norm(weight, u, rounds + 1), "One round too many.", "values"),
        Wrong(lambda weight, u, rounds: estimated_norm(weight, u, rounds) ** 2, "You returned the eigenvalue of WᵀW, the square of the norm. Take uᵀ W v.", "values"),
    ),
    accepted=(_squared, lambda weight, u, rounds: np.float64(estimated_norm(weight, 3 * u, rounds))),
)  # fmt: skip
