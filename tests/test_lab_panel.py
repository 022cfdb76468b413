"""The lab's panel without a browser: what each control does, what is sent, errors, saving, the picture."""

import base64
import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gancourse.lab.panel as panel
from gancourse.commands import COMMANDS
from gancourse.commands.lab import notebook
from gancourse.diagnosis import VERDICTS
from gancourse.lab import DIALS, Lab, Settings, lab, two
from gancourse.lab.picture import LAYERS
from gancourse.lab.remedies import _TRY, remedy
from gancourse.lab.words import about, label

SOON = 60.0
SMALL = {"batch": 16, "generator_width": 8, "discriminator_width": 8}


class Heard:
    """A panel whose messages are kept, and whose frames are answered at once."""

    def __init__(self, made):
        self.panel, self.states, self.frames = made, [], []
        made.send = self.hear

    def hear(self, content, buffers=None):
        json.dumps(content, allow_nan=False)  # as the wire has it
        if content["kind"] == "state":
            self.states.append(content)
        else:
            self.frames.append((content, buffers))
            self.panel._hear(None, {"do": "seen", "frame": content["frame"]}, [])

    def press(self, what, **given):
        self.panel.press(what, **given).result(SOON)
        return self.states[-1]

    @property
    def numbers(self):
        return [run["numbers"] for run in self.frames[-1][0]["runs"]]


