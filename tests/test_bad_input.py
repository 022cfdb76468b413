"""The exact layer on bad input: damaged in one place, every call is a ValueError that names the argument.

Hypothesis takes a valid call, damages one argument, and looks for a call that gets through, that fails with
another exception, that warns, or that returns NaN. A new function of the exact layer gets a row in CALLS.
"""

import importlib
import inspect
import warnings
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gancourse import densities, divergences, dynamics, game, metrics

# what a failure shows is short as it is: the time goes into the search
SEARCH = {"deadline": None, "database": None, "phases": [Phase.generate]}
MODULES = ("densities", "game", "divergences", "metrics", "dynamics")


@dataclass(frozen=True)
class Call:
    """A function, how to make valid arguments for it, and what each of them is."""

    function: object
    make: object  # (rng, n) -> dict of valid arguments
    kinds: dict  # argument -> what it is, a key of DAMAGES
    partners: dict = field(default_factory=dict)  # argument -> others that may be named where shapes differ


def histogram(rng, n):
    values = rng.uniform(0.1, 1, n)
    return values / values.sum()


def on_a_grid(rng, n):
    x = np.sort(rng.uniform(-3, 3, n)) + 0.1 * np.arange(n)
    p, q = rng.uniform(0.1, 1, (2, n))
    return {"p": p / np.trapezoid(p, x), "q": q / np.trapezoid(q, x), "x": x}


def logs(rng, n):
    values = on_a_grid(rng, n)
    return {**values, "p": np.log(values["p"]), "q": np.log(values["q"])}


def two_histograms(rng, n):
    return {"p": histogram(rng, n), "q": histogram(rng, n)}


def covariance(rng, d):
    root = rng.normal(size=(d, d))
    return root @ root.T + np.eye(d)


def probabilities(rng, n):
    rows = rng.uniform(0.1, 1, (n, 3))
    return rows / rows.sum(1, keepdims=True)


def two_sets(rng, n):
    return {"a": rng.normal(size=(n, 3)), "b": rng.normal(size=(n + 1, 3))}


def in_logs(function):
    return lambda p, q, x: function(p, q, x, log=True)


PAIR = {"p": "density", "q": "density"}
ON_GRID = {**PAIR, "x": "grid"}
LOGS = {"p": "log density", "q": "log density", "x": "grid"}
SAME = {"p": {"q", "d"}, "q": {"p", "d"}, "x": {"p", "q"}, "d": {"p"}}
MIXTURE = densities.Mixture([0.3, 0.7], [-1.0, 2.0], stds=[0.5, 1.0])
PLANE = densities.Mixture(
    [0.3, 0.7], [[0.0, 1.0], [2.0, 0.0]], covariances=[np.eye(2), [[2.0, 0.3], [0.3, 1.0]]]
)
LINE = densities.parallel_lines(0.5)
ROLL = densities.swiss_roll(noise=1.0)

CALLS = {}
for _name in ("kl", "js", "total_variation"):
    _function = getattr(divergences, _name)
    CALLS[f"divergences.{_name}"] = Call(_function, two_histograms, PAIR, SAME)
    CALLS[f"divergences.{_name} on a grid"] = Call(_function, on_a_grid, ON_GRID, SAME)
    CALLS[f"divergences.{_name} of logs"] = Call(in_logs(_function), logs, LOGS, SAME)
