"""Slider frames: from the callback to the encoded picture, on one core.

python -m benchmarks.frames
"""

import os
import time

import matplotlib.pyplot as plt
import numpy as np

from gancourse import plots
from gancourse.demos import optimal_discriminator
from gancourse.demos.gallery import GALLERY

__all__ = ["BAR", "DEMOS", "fresh_figure", "main"]

BAR = 25.0  # milliseconds, for 95 % of the moves of an exact demo
# those of the gallery that need no training first
DEMOS = {
    entry.title: (entry.make, "learned" if entry.torch else "exact") for entry in GALLERY if not entry.train
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
        print(f"{name:60s} {kind:12s} median {median:6.1f} ms   95 % {high:6.1f} ms")
