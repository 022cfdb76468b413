"""For nbval: each kernel on unix sockets of its own; magics that failed count; the seconds of each lecture.

Over TCP, kernels that start at the same moment in two workers may pick the same port. Unix sockets do not,
if each kernel has a folder of its own. Used as ``pytest -p nbval_sockets --nbval-lax notebooks``.
"""

import collections
import os
import shutil
import tempfile

import nbval.kernel
import nbval.plugin
import pytest

__all__ = ["SocketKernelManager", "lecture_seconds"]


class SocketKernelManager(nbval.kernel.KernelManager):
    """A kernel manager whose sockets lie in a new folder, removed with the kernel."""

    def __init__(self, **traits):
        super().__init__(**traits)
        self._folder = tempfile.mkdtemp(prefix="gc-")
        self.transport, self.ip = "ipc", os.path.join(self._folder, "k")

    def cleanup_resources(self, restart=False):
        super().cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self._folder, ignore_errors=True)


if os.name != "nt":  # Windows has no such sockets
    nbval.kernel.KernelManager = SocketKernelManager

_run_cell = nbval.plugin.IPyNbCell.runtest


def _run_cell_strictly(self):
    _run_cell(self)
    # IPython reports an unknown magic on stderr, skips the rest of the cell, and calls it a success
    for output in self.test_outputs or []:
        text = output.get("text", "")
        if output.get("name") == "stderr" and text.startswith("UsageError:"):
            self.raise_cell_error("Cell execution caused a usage error", text)


nbval.plugin.IPyNbCell.runtest = _run_cell_strictly


def lecture_seconds(reports):
    """Seconds by notebook: the sum over its cells, with the start of its kernel."""
    seconds = collections.Counter()
    for report in reports:
        path = report.nodeid.split("::")[0]
        if path.endswith(".ipynb"):
            seconds[path] += report.duration
    return seconds


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    reports = [r for kind in stats for r in stats[kind] if hasattr(r, "nodeid") and hasattr(r, "duration")]
    seconds = lecture_seconds(reports)
    if seconds:
        terminalreporter.section("seconds of each lecture")
        for path, total in sorted(seconds.items()):
            terminalreporter.write_line(f"{total:7.1f}  {path}")
