"""Lecture 04 in a real browser: each slider of each demo by keyboard, and the buttons that choose a loss."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "04_generator_losses"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("generator-slopes", "logit v", -10, "v = -4.0", "v = -5.0, D(G(z)) = 0.0067"),
    ("generator-slopes", "logit v", +40, "v = -4.0", "v = 0.0, D(G(z)) = 0.5000"),
    ("particle-forces", "distance of q", -10, "q lies 4.0 away", "q lies 3.0 away"),
    ("particle-forces", "q's standard deviation", +4, "−log D 8.51", "−log D 8.21"),
    (
        "frozen-gradient",
        "generator's mean",
        -10,
        "D frozen 0.7015",
        "mean 0.0. Derivatives: D frozen 0.0000",
    ),
    ("frozen-gradient", "generator's standard", -3, "total 0.8678", "D frozen 0.6020"),
]


def test_every_slider_and_button_does_what_it_says(lab, work):
    lab.run_widgets(ROOT / "notebooks" / f"{LECTURE}.ipynb", work)
    for demo, label, keys, before, after in MOVES:
        area = f".gancourse-{demo}"
        words = f"{area} [aria-live=polite]"
        lab.wait_until(lambda w=words: lab.text(w), lambda text, b=before: b in text)
        slider, picture = lab.slider(label, area), lab.source(f"{area} img")
        value = slider.value
        slider.move(keys)
        lab.wait_until(lambda w=words: lab.text(w), lambda text, a=after: a in text)
        lab.wait_until(lambda a=area: lab.source(f"{a} img"), lambda shown, p=picture: shown != p)
        assert slider.value != value and float(slider.readout.replace("−", "-")) == pytest.approx(
            slider.value
        )
        lab.button("Reset", area).click()
        lab.wait_until(lambda w=words: lab.text(w), lambda text, b=before: b in text)
    area = ".gancourse-particle-forces"
    picture = lab.source(f"{area} img")
    assert "Arrows of −log D" in lab.text(f"{area} [aria-live=polite]")
    for label in ("log(1 − D)", "−v"):
        choice = lab.button(label, area)
        choice.focus()
        choice.press("Space")  # by keyboard, as a slider
        lab.wait_until(
            lambda: lab.text(f"{area} [aria-live=polite]"), lambda text, c=label: f"Arrows of {c}. q" in text
        )
        lab.wait_until(lambda: lab.source(f"{area} img"), lambda shown, p=picture: shown != p)
        picture = lab.source(f"{area} img")
