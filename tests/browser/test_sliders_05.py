"""Lecture 05 in a real browser: every slider by keyboard, and two items of the quiz by Tab and Enter."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "05_two_directions_of_kl"

# the demo, the label of a slider, keys to press, what the words say before, and at the end of the move
MOVES = [
    ("two-directions", "modes at ±a", +5, "covers both modes", "KL(q‖p): 0.689 at mean -2.98"),
    ("two-directions", "share of the left mode", -4, "0.666 at mean -2.39", "mean 1.00, std 2.50"),
    ("two-directions", "std of the left mode", -5, "Least KL(p‖q) = 0.315", "mean 0.00, std 2.62"),
    (
        "two-directions-plane",
        "modes at (±a, 0)",
        -10,
        "has chosen one mode",
        "stand at ±1.52. Minima of KL(q‖p): covering both 0.079",
    ),
    ("two-directions-plane", "tilt of the modes", -6, "stand at ±3.04", "stand at ±2.00"),
]


def words(lab, demo):
    return lambda: lab.text(f".gancourse-{demo} [aria-live=polite]")


def test_the_lecture_runs_its_sliders_move_and_the_quiz_counts(lab, work):
    lab.run_widgets(ROOT / "notebooks" / f"{LECTURE}.ipynb", work)
    for demo, label, keys, before, after in MOVES:
        area = f".gancourse-{demo}"
        lab.wait_until(words(lab, demo), lambda text, before=before: before in text)
        slider, picture = lab.slider(label, area), lab.source(f"{area} img")
        value = slider.value
        slider.move(keys)
        lab.wait_until(words(lab, demo), lambda text, after=after: after in text)
        lab.wait_until(lambda area=area: lab.source(f"{area} img"), lambda now, old=picture: now != old)
        assert slider.value != value and float(slider.readout) == pytest.approx(slider.value)
        lab.button("Reset", area).click()

    items = lab.page.locator(".gancourse-quiz .gancourse-prediction")
    score = words(lab, "quiz > [class*=widget-html]")
    assert items.count() == 15
    first = items.nth(0).locator("button")
    first.nth(0).focus()
    lab.page.keyboard.press("Enter")
    lab.wait_until(score, lambda text: "1 of 1 right" in text and "14 to go" in text)
    assert "Right." in items.nth(0).inner_text() and "✔" in first.nth(0).inner_text()
    # the buttons of an answered item are passed over: Tab goes on to the next item's first choice
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Enter")
    lab.wait_until(score, lambda text: "1 of 2 right" in text and "13 to go" in text)
    second = items.nth(1)
    assert "Not so." in second.inner_text() and "So far 1 of 2 right." in second.inner_text()
    assert [text[0] for text in second.locator("button").all_inner_texts()] == ["✘", "+", "✔"]
    lab.button("Start again", ".gancourse-quiz").click()
    lab.wait_until(score, lambda text: "0 of 0 right" in text and "15 to go" in text)