CALLS |= {
    "divergences.wasserstein_1d": Call(
        divergences.wasserstein_1d,
        lambda rng, n: {
            "x": rng.normal(size=n),
            "y": rng.normal(size=n + 1),
            "x_weights": rng.uniform(0.1, 1, n),
            "y_weights": rng.uniform(0.1, 1, n + 1),
        },
        {"x": "sample", "y": "sample", "x_weights": "weights", "y_weights": "weights"},
        {"x": {"x_weights"}, "y": {"y_weights"}},
    ),
    "divergences.kl_gaussian": Call(
        divergences.kl_gaussian,
        lambda rng, n: {
            "mean_p": rng.normal(size=3),
            "cov_p": covariance(rng, 3),
            "mean_q": rng.normal(size=3),
            "cov_q": covariance(rng, 3),
        },
        {"mean_p": "sample", "cov_p": "covariance", "mean_q": "sample", "cov_q": "covariance"},
        {"mean_p": {"mean_q", "cov_p"}},
    ),
    "divergences.moment_match": Call(
        divergences.moment_match, lambda rng, n: {"p": MIXTURE}, {"p": "mixture"}
    ),
    "divergences.reverse_kl_fits": Call(
        divergences.reverse_kl_fits, lambda rng, n: {"p": MIXTURE}, {"p": "mixture"}
    ),
    "divergences.alpha_divergence": Call(
        lambda a: divergences.alpha_divergence(a).text,
        lambda rng, n: {"a": float(rng.normal())},
        {"a": "number"},
    ),
    "divergences.mmd2": Call(
        lambda x, y: divergences.mmd2(x, y, divergences.gaussian_kernel(1.0)),
        lambda rng, n: {"x": rng.normal(size=(n, 2)), "y": rng.normal(size=(n, 2))},
        {"x": "rows", "y": "rows"},
        {"x": {"y"}, "y": {"x"}},
    ),
    "divergences.gaussian_kernel": Call(
        lambda bandwidth: divergences.gaussian_kernel(bandwidth)(np.ones((2, 1)), np.zeros((2, 1))),
        lambda rng, n: {"bandwidth": 1.0},
        {"bandwidth": "positive"},
    ),
    "divergences.inverse_multiquadratic_kernel": Call(
        lambda scale: divergences.inverse_multiquadratic_kernel(scale)(np.ones((2, 1)), np.zeros((2, 1))),
        lambda rng, n: {"scale": 1.0},
        {"scale": "positive"},
    ),
    "divergences.transport_plan": Call(
        divergences.transport_plan,
        lambda rng, n: {
            "a": histogram(rng, n),
            "b": histogram(rng, n + 1),
            "cost": rng.uniform(0, 3, (n, n + 1)),
        },
        {"a": "histogram", "b": "histogram", "cost": "finite"},
        {"a": {"b", "cost"}, "b": {"a", "cost"}, "cost": {"a", "b"}},
    ),
    "divergences.monotone_plan": Call(
        divergences.monotone_plan,
        lambda rng, n: {"a": histogram(rng, n), "b": histogram(rng, n + 1)},
        {"a": "histogram", "b": "histogram"},
        {"a": {"b"}, "b": {"a"}},
    ),
    "divergences.wasserstein": Call(
        divergences.wasserstein,
        lambda rng, n: {"x": rng.normal(size=(n, 2)), "y": rng.normal(size=(n, 2))},
        {"x": "rows", "y": "rows"},
        {"x": {"y"}, "y": {"x"}},
    ),
    "game.optimal_logit": Call(
        game.optimal_logit,
        lambda rng, n: {"log_p": rng.normal(size=n), "log_q": rng.normal(size=n)},
        {"log_p": "log values", "log_q": "log values"},
        {"log_p": {"log_q"}},
    ),
    "game.optimal_discriminator": Call(
        game.optimal_discriminator,
        lambda rng, n: {"p": rng.uniform(0.1, 3, n), "q": rng.uniform(0.1, 3, n)},
        {"p": "values", "q": "values"},
        {"p": {"q"}},
    ),
    "game.value": Call(
        game.value,
        lambda rng, n: {"d": rng.uniform(0.1, 0.9, n), **two_histograms(rng, n)},
        {"d": "probability", **PAIR},
        SAME,
    ),
    "game.value on a grid": Call(
        game.value,
        lambda rng, n: {"d": rng.uniform(0.1, 0.9, n), **on_a_grid(rng, n)},
        {"d": "probability", **ON_GRID},
        SAME,
    ),
    "game.value of logits": Call(
        lambda d, p, q, x: game.value(d, p, q, x, logit=True, log=True),
        lambda rng, n: {"d": rng.normal(size=n), **logs(rng, n)},
        {"d": "logits", **LOGS},
        SAME,
    ),
    "game.generator_loss": Call(
        game.generator_loss,
        lambda rng, n: {"logit": rng.normal(size=n), "kind": "saturating"},
        {"logit": "numbers", "kind": "name"},
    ),
    "game.generator_slope": Call(
        game.generator_slope,
        lambda rng, n: {"logit": rng.normal(size=n), "kind": "saturating"},
        {"logit": "numbers", "kind": "name"},
    ),
    "densities.Mixture": Call(
        densities.Mixture,
        lambda rng, n: {
            "weights": histogram(rng, n),
            "means": rng.normal(size=n),
            "stds": rng.uniform(0.1, 1, n),
        },
        {"weights": "histogram", "means": "sample", "stds": "positive values"},
        {"means": {"weights", "stds"}},
    ),
    "densities.Mixture with variances": Call(
        densities.Mixture,
        lambda rng, n: {
            "weights": histogram(rng, n),
            "means": rng.normal(size=n),
            "covariances": rng.uniform(0.1, 1, n),
        },
        {"weights": "histogram", "means": "sample", "covariances": "positive values"},
        {"means": {"weights", "covariances"}},
    ),
    "densities.Mixture in the plane": Call(
        densities.Mixture,
        lambda rng, n: {
            "weights": histogram(rng, n),
            "means": rng.normal(size=(n, 2)),
            "covariances": np.array([covariance(rng, 2) for _ in range(n)]),
        },
        {"weights": "histogram", "means": "rows", "covariances": "covariances"},
        {"means": {"weights", "covariances"}},
    ),
    "densities.Mixture.pdf": Call(MIXTURE.pdf, lambda rng, n: {"x": rng.normal(size=n)}, {"x": "points"}),
    "densities.Mixture.logpdf": Call(
        MIXTURE.logpdf, lambda rng, n: {"x": rng.normal(size=n)}, {"x": "points"}
    ),
    "densities.Mixture.logpdf in the plane": Call(
        PLANE.logpdf, lambda rng, n: {"x": rng.normal(size=(n, 2))}, {"x": "points of the plane"}
    ),
    "densities.Mixture.sample": Call(
        MIXTURE.sample, lambda rng, n: {"n": n, "rng": 3}, {"n": "whole", "rng": "seed"}
    ),
    "densities.gaussian": Call(
        densities.gaussian,
        lambda rng, n: {"mean": rng.normal(), "std": 0.5},
        {"mean": "number", "std": "positive"},
    ),
    "densities.ring": Call(
        densities.ring,
        lambda rng, n: {"modes": n, "radius": 1.0, "std": 0.1},
        {"modes": "whole", "radius": "positive", "std": "positive"},
    ),
    "densities.grid": Call(
        densities.grid,
        lambda rng, n: {"side": n, "spacing": 1.0, "std": 0.1},
        {"side": "whole", "spacing": "positive", "std": "positive"},
    ),
    "densities.parallel_lines": Call(
        densities.parallel_lines, lambda rng, n: {"theta": rng.normal()}, {"theta": "number"}
    ),
    "densities.ParallelLines": Call(
        densities.ParallelLines, lambda rng, n: {"theta": rng.normal()}, {"theta": "number"}
    ),
    "densities.ParallelLines.sample": Call(
        LINE.sample, lambda rng, n: {"n": n, "rng": 3}, {"n": "whole", "rng": "seed"}
    ),
    "densities.ParallelLines.closed_form": Call(
        LINE.closed_form, lambda rng, n: {"noise": 0.3}, {"noise": "zero or above"}
    ),
    "densities.swiss_roll": Call(
        densities.swiss_roll,
        lambda rng, n: {"noise": rng.uniform(0.1, 2), "scale": rng.uniform(1, 9)},
        {"noise": "positive", "scale": "positive"},
    ),
    "densities.SwissRoll": Call(
        densities.SwissRoll,
        lambda rng, n: {"noise": rng.uniform(0.1, 2), "scale": rng.uniform(1, 9)},
        {"noise": "positive", "scale": "positive"},
    ),
    "densities.SwissRoll.pdf": Call(
        ROLL.pdf, lambda rng, n: {"x": rng.normal(size=(n, 2))}, {"x": "points of the plane"}
    ),
    "densities.SwissRoll.logpdf": Call(
        ROLL.logpdf, lambda rng, n: {"x": rng.normal(size=(n, 2))}, {"x": "points of the plane"}
    ),
    "densities.SwissRoll.sample": Call(
        ROLL.sample, lambda rng, n: {"n": n, "rng": 3}, {"n": "whole", "rng": "seed"}
    ),
    "metrics.mode_coverage": Call(
        metrics.mode_coverage,
        lambda rng, n: {
            "samples": rng.normal(size=(n, 2)),
            "centres": rng.normal(size=(3, 2)),
            "std": 0.5,
            "sigmas": 3.0,
        },
        {"samples": "rows", "centres": "rows", "std": "positive", "sigmas": "positive"},
        {"samples": {"centres"}},
    ),
    "metrics.mode_coverage on the line": Call(
        metrics.mode_coverage,
        lambda rng, n: {"samples": rng.normal(size=n), "centres": rng.normal(size=3), "std": 0.5},
        {"samples": "finite", "centres": "finite", "std": "positive"},
        {"samples": {"centres"}},
    ),
    "metrics.perfect_coverage": Call(
        metrics.perfect_coverage,
        lambda rng, n: {"modes": 8, "n": n, "dim": 2, "sigmas": 3.0},
        {"modes": "whole", "n": "whole", "dim": "whole", "sigmas": "positive"},
    ),
    "metrics.frechet_distance": Call(
        metrics.frechet_distance,
        lambda rng, n: {"a": rng.normal(size=(n, 3)), "b": rng.normal(size=(n + 1, 3))},
        {"a": "rows", "b": "rows"},
        {"a": {"b"}},
    ),
    "metrics.frechet_distance_gaussian": Call(
        metrics.frechet_distance_gaussian,
        lambda rng, n: {
            "mean_a": rng.normal(size=3),
            "cov_a": covariance(rng, 3),
            "mean_b": rng.normal(size=3),
            "cov_b": covariance(rng, 3),
        },
        {"mean_a": "sample", "cov_a": "covariance", "mean_b": "sample", "cov_b": "covariance"},
        {"mean_a": {"mean_b", "cov_a"}},
    ),
    "metrics.inception_score": Call(
        metrics.inception_score,
        lambda rng, n: {"probabilities": probabilities(rng, n), "splits": 1},
        {"probabilities": "distributions", "splits": "splits"},
    ),
    "metrics.frechet_distance_bias": Call(
        metrics.frechet_distance_bias,
        lambda rng, n: {"covariance": covariance(rng, 3), "n": n, "m": n + 1},
        {"covariance": "matrix", "n": "two or more", "m": "two or more"},
    ),
    "metrics.frechet_distance_extrapolated": Call(
        metrics.frechet_distance_extrapolated,
        lambda rng, n: {"a": rng.normal(size=(n + 1, 3)), "b": rng.normal(size=(n + 2, 3)), "sizes": [2, 3]},
        {"a": "rows", "b": "rows", "sizes": "sizes"},
        {"a": {"b"}},
    ),
    "metrics.kernel_distance": Call(
        metrics.kernel_distance,
        lambda rng, n: two_sets(rng, n) | {"subsets": 2, "subset_size": 3, "rng": 3},
        {"a": "rows", "b": "rows", "subsets": "whole", "subset_size": "splits", "rng": "seed"},
        {"a": {"b"}},
    ),
    "metrics.kernel_distance_all_pairs": Call(
        metrics.kernel_distance_all_pairs, two_sets, {"a": "rows", "b": "rows"}, {"a": {"b"}}
    ),
    "metrics.precision_recall": Call(
        metrics.precision_recall,
        lambda rng, n: {"real": rng.normal(size=(n, 3)), "fake": rng.normal(size=(n, 3)), "k": n - 1},
        {"real": "rows", "fake": "rows", "k": "splits"},
        {"real": {"fake"}},
    ),
    "metrics.density_coverage": Call(
        metrics.density_coverage,
        lambda rng, n: {"real": rng.normal(size=(n, 20)), "fake": rng.normal(size=(2, 20)), "k": n - 1},
        {"real": "rows", "fake": "rows", "k": "splits"},
        {"real": {"fake"}},
    ),
    "metrics.expected_coverage": Call(
        metrics.expected_coverage,
        lambda rng, n: {"n": n, "m": n + 1, "k": n - 1},
        {"n": "two or more", "m": "whole", "k": "splits"},
    ),
    "metrics.parzen_log_likelihood": Call(
        metrics.parzen_log_likelihood,
        lambda rng, n: {
            "samples": rng.normal(size=(n, 3)),
            "test": rng.normal(size=(n, 3)),
            "bandwidth": 0.5,
        },
        {"samples": "rows", "test": "rows", "bandwidth": "positive"},
        {"samples": {"test", "bandwidth"}, "test": {"bandwidth"}},
    ),
    "metrics.nearest_neighbours": Call(
        metrics.nearest_neighbours,
        lambda rng, n: {"queries": rng.normal(size=(2, 3)), "points": rng.normal(size=(n, 3)), "k": n},
        {"queries": "rows", "points": "rows", "k": "splits"},
        {"queries": {"points"}},
    ),
    "metrics.memorisation": Call(
        metrics.memorisation,
        lambda rng, n: {
            "samples": rng.normal(size=(n, 3)),
            "train": rng.normal(size=(n + 1, 3)),
            "test": rng.normal(size=(n, 3)),
        },
        {"samples": "rows", "train": "rows", "test": "rows"},
        {"samples": {"train", "test"}},
    ),
    "metrics.stacked_modes": Call(
        metrics.stacked_modes, lambda rng, n: {"digits": rng.integers(10, size=(n, 3))}, {"digits": "digits"}
    ),
    "metrics.stacked_modes by chance": Call(
        metrics.stacked_modes,
        lambda rng, n: {"digits": rng.dirichlet(np.ones(10), size=(n, 3))},
        {"digits": "chances of digits"},
    ),
    "metrics.perfect_stacked_modes": Call(
        metrics.perfect_stacked_modes,
        lambda rng, n: {"n": n, "proportions": histogram(rng, 10)},
        {"n": "whole", "proportions": "histogram"},
    ),
    "metrics.half_sampling": Call(
        metrics.half_sampling,
        lambda rng, n: {"metric": metrics.frechet_distance} | two_sets(rng, n + 1),
        {"metric": "metric", "a": "rows", "b": "rows"},
        {"a": {"b"}},
    ),
}


