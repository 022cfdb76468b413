"""One submission in its sandbox: its cells are run, its functions are called, and plain outcomes come out.

Nothing is judged here. A cell or a call that ends or hangs the kernel is left out when the rest is run again
in a fresh one, so that one bad answer costs no other.
"""

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from gancourse.exercises import Ladder
from gancourse.exercises._outcome import pack
from gancourse.teach.kernel import Kernel, Lost
from gancourse.teach.plan import units

__all__ = ["CRASHED", "MEMORY", "TIME", "Examined", "Fate", "examine"]

TIME, MEMORY, CRASHED, ERROR = "timed out", "too much memory", "crashed", "error"


@dataclass(frozen=True)
class Fate:
    """Why there is no outcome.

    Arguments:
        kind: "timed out", "too much memory", "crashed" or "error".
        reason: of a lost kernel, else the error's type.
        text: of an error in a cell, before any private input was near: the student's own words.
    """

    kind: str
    reason: str = ""
    text: str = ""


@dataclass
class Examined:
    """What came out of a submission.

    Arguments:
        outcomes: by id of exercise or rung: packed outcomes, as they came; "" where there is no function.
        fates: by id, where there is no outcome.
        missing: names of the lecture that the answers use but that are not there.
        kernels: how many were started.
    """

    outcomes: dict = field(default_factory=dict)
    fates: dict = field(default_factory=dict)
    missing: tuple = ()
    kernels: int = 0


def examine(cells, lecture, course, seeds, limits, *, trusted=False, stop=None):
    """Run a submission.

    Arguments:
        cells: of the submission.
        lecture: Lecture.
        course: folder of the masked package.
        seeds: function from an exercise's id to the seed of its private inputs.
        limits: Limits.
        trusted: no sandbox.
        stop: a threading.Event; once set, no more is started and the result is worth nothing.

    Returns:
        Examined.
    """
    pieces, missing = units(cells, lecture)
    result = Examined(missing=tuple(sorted(missing)))
    calls = [call for exercise in lecture.exercises.values() for call in _calls(exercise, seeds, limits)]
    if not any(piece.own for piece in pieces):
        result.outcomes = {call.id: "" for call in calls}
        return result
    deadline = time.monotonic() + limits.total
    left_out, ends = set(), {}  # pieces that ended a kernel, and how each piece ended
    while len(result.outcomes) + len(result.fates) < len(calls) and not (stop and stop.is_set()):
        current = None
        try:
            with Kernel(course, limits, trusted=trusted, deadline=deadline) as kernel:
                result.kernels += 1
                for current in (p for p in pieces if p not in left_out):
                    reply = kernel.run(current.source)
                    if reply.status != "ok":
                        ends[current] = _fate(reply)
                    if reply.status == "interrupted":
                        left_out.add(current)
                for current in calls:
                    if current.id in result.outcomes or current.id in result.fates:
                        continue
                    reply = kernel.run("", ask=current.ask)
                    if reply.status != "ok" or reply.value is None:
                        result.fates[current.id] = _fate(reply)
                    elif not reply.value and (fate := _blame(current, pieces, ends)):
                        result.fates[current.id] = fate
                    else:
                        result.outcomes[current.id] = reply.value
        except Lost as lost:
            fate = Fate({"time": TIME, "memory": MEMORY}.get(lost.reason, CRASHED), lost.reason)
            late = time.monotonic() >= deadline
            if isinstance(current, Call):
                result.fates[current.id] = fate
            elif current is not None:
                left_out.add(current)
                ends[current] = fate
            if late or current is None:
                for call in calls:
                    if call.id not in result.outcomes:
                        result.fates.setdefault(call.id, Fate(TIME, "time") if late else fate)
    return result


class Call(NamedTuple):
    """The calls of one function: of an exercise, or of a line of a ladder.

    Arguments:
        id: of the exercise or rung.
        whole: id of the exercise or ladder.
        name: of the function; "" for a line.
        ask: the expression that gives its packed outcomes.
    """

    id: str
    whole: str
    name: str
    ask: str


def _calls(exercise, seeds, limits):
    for single in exercise.rungs if isinstance(exercise, Ladder) else (exercise,):
        name = "" if isinstance(exercise, Ladder) else single.reference.__name__
        cases = pack(single.private_cases(seeds(single.id)))
        run = f"{single.run.__module__}:{single.run.__qualname__}"
        arguments = f"{single.id!r}, {name!r}, globals(), {run!r}, {cases!r}, {limits.result}"
        collect = "__import__('gancourse.exercises', fromlist=['collect']).collect"
        yield Call(single.id, exercise.id, name, f"{collect}({arguments})")


def _fate(reply):
    if reply.status == "interrupted":
        return Fate(TIME, "time")
    if reply.name == "MemoryError":
        return Fate(MEMORY, "memory")
    return Fate(ERROR, reply.name, reply.text)


def _blame(call, pieces, ends):
    """How the piece ended that should have made a function: None where none of those went wrong."""
    for piece in reversed(pieces):
        if piece in ends and piece.own:
            mine = piece.exercise == call.whole or call.name in piece.binds
            # a cell that cannot be read binds nothing that is known
            if mine or (not piece.binds and (call.name or call.whole) in piece.source):
                return ends[piece]
    return None
