"""The two exercises of lecture 01 on moving: the generator's gradient by hand, and one round of the game."""

import numpy as np
from scipy.special import expit

from gancourse.exercises._exercise import Check, Exercise, Wrong

__all__ = ["GRADIENT", "ROUND"]


# --- A4: what the teacher says -------------------------------------------------------------------


def generator_gradient(discriminator, generator, noise):
    """The gradient of mean log(1 − D(G(z))) in the generator's two parameters, by hand.

    Arguments:
        discriminator: array (3,), (a, b, c): the logit of D is v(x) = a + b x + c x², and D = σ(v).
        generator: array (2,), (m, s): G(z) = m + s z.
        noise: array (n,), z.

    Returns:
        array (2,): the derivatives with respect to m and to s.
    """
    a, b, c = discriminator
    m, s = generator
    x = m + s * noise
    push = -expit(a + b * x + c * x**2) * (b + 2 * c * x)
    return np.array([np.mean(push), np.mean(push * noise)])


def _teacher_cases(rng):
    return [
        {"discriminator": rng.normal([0.3, 0.8, -0.4], 0.1), "generator": rng.normal([-0.7, 1.3], 0.1), "noise": rng.normal(0.3, 1, 7)}
        for _ in range(3)
    ]  # fmt: skip


def _teacher_wrong(sign=-1.0, factor="d", inner=2.0, chain="z", reduce=np.mean, at="x"):
    def wrong(discriminator, generator, noise):
        a, b, c = discriminator
        x = generator[0] + generator[1] * noise
        v_at = noise if at == "z" else x
        d = expit(a + b * v_at + c * v_at**2)
        weight = {"d": d, "not": 1 - d, "slope": d * (1 - d), "over": 1 / (1 - d), "frozen": np.mean(d)}
        push = sign * weight[factor] * (b + inner * c * v_at)
        return np.array([reduce(push), reduce(push * {"z": noise, "x": x, "none": 1.0}[chain])])

    return wrong


def _one_over(discriminator, generator, noise):
    d, slope = _d_and_slope(discriminator, generator[0] + generator[1] * noise)
    return np.array([np.mean(-slope / (1 - d)), np.mean(-slope / (1 - d) * noise)])


def _d_and_slope(discriminator, x):
    d = expit(discriminator[0] + discriminator[1] * x + discriminator[2] * x**2)
    return d, d * (1 - d) * (discriminator[1] + 2 * discriminator[2] * x)


def _by_matrix(discriminator, generator, noise):
    inputs = np.stack([np.ones_like(noise), noise])
    x = generator @ inputs
    v = np.polyval(discriminator[::-1], x)
    return inputs @ (-np.polyval([2 * discriminator[2], discriminator[1]], x) / (1 + np.exp(-v))) / len(noise)


GRADIENT = Exercise(
    id="01.generator_gradient",
    title="The generator's gradient, by hand",
    reference=generator_gradient,
    cases=_teacher_cases,
    shape="Return an array of two numbers: the derivative in m, and that in s.",
    checks=(
        Check("in m", lambda case, got, want: np.allclose(got["value"][0], want["value"][0], rtol=1e-6, atol=1e-9), "The derivative in m differs from −mean[D′(x)/(1 − D(x))] at x = G(z). Write D′ = D(1 − D)v′ and cancel."),
        Check("in s", lambda case, got, want: np.allclose(got["value"][1], want["value"][1], rtol=1e-6, atol=1e-9), "The derivative in m is right, that in s is not: x = m + s z moves by z for each unit of s."),
    ),
    hints=(
        "The chain has three links: log(1 − D) in D, D in x, x in m and s.",
        "D′(x)/(1 − D(x)) = D(x) v′(x), with v′(x) = b + 2 c x.",
        "dx/dm = 1 and dx/ds = z: the derivatives are −mean(D v′) and −mean(D v′ z).",
    ),
    wrong=(
        Wrong(_teacher_wrong(sign=1.0), "The minus sign is lost, as on one slide of L2: the derivative of log(1 − D) in D is −1/(1 − D). Down this gradient G would make its fakes *less* real.", "in m"),
        Wrong(_teacher_wrong(factor="not"), "This is the gradient of −log D, the non-saturating loss: its factor is 1 − D. Here it is log(1 − D), with the factor D.", "in m"),
        Wrong(_teacher_wrong(factor="slope"), "The factor 1/(1 − D) of the outer logarithm is missing: this is −mean D′, the gradient of −mean D.", "in m"),
        Wrong(_teacher_wrong(factor="over"), "D′ is not v′: D = σ(v), so D′ = D(1 − D)v′, and 1 − D cancels.", "in m"),
        Wrong(_teacher_wrong(inner=1.0), "The derivative of the logit a + b x + c x² is b + 2 c x: a factor 2.", "in m"),
        Wrong(_teacher_wrong(inner=0.0), "The derivative of c x² is missing from v′.", "in m"),
        Wrong(_teacher_wrong(at="z"), "You evaluated D at the noise z. D sees x = G(z) = m + s z.", "in m"),
        Wrong(_teacher_wrong(reduce=np.sum), "You summed over the noise: take the mean.", "in m"),
        Wrong(_teacher_wrong(factor="frozen"), "You averaged D first and multiplied afterwards. The mean is over the product D(x) v′(x), point by point.", "in m"),
        Wrong(lambda d, g, z: np.array([_teacher_wrong()(d, g, z)[1]] * 2), "The derivative in m has a factor z too many: dx/dm = 1. Only dx/ds is z.", "in m"),
        Wrong(_teacher_wrong(chain="none"), "The derivative in s lacks its inner factor: dx/ds = z.", "in s"),
        Wrong(_teacher_wrong(chain="x"), "The inner derivative in s is z, the noise, and not the point x = m + s z.", "in s"),
    ),
    accepted=(_one_over, _by_matrix),
    points=2.0,
)  # fmt: skip


