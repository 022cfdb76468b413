"""What each control of the lab's page does to the runs; all of it on the clock's thread."""

import re
from pathlib import Path

from gancourse._validate import choice, fail, integer
from gancourse.lab.data import on_strokes
from gancourse.lab.model import Lab
from gancourse.lab.picture import LAYERS, Painter
from gancourse.lab.settings import DIALS
from gancourse.lab.words import label

__all__ = ["SAVED", "Actions"]

SAVED = Path("gan_lab_runs")  # below the folder that the kernel runs in


class Actions:
    """The half of the panel that acts: a method ``_do_…`` for each message of the page."""

    def _turned(self):
        """The positions of the runs that the dials turn."""
        return range(len(self.runs)) if self.chosen is None else [self.chosen]

    def _do_hello(self):
        pass

    def _do_step(self, kind="both"):
        self.clock.stand()
        for run in self.runs:
            run.advance(1, kind)

    def _do_set(self, name, value):
        if name == "data" and value == "drawn":
            self._drawing = True
            self._do_stroke([])
            return
        for i in self._turned():
            run = self.runs[i]
            if name == "data":
                self._drawing = False
                self._put(i, Lab(run.settings.replace(data=value)))
            else:
                run.change(**{name: value})

    def _do_remedy(self, run, dials):
        self.runs[integer("run", run, low=0, high=len(self.runs) - 1)].change(**dials)
        turned = ", ".join(f"{dial.label} {label(dials[dial.name])}" for dial in DIALS if dial.name in dials)
        self._words = f"Turned: {turned}. Play on, and see whether it helps."

    def _do_stroke(self, points):
        if points:
            self._strokes.append(points)
        drawn = on_strokes(self._strokes)
        if not drawn:
            self._words = "Draw the data with the mouse on the picture."
            self.clock.stand()
            return
        self._words = f"{len(drawn)} points drawn."
        for i in self._turned():
            run = self.runs[i]
            if run.settings.data == "drawn":
                run.change(points=drawn)
            else:
                self._put(i, Lab(run.settings.replace(data="drawn", points=drawn)))

    def _do_erase(self):
        self._strokes, self._drawing = [], True
        self._do_stroke([])

    def _do_layers(self, names):
        self.layers = [choice("layers", name, LAYERS) for name in names]

    def _do_choose(self, run):
        self.chosen = None if run is None else integer("run", run, low=0, high=len(self.runs) - 1)

    def _do_scrub(self, run, index):
        self.clock.stand()
        self.runs[integer("run", run, low=0, high=len(self.runs) - 1)].show_moment(index)

    def _do_back(self):
        self.clock.stand()
        for run in self.runs:
            run.settle()
            earlier = [i for i, time in enumerate(run.moments.times) if time < run.time]
            run.show_moment(earlier[-1] if earlier else 0)

    def _do_branch(self, run=0):
        other = self.runs[integer("run", run, low=0, high=len(self.runs) - 1)].branch()
        self._second(other)
        self._words = f"The run on the right goes its own way from step {other.time:,}."

    def _do_second(self, on):
        if not on:
            del self.runs[1:], self._painters[1:]
            self.chosen = None
        elif len(self.runs) == 1:
            self._second(Lab(self.runs[0].settings))
            self._words = "A second run with the same settings, from step 0; the first one as it stands."

    def _second(self, run):
        self.runs[1:], self._painters[1:] = [run], [Painter(run)]

    def _do_reset(self):
        for i in self._turned():
            self._put(i, Lab(self.runs[i].settings))
        self._words = "Fresh weights, step 0."

    def _do_trained(self):
        for i in self._turned():
            self._put(i, Lab.trained(self.runs[i].settings.data))
        self._words = "A trained state, with the settings that it was trained with."

    def _do_save(self, name):
        self.runs[0 if self.chosen is None else self.chosen].save(_folder(name))
        self._words = f"Saved in {_folder(name)}."

    def _do_load(self, name):
        run = Lab.load(_folder(name))
        self._put(0 if self.chosen is None else self.chosen, run)
        self._words = f"Loaded from {_folder(name)}."

    def _do_code(self):
        headings = [""] if len(self.runs) == 1 else ["# the run on the left\n", "# the run on the right\n"]
        self._code = "\n".join(heading + run.code() for heading, run in zip(headings, self.runs, strict=True))

    def _put(self, i, run):
        self.runs[i] = self._painters[i].run = run


def _folder(name):
    """Where a run of that name is saved: no path, so that a page cannot write elsewhere."""
    if not isinstance(name, str) or not re.fullmatch(r"[\w\- ]{1,60}", name):
        fail("name", name, "a name of letters, digits, spaces, - and _")
    return SAVED / name
