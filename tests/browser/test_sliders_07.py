"""Lecture 07 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "07_disjoint_supports.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    (
        "parallel-lines",
        "place of the generator's line",
        -12,
        "W1 1.200, slope 1.000",
        "W1 0.600, slope 1.000",
    ),
    ("parallel-lines", "place of the generator's line", -24, "KL ∞", "KL 0.000, slope none"),
    ("parallel-lines", "noise on both coordinates", +10, "KL ∞", "KL 2.880, slope 4.800; TV 0.770"),
    ("parallel-lines", "noise on both coordinates", +1, "Trained at θ = 1.2", "No critic was trained"),
    ("equal-l1", "where the third bump begins", -20, "W1: 1.200, 6.400, 5.200", "W1: 1.200, 2.400, 1.200"),
    ("equal-l1", "share of the mass", +4, "KL: 3.113, 3.113, 3.113", "KL: ∞, ∞, ∞"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work)
    move_each(lab, MOVES)
