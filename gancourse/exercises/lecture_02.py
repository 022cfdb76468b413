"""The exercises of lecture 02: the optimal discriminator."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close, finite

__all__ = ["EXERCISES"]


# --- B1: the ladder ------------------------------------------------------------------------------


def _points(rng):
    # densities may exceed one: a and b are not restricted to (0, 1]
    return [
        {"a": a, "b": b, "y": y}
        for a, b, y in zip(*rng.uniform([[0.1], [0.1], [0.1]], [[4.0], [4.0], [0.9]], (3, 6)), strict=True)
    ]


def _without_y(rng):
    return [{"a": case["a"], "b": case["b"]} for case in _points(rng)]


_VALUES = Check(
    "values", close(), "The numbers differ from the right line. Differentiate once more, term by term."
)

POINTWISE = Ladder(
    id="02.pointwise",
    title="The best y for weights a and b",
    rungs=(
        Exercise(
            id="02.pointwise.slope",
            title="slope",
            statement="the derivative of a log y + b log(1 − y) with respect to y",
            reference=lambda a, b, y: a / y - b / (1 - y),
            cases=_points,
            checks=(_VALUES,),
            hints=("d/dy log y = 1/y.", "log(1 − y) has the inner derivative −1."),
            wrong=(
                Wrong(lambda a, b, y: a / y + b / (1 - y), "The sign of the second term: 1 − y has the inner derivative −1.", "values"),
                Wrong(lambda a, b, y: b / y - a / (1 - y), "a and b have changed places.", "values"),
                Wrong(lambda a, b, y: (a / y - b / (1 - y)) / np.log(2), "That is the derivative of base-2 logarithms; here log is natural.", "values"),
            ),
            accepted=(lambda a, b, y: (a - (a + b) * y) / (y * (1 - y)),),
            points=0.5,
        ),
        Exercise(
            id="02.pointwise.root",
            title="root",
            statement="the y at which this derivative is zero",
            reference=lambda a, b: a / (a + b),
            cases=_without_y,
            checks=(Check("values", close(), "Put your y into the derivative: it is not zero there."),),
            hints=("Multiply a/y = b/(1 − y) by y(1 − y).", "a(1 − y) = b y."),
            wrong=(
                Wrong(lambda a, b: b / (a + b), "This is 1 − y*: a(1 − y) = b y, solved for 1 − y.", "values"),
                Wrong(lambda a, b: a / b, "a/b is the odds y/(1 − y), not y.", "values"),
                Wrong(lambda a, b: min(a, 1) / (min(a, 1) + min(b, 1)), "Do not clip: a and b are densities and may exceed one.", "values"),
            ),
            accepted=(lambda a, b: 1 / (1 + b / a),),
            points=0.5,
        ),
        Exercise(
            id="02.pointwise.curvature",
            title="curvature",
            statement="the second derivative with respect to y: is the root a maximum?",
            reference=lambda a, b, y: -a / y**2 - b / (1 - y) ** 2,
            cases=_points,
            checks=(_VALUES,),
            hints=("d/dy (1/y) = −1/y².", "Both terms are negative: the function is strictly concave."),
            wrong=(
                Wrong(lambda a, b, y: -a / y**2 + b / (1 - y) ** 2, "The sign of the second term: −b/(1 − y) has derivative −b/(1 − y)².", "values"),
                Wrong(lambda a, b, y: a / y**2 + b / (1 - y) ** 2, "The sign: a positive second derivative would make the root a minimum.", "values"),
                Wrong(lambda a, b, y: -a / y - b / (1 - y), "The powers: differentiating 1/y gives −1/y².", "values"),
            ),
            accepted=(lambda a, b, y: -(a * (1 - y) ** 2 + b * y**2) / (y * (1 - y)) ** 2,),
            points=0.5,
        ),
        Exercise(
            id="02.pointwise.top",
            title="top",
            statement="the value of a log y + b log(1 − y) at the root, in a and b alone (a, b > 0)",
            reference=lambda a, b: a * np.log(a / (a + b)) + b * np.log(b / (a + b)),
            cases=_without_y,
            checks=(Check("values", close(), "Put y = a/(a + b) into a log y + b log(1 − y)."),),
            hints=("1 − a/(a + b) = b/(a + b).",),
            wrong=(
                Wrong(lambda a, b: a * np.log(a / (a + b)) - b * np.log(b / (a + b)), "The two terms are added.", "values"),
                Wrong(lambda a, b: np.log(a / (a + b)) + np.log(b / (a + b)), "The weights a and b in front of the logarithms are missing.", "values"),
                Wrong(lambda a, b: a * np.log2(a / (a + b)) + b * np.log2(b / (a + b)), "That is in bits; log is natural here, so the value is in nats.", "values"),
            ),
            accepted=(lambda a, b: a * np.log(a) + b * np.log(b) - (a + b) * np.log(a + b),),
            points=0.5,
        ),
    ),
)  # fmt: skip


# --- B1: the main exercise -----------------------------------------------------------------------


def optimal_discriminator(p, q):
    """The discriminator that no other beats, given both densities.

    Arguments:
        p: array, density of the data at some points; zero or above, may exceed one.
        q: array of the same shape, density of the generator at the same points; p + q > 0.

    Returns:
        array of the same shape: the probability that a point is *real*.
    """
    return p / (p + q)


def _density_cases(rng):
    return [
        {"p": rng.uniform(0.05, 1.0, 6), "q": rng.uniform(0.05, 1.0, 6)},
        {"p": rng.uniform(1.0, 30.0, (2, 3)), "q": rng.uniform(1.0, 30.0, (2, 3))},
        {"p": np.array([0.0, 0.7, 0.1]), "q": np.array([0.4, 0.0, 0.1]) * rng.uniform(0.5, 2.0)},
        {"p": rng.uniform(1, 2, 3) * 1e-200, "q": rng.uniform(1, 2, 3) * 1e-200},
    ]


def _is_tail(case):
    return case["p"].max() < 1e-100


def _by_ratio(p, q):
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.exp(np.log(q) - np.log(p)))


def _in_place(p, q):
    p /= p + q
    return p


OPTIMAL = Exercise(
    id="02.optimal_discriminator",
    title="The optimal discriminator",
    reference=optimal_discriminator,
    cases=_density_cases,
    shape="Return an array of the shape of `p`, one probability for each point.",
    checks=(
        Check("values", lambda case, got, want: _is_tail(case) or close()(case, got, want), "The numbers differ from the maximum of p log D + q log(1 − D). Climb the ladder above first."),
        Check("far tails", lambda case, got, want: not _is_tail(case) or close()(case, got, want), "Where both densities are tiny the answer is off: something was added to them or clipped. Only their ratio matters."),
        Check("inputs kept", lambda case, got, want: got["inputs kept"], "Your function changes `p` or `q` of the caller. Compute into a new array (`p / (p + q)`, not `p /= …`)."),
    ),
    hints=(
        "At one point x, with a = p(x) and b = q(x), which y maximises a log y + b log(1 − y)?",
        "Set the derivative a/y − b/(1 − y) to zero and solve for y.",
        "D*(x) = p(x) / (p(x) + q(x)).",
    ),
    wrong=(
        Wrong(lambda p, q: q / (p + q), "This is the probability of *fake*: the roles of p and q are exchanged. D is the probability of *real*.", "values"),
        Wrong(lambda p, q: p / q, "p/q is the density ratio, D/(1 − D): it can exceed one. Which D has these odds?", "values"),
        Wrong(lambda p, q: np.where(p > q, 1.0, 0.0), "This is the best *decision* (real or fake). D is a probability: how sure may one be at each point?", "values"),
        Wrong(lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)), "A softmax of the densities is not the ratio of the densities: no exponential belongs here.", "values"),
        Wrong(lambda p, q: np.minimum(p, 1) / (np.minimum(p, 1) + np.minimum(q, 1)), "Do not clip: p and q are densities, and a density may exceed one.", "values"),
        Wrong(lambda p, q: p / ((p + q) / 2), "A factor 2: this is p/m with m = (p + q)/2, and it can reach 2. D* = p/(p + q).", "values"),
        Wrong(lambda p, q: p / (p + q + 1e-8), "A small number in the denominator is a wrong answer in the tails, where p and q are smaller still.", "far tails"),
        Wrong(lambda p, q: np.mean(p / (p + q)), "You averaged over the points: D* is a function of x, so return one value for each point.", "shape"),
        Wrong(_in_place, "The numbers are right, but your function overwrites the caller's `p`. Compute into a new array.", "inputs kept"),
    ),
    accepted=(_by_ratio, lambda p, q: 1 - q / (p + q), lambda p, q: np.reshape([a / (a + b) for a, b in zip(p.ravel(), q.ravel(), strict=True)], p.shape)),
    points=3.0,
)  # fmt: skip


# --- D* by hand ----------------------------------------------------------------------------------


def two_gaussians(x, mean_p, std_p, mean_q, std_q):
    """D* for p = N(mean_p, std_p²) and q = N(mean_q, std_q²), right however far out x lies.

    Arguments:
        x: array of points, any shape; up to 100 standard deviations from both means.
        mean_p, std_p: mean and standard deviation of the data.
        mean_q, std_q: mean and standard deviation of the generator.

    Returns:
        array of the shape of x: the probability of *real*.
    """
    logit = np.log(std_q / std_p) - (x - mean_p) ** 2 / (2 * std_p**2) + (x - mean_q) ** 2 / (2 * std_q**2)
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small))


def _gaussian_cases(rng):
    near = [
        {"x": rng.normal(0, 1.5, 5), "mean_p": rng.normal(), "std_p": rng.uniform(0.6, 0.9), "mean_q": rng.normal(), "std_q": rng.uniform(1.2, 2.0)}
        for _ in range(3)
    ]  # fmt: skip
    far = {"x": np.array([-90.0, -45.0, 45.0, 90.0]), "mean_p": rng.uniform(-1, -0.5), "std_p": 1.0, "mean_q": rng.uniform(0.5, 1), "std_q": 1.0}  # fmt: skip
    return [*near, far]


def _sigmoid(v):
    return 0.5 * (1 + np.tanh(v / 2))


def _densities_first(x, mean_p, std_p, mean_q, std_q):
    p = np.exp(-((x - mean_p) ** 2) / (2 * std_p**2)) / (np.sqrt(2 * np.pi) * std_p)
    q = np.exp(-((x - mean_q) ** 2) / (2 * std_q**2)) / (np.sqrt(2 * np.pi) * std_q)
    return p / (p + q)


def _by_loggauss(x, mean_p, std_p, mean_q, std_q):
    from scipy.special import expit
    from scipy.stats import norm

    return expit(norm.logpdf(x, mean_p, std_p) - norm.logpdf(x, mean_q, std_q))


def _gauss_wrong(normaliser=1.0, half=0.5, power=2, sign=1.0):
    def wrong(x, mean_p, std_p, mean_q, std_q):
        logit = normaliser * np.log(std_q / std_p)
        logit = logit - half * (x - mean_p) ** 2 / std_p**power + half * (x - mean_q) ** 2 / std_q**power
        return _sigmoid(sign * logit)

    return wrong


TWO_GAUSSIANS = Exercise(
    id="02.two_gaussians",
    title="D* of two Gaussians, by hand",
    reference=two_gaussians,
    cases=_gaussian_cases,
    shape="Return an array of the shape of `x`.",
    checks=(
        Check("no NaN", finite(), "Far out both densities underflow to 0 and their quotient is 0/0 = NaN. Take the difference of the *log*-densities, and the sigmoid of that."),
        Check("values", close(finite_only=True), "The numbers differ from σ(log p(x) − log q(x)). Write out both log-densities, normalisers included."),
    ),
    hints=(
        "D* = σ(v*) with v* = log p(x) − log q(x).",
        "log N(x; m, s²) = −(x − m)²/(2s²) − log s − ½ log 2π.",
        "v* = log(std_q/std_p) − (x − mean_p)²/(2 std_p²) + (x − mean_q)²/(2 std_q²).",
    ),
    wrong=(
        Wrong(_densities_first, "Right near the middle; far out p and q both underflow to 0, and 0/0 is NaN. Subtract log-densities instead.", "no NaN"),
        Wrong(_gauss_wrong(normaliser=0.0), "The normalisers are missing: the two densities have different widths, so log(std_q/std_p) stays in the logit.", "values"),
        Wrong(_gauss_wrong(half=1.0), "A missing ½: the exponent of a Gaussian is −(x − m)²/(2s²).", "values"),
        Wrong(_gauss_wrong(power=1), "The standard deviation must be squared in the exponent: −(x − m)²/(2s²).", "values"),
        Wrong(_gauss_wrong(sign=-1.0), "The sign: this is σ(log q − log p), the probability of *fake*.", "values"),
        Wrong(_gauss_wrong(normaliser=-1.0), "The sign of the normaliser: −log std_p + log std_q = log(std_q/std_p).", "values"),
        Wrong(lambda x, mean_p, std_p, mean_q, std_q: np.mean(_gauss_wrong()(x, mean_p, std_p, mean_q, std_q)), "You averaged over the points: return one value for each x.", "shape"),
    ),
    accepted=(_by_loggauss, _gauss_wrong()),
    points=2.0,
)  # fmt: skip


# --- A2: the value function as logistic regression -----------------------------------------------


def discriminator_loss(real_logits, fake_logits):
    """Minus the value function on two batches: −mean log σ(v_real) − mean log(1 − σ(v_fake)).

    Arguments:
        real_logits: array (n,), the discriminator's logits on data; |v| may be as large as 1,000.
        fake_logits: array (m,), its logits on generated points; m need not be n.

    Returns:
        float, in nats; finite for finite logits.
    """
    return np.mean(np.logaddexp(0, -real_logits)) + np.mean(np.logaddexp(0, fake_logits))


def _logit_cases(rng):
    return [
        {"real_logits": rng.normal(1, 2, 6), "fake_logits": rng.normal(-1, 2, 6)},
        {"real_logits": rng.normal(0, 1, 4), "fake_logits": rng.normal(0, 3, 9)},
        {
            "real_logits": np.array([800.0, -900.0]),
            "fake_logits": np.array([700.0, -1000.0]) * rng.uniform(0.9, 1),
        },
    ]


def _from_probabilities(epsilon):
    def wrong(real_logits, fake_logits):
        real, fake = _sigmoid(real_logits), _sigmoid(fake_logits)
        return -np.mean(np.log(real + epsilon)) - np.mean(np.log(1 - fake + epsilon))

    return wrong


def _by_maximum(real_logits, fake_logits):
    def softplus(v):
        return np.maximum(v, 0) + np.log1p(np.exp(-np.abs(v)))

    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def _pooled(real_logits, fake_logits):
    return np.mean(np.concatenate([np.logaddexp(0, -real_logits), np.logaddexp(0, fake_logits)]))


LOSS = Exercise(
    id="02.discriminator_loss",
    title="The discriminator's loss, on logits",
    reference=discriminator_loss,
    cases=_logit_cases,
    shape="Return one number: the sum of two means.",
    checks=(
        Check("finite", finite(), "For large logits σ(v) rounds to 0 or 1 and its logarithm is −∞. Use −log σ(v) = softplus(−v) = `np.logaddexp(0, -v)`."),
        Check("values", close(finite_only=True), "The number differs from −mean log σ(v_real) − mean log(1 − σ(v_fake)). Try one logit of each kind by hand."),
    ),
    hints=(
        "−log σ(v) = log(1 + e^−v), which is called softplus(−v).",
        "1 − σ(v) = σ(−v), so −log(1 − σ(v)) = softplus(v).",
        "`np.logaddexp(0, v)` is softplus(v) and never overflows.",
    ),
    wrong=(
        Wrong(_from_probabilities(0.0), "σ(v) rounds to 0 or 1 for large |v|, and log 0 = −∞. Never take the log of a sigmoid: use softplus.", "finite"),
        Wrong(_from_probabilities(1e-8), "Adding a small number inside the log hides the overflow and caps the loss near 18 nats: it is wrong where it matters most. Use softplus.", "values"),
        Wrong(lambda real_logits, fake_logits: -discriminator_loss(real_logits, fake_logits), "The sign: this is the value V, which D *maximises*. A loss is minimised.", "values"),
        Wrong(lambda real_logits, fake_logits: discriminator_loss(-real_logits, -fake_logits), "The labels are exchanged: D is the probability of *real*, so real logits should be pushed up.", "values"),
        Wrong(lambda real_logits, fake_logits: np.mean(np.logaddexp(0, -real_logits)) + np.mean(np.logaddexp(0, -fake_logits)), "The fake half is −mean log σ(v_fake): that is the generator's loss. D wants 1 − σ(v_fake) large.", "values"),
        Wrong(_pooled, "You took one mean over both batches. V is the *sum* of two means: this loses a factor 2, and misweighs batches of different size.", "values"),
        Wrong(lambda real_logits, fake_logits: np.sum(np.logaddexp(0, -real_logits)) + np.sum(np.logaddexp(0, fake_logits)), "You summed over the batch: take the mean, so that the loss does not grow with the batch.", "values"),
        Wrong(lambda real_logits, fake_logits: np.logaddexp(0, -real_logits), "Return one number: the mean over the real batch plus the mean over the fake batch.", "shape"),
    ),
    accepted=(_by_maximum, lambda real_logits, fake_logits: float(discriminator_loss(real_logits, fake_logits))),
    points=2.0,
)  # fmt: skip

EXERCISES = (POINTWISE, OPTIMAL, TWO_GAUSSIANS, LOSS)
