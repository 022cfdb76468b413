"""Exercises: a file per lecture with reference answers, checks, hints and a bank of wrong answers.

In a lecture the student writes one function and calls `check`; a ladder's lines are checked by
`climb`. Both answer and never raise, so that a notebook always runs to its end.
"""

import importlib

from gancourse._validate import fail
from gancourse.exercises._exercise import Check, Exercise, Ladder, Verdict, Wrong

__all__ = [
    "LECTURES", "Check", "Exercise", "Ladder", "Verdict", "Wrong", "check", "climb", "exercises_of", "find",
    "stub",
]  # fmt: skip

# lectures that have exercises; a file each, lecture_NN.py, imported when first asked for, since the
# later ones import torch
LECTURES = ("00", "02", "15")


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
    return find(exercise_id)(function)


def climb(ladder_id, **lines):
    """Judge the lines of a ladder, each a function given by its name.

    Example:
        >>> climb("02.pointwise").status
        'not attempted'

    Raises:
        ValueError: no ladder has this id, or it has no line of that name.
    """
    return find(ladder_id)(**lines)


def stub(exercise_id):
    """The source of the cell in which the student answers: made from the reference, without its body."""
    return find(exercise_id).stub()
