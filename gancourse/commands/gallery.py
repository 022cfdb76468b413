"""Serve the gallery of demos to a projector, with Voila."""

import importlib.util
import subprocess
import sys

from gancourse.course import ROOT, has_screen

__all__ = ["add_arguments", "command", "run"]

NOTEBOOK = ROOT / "notebooks" / "demos.ipynb"
# the others that an environment holds are for JupyterLab, and fail in Voila's page
EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=8866, help="the port (default: 8866)")


def command(*, port, browser, notebook=NOTEBOOK):
    """The words of the command that serves a notebook.

    Raises:
        FileNotFoundError: Voila is not installed, or the notebook is not there.
    """
    if not importlib.util.find_spec("voila"):
        raise FileNotFoundError("Voila is not installed; `make gallery` installs it, or `pip install voila`")
    if not notebook.exists():
        raise FileNotFoundError(f"{notebook} is not there: run this from a clone of the course")
    words = [sys.executable, "-m", "voila", str(notebook), f"--port={port}", "--Voila.ip=127.0.0.1"]
    words.append(f"--VoilaConfiguration.extension_allowlist={EXTENSIONS}")
    return words if browser else [*words, "--no-browser"]


def run(options):
    """Serve until Ctrl-C; Voila's exit code."""
    words = command(port=options.port, browser=not options.no_browser and has_screen())
    print(f"The demos will be at http://127.0.0.1:{options.port}/ in a moment. Stop with Ctrl-C.", flush=True)
    try:
        return subprocess.run(words).returncode
    except KeyboardInterrupt:  # Voila was told too
        return 0
