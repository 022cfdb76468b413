"""Each remedy on and off, on the same seeds: paired differences of what was measured, and what they show."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from gancourse._validate import choice, fail
from gancourse.recipes.mode_collapse import SCORES

__all__ = ["BASE", "BETTER", "Difference", "against", "paired"]

BASE = "non_saturating"  # what every remedy is added to
BETTER = {"captured": 1, "high_quality": 1, "reverse_kl": -1, "w2": -1}  # the sign of a change for the better


@dataclass(frozen=True)
class Difference:
    """On less off, over seeds that both share.

    Arguments:
        mean: of the differences.
        error: standard error of that mean, s/√n with s their standard deviation (n − 1).
        seeds: n, how many seeds entered: those at which both values are finite.
        better: 1 if more is better, −1 if less is.
    """

    mean: float
    error: float
    seeds: int
    better: int = 1

    @property
    def verdict(self):
        """ "helps", "harms", or "no difference": Student's t test of the mean against 0, two-sided, at 5 %.

        With ten seeds the mean must exceed 2.26 standard errors. One in twenty comparisons of equals is
        called a difference by chance.
        """
        if self.seeds < 2 or not abs(self.mean) > student.ppf(0.975, self.seeds - 1) * self.error:
            return "no difference"
        return "helps" if self.mean * self.better > 0 else "harms"

    def __str__(self):
        return "not finite" if self.seeds < 2 else f"{self.mean:+.3g} ± {self.error:.2g}".replace("-", "−")


def paired(on, off, better=1):
    """The ``Difference`` of two arrays (n,), entry by entry.

    Seeds with an infinite value, such as the reverse KL of a run without any good sample, are left out.

    Raises:
        ValueError: they are not arrays of one length, at least 1.
    """
    on, off = np.asarray(on, dtype=np.float64), np.asarray(off, dtype=np.float64)
    if on.ndim != 1 or on.shape != off.shape or not len(on):
        fail("on", on, f"as many numbers as off has, {off.shape}")
    kept = np.isfinite(on) & np.isfinite(off)
    change = on[kept] - off[kept]
    n = len(change)
    error = change.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return Difference(float(change.mean()) if n else np.nan, float(error), n, better)


def against(rows, data, method, base=BASE):
    """A method less the base, on the seeds that both were measured with, score by score.

    Arguments:
        rows: as of ``mode_collapse.stored()``.
        data: "ring" or "grid".
        method, base: names.

    Returns:
        dict: a name of ``SCORES`` -> Difference; None where one of the two has not been run.

    Raises:
        ValueError: the two share no seed, or were trained for different numbers of steps.
    """
    choice("data", data, ("ring", "grid"))
    if (data, method) not in rows or (data, base) not in rows:
        return None
    on, off = rows[data, method], rows[data, base]
    if on["steps"] != off["steps"]:
        fail("rows", f"{on['steps']} and {off['steps']} steps", "runs of equal length")
    seeds = [seed for seed in on["seeds"] if seed in off["seeds"]]
    if not seeds:
        fail("rows", f"{on['seeds']} and {off['seeds']}", "runs that share a seed")
    at_on, at_off = ([row["seeds"].index(seed) for seed in seeds] for row in (on, off))
    return {name: paired(on[name][at_on], off[name][at_off], BETTER[name]) for name in SCORES}
