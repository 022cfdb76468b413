"""Lecture 06 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import Area, move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "06_f_divergences.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("conjugate-tangent", "slope t", +30, "f*(t) = -0.332", "slope t = 1.00. However low it starts"),
    ("conjugate-tangent", "slope t", -20, "touches f at u = 0.435", "slope t = -1.50"),
    ("alpha-family", "order α", -40, "α = 1.00: KL(p‖q)", "α = -1.00: half of Neyman’s. The best q"),
    ("alpha-family", "mean of your q", +10, "mean 0.00 and std 1.00", "mean 1.00 and std 1.00"),
    ("alpha-family", "std of your q", +8, "mean 0.00 and std 1.00", "mean 0.00 and std 1.80"),
]  # fmt: skip


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work)
    move_each(lab, MOVES)
    area = Area(lab, "conjugate-tangent")
    area.until_words_hold("JS (2·JSD)")
    lab.button("Pearson", area.selector).click()
    area.until_words_hold("Pearson, slope t = -0.50")
