"""Lecture 10 in a real browser: each of its five labs stands at the end of its run, and can be taken on."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "10_the_gan_lab.ipynb"
PATIENCE = 120  # seconds
# the labs in their order: how many runs, and the objective of the first
PANELS = [
    (1, '"non_saturating"'),
    (1, '"minimax"'),
    (2, '"non_saturating"'),
    (2, '"non_saturating"'),
    (2, '"non_saturating"'),
]


@pytest.mark.timeout(1800)
def test_each_lab_of_the_lecture_can_be_used(lab, work):
    shutil.copy(ROOT / "notebooks" / LECTURE, work)
    lab.open(LECTURE)
    lab.run_all(seconds=1200)
    assert lab.page.locator(".ganlab").count() == len(PANELS)
    for i, (runs, objective) in enumerate(PANELS):
        panel = lab.page.locator(".ganlab").nth(i)
        panel.scroll_into_view_if_needed()
        steps = panel.locator(".gl-past span:nth-of-type(2)")

        def at(steps=steps):
            return int(steps.first.inner_text().removeprefix("step ").replace(",", ""))

        lab.wait_until(steps.count, lambda n, runs=runs: n == runs, PATIENCE)
        end = lab.wait_until(at, lambda n: n > 0, PATIENCE)
        assert panel.locator("[data-dial=objective]").input_value() == objective
        picture = panel.locator("canvas.gl-board").first
        before = picture.evaluate("e => e.toDataURL()")
        slider = panel.get_by_label("history", exact=True)
        slider.focus()
        slider.press("Home")
        lab.wait_until(at, lambda n: n == 0, PATIENCE)
        lab.wait_until(
            lambda picture=picture: picture.evaluate("e => e.toDataURL()"),
            lambda p, b=before: p != b,
            PATIENCE,
        )
        slider.press("End")
        lab.wait_until(at, lambda n, end=end: n == end, PATIENCE)
        panel.get_by_role("button", name="Step", exact=True).click()
        lab.wait_until(at, lambda n, end=end: n == end + 1, PATIENCE)
        panel.get_by_role("button", name="Reset", exact=True).click()
        lab.wait_until(at, lambda n: n == 0, PATIENCE)
        assert "Fresh weights" in panel.locator(".gl-words").inner_text()
    lab.close_kernels()
