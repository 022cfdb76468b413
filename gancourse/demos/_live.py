"""A picture that changes while a cell runs: training before the reader's eyes."""

import time

from IPython.display import Image, display

from gancourse.demos._stage import Stage

__all__ = ["LivePicture"]


class LivePicture:
    """Shows a stage's picture, and replaces it at each ``update``; the last one stays in the notebook.

    It needs no widget, so it works wherever a notebook runs. Pictures come at most every ``pause`` seconds,
    so that drawing never takes a noticeable share of the training; ``finish`` always draws.

    Arguments:
        scene, draw: as in a demo: one makes the artists, the other updates them.
        pause: seconds between two pictures.
        look: size, scale and dpi, as in ``Stage``.
    """

    def __init__(self, scene, draw, *, pause=0.15, **look):
        self.stage, self.draw, self.pause = Stage(scene, **look), draw, pause
        self._handle, self._last, self._late = None, -float("inf"), None

    def update(self, result):
        """Draw the result, unless the last picture is too recent; then it waits for ``finish``."""
        if time.monotonic() - self._last < self.pause:
            self._late = result
            return
        self._show(result)

    def finish(self):
        """Draw what was left out last, so that the picture is that of the end."""
        if self._late is not None:
            self._show(self._late)

    def _show(self, result):
        self._late = None
        self.draw(self.stage.artists, result)
        picture = Image(self.stage.frame(compression=6), format="png")
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
        self._last = time.monotonic()
