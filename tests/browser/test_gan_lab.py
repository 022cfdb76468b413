"""The GAN lab in Chromium, in JupyterLab, Voila and Notebook 7: controls, mouse, keys, a closed page."""

import json

import nbformat
import pytest
from lab import Lab
from notebook7 import Notebook7
from servers import TOKEN, jupyter
from voila import KNOWN, served

from gancourse.commands.lab import notebook
from gancourse.lab import DIALS, Settings
from gancourse.lab.picture import LAYERS

pytestmark = pytest.mark.browser
SLOW, START = 90, 240  # seconds; a machine that does much else may need them
CELL = "from gancourse.lab import lab\n\nlab(batch=32, seed=1)"
# D alone, seen often enough for a verdict on a G that gets no gradient any more
SICK = """
from gancourse.lab import Lab, lab

run = Lab(objective="minimax", discriminator_rate=3e-3)
run.advance(1500, "d")
shown = lab(run)
for _ in range(8):
    run.advance(30, "d")
    shown._painters[0].watcher.look(run)
shown
"""
# a file that says every fifth of a second how the lab is, for a test whose page is gone
GONE = """
import threading, time
from gancourse.lab import Lab
from gancourse.lab.panel import GanLab

shown = GanLab(Lab(), patience=2.0)

def note():
    while True:
        with open("how.txt", "w") as file:
            file.write(f"{shown.clock.mode} {shown.runs[0].time}")
        time.sleep(0.2)

threading.Thread(target=note, daemon=True).start()
shown
"""


class Page:
    """The lab on a page, as a person uses it."""

    def __init__(self, driver):
        self.driver, self.page = driver, driver.page
        self.root = self.page.locator(".ganlab")
        self.root.wait_for(timeout=START * 1000)
        self.until(self.heard, lambda n: n > 0)

    def until(self, read, holds):
        return self.driver.wait_until(read, holds, SLOW)

    def heard(self):
        return int(self.root.get_attribute("data-heard") or 0)

    def mode(self):
        return self.root.get_attribute("data-mode")

    def words(self):
        return self.page.locator(".ganlab .gl-words").inner_text()

    def step(self, run=0):
        text = self.page.locator(".ganlab .gl-past span:nth-of-type(2)").nth(run).inner_text()
        return int(text.removeprefix("step ").replace(",", ""))

    def stands(self):
        """The step, once it no longer changes: the frame of a pause comes after the word of it."""
        while True:
            at = self.step()
            self.page.wait_for_timeout(700)
            if self.step() == at:
                return at

    def button(self, name, exact=True):
        return self.root.get_by_role("button", name=name, exact=exact)

    def answered(self, act):
        """Do something, and wait for the kernel's answer; what the page then says."""
        before = self.heard()
        act()
        self.until(self.heard, lambda n: n > before)
        return self.words()

    def press(self, name):
        return self.answered(lambda: self.button(name).click())

    def dial(self, name):
        return self.page.locator(f".ganlab [data-dial={name}]")

    def turn(self, name, value):
        """Choose a value on a dial: the kernel takes it, and no error is shown."""
        values = self.dial(name).locator("option").evaluate_all("all => all.map(one => one.value)")
        chosen = next(text for text in values if json.loads(text) == value)
        self.answered(lambda: self.dial(name).select_option(chosen))
        assert json.loads(self.dial(name).input_value()) == value, (name, self.words())
        assert not self.is_wrong(), self.words()

    def is_wrong(self):
        return "gl-error" in self.page.locator(".ganlab .gl-words").get_attribute("class")

    def picture(self, run=0):
        return self.page.locator(".ganlab canvas.gl-board").nth(run).evaluate("e => e.toDataURL()")

    def board(self, run=0):
        return self.page.locator(".ganlab canvas.gl-board").nth(run).bounding_box()

    def code(self):
        self.press("Code")
        text = self.page.locator(".ganlab .gl-code pre").inner_text()
        self.page.locator(".ganlab .gl-code").get_by_role("button", name="Close").click()
        return text

    def train(self, until):
        """Play until the step shown is beyond a number, then pause."""
        self.button("▶ Play").click()
        self.until(self.step, lambda n: n > until)
        self.button("❚❚ Pause").click()
        self.until(self.mode, lambda mode: mode == "paused")


@pytest.fixture(params=["JupyterLab", "Voila"])
def page(request):
    yield from request.getfixturevalue("in_jupyterlab" if request.param == "JupyterLab" else "in_voila")


@pytest.fixture
def in_jupyterlab(request, work):
    def shown():
        driver = request.getfixturevalue("lab")
        put(work, "gan_lab.ipynb", CELL)
        driver.open("gan_lab.ipynb")
        driver.run_all(START)
        yield Page(driver)

    return shown()


