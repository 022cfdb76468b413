"""From what came out of a sandbox to points and words, in a process that runs no student's code."""

from dataclasses import asdict, dataclass

from gancourse.exercises import Ladder
from gancourse.exercises._outcome import unpack
from gancourse.teach.examine import CRASHED, MEMORY, TIME, Fate

__all__ = ["STATUSES", "Row", "invalid", "judge"]

OK, WRONG, NOT_ATTEMPTED, INVALID = "ok", "wrong", "not attempted", "invalid file"
STATUSES = (OK, WRONG, NOT_ATTEMPTED, CRASHED, TIME, MEMORY, INVALID)
FROM_VERDICT = {"passed": OK, "failed": WRONG, "not attempted": NOT_ATTEMPTED}
# of the lines of a ladder, the first of these that occurs is the ladder's status
GRAVEST = (CRASHED, MEMORY, TIME, WRONG, NOT_ATTEMPTED, OK)


@dataclass(frozen=True)
class Row:
    """One exercise of one student, as grades.csv and the feedback page show it.

    Arguments:
        exercise, title: id and title.
        points, out_of: earned and possible.
        status: one of STATUSES.
        message: what the student is told; no private input, expected value or seed is in it.
        hints: from a nudge to nearly the answer; none where there is nothing to hint at.
        rungs: of a ladder, a Row a line.
    """

    exercise: str
    title: str
    points: float
    out_of: float
    status: str
    message: str
    hints: tuple = ()
    rungs: tuple = ()

    def plain(self):
        """As a dict for JSON."""
        return asdict(self)


def judge(examined, lecture, seeds, limits):
    """The rows of a lecture from an examination.

    Arguments:
        examined: Examined.
        lecture: Lecture.
        seeds: the function that ``examine`` was given.
        limits: Limits, for the words.
    """
    rows = []
    for exercise in lecture.exercises.values():
        if isinstance(exercise, Ladder):
            rungs = tuple(_row(rung, examined, seeds, limits) for rung in exercise.rungs)
            status = next(s for s in GRAVEST if s in {rung.status for rung in rungs})
            right = sum(rung.status == OK for rung in rungs)
            rows.append(
                Row(
                    exercise.id, exercise.title, sum(r.points for r in rungs), exercise.points, status,
                    f"{right} of {len(rungs)} lines right.", (), rungs,
                )
            )  # fmt: skip
        else:
            rows.append(_row(exercise, examined, seeds, limits))
    return rows


def invalid(lecture, message, status=INVALID):
    """The rows where there is no file to examine."""
    return [Row(e.id, e.title, 0.0, e.points, status, message) for e in lecture.exercises.values()]


def _row(exercise, examined, seeds, limits):
    fate = examined.fates.get(exercise.id)
    if fate is not None:
        status, message = _told(fate, limits)
        return _made(exercise, status, message, examined)
    text = examined.outcomes.get(exercise.id, "")
    if not text:
        return _made(
            exercise, NOT_ATTEMPTED, "Not attempted: no answer was found in your notebook.", examined
        )
    seed = seeds(exercise.id)
    try:
        outcomes = unpack(text)
    except ValueError:
        return _made(exercise, WRONG, "What your function returned cannot be read as numbers.", examined)
    errors = [o["error"] for o in outcomes if isinstance(o.get("error"), dict)]
    if any(error.get("type") == "MemoryError" for error in errors):
        return _made(exercise, *_told(Fate(MEMORY, "memory"), limits), examined)
    verdict = exercise.judge(outcomes, seed, private=True)
    return _made(exercise, FROM_VERDICT[verdict.status], verdict.message, examined, verdict.points)


def _made(exercise, status, message, examined, points=0.0):
    if status not in (OK, NOT_ATTEMPTED) and examined.missing and "NameError" in message:
        names = ", ".join(f"`{name}`" for name in examined.missing[:5])
        message += (
            f" Your answers use {names} of the lecture: when they are graded there are only the lecture's "
            "imports and your own cells. Use the arguments alone."
        )
    hints = exercise.hints if status == WRONG else ()
    return Row(exercise.id, exercise.title, points, exercise.points, status, message, tuple(hints))


def _told(fate, limits):
    """Status and message of what did not come to an outcome."""
    if fate.kind == TIME:
        return TIME, f"Stopped after {limits.seconds:g} s: is there a loop that never ends?"
    if fate.kind == MEMORY:
        return (
            MEMORY,
            f"It asked for more than {limits.memory / 1e9:g} GB: is an array far larger than the inputs?",
        )
    if fate.kind == CRASHED:
        told = {
            "processes": "It started more processes than it may.",
            "files": "It wrote more than it may.",
        }
        return CRASHED, told.get(
            fate.reason, "It ended Python itself, as os._exit does, or a fault in compiled code."
        )
    if fate.text or fate.reason:
        text = fate.text if len(fate.text) <= 300 else fate.text[:300] + " …"
        return WRONG, f"The cell stops with {fate.reason[:100]}: {text}"
    return WRONG, "What came out cannot be read."
