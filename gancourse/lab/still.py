"""The lab as a picture that stands still: what a saved notebook shows where no kernel runs."""

import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from PIL import Image

from gancourse import plots
from gancourse.demos._stage import Stage
from gancourse.lab.data import REACH
from gancourse.lab.oracle import AXIS
from gancourse.lab.picture import Painter

__all__ = ["side_by_side", "still"]


def _pale():
    """The page's colours for D, in eleven bands: from the generator's through white to the data's, pale."""
    shares = np.linspace(0, 1, 11)
    ends = np.array([to_rgb(colour) for colour in (plots.GENERATOR, plots.DATA)])
    return ListedColormap([1 + (ends[int(d > 0.5)] - 1) * abs(2 * d - 1) * 0.55 for d in shares])


_PALE = _pale()


def still(runs):
    """A PNG of one run or two, as bytes: points, and D as a map."""

    def scene(figure: Figure):
        for axes, run in zip(figure.subplots(1, len(runs), squeeze=False)[0], runs, strict=True):
            _draw(axes, run)
        return {}

    picture = Image.open(io.BytesIO(Stage(scene, size=(4.0 * len(runs), 4.5)).frame()))
    # 48 colours do, and a notebook holds the picture twice: as an output, and in the widget
    data = io.BytesIO()
    picture.quantize(48, dither=Image.Dither.NONE).save(data, format="png", optimize=True)
    return data.getvalue()


def side_by_side(runs, titles, *, best=True):
    """A figure of runs as they stand: points, D as a map, and the best D, or critic of slope 1, in contours.

    Contours at 0.2 (dotted), 0.5 (thick) and 0.8 (dashed), of a Wasserstein critic at these shares of its
    range. Where there is no best D to draw, in VEEGAN, there are none.

    Arguments:
        runs: ``Lab``s. titles: one for each. best: whether to draw the contours.

    Returns:
        the Matplotlib figure.
    """
    figure, axes = plt.subplots(1, len(runs), figsize=(2.9 * len(runs), 3.7), squeeze=False)
    for ax, run, title in zip(axes[0], runs, titles, strict=True):
        arrays = _draw(ax, run, legend=False)
        if best and "best" in arrays:
            ax.contour(
                AXIS, AXIS, arrays["best"], levels=[0.2, 0.5, 0.8], colors=plots.EXACT,
                linewidths=[0.9, 1.8, 1.1], linestyles=["dotted", "solid", "dashed"],
            )  # fmt: skip
        ax.set_title(title)
        if ax is not axes[0, 0]:
            ax.set(ylabel="", yticklabels=[])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _draw(axes, run, *, legend=True):
    numbers, arrays = Painter(run).frame(["d", "real", "fake", "best"])
    # bands of one colour each, since a picture of them takes a tenth of the bytes of a smooth one
    wide, d = np.pad(AXIS, 1), np.pad(arrays["d"], 1, mode="edge")
    wide[[0, -1]] = -REACH, REACH
    axes.contourf(wide, wide, d, levels=np.linspace(0, 1, 12), cmap=_PALE, antialiased=False)
    axes.plot(*arrays["real"].T, "o", color=plots.DATA, markersize=2.5, alpha=0.6, label="data")
    axes.plot(*arrays["fake"].T, "D", color=plots.GENERATOR, markersize=2.5, alpha=0.7, label="generated")
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="x₁", ylabel="x₂")
    axes.grid(False)
    axes.set_xticks(np.arange(-1, 2))
    axes.set_yticks(np.arange(-1, 2))
    if legend:
        plots.legend(axes)
    return arrays
