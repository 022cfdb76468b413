"""The clock and the scores of a race on images: what counts as training, and what is kept on the way."""

import time

import numpy as np

__all__ = ["CURVE", "Watch", "draw", "pace"]

WATCHES, WAY = 6, 16  # scores on the way, and samples kept at each
CURVE = ("frechet", "precision", "recall", "density", "coverage", "inception")


class Watch:
    """A ``watch`` for ``train`` that counts the time of training, ends it, and scores as it goes.

    Arguments:
        judge: a ``gancourse.runs.Judge``.
        steps, every: of the run, and between two calls.
        seconds: of training, after which it asks the loop to stop.
        device: "cpu", whose time is the processor's, or "cuda", whose time is the clock's.

    Attributes:
        spent: seconds of training.
        rows: dicts of step, minutes and the scores of CURVE.
        way: uint8 samples, a block (16, c, h, w) a row.
        best, best_step: state of the generator with the lowest Fréchet distance, and its step.
    """

    def __init__(self, judge, steps, every, seconds, device):
        self.judge, self.seconds, self.device = judge, seconds, device
        self.at = {round(i * steps / WATCHES) // every * every for i in range(WATCHES)} | {steps}
        self.rows, self.way, self.best, self.best_step, self.lowest = [], [], None, None, np.inf
        self.spent, self.since = 0.0, _now(device)

    def __call__(self, step, generator, discriminator):
        self.spent += _now(self.device) - self.since
        over = self.spent >= self.seconds
        if step in self.at or over:
            self.judged(step, generator)
        self.since = _now(self.device)
        if over:
            raise KeyboardInterrupt  # the loop returns what it has, as after Ctrl-C

    def judged(self, step, generator):
        pixels, _ = draw(generator, self.judge.n)
        scores = self.judge.scores(pixels)
        self.rows.append({"step": step, "minutes": self.spent / 60} | {name: scores[name] for name in CURVE})
        self.way.append(pixels[:WAY])
        # the untrained generator is no candidate
        if step and scores["frechet"] < self.lowest:
            self.lowest, self.best_step = scores["frechet"], step
            self.best = {name: value.clone() for name, value in generator.state_dict().items()}

    def keep_best(self, generator):
        if self.best is None:
            self.best, self.best_step = generator.state_dict(), self.rows[-1]["step"]

    def curve(self):
        return {
            name: [float(f"{row[name]:.5g}") for row in self.rows] for name in ("step", "minutes", *CURVE)
        }


def draw(generator, n, seed=1):
    """n images as pixels and the classes asked for, or None; the same at every call."""
    import torch

    from gancourse.data import to_pixels

    rng = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    pixels, asked = [], []
    with torch.no_grad():
        for _ in range(0, n, 250):
            z = generator.noise(250, rng).to(device)
            pixels.append(to_pixels(generator(z).float().cpu().numpy()))
            if getattr(generator, "classes", 0):
                asked.append(generator.labels(z).argmax(1).cpu().numpy())
    return np.concatenate(pixels)[:n], np.concatenate(asked)[:n] if asked else None


def pace(arguments, seconds, device):
    """Seconds that a step takes, on players that are thrown away."""
    from gancourse.training import train

    times = []

    def watch(step, *_):
        times.append(_now(device))
        if step >= 4 and times[-1] - times[0] > seconds:
            raise KeyboardInterrupt

    train(**arguments, watch=watch, watch_every=1)
    return (times[-1] - times[1]) / (len(times) - 2)  # the first step also pays for memory and plans


def _now(device):
    return time.perf_counter() if device == "cuda" else time.process_time()
