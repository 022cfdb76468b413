"""Two exercises of lecture 14 on packing: how packs are made, and how far apart packs are."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["PACKED_TV", "PACKS"]


# --- packs of samples ----------------------------------------------------------------------------


def packs(x, m):
    """Packs of m samples of one kind, side by side: what a packed discriminator takes in.

    Arguments:
        x: array (n, d), a batch, real or generated.
        m: samples in a pack; it divides n.

    Returns:
        array (n/m, m·d): a row holds m whole samples, one after the other; every sample is in one row, once.
    """
    return x.reshape(len(x) // m, -1)


def _pack_cases(rng):
    return [{"x": rng.normal(size=(n, d)), "m": m} for n, d, m in ((12, 2, 3), (20, 3, 2))]


def _measure_packs(case, got):
    """Whether every run of d numbers is a sample, and how often each sample occurs: the order is free."""
    x, value = case["x"], got["value"]
    found = {"value": value, "whole": False, "once": False}
    if value.shape == (len(x) // case["m"], case["m"] * x.shape[1]):
        same = (value.reshape(-1, 1, x.shape[1]) == x).all(-1)  # (n, n): part i is sample j
        found["whole"], found["once"] = bool(same.any(1).all()), bool((same.sum(0) <= 1).all())
    return found


def _far_apart(x, m):
    """Sample i with i + n/m, i + 2n/m, …: as good a pack as neighbours are."""
    return np.concatenate(np.split(x, m), axis=1)


PACKS = Exercise(
    id="14.packs",
    title="Packs for a packed discriminator",
    reference=packs,
    cases=_pack_cases,
    measure=_measure_packs,
    shape="Of n samples with d numbers become n/m packs with m·d numbers: shape (n/m, m·d).",
    checks=(
        Check("whole samples", lambda case, got, want: got["whole"], "A row must hold whole samples, one after the other: its first d numbers are one sample, the next d another."),
        Check("once", lambda case, got, want: got["once"], "Some sample stands in more than one place: each belongs into one pack, once."),
    ),
    hints=(
        "Samples lie along axis 0. What is to grow is axis 1.",
        "`reshape` keeps the order of the numbers: row by row.",
        "`x.reshape(len(x) // m, -1)`.",
    ),
    wrong=(
        Wrong(lambda x, m: x.reshape(m, -1), "These are m packs of n/m samples. A pack has m samples, so that there are n/m of them.", "shape"),
        Wrong(lambda x, m: np.concatenate(np.split(x, m), axis=0), "Wrong axis: joined along axis 0 the batch is what it was, and D sees one sample at a time. Join along axis 1.", "shape"),
        Wrong(lambda x, m: x.reshape(len(x) // m, m, -1).mean(1), "You average over the pack. A mean hides the very thing that D should see: how the m samples differ.", "shape"),
        Wrong(lambda x, m: x.T.reshape(len(x) // m, -1), "Wrong axis: transposed first, a row collects first coordinates of many samples, and no whole sample.", "whole samples"),
        Wrong(lambda x, m: x.reshape(len(x) // m, m, -1).swapaxes(1, 2).reshape(len(x) // m, -1), "Within a pack you put all first coordinates, then all second ones. Let whole samples follow one another.", "whole samples"),
        Wrong(lambda x, m: np.tile(x[::m], (1, m)), "A pack of m copies of one sample: all packs then look collapsed, those of the data too. Take m different samples.", "once"),
        Wrong(lambda x, m: np.concatenate([x[i : i + len(x) // m] for i in range(m)], axis=1), "The packs overlap: a sample stands in several. Packs are to be independent.", "once"),
    ),
    accepted=(_far_apart, lambda x, m: np.hstack([x[i::m] for i in range(m)]), lambda x, m: np.array([np.ravel(x[i : i + m]) for i in range(0, len(x), m)])),
    points=1.0,
)  # fmt: skip


# --- how far apart packs are ---------------------------------------------------------------------


def packed_total_variation(p, q, m):
    """The total variation, with its ½, between packs of m samples from p and packs of m samples from q.

    Samples of a pack are independent; D sees all m, in their order.

    Arguments:
        p, q: arrays (n,), histograms that sum to one; some entries may be zero.
        m: samples in a pack; nᵐ is at most 4,096.

    Returns:
        float, from 0 to 1.
    """
    of_p, of_q = np.ones(1), np.ones(1)
    for _ in range(m):
        of_p, of_q = np.outer(of_p, p).ravel(), np.outer(of_q, q).ravel()
    return float(np.abs(of_p - of_q).sum() / 2)


def _histogram_cases(rng):
    def pair(n):
        return {"p": rng.dirichlet(np.full(n, 2.0)), "q": rng.dirichlet(np.full(n, 2.0))}

    lacking = {"p": np.full(4, 0.25), "q": np.array([0.0, *rng.dirichlet(np.full(3, 5.0))])}
    return [{**pair(3), "m": 3}, {**pair(5), "m": 2}, {**lacking, "m": 4}, {**pair(4), "m": 1}]


def _tv(p, q):
    return float(np.abs(p - q).sum() / 2)


def _product(p, m):
    out = np.ones(1)
    for _ in range(m):
        out = np.outer(out, p).ravel()
    return out


def _by_indices(p, q, m):
    cells = np.stack(np.meshgrid(*[np.arange(len(p))] * m, indexing="ij"), -1).reshape(-1, m)
    return np.abs(p[cells].prod(1) - q[cells].prod(1)).sum() / 2


def _by_the_best_set(p, q, m):
    a, b = _product(p, m), _product(q, m)
    return np.maximum(a - b, 0).sum()


PACKED_TV = Exercise(
    id="14.packed_total_variation",
    title="The total variation between packs",
    reference=packed_total_variation,
    cases=_histogram_cases,
    checks=(
        Check("values", close(), "The number differs. A pack (x₁, …, x_m) has probability p(x₁)⋯p(x_m) under the data, and likewise under q: nᵐ packs, then ½ Σ |difference|."),
    ),
    hints=(
        "For m = 2 the n² probabilities are `np.outer(p, p)`.",
        "Multiply on: `np.outer(so_far, p).ravel()`, m times in all, starting from `np.ones(1)`.",
    ),
    wrong=(
        Wrong(lambda p, q, m: 1 - (1 - _tv(p, q)) ** m, "1 − (1 − τ)ᵐ is the *most* that it can be. It is reached where q lacks modes and is otherwise in proportion to p; here you need the distance itself.", "values"),
        Wrong(lambda p, q, m: min(m * _tv(p, q), 1.0), "m times the single distance is an upper bound, and not even the best.", "values"),
        Wrong(lambda p, q, m: _tv(p, q), "This is the distance of single samples: D never saw a pack.", "values"),
        Wrong(lambda p, q, m: float(np.abs(_product(p, m) - _product(q, m)).sum()), "The ½ is missing: two laws with nothing in common are at distance 1.", "values"),
        Wrong(lambda p, q, m: float(np.abs(p**m - q**m).sum() / 2), "p**m holds only packs of m *equal* samples. All nᵐ packs count.", "values"),
        Wrong(lambda p, q, m: _tv(_product(p, m + 1), _product(q, m + 1)), "One sample too many: the packs have m + 1.", "values"),
        Wrong(lambda p, q, m: float(abs((_product(p, m) - _product(q, m)).sum())), "Without absolute values inside the sum it is 1 − 1 = 0, always.", "values"),
    ),
    accepted=(_by_indices, _by_the_best_set),
    points=2.0,
)  # fmt: skip
