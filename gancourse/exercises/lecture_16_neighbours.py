"""Exercises of lecture 16 on pairs of points: the unbiased kernel distance, and precision and recall."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["KERNEL", "PRECISION"]


# --- the kernel distance -------------------------------------------------------------------------


def unbiased_kernel_distance(a, b):
    """The kernel distance of two sets of features, without bias: the squared MMD of k(x, y) = (x·y/d + 1)³.

    E k(x, x') − 2 E k(x, y) + E k(y, y'), where x and x' are *different* rows of a, y and y' different rows of b:
    averaged over all such pairs.

    Arguments:
        a, b: arrays (n, d) and (m, d), n and m at least 2.

    Returns:
        float; it may be negative.
    """
    d, n, m = a.shape[1], len(a), len(b)
    k_aa, k_ab, k_bb = ((x @ y.T / d + 1) ** 3 for x, y in ((a, a), (a, b), (b, b)))
    within_a = (k_aa.sum() - np.trace(k_aa)) / (n * (n - 1))
    within_b = (k_bb.sum() - np.trace(k_bb)) / (m * (m - 1))
    return within_a - 2 * k_ab.mean() + within_b


def _kernel_cases(rng):
    alike = rng.normal(size=(2, 9, 2))
    while unbiased_kernel_distance(*alike) > -0.05:  # of one law: negative about half of the time
        alike = rng.normal(size=(2, 9, 2))
    return [
        {"a": rng.normal(size=(8, 3)), "b": rng.normal(0.8, 1.3, (8, 3))},
        {"a": rng.normal(size=(7, 4)), "b": rng.normal(-0.5, 0.7, (11, 4))},
        {"a": alike[0], "b": alike[1]},
    ]


def _mmd(*, kernel=None, diagonal=False, by_square=False, cross=2.0, pairs=False, after=lambda v: v):
    """One of many ways to estimate it, right by default."""
    kernel = kernel or (lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3)

    def within(x):
        k, n = kernel(x, x), len(x)
        if diagonal:
            return k.mean()
        return (k.sum() - np.trace(k)) / (n * n if by_square else n * (n - 1))

    def answer(a, b):
        k = kernel(a, b)
        between = k.mean()
        if pairs:
            between = np.mean([k[i, j] for i in range(len(a)) for j in range(len(b)) if i != j])
        return after(within(a) + within(b) - cross * between)

    return answer


def _by_loops(a, b):
    def k(x, y):
        return (sum(s * t for s, t in zip(x, y, strict=True)) / len(x) + 1) ** 3

    def mean(values):
        values = list(values)
        return sum(values) / len(values)

    return (
        mean(k(x, y) for i, x in enumerate(a) for y in a[i + 1 :])
        + mean(k(x, y) for i, x in enumerate(b) for y in b[:i])
        - 2 * mean(k(x, y) for x in a for y in b)
    )


KERNEL = Exercise(
    id="16.kernel_distance",
    title="The kernel distance, without bias",
    reference=unbiased_kernel_distance,
    cases=_kernel_cases,
    checks=(
        Check("value", close(rtol=1e-7), "The number differs: the mean of (x·y/d + 1)³ over different rows of a, plus that over different rows of b, less twice the mean over rows of a with rows of b."),
    ),
    hints=(
        "`(a @ b.T / d + 1) ** 3` holds the kernel of all rows of a with all rows of b.",
        "Within a set leave out each row with itself: there are n(n − 1) pairs of different rows.",
        "`(k.sum() - np.trace(k)) / (n * (n - 1))` within, `k.mean()` between.",
    ),
    wrong=(
        Wrong(_mmd(diagonal=True), "You kept the diagonal: each row's kernel with itself is the largest of its row, and the estimate is too large on average, the more the fewer samples. Leave it out and divide by n(n − 1).", "value"),
        Wrong(_mmd(by_square=True), "The diagonal is left out of the sum but not of the count: there are n(n − 1) pairs of different rows, not n².", "value"),
        Wrong(_mmd(after=lambda v: max(v, 0.0)), "You cut it off at zero. An estimate without bias must be negative at times when the true value is 0: cut off, its mean is too large.", "value"),
        Wrong(_mmd(cross=1.0), "The mixed term enters twice: it is |μ_a − μ_b|², and −2 comes from the square.", "value"),
        Wrong(_mmd(kernel=lambda x, y: (x @ y.T + 1) ** 3), "x·y is divided by d, the number of features: otherwise the number grows with the layer's width.", "value"),
        Wrong(_mmd(kernel=lambda x, y: (x @ y.T / x.shape[1]) ** 3), "The + 1 in the kernel is missing: without it only third moments are compared.", "value"),
        Wrong(_mmd(kernel=lambda x, y: (x @ y.T / x.shape[1] + 1) ** 2), "The kernel is the third power: the square compares means and covariances alone.", "value"),
        Wrong(_mmd(pairs=True), "Between a and b every pair counts: row i of a has nothing to do with row i of b.", "value"),
        Wrong(_mmd(after=lambda v: np.sqrt(max(v, 0.0))), "The kernel distance is the *squared* MMD; its root would have a bias, and none exists where it is negative.", "value"),
    ),
    accepted=(_mmd(), _by_loops),
    points=2.0,
)  # fmt: skip


# --- precision and recall ------------------------------------------------------------------------


def precision_and_recall(real, fake, k):
    """Precision and recall by balls: around each point of a set one that reaches to its k-th nearest neighbour.

    Neighbours are *other* points of the same set. Precision is the share of fake points that lie in the ball of at
    least one real point; recall is the share of real points that lie in the ball of at least one fake point.

    Arguments:
        real, fake: arrays (n, d) and (m, d), no two points alike.
        k: which neighbour, smaller than n and m.

    Returns:
        array (2,): precision, recall.
    """

    def share(points, others):
        to_others = np.linalg.norm(others[:, None] - others, axis=2)
        radius = np.sort(to_others, axis=1)[:, k]  # place 0 is the point itself
        return (np.linalg.norm(points[:, None] - others, axis=2) <= radius).any(1).mean()

    return np.array([share(fake, real), share(real, fake)])


def _precision_cases(rng):
    def blob(n, mean, std):
        return rng.normal(mean, std, (n, 2))

    # a lone real point has a large ball, which holds fake ones that are nearer to another point
    spread = np.concatenate([blob(24, 0.0, 1.0), [[rng.uniform(5, 6), 0.0]]])
    between = np.concatenate([blob(14, 0.0, 0.4), blob(6, [3.2, 0.0], 0.15), blob(10, [0.0, 4.0], 0.5)])
    return [
        {"real": spread, "fake": between, "k": 3},
        {"real": blob(40, 0.0, 1.0), "fake": blob(30, [1.0, 0.5], 1.2), "k": 2},
        {"real": blob(35, 0.0, 1.0), "fake": blob(45, 0.3, 0.5), "k": 1},
    ]


def _balls(*, place=0, swap=False, radius_of=None, nearest=False, global_radius=False, both_real=False):
    """One of many ways to count, right by default."""

    def answer(real, fake, k):
        def share(points, others):
            own = np.sort(cdist(others, others), axis=1)
            radius = own[:, k + place]
            if global_radius:
                radius = np.full(len(others), radius.mean())
            if radius_of:
                radius = radius_of(own, k)
            distance = cdist(points, others)
            if nearest:
                at = distance.argmin(1)
                return (distance[np.arange(len(points)), at] <= radius[at]).mean()
            return (distance <= radius).any(1).mean()

        found = [share(fake, real), share(real, fake)]
        if both_real:  # recall as the share of real balls that hold a fake point
            own = np.sort(cdist(real, real), axis=1)[:, k]
            found[1] = (cdist(real, fake).min(1) <= own).mean()
        return np.array(found[::-1] if swap else found)

    return answer


def _by_trees(real, fake, k):
    def share(points, others):
        radius = cKDTree(others).query(others, k=[k + 1])[0][:, 0] * (1 + 1e-12)
        hits = cKDTree(points).query_ball_point(others, radius)
        return len(set().union(*map(set, hits))) / len(points)

    return share(fake, real), share(real, fake)


PRECISION = Exercise(
    id="16.precision_and_recall",
    title="Precision and recall, by balls",
    reference=precision_and_recall,
    cases=_precision_cases,
    shape="Return two numbers: precision, recall.",
    checks=(
        Check("shares", close(atol=1e-9), "The shares differ. Radius: distance to the k-th nearest *other* point of the same set. Precision: fake points in some real ball; recall: real points in some fake ball."),
    ),
    hints=(
        "All distances within a set: `np.linalg.norm(x[:, None] - x, axis=2)`; sorted along a row, place 0 is the point itself.",
        "A fake point counts if *any* real ball holds it: `.any(1)` over the real points.",
        "Write one function share(points, others), and call it as share(fake, real) and share(real, fake).",
    ),
    wrong=(
        Wrong(_balls(place=-1), "You counted the point itself as its first neighbour: place k − 1 of the sorted distances is the (k − 1)-th other point, and for k = 1 every ball has radius 0. Take place k.", "shares"),
        Wrong(_balls(place=1), "One neighbour too far: place k + 1 of the sorted distances, where place 0 is the point itself, is the (k + 1)-th neighbour.", "shares"),
        Wrong(_balls(swap=True), "Precision and recall have changed places: precision asks of the *fake* points whether real balls hold them.", "shares"),
        Wrong(_balls(nearest=True), "You look at the ball of the nearest point only. A point further away may have a larger ball: the union of all balls counts.", "shares"),
        Wrong(_balls(global_radius=True), "One radius for all: each point has its own, large where points are sparse.", "shares"),
        Wrong(_balls(radius_of=lambda own, k: own[:, 1 : k + 1].mean(1)), "The radius is the distance to the k-th neighbour, not the mean of the first k.", "shares"),
        Wrong(_balls(both_real=True), "Your second number is coverage: real balls that hold a fake point. Recall uses the balls of the fake points, and counts the real points in them.", "shares"),
        Wrong(lambda real, fake, k: 100 * precision_and_recall(real, fake, k), "Shares in [0, 1], not percentages.", "shares"),
    ),
    accepted=(_balls(), _by_trees),
    points=2.0,
)  # fmt: skip
