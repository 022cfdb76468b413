"""The formulas of the f-divergences, a row each, in terms of r = log u where that keeps digits.

With u = p/q a row gives f, its slope f′, the integrand q f(p/q) − f(1) q − f′(1) (p − q), which is nowhere
negative, the conjugate f* and its slope (f*)′, and the output activation g_f.
"""

import math

import numpy as np
from scipy.special import wrightomega

__all__ = ["LOG_2", "alpha_row", "rows"]

LOG_2 = math.log(2)


def softplus(v):
    """log(1 + exp v), elementwise, without overflow."""
    return np.logaddexp(0, v)


def identity(v):
    """v itself, as floats: the activation where the conjugate is finite on the whole line."""
    return v + 0.0


def _over(t, high, function, at=np.inf):
    """``function`` below the upper end of the domain, ``at`` on the end itself, inf above it."""
    safe = np.where(t < high, t, high - 1.0)
    return np.where(t < high, function(safe), np.where(t == high, at, np.inf))


def _square_over(log_a, log_b):
    """(a − b)²/b, from logarithms: neither overflows where b underflows, nor cancels where a ≈ b."""
    r = log_a - log_b
    a, b = np.exp(log_a), np.exp(log_b)
    near = np.abs(r) < 1
    return np.where(near, b * np.expm1(np.where(near, r, 0.0)) ** 2, np.exp(log_a + r) - 2 * a + b)


def _js(p, q, lp, lq):
    r = lp - lq
    return p * (LOG_2 - softplus(-r)) + q * (LOG_2 - softplus(r))


def _gan_conjugate(t):
    """−log(1 − exp t) for t < 0."""
    return -np.where(t > -LOG_2, np.log(-np.expm1(t)), np.log1p(-np.exp(np.minimum(t, 0.0))))


def _js_slope(r):
    return LOG_2 - softplus(-r)


def _jeffrey_log_u(t):
    """log u with log u + 1 − 1/u = t: u = 1/W(exp(1 − t)), and W(exp x) is Wright's ω(x)."""
    w = wrightomega(1 - t)
    # where ω underflows, log ω = 1 − t
    return np.where(w > 0, -np.log(np.where(w > 0, w, 1.0)), t - 1)


def rows():
    """name -> keywords of ``FDivergence``."""
    inf = np.inf
    return {
        "kl": dict(
            text=("u log u", "1 + log u", "exp(t − 1)", "v"),
            f=lambda u, r: u * np.where(u > 0, r, 0.0),
            slope=lambda r: 1 + r,
            terms=lambda p, q, lp, lq: np.where(p > 0, p * (lp - lq), 0.0) - p + q,
            star=lambda t: np.exp(t - 1),
            ratio=lambda t: np.exp(t - 1),
            g=identity, ends=(0.0, inf), threshold=1.0, top=inf,
        ),
        "reverse_kl": dict(
            text=("−log u", "−1/u", "−1 − log(−t)", "−exp(−v)"),
            f=lambda u, r: -r,
            slope=lambda r: -np.exp(-r),
            terms=lambda p, q, lp, lq: np.where(q > 0, q * (lq - lp), 0.0) - q + p,
            star=lambda t: _over(t, 0.0, lambda s: -1 - np.log(-s)),
            ratio=lambda t: _over(t, 0.0, lambda s: -1 / s),
            g=lambda v: -np.exp(-v), ends=(inf, 0.0), threshold=-1.0, top=0.0,
        ),
        "pearson": dict(
            text=("(u − 1)²", "2 (u − 1)", "t + t²/4, and −1 for t < −2", "v"),
            f=lambda u, r: (u - 1) ** 2,
            slope=lambda r: 2 * np.expm1(r),
            terms=lambda p, q, lp, lq: _square_over(lp, lq),
            star=lambda t: np.where(t < -2, -1.0, t + t * t / 4),
            ratio=lambda t: np.maximum(1 + t / 2, 0.0),
            g=identity, ends=(1.0, inf), threshold=0.0, top=inf,
        ),
        "neyman": dict(
            text=("(u − 1)²/u", "1 − 1/u²", "2 − 2 √(1 − t)", "1 − exp(−v)"),
            f=lambda u, r: np.where(r < 0, np.expm1(-r) * -np.expm1(r), (u - 1) * -np.expm1(-r)),
            slope=lambda r: -np.expm1(-2 * r),
            terms=lambda p, q, lp, lq: _square_over(lq, lp),
            star=lambda t: _over(t, 1.0, lambda s: 2 - 2 * np.sqrt(1 - s), at=2.0),
            ratio=lambda t: _over(t, 1.0, lambda s: 1 / np.sqrt(1 - s)),
            g=lambda v: -np.expm1(-v), ends=(inf, 1.0), threshold=0.0, top=1.0,
        ),
        "squared_hellinger": dict(
            text=("(√u − 1)²", "1 − 1/√u", "t/(1 − t)", "1 − exp(−v)"),
            f=lambda u, r: np.expm1(r / 2) ** 2,
            slope=lambda r: -np.expm1(-r / 2),
            terms=lambda p, q, lp, lq: (np.exp(lp / 2) - np.exp(lq / 2)) ** 2,
            star=lambda t: _over(t, 1.0, lambda s: s / (1 - s)),
            ratio=lambda t: _over(t, 1.0, lambda s: (1 - s) ** -2.0),
            g=lambda v: -np.expm1(-v), ends=(1.0, 1.0), threshold=0.0, top=1.0,
        ),
        "jensen_shannon": dict(
            text=(
                "u log u − (u + 1) log((u + 1)/2)", "log(2u/(1 + u))", "−log(2 − exp t)",
                "log 2 − softplus(−v)",
            ),
            f=lambda u, r: _js(u, 1.0, np.where(u > 0, r, -800.0), 0.0),
            slope=_js_slope,
            terms=_js,
            star=lambda t: _over(t, LOG_2, lambda s: _gan_conjugate(s - LOG_2) - LOG_2),
            ratio=lambda t: _over(t, LOG_2, lambda s: 1 / (2 * np.exp(-s) - 1)),
            g=_js_slope, ends=(LOG_2, LOG_2), threshold=0.0, top=LOG_2,
        ),
        "gan": dict(
            text=("u log u − (u + 1) log(u + 1)", "log(u/(1 + u))", "−log(1 − exp t)", "−softplus(−v)"),
            f=lambda u, r: -u * softplus(-np.where(u > 0, r, 0.0)) - np.where(u > 0, softplus(r), 0.0),
            slope=lambda r: -softplus(-r),
            terms=_js,
            star=lambda t: _over(t, 0.0, _gan_conjugate),
            ratio=lambda t: _over(t, 0.0, lambda s: 1 / np.expm1(-s)),
            g=lambda v: -softplus(-v), ends=(0.0, 0.0), threshold=-LOG_2, top=0.0,
        ),
        "total_variation": dict(
            text=("|u − 1|/2", "½ sign(u − 1)", "t, and −½ for t < −½", "½ tanh v"),
            f=lambda u, r: np.abs(u - 1) / 2,
            slope=lambda r: np.sign(r) / 2,
            terms=lambda p, q, lp, lq: np.abs(p - q) / 2,
            star=lambda t: np.where(t > 0.5, np.inf, np.maximum(t, -0.5)),
            ratio=lambda t: np.where(t > 0.5, np.inf, np.where(t < -0.5, 0.0, 1.0)),
            g=lambda v: np.tanh(v) / 2, ends=(0.5, 0.5), threshold=0.0, top=0.5,
        ),
        "jeffrey": dict(
            text=("(u − 1) log u", "1 + log u − 1/u", "w + 1/w + t − 2, w = W(exp(1 − t))", "v"),
            f=lambda u, r: (u - 1) * r,
            slope=lambda r: r - np.expm1(-r),
            terms=lambda p, q, lp, lq: (p - q) * (lp - lq),
            # u − 1 + log u at the touching u: equal to the text, and nothing cancels at t = 0
            star=lambda t: np.expm1(_jeffrey_log_u(t)) + _jeffrey_log_u(t),
            ratio=lambda t: np.exp(_jeffrey_log_u(t)),
            g=identity, ends=(inf, inf), threshold=0.0, top=inf,
        ),
    }  # fmt: skip


