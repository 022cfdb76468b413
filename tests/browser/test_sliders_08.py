"""Lecture 08 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import Area, move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "08_wasserstein.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("moving-mass", "mean of q", +8, "W1 = ∫ |F − G| = 2.4300", "W1 = ∫ |F − G| = 3.0000"),
    ("moving-mass", "std of q", +10, "the prices prove 2.4300", "the prices prove 1.6663"),
    ("moving-mass", "data in the left mode", +6, "Least mean |x − y|: 2.4300", "Least mean |x − y|: 3.2149"),
    ("critics", "mean of q", +8, "E_p f − E_q f = 0.3001", "turned over it proves 0.0979"),
    ("critics", "std of q", +10, "W1 = 1.5214", "W1 = 0.8411"),
    ("critics", "slope of your critic", +12, "at least 0.3001", "its score bounds nothing"),
    ("critics", "kink of your critic", +14, "at least 0.3001", "at least 0.7607"),
    ("three-densities", "p₂ stands right of p₁ by", -10, "L1 1.800, 1.800, 1.800", "L1 0.900, 1.800, 1.800"),
    ("three-densities", "p₃ stands right of p₁ by", +10, "W1 1.350, 6.300, 4.950", "W1 1.350, 7.200, 5.850"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work)
    move_each(lab, MOVES)

    # the cost is a row of buttons
    area = Area(lab, "moving-mass")
    area.until_words_hold("Least mean |x − y|: 2.4300")
    lab.button("(x − y)²", area.selector).click()
    area.until_words_hold("Least mean (x − y)²: 7.0733")
