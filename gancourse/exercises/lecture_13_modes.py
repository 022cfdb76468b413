"""The main exercise of lecture 13: counting modes, and the ways to count them wrongly."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import entropy

from gancourse.exercises._exercise import Check, Exercise, Wrong

__all__ = ["COVERAGE"]


def count_modes(samples, centres, std):
    """Captured modes, high-quality share and reverse KL of samples, by the published rules.

    A sample belongs to the mode whose centre is nearest, by Euclidean distance. It is of high quality if it lies
    within 3 standard deviations of that centre. A mode is captured if at least one high-quality sample belongs to
    it. Reverse KL compares the histogram h of modes over the high-quality samples with the uniform one u:
    KL(h‖u) in nats; without a high-quality sample it is `np.inf`.

    Arguments:
        samples: array (n, 2).
        centres: array (k, 2), the modes.
        std: the standard deviation of a mode.

    Returns:
        array (3,): captured, a count; high_quality, a share in [0, 1]; reverse_kl.
    """
    distance = np.linalg.norm(samples[:, None] - centres, axis=2)
    good = distance.min(1) <= 3 * std
    if not good.any():
        return np.array([0.0, 0.0, np.inf])
    counts = np.bincount(distance.argmin(1)[good], minlength=len(centres))
    h = counts / counts.sum()
    seen = h > 0
    return np.array([seen.sum(), good.mean(), np.sum(h[seen] * np.log(len(centres) * h[seen]))])


def _cases(rng):
    def around(centres, std, counts, strays):
        close = [c + std * rng.uniform(-1.9, 1.9, (n, 2)) for c, n in zip(centres, counts, strict=True)]
        return np.concatenate([*close, strays])[rng.permutation(sum(counts) + len(strays))]

    angle = 2 * np.pi * np.arange(8) / 8
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # strays nearest to modes that nothing captures: 4 to 5 deviations away, or not quite 3 along each axis
    out = np.array([[1.0, 1.0], [-1.0, 1.0]]) * rng.uniform(2.92, 2.97, (2, 1))
    ring_strays = np.concatenate(
        [ring[[5, 6]] * (1 + 0.05 * rng.uniform(4.2, 5.2)), ring[[2, 7]] + 0.05 * out]
    )
    a, b, c, d = rng.permutation([9, 5, 3, 2])
    uneven = around(ring, 0.05, [a, b, 0, c, d, 0, 0, 0], ring_strays)
    # a grid that is wide along one axis, so that the nearest in one coordinate alone is another mode
    wide = np.array([[i * 4.0, j * 1.0] for i in range(3) for j in range(3)])
    grid = around(wide, 0.1, rng.integers(1, 7, 9), wide[:3] + [[1.7, 0.31]])
    nowhere = ring[:5] * 0.5 + 0.01 * rng.standard_normal((5, 2))
    return [
        {"samples": uneven, "centres": ring, "std": 0.05},
        {"samples": grid, "centres": wide, "std": 0.1},
        {"samples": nowhere, "centres": ring, "std": 0.02},
    ]


def _entry(i):
    def holds(case, got, want):
        if np.isinf(want["value"][2]):
            return True
        return np.isclose(got["value"][i], want["value"][i], rtol=1e-6, atol=1e-9)

    return holds


def _when_none(case, got, want):
    return np.isfinite(want["value"][2]) or np.array_equal(got["value"], want["value"])


def _variant(
    *, radius=3.0, norm=2, count_all=False, share_all=False, kl=None, weights=(1.0, 1.0), share_of_all=False
):
    """One of many ways to count, right by default."""

    def count(samples, centres, std):
        gaps = np.abs(samples[:, None] - centres) * np.array(weights)
        distance = np.linalg.norm(gaps, ord=norm, axis=2)
        good = distance.min(1) <= radius * std
        if not good.any():
            return np.array([0.0, 0.0, np.inf])
        which = distance.argmin(1)
        counts = np.bincount(which[good], minlength=len(centres))
        all_counts = np.bincount(which, minlength=len(centres))
        h = counts / (len(samples) if share_of_all else counts.sum())
        if share_all:
            h = all_counts / all_counts.sum()
        captured = np.sum((all_counts if count_all else counts) > 0)
        return np.array([captured, good.mean(), (kl or _reverse)(h)])

    return count


def _reverse(h):
    return (
        entropy(h, np.full(len(h), 1 / len(h)))
        if abs(h.sum() - 1) < 1e-9
        else np.sum(h[h > 0] * np.log(len(h) * h[h > 0]))
    )


def _over_seen(h):
    h = h[h > 0]
    return np.sum(h * np.log(len(h) * h))


def _by_tree(samples, centres, std):
    distance, which = cKDTree(centres).query(samples)
    which = which[distance <= 3 * std]
    if len(which) == 0:
        return 0, 0.0, np.inf
    _, counts = np.unique(which, return_counts=True)
    return len(counts), len(which) / len(samples), np.log(len(centres)) - entropy(counts / counts.sum())


def _by_loop(samples, centres, std):
    counts = [0] * len(centres)
    for x in samples:
        squares = [float((x[0] - c[0]) ** 2 + (x[1] - c[1]) ** 2) for c in centres]
        j = squares.index(min(squares))
        if squares[j] <= 9 * std**2:
            counts[j] += 1
    n = sum(counts)
    kl = sum(c / n * np.log(len(centres) * c / n) for c in counts if c) if n else float("inf")
    return [sum(c > 0 for c in counts), n / len(samples), kl]


def _broken_when_none(samples, centres, std):
    found = count_modes(samples, centres, std)
    return np.where(np.isinf(found), np.nan, found)


def _zero_when_none(samples, centres, std):
    found = count_modes(samples, centres, std)
    return np.where(np.isinf(found), 0.0, found)


COVERAGE = Exercise(
    id="13.count_modes",
    title="Counting modes",
    reference=count_modes,
    cases=_cases,
    shape="Return three numbers: captured, high_quality, reverse_kl.",
    checks=(
        Check("high quality", _entry(1), "The high-quality share differs: the samples within 3 standard deviations of the nearest centre, by Euclidean distance, divided by all samples."),
        Check("captured", _entry(0), "The count of captured modes differs: a mode counts if at least one *high-quality* sample is nearest to it."),
        Check("reverse KL", _entry(2), "The reverse KL differs: Σ h log(k h) over the modes with h > 0, in nats, h the histogram over the high-quality samples."),
        Check("none good", _when_none, "Without a single high-quality sample the answer is 0, 0 and infinity: no histogram, infinitely far from uniform."),
    ),
    hints=(
        "`np.linalg.norm(samples[:, None] - centres, axis=2)` has shape (n, k): the distance of each sample from each centre.",
        "`np.bincount(nearest[good], minlength=k)` counts the modes, those without a sample too.",
        "KL(h‖u) = Σ h log(h / (1/k)); leave out the modes with h = 0, whose term is 0, and return np.inf if none is good.",
    ),
    wrong=(
        Wrong(_variant(count_all=True), "You count modes without the rule of high quality: a stray whose nearest mode is j does not capture j. Only samples within 3σ do.", "captured"),
        Wrong(_variant(share_all=True), "Your histogram holds all samples. The published one is taken over the high-quality samples alone.", "reverse KL"),
        Wrong(_variant(count_all=True, share_all=True), "The rule of 3σ enters your share alone. Captured modes and the histogram, too, are of high-quality samples only.", "captured"),
        Wrong(_variant(radius=1.0), "You take samples within one standard deviation: the rule is 3σ.", "high quality"),
        Wrong(_variant(norm=np.inf), "You ask that each *coordinate* lie within 3σ: a square in place of a circle, with 26 % more area at the corners. The distance is Euclidean.", "high quality"),
        Wrong(_variant(weights=(1.0, 0.0)), "Your distance uses the first coordinate alone: sum the squares over the *last* axis of `samples[:, None] - centres`.", "high quality"),
        Wrong(_variant(kl=lambda h: _reverse(h) / np.log(2)), "This is in bits: nats were asked for, so the natural logarithm.", "reverse KL"),
        Wrong(_variant(kl=lambda h: entropy(np.full(len(h), 1 / len(h)), h)), "KL the wrong way round: KL(u‖h) is infinite as soon as a mode is missing. Reverse KL is KL(h‖u), the mean over the *samples*.", "reverse KL"),
        Wrong(_variant(kl=lambda h: entropy(h)), "This is the entropy of h: the more modes, the larger. KL(h‖u) = log k − entropy.", "reverse KL"),
        Wrong(_variant(kl=lambda h: -_reverse(h)), "The sign: a KL divergence is never negative.", "reverse KL"),
        Wrong(_variant(kl=_over_seen), "You compare with the uniform histogram over the modes that were *found*. Lost modes then cost nothing: u has all k of them.", "reverse KL"),
        Wrong(_variant(share_of_all=True), "Divide the counts by the number of *high-quality* samples: h must sum to one.", "reverse KL"),
        Wrong(lambda samples, centres, std: count_modes(samples, centres, np.sqrt(std)), "You took std for a variance: the radius is 3·std.", "high quality"),
        Wrong(lambda samples, centres, std: count_modes(samples, centres, std) * [1, 100, 1], "The high-quality share is a share in [0, 1], not a percentage.", "high quality"),
        Wrong(lambda samples, centres, std: count_modes(samples, centres, std) * [1 / len(centres), 1, 1], "Captured is a count, as in the tables, not a share of the modes.", "captured"),
        Wrong(_broken_when_none, "Without a high-quality sample you divide 0 by 0. Return 0, 0 and np.inf there.", "none good"),
        Wrong(_zero_when_none, "Without a high-quality sample your reverse KL is 0, the best there is, for the worst of samplers. It is infinite.", "none good"),
    ),
    accepted=(_variant(), _by_tree, _by_loop),
    points=3.0,
)  # fmt: skip