def _of_method(function, method, knob, kind, extra, kinds):
    """A row for a function of the Dirac-GAN: its method, a knob of that, and what else it takes."""
    return Call(
        function,
        lambda rng, n: {"method": method, knob: 0.5, **extra(rng, n)},
        {"method": "name", knob: kind, **kinds},
        {"theta": {"psi"}, "psi": {"theta"}, "method": {knob}},
    )


def _pair(rng, n):
    return {"theta": rng.normal(size=n), "psi": rng.normal(size=n)}


def _path(rng, n):
    return {"start": rng.normal(size=2), "step": 0.3, "steps": n}


def _in_turn(rng, n):
    return {"step": 0.3, "alternating": True, "discriminator_steps": n}


_ORDER = {"step": "zero or above", "discriminator_steps": "whole"}
for _method, _knob, _kind in (
    ("wasserstein", "clip", "positive"),
    ("wgan_gp", "weight", "zero or above"),
    ("wgan_gp", "target", "zero or above"),
    ("instance_noise", "std", "zero or above"),
    ("r1", "weight", "zero or above"),
    ("consensus", "weight", "zero or above"),
):
    _row = (_method, _knob, _kind)
    _named = f"of {_method} with {_knob}"
    CALLS[f"dynamics.field {_named}"] = _of_method(
        dynamics.field, *_row, _pair, {"theta": "points", "psi": "points"}
    )
    CALLS[f"dynamics.trajectory {_named}"] = _of_method(
        dynamics.trajectory, *_row, _path, {"start": "sample", "step": "zero or above", "steps": "whole"}
    )
    CALLS[f"dynamics.trajectory in turn {_named}"] = _of_method(
        dynamics.trajectory, *_row, lambda rng, n: _path(rng, n) | _in_turn(rng, n),
        {"start": "sample", "steps": "whole"} | _ORDER,
    )  # fmt: skip
    if _method == "wgan_gp":
        continue  # no Jacobian: test_dynamics.py
    CALLS[f"dynamics.jacobian {_named}"] = _of_method(dynamics.jacobian, *_row, lambda rng, n: {}, {})
    CALLS[f"dynamics.largest_stable_step {_named}"] = _of_method(
        dynamics.largest_stable_step, *_row, lambda rng, n: {}, {}
    )
    for _name in ("update_matrix", "eigenvalues", "predicted_rate"):
        CALLS[f"dynamics.{_name} {_named}"] = _of_method(getattr(dynamics, _name), *_row, _in_turn, _ORDER)

