"""Training runs on images with all that belongs to one: what ``python -m gancourse train`` calls."""

from gancourse.runs.judge import DATA, Judge, images_of
from gancourse.runs.run import Run, run_recipe

__all__ = ["DATA", "Judge", "Run", "images_of", "run_recipe"]
