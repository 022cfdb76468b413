"""The exercises of lecture 04: generator losses."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong, close, finite

__all__ = ["EXERCISES"]


def _sigmoid(v):
    return 0.5 * (1 + np.tanh(v / 2))


# --- C1: the ladder ------------------------------------------------------------------------------


def _logits(rng):
    return [{"v": v} for v in rng.uniform(-4, 4, 6)]


SLOPES = Ladder(
    id="04.slopes",
    title="How hard each loss pushes the logit",
    rungs=(
        Exercise(
            id="04.slopes.saturating",
            title="saturating",
            statement="the derivative in v of log(1 − σ(v)); `np.exp` is all you need",
            reference=lambda v: -1 / (1 + np.exp(-v)),
            cases=_logits,
            checks=(Check("values", close(), "The number differs. Write log(1 − σ(v)) = −log(1 + eᵛ) and differentiate that."),),
            hints=("1 − σ(v) = 1/(1 + eᵛ).", "d/dv [−log(1 + eᵛ)] = −eᵛ/(1 + eᵛ)."),
            wrong=(
                Wrong(lambda v: 1 / (1 + np.exp(-v)), "The sign: log(1 − D) falls as v rises.", "values"),
                Wrong(lambda v: -1 / (1 + np.exp(v)), "This is the slope of the *non-saturating* loss, −(1 − σ(v)).", "values"),
                Wrong(lambda v: -(1 + np.exp(v)), "This is −1/(1 − D), the slope in *D*. The slope in v has one more factor: dD/dv = D(1 − D).", "values"),
                Wrong(lambda v: -np.exp(v) / (1 + np.exp(v)) ** 2, "This is −D(1 − D), the slope of 1 − D itself: the logarithm is missing.", "values"),
            ),
            accepted=(lambda v: -np.exp(v) / (1 + np.exp(v)), lambda v: -_sigmoid(v)),
            points=0.5,
        ),
        Exercise(
            id="04.slopes.non_saturating",
            title="non-saturating",
            statement="the derivative in v of −log σ(v)",
            reference=lambda v: -1 / (1 + np.exp(v)),
            cases=_logits,
            checks=(Check("values", close(), "The number differs. Write −log σ(v) = log(1 + e⁻ᵛ) and differentiate that."),),
            hints=("−log σ(v) = log(1 + e⁻ᵛ).", "d/dv log(1 + e⁻ᵛ) = −e⁻ᵛ/(1 + e⁻ᵛ)."),
            wrong=(
                Wrong(lambda v: 1 / (1 + np.exp(v)), "The sign: −log D falls as v rises, and that is why the generator pushes v up.", "values"),
                Wrong(lambda v: -1 / (1 + np.exp(-v)), "This is the slope of the *saturating* loss, −σ(v).", "values"),
                Wrong(lambda v: -(1 + np.exp(-v)), "This is −1/D, the slope in *D*. The slope in v has one more factor: dD/dv = D(1 − D).", "values"),
                Wrong(lambda v: -1.0, "A slope of −1 belongs to −v, the sum of the two losses.", "values"),
            ),
            accepted=(lambda v: 1 / (1 + np.exp(-v)) - 1, lambda v: -_sigmoid(-v)),
            points=0.5,
        ),
        Exercise(
            id="04.slopes.ratio",
            title="ratio",
            statement="how many times stronger the non-saturating slope is than the saturating one, at v",
            reference=lambda v: np.exp(-v),
            cases=_logits,
            checks=(Check("values", close(), "The number differs. Divide 1 − σ(v) by σ(v)."),),
            hints=("(1 − D)/D are the odds of *fake*.", "log[(1 − D)/D] = −v."),
            wrong=(
                Wrong(lambda v: np.exp(v), "The other way round: this is saturating over non-saturating, D/(1 − D).", "values"),
                Wrong(lambda v: 1 + np.exp(-v), "This is 1/σ(v): the numerator 1 − σ(v) is missing.", "values"),
                Wrong(lambda v: -np.exp(-v), "Both slopes are negative, so their ratio is positive.", "values"),
                Wrong(lambda v: 1 - 2 * _sigmoid(v), "This is the difference of the two sizes; their quotient is asked for.", "values"),
            ),
            accepted=(lambda v: (1 - _sigmoid(v)) / _sigmoid(v),),
            points=0.5,
        ),
    ),
)  # fmt: skip


# --- C3: the main exercise -----------------------------------------------------------------------


def frozen_gradient(z, mean, std):
    """The gradient of the non-saturating loss in the generator's mean and standard deviation, with D frozen.

    Data p = N(0, 1). The generator makes x = mean + std·z of noise z ~ N(0, 1), so that q = N(mean, std²). D is
    the best discriminator D* = p/(p + q) for *these* two numbers, and it is not moved.

    Arguments:
        z: array (n,), draws of the noise.
        mean, std: numbers, the generator's parameters; the mean may be as large as 60.

    Returns:
        array (2,): the derivatives in mean and in std of the average over z of −log D(mean + std·z), with the
        function D held fixed.
    """
    x = mean + std * z
    v = np.log(std) - x**2 / 2 + z**2 / 2
    uphill = -_sigmoid(-v) * (-x + z / std)
    return np.array([np.mean(uphill), np.mean(uphill * z)])


def _generators(rng):
    near = [{"z": rng.normal(size=30), "mean": m, "std": s} for m, s in zip(rng.uniform(-2, 2, 4), [0.6, 0.8, 1.3, 1.6], strict=True)]  # fmt: skip
    return [*near, {"z": rng.normal(size=10), "mean": rng.uniform(50, 60), "std": 1.2}]


def _frozen(
    weight=lambda v: -_sigmoid(-v), normaliser=1.0, own=1.0, average=np.mean, second=True, chain=True
):
    """Variations of the right answer, each wrong in one place."""

    def wrong(z, mean, std):
        x = mean + std * z
        v = normaliser * np.log(std) - x**2 / 2 + z**2 / 2
        uphill = weight(v) * ((-x + own * z / std) if chain else 1.0)
        return np.array([average(uphill), average(uphill * z if second else uphill)])

    return wrong


def _through_d(z, mean, std):
    x = mean + std * z
    slope = -_sigmoid(-(np.log(std) - x**2 / 2 + z**2 / 2))
    return np.array([np.mean(slope * -x), np.mean(slope * (1 / std - x * z))])


def _by_probabilities(z, mean, std):
    x = mean + std * z
    p, q = np.exp(-(x**2) / 2), np.exp(-(z**2) / 2) / std
    d = p / (p + q)
    uphill = -1 / d * d * (1 - d) * (-x + z / std)
    return np.array([np.mean(uphill), np.mean(uphill * z)])


def _as_a_difference(z, mean, std):
    log_ratio, saturating = _frozen(lambda v: -np.ones_like(v)), _frozen(lambda v: -_sigmoid(v))
    return log_ratio(z, mean, std) - saturating(z, mean, std)


def _with_scipy(z, mean, std):
    from scipy.special import expit
    from scipy.stats import norm

    x = norm.ppf(norm.cdf(z)) * std + mean
    v = norm.logpdf(x) - norm.logpdf(x, mean, std)
    slope = (expit(v) - 1) * ((x - mean) / std**2 - x)
    return [slope.mean(), slope @ z / len(z)]


def _by_hand(z, mean, std):
    total = np.zeros(2)
    for one in z:
        x = mean + std * one
        v = np.log(std) - x**2 / 2 + (x - mean) ** 2 / (2 * std**2)
        total -= np.exp(-np.logaddexp(0, v)) * ((x - mean) / std**2 - x) * np.array([1, one])
    return total / len(z)


FROZEN = Exercise(
    id="04.frozen_gradient",
    title="The non-saturating gradient with D frozen",
    reference=frozen_gradient,
    cases=_generators,
    shape="Return two numbers: the derivative in the mean, and that in the standard deviation.",
    checks=(
        Check("no NaN", finite(), "Far from the data D* underflows to 0, and whatever divides by D is infinite or NaN. Work with the logit v* = log p − log q and the slope −(1 − σ(v))."),
        Check("values", close(finite_only=True), "The numbers differ from the mean of −(1 − σ(v*)) · ∇v*(x) · ∂x/∂θ, with ∂x/∂mean = 1 and ∂x/∂std = z."),
    ),
    hints=(
        "Chain rule through x alone: d/dθ loss(v(x)) = slope in v · ∇v(x) · ∂x/∂θ. What is the slope of −log σ(v)?",
        "v*(x) = log std − x²/2 + (x − mean)²/(2 std²), so ∇v*(x) = −x + (x − mean)/std². As a function of x: mean and std stand still in it.",
        "mean over z of −(1 − σ(v*)) · (−x + z/std), once times 1 and once times z.",
    ),
    wrong=(
        Wrong(_through_d, "You let D* move with the generator: that is the total derivative. D is a *fixed* function here; only x = mean + std·z moves in it.", "values"),
        Wrong(_frozen(lambda v: -_sigmoid(v)), "This is the gradient of the *saturating* loss log(1 − D): its slope in v is −σ(v). The slope of −log D is −(1 − σ(v)).", "values"),
        Wrong(lambda z, mean, std: -frozen_gradient(z, mean, std), "The sign: this is the gradient of +log D, which the generator would have to climb. The loss is −log D.", "values"),
        Wrong(_frozen(lambda v: -1 / _sigmoid(v)), "You used −1/D, the slope of −log D in *D*, with the gradient of the *logit*. In the logit the slope is −(1 − D).", "no NaN"),
        Wrong(_frozen(chain=False), "The chain rule stops too early: after the slope in v comes ∇v*(x) = −x + (x − mean)/std².", "values"),
        Wrong(_frozen(own=-1.0), "The sign of ∇log q: v* = log p − log q, and ∇log q = −(x − mean)/std², so that term enters ∇v* with a *plus*.", "values"),
        Wrong(_frozen(own=0.0), "∇log q is missing: ∇v* = ∇log p − ∇log q. You have only −x, the score of the data.", "values"),
        Wrong(_frozen(lambda v: -np.ones_like(v)), "This is the gradient of KL(q‖p), that of the log-ratio loss −v. The weight 1 − σ(v) is missing.", "values"),
        Wrong(_frozen(lambda v: -1 + _sigmoid(v) / 2), "A factor: this is the gradient of KL(q‖p) − JSD. It is *twice* the JSD that is subtracted.", "values"),
        Wrong(_frozen(second=False), "∂x/∂std = z: the second entry lacks this factor, and so equals the first.", "values"),
        Wrong(_frozen(average=np.sum), "You summed over z: take the mean.", "values"),
        Wrong(_frozen(normaliser=0.0), "The normaliser of q is missing: v* = log p − log q holds log std, and without it D is not D*.", "values"),
        Wrong(_by_probabilities, "Right near the data. Far out D* underflows to 0 and 1/D · D(1 − D) is 0/0: cancel first, the slope in the logit is −(1 − D).", "no NaN"),
    ),
    accepted=(_as_a_difference, _with_scipy, _by_hand),
    points=3.0,
)  # fmt: skip


# --- C1: the loss on logits ----------------------------------------------------------------------


def non_saturating_loss(fake_logits):
    """The non-saturating generator loss of a batch: the mean of −log σ(v).

    Arguments:
        fake_logits: array (n,), the discriminator's logits v at generated points; |v| may be as large as 1,000.

    Returns:
        float, in nats; finite for finite logits.
    """
    return np.mean(np.logaddexp(0, -fake_logits))


def _fake_logits(rng):
    return [
        {"fake_logits": rng.normal(-1, 2, 7)},
        {"fake_logits": rng.normal(2, 1, 4)},
        {"fake_logits": np.array([-900.0, -1.0, 1000.0]) * rng.uniform(0.9, 1)},
    ]


LOSS = Exercise(
    id="04.non_saturating_loss",
    title="The non-saturating loss, on logits",
    reference=non_saturating_loss,
    cases=_fake_logits,
    shape="Return one number: the mean over the batch.",
    checks=(
        Check("finite", finite(), "For v = −900 the probability σ(v) rounds to 0 and its logarithm is −∞. Use −log σ(v) = log(1 + e⁻ᵛ) = `np.logaddexp(0, -v)`."),
        Check("values", close(finite_only=True), "The number differs from the mean of −log σ(v). Try one logit by hand: v = 0 gives log 2."),
    ),
    hints=(
        "−log σ(v) = log(1 + e⁻ᵛ).",
        "`np.logaddexp(0, -v)` is log(e⁰ + e⁻ᵛ) and never overflows.",
    ),
    wrong=(
        Wrong(lambda fake_logits: np.mean(-np.log(_sigmoid(fake_logits))), "σ(−900) rounds to 0, and log 0 = −∞: the loss overflows just where the generator is worst. Never take the log of a sigmoid; use `np.logaddexp(0, -v)`.", "finite"),
        Wrong(lambda fake_logits: np.mean(-np.log(_sigmoid(fake_logits) + 1e-8)), "A small number inside the logarithm stops the overflow and the gradient with it: the loss is capped at 18 nats, where the generator needs it most.", "values"),
        Wrong(lambda fake_logits: -non_saturating_loss(fake_logits), "The sign: mean log D is what the generator *climbs*. A loss is minimised, so it is −log D.", "values"),
        Wrong(lambda fake_logits: -np.mean(np.logaddexp(0, fake_logits)), "This is the *saturating* loss, the mean of log(1 − σ(v)).", "values"),
        Wrong(lambda fake_logits: np.mean(np.logaddexp(0, fake_logits)), "This is the discriminator's loss on fakes, −log(1 − σ(v)): its minimum pushes v *down*.", "values"),
        Wrong(lambda fake_logits: -np.mean(fake_logits), "This is the log-ratio loss −v, the sum of the saturating and the non-saturating one.", "values"),
        Wrong(lambda fake_logits: np.sum(np.logaddexp(0, -fake_logits)), "You summed over the batch: take the mean, so that the loss does not grow with the batch.", "values"),
        Wrong(lambda fake_logits: np.logaddexp(0, -fake_logits), "These are the losses of the single points: return their mean.", "shape"),
    ),
    accepted=(
        lambda fake_logits: float(np.mean(np.maximum(-fake_logits, 0) + np.log1p(np.exp(-np.abs(fake_logits))))),
        lambda fake_logits: np.mean(np.logaddexp(0, fake_logits) - fake_logits),
    ),
    points=1.0,
)  # fmt: skip


# --- the push on a sample ------------------------------------------------------------------------


def push(x, mean_p, std_p, mean_q, std_q):
    """Where descent on the non-saturating loss moves each generated point, with D held at D*.

    Data p = N(mean_p, std_p²·I), generator q = N(mean_q, std_q²·I), both in d dimensions.

    Arguments:
        x: array (n, d), generated points, up to 100 standard deviations from either mean.
        mean_p, mean_q: arrays (d,).
        std_p, std_q: numbers.

    Returns:
        array (n, d): minus the gradient in x of −log D*(x) at each point.
    """
    square_p, square_q = ((x - mean_p) ** 2).sum(1), ((x - mean_q) ** 2).sum(1)
    v = x.shape[1] * np.log(std_q / std_p) - square_p / (2 * std_p**2) + square_q / (2 * std_q**2)
    return _sigmoid(-v)[:, None] * (-(x - mean_p) / std_p**2 + (x - mean_q) / std_q**2)


def _clouds(rng):
    def case(n, d, away=1.0, std_p=None):
        return {
            "x": away * rng.normal(size=(n, d)), "mean_p": rng.normal(size=d), "std_p": std_p or rng.uniform(0.6, 0.9),
            "mean_q": rng.normal(size=d), "std_q": rng.uniform(1.1, 1.6),
        }  # fmt: skip

    return [case(5, 2), case(4, 3), case(6, 2), case(3, 2, away=60.0)]


def _pushed(weight=lambda v: _sigmoid(-v), dim=lambda d: d, power=2, own=1.0):
    def wrong(x, mean_p, std_p, mean_q, std_q):
        to_p, to_q = mean_p - x, mean_q - x
        v = dim(x.shape[1]) * np.log(std_q / std_p)
        v = v - (to_p**2).sum(1) / (2 * std_p**2) + (to_q**2).sum(1) / (2 * std_q**2)
        return weight(v)[:, None] * (to_p / std_p**power - own * to_q / std_q**power)

    return wrong


def _push_by_densities(x, mean_p, std_p, mean_q, std_q):
    d = x.shape[1]
    p = np.exp(-((x - mean_p) ** 2).sum(1) / (2 * std_p**2)) / (np.sqrt(2 * np.pi) * std_p) ** d
    q = np.exp(-((x - mean_q) ** 2).sum(1) / (2 * std_q**2)) / (np.sqrt(2 * np.pi) * std_q) ** d
    return (q / (p + q))[:, None] * (-(x - mean_p) / std_p**2 + (x - mean_q) / std_q**2)


def _push_by_points(x, mean_p, std_p, mean_q, std_q):
    rows = []
    for point in x:
        v = len(point) * (np.log(std_q) - np.log(std_p))
        v += np.sum((point - mean_q) ** 2) / (2 * std_q**2) - np.sum((point - mean_p) ** 2) / (2 * std_p**2)
        rows.append(np.exp(-np.logaddexp(0, v)) * ((point - mean_q) / std_q**2 - (point - mean_p) / std_p**2))
    return np.array(rows)


PUSH = Exercise(
    id="04.push",
    title="The push on a generated point",
    reference=push,
    cases=_clouds,
    shape="Return an array of the shape of `x`: a vector for each point.",
    checks=(
        Check("no NaN", finite(), "Far out p and q both underflow to 0, and their quotient is 0/0. Take v* = log p − log q and 1 − σ(v*)."),
        Check("values", close(finite_only=True), "The vectors differ from (1 − σ(v*)) · (∇log p − ∇log q). Check one point by a difference quotient of −log D*."),
    ),
    hints=(
        "The loss falls fastest along −slope(v) · ∇v, and the slope of −log σ(v) is −(1 − σ(v)).",
        "∇log p = −(x − mean_p)/std_p², and v* = log p − log q.",
        "In d dimensions the normaliser is (2π std²)^(d/2): v* holds d·log(std_q/std_p).",
    ),
    wrong=(
        Wrong(_push_by_densities, "Right near the middle; far out both densities underflow to 0, and 0/0 is NaN. Subtract log-densities.", "no NaN"),
        Wrong(_pushed(own=-1.0), "The sign of ∇log q: it is *subtracted*. The generated points push one another apart; yours pull together.", "values"),
        Wrong(_pushed(own=0.0), "You push along ∇log p alone. ∇v* = ∇log p − ∇log q: without the second term all points run to the modes.", "values"),
        Wrong(_pushed(weight=_sigmoid), "The weight σ(v) belongs to the saturating loss; that of −log D is 1 − σ(v).", "values"),
        Wrong(_pushed(weight=np.ones_like), "The weight 1 − σ(v) is missing: this is the push of the log-ratio loss −v.", "values"),
        Wrong(lambda *a: -push(*a), "The sign: this is the gradient of the loss, which points uphill. The push goes down.", "values"),
        Wrong(_pushed(weight=lambda v: 1 / _sigmoid(v)), "1/D is the slope in *D*. Together with ∇v the slope in the logit is needed, 1 − D.", "no NaN"),
        Wrong(_pushed(dim=lambda d: 1), "In d dimensions the normaliser of a Gaussian is (2π std²)^(d/2), so v* holds *d* · log(std_q/std_p).", "values"),
        Wrong(_pushed(power=1), "∇log p = −(x − mean_p)/std_p²: the standard deviation is squared.", "values"),
        Wrong(lambda *a: np.linalg.norm(push(*a), axis=1), "These are the lengths of the pushes: return the vectors.", "shape"),
    ),
    accepted=(_push_by_points, _pushed()),
    points=2.0,
)  # fmt: skip

EXERCISES = (SLOPES, FROZEN, LOSS, PUSH)