# not functions of input, or made by the functions above
LEFT_OUT = {
    "game.GENERATOR_LOSSES",
    "metrics.Coverage",
    "metrics.DensityCoverage",
    "metrics.Extrapolation",
    "metrics.HalfSampling",
    "metrics.Memorisation",
    "metrics.Neighbours",
    "metrics.PrecisionRecall",
    "metrics.StackedModes",
    "divergences.GaussianFit",
    "divergences.Plan",
    "divergences.FDivergence",
    "divergences.energy_kernel",
}


# --- damages: (rng, value) -> what is to be refused -----------------------------------------------


def put(number):
    """One entry replaced."""

    def damage(rng, value):
        value = np.array(value, dtype=np.float64)
        value.flat[rng.integers(value.size)] = number
        return value

    return damage


def negated(rng, value):
    value = np.array(value)
    value.flat[rng.integers(value.size)] *= -1
    return value


def scaled(rng, value):
    return np.array(value) * rng.choice([0.0, 1e-3, 0.5, 0.99, 1.01, 2.0, 1e3, 1e308])


def shifted(rng, value):
    return np.array(value) + rng.choice([-800.0, -1.0, -0.01, 0.01, 1.0, 800.0])


def exchanged(rng, value):
    """A grid with two neighbours exchanged."""
    i = rng.integers(len(value) - 1)
    value = np.array(value)
    value[[i, i + 1]] = value[[i + 1, i]]
    return value


