"""The gallery under Voila, in Chromium: every demo is there, and a key on its slider changes the words."""

import shutil
from pathlib import Path

import pytest
from lab import Lab
from voila import KNOWN, served

from gancourse.demos.gallery import GALLERY, gallery

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
WORDS = "[aria-live=polite]"


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("voila")
    shutil.copy(ROOT / "notebooks" / "demos.ipynb", folder)
    with served(folder / "demos.ipynb", folder) as found:
        yield found


@pytest.fixture(scope="module")
def page(address, browser, tmp_path_factory):
    """The gallery, run once; the last test fails if the console, a script or a request of ours did."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    shown = context.new_page()
    shown.set_default_timeout(60_000)
    driver = Lab(shown, address, "", tmp_path_factory.mktemp("gallery") / "screen.png")
    shown.goto(address)
    shown.wait_for_selector(".gancourse-demo")
    yield driver
    try:
        driver.screenshot()
    finally:
        context.close()
    assert [line for line in driver.complaints if not any(name in line for name in KNOWN)] == []


@pytest.mark.timeout(400)
def test_every_demo_answers_to_its_slider(page):
    demos = {title: widget for title, widget in gallery() if hasattr(widget, "knobs")}
    assert len(demos) >= 3
    for title, widget in demos.items():
        demo = _area(page, title)
        words, picture = demo.locator(WORDS), demo.locator("img").first
        said, shown = words.inner_text(), picture.get_attribute("src")
        if all(knob.options for knob in widget.knobs.values()):  # choices have buttons, and no slider
            demo.locator(".widget-toggle-buttons button:not(.mod-active)").first.click()
        else:
            slider = demo.locator(".noUi-handle").first
            slider.focus()
            now, most = (slider.get_attribute(f"aria-value{which}") for which in ("now", "max"))
            # one key: a second is held back until the first is answered, and would come after Reset
            slider.press("ArrowLeft" if float(now) == float(most) else "ArrowRight")
        page.wait_until(words.inner_text, lambda text, said=said: text != said)
        page.wait_until(lambda p=picture: p.get_attribute("src"), lambda src, shown=shown: src != shown)
        assert any(character.isdigit() for character in said)
        demo.locator("button", has_text="Reset").click()
        page.wait_until(words.inner_text, lambda text, said=said: text == said)


def test_what_must_be_trained_is_a_button_that_becomes_a_demo(page):
    title = next(entry.title for entry in GALLERY if entry.train)
    area = _area(page, title, ".gancourse-large")
    area.locator("button").first.click()
    words = area.locator(WORDS)
    words.wait_for()
    said, slider = words.inner_text(), area.locator(".noUi-handle").first
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_until(words.inner_text, lambda text: text != said)


def test_its_type_can_be_read_from_the_back_row(page):
    """Type of 24 pixels and more, in words, labels, numbers and buttons, on a page of 1,600 by 1,000."""
    demo = _area(page, "The optimal discriminator")
    for selector in (WORDS, ".widget-label", ".widget-readout", "button"):
        size = demo.locator(selector).first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 24, selector
    box = demo.locator("img").first.bounding_box()
    assert 1100 <= box["width"] <= 1600 and box["x"] >= 0
    for label in demo.locator(".widget-label").all():
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), label.inner_text()


def _area(page, title, selector=".gancourse-demo"):
    """The demo under a heading."""
    heading = page.page.locator("h2", has_text=title)
    return heading.locator(f"xpath=following::div[contains(@class, '{selector[1:]}')]").first
