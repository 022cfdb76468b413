"""The f-divergences as a family: generator, conjugate, critic, activation, bound (D1, D2)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gancourse._validate import array, fail, real
from gancourse.divergences._f_members import alpha_row, rows
from gancourse.divergences._inputs import pair
from gancourse.divergences.information import total_variation

__all__ = ["F_DIVERGENCES", "FDivergence", "alpha_divergence"]


@dataclass(frozen=True, repr=False)
class FDivergence:
    r"""One f-divergence, with all that its variational bound needs.

    .. math:: D_f(p \| q) = \int q \, f(p/q) \, dx \;\ge\; E_p T - E_q f^*(T), \qquad
        f^*(t) = \sup_{u \ge 0} \{ut - f(u)\}

    f is convex on u ≥ 0. With f(1) = 0 the divergence is zero or above, and zero for p = q; ``gan`` has
    f(1) = −log 4, and all its values lie so much lower. Equality holds at the critic T* = f′(p/q).

    The supremum runs over u ≥ 0, since density ratios do. So Pearson's conjugate is t + t²/4 down to t = −2
    and −1 below, and total variation's is t down to −½ and −½ below. The f-GAN paper prints t + t²/4 for
    all t: there it lies above the true conjugate, and the bound still holds, but is not the best.

    Source: Nowozin, Cseke and Tomioka, f-GAN, https://arxiv.org/abs/1606.00709, tables 1 and 2; Liese and
    Vajda, On divergences and informations, https://doi.org/10.1109/TIT.2006.881731.

    Attributes:
        name: such as "kl".
        text: f, f′, f* and g_f in print.
        threshold: f′(1), the value of T* where p = q: above it the critic says *real*.
        conjugate_domain: (low, high), the interval on which f* is finite; low is −inf for all members,
            high is f′(∞), open unless f* is finite there.
        at_zero: f(0), the price of a unit of q's mass where p has none; inf for some.
        slope_at_infinity: f′(∞), the price of a unit of p's mass where q has none; inf for some.

    Example:
        >>> F_DIVERGENCES["pearson"].divergence([0.5, 0.5], [0.25, 0.75])
        0.3333333333333333
        >>> round(float(F_DIVERGENCES["kl"].conjugate(1.0)), 6)
        1.0
    """

    name: str
    text: tuple
    threshold: float
    conjugate_domain: tuple
    at_zero: float
    slope_at_infinity: float
    _rules: dict = field(compare=False)

    def generator(self, u):
        """f(u), in the shape of u; at u = 0 its limit, which may be inf.

        Raises:
            ValueError: a u that is negative, NaN or infinite.
        """
        u, r = _ratio("u", u)
        with np.errstate(all="ignore"):
            return np.where(u > 0, self._rules["f"](u, r), self.at_zero)[()]

    def derivative(self, u):
        """f′(u), in the shape of u; at u = 0 its limit, which may be −inf. For total variation a subgradient.

        Raises:
            ValueError: a u that is negative, NaN or infinite.
        """
        _, r = _ratio("u", u)
        with np.errstate(over="ignore"):
            return self._rules["slope"](r)[()]

    def conjugate(self, t):
        """f*(t) = sup over u ≥ 0 of ut − f(u), in the shape of t; inf above the domain.

        Near the upper end of a domain t itself has lost its digits: g_f(50) of ``jensen_shannon`` rounds to
        log 2, where f* is inf. ``gancourse.objectives.f_gan`` works on logits and does not.

        Raises:
            ValueError: a t that is NaN.
        """
        t = _slope("t", t)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            values = self._rules["star"](np.where(np.isneginf(t), -1e300, t))
        values = np.where(np.isneginf(t), -self.at_zero, values)
        return np.where(np.isposinf(t), np.inf, values)[()]

    def touching_ratio(self, t):
        """The u ≥ 0 at which the line of slope t touches f: (f*)′(t), the ratio p/q that a critic's t claims.

        It inverts T* = f′(u); 0 below the range of f′, inf at and above its upper end (for
        ``total_variation`` 1 in between).

        Raises:
            ValueError: a t that is NaN.
        """
        t = _slope("t", t)
        with np.errstate(over="ignore", divide="ignore"):
            values = self._rules["ratio"](np.clip(t, -1e300, 1e300))
        return values[()]

    def activation(self, v):
        """g_f(v), which maps any logit into the domain of f*, in the shape of v; increasing.

        Raises:
            ValueError: a v that is NaN or infinite.
        """
        with np.errstate(over="ignore"):
            return self._rules["g"](array("v", v))[()]

    def divergence(self, p, q, x=None, *, log=False):
        """D_f(p‖q), in nats where a logarithm is in f, by the trapezoid rule or as a sum.

        Where p > 0 = q it pays f′(∞) a unit of mass, where q > 0 = p it pays f(0): inf for some members.
        Where the integral diverges although both are positive (Pearson for Gaussians with σ_p² ≥ 2σ_q²), no
        grid can know it: the result then grows with the grid.

        Arguments:
            p, q: densities with shape (n,) on the grid ``x``; or, without x, histograms of one shape that sum
                to one.
            x: the increasing grid, with shape (n,), wide and fine enough for mass one to within 1e-3.
            log: whether p and q are log-densities (−inf allowed): the way to far tails.

        Returns:
            A float, at least f(1).

        Raises:
            ValueError: as ``kl``.
        """
        if self.name == "total_variation":
            return total_variation(p, q, x, log=log)
        p, q, log_p, log_q, weights = pair(p, q, x, log=log)
        only_p = (log_q == -np.inf) & (log_p > -np.inf)
        only_q = (log_p == -np.inf) & (log_q > -np.inf)
        both = (log_p > -np.inf) & (log_q > -np.inf)
        at_one = float(self.generator(1.0))
        total = 0.0
        # a term is q f(p/q) less f(1) q + f′(1)(p − q), which integrates to f(1); so no term is negative
        for alone, mass, price in (
            (only_p, p, self.slope_at_infinity - self.threshold),
            (only_q, q, self.at_zero - at_one + self.threshold),
        ):
            if alone.any():
                total += float(np.sum(weights[alone] * mass[alone])) * price if price < np.inf else np.inf
        with np.errstate(over="ignore"):
            terms = self._rules["terms"](p[both], q[both], log_p[both], log_q[both])
        return max(0.0, total + float(np.sum(weights[both] * terms))) + at_one

    def critic(self, p, q, *, log=False):
        """The optimal critic T* = f′(p/q), in the shape of p and q; NaN where both vanish.

        Arguments:
            p, q: densities at the same points, of the data and of the generator.
            log: whether p and q are log-densities; with densities a ratio is lost where both underflow.

        Raises:
            ValueError: negative or infinite densities, shapes that differ.
        """
        p = array("p", p, finite=False)
        q = array("q", q, shape=p.shape, finite=False)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if not log:
                for name, density in (("p", p), ("q", q)):
                    if not np.isfinite(density).all() or (density < 0).any():
                        fail(name, density, "densities: finite, none negative")
                p, q = np.log(p), np.log(q)
            elif np.isnan(p).any() or np.isnan(q).any() or np.isposinf(p).any() or np.isposinf(q).any():
                fail("p, q", p, "log-densities: finite or -inf, no NaN")
            return self._rules["slope"](p - q)[()]

    def bound(self, real, fake, real_weights=None, fake_weights=None):
        """E_p T − E_q f*(T), never above D_f(p‖q), from critic values.

        Arguments:
            real, fake: critic values T = g_f(v), already passed through the activation, at points of p and
                of q, with shapes (n,) and (m,).
            real_weights, fake_weights: masses of the points, for a quadrature; divided by their sum. Points
                of no mass count nothing. None gives plain means.

        Returns:
            A float; −inf where a fake's value lies above the domain of f*.

        Raises:
            ValueError: NaN, or weights that are negative, all zero, or of another shape.

        Example:
            >>> F_DIVERGENCES["reverse_kl"].bound([-1.0, -1.0], [-1.0])
            0.0
        """
        real, fake = _slope("real", real), _slope("fake", fake)
        return _mean("real", real, real_weights) - _mean("fake", self.conjugate(fake), fake_weights)

    def __repr__(self):
        f, slope, star, g = self.text
        return f"{self.name}\n  f(u) = {f}\n  f'(u) = {slope}\n  f*(t) = {star}\n  g(v) = {g}"


def _ratio(name, value):
    u = array(name, value)
    if (u < 0).any():
        fail(name, value, "a density ratio: zero or above")
    with np.errstate(divide="ignore"):
        return u, np.log(u)


def _slope(name, value):
    t = array(name, value, finite=False)
    if np.isnan(t).any():
        fail(name, value, "no NaN")
    return t


def _mean(name, values, weights):
    if weights is None:
        return float(np.mean(values))
    mass = array(f"{name}_weights", weights, shape=np.shape(values))
    if (mass < 0).any() or mass.sum() <= 0:
        fail(f"{name}_weights", weights, "masses: none negative, not all zero")
    return float(np.sum(mass[mass > 0] * np.asarray(values)[mass > 0]) / mass.sum())


def _member(name, row: dict[str, Callable]):
    return FDivergence(name, row["text"], row["threshold"], (-math.inf, row["top"]), *row["ends"], row)


F_DIVERGENCES = {name: _member(name, row) for name, row in rows().items()}


def alpha_divergence(a):
    r"""The α-divergence, one for every real number a.

    .. math:: f(u) = \frac{u^a - 1 - a (u - 1)}{a (a - 1)}, \qquad f'(u) = \frac{u^{a-1} - 1}{a - 1}

    At a = 0 and 1 f is the limit, u − 1 − log u and u log u − u + 1. It passes through its relatives: half of
    Neyman's at −1, KL(q‖p) at 0, twice the squared Hellinger at ½, KL(p‖q) at 1, half of Pearson's at 2.

    Source: Cichocki and Amari, Families of alpha- beta- and gamma-divergences,
    https://doi.org/10.3390/e12061532; Nowozin et al., https://arxiv.org/abs/1606.00709, supplement.

    Arguments:
        a: the order; a finite number.

    Returns:
        FDivergence.

    Raises:
        ValueError: a is not a finite number.

    Example:
        >>> alpha_divergence(2.0).divergence([0.5, 0.5], [0.25, 0.75])
        0.16666666666666666
    """
    a = real("a", a)
    return _member(f"alpha({a:g})", alpha_row(a))