def repeated(rng, value):
    i = rng.integers(len(value) - 1)
    value = np.array(value)
    value[i + 1] = value[i]
    return value


def lopsided(rng, value):
    value = np.array(value)
    value[..., 0, 1] += 0.1
    return value


def indefinite(rng, value):
    value = np.array(value)
    value[..., 0, 0] = -1.0
    return value


def constant(thing):
    return lambda rng, value: thing


NOT_NUMBERS = {
    "words": lambda rng, value: np.full(np.shape(value), "a"),
    "complex": lambda rng, value: np.asarray(value) * 1j,
    "objects": lambda rng, value: np.full(np.shape(value), None),
    "ragged": constant([[1.0], [1.0, 2.0]]),
    "nothing": constant(None),
    "a word": constant("abc"),
    "masked": lambda rng, value: np.ma.array(value, mask=np.ones(np.shape(value), dtype=bool)),
}
NAN, INFINITE = {"NaN": put(np.nan)}, {"inf": put(np.inf), "-inf": put(-np.inf)}
NEGATIVE = {"negative": negated}
EMPTY = {"empty": lambda rng, value: np.asarray(value)[:0]}
SHAPE = {
    "one less": lambda rng, value: np.asarray(value)[:-1],
    "one more": lambda rng, value: np.concatenate([value, value[-1:]]),
}
DEEPER = {"an axis more": lambda rng, value: np.asarray(value)[None, ..., None], "a scalar": constant(0.5)}
ARRAY = NOT_NUMBERS | NAN | EMPTY
NOT_A_NUMBER = {
    f"{thing!r}": constant(thing) for thing in (None, "1", np.nan, np.inf, -np.inf, 1j, True, [], {}, object)
} | {
    "1e400": constant(10**400),
    "1e400 / 1": constant(Fraction(10**400)),
    "an array": constant(np.ones(3)),
    "a word in an array": constant(np.array("a")),
    "1j in one": constant(np.array(1j)),
}
BELOW = {f"{thing}": constant(thing) for thing in (-1, -1e-300, -0.5)}
NOT_WHOLE = {
    f"{thing!r}": constant(thing)
    for thing in (None, "1", 0, -1, 1.0, 1.5, np.nan, np.inf, True, [1], np.ones(1), object)
} | {"1e400": constant(10**400)}
DAMAGES = {
    "density": ARRAY | INFINITE | NEGATIVE | SHAPE | DEEPER | {"mass": scaled},
    "log density": ARRAY | {"inf": put(np.inf)} | SHAPE | DEEPER | {"mass": shifted},
    "grid": ARRAY
    | INFINITE
    | SHAPE
    | DEEPER
    | {"falls": exchanged, "repeats": repeated, "one": lambda rng, v: v[:1]},
    "histogram": ARRAY | INFINITE | NEGATIVE | SHAPE | DEEPER | {"mass": scaled},
    "weights": ARRAY
    | INFINITE
    | NEGATIVE
    | SHAPE
    | DEEPER
    | {"nothing in all": lambda rng, v: 0 * v, "overflow": lambda rng, v: 0 * v + 1e308},
    "positive values": ARRAY | INFINITE | NEGATIVE | SHAPE | {"zero": put(0.0)},
    "values": ARRAY | INFINITE | NEGATIVE | SHAPE,
    "log values": ARRAY | {"inf": put(np.inf)} | SHAPE,
    "probability": ARRAY | INFINITE | NEGATIVE | SHAPE | DEEPER | {"above one": put(1.5)},
    "logits": ARRAY | SHAPE | DEEPER,
    "numbers": NOT_NUMBERS | EMPTY,
    "points": NOT_NUMBERS | NAN | EMPTY | INFINITE,
    "points of the plane": NOT_NUMBERS
    | NAN
    | EMPTY
    | INFINITE
    | DEEPER
    | {"three axes": lambda rng, v: np.ones((2, 3))},
    "sample": ARRAY | INFINITE | SHAPE | {"an axis more": DEEPER["an axis more"]},
    "finite": ARRAY | INFINITE | DEEPER,
    "rows": ARRAY | INFINITE | DEEPER | {"another width": lambda rng, v: np.concatenate([v, v], axis=1)},
    "covariances": ARRAY | INFINITE | SHAPE | DEEPER | {"lopsided": lopsided, "indefinite": indefinite},
    "covariance": ARRAY
    | INFINITE
    | SHAPE
    | {"lopsided": lopsided, "indefinite": indefinite, "variances": lambda rng, v: np.diag(v)},
    "distributions": ARRAY
    | INFINITE
    | NEGATIVE
    | DEEPER
    | {"mass": scaled, "one row": lambda rng, v: v * np.linspace(1, 2, len(v))[:, None]},
    "number": NOT_A_NUMBER,
    "positive": NOT_A_NUMBER | BELOW | {"0": constant(0), "0.0": constant(0.0)},
    "zero or above": NOT_A_NUMBER | BELOW,
    "whole": NOT_WHOLE,
    "two or more": NOT_WHOLE | {"1": constant(1)},
    "sizes": ARRAY
    | INFINITE
    | {"one": constant([2]), "the same": constant([3, 3]), "a single sample": constant([1, 2])}
    | {"not whole": constant([2, 2.5]), "too many": constant([2, 1000]), "a scalar": constant(0.5)},
    "digits": ARRAY
    | INFINITE
    | DEEPER
    | {"half": put(0.5), "ten": put(10), "below zero": put(-1), "another width": lambda rng, v: v[:, :2]},
    "chances of digits": ARRAY
    | INFINITE
    | NEGATIVE
    | {"mass": scaled, "nine": lambda rng, v: v[..., :9], "one channel": lambda rng, v: v[:, 0]},
    "matrix": ARRAY
    | INFINITE
    | SHAPE
    | {"lopsided": lopsided, "indefinite": indefinite, "variances": lambda rng, v: np.diag(v)},
    "metric": {
        "nothing": constant(None),
        "a word": constant("frechet_distance"),
        "words": constant(lambda a, b: "small"),
        "NaN": constant(lambda a, b: np.nan),
        "too deep": constant(lambda a, b: np.ones((2, 2))),
        "ever others": constant(lambda a, b: np.ones(len(a))),
    },
    "splits": NOT_WHOLE | {"more than rows": constant(1000)},
    "seed": {
        f"{thing!r}": constant(thing) for thing in (None, "1", -1, 1.5, True, [1], np.random.RandomState(0))
    },
    "mixture": {f"{type(thing)}": constant(thing) for thing in (None, 1.0, "p", [0.3, 0.7], object())},
    "name": {
        f"{thing!r}": constant(thing)
        for thing in ("no such kind", "", None, 3, ["saturating"], {}, "Saturating")
    },
}
# what may be left out, a mean that may be a vector, and truth values, which count as numbers in arrays
HARMLESS = {
    ("divergences.wasserstein_1d", "x_weights", "nothing"),
    ("divergences.wasserstein_1d", "y_weights", "nothing"),
    ("densities.Mixture", "stds", "nothing"),
    ("densities.Mixture with variances", "covariances", "nothing"),
    ("densities.Mixture in the plane", "covariances", "nothing"),
    ("densities.gaussian", "mean", "an array"),
    ("densities.gaussian", "mean", "True"),
    # without one the seed is 0, and the two sets are of one size
    ("metrics.kernel_distance", "rng", "None"),
    ("metrics.frechet_distance_bias", "m", "None"),
    ("metrics.frechet_distance_extrapolated", "sizes", "nothing"),
    ("metrics.perfect_stacked_modes", "proportions", "nothing"),
    ("metrics.half_sampling", "b", "nothing"),
    # without a step time is continuous
    *((name, "step", "None") for name in CALLS if name.startswith("dynamics.eigenvalues")),
}
ARGUMENTS = [(name, argument) for name, call in CALLS.items() for argument in call.kinds]


