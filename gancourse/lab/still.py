"""The lab as a picture that stands still: what a saved notebook shows where no kernel runs."""

from matplotlib.figure import Figure

from gancourse import plots
from gancourse.demos._stage import Stage
from gancourse.lab.data import REACH
from gancourse.lab.picture import Painter

__all__ = ["still"]


def still(runs):
    """A PNG of one run or two, as bytes: points, and D as a map."""

    def scene(figure: Figure):
        for axes, run in zip(figure.subplots(1, len(runs), squeeze=False)[0], runs, strict=True):
            _draw(axes, run)
        return {}

    return Stage(scene, size=(4.6 * len(runs), 4.6)).frame(compression=9)


def _draw(axes, run):
    numbers, arrays = Painter(run).frame(["d", "real", "fake"])
    axes.imshow(
        arrays["d"], origin="lower", extent=(-REACH, REACH) * 2, vmin=0, vmax=1, cmap="RdYlBu", alpha=0.5,
        interpolation="bilinear",
    )  # fmt: skip
    axes.plot(*arrays["real"].T, "o", color=plots.DATA, markersize=2.5, alpha=0.6, label="data")
    axes.plot(*arrays["fake"].T, "D", color=plots.GENERATOR, markersize=2.5, alpha=0.7, label="generated")
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="x₁", ylabel="x₂")
    axes.grid(False)
    plots.legend(axes)
