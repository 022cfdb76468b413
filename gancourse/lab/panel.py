"""The lab on a page: a canvas widget that shows what the clock trains and passes on what is pressed."""

import base64
import math
import time
from pathlib import Path

import anywidget
import traitlets

from gancourse._validate import choice, fail
from gancourse.history import TrainingDiverged
from gancourse.lab.actions import SAVED, Actions
from gancourse.lab.clock import Clock
from gancourse.lab.model import Lab
from gancourse.lab.picture import LAYERS, Painter, pack
from gancourse.lab.still import still
from gancourse.lab.words import about

__all__ = ["GanLab"]

_HERE = Path(__file__).parent
_AT_FIRST = ("d", "real", "fake")


class GanLab(Actions, anywidget.AnyWidget):
    """One run of the lab on the page, or two side by side on one clock.

    Arguments:
        runs: one ``Lab``, or two.
        layers: names of ``LAYERS`` that are shown at first.
        large: type for a projector.
        patience: seconds without an answer from the page after which training pauses.

    Attributes:
        runs: the ``Lab``s. clock: what trains them. chosen: which of two runs the dials turn, 0, 1, or None
            for both.

    Raises:
        ValueError: no run, more than two, or an unknown layer.
    """

    _esm = _HERE / "page.js"
    _css = _HERE / "page.css"
    about = traitlets.Dict().tag(sync=True)
    large = traitlets.Bool(False).tag(sync=True)
    clock = None
    picture = traitlets.Unicode("").tag(sync=True)  # what a saved notebook shows without a kernel

    def __init__(self, *runs, layers=_AT_FIRST, large=False, patience=10.0):
        if not 1 <= len(runs) <= 2 or not all(isinstance(run, Lab) for run in runs):
            fail("runs", runs, "one Lab, or two")
        self.layers = [choice("layers", name, LAYERS) for name in layers]
        self.runs, self.chosen = list(runs), None
        self._painters = [Painter(run) for run in runs]
        self._strokes, self._drawing = [], False
        self._words, self._error, self._code, self._parts = "", "", "", None
        self._diagnosed = -math.inf
        self.clock = Clock(lambda: list(self.runs), self._frame, self._told, patience=patience)
        super().__init__(about=about(), large=large)
        self.add_class("gancourse-lab")
        self.on_msg(self._hear)

    # From the page

    def _hear(self, _, content, buffers):
        """A message from the page; all but two kinds are carried out by the clock's thread, in order."""
        what = content.get("do")
        if what == "seen":
            self.clock.seen(content.get("frame", 0))
        elif what == "pause":
            self.clock.pause()
        else:
            self.press(what, **{key: value for key, value in content.items() if key != "do"})

    def press(self, what, **given):
        """Do what a control of the page does; a Future, which holds the error if it failed.

        Arguments:
            what: "hello", "play", "pause", "slow", "part", "step", "back", "set", "layers", "choose",
                "scrub", "branch", "second", "reset", "trained", "save", "load", "code", "stroke", "erase",
                "remedy".
            given: what it needs, by name.
        """
        if what in ("play", "pause", "slow", "part"):
            return getattr(self.clock, what)()
        return self.clock.do(self._carry_out, what, given)

    def _carry_out(self, what, given):
        action = getattr(self, f"_do_{what}", None)
        if action is None:
            fail("do", what, "something that the lab can do")
        if what != "hello":
            self._error, self._parts = "", None
        if what not in ("hello", "layers", "choose", "code"):
            self._words = ""
        if what != "code":
            self._code = ""
        action(**given)
        self._state()
        if self.clock.mode != "playing" or what in ("hello", "layers", "reset", "trained", "load", "scrub"):
            self._frame(fresh=what not in ("hello", "layers", "choose", "code", "save"))

    # To the page

    def _told(self, event, value):
        if event == "part":
            self._parts = value
            said = [part.say() for part in value if part is not None]
            self._words = " ".join(said[:1]) if self.chosen in (None, 0) else " ".join(said[-1:])
        elif event == "error":
            text = str(value) if isinstance(value, TrainingDiverged | ValueError) else repr(value)
            self._error = text[:1].upper() + text[1:]
        elif event == "alone":
            self._words = f"Paused: no page has answered for {value:g} seconds."
        elif event == "mode" and value == "playing":
            self._words, self._error, self._parts = "", "", None
        self._state()

    def _state(self):
        names = sorted(path.name for path in SAVED.glob("*") if (path / "checkpoint.json").exists())
        self.send(
            {
                "kind": "state",
                "mode": self.clock.mode,
                "runs": [{"settings": run.settings.to_json(), "origin": run.origin} for run in self.runs],
                "chosen": self.chosen,
                "layers": self.layers,
                "words": self._words,
                "error": self._error,
                "code": self._code,
                "saved": names,
                "drawing": self._drawing,
            }
        )

    def _frame(self, fresh=False):
        """Draw and send what the runs look like now."""
        runs, buffers = [], []
        now = time.monotonic()
        diagnose = fresh or now - self._diagnosed > 1.0
        for i, painter in enumerate(self._painters):
            numbers, arrays = painter.frame(self.layers, fresh=fresh)
            if self._parts is not None and i < len(self._parts) and self._parts[i] is not None:
                for name, batch in self._parts[i].points.items():
                    if name in self.layers:
                        arrays[name] = batch.detach().double().numpy()
            described, packed = pack(arrays)
            buffers += packed
            run = self.runs[i]
            entry = {
                "numbers": _plain(numbers),
                "arrays": described,
                "moments": run.moments.times,
                "at": run.time,
            }
            if diagnose:
                entry["diagnosis"] = painter.diagnosis()
            runs.append(entry)
        if diagnose:
            self._diagnosed = now
        frame = {
            "kind": "frame",
            "frame": self.clock.sending(),
            "mode": self.clock.mode,
            "rate": self.clock.rate,
        }
        self.send({**frame, "words": self._words, "runs": runs}, buffers)

    def close(self):
        """Stop the clock, and close the widget."""
        if self.clock is not None:  # a panel that was refused its runs has none
            self.clock.close()
        super().close()

    def _repr_mimebundle_(self, **options):
        self.picture = base64.b64encode(still(self.runs)).decode()
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["image/png"] = self.picture
        data["text/plain"] = "The GAN lab: a live panel, where a kernel runs."
        return data, metadata


def _plain(value):
    """Numbers as JSON can hold them: null for what is not finite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
