"""Lecture 17 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "17_cifar_10_on_a_gpu.ipynb"

# the demo's class, the label of a slider, keys to press, and what the words say before and after
MOVES = [
    ("conditional-samples", "way from one z to another", +10, "0% of the way", "50% of the way"),
    ("conditional-samples", "share of the second class", +5, "50% ship, 50% horse", "Asked for horse"),
    ("conditional-samples", "seed of both z", +1, "a pixel by 0.19", "a pixel by 0.24"),
    ("cifar-race", "share of the training", -6, "DCGAN, 2.8 minutes, step 795", "0.0 minutes, step 0"),
    ("roofline", "channels", -5, "256 channels", "8 channels"),
    ("roofline", "images in a batch", -6, "batch 64", "batch 1,"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work, seconds=300)
    move_each(lab, MOVES)