def until(condition):
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def heard(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = []

    def make(*runs, **options):
        made.append(Heard(panel.GanLab(*(runs or (Lab(**SMALL),)), **options)))
        return made[-1]

    yield make
    for one in made:
        one.panel.close()


def test_a_page_that_says_hello_gets_the_state_and_a_frame(heard):
    page = heard()
    state = page.press("hello")
    assert state["mode"] == "paused" and state["runs"][0]["settings"]["data"] == "ring"
    content, buffers = page.frames[-1]
    arrays = content["runs"][0]["arrays"]
    assert len(arrays) == len(buffers) and {"real", "fake", "d"} <= {a["name"] for a in arrays}
    kinds = {"int16": 2, "uint8": 1, "float32": 4}
    for described, buffer in zip(arrays, buffers, strict=True):
        assert len(buffer) == kinds[described["kind"]] * np.prod(described["shape"])
    assert sum(map(len, buffers)) < 20_000


def test_play_and_pause(heard):
    page = heard()
    page.panel._hear(None, {"do": "play"}, [])
    page.panel.clock.do(int).result(SOON)
    until(lambda: page.panel.runs[0].time >= 30)
    page.panel._hear(None, {"do": "pause"}, [])
    page.panel.clock.do(int).result(SOON)
    assert page.states[-1]["mode"] == "paused" and page.numbers[0]["time"] == page.panel.runs[0].time
    assert page.frames[-1][0]["mode"] == "paused"


@pytest.mark.parametrize("kind", ["both", "d", "g"])
def test_steps(heard, kind):
    page = heard()
    page.press("step", kind=kind)
    assert page.panel.runs[0].log == ((kind, 1),) and page.numbers[0]["time"] == 1


@pytest.mark.parametrize(
    "dial", [d for d in DIALS if d.name not in ("data", "practical")], ids=lambda d: d.name
)
def test_every_dial_sets_its_setting(heard, dial):
    page = heard()
    value = next(v for v in dial.options if v != getattr(Settings(**SMALL), dial.name))
    state = page.press("set", name=dial.name, value=value)
    assert state["runs"][0]["settings"][dial.name] == value and state["error"] == ""
    page.press("step")


def test_another_data_set_begins_anew(heard):
    page = heard()
    page.press("step")
    page.press("set", name="data", value="swiss_roll")
    assert page.panel.runs[0].time == 0 and page.panel.runs[0].settings.data == "swiss_roll"


def test_data_are_drawn_by_hand_and_erased(heard):
    page = heard()
    state = page.press("set", name="data", value="drawn")
    assert (
        state["drawing"] and "Draw the data" in state["words"] and page.panel.runs[0].settings.data == "ring"
    )
    state = page.press("stroke", points=[[-1, 0], [0, 0.5], [1, 0]])
    points = page.panel.runs[0].settings.points
    assert len(points) == 75 and points[0] == (-1.0, 0.0) and state["words"] == "75 points drawn."
    page.press("step")
    page.press("stroke", points=[[0, -1]])  # the run goes on with the new data
    assert len(page.panel.runs[0].settings.points) == 76 and page.panel.runs[0].time == 1
    assert "Draw the data" in page.press("erase")["words"]
    page.press("stroke", points=[[0.3, 0.3]])
    assert page.panel.runs[0].settings.points == ((0.3, 0.3),)
    assert not page.press("set", name="data", value="grid")["drawing"]


def test_layers_are_switched(heard):
    page = heard()
    for name in LAYERS:
        page.press("layers", names=[name])
        names = {a["name"] for a in page.frames[-1][0]["runs"][0]["arrays"]}
        assert names & set(LAYERS) == {name}


def test_scrubbing_back_and_branching(heard):
    page = heard()
    page.panel.runs[0].advance(60)
    page.press("scrub", run=0, index=1)
    assert page.numbers[0]["time"] == 20 and page.frames[-1][0]["runs"][0]["moments"] == [0, 20, 40, 60]
    state = page.press("branch", run=0)
    assert (
        len(state["runs"]) == 2
        and "step 20" in state["words"]
        and [n["time"] for n in page.numbers] == [20, 20]
    )
    page.press("scrub", run=0, index=3)
    page.press("choose", run=1)
    page.press("set", name="objective", value="hinge")
    first, second = page.panel.runs
    assert (first.time, second.time) == (60, 20)
    assert (first.settings.objective, second.settings.objective) == ("non_saturating", "hinge")
    page.press("back")
    assert (first.time, second.time) == (40, 0)
    assert len(page.press("second", on=False)["runs"]) == 1


def test_two_runs_on_one_clock(heard):
    page = heard(Lab(**SMALL), Lab(**SMALL, objective="wasserstein", clip=0.1))
    page.press("step")
    assert [run.time for run in page.panel.runs] == [1, 1] and len(page.numbers) == 2
    page.press("set", name="generator_rate", value=3e-4)
    assert all(run.settings.generator_rate == 3e-4 for run in page.panel.runs)
    page.press("choose", run=0)
    page.press("reset")
    assert [run.time for run in page.panel.runs] == [0, 1]


def test_slow_motion_says_what_happens_and_shows_its_batch(heard):
    page = heard()
    state = page.press("part")
    assert state["words"] == "16 real points are drawn from the data."
    content, _ = page.frames[-1]
    real = next(a for a in content["runs"][0]["arrays"] if a["name"] == "real")
    assert real["shape"] == [16, 2]
    for _ in range(7):
        state = page.press("part")
    assert "G has moved" in state["words"]
    page.press("step")
    assert page.panel.runs[0].time == 2


def test_a_mistake_is_said_and_harms_nothing(heard):
    page = heard()
    page.press("step")
    with pytest.raises(ValueError, match="practical"):
        page.press("set", name="practical", value=True)
    state = page.states[-1]
    assert state["error"].startswith("Practical: expected False") and state["mode"] == "paused"
    assert page.press("step")["error"] == "" and page.panel.runs[0].time == 2
    with pytest.raises(ValueError, match="do: expected"):
        page.press("fly")


def test_a_loss_that_is_not_finite_pauses_with_its_diagnosis(heard):
    run = Lab(**SMALL, objective="f_gan kl", discriminator_optimizer="sgd")
    run.advance(3)
    run.change(discriminator_rate=10.0)
    page = heard(run)
    page.panel.clock.play().result(SOON)
    until(lambda: page.states[-1]["error"])
    error = page.states[-1]["error"]
    assert (
        "loss is" in error and "learning rate that is too high" in error and page.panel.clock.mode == "paused"
    )
    page.press("set", name="discriminator_rate", value=1e-4)
    page.press("save", name="after all")


def test_the_diagnosis_offers_a_dial_and_turns_it(heard):
    run = Lab(**SMALL, generator_steps=5, seed=1)
    page = heard(run)
    for _ in range(8):
        run.advance(30)
        page.press("step")
    found = page.frames[-1][0]["runs"][0]["diagnosis"]
    words, dials = found["try"] or remedy("cycling", run.settings)
    assert words and run.settings.replace(**dials) != run.settings
    state = page.press("remedy", run=0, dials=dials)
    assert run.settings.changes(Settings(**SMALL, generator_steps=5, seed=1)) == dials
    assert state["words"].startswith("Turned: ") and state["error"] == ""


def test_each_remedy_can_be_turned_and_is_not_offered_twice():
    assert set(_TRY) <= set(VERDICTS)
    for verdict in VERDICTS:
        for start in (
            Settings(),
            Settings(objective="minimax"),
            Settings(method="unrolled", method_weight=5.0),
        ):
            settings, seen = start, []
            while (offer := remedy(verdict, settings)) is not None:
                words, dials = offer
                if words == "smaller learning rates" and words in seen:
                    break  # a third of a third: that may be wanted again
                assert (
                    words not in seen
                    and len(seen) < 5
                    and settings.replace(**dials).changes(settings) == dials
                )
                seen.append(words)
                settings = settings.replace(**dials)
    assert remedy("collapsed", Settings())[1] == {"packing": 4}
    assert remedy("gradient vanished", Settings(objective="minimax"))[1] == {"objective": "non_saturating"}
    assert remedy("cycling", Settings(penalty="r1"))[1] == {"generator_rate": 1e-3 / 4}
    assert remedy("healthy", Settings()) is None
    with pytest.raises(ValueError, match="verdict: expected one of"):
        remedy("fine", Settings())


def test_an_error_of_the_code_leaves_the_run_loadable(heard, monkeypatch):
    page = heard()
    page.press("step")
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(page.panel.runs[0].players, "constrain", lambda: 1 / 0)
        page.press("step")
    assert "ZeroDivisionError" in page.states[-1]["error"]
    page.press("save", name="it")
    assert Lab.load(Path("gan_lab_runs") / "it").time == page.panel.runs[0].time


def test_runs_are_saved_and_loaded_by_name(heard):
    page = heard()
    page.press("step")
    state = page.press("save", name="my run")
    assert state["words"].startswith("Saved in gan_lab_runs") and state["saved"] == ["my run"]
    page.press("reset")
    assert page.press("load", name="my run")["words"].startswith("Loaded") and page.panel.runs[0].time == 1
    for name in ("../elsewhere", "", "a/b", None):
        with pytest.raises(ValueError, match="name: expected a name of letters"):
            page.press("save", name=name)
    with pytest.raises(ValueError, match="folder: expected"):
        page.press("load", name="none")


def test_the_code_is_shown_until_something_else_happens(heard):
    page = heard()
    page.press("step")
    assert "train(" in page.press("code")["code"]
    assert page.press("step")["code"] == ""


def test_trained_and_reset(heard):
    page = heard()
    page.press("trained")
    assert page.panel.runs[0].origin == "ring" and page.panel.runs[0].settings.generator_width == 48
    page.press("reset")
    assert page.panel.runs[0].origin is None


def test_a_page_that_is_gone_stops_the_training(tmp_path):
    page = panel.GanLab(Lab(**SMALL), patience=0.5)
    page.send = lambda content, buffers=None: None  # nobody answers
    page.clock.play()
    until(lambda: "no page has answered" in page._words)
    assert page.clock.mode == "paused" and page.runs[0].time > 0
    page.close()
    assert not page.clock.alive


def test_everything_that_the_page_needs_is_in_words():
    told = about()
    json.dumps(told)
    assert [dial["name"] for dial in told["dials"]] == [dial.name for dial in DIALS]
    for dial in told["dials"]:
        names = [text for _, text in dial["options"]]
        assert len(set(names)) == len(names) and not any("_" in name for name in names)
    assert label(1e-5) == "1e-05" and label(True) == "yes"


def test_a_saved_notebook_shows_a_picture(heard):
    page = heard(Lab(**SMALL), Lab(**SMALL, data="grid"))
    bundle = page.panel._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert (
        image.size == (800, 450)
        and len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 30
    )
    assert len(page.panel.picture) < 200_000


def test_the_ways_to_begin():
    assert lab(**SMALL).runs[0].settings.batch == 16
    assert lab(trained=True, data="grid").runs[0].origin == "grid"
    with pytest.raises(ValueError, match="dials: expected data alone"):
        lab(trained=True, batch=16)
    shown = two(SMALL, Lab(seed=3))
    assert shown.runs[1].settings.seed == 3 and len(shown.runs) == 2
    with pytest.raises(ValueError, match="runs: expected one Lab, or two"):
        panel.GanLab()
    with pytest.raises(ValueError, match="layers: expected one of"):
        lab(layers=["sky"])


def test_the_command_writes_a_notebook_that_shows_the_lab(tmp_path):
    assert "lab" in COMMANDS
    written = json.loads(notebook(tmp_path, data="grid", place=tmp_path).read_text())
    source = written["cells"][0]["source"]
    assert "lab(trained=True, large=True, data='grid')" in source
    compile(source, "cell", "exec")
    with pytest.raises(ValueError, match="name: expected one of"):
        notebook(tmp_path, data="drawn")


def test_the_page_is_shipped_with_the_package():
    import tomllib

    root = Path(__file__).resolve().parents[1]
    files = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][
        "gancourse"
    ]
    for name in ("page.js", "page.css"):
        assert (root / "gancourse" / "lab" / name).exists() and f"lab/{name}" in files
    page = (root / "gancourse" / "lab" / "page.js").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page


def test_the_table_beside_gan_lab_names_tests_that_exist():
    import re

    root = Path(__file__).resolve().parents[1]
    named = re.findall(
        r"(test_\w+\.py)::(test_\w+)", (root / "docs" / "gan_lab.md").read_text(encoding="utf-8")
    )
    assert len(named) >= 25
    for file, test in named:
        (path,) = [*root.glob(f"tests/{file}"), *root.glob(f"tests/browser/{file}")]
        assert f"def {test}(" in path.read_text(encoding="utf-8"), test
