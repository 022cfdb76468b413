"""List the lectures that there are, by file name and title."""

import json

from gancourse.course import lectures

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    """Declare the command's options: there are none."""


def run(options):
    """Print a line a lecture."""
    for path in lectures():
        print(f"{path.name:40s}  {title(path)}")


def title(path):
    """The first heading of a notebook, or nothing."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            for line in "".join(cell["source"]).splitlines():
                if line.startswith("#"):
                    return line.lstrip("# ")
    return ""
