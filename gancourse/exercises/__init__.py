"""Exercises: a file per lecture with reference answers, checks, hints and a bank of wrong answers.

In a lecture the student writes one function and calls `check`; a ladder's lines are checked by
`climb`. Both answer and never raise, so that a notebook always runs to its end. `hint` gives the next
hint, `progress` what was reached so far.
"""

import dataclasses
import importlib

from gancourse._validate import fail
from gancourse.exercises import _progress
from gancourse.exercises._exercise import Check, Exercise, Ladder, NotPassed, Verdict, Wrong
from gancourse.exercises._report import Hint, Progress

__all__ = [
    "LECTURES", "Check", "Exercise", "Ladder", "NotPassed", "Verdict", "Wrong", "check", "climb",
    "exercises_of", "find", "hint", "progress", "stub", "verdict",
]  # fmt: skip

# lectures that have exercises; a file each, lecture_NN.py, imported when first asked for, since the
# later ones import torch
LECTURES = (
    "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16",
    "17",
)  # fmt: skip


def exercises_of(lecture):
    """All exercises and ladders of a lecture, by id, in the order in which it sets them.

    Raises:
        ValueError: the lecture has no exercises; the message lists those that have.
    """
    if lecture not in LECTURES:
        fail("lecture", lecture, "one of " + ", ".join(LECTURES))
    module = importlib.import_module(f"gancourse.exercises.lecture_{lecture}")
    return {exercise.id: exercise for exercise in module.EXERCISES}


def find(exercise_id):
    """The exercise or ladder with this id, such as "02.optimal_discriminator".

    Raises:
        ValueError: there is none; the message lists the ids of that lecture.
    """
    lecture = exercise_id.split(".")[0] if isinstance(exercise_id, str) else exercise_id
    known = exercises_of(lecture)
    if exercise_id not in known:
        fail("exercise_id", exercise_id, "one of " + ", ".join(known))
    return known[exercise_id]


def check(exercise_id, function):
    """Judge a function against an exercise: passed, failed with the reason and hints, or not attempted.

    Arguments:
        exercise_id: "LL.name", as printed above the exercise.
        function: the student's function.

    Returns:
        Verdict: shows itself; ``.status``, ``.message`` and ``.points`` for those who want to look.

    Raises:
        ValueError: no exercise has this id.
    """
    return _noted(find(exercise_id)(function))


def climb(ladder_id, **lines):
    """Judge the lines of a ladder, each a function given by its name.

    Example:
        >>> climb("02.pointwise").status
        'not attempted'

    Raises:
        ValueError: no ladder has this id, or it has no line of that name.
    """
    return _noted(find(ladder_id)(**lines))


def verdict(exercise_id):
    """The last verdict on an exercise in this kernel; not attempted where there was none.

    Raises:
        ValueError: no exercise has this id.
    """
    return _last.get(exercise_id) or find(exercise_id)(*([] if _is_ladder(exercise_id) else [None]))


def hint(exercise_id):
    """The next hint of an exercise, each call one more, until there are no more.

    For a ladder: the next hint of the first line that is not right yet.

    Raises:
        ValueError: no exercise has this id.
    """
    exercise = find(exercise_id)
    if isinstance(exercise, Ladder):
        rungs = verdict(exercise_id).rungs
        open_ones = [r for r, v in zip(exercise.rungs, rungs, strict=True) if not v.points]
        exercise = [*open_ones, exercise.rungs[-1]][0]
    taken = _hints[exercise.id] = min(_hints.get(exercise.id, 0) + 1, len(exercise.hints))
    _progress.note(exercise_id, out_of=find(exercise_id).points, hint=True)
    return Hint(exercise.title, exercise.hints[taken - 1], taken, len(exercise.hints))


def progress():
    """What was reached so far, by lecture: shows itself as a table."""
    known, said = _progress.load()
    rows = []
    for lecture in LECTURES:
        entries = []
        for e in exercises_of(lecture).values():
            entry = known.get(e.id, {})
            entries.append((e.title, entry.get("points", 0.0), e.points, entry.get("attempts", 0)))
        rows.append((lecture, tuple(entries)))
    return Progress(tuple(rows), said)


# the last verdicts and the hints taken, in this kernel
_last, _hints = {}, {}


def _is_ladder(exercise_id):
    return isinstance(find(exercise_id), Ladder)


def _noted(found):
    """The verdict with the points so far, once an attempt has been written down."""
    _last[found.id] = found
    if found.status == "not attempted" and not found.points:
        return found
    known, said = _progress.note(found.id, status=found.status, points=found.points, out_of=found.out_of)
    lecture = found.id.split(".")[0]
    of_lecture = exercises_of(lecture).values()
    reached = sum(known.get(e.id, {}).get("points", 0.0) for e in of_lecture)
    so_far = f"So far {reached:g} of {sum(e.points for e in of_lecture):g} points of lecture {lecture}."
    return dataclasses.replace(found, progress=" ".join(part for part in (so_far, said) if part))


def stub(exercise_id):
    """The source of the cell in which the student answers: made from the reference, without its body."""
    return find(exercise_id).stub()