def has_nan(result):
    if isinstance(result, dict):
        return any(map(has_nan, result.values()))
    if isinstance(result, tuple):
        return any(map(has_nan, result))
    return bool(np.isnan(result).any()) if isinstance(result, float | np.ndarray) else False


@pytest.mark.parametrize("name", CALLS)
@given(n=st.integers(3, 7), seed=st.integers(0, 2**32))
@settings(max_examples=6, **SEARCH)
def test_the_valid_call_passes_without_a_warning(name, n, seed):
    call = CALLS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not has_nan(call.function(**call.make(np.random.default_rng(seed), n)))


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
@given(n=st.integers(3, 7), seed=st.integers(0, 2**32))
@settings(max_examples=6, **SEARCH)
def test_one_damaged_argument_is_named(name, argument, n, seed):
    call = CALLS[name]
    for damage, apply in DAMAGES[call.kinds[argument]].items():
        if (name, argument, damage) in HARMLESS:
            continue
        rng = np.random.default_rng(seed)
        arguments = call.make(rng, n)
        arguments[argument] = apply(rng, arguments[argument])
        said = refusal(call.function, arguments)
        # where two shapes differ either may be to blame
        named = said.partition(":")[0]
        assert named in {argument} | call.partners.get(argument, set()), f"{damage}: {said}"
        assert "expected" in said and "got" in said, f"{damage}: {said}"