# --- A5: the training step -----------------------------------------------------------------------


def training_round(discriminator, generator, real, noise, fresh_noise, step):
    """One round of the algorithm with k = 1: D one step up V, then G one step down V.

    Arguments:
        discriminator: array (3,), (a, b, c): the logit of D is v(x) = a + b x + c x², and D = σ(v).
        generator: array (2,), (m, s): G(z) = m + s z.
        real: array (n,), a minibatch of data.
        noise: array (n,), the noise for D's step.
        fresh_noise: array (n,), the noise for G's step.
        step: the step size of both.

    Returns:
        array (5,): a, b, c, m, s after the round. The estimate of V is mean log D(real) + mean log(1 − D(fake));
        G goes down mean log(1 − D(G(fresh_noise))).
    """
    d, g = np.array(discriminator), np.array(generator)
    fake = g[0] + g[1] * noise
    up, down = 1 - _d_and_slope(d, real)[0], _d_and_slope(d, fake)[0]
    d = d + step * np.array([np.mean(up * real**j) - np.mean(down * fake**j) for j in range(3)])
    g = g - step * generator_gradient(d, g, fresh_noise)
    return np.concatenate([d, g])


def _round_cases(rng):
    return [
        {
            "discriminator": rng.normal([0.2, 0.5, -0.3], 0.1), "generator": rng.normal([-0.8, 1.2], 0.1),
            "real": rng.normal(1, 1, 8), "noise": rng.normal(size=8), "fresh_noise": rng.normal(size=8), "step": float(rng.uniform(0.2, 0.4)),
        }
        for _ in range(2)
    ]  # fmt: skip


def _round_wrong(real_sign=1.0, fake_sign=1.0, d_sign=1.0, g_sign=-1.0, order="dg", stale=False, fresh=True, reduce=np.mean, share=1.0, game="saturating", still=False):  # fmt: skip
    def answer(discriminator, generator, real, noise, fresh_noise, step):
        d, g = np.array(discriminator), np.array(generator)
        z = fresh_noise if fresh else noise

        def d_move(d, g):
            fake = g[0] + g[1] * noise
            up, down = 1 - _d_and_slope(d, real)[0], _d_and_slope(d, fake)[0]
            slopes = [real_sign * reduce(up * real**j) - fake_sign * reduce(down * fake**j) for j in range(3)]
            return d + d_sign * share * step * np.array(slopes)

        def g_move(d, g):
            x = g[0] + g[1] * z
            value, slope = _d_and_slope(d, x)
            push = -slope / (value if game == "non_saturating" else 1 - value)
            return g + g_sign * step * np.array([reduce(push), reduce(push * z)])

        if order == "gd":
            g = g_move(d, g)
            d = d_move(d, g)
        else:
            moved = d_move(d, g)
            g = g if still else g_move(d if stale else moved, g)
            d = moved
        return np.concatenate([d, g])

    return answer


def _other_labels(discriminator, generator, real, noise, fresh_noise, step):
    fake = generator[0] + generator[1] * noise
    down, up = _d_and_slope(discriminator, real)[0], 1 - _d_and_slope(discriminator, fake)[0]
    slopes = np.array([np.mean(up * fake**j) - np.mean(down * real**j) for j in range(3)])
    d = discriminator + step * slopes
    value, slope = _d_and_slope(d, generator[0] + generator[1] * fresh_noise)
    push = slope / value
    return np.concatenate([d, generator - step * np.array([np.mean(push), np.mean(push * fresh_noise)])])


def _old_d_returned(discriminator, *rest):
    return np.concatenate([discriminator, training_round(discriminator, *rest)[3:]])


