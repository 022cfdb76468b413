"""JupyterLab as a person drives it: open a notebook, run it, move a slider by keyboard, read what changed."""

import re
import time

import nbformat
from reduced import reduced

__all__ = ["Area", "Lab", "move_each"]

KERNEL_READY = """() => {
    const context = window.jupyterapp.shell.currentWidget?.sessionContext;
    const kernel = context?.session?.kernel;
    return context?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
ERRORS = """() => {
    const found = [];
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
        if (cell.type !== 'code' || (cell.getMetadata('tags') || []).includes('raises-exception')) continue;
        for (let i = 0; i < cell.outputs.length; i++) {
            const output = cell.outputs.get(i).toJSON();
            if (output.output_type === 'error') found.push(output.ename + ': ' + output.evalue);
        }
    }
    return found;
}"""
RUN_STATE = """() => {
    const cells = Array.from(window.jupyterapp.shell.currentWidget.content.model.cells);
    const code = cells.filter(c => c.type === 'code' && c.sharedModel.getSource().trim());
    return [code.length, code.filter(c => c.executionState === 'idle' && c.executionCount).length];
}"""


class Lab:
    """A page on a JupyterLab server.

    ``complaints`` gathers console errors, uncaught errors and failed requests: a test asserts that it is
    empty at its end.
    """

    def __init__(self, page, server, token, picture):
        self.page, self.server, self.token, self.picture = page, server, token, picture
        self.complaints = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def open(self, name):
        """Open a notebook of the working folder and wait for its kernel."""
        self.page.goto(f"{self.server}/lab/tree/{name}?token={self.token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self._wait_for_kernel()

    def run_widgets(self, path, folder, seconds=60):
        """Open a lecture reduced to its widgets and what they need, and run it.

        That the whole lecture runs is seen without a browser, and for some lectures in ``test_lab.py``.

        Arguments:
            path: of the executed lecture.
            folder: the working folder.
        """
        nbformat.write(reduced(path), folder / path.name)
        self.open(path.name)
        self.run_all(seconds)

    def run_all(self, seconds=60):
        """Clear all outputs, choose Run All Cells from the menu, and wait until every cell has run.

        Raises:
            AssertionError: not all cells ran in time, or one shows an error.
        """
        self._menu("Edit", "Clear Outputs of All Cells")
        self._menu("Run", "Run All Cells")
        deadline = time.monotonic() + seconds
        while True:
            cells, ran = self.page.evaluate(RUN_STATE)
            if cells == ran or self.errors():
                break
            assert time.monotonic() < deadline, f"{ran} of {cells} cells ran in {seconds} s"
            self.page.wait_for_timeout(50)
        self._wait_for_kernel()
        errors = self.errors()
        assert not errors, "; ".join(errors)

    def errors(self):
        """What the error outputs of the notebook say, but for cells tagged raises-exception."""
        return self.page.evaluate(ERRORS)

    def slider(self, label, within=".jp-NotebookPanel"):
        """The first slider whose label holds this text."""
        return Slider(self.page, label, self.page.locator(within))

    def button(self, text, within=".jp-NotebookPanel"):
        """The first of the widgets' buttons with this text."""
        return self.page.locator(f"{within} button.jupyter-button").filter(has_text=text).first

    def text(self, selector):
        """The text of the first element that a CSS selector finds."""
        return self.page.locator(selector).first.inner_text()

    def source(self, selector):
        """The address of the first picture that a CSS selector finds; another picture has another."""
        return self.page.locator(selector).first.get_attribute("src")

    def wait_until(self, read, holds, seconds=30):
        """Read until ``holds`` is true of what was read, and return that.

        Raises:
            AssertionError: it did not become true; the last reading is in the message.
        """
        deadline = time.monotonic() + seconds
        while not holds(value := read()):
            assert time.monotonic() < deadline, f"still {str(value)[:200]!r} after {seconds} s"
            self.page.wait_for_timeout(20)
        return value

    def screenshot(self):
        """Keep what the page shows, for whoever reads a failed test."""
        self.page.screenshot(path=self.picture)

    def close_kernels(self):
        """Shut down all kernels, so that no test computes under another."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")

    def _wait_for_kernel(self):
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        self.page.wait_for_function(KERNEL_READY)

    def _menu(self, menu, item):
        self.page.locator(".lm-MenuBar-item").filter(has_text=re.compile(f"^{menu}$")).click()
        entry = self.page.locator(".lm-Menu-item").filter(has_text=re.compile(f"^{re.escape(item)}")).first
        entry.click()
        entry.wait_for(state="detached")

    def _console(self, message):
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request):
        # The tab's icon changes with the kernel's state; a page that goes away cancels the one under way.
        if "/favicons/" in request.url and request.failure == "net::ERR_ABORTED":
            return
        self.complaints.append(f"failed: {request.method} {request.url} ({request.failure})")

    def _response(self, response):
        if response.status >= 400:
            self.complaints.append(f"status {response.status}: {response.url}")


class Slider:
    """A slider of ipywidgets, moved by the keyboard."""

    def __init__(self, page, label, area):
        label = page.locator(".widget-label", has_text=label)
        self.whole = area.locator(".widget-slider, .jupyter-widget-slider").filter(has=label).first
        self.handle = self.whole.locator(".noUi-handle").first

    @property
    def readout(self):
        """The number that it shows, as text."""
        return self.whole.locator(".widget-readout").first.inner_text()

    @property
    def value(self):
        """The value that it tells a screen reader, as a float."""
        return float(self.handle.get_attribute("aria-valuenow"))

    def move(self, keys):
        """Press the right arrow ``keys`` times, or the left one where negative."""
        self.handle.focus()
        for _ in range(abs(keys)):
            self.handle.press("ArrowRight" if keys > 0 else "ArrowLeft")


class Area:
    """A demo on the page: its words and its picture."""

    def __init__(self, lab, demo):
        self.lab, self.selector = lab, f".gancourse-{demo}"

    def picture(self):
        return self.lab.source(f"{self.selector} img")

    def until_words_hold(self, text, seconds=30):
        read = f"{self.selector} [aria-live=polite]"
        self.lab.wait_until(lambda: self.lab.text(read), lambda words: text in words, seconds)


def move_each(lab, moves):
    """Move each slider by keyboard: its value, the demo's words and its picture change; then press Reset.

    Arguments:
        moves: rows of the demo's class, the label of a slider, keys to press, and what the words say before
            and after.
    """
    for demo, label, keys, before, after in moves:
        area = Area(lab, demo)
        area.until_words_hold(before)
        slider, picture = lab.slider(label, area.selector), area.picture()
        value = slider.value
        slider.move(keys)
        area.until_words_hold(after)
        lab.wait_until(area.picture, lambda shown, picture=picture: shown != picture)
        assert slider.value != value
        lab.button("Reset", area.selector).click()
