"""A figure for a slider: the still parts are painted once, a frame redraws only what moves."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from gancourse import plots

__all__ = ["Stage"]


class Stage:
    """A Matplotlib figure without a window that turns moving artists into PNG pictures quickly.

    Drawing a fresh figure takes about 100 ms and redrawing all of its artists 40 ms. Here the axes, grid,
    labels and legend are painted once and kept; a frame copies that background and draws the moving
    artists over it, which takes a few milliseconds.

    Arguments:
        scene: (figure) -> mapping of names to moving artists. It draws everything, once.
        size: inches (width, height).
        scale: size of type and lines, as in ``plots.style``.
        dpi: pixels an inch.
    """

    def __init__(self, scene, size=(8.4, 3.4), scale=1.0, dpi=100):
        with plots.style(scale):
            self.figure = Figure(figsize=size, dpi=dpi, layout="constrained")
            self.canvas = FigureCanvasAgg(self.figure)
            self.artists = scene(self.figure)
            self.canvas.draw()
            # the layout is settled once: from here on nothing but the moving artists may move
            self.figure.set_layout_engine("none")
            for artist in self._moving():
                artist.set_animated(True)
            self.canvas.draw()
        self._background = self.canvas.copy_from_bbox(self.figure.bbox)

    def frame(self, compression=1):
        """The picture with the moving artists as they are now: PNG bytes.

        Arguments:
            compression: zlib's level. 1 takes a third of the default's time for a picture a little larger,
                and suits a slider; 9 suits a picture that is kept.
        """
        self.canvas.restore_region(self._background)
        for artist in self._moving():
            (artist.axes or self.figure).draw_artist(artist)
        return self._encode(compression)

    def message(self, text):
        """The still picture with a text across it, for errors: PNG bytes."""
        self.canvas.restore_region(self._background)
        note = self.figure.text(
            0.5, 0.5, text, ha="center", va="center", wrap=True, color="white",
            bbox={"facecolor": "#8B0000", "edgecolor": "none", "boxstyle": "round"},
        )  # fmt: skip
        self.figure.draw_artist(note)
        note.remove()
        return self._encode(1)

    def _moving(self):
        for artist in self.artists.values():
            yield from artist if isinstance(artist, list | tuple) else (artist,)

    def _encode(self, compression):
        pixels = np.asarray(self.canvas.buffer_rgba())[..., :3]
        picture = io.BytesIO()
        Image.fromarray(pixels).save(picture, format="png", compress_level=compression)
        return picture.getvalue()
