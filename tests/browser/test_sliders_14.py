"""Lecture 14 in a real browser: each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "14_remedies.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("unrolled-game", "steps ahead", -2, "−ψ + 0.40θ", "spirals out"),
    ("unrolled-game", "steps ahead", +3, "by 0.9849", "by 0.9539"),
    ("unrolled-game", "rate of the steps ahead", +8, "ψ_k = ψ − 0.20θ", "ψ_k = ψ − 1.00θ"),
    ("packing-region", "total variation of single samples", +5, "0.6836, of", "0.9375, of"),
    ("packing-region", "from inventing", -20, "lacks 25 %", "25 % of what it makes never occurs"),
    ("packing-region", "samples in a pack", -2, "In packs of 4: 0.6836", "In packs of 2: 0.4375"),
    ("one-sided-noise", "s: noise", -6, "Noise 0.30 on both", "Noise 0.00 on both"),
    ("one-sided-noise", "width of the generator's modes", -6, "JSD 0.0373", "width 0.40: JSD 0.0000"),
    ("label-targets", "label of the data", +2, "0.90, v between −∞ and 2.197", "1.00, v between −∞ and ∞"),
    ("label-targets", "label of generated points", +2, "between −∞ and", "v between −2.197 and 2.197"),
    ("label-targets", "mean of the generator", -12, "mean, 3.00", "mean, 0.00: v = −0.201, slope 0.000"),
    ("clinic", "moment of the training", -5, "Patient A, step 1,500", "Patient A, step 600"),
]  # fmt: skip


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work, seconds=300)
    move_each(lab, MOVES)