def _power(c, r):
    """(exp(c r) − 1)/c, and its limit r at c = 0."""
    return np.expm1(c * r) / c if c else r + 0.0


def alpha_row(a):
    """Keywords of ``FDivergence`` for f = (uᵃ − 1 − a(u − 1))/(a(a − 1)), continuous through a = 0 and 1."""
    b = a - 1

    def of_log(r):
        # both forms are f; near its own limit the first divides by a, the second by a − 1, without cancelling
        if abs(a) < 0.5:
            return (_power(a, r) - np.expm1(r)) / b
        return (np.exp(r) * _power(b, r) - np.expm1(r)) / a

    def terms(p, q, lp, lq):
        r = lp - lq
        near = np.abs(r) < 30  # beyond, exp(r) might overflow where q underflows
        close = q * of_log(np.where(near, r, 0.0))
        if a in (0, 1):
            # the limits are KL(q‖p) and KL(p‖q)
            apart = np.where(p > 0, p * r, 0.0) - p + q if a else np.where(q > 0, -q * r, 0.0) - q + p
        else:
            apart = (np.exp(lq + a * r) - q - a * (p - q)) / (a * b)
        return np.where(near, close, apart)

    def log_ratio(t):
        """log u with f′(u) = t; −inf below the range of f′."""
        if b == 0:
            return t + 0.0
        inner = b * t
        return np.where(inner > -1, np.log1p(np.where(inner > -1, inner, 0.0)), -np.inf) / b

    def star(t):
        r = log_ratio(t)
        with np.errstate(over="ignore", invalid="ignore"):
            values = _power(a, r) if a else r
        if a < 1:
            values = np.where(t > top, np.inf, values)
        return values

    top = -1 / b if a < 1 else np.inf
    return dict(
        text=(
            f"(u^{a:g} − 1 − {a:g}(u − 1))/({a:g}·{b:g})", f"(u^{b:g} − 1)/{b:g}",
            f"((1 + {b:g} t)^({a:g}/{b:g}) − 1)/{a:g}", "v" if a >= 1 else f"{top:g} − softplus(−v)",
        ) if a not in (0, 1) else (
            ("u log u − u + 1", "log u", "exp(t) − 1", "v") if a else
            ("u − 1 − log u", "1 − 1/u", "−log(1 − t)", "1 − softplus(−v)")
        ),
        f=lambda u, r: of_log(r),
        slope=lambda r: _power(b, r),
        terms=terms,
        star=star,
        ratio=lambda t: np.where(t >= top, np.inf, np.exp(log_ratio(np.minimum(t, top)))),
        g=identity if a >= 1 else lambda v: top - softplus(-v),
        ends=(1 / a if a > 0 else np.inf, top), threshold=0.0, top=top,
    )  # fmt: skip
