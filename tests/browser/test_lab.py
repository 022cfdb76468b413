"""Lectures in a real browser: they open, run, and their sliders move what they should."""

import shutil
from pathlib import Path

import nbformat
import pytest
from lab import Area

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

SQUARE = """
import io
import ipywidgets as widgets
from PIL import Image

def picture(x):
    data = io.BytesIO()
    Image.new("RGB", (60, 40), (round(25 * x), 0, 0)).save(data, format="png")
    return data.getvalue()

slider = widgets.FloatSlider(description="the number x", min=0, max=10, step=0.5, value=2)
words = widgets.HTML("square: 4.00")
shown = widgets.Image(value=picture(2))

def move(change):
    words.value = f"square: {change['new'] ** 2:.2f}"
    shown.value = picture(change["new"])

slider.observe(move, names="value")
box = widgets.VBox([slider, words, shown])
box.add_class("trial")
box
"""


def put(work, name, *cells):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        },
    )
    nbformat.write(notebook, work / name)


def test_a_slider_moves_the_number_and_the_picture(lab, work):
    put(work, "square.ipynb", SQUARE)
    lab.open("square.ipynb")
    lab.run_all()
    slider = lab.slider("the number x")
    assert slider.value == 2 and lab.text(".trial .widget-html-content") == "square: 4.00"
    before = lab.source(".trial img")
    slider.move(+3)
    assert lab.wait_until(lambda: lab.text(".trial .widget-html-content"), lambda t: t == "square: 12.25")
    assert slider.value == 3.5 and float(slider.readout) == 3.5
    lab.wait_until(lambda: lab.source(".trial img"), lambda source: source != before)
    slider.move(-7)
    lab.wait_until(lambda: lab.text(".trial .widget-html-content"), lambda t: t == "square: 0.00")


def test_an_error_in_a_cell_is_seen(lab, work):
    put(work, "broken.ipynb", "1 / 0", "print('never')")
    lab.open("broken.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.run_all()


def test_console_errors_and_failed_requests_are_gathered(lab, work):
    put(work, "noise.ipynb", "1")
    lab.open("noise.ipynb")
    assert lab.complaints == []
    lab.page.evaluate("() => { console.error('seen'); return fetch('/no/such/address'); }")
    lab.wait_until(lambda: " ".join(lab.complaints), lambda t: "console: seen" in t and "status 404" in t)
    lab.complaints.clear()


# lecture, the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("00_start_here", "first-gan", "share of the training", -50, "Step 3,000", "Step 0"),
    ("02_the_optimal_discriminator", "optimal-discriminator", "generator's mean", +4, "x = 1.00", "x = 1.40"),
    (
        "02_the_optimal_discriminator",
        "optimal-discriminator",
        "generator's mean",
        -10,
        "x = 1.00",
        "x = 0.00",
    ),
]
# lecture, the demo's class, the button's label, what the words say when it is done
PRESSES = [
    ("02_the_optimal_discriminator", "optimal-discriminator", "Train D", "The trained D is off by 0.0"),
]


@pytest.mark.parametrize("lecture", sorted({row[0] for row in MOVES + PRESSES}))
def test_a_lecture_runs_and_its_sliders_and_buttons_do_what_they_say(lab, work, lecture):
    shutil.copy(ROOT / "notebooks" / f"{lecture}.ipynb", work)
    lab.open(f"{lecture}.ipynb")
    lab.run_all(seconds=90)
    for demo, label, keys, before, after in (row[1:] for row in MOVES if row[0] == lecture):
        area = Area(lab, demo)
        area.until_words_hold(before)
        slider, picture = lab.slider(label, area.selector), area.picture()
        value = slider.value
        slider.move(keys)
        area.until_words_hold(after)
        lab.wait_until(area.picture, lambda shown, picture=picture: shown != picture)
        assert slider.value != value and float(slider.readout) == pytest.approx(slider.value)
        lab.button("Reset", area.selector).click()
    for demo, label, after in (row[1:] for row in PRESSES if row[0] == lecture):
        area = Area(lab, demo)
        picture = area.picture()
        lab.button(label, area.selector).click()
        area.until_words_hold(after, seconds=60)
        lab.wait_until(area.picture, lambda shown, picture=picture: shown != picture)
