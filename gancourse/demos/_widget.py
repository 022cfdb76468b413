"""A demo on the screen: labelled sliders, the picture, and what it shows in words."""

import base64
import inspect
import io
import traceback
from dataclasses import dataclass

import ipywidgets as widgets
from PIL import Image

from gancourse._validate import fail
from gancourse.demos._stage import Stage

__all__ = ["Demo", "Knob"]


@dataclass(frozen=True)
class Knob:
    """A slider: the keyword of ``compute`` that it sets, its range, and its label.

    Arguments:
        name: keyword of ``compute``.
        low, high, step: range; the keyboard's arrows move by ``step``. A whole-number ``step`` and ends
            make a slider of whole numbers.
        start: value at first and after a reset.
        label: a few words with the symbol and the unit.
        options: names to choose from, a button each in place of a slider; the keyword gets the position of
            the chosen one, so that ``low`` is 0, ``high`` that of the last, and ``step`` 1.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    start: object = 0.5
    label: str = ""
    options: tuple = ()

    def widget(self, wide):
        """The ipywidgets control for this knob."""
        layout = widgets.Layout(width=wide)
        # with "initial" a label takes the room that it needs, and is never cut
        look = {
            "description": self.label or self.name,
            "layout": layout,
            "style": {"description_width": "initial"},
        }
        if self.options:
            # not a drop-down list: JupyterLab takes the arrow keys for itself
            numbered = [(option, i) for i, option in enumerate(self.options)]
            look["style"]["button_width"] = "auto"
            return widgets.ToggleButtons(options=numbered, value=self.start, **look)
        whole = all(isinstance(v, int) for v in (self.low, self.high, self.step, self.start))
        kind = widgets.IntSlider if whole else widgets.FloatSlider
        return kind(min=self.low, max=self.high, step=self.step, value=self.start, **look)


def _smaller(png):
    """The picture in 256 colours, a third of its size: what a saved notebook shows without a kernel."""
    picture = io.BytesIO()
    Image.open(io.BytesIO(png)).quantize(256).save(picture, format="png", optimize=True)
    return picture.getvalue()


class Demo(widgets.VBox):
    """Joins a demo's three parts: ``compute`` the numbers, ``draw`` them into artists, move by sliders.

    Arguments:
        compute: (**knobs) -> result; exact, callable in a test.
        scene: (figure) -> mapping of names to artists; draws once all that stands still.
        draw: (artists, result) -> the numbers in words; updates artists and makes none.
        knobs: the sliders.
        actions: label -> (demo, **knobs) -> None, a button each, for what takes longer than a frame. An
            action leaves what it found in ``demo.extra``, a mapping that is passed on to ``compute`` as
            keywords, and emptied when a slider moves: what was learned at other settings is no longer true.
        name: for screen readers, and for the gallery.
        size, scale, dpi: as in ``Stage``.

    Without a kernel the committed output shows the last picture: the mime bundle carries a PNG beside the
    widget, and the widget's state holds the picture too.
    """

    def __init__(
        self, compute, scene, draw, knobs, *, actions=None, name="", size=(8.4, 3.4), scale=1.0, dpi=100
    ):
        known = inspect.signature(compute).parameters
        for knob in knobs:
            if knob.name not in known:
                fail("knobs", knob.name, f"keywords of {compute.__name__}: {', '.join(known)}")
        self.compute, self.draw = compute, draw
        self.extra, self.error, self.result = {}, None, None
        self.stage = Stage(scene, size=size, scale=scale, dpi=dpi)
        self.knobs = {knob.name: knob for knob in knobs}
        wide = f"{int(size[0] * dpi * 0.48)}px"
        self.controls = {knob.name: knob.widget(wide) for knob in knobs}
        self.picture = widgets.Image(
            format="png", layout=widgets.Layout(max_width="100%", align_self="flex-start")
        )
        self.words = widgets.HTML()
        self.buttons = {
            label: widgets.Button(description=label, layout=widgets.Layout(width="auto"))
            for label in [*(actions or {}), "Reset"]
        }
        for label, action in (actions or {}).items():
            self.buttons[label].on_click(lambda _, action=action: self._guard(self._act, action))
        self.buttons["Reset"].on_click(lambda _: self.reset())
        for control in self.controls.values():
            control.observe(lambda _: self._guard(self._moved), names="value")
        self._held = False
        # The first frame is drawn outside the guard, so that a broken demo stops the cell; and it is the one
        # that a saved notebook keeps.
        self.refresh(compression=9)
        sliders = widgets.HBox(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__([sliders, self.picture, self.words, widgets.HBox(list(self.buttons.values()))])
        self.add_class("gancourse-demo")
        if name:
            self.add_class("gancourse-" + name.replace(" ", "-"))

    @property
    def settings(self):
        """The knobs' present values, by name."""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, **settings):
        """Move sliders from code, as a test does; redraws once, and raises what the callback raised."""
        for name in settings:
            if name not in self.controls:
                fail("settings", name, "one of " + ", ".join(self.controls))
        self._held = True
        try:
            for name, value in settings.items():
                self.controls[name].value = value
        finally:
            self._held = False
        self._guard(self._moved)
        if self.error is not None:
            raise self.error
        return self.result

    def press(self, label):
        """Press a button from code, as a test does; raises what the action raised."""
        self.buttons[label].click()
        if self.error is not None:
            raise self.error
        return self.result

    def reset(self):
        """Back to the settings at the start."""
        self.set(**{name: knob.start for name, knob in self.knobs.items()})

    def refresh(self, compression=1):
        """Compute, draw, encode: from the settings to the picture on the screen."""
        self.result = self.compute(**self.settings, **self.extra)
        self.words.value = f"<div aria-live='polite'>{self.draw(self.stage.artists, self.result)}</div>"
        self.picture.value = self.stage.frame(compression)

    def _moved(self):
        self.extra = {}
        self.refresh()

    def _act(self, action):
        for button in self.buttons.values():
            button.disabled = True
        try:
            action(self, **self.settings)
            self.refresh()
        finally:
            for button in self.buttons.values():
                button.disabled = False

    def _guard(self, callback, *arguments):
        if self._held:
            return
        self.error = None
        try:
            callback(*arguments)
        except Exception as error:  # a browser shows no traceback of a callback: show it in the figure
            self.error = error
            last = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error}\n({last.name}, line {last.lineno})"
            self.picture.value = self.stage.message(text)
            self.words.value = "<b>This setting failed; move a slider or press Reset.</b>"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["image/png"] = base64.b64encode(_smaller(self.picture.value)).decode()
        return data, metadata