@pytest.fixture
def in_voila(request, browser, tmp_path):
    def shown():
        path = notebook(tmp_path, trained=False, large=False, place=tmp_path)
        with served(path, tmp_path) as address:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            shown = context.new_page()
            shown.set_default_timeout(SLOW * 1000)
            driver = Lab(shown, address, "", tmp_path / "screen.png")
            shown.goto(address, wait_until="commit", timeout=START * 1000)
            yield Page(driver)
            driver.screenshot()
            complaints = [line for line in driver.complaints if not any(name in line for name in KNOWN)]
            context.close()
        assert complaints == []

    return shown()


@pytest.fixture
def in_notebook_7(browser, tmp_path):
    """The lab in Notebook 7; what its page complains of without the lab, on an empty notebook, is its own."""
    work, own = tmp_path / "work", tmp_path / "own"
    for folder in (work, own):
        folder.mkdir()
    put(work, "plain.ipynb", "1 + 1")
    put(work, "gan_lab.ipynb", CELL)
    with jupyter("notebook", work, own) as address:
        complaints = []
        for name in ("plain.ipynb", "gan_lab.ipynb"):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            shown = context.new_page()
            shown.set_default_timeout(SLOW * 1000)
            driver = Notebook7(shown, address, TOKEN, tmp_path / "screen.png")
            driver.open(name)
            driver.run_all(START)
            if name == "gan_lab.ipynb":
                yield Page(driver)
                driver.screenshot()
            else:
                shown.wait_for_timeout(2000)
            complaints.append(set(driver.complaints))
            context.close()
    assert complaints[1] <= complaints[0]


def put(work, name, cell):
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    content = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": kernel}
    )
    nbformat.write(content, work / name)


@pytest.mark.timeout(900)
def test_every_control(page):
    # play, pause, single steps, slow motion, parts
    page.train(until=45)
    at = page.stands()
    for name in ("Step", "Step D", "Step G"):
        page.press(name)
        at += 1
        assert page.until(page.step, lambda n, at=at: n == at)
    assert "real points are drawn" in page.press("Part")
    page.button("Slow motion").click()
    page.until(page.words, lambda text: "turns" in text and "into fake points" in text)
    page.press("Step")
    assert page.mode() == "paused"

    # back through the history by slider, and a branch from there
    slider = page.page.get_by_label("history", exact=True)
    at = page.stands()
    slider.focus()
    page.answered(lambda: slider.press("Home"))
    page.until(page.step, lambda n: n == 0)
    page.answered(lambda: slider.press("ArrowRight"))
    early = page.until(page.step, lambda n: 0 < n < at)
    assert f"from step {early}" in page.answered(page.button("Branch").first.click)
    assert page.until(lambda: page.step(1), lambda n: n == early)
    page.answered(lambda: slider.press("End"))
    page.until(page.step, lambda n: n == at)

    # two runs on one clock; the dials of one of them
    page.answered(lambda: page.page.get_by_label("the run that the dials turn").select_option("1"))
    page.turn("objective", "hinge")
    page.answered(lambda: page.page.get_by_label("the run that the dials turn").select_option("0"))
    assert json.loads(page.dial("objective").input_value()) == "non_saturating"
    page.press("Step")
    page.until(lambda: (page.step(0), page.step(1)), lambda steps: steps == (at + 1, early + 1))
    assert "# the run on the right" in page.code()
    page.press("One run")
    page.press("Second run")
    page.press("One run")

    # saved, begun anew, loaded
    page.page.get_by_label("name of the saved run").fill("tried")
    saved = page.step()
    assert "Saved in" in page.press("Save")
    assert "Fresh weights" in page.press("Reset")
    page.until(page.step, lambda n: n == 0)
    page.page.get_by_label("saved runs").select_option("tried")
    assert "Loaded from" in page.press("Load")
    assert page.until(page.step, lambda n: n == saved)

    # every layer changes the picture
    for name in LAYERS:
        before = page.picture()
        page.answered(page.page.locator(f"[data-layer={name}]").click)
        page.until(page.picture, lambda shown, before=before: shown != before)

    # a mistake is said in the panel, and the next press clears it
    page.answered(lambda: page.dial("practical").select_option("true"))
    assert page.is_wrong() and "Practical: expected False" in page.words()
    page.press("Step")
    assert not page.is_wrong()

    # large type and back
    size = page.root.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    page.button("Large type").click()
    page.until(
        lambda: page.root.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"), lambda s: s > 1.25 * size
    )
    page.button("Large type").click()
    assert "A trained state" in page.press("Trained")


@pytest.mark.timeout(900)
def test_every_dial(page):
    plain = Settings()
    for dial in DIALS:
        if dial.name in ("data", "practical"):
            continue
        at_first = json.loads(page.dial(dial.name).input_value())
        page.turn(dial.name, next(value for value in dial.options if value != at_first))
        page.turn(dial.name, at_first)
    page.turn("objective", "f_gan kl")
    page.turn("practical", True)
    page.turn("data", "swiss_roll")
    page.turn("discriminator_rate", 3e-4)
    page.press("Step")
    source = page.code()
    assert "change(discriminator_rate=0.0003)" in source and "f_gan kl" in source and "swiss_roll" in source
    assert plain.discriminator_rate != 3e-4


