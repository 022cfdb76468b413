"""The main exercise of lecture 07: the slope of JSD in θ under noise, by quadrature."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, finite

__all__ = ["JS_SLOPE"]


def js_slope(theta, std):
    """d/dθ JSD(p, q) of p = N(0, std²) and q = N(θ, std²), that is (θ/2σ²) E_q D*, by quadrature.

    Arguments:
        theta: the generator's place, a number of either sign; as far as 150 standard deviations out.
        std: the standard deviation σ of the noise, which may be 0.01 or 50.

    Returns:
        float, in nats per unit of θ; right to four digits, and 0 where it is too small for a float.
    """
    z = np.linspace(-12, 12, 2401)
    x = theta + std * z
    logit = (theta**2 - 2 * theta * x) / (2 * std**2)  # log p − log q
    d = 1 / (1 + np.exp(-logit))
    return theta / (2 * std**2) * np.sum(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * d) * (z[1] - z[0])


def _cases(rng):
    return [
        {"theta": rng.uniform(0.8, 1.4), "std": rng.uniform(0.6, 0.9)},
        {"theta": -rng.uniform(0.5, 1.0), "std": rng.uniform(1.1, 1.5)},
        {"theta": 0.01 * rng.uniform(1.0, 3.0), "std": 0.01},
        {"theta": 50 * rng.uniform(1.0, 2.0), "std": 50.0},
        {"theta": 120 * rng.uniform(1.0, 1.2), "std": 1.0},
    ]


def _kind(case):
    if case["std"] in (0.01, 50.0):
        return "other units"
    return "far" if case["std"] == 1.0 else "values"


def _right(kind):
    # a fixed tolerance relative to 1/σ, the unit of the slope
    return lambda case, got, want: _kind(case) != kind or abs(got["value"] - want["value"]) <= 1e-4 * (abs(want["value"]) + 1e-6 / case["std"])  # fmt: skip


def _density(x, mean, std):
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))


def _log_density(x, mean, std):
    return -0.5 * ((x - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)


def _grid(theta, std, n=8001):
    return np.linspace(min(0, theta) - 12 * std, max(0, theta) + 12 * std, n)


def _js(theta, std):
    x = _grid(theta, std)
    log_p, log_q = _log_density(x, 0.0, std), _log_density(x, theta, std)
    terms = np.exp(log_p) * np.logaddexp(0, log_q - log_p) + np.exp(log_q) * np.logaddexp(0, log_p - log_q)
    return np.log(2) - 0.5 * np.sum(terms) * (x[1] - x[0])


def _mean_d(theta, std, data=False):
    """E D* under q, or under p, from log-densities."""
    x = _grid(theta, std)
    logit = _log_density(x, 0.0, std) - _log_density(x, theta, std)
    density = _density(x, 0.0 if data else theta, std)
    return np.sum(density / (1 + np.exp(-logit))) * (x[1] - x[0])


def _by_difference(theta, std):
    h = 1e-4 * std
    return (_js(theta + h, std) - _js(theta - h, std)) / (2 * h)


def _by_sech(theta, std):
    t, u = abs(theta) / std, np.linspace(-12, 12, 4801)
    weight = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) * (u[1] - u[0])
    return np.sign(theta) * t / 4 / std * np.exp(-(t**2) / 8) * np.sum(weight / np.cosh(t * u / 2))


def _by_score(theta, std):
    z = np.linspace(-12, 12, 4801)
    x, weight = theta + std * z, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    log_ratio = theta * x / std**2 - theta**2 / (2 * std**2)  # log q − log p
    return 0.5 * np.sum(weight * z / std * (np.log(2) - np.logaddexp(0, -log_ratio)))


def _forward(theta, std):
    h = 0.01 * std
    return (_js(theta + h, std) - _js(theta, std)) / h


def _bare_densities(theta, std):
    x = _grid(theta, std)
    p, q = _density(x, 0.0, std), _density(x, theta, std)
    return theta / (2 * std**2) * np.sum(q * p / (p + q)) * (x[1] - x[0])


def _fixed_grid(theta, std):
    x = np.linspace(-20, 20, 4001)
    logit = (theta**2 - 2 * theta * x) / (2 * std**2)
    q = np.exp(-0.5 * ((x - theta) / std) ** 2) / (std * np.sqrt(2 * np.pi))
    return theta / (2 * std**2) * np.sum(q / (1 + np.exp(-logit))) * (x[1] - x[0])


JS_SLOPE = Exercise(
    id="07.js_slope",
    title="The slope of JSD under noise",
    reference=js_slope,
    cases=_cases,
    checks=(
        Check("values", _right("values"), "The number differs from dJSD/dθ. Compare it with a central difference of JSD; it has the sign of θ, and is about θ/(4σ²) near 0."),
        Check("other units", _right("other units"), "For a noise of 0.01 or 50 the answer is off. Does your grid, or your step, grow with σ?"),
        Check("finite", finite(), "The answer is not finite where θ is far out: both densities round to zero half-way. Take the logit log p − log q in closed form."),
    ),
    hints=(
        "On the grid x = θ + σ z with z from −12 to 12 the weights of q are exp(−z²/2)/√(2π) · dz, for every θ and σ.",
        "D* = σ(v) with v = log p − log q = (θ² − 2θx)/(2σ²): no density is needed.",
        "Multiply the mean of D* over q by θ/(2σ²).",
    ),
    wrong=(
        Wrong(lambda theta, std: theta / std**2, "This is the slope of KL, θ/σ². That of JSD is half of it, times the mean of D* at the generated points.", "values"),
        Wrong(lambda theta, std: theta / (2 * std**2), "The factor E_q D* is missing: it is what makes the slope vanish where D is sure.", "values"),
        Wrong(lambda theta, std: 2 * js_slope(theta, std), "Twice too much: the slope of 2 JSD, or a central difference divided by h in place of 2h.", "values"),
        Wrong(lambda theta, std: theta / (2 * std) * _mean_d(theta, std), "σ for σ²: the logit (θ² − 2θx)/(2σ²) has the slope −θ/σ² in x.", "values"),
        Wrong(lambda theta, std: js_slope(theta, np.sqrt(std)), "You took the argument for a variance: it is the standard deviation σ.", "values"),
        Wrong(_forward, "A one-sided difference is wrong by about h/2 times the curvature. Take both sides, (f(θ + h) − f(θ − h))/(2h), or the closed form.", "values"),
        Wrong(lambda theta, std: abs(js_slope(theta, std)), "The sign is lost: left of the data the divergence falls as θ grows, so the slope is negative there.", "values"),
        Wrong(lambda theta, std: -js_slope(theta, std), "The sign: this is the push of a descent, minus the slope. JSD grows as θ moves away from 0.", "values"),
        Wrong(lambda theta, std: theta / (2 * std**2) * _mean_d(theta, std, data=True), "That is the mean of D* over the data, or of 1 − D* over the generated points, which here are the same. It is D*, the probability of *real*, that is averaged over q: small at a fake that is far away.", "values"),
        Wrong(lambda theta, std: js_slope(theta, std) / np.log(2), "This is in bits: nats were asked for.", "values"),
        Wrong(_js, "This is JSD itself. Its derivative in θ was asked for.", "values"),
        Wrong(_fixed_grid, "Your grid does not know σ: at σ = 0.01 its points are too far apart, and at σ = 50 it ends too early. Let it run from θ − 12σ to θ + 12σ.", "other units"),
        Wrong(_bare_densities, "p and q both round to 0 half-way between distant means, and 0/0 is no number. Take D* from the logit (θ² − 2θx)/(2σ²).", "finite"),
    ),
    accepted=(_by_difference, _by_sech, _by_score, lambda theta, std: theta / (2 * std**2) * _mean_d(theta, std)),
    points=3.0,
)  # fmt: skip
