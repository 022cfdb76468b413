"""What a student has reached so far: a small file beside the lectures, replaced whole at each check."""

import contextlib
import datetime
import json
import os
import time
from pathlib import Path

__all__ = ["load", "note", "place"]

NAME = "progress.json"


def place():
    """The path of the file, or None where no progress is kept.

    ``GANCOURSE_PROGRESS`` if set (empty: none is kept); else in the working folder, where the copies of the
    lectures are; else in the user's data folder.
    """
    named = os.environ.get("GANCOURSE_PROGRESS")
    if named is not None:
        return Path(named).expanduser() if named else None
    if Path(".copied.json").exists():
        return Path(".copied.json").resolve().with_name(NAME)
    from platformdirs import user_data_path

    return user_data_path("gancourse", appauthor=False) / NAME


def load(path=None):
    """What was reached, by exercise: ``points``, ``out_of``, ``attempts``, ``hints``, ``status``, ``when``.

    A damaged file is renamed, not lost, and what can be read again starts afresh.

    Returns:
        dict, str: by id; and a sentence about a damaged file, or "".
    """
    path = path or place()
    if path is None:
        return {}, ""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"Your progress could not be read ({error.strerror})."
    except UnicodeDecodeError:
        text = ""
    try:
        content = json.loads(text)
        known = content["exercises"]
        if content["format"] != 1 or not all(map(_is_entry, known.values())):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        kept = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        with contextlib.suppress(OSError):
            path.replace(kept)
        return {}, f"The file of your progress was damaged: it is kept as {kept.name}, and a new one begun."
    return known, ""


def note(exercise_id, *, status=None, points=0.0, out_of=0.0, hint=False):
    """Write down an attempt, or that a hint was taken; the best points stay. Never raises.

    Returns:
        dict, str: what is known of all exercises now; and a sentence if the file was damaged or cannot be
        written, or "".
    """
    path = place()
    known, said = load(path)
    entry = known.setdefault(
        exercise_id, {"points": 0.0, "out_of": out_of, "attempts": 0, "hints": 0, "status": ""}
    )
    if hint:
        entry["hints"] += 1
    else:
        entry["attempts"] += 1
        if points >= entry["points"]:
            entry.update(points=points, status=status)
        entry.update(out_of=out_of, when=datetime.datetime.now().isoformat(timespec="seconds"))
    if path is None:
        return known, said
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps({"format": 1, "exercises": known}, indent=1), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        return known, said or f"Your progress could not be saved in {path} ({error.strerror})."
    return known, said


def _is_entry(entry):
    numbers = (entry["points"], entry["out_of"], entry["attempts"], entry["hints"])
    return all(type(n) in (int, float) for n in numbers) and isinstance(entry["status"], str)
