"""The exercises of lecture 03 on estimates: what a discriminator says of JSD, seen and fresh."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite

__all__ = ["FROM_LOGITS", "SEEN_AND_FRESH", "histograms"]


def histograms(rng, bins=5):
    """Two random histograms without zeros."""
    p, q = rng.dirichlet(np.full(bins, 2.0), 2)
    return p, q


# --- B5: what a discriminator says of JSD --------------------------------------------------------


def jsd_from_logits(real_logits, fake_logits):
    """What a discriminator says of JSD (of JSD, not of 2 JSD): its lower bound, means taken over samples.

    Arguments:
        real_logits: array (n,), D's logits v at points of p, D = σ(v); |v| may be as large as 1,000.
        fake_logits: array (m,), its logits at points of q; m need not be n.

    Returns:
        float, in nats: at most log 2, 0 for D = ½, and below 0 for a D that is worse than a coin.
    """
    real, fake = np.logaddexp(0, -real_logits).mean(), np.logaddexp(0, fake_logits).mean()
    return np.log(2) - (real + fake) / 2


def _logits(rng):
    return [
        {"real_logits": rng.normal(1, 2, 6), "fake_logits": rng.normal(-1, 2, 6)},
        {"real_logits": rng.normal(0.5, 1, 4), "fake_logits": rng.normal(-0.2, 2, 9)},
        {
            "real_logits": np.array([800.0, -900.0]) * rng.uniform(0.9, 1),
            "fake_logits": np.array([700.0, -1000.0]),
        },
    ]


def _softplus(v):
    return np.logaddexp(0, v)


def _log_of_sigmoid(epsilon):
    def wrong(real_logits, fake_logits):
        real, fake = (1 / (1 + np.exp(-v)) for v in (real_logits, fake_logits))
        return np.log(2) + 0.5 * np.mean(np.log(real + epsilon)) + 0.5 * np.mean(np.log(1 - fake + epsilon))

    return wrong


def _pooled(real_logits, fake_logits):
    return np.log(2) - np.concatenate([_softplus(-real_logits), _softplus(fake_logits)]).mean()


def _by_expit(real_logits, fake_logits):
    from scipy.special import log_expit

    return (log_expit(real_logits).mean() + log_expit(-fake_logits).mean() + np.log(4)) / 2


def _by_loops(real_logits, fake_logits):
    total = 0.0
    for logits, sign in ((real_logits, -1), (fake_logits, 1)):
        total += sum(np.log(2) - max(sign * v, 0) - np.log1p(np.exp(-abs(v))) for v in logits) / len(logits)
    return total / 2


FROM_LOGITS = Exercise(
    id="03.jsd_from_logits",
    title="JSD from a discriminator's logits",
    reference=jsd_from_logits,
    cases=_logits,
    shape="Return one number.",
    checks=(
        Check("finite", finite(), "σ(v) rounds to 0 or 1 for large |v|, and its logarithm is −∞. Use −log σ(v) = softplus(−v) = `np.logaddexp(0, -v)`."),
        Check("values", close(finite_only=True), "The number differs from half of mean log(2D) + mean log(2(1 − D)). For logits that are all 0 it must be 0."),
    ),
    hints=(
        "The bound: 2 JSD ≥ E_p log(2D) + E_q log(2(1 − D)).",
        "log(2D) = log 2 − softplus(−v) at real points, log(2(1 − D)) = log 2 − softplus(v) at generated ones.",
        "np.log(2) − half of (mean softplus(−v_real) + mean softplus(v_fake)).",
    ),
    wrong=(
        Wrong(lambda real_logits, fake_logits: np.log(4) - _softplus(-real_logits).mean() - _softplus(fake_logits).mean(), "This is the bound on 2 JSD. JSD was asked for: half of it.", "values"),
        Wrong(lambda real_logits, fake_logits: -(_softplus(-real_logits).mean() + _softplus(fake_logits).mean()) / 2, "The 2 in log(2D) and log(2(1 − D)) is missing, so that D = ½ gives −log 2 in place of 0.", "values"),
        Wrong(lambda real_logits, fake_logits: -_softplus(-real_logits).mean() - _softplus(fake_logits).mean(), "This is V itself. JSD is (V + log 4)/2.", "values"),
        Wrong(lambda real_logits, fake_logits: np.log(2) - (_softplus(real_logits).mean() + _softplus(-fake_logits).mean()) / 2, "The signs of the logits: at real points log D = −softplus(−v), at generated ones log(1 − D) = −softplus(v).", "values"),
        Wrong(lambda real_logits, fake_logits: 1 - (_softplus(-real_logits).mean() + _softplus(fake_logits).mean()) / (2 * np.log(2)), "That is in bits; nats were asked for.", "values"),
        Wrong(_pooled, "You averaged over all points together. The bound adds two means, each with weight ½, whatever the numbers of points.", "values"),
        Wrong(_log_of_sigmoid(0.0), "Never take the logarithm of a sigmoid: it rounds to 0 for large |v|. Use softplus.", "finite"),
        Wrong(_log_of_sigmoid(1e-8), "A small number inside the logarithm caps how bad a confident mistake can be, so this is no bound any more. Use softplus.", "values"),
    ),
    accepted=(_by_expit, _by_loops),
    points=1.5,
)  # fmt: skip


# --- B6: on the training samples, and on fresh ones ----------------------------------------------


def seen_and_fresh(real, fake, p, q):
    """The two estimates of JSD by the D that has one answer a bin, trained on counts.

    In a bin with `a` real and `b` generated training points, D = (a + ½)/(a + b + 1).

    Arguments:
        real, fake: arrays (bins,), how many training points of each kind fell into each bin; both sum to n.
        p, q: arrays (bins,), the true masses of the bins, which sum to one.

    Returns:
        array (2,): half of E log(2D) + E log(2(1 − D)), first with both means over the training points, then
        with the true means, which are those over fresh points; in nats.
    """
    d = (real + 0.5) / (real + fake + 1)
    n = real.sum()
    seen = np.sum(real * np.log(2 * d) + fake * np.log(2 * (1 - d))) / n / 2
    fresh = np.sum(p * np.log(2 * d) + q * np.log(2 * (1 - d))) / 2
    return np.array([seen, fresh])


def _counts(rng):
    cases = []
    for n, bins in ((12, 6), (40, 8), (9, 10)):
        p, q = histograms(rng, bins)
        real, fake = rng.multinomial(n, p).astype(float), rng.multinomial(n, q).astype(float)
        # one bin with generated points alone, so that a D without the halves answers 0 there
        fake[0] += 1
        real[-1] += real[0] + 1
        real[0] = 0
        cases.append({"real": real, "fake": fake, "p": p, "q": q})
    return cases


def _two(real, fake, p, q, d=None, weights=None, factor=0.5, offset=2.0):
    d = (real + 0.5) / (real + fake + 1) if d is None else d
    seen_p, seen_q, fresh_p, fresh_q = weights or (real / real.sum(), fake / fake.sum(), p, q)
    return factor * np.array(
        [
            np.sum(a * np.log(offset * d) + b * np.log(offset * (1 - d)))
            for a, b in ((seen_p, seen_q), (fresh_p, fresh_q))
        ]
    )


SEEN_AND_FRESH = Exercise(
    id="03.seen_and_fresh",
    title="On the training samples, and on fresh ones",
    reference=seen_and_fresh,
    cases=_counts,
    shape="Return an array of two numbers: the estimate on the training points, then that on fresh ones.",
    checks=(
        Check("on the training points", lambda case, got, want: np.allclose(got["value"][0], want["value"][0], atol=1e-9), "The first number differs from the mean over the training points. Each bin counts as often as points fell into it, over n."),
        Check("on fresh points", lambda case, got, want: np.allclose(got["value"][1], want["value"][1], atol=1e-9), "The second number differs from the true mean: each bin counts with its true mass, p for log(2D) and q for log(2(1 − D))."),
    ),
    hints=(
        "D comes from the counts alone, and is the same in both numbers. Only the weights of the means differ.",
        "On the training points the weights are real/n and fake/n; on fresh ones they are p and q.",
    ),
    wrong=(
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, d=real / (real + fake)), "The halves are missing: where all points of a bin are of one kind, D is 0 or 1, and its logarithm infinite where a point of the other kind falls.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, factor=1.0), "A missing ½: these are bounds on 2 JSD.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, offset=1.0), "The 2 in log(2D) and log(2(1 − D)) is missing: D = ½ must give 0.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, weights=(real, fake, p, q)), "The sum over the training points must be divided by n, their number.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, weights=(real / real.sum(), fake / fake.sum()) * 2), "Both of your numbers are means over the training points. Fresh points fall into the bins as p and q say.", "on fresh points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, d=p / (p + q)), "This D is D* of the bins: it has seen the true masses. The student's D knows only the counts.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q)[::-1], "The order: the training points come first.", "on the training points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q, weights=(real / real.sum(), fake / fake.sum(), q, p)), "p and q have changed places in the second number: log(2D) is averaged over p.", "on fresh points"),
        Wrong(lambda real, fake, p, q: _two(real, fake, p, q)[1], "Two numbers were asked for, in one array.", "shape"),
    ),
    accepted=(_two, lambda real, fake, p, q: [np.log(2) + 0.5 * (a @ np.log((real + 0.5) / (real + fake + 1)) + b @ np.log((fake + 0.5) / (real + fake + 1))) for a, b in ((real / real.sum(), fake / fake.sum()), (p, q))]),
    points=2.0,
)  # fmt: skip
