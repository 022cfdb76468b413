"""A run of the lab on disk: the present state, how it came about, and its curves."""

from pathlib import Path

from gancourse._validate import fail
from gancourse.checkpoints import load_checkpoint, save_checkpoint
from gancourse.lab.history import Moment
from gancourse.lab.settings import Settings

__all__ = ["read", "write"]


def write(run, folder):
    """Write a ``Lab`` into a folder."""
    state = {
        "gan lab": 1,
        "start": run.start.to_json(),
        "settings": run.settings.to_json(),
        "origin": run.origin,
        "log": [list(entry) for entry in run.log],
        "state": run.players.state(),
        "curves": {name: run.curves.array(name) for name in run.curves.rows},
    }
    save_checkpoint(folder, state, step=run.time)


def read(folder):
    """(settings at the start, origin, curves as arrays, the present as a ``Moment``) of what was written.

    Raises:
        ValueError: there is none in that folder, or it is damaged, or of something else.
    """
    found = load_checkpoint(Path(folder))
    if found is None or "gan lab" not in found[1]:
        fail("folder", str(folder), "a folder that a run of the lab was saved to")
    time, saved = found
    log = tuple((kind, what) for kind, what in saved["log"])
    moment = Moment(time, log, Settings.from_json(saved["settings"]), saved["state"])
    return Settings.from_json(saved["start"]), saved["origin"], saved["curves"], moment
