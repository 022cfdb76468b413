"""The picture of an evaluation: samples beside the data, scores beside the floor, what the numbers do."""

import numpy as np
from matplotlib.figure import Figure

from gancourse import plots
from gancourse.data import to_network

__all__ = ["draw"]

SHARES = ("precision", "recall", "density", "coverage")


def draw(evaluation):
    """A matplotlib Figure of an Evaluation: images above, numbers below."""
    shown = evaluation.shown
    with plots.style():
        figure = Figure(figsize=(13, 6.6), dpi=100, layout="constrained")
        above, below = figure.subfigures(2, 1, height_ratios=(0.75, 1))
        real, fake, near = above.subplots(1, 3)
        plots.image_grid(real, to_network(shown["real"]), 8, f"Real ({evaluation.n_real:,})")
        plots.image_grid(fake, to_network(shown["fake"]), 8, f"Generated ({evaluation.n_fake:,})")
        rows = [shown[name][i : i + 8] for i in (0, 8) for name in ("fake", "nearest")]
        plots.image_grid(near, to_network(np.concatenate(rows)), 8, "Generated, the nearest real one below")
        sizes, shares, last = below.subplots(1, 3)
        _sizes(sizes, shown["lines"])
        _shares(shares, evaluation)
        _classes(last, shown["classes"]) if "classes" in shown else _map(last, shown["projections"])
    return figure


def _sizes(axes, lines):
    """The Fréchet distance against 1/n, and its line to infinity."""
    for name, label, colour, marker in (
        ("generated", "generated and real", plots.GENERATOR, "o"),
        ("floor", "real and real", plots.DATA, "s"),
    ):
        line = lines[name]
        x = 1 / line.sizes
        axes.plot(x, line.distances, marker, color=colour, label=label)
        ends = np.array([0, x.max()])
        axes.plot(ends, line.value + line.slope * ends, color=colour, linewidth=1, linestyle="--")
    ticks = sorted(set(lines["generated"].sizes))
    axes.set_xticks([0, *(1 / n for n in ticks)], ["∞", *(f"{n:,}" for n in ticks)], rotation=45, ha="right")
    axes.set(xlabel="n, images of each set (axis: 1/n)", ylabel="Fréchet distance (features²)")
    axes.margins(x=0.04)
    plots.legend(axes)


def _shares(axes, evaluation):
    rows = {row.name: row for row in evaluation.rows}
    at = np.arange(len(SHARES))
    for shift, which, label, colour, marker in (
        (-0.1, "same_size", "generated", plots.GENERATOR, "o"),
        (0.1, "floor", "other real images", plots.DATA, "s"),
    ):
        values, errors = zip(*(getattr(rows[name], which) for name in SHARES), strict=True)
        axes.errorbar(values, at + shift, xerr=errors, fmt=marker, color=colour, label=label, capsize=3)
    axes.set_yticks(at, SHARES)
    axes.set_ylim(len(SHARES) - 0.5, -0.5)
    axes.grid(visible=True, axis="x")
    axes.set_xlim(left=-0.03)
    axes.set(xlabel=f"score of {evaluation.n_floor:,} images each, ± one standard error")
    plots.legend(axes)


def _classes(axes, shares):
    at = np.arange(shares.shape[1])
    axes.bar(at - 0.2, shares[0], 0.4, color=plots.DATA, label="real")
    axes.bar(at + 0.2, shares[1], 0.4, color=plots.GENERATOR, label="generated")
    axes.set_xticks(at)
    axes.set(xlabel="class, as the network names it", ylabel="share of the images")
    plots.legend(axes)


def _map(axes, projections):
    for points, label, colour in zip(
        projections, ("real", "generated"), (plots.DATA, plots.GENERATOR), strict=True
    ):
        axes.scatter(*points.T, s=6, alpha=0.5, color=colour, label=label, linewidths=0)
    axes.set(xlabel="first principal component of the features", ylabel="second")
    plots.legend(axes)
