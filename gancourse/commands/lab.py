"""Serve the GAN lab alone, in large type, with Voila."""

import json
import subprocess
import tempfile
from pathlib import Path

from gancourse.commands.gallery import command
from gancourse.course import has_screen

__all__ = ["add_arguments", "notebook", "run"]

# runs are saved where the command was given: the folder of the notebook goes away
CELL = """import os

from gancourse.lab import lab

os.chdir({place!r})
lab(trained={trained}, large={large}, data={data!r})"""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("--data", default="ring", help="the data set at first (default: ring)")
    parser.add_argument("--fresh", action="store_true", help="start from noise, not from a trained state")
    parser.add_argument("--small", action="store_true", help="type for a laptop, not for a projector")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=8867, help="the port (default: 8867)")


def notebook(folder, *, data="ring", trained=True, large=True, place="."):
    """Write a notebook whose one cell shows the lab, and saves runs at a place; its path.

    Raises:
        ValueError: there is no such data set, or no trained state of it.
    """
    from gancourse.lab.settings import Settings
    from gancourse.lab.states import trained_state

    trained_state(data) if trained else Settings(data=data)
    source = CELL.format(trained=trained, large=large, data=data, place=str(Path(place).resolve()))
    cell = {
        "cell_type": "code",
        "id": "lab",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    }
    path = Path(folder) / "GAN lab.ipynb"
    content = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(options):
    """Serve until Ctrl-C; Voila's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        path = notebook(folder, data=options.data, trained=not options.fresh, large=not options.small)
        words = command(port=options.port, browser=not options.no_browser and has_screen(), notebook=path)
        print(
            f"The lab will be at http://127.0.0.1:{options.port}/ in a moment. Stop with Ctrl-C.", flush=True
        )
        try:
            return subprocess.run(words).returncode
        except KeyboardInterrupt:  # Voila was told too
            return 0
