"""Means of σ and σ′ over a Gaussian logit, to about 1e-14 at every width."""

import numpy as np
from scipy.special import expit, ndtr

__all__ = ["sigmoid_means"]

# The trapezoidal rule on the whole line is exact but for exp(−2π·strip/spacing), the strip being how far the
# integrand is analytic off the real line. Over z the strip of σ(az + b) is π/a: good for a ≤ 1. Over t, the
# logistic variable, that of σ′(t) is π: good for a ≥ 1, where the Gaussian factor is broad.
_Z = np.linspace(-9.0, 9.0, 37)
_Z_WEIGHTS = np.exp(-(_Z**2) / 2) / np.sqrt(2 * np.pi) * (_Z[1] - _Z[0])
_T = np.linspace(-38.0, 38.0, 153)
_T_WEIGHTS = expit(_T) * expit(-_T) * (_T[1] - _T[0])


def sigmoid_means(spread, centre):
    r"""E σ(v) and E σ′(v) for v from N(centre, spread²).

    Narrow logits are summed over z. For wide ones σ is written as the distribution function of a logistic
    variable, so that E σ(az + b) = ∫ σ′(t) Φ((b − t)/a) dt, which is smooth where σ(az + b) is a jump.

    Arguments:
        spread: standard deviation, zero or above, with shape (*).
        centre: mean, with the same shape.

    Returns:
        two arrays with shape (*).
    """
    spread, centre = np.asarray(spread), np.asarray(centre)
    if spread.max() <= 1:
        return _over_z(spread, centre)
    if spread.min() > 1:
        return _over_t(spread, centre)
    wide = spread > 1
    narrow = _over_z(np.minimum(spread, 1), centre)
    return tuple(
        np.where(wide, w, n) for w, n in zip(_over_t(np.maximum(spread, 1), centre), narrow, strict=True)
    )


def _over_z(spread, centre):
    logit = spread[..., None] * _Z + centre[..., None]
    up = expit(logit)
    return up @ _Z_WEIGHTS, (up * expit(-logit)) @ _Z_WEIGHTS


def _over_t(spread, centre):
    u = (centre[..., None] - _T) / spread[..., None]
    return ndtr(u) @ _T_WEIGHTS, np.exp(-(u**2) / 2) @ _T_WEIGHTS / (np.sqrt(2 * np.pi) * spread)