def refusal(function, arguments):
    """What the ValueError says; a failure where there is none, or anything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = function(**arguments)
        except ValueError as error:
            return str(error)
    pytest.fail(f"{arguments} gets through: {result}")


@pytest.mark.parametrize("name", CALLS)
@given(n=st.integers(3, 7), seed=st.integers(0, 2**32), power=st.integers(-320, 308), data=st.data())
@settings(max_examples=40, **SEARCH)
def test_sizes_at_the_ends_of_float64_never_warn_nor_give_nan(name, n, seed, power, data):
    call = CALLS[name]
    arguments = call.make(np.random.default_rng(seed), n)
    scalable = [a for a, v in arguments.items() if isinstance(v, float | np.ndarray)]
    if not scalable:
        return
    argument = data.draw(st.sampled_from(scalable))
    with np.errstate(over="ignore"):
        arguments[argument] = arguments[argument] * float(f"1e{power}")
    if not np.isfinite(arguments[argument]).all():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call.function(**arguments)
        except ValueError as error:
            named = str(error).partition(":")[0]
            assert named in {argument} | call.partners.get(argument, set()), str(error)
        else:
            assert not has_nan(result)


def test_every_function_of_the_exact_layer_is_here():
    for module in MODULES:
        loaded = importlib.import_module(f"gancourse.{module}")
        for name in loaded.__all__:
            if f"{module}.{name}" not in LEFT_OUT and callable(getattr(loaded, name)):
                there = [key for key in CALLS if key.split()[0] == f"{module}.{name}"]
                assert there, f"gancourse.{module}.{name} has no row in CALLS"


def test_every_argument_without_a_default_is_damaged():
    for name, call in CALLS.items():
        needed = {
            parameter.name
            for parameter in inspect.signature(call.function).parameters.values()
            if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        }
        assert needed <= set(call.kinds), name


def test_a_tensor_with_a_gradient_is_named_too():
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="^logit: expected .*a tensor of shape"):
        game.generator_loss(torch.zeros(3, requires_grad=True), "saturating")
