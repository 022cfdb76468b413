"""A slider over a training run that has been watched: back to the beginning, and forth again."""

from gancourse.demos._widget import Demo, Knob

__all__ = ["replay"]


def replay(scene, draw, snapshots, *, name, step, **look):
    """A demo whose one slider runs over stored snapshots, from 0 (before training) to 1 (its end).

    Arguments:
        scene, draw: as in a demo.
        snapshots: what was kept of the run, in order.
        name: for screen readers, and for the gallery.
        step: of the slider.
        look: size, scale and dpi, as in ``Demo``.
    """

    def compute(*, moment):
        return snapshots[round(moment * (len(snapshots) - 1))]

    return Demo(
        compute,
        scene,
        draw,
        [Knob("moment", 0.0, 1.0, step, 1.0, "share of the training")],
        name=name,
        **look,
    )
