"""Which method has which knobs, and what they may be."""

import numpy as np

from gancourse._validate import choice, fail, integer, real

__all__ = ["LARGEST", "METHODS", "knobs_of", "steps_of"]

LARGEST = 1e50  # of θ and ψ: their products, and one step from there, still fit into float64
_STRONGEST = 1e4  # of a weight, a step, a target

# each method with its knobs; the defaults are those of the paper's figures
METHODS = {
    "gan": {},
    "non_saturating": {},
    "wasserstein": {"clip": 1.0},
    "wgan_gp": {"weight": 0.7, "target": 1.0},
    "instance_noise": {"std": 0.7},
    "r1": {"weight": 1.0},
    "r2": {"weight": 1.0},
    "consensus": {"weight": 1.0},
}
_BOUNDS = {
    "weight": (0.0, _STRONGEST),
    "target": (0.0, _STRONGEST),
    "std": (0.0, 100.0),
    "clip": (0.0, LARGEST),
}


def knobs_of(method, given):
    """The method's knobs, checked, with defaults where none are given.

    Raises:
        ValueError: an unknown method, a knob that it does not have, or a knob out of range.
    """
    defaults = METHODS[choice("method", method, METHODS)]
    for name, value in given.items():
        if name not in defaults:
            has = ", ".join(defaults) or "none"
            fail(name, value, f"no such knob, for the knobs of {method!r} are: {has}")
    found = {}
    for name, default in defaults.items():
        low, high = _BOUNDS[name]
        found[name] = real(name, given.get(name, default), low=low, high=high)
        if name == "clip" and found[name] == 0:
            fail(name, given[name], "a positive number")
    return found


def steps_of(step, alternating, discriminator_steps):
    """Step size, order and count, checked.

    Raises:
        ValueError: the step is not in [0, 10,000], alternating is no truth value, discriminator_steps is not
            a whole number from 1 to 30, or above 1 where the players step at once.
    """
    step = real("step", step, low=0.0, high=_STRONGEST)
    if not isinstance(alternating, bool | np.bool_):
        fail("alternating", alternating, "True or False")
    discriminator_steps = integer("discriminator_steps", discriminator_steps, high=30)
    if discriminator_steps > 1 and not alternating:
        fail(
            "discriminator_steps", discriminator_steps, "1 where the players step at once (alternating=True)"
        )
    return step, bool(alternating), discriminator_steps