def _in_place(discriminator, generator, real, noise, fresh_noise, step):
    fake = generator[0] + generator[1] * noise
    up, down = 1 - _d_and_slope(discriminator, real)[0], _d_and_slope(discriminator, fake)[0]
    discriminator += step * np.array([np.mean(up * real**j) - np.mean(down * fake**j) for j in range(3)])
    generator -= step * generator_gradient(discriminator, generator, fresh_noise)
    return np.concatenate([discriminator, generator])


def _by_features(discriminator, generator, real, noise, fresh_noise, step):
    def features(x):
        return np.vander(x, 3, increasing=True)

    fake = np.polyval(generator[::-1], noise)
    errors = np.concatenate([expit(-features(real) @ discriminator), -expit(features(fake) @ discriminator)])
    slopes = errors @ np.concatenate([features(real), features(fake)]) / len(real)
    d = discriminator + step * slopes
    return np.concatenate([d, generator - step * _by_matrix(d, generator, fresh_noise)])


def _only_d(name):
    part = slice(0, 3) if name == "D" else slice(3, 5)
    return lambda case, got, want: np.allclose(got["value"][part], want["value"][part], rtol=1e-6, atol=1e-9)


ROUND = Exercise(
    id="01.training_round",
    title="One round of the game",
    reference=training_round,
    cases=_round_cases,
    shape="Return one array of five numbers: `np.concatenate([discriminator, generator])`.",
    checks=(
        Check("D's step", _only_d("D"), "a, b, c differ after the round. D's gradient is mean[(1 − D(x))(1, x, x²)] over real points minus mean[D(x)(1, x, x²)] over fakes, and D goes *up*."),
        Check("G's step", _only_d("G"), "D's step is right, G's is not. Which D judges the fakes, on which noise, and which way does G go?"),
        Check("inputs kept", lambda case, got, want: got["inputs kept"], "Your function changes the caller's arrays. Compute into new ones (`d = d + …`, not `d += …`)."),
    ),
    hints=(
        "The derivative of log σ(v) in v is 1 − D, that of log(1 − σ(v)) is −D, and v = a + b x + c x² has the gradient (1, x, x²).",
        "D first, up the slope, with fakes m + s · noise. Then G, down the slope, judged by the *new* D on fakes m + s · fresh_noise.",
        "G's step is the last exercise's gradient, subtracted: `generator - step * gradient`.",
    ),
    wrong=(
        Wrong(_round_wrong(stale=True), "Both moved at once: G was judged by D as it was before its step. The algorithm alternates: D moves, and G hears the new D.", "G's step"),
        Wrong(_round_wrong(d_sign=-1.0), "D went *down* V. D maximises V: add the gradient.", "D's step"),
        Wrong(_round_wrong(g_sign=1.0), "G went *up* V: it made its fakes easier to tell. Subtract the gradient.", "G's step"),
        Wrong(_round_wrong(d_sign=-1.0, g_sign=1.0), "Both signs are turned round: D goes down V and G goes up. D maximises, G minimises.", "D's step"),
        Wrong(_round_wrong(fresh=False), "G's step uses `noise` again. Each minibatch is fresh: G is judged on `fresh_noise`.", "G's step"),
        Wrong(_round_wrong(reduce=np.sum), "You summed over the minibatch: take means, or the step grows with the batch.", "D's step"),
        Wrong(_round_wrong(share=0.5), "A factor ½: V is the *sum* of the two means, not their average. (That is the cross-entropy, −V/2.)", "D's step"),
        Wrong(_other_labels, "The labels are exchanged: your D learns the probability of *fake*. In this course D is the probability of real.", "D's step"),
        Wrong(_old_d_returned, "You return a, b, c as they were before the round. D has moved: return the new ones.", "D's step"),
        Wrong(_round_wrong(real_sign=0.0), "D's step leaves out the real points: V has two means.", "D's step"),
        Wrong(_round_wrong(fake_sign=0.0), "D's step leaves out the generated points: V has two means.", "D's step"),
        Wrong(_round_wrong(fake_sign=-1.0), "The sign of D's second mean: log(1 − σ(v)) falls with v, with slope −D.", "D's step"),
        Wrong(_round_wrong(order="gd"), "G moved first, and D then saw fakes of the moved G. The algorithm trains D first.", "D's step"),
        Wrong(_round_wrong(game="non_saturating"), "G's step goes down −log D, the non-saturating loss. The round as set goes down log(1 − D).", "G's step"),
        Wrong(_round_wrong(still=True), "G has not moved.", "G's step"),
        Wrong(_in_place, "The numbers are right, but your function overwrites the caller's arrays: `+=` and `-=` change them in place.", "inputs kept"),
        Wrong(lambda *case: _round_wrong()(*case)[:3], "Return all five numbers: a, b, c and m, s after the round.", "shape"),
    ),
    accepted=(_round_wrong(), _by_features, lambda *case: list(_round_wrong()(*case))),
    points=3.0,
)  # fmt: skip
