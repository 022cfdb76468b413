"""The GAN lab on one core: frames a second, the share of the bare loop's steps, and how soon a pause answers.

python -m benchmarks.lab
"""

import os
import statistics
import time

import numpy as np
import torch

from benchmarks.bare_loop import bare
from gancourse.compute import threads
from gancourse.lab import Lab, data_set
from gancourse.lab.panel import GanLab
from gancourse.lab.picture import LAYERS
from gancourse.models import MLPDiscriminator, MLPGenerator

__all__ = ["FRAMES", "PAUSE", "SHARE", "costs", "main", "soak"]

FRAMES, SHARE, PAUSE = 8.0, 0.8, 0.2  # the bars: frames a second, share of steps a second, seconds
LOOKS = (("points and D", ("d", "real", "fake")), ("every layer", tuple(LAYERS)))


class Shown(GanLab):
    """The panel with a page that answers each frame at once; what is sent is packed and counted."""

    def __init__(self, run, layers):
        super().__init__(run, layers=layers)
        self.frames = 0

    def send(self, content, buffers=None):
        if content["kind"] == "frame":
            self.frames += 1
            self.clock.seen(content["frame"])


def main(rounds=7, seconds=2.0):
    """Rows of (layers, bare steps/s, lab steps/s, share, frames/s, longest pause in s), medians of rounds.

    Bare loop and lab in turn, on the same core, with the same networks, batch and optimiser; the share is the
    median of the ratios of neighbours in time.
    """
    rows = []
    with _one_core(), threads(1):
        for name, layers in LOOKS:
            shown = Shown(Lab(data="ring"), layers)
            found = []
            for i in range(rounds + 1):
                bare_rate = _bare(seconds)
                lab_rate, frames, pause = _lab(shown, seconds)
                if i:  # the first round warms up
                    found.append((bare_rate, lab_rate, lab_rate / bare_rate, frames, pause))
            shown.close()
            columns = list(zip(*found, strict=True))
            rows.append((name, *(statistics.median(column) for column in columns[:4]), max(columns[4])))
    return rows


def costs(rounds=5, steps=300):
    """Rows of (layers, ms a step of the bare loop, of the lab, ms a frame, share left at FRAMES a second).

    In processor time of the thread, which other programs do not change: what the rows of ``main`` come to on
    a core of one's own. The share is the bare loop's step over the lab's, times what FRAMES frames a second
    leave of a second; estimates are made as often as at that rate.
    """
    run, rows = Lab(data="ring"), []
    with threads(1):
        pairs = [(_seconds(_bare_steps, steps), _seconds(run.advance, steps)) for _ in range(rounds + 1)][1:]
        bare_step, lab_step = (statistics.median(column) / steps for column in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        for name, layers in LOOKS:
            shown, now = Shown(run, layers), [0.0]
            shown._painters[0].clock = lambda now=now: now[0]

            def frames(shown=shown, now=now):
                for _ in range(2 * int(FRAMES)):
                    now[0] += 1 / FRAMES
                    shown._frame()

            frames()  # the first ones make what is kept
            frame = statistics.median(_seconds(frames) for _ in range(rounds)) / (2 * int(FRAMES))
            shown.close()
            rows.append((name, 1e3 * bare_step, 1e3 * lab_step, 1e3 * frame, ratio * (1 - FRAMES * frame)))
    return rows


def soak(minutes, *, every=10.0, layers=tuple(LAYERS)):
    """Play the lab for so many minutes; rows of (seconds, steps, resident megabytes)."""
    shown, rows = Shown(Lab(data="ring"), layers), []
    shown.clock.play().result(60)
    started = time.monotonic()
    while time.monotonic() - started < 60 * minutes:
        time.sleep(every)
        rows.append((time.monotonic() - started, shown.runs[0].time, _resident()))
    mode = shown.clock.mode
    shown.close()
    if mode != "playing":
        raise RuntimeError(f"the lab was {mode} at the end: {shown._error}")
    return rows


def _seconds(work, *arguments):
    """Processor seconds of this thread for a piece of work."""
    started = time.thread_time()
    work(*arguments)
    return time.thread_time() - started


def _bare_steps(steps):
    networks = MLPGenerator(width=32), MLPDiscriminator(width=32)
    bare(*networks, data_set("ring").sample, steps, np.random.default_rng(0))


def _bare(seconds):
    torch.manual_seed(0)
    networks, data, rng = (
        (MLPGenerator(width=32), MLPDiscriminator(width=32)),
        data_set("ring"),
        np.random.default_rng(0),
    )
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        bare(*networks, data.sample, 50, rng)
        steps += 50
    return steps / (time.perf_counter() - started)


def _lab(shown, seconds):
    run, clock = shown.runs[0], shown.clock
    clock.play().result(60)
    time.sleep(0.3)  # the first frames after a pause
    started, steps, frames = time.perf_counter(), run.time, shown.frames
    time.sleep(seconds)
    taken = time.perf_counter() - started
    rates = (run.time - steps) / taken, (shown.frames - frames) / taken
    asked = time.perf_counter()
    clock.pause().result(60)
    return *rates, time.perf_counter() - asked


def _resident():
    with open("/proc/self/statm") as found:
        return int(found.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class _one_core:
    """This process on the first of its cores, where the system can do that."""

    def __enter__(self):
        self.before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        if self.before:
            os.sched_setaffinity(0, {min(self.before)})

    def __exit__(self, *error):
        if self.before:
            os.sched_setaffinity(0, self.before)


if __name__ == "__main__":
    for name, bare_step, lab_step, frame, share in costs():
        print(f"{name}: processor ms a step: bare {bare_step:.3f}, lab {lab_step:.3f}; a frame {frame:.2f}")
        print(f"  at {FRAMES:g} frames/s a share of {share:.3f} (bar {SHARE})")
    for name, bare_rate, lab_rate, share, fps, pause in main():
        print(f"{name}: bare {bare_rate:.0f} steps/s, lab {lab_rate:.0f}, share {share:.3f} (bar {SHARE})")
        print(f"  {fps:.1f} frames/s (bar {FRAMES:g}), longest pause {pause:.3f} s (bar {PAUSE})")
