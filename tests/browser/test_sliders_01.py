"""Lecture 01 in a browser: every slider, button and the play button of its demos, by keyboard or click."""

from pathlib import Path

import pytest
from lab import Area

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("bent-noise", "spread: slope", -5, "Slope of G at 0: 3.50", "Slope of G at 0: 3.00"),
    ("bent-noise", "gap: how far", -5, "Slope of G at 0: 3.50", "Slope of G at 0: 2.50"),
    ("bent-noise", "steepness of the step", +4, "exactly 5.73 %", "exactly 4.01 %"),
    ("hand-run", "generator's mean m", +10, "generator mean -1.00", "generator mean 0.00"),
    ("hand-run", "its standard deviation s", -5, "standard deviation 1.50", "standard deviation 1.00"),
]
# sliders that change the game that is on: what one round does after the move
ROUNDS = [
    ("steps of D in a round", +2, "After 3 steps of D and 1 of G"),
    ("step size of D", -6, "After 1 steps of D and 1 of G: generator mean -1.00"),
    ("step size of G", -4, "After 1 steps of D and 1 of G: generator mean -1.00"),
    ("points in a minibatch", -10, "After 1 steps of D and 1 of G"),
]


def settled(lab, area):
    """Wait until the picture rests: a click may overtake keys that are on their way to the kernel."""
    before = None
    while (shown := area.picture()) != before:
        before = shown
        lab.page.wait_for_timeout(700)


def test_every_slider_and_button_does_what_it_says(lab, work):
    lab.run_widgets(ROOT / "notebooks" / "01_the_adversarial_game.ipynb", work)
    for demo, label, keys, before, after in MOVES:
        area = Area(lab, demo)
        area.until_words_hold(before)
        slider, picture = lab.slider(label, area.selector), area.picture()
        slider.move(keys)
        area.until_words_hold(after)
        lab.wait_until(area.picture, lambda shown, picture=picture: shown != picture)
        assert float(slider.readout) == pytest.approx(slider.value)
        lab.button("Reset", area.selector).click()
    game = Area(lab, "hand-run")
    for label, keys, after in ROUNDS:
        game.until_words_hold("After 0 steps of D and 0 of G")
        slider, picture = lab.slider(label, game.selector), game.picture()
        value = slider.value
        slider.move(keys)
        lab.wait_until(game.picture, lambda shown, picture=picture: shown != picture)
        assert slider.value != value and float(slider.readout) == pytest.approx(slider.value)
        settled(lab, game)
        lab.button("One round", game.selector).click()
        game.until_words_hold(after)
        lab.button("Reset", game.selector).click()
    game.until_words_hold("After 0 steps of D and 0 of G")
    lab.button("One step of D", game.selector).click()
    game.until_words_hold("After 1 steps of D and 0 of G")
    lab.button("One step of G", game.selector).click()
    game.until_words_hold("After 1 steps of D and 1 of G")
    lab.button("Reset", game.selector).click()
    game.until_words_hold("After 0 steps of D")
    play = lab.page.locator(f"{game.selector} .jupyter-widgets.widget-play button")
    play.first.click()
    game.until_words_hold("After 10 steps of D and 10 of G", seconds=30)
    lab.button("Reset", game.selector).click()
    game.until_words_hold("After 0 steps of D")
    lab.button("No: some points always land between them").click()
    lab.wait_until(
        lambda: lab.page.locator(".gancourse-prediction").nth(1).inner_text(),
        lambda text: "As you predicted." in text and "thin, never empty" in text,
    )
