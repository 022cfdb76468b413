"""Measure, and write the table docs/benchmarks.md: python -m benchmarks [--seconds 60]."""

import argparse
import os
import platform
from datetime import date
from pathlib import Path

import torch

from benchmarks import (
    bare_loop,
    digits,
    ensemble,
    frames,
    gpu,
    grading,
    lab,
    lab_page,
    metrics,
    recipes,
    transport,
)
from gancourse.compute import choose_threads
from gancourse.models import DCGANGenerator
from gancourse.teach.sandbox import why_not

TABLE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main():
    """Run everything, print it, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="training time of the digits")
    options = parser.parse_args()
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`. Read the ratios: milliseconds depend on the machine and on what else it does.",
        f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the "
        f"start, Python {platform.python_version()}, torch {torch.__version__}.",
    ]
    lines += _frames() + _transport() + _metrics() + _loops() + _lab() + _ensembles()
    lines += _digits(options.seconds) + _recipes(options.seconds) + _gpu() + _grading()
    text = "\n".join(lines) + "\n"
    TABLE.write_text(text, encoding="utf-8")
    print(text)


def _frames():
    lines = [
        "",
        "## Slider frames, one core, from callback to encoded picture",
        "",
        f"Bar: 95 % of the moves of an exact demo within {frames.BAR:g} ms.",
        "",
        "| demo | kind | median, ms | 95 %, ms |",
        "|---|---|---|---|",
    ]
    rows = frames.main()
    return lines + [f"| {name} | {kind} | {median:.1f} | {high:.1f} |" for name, kind, median, high in rows]


def _transport():
    lines = [
        "",
        "## Optimal transport beside POT",
        "",
        "`wasserstein` and `ot.emd2` on the same 2,000 points, processor seconds. "
        f"Bar: {transport.BAR:g} times.",
        "",
        "| clouds | wasserstein, s | POT, s | ratio |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {a:.2f} | {b:.2f} | {ratio:.2f} |" for name, a, b, ratio in transport.main()]
    lines += ["", "| bins of `transport_plan` | ms | largest duality gap |", "|---|---|---|"]
    return lines + [f"| {n} | {1000 * s:.1f} | {gap:.0e} |" for n, s, gap in transport.plan_seconds()]


def _metrics():
    lines = [
        "",
        "## The metrics beside their peers",
        "",
        "The same random features in float64, one thread, a fresh process each; processor seconds, the least "
        f"of {metrics.ROUNDS}, and what the largest resident set grows by in the call. Bar: {metrics.BAR:g} "
        "times. For 50,000 features of 2,048 numbers: `python -m benchmarks.metrics --full`.",
        "",
        "| metric | features | peer | ours, s | peer, s | ratio | ours, MiB | peer, MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return lines + [
        f"| {name} | {n:,} × {d:,} | {peer} | {a:.2f} | {b:.2f} | {ratio:.2f} | {ours:.0f} | {theirs:.0f} |"
        for name, n, d, peer, a, b, ratio, ours, theirs in metrics.main()
    ]


def _loops():
    lines = [
        "",
        "## `training.train` beside the bare loop written by hand",
        "",
        "Same networks, data and optimiser; interleaved rounds, medians. Bar: 0.95 of its steps per second.",
        "",
        "| networks | threads | bare, ms a step | train, ms a step | share of its steps per second |",
        "|---|---|---|---|---|",
    ]
    for name, measure, steps, threads in [
        ("MLP pair, 2 x 64, batch 128", bare_loop.toy, 500, 1),
        ("DCGAN pair, 28 pixels, batch 128", bare_loop.dcgan, 10, choose_threads(DCGANGenerator())),
    ]:
        seconds = measure(steps, threads)
        bare, train = (1000 * seconds[kind] / steps for kind in ("bare", "train"))
        lines.append(f"| {name} | {threads} | {bare:.2f} | {train:.2f} | {seconds['ratio']:.3f} |")
    return lines


def _ensembles():
    lines = [
        "",
        "## Twenty seeds in one batched pass beside a loop over them",
        "",
        f"Interleaved rounds on one thread, medians. Bar: {ensemble.BAR:g} times, for the first row.",
        "",
        "| networks | one by one, ms a step of all | together, ms | times as fast |",
        "|---|---|---|---|",
    ]
    return lines + [
        f"| MLP pair, 2 x {width}, batch {batch} | {loop:.1f} | {stacked:.1f} | {ratio:.2f} |"
        for width, batch, loop, stacked, ratio in ensemble.main()
    ]


def _lab():
    lines = [
        "",
        "## The GAN lab, on one core",
        "",
        "A panel whose page answers at once, beside the bare loop with the same networks, in turn; medians, "
        f"and of the pauses the longest. Bars: {lab.FRAMES:g} frames a second, {lab.SHARE:g} of the steps, "
        f"{1000 * lab.PAUSE:.0f} ms.",
        "",
        "| layers | bare, steps/s | lab, steps/s | share | frames/s | longest pause, ms |",
        "|---|---|---|---|---|---|",
    ]
    return (
        lines
        + [
            f"| {name} | {bare:.0f} | {steps:.0f} | {share:.3f} | {fps:.1f} | {1000 * pause:.0f} |"
            for name, bare, steps, share, fps, pause in lab.main()
        ]
        + [
            "",
            "In processor time, which other programs do not change: what is left where frames come at "
            f"{lab.FRAMES:g} a second.",
            "",
            "| layers | bare, ms a step | lab, ms a step | ms a frame | share |",
            "|---|---|---|---|---|",
            *(
                f"| {name} | {bare:.2f} | {step:.2f} | {frame:.2f} | {share:.3f} |"
                for name, bare, step, frame, share in lab.costs()
            ),
        ]
        + lab_page.lines()
    )


def _digits(seconds):
    result = digits.main(seconds, progress=False)
    rows = [
        ("Fréchet distance, floor: other real digits", f"{result['floor']:.2f}"),
        (
            f"Fréchet distance after {result['seconds']:.0f} s, {result['steps']:,} steps",
            f"{result['frechet']:.2f}",
        ),
        ("Fréchet distance, untrained generator", f"{result['untrained']:.1f}"),
        ("Fréchet distance, ceiling: uniform noise", f"{result['ceiling']:.1f}"),
        ("real images a second", f"{result['images_per_second']:,.0f}"),
        ("floating-point operations a step", f"{result['flops_per_step']:.3g}"),
        ("operations a second", f"{result['flops_per_second']:.3g}"),
        ("float32 matrix product, operations a second", f"{result['multiply_flops_per_second']:.3g}"),
        ("share of the matrix product's rate", f"{result['utilisation']:.2f}"),
        ("threads", str(result["threads"])),
    ]
    lines = ["", "## Digits: a DCGAN on the 4,000 embedded digits", "", "| | |", "|---|---|"]
    return lines + [f"| {name} | {number} |" for name, number in rows]


def _recipes(seconds):
    lines = [
        "",
        "## Digits: the quickest recipes beside lecture 15's",
        "",
        f"Each for {seconds:.0f} s in turn, rehearsal included; Fréchet distance of 4,000 images, precision "
        f"and recall of 1,000. Bar: {recipes.BAR:g} of the first row's distance. By itself: "
        "`python -m benchmarks.recipes`.",
        "",
        "| recipe | Fréchet distance | of the first row's | precision | recall | steps |",
        "|---|---|---|---|---|---|",
    ]
    return lines + [
        f"| {name} | {row['frechet']:.2f} | {row['ratio']:.2f} | {row['precision']:.3f} | "
        f"{row['recall']:.3f} | {row['steps']:,.0f} |"
        for name, row in recipes.main(seconds).items()
    ]


def _gpu():
    lines = [
        "",
        "## On a GPU: each acceleration alone beside the plain loop",
        "",
        "A DCGAN pair for 32 pixels in colour, width 128, batch 256; the plain loop takes images from the "
        "host and an Adam that is not fused, in float32. "
        f"Bar: {gpu.BAR:g} of the images a second of the bare passes. By itself: `python -m benchmarks.gpu`.",
        "",
    ]
    reason = gpu.why_not()
    table, shares = ([], {}) if reason else gpu.rows()
    lines += ["| option | images a second | times the plain loop | peak memory, GiB |", "|---|---|---|---|"]
    if reason:
        lines += [f"| {name} | not yet run: {reason} | | |" for name in gpu.OPTIONS]
    lines += [f"| {n} | {speed:,.0f} | {ratio:.2f} | {m / 2**30:.2f} |" for n, speed, ratio, m in table]
    names = {
        "bare": "images a second of the bare passes",
        "share_of_bare": "share of them that `train` reaches",
        "rate": "bf16 matrix product, operations a second",
        "share_of_rate": "share of its rate in the passes of `train`",
    }
    lines += ["", "| | |", "|---|---|"]
    found = {name: f"{value:.3g}" for name, value in shares.items()}
    absent = f"not yet run: {reason}"
    return lines + [f"| {text} | {found.get(name, absent)} |" for name, text in names.items()]


def _grading():
    lines = ["", "## Grading a class, each submission in its own sandbox", ""]
    if reason := why_not():
        return [*lines, f"Not run: {reason}"]
    lines += [
        "60 honest submissions; from file to record, start-up apart. Bars: 1.6 s (NumPy), 3 s (torch), and "
        "1.7 times as fast with two at a time.",
        "",
        "| lecture | s each, one at a time | s each, two at a time | gain | 1,000 with two, minutes |",
        "|---|---|---|---|---|",
    ]
    for number, one, two, gain, publish in grading.main():
        whole = 1000 * (two + publish) / 60
        lines.append(f"| {number} | {one:.2f} | {two:.2f} | {gain:.2f} | {whole:.0f} |")
    return lines


if __name__ == "__main__":
    main()
