"""Lecture 13 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

import shutil
from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "13_mode_collapse.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    (
        "mode-counting",
        "angle of the moving sample",
        +4,
        "Captured 3 of 8",
        "Captured 4 of 8; high quality 11/12",
    ),
    ("mode-counting", "outside the ring", +4, "3.5σ from mode 6", "3.8σ from mode 6"),
    ("lost-modes", "neglected modes", +5, "KL(h‖u) = 0.2877", "KL(h‖u) = 2.0794, KL(u‖h) = ∞"),
    ("lost-modes", "share left to them", +1, "KL(u‖h) = ∞", "captured 8"),
    (
        "best-reply",
        "share of G's steps",
        +50,
        "spread 0.543",
        "Step 160 of 160: spread 0.068, on 1 of 8 modes",
    ),
    ("best-reply", "how coarsely D sees", +2, "D(x*) = 0.932", "D(x*) = 0.919"),
    (
        "chase",
        "share of G's steps",
        +40,
        "Step 200 of 400",
        "Step 360 of 400, D number 10: the cloud has spread 0.00",
    ),
    ("live-chase", "share of the training", -4, "Round 3, step 80 of 80", "Round 2, step 80 of 80"),
    ("collapse-runs", "share of the training", -25, "step 10,000", "step 5,000"),
    ("collapse-runs", "seed", +1, "seed 0", "seed 1"),
]


def test_each_slider_moves_its_numbers(lab, work):
    shutil.copy(ROOT / "notebooks" / LECTURE, work)
    lab.open(LECTURE)
    lab.run_all(seconds=300)
    move_each(lab, MOVES)
