"""Lecture 09 in a real browser: sliders by keyboard, buttons that choose a class, the quiz of the part."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "09_kernels_and_integral_probability_metrics"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("function-classes", "distance of q from p", +40, "MMD = 0.7496 (h = 1.0)", "W1 = 6.0000, MMD = 1.0732"),
    ("function-classes", "standard deviation of q", +15, "KS = 0.6827", "2 TV = 1.0936, W1 = 2.1272"),
    ("function-classes", "bandwidth h", +40, "MMD = 0.7496 (h = 1.0)", "MMD = 0.3707 (h = 5.0)"),
    ("mmd-estimates", "distance of q", -2, "q lies 0.50 away", "exact MMD² = 0.0000"),
    ("mmd-estimates", "bandwidth", +3, "its bias exactly 0.1057", "its bias exactly 0.0038"),
    ("mmd-estimates", "samples of each", +4, "8 points of each", "128 points of each: exact MMD² = 0.0471"),
    ("two-sample-test", "bandwidth", -6, "rejects 6% of the time", "rejects 76% of the time"),
    ("two-sample-test", "pair of samples", +3, "MMD² = -0.00776", "MMD² = -0.00660, p-value 0.644"),
]
# the demo's class, a button, what the words say then
CHOICES = [
    ("function-classes", "|f| ≤ 1", "f = 1.3654, which is 2 TV"),
    ("function-classes", "1-Lipschitz", "f = 2.0000, which is W1"),
    ("function-classes", "half-lines", "which is KS"),
    ("two-sample-test", "shifted", "with the energy kernel 72%"),
    ("two-sample-test", "q = p", "q = p, 64 points of each"),
]


def test_every_slider_and_button_does_what_it_says(lab, work):
    lab.run_widgets(ROOT / "notebooks" / f"{LECTURE}.ipynb", work)

    def words(demo):
        return lambda: lab.text(f".gancourse-{demo} [aria-live=polite]")

    def picture(demo):
        return lambda: lab.source(f".gancourse-{demo} img")

    for demo, label, keys, before, after in MOVES:
        area = f".gancourse-{demo}"
        lab.wait_until(words(demo), lambda text, before=before: before in text)
        slider, old = lab.slider(label, area), picture(demo)()
        value = slider.value
        slider.move(keys)
        lab.wait_until(words(demo), lambda text, after=after: after in text)
        lab.wait_until(picture(demo), lambda shown, old=old: shown != old)
        assert float(slider.readout.replace("−", "-")) == pytest.approx(slider.value) != value
        lab.button("Reset", area).click()
        lab.wait_until(words(demo), lambda text, before=before: before in text)
    for demo, label, after in CHOICES:
        old, choice = picture(demo)(), lab.button(label, f".gancourse-{demo}")
        choice.focus()
        choice.press("Space")
        lab.wait_until(words(demo), lambda text, after=after: after in text)
        lab.wait_until(picture(demo), lambda shown, old=old: shown != old)

    items = lab.page.locator(".gancourse-quiz .gancourse-prediction")
    assert items.count() == 25
    items.nth(24).locator("button").nth(1).focus()
    lab.page.keyboard.press("Enter")
    score = ".gancourse-quiz > [class*=widget-html] [aria-live=polite]"
    lab.wait_until(lambda: lab.text(score), lambda text: "1 of 1 right" in text and "24 to go" in text)
