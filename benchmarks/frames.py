"""Slider frames: from the callback to the encoded picture, on one core.

python -m benchmarks.frames
"""

import os
import time

import matplotlib.pyplot as plt
import numpy as np

from gancourse import plots
from gancourse.demos import (
    bent_noise,
    frozen_gradient,
    function_classes,
    generator_slopes,
    hand_run,
    jensen_shannon,
    jsd_estimates,
    latent_space,
    mmd_estimates,
    optimal_discriminator,
    particle_forces,
    two_directions,
    two_directions_plane,
    two_sample_test,
    variational_bound,
)

__all__ = ["BAR", "DEMOS", "fresh_figure", "main"]

BAR = 25.0  # milliseconds, for 95 % of the moves of an exact demo
DEMOS = {
    "optimal discriminator": (optimal_discriminator.demo, "exact"),
    "generator slopes": (generator_slopes.demo, "exact"),
    "particle forces": (particle_forces.demo, "exact"),
    "frozen gradient": (frozen_gradient.demo, "exact"),
    "two directions": (two_directions.demo, "exact"),
    "two directions, plane": (two_directions_plane.demo, "exact"),
    "bent noise": (bent_noise.demo, "exact"),
    "hand run": (hand_run.demo, "exact"),
    "latent space": (latent_space.demo, "learned"),
    "Jensen–Shannon": (jensen_shannon.demo, "exact"),
    "variational bound": (variational_bound.demo, "exact"),
    "JSD estimates": (jsd_estimates.demo, "exact"),
    "function classes": (function_classes.demo, "exact"),
    "MMD estimates": (mmd_estimates.demo, "exact"),
    "two-sample test": (two_sample_test.demo, "exact"),
}


def frames(demo, moves=200):
    """Milliseconds of each of so many slider moves, the sliders in turn, each from end to end."""
    rng, taken = np.random.default_rng(0), []
    knobs = list(demo.knobs.values())
    for i in range(moves + 10):
        knob = knobs[i % len(knobs)]
        value = knob.low + knob.step * int(rng.integers(0, round((knob.high - knob.low) / knob.step) + 1))
        if demo.controls[knob.name].value == value:
            continue  # ipywidgets calls nothing back where nothing changes
        start = time.perf_counter()
        demo.controls[knob.name].value = value
        taken.append(1000 * (time.perf_counter() - start))
        if demo.error is not None:
            raise demo.error
    return np.array(taken[10:])


def fresh_figure(moves=20):
    """Milliseconds of a frame where each draws its figure anew: what a kept background saves."""
    taken = []
    for i in range(moves):
        start = time.perf_counter()
        with plots.style():
            figure = plt.figure(figsize=(8.4, 3.4))
            artists = optimal_discriminator.scene(figure)
            result = optimal_discriminator.compute(separation=2.4, mean=0.1 * i, std=1.2)
            optimal_discriminator.draw(artists, result)
            figure.savefig(os.devnull, format="png")
            plt.close(figure)
        taken.append(1000 * (time.perf_counter() - start))
    return np.array(taken)


def main():
    """Rows of (demo, kind, median, 95 %) in milliseconds, and a fresh figure's row."""
    rows = []
    for name, (make, kind) in DEMOS.items():
        taken = frames(make())
        rows.append((name, kind, float(np.median(taken)), float(np.quantile(taken, 0.95))))
    taken = fresh_figure()
    rows.append(
        ("a fresh figure a frame", "comparison", float(np.median(taken)), float(np.quantile(taken, 0.95)))
    )
    return rows


if __name__ == "__main__":
    for name, kind, median, high in main():
        print(f"{name:28s} {kind:12s} median {median:6.1f} ms   95 % {high:6.1f} ms")