@pytest.mark.timeout(600)
def test_mouse_and_keys(page):
    # drawn by hand
    page.answered(lambda: page.dial("data").select_option('"drawn"'))
    assert "Draw the data with the mouse" in page.words()
    box, mouse = page.board(), page.page.mouse
    before = page.heard()
    mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"], steps=12)
    mouse.up()
    page.until(page.heard, lambda n: n > before)
    assert page.until(page.words, lambda text: "points drawn" in text)
    page.press("Step")
    source = page.code()
    # from (-0.9, 0) to (0.9, 0), give or take a pixel
    points = json.loads("[[" + source.split("[[")[1].split("]]")[0] + "]]") if "[[" in source else None
    assert points and abs(points[0][0] + 0.9) < 0.02 and abs(points[-1][0] - 0.9) < 0.04
    assert all(abs(y) < 0.02 for _, y in points)
    assert "Draw the data" in page.press("Erase drawing")
    page.turn("data", "blobs")

    # keys, with the focus on the picture; none of them reaches JupyterLab, where d d would delete the cell
    mouse.click(box["x"] + 20, box["y"] + 20)
    keys = page.page.keyboard
    keys.press("Space")
    page.until(page.mode, lambda mode: mode == "playing")
    page.until(page.step, lambda n: n > 30)
    keys.press("Space")
    page.until(page.mode, lambda mode: mode == "paused")
    page.stands()
    for key in ("d", "d", "g", "ArrowRight"):
        at = page.step()
        page.answered(lambda key=key: keys.press(key))
        page.until(page.step, lambda n, at=at: n == at + 1)
    at = page.step()
    page.answered(lambda: keys.press("ArrowLeft"))
    page.until(page.step, lambda n: n < at)
    assert page.root.count() == 1


@pytest.mark.timeout(600)
def test_it_works_in_notebook_7(in_notebook_7):
    page = in_notebook_7
    page.train(until=30)
    at = page.stands()
    page.press("Step")
    assert page.until(page.step, lambda n: n == at + 1)
    slider = page.page.get_by_label("history", exact=True)
    slider.focus()
    page.answered(lambda: slider.press("Home"))
    page.until(page.step, lambda n: n == 0)
    page.press("Branch")
    page.turn("objective", "hinge")
    page.press("One run")
    page.page.get_by_label("name of the saved run").fill("tried")
    assert "Saved in" in page.press("Save")
    page.page.get_by_label("saved runs").select_option("tried")
    assert "Loaded from" in page.press("Load")
    page.answered(lambda: page.dial("data").select_option('"drawn"'))
    box, mouse = page.board(), page.page.mouse
    mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=8)
    mouse.up()
    page.until(page.words, lambda text: "points drawn" in text)
    mouse.click(box["x"] + 20, box["y"] + 20)
    at = page.stands()
    page.answered(lambda: page.page.keyboard.press("ArrowRight"))
    page.until(page.step, lambda n: n > at)
    assert "run = Lab(" in page.code() or "train(" in page.code()


@pytest.mark.timeout(300)
def test_the_diagnosis_turns_its_dial(lab, work):
    put(work, "sick.ipynb", SICK)
    lab.open("sick.ipynb")
    lab.run_all(START)
    page = Page(lab)
    assert json.loads(page.dial("objective").input_value()) == "minimax"
    turn = page.page.locator(".gl-diagnosis button")
    turn.wait_for(timeout=SLOW * 1000)
    assert "gradient vanished" in page.page.locator(".gl-diagnosis").inner_text()
    assert "Turned: objective non-saturating" in page.answered(turn.click)
    page.until(page.dial("objective").input_value, lambda chosen: chosen == '"non_saturating"')


@pytest.mark.timeout(300)
def test_training_stops_when_the_page_is_gone(lab, work):
    put(work, "gone.ipynb", GONE)
    lab.open("gone.ipynb")
    lab.run_all(START)
    page, note = Page(lab), work / "how.txt"
    page.button("▶ Play").click()
    lab.wait_until(
        note.read_text, lambda text: text.startswith("playing") and int(text.split()[1]) > 20, SLOW
    )
    # saved, or the page that comes back has no output to show
    lab._menu("File", "Save Notebook")
    lab.wait_until((work / "gone.ipynb").read_text, lambda text: "widget-view" in text, SLOW)
    lab.page.wait_for_timeout(2000)  # what JupyterLab asks after it has saved
    lab.page.goto("about:blank")
    stopped = lab.wait_until(note.read_text, lambda text: text.startswith("paused"), SLOW)
    lab.page.wait_for_timeout(1500)
    assert note.read_text() == stopped
    lab.open("gone.ipynb")  # the page that comes back finds the run where it stopped
    page = Page(lab)
    assert page.until(page.step, lambda n: n == int(stopped.split()[1]))
