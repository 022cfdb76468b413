"""A real JupyterLab on a temporary working copy, and Chromium to drive it as a person would."""

import shutil
from pathlib import Path

import pytest
from lab import Lab
from servers import TOKEN, jupyter

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium on this machine; without one, or without playwright, the test is skipped."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    """The folder that JupyterLab serves: put notebooks here before opening them."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="session")
def server(chromium, work, tmp_path_factory):
    """The address of a running JupyterLab, whose kernels are of this environment."""
    with jupyter("jupyterlab", work, tmp_path_factory.mktemp("jupyter")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium):
    """One headless Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM)
        yield running
        running.close()


@pytest.fixture
def lab(server, browser, tmp_path):
    """A fresh page on JupyterLab; the test fails if the page's console, scripts or requests did."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    driver = Lab(page, server, TOKEN, tmp_path / "screen.png")
    yield driver
    try:
        driver.screenshot()
        complaints = list(driver.complaints)
        # after the count: JupyterLab complains of requests that the end of a kernel cuts off
        driver.close_kernels()
    finally:
        context.close()
    assert complaints == []
