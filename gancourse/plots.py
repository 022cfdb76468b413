"""How this course draws things: one palette, one vocabulary, one style."""

import contextlib

import matplotlib as mpl
import numpy as np

__all__ = [
    "DATA", "DISCRIMINATOR", "EXACT", "GENERATOR", "MUTED", "SERIES", "STYLE", "TRAINED",
    "density", "image_grid", "legend", "losses", "style", "tile", "use",
]  # fmt: skip

# Okabe and Ito's palette, told apart with any colour vision. A colour means the same in every lecture.
DATA = "#0072B2"  # blue: p, real points
GENERATOR = "#D55E00"  # vermilion: q, generated points
DISCRIMINATOR = "#009E73"  # green: what D says
EXACT = "#000000"  # black: known in closed form
TRAINED = "#CC79A7"  # reddish purple, always dashed: learned from samples
MUTED = "#8C8C8C"
SERIES = ("#E69F00", "#56B4E9", "#000000")  # for curves that have no fixed colour; give each its own dash

STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "image.cmap": "gray",
}


@contextlib.contextmanager
def style(scale=1.0):
    """Draw in the style of the course inside a ``with`` block.

    Arguments:
        scale: size of type and lines; 1 on a laptop, 1.6 for the back row of a lecture hall.
    """
    with mpl.rc_context(
        {**STYLE, "font.size": 11 * scale, "axes.titlesize": 12 * scale, "lines.linewidth": 2 * scale}
    ):
        yield


def density(axes, x, values, colour, label):
    """A density as a filled curve; returns the line."""
    (line,) = axes.plot(x, values, color=colour, label=label)
    axes.fill_between(x, values, color=colour, alpha=0.12, linewidth=0)
    return line


def losses(axes, history):
    """Both losses of a training run against its steps, faintly, and a running mean over 2 % of them."""
    window = max(1, len(history.step) // 50)
    for values, colour, label in [
        (history.discriminator_loss, DISCRIMINATOR, "discriminator"),
        (history.generator_loss, GENERATOR, "generator"),
    ]:
        axes.plot(history.step, values, color=colour, alpha=0.2, linewidth=0.7)
        if not len(values):
            continue
        mean = np.convolve(values, np.full(window, 1 / window), mode="valid")
        axes.plot(history.step[window - 1 :], mean, color=colour, label=label)
    axes.set(xlabel="step", ylabel="loss (nats)")
    legend(axes)


def legend(axes, **options):
    """A legend in one row above the axes, so that it covers no data; it takes the place of the title."""
    handles, labels = axes.get_legend_handles_labels()
    axes.set_title(" ")  # keeps the room
    box = axes.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=max(len(labels), 1),
        borderaxespad=0.1, handlelength=1.5, columnspacing=1.0, handletextpad=0.5, **options,
    )  # fmt: skip
    box.set_in_layout(False)  # a long legend must not squeeze the axes


def tile(images, columns):
    """Images (n, c, h, w) in [−1, 1] as one picture with values in [0, 1], rows filled from the left.

    Returns:
        array (rows·(h + 1) − 1, columns·(w + 1) − 1) for one channel, with a last axis of 3 for three.
    """
    images = (np.clip(np.asarray(images, dtype=np.float32), -1, 1) + 1) / 2
    n, c, h, w = images.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1, c), 0.5, dtype=np.float32)
    for i, image in enumerate(images):
        top, left = (i // columns) * (h + 1), (i % columns) * (w + 1)
        sheet[top : top + h, left : left + w] = image.transpose(1, 2, 0)
    return sheet[..., 0] if c == 1 else sheet


def image_grid(axes, images, columns=8, title=""):
    """Draw images (n, c, h, w) in [−1, 1] as a grid; returns the artist, whose data may be replaced."""
    artist = axes.imshow(tile(images, columns), vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title)
    return artist


def use(scale=1.0):
    """Draw in the style of the course from here on: for the first cell of a lecture."""
    mpl.rcParams.update({**STYLE, "font.size": 11 * scale, "axes.titlesize": 12 * scale})
