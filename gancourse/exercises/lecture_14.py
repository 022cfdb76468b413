"""The exercises of lecture 14: remedies, and the clinic's."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close, finite
from gancourse.exercises.lecture_14_clinic import EXERCISES as CLINIC
from gancourse.exercises.lecture_14_packs import PACKED_TV, PACKS
from gancourse.exercises.lecture_14_unrolled import UNROLLED

__all__ = ["EXERCISES"]


# --- noise on D's inputs -------------------------------------------------------------------------


def noisy_logit(x, mean, real_std, fake_std, noise):
    """The best logit of a discriminator whose inputs, real and generated, carry noise N(0, noise²).

    The data are N(0, real_std²), the generator is N(mean, fake_std²).

    Arguments:
        x: array (n,), noisy points; as far as 60 standard deviations out.
        mean: of the generator.
        real_std, fake_std, noise: standard deviations, above zero.

    Returns:
        array (n,): v with σ(v) the probability of *real*; finite.
    """
    p_variance, q_variance = real_std**2 + noise**2, fake_std**2 + noise**2
    ratio = (x - mean) ** 2 / (2 * q_variance) - x**2 / (2 * p_variance)
    return ratio + np.log(q_variance / p_variance) / 2


def _noise_cases(rng):
    return [
        {
            "x": np.concatenate([rng.normal(0, 3, 6), [far]]),
            "mean": rng.uniform(1, 3),
            "real_std": rng.uniform(0.4, 0.9),
            "fake_std": rng.uniform(1.0, 1.6),
            "noise": rng.uniform(0.3, 0.8),
        }
        for far in (-60.0, 60.0)
    ]


def _logit_of(real=lambda s, n: s**2 + n**2, fake=lambda s, n: s**2 + n**2, norm=1.0):
    """The logit with other variances, or another normaliser: right by default."""

    def logit(x, mean, real_std, fake_std, noise):
        a, b = real(real_std, noise), fake(fake_std, noise)
        return (x - mean) ** 2 / (2 * b) - x**2 / (2 * a) + norm * np.log(b / a) / 2

    return logit


def _bare(std, noise):
    return std**2


def _by_densities(x, mean, real_std, fake_std, noise):
    a, b = np.hypot(real_std, noise), np.hypot(fake_std, noise)
    p = np.exp(-(x**2) / (2 * a**2)) / a
    q = np.exp(-((x - mean) ** 2) / (2 * b**2)) / b
    return np.log(p / q)


def _by_scipy(x, mean, real_std, fake_std, noise):
    from scipy.stats import norm

    real, fake = norm(0, np.hypot(real_std, noise)), norm(mean, np.hypot(fake_std, noise))
    return real.logpdf(x) - fake.logpdf(x)


NOISE = Exercise(
    id="14.noisy_logit",
    title="The best logit under instance noise",
    reference=noisy_logit,
    cases=_noise_cases,
    shape="Return one logit for each point of x.",
    checks=(
        Check("finite", finite(), "Far out both densities round to 0, and 0/0 has no logarithm. Subtract log-densities."),
        Check("values", close(finite_only=True), "The logits differ. D sees p ∗ N(0, s²) and q ∗ N(0, s²): two Gaussians whose variances are sums. Its best logit is log p − log q of these."),
    ),
    hints=(
        "The sum of two independent Gaussians is a Gaussian; what adds up?",
        "Variances: real_std² + noise² and fake_std² + noise². The best logit is the difference of the two log-densities.",
        "(x − mean)²/2b − x²/2a + ½ log(b/a), with these variances a and b.",
    ),
    wrong=(
        Wrong(_logit_of(fake=_bare), "Noise on one side only, on the data: D then tells clean from noisy, and the generator that it cannot catch is p ∗ N(0, s²), too wide.", "values"),
        Wrong(_logit_of(real=_bare), "Noise on one side only, on generated points: the generator that D cannot catch would have to be narrower than the data.", "values"),
        Wrong(_logit_of(lambda s, n: (s + n) ** 2, lambda s, n: (s + n) ** 2), "You added standard deviations. Of independent parts the variances add.", "values"),
        Wrong(_logit_of(lambda s, n: s**2 + n, lambda s, n: s**2 + n), "noise is a standard deviation: its square adds to the variance.", "values"),
        Wrong(_logit_of(_bare, _bare), "There is no noise in your answer.", "values"),
        Wrong(_logit_of(norm=0.0), "The normalisers are missing: densities of different widths have different heights, ½ log(b/a).", "values"),
        Wrong(lambda *a: -_logit_of()(*a), "The sign: D is the probability of *real*, so the logit is log p − log q.", "values"),
        Wrong(lambda *a: 1 / (1 + np.exp(-_logit_of()(*a))), "You return the probability σ(v). Asked for is its logit v.", "values"),
        Wrong(_by_densities, "Far out both densities round to 0, and log(0/0) is NaN: work with log-densities from the start.", "finite"),
    ),
    accepted=(_by_scipy, _logit_of()),
    points=2.0,
)  # fmt: skip


# --- one-sided label smoothing ---------------------------------------------------------------------


def smoothed_discriminator(p, q, real_label):
    """The best discriminator where the data are labelled real_label, a little below 1, and fakes 0.

    Its loss is the cross-entropy to these labels: at a point it is
    −p (α log D + (1 − α) log(1 − D)) − q log(1 − D).

    Arguments:
        p, q: arrays (n,), densities of data and generator; not both are zero at a point.
        real_label: α, from ½ to 1.

    Returns:
        array (n,): D, the output at which the loss is least.
    """
    return real_label * p / (p + q)


def _label_cases(rng):
    def densities():
        p, q = rng.uniform(0.1, 3, (2, 8))
        p[0], q[1] = 0.0, 0.0
        return {"p": p, "q": q}

    return [{**densities(), "real_label": label} for label in (0.9, rng.uniform(0.6, 0.8))]


SMOOTHING = Exercise(
    id="14.smoothed_discriminator",
    title="The best discriminator under one-sided smoothing",
    reference=smoothed_discriminator,
    cases=_label_cases,
    shape="Return one number for each point.",
    checks=(
        Check("values", close(), "The outputs differ. Collect what stands at log D and at log(1 − D), and use that a log y + b log(1 − y) is largest at y = a/(a + b)."),
    ),
    hints=(
        "At log D stands αp. What stands at log(1 − D)?",
        "a = αp and b = (1 − α)p + q; then a/(a + b).",
    ),
    wrong=(
        Wrong(lambda p, q, a: (a * p + (1 - a) * q) / (p + q), "You smoothed both sides. With a label above 0 on fakes, D is that label where only the generator is: it says nothing about which way the data lie.", "values"),
        Wrong(lambda p, q, a: a * p / (a * p + q), "The (1 − α)p at log(1 − D) is missing: the data pull D down a little too. Yours is the optimum for unequal shares of data and fakes.", "values"),
        Wrong(lambda p, q, a: p / (p + q), "This is D* without smoothing.", "values"),
        Wrong(lambda p, q, a: np.minimum(p / (p + q), a), "Smoothing does not cut D* off at α; it multiplies.", "values"),
        Wrong(lambda p, q, a: 1 - a * p / (p + q), "This is the probability of *generated*; D is that of *real*.", "values"),
    ),
    accepted=(lambda p, q, a: a / (1 + np.divide(q, p, out=np.full_like(q, np.inf), where=p > 0)),),
    points=1.0,
)  # fmt: skip


EXERCISES = (UNROLLED, PACKS, PACKED_TV, NOISE, SMOOTHING, *CLINIC)
