"""What an exercise is, and how an answer to it is judged."""

import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gancourse.exercises import _outcome

__all__ = ["Check", "Exercise", "Ladder", "NotPassed", "Verdict", "Wrong", "close", "finite"]

FAILED, PASSED, NOT_ATTEMPTED = "failed", "passed", "not attempted"


@dataclass(frozen=True)
class Check:
    """One thing that a right answer does, and that no other check of the exercise asks for.

    A test leaves out each check in turn: some wrong answer of the bank must then get through.

    Arguments:
        name: two or three words.
        holds: (case, got, want) -> bool, on the measured outcomes of the answer and of the reference.
        message: what to tell a student whose answer fails here and matches no known wrong answer.
            It holds neither inputs nor expected values, since those may be private.
    """

    name: str
    holds: Callable
    message: str


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that students really give, and the message that it must get.

    Whoever hands in a function that behaves like this one on every case is told ``message``, however
    it is written. ``caught_by`` names the check that it fails, so that a test can see that every
    check is needed.
    """

    function: Callable
    message: str
    caught_by: str


class NotPassed(AssertionError):
    """An answer that did not pass, where a grader's test cell has to fail."""

    def _render_traceback_(self):
        return [f"NotPassed: {self}"]


@dataclass(frozen=True)
class Verdict:
    """The answer to an answer: status, message, points; shows itself in a notebook."""

    id: str
    title: str
    status: str
    message: str
    points: float
    out_of: float
    hints: tuple = ()
    failed_check: str | None = None
    rungs: tuple = ()
    progress: str = ""

    def require(self):
        """Show the verdict and raise unless it is passed: the last line of an assignment's test cells.

        Raises:
            NotPassed: with the message, and no traceback in a notebook.
        """
        if self.status == PASSED:
            return self
        from IPython.display import display

        display(self)
        raise NotPassed(f"{self.title}: {self.status} ({self.points:g} of {self.out_of:g} points)")

    def __repr__(self):
        from gancourse.exercises._report import as_text

        return as_text(self)

    def _repr_html_(self):
        from gancourse.exercises._report import as_html

        return as_html(self)


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function for the student to write, with all that is needed to judge it.

    Judging has two halves that may run in two processes: ``outcome`` calls the function on the cases
    and keeps plain data (arrays, numbers, strings), ``judge`` compares those with the reference's.
    No half looks at the student's source, and the second trusts nothing that the first says of itself:
    what can be measured from outputs is measured there, by ``measure``.

    Arguments:
        id: "LL.name", LL the lecture.
        title: what the student reads above the verdict.
        reference: the right answer; its signature and docstring become the stub.
        cases: (rng) -> list of dicts of plain inputs, in the order of the signature; another rng gives
            other inputs of the same kind.
        checks: in the order in which they are tried, after "runs" and "shape", which every exercise has;
            the first that fails names the mistake.
        hints: from a nudge to nearly the answer.
        wrong: the bank of wrong answers.
        accepted: other right answers, which must pass.
        points: what a right answer earns.
        run: (function, case) -> plain outcome; by default the function's value as an array, "value". A
            function of a module that holds no answer, `_outcome.py` or `_networks.py`: it runs next to the
            student's code, where nothing is to be found.
        measure: (case, outcome) -> what checks and wrong answers are compared by; by default the outcome.
        needs: modules of the package that an answer may import, such as "gancourse.densities". Where a class
            is graded the rest of the package is not there, since much of it is the answer to some exercise.
        shape: what to say when "value" has not the shape of the reference's.
        statement: of a ladder's rung, what its line is.
    """

    id: str
    title: str
    reference: Callable
    cases: Callable
    checks: tuple
    hints: tuple
    wrong: tuple
    accepted: tuple = ()
    points: float = 1.0
    run: Callable = _outcome.value
    measure: Callable = lambda case, outcome: outcome
    needs: tuple = ()
    shape: str = "Return one number."
    statement: str = ""

    def private_cases(self, seed):
        """The cases of a seed, as ``outcome`` and ``judge`` make them."""
        return self.cases(np.random.default_rng(seed))

    def outcome(self, function, seed=0):
        """Call ``function`` on every case of ``seed``: a list of plain outcomes, one a case."""
        return [
            _outcome.outcome(self.run, function, case) for case in self.cases(np.random.default_rng(seed))
        ]

    def judge(self, outcomes, seed=0, *, private=False):
        """Compare outcomes with the reference's on the same seed.

        Arguments:
            outcomes: a list of plain outcomes, one a case; they may come from anywhere.
            seed: of the cases.
            private: whether nothing of the inputs may show in the message: of an error type and line alone.

        Returns:
            Verdict: not attempted, passed, or failed with the message of the wrong answer that behaves
            the same, else that of the first check that fails.
        """
        if outcomes and all(o.get("not_attempted") for o in outcomes):
            return self._not_attempted()
        known = _known(self, seed)
        errors = [o["error"] for o in outcomes if isinstance(o.get("error"), dict)]
        if errors:
            return self._failed("runs", _stopped(errors[0], private), outcomes, known)
        try:
            got = [self.measure(case, o) for case, o in zip(known.cases, outcomes, strict=True)]
        except Exception:  # what is no outcome of such a function cannot be measured
            return self._failed("runs", "What your function returned cannot be read.", [], known)
        for check in (Check("shape", _same_shape, self.shape), *self.checks):
            for case, one, want in zip(known.cases, got, known.wanted, strict=True):
                if not _holds(check, case, one, want):
                    return self._failed(check.name, check.message, got, known)
        return self._verdict(PASSED, "Right.", points=self.points)

    def __call__(self, function, seed=0):
        """The verdict on a function."""
        if function is None or function is Ellipsis:
            return self._not_attempted()
        if not callable(function):
            message = f"Pass the function itself, as in check({self.id!r}, {self.reference.__name__})."
            return self._verdict(FAILED, message, failed_check="runs")
        return self.judge(self.outcome(function, seed), seed)

    def stub(self):
        """What the student starts from: signature and docstring of the reference, and no body."""
        source = textwrap.dedent(inspect.getsource(self.reference))
        head = source[: source.index('"""')].rstrip()
        doc = inspect.getdoc(self.reference)
        body = textwrap.indent(f'"""{doc}{chr(10) if chr(10) in doc else ""}"""', "    ")
        return f'{head}\n{body}\n    raise NotImplementedError("your answer goes here")\n'

    def _failed(self, name, message, got, known):
        """Failed; a wrong answer that behaves the same on every case speaks before the check itself."""
        for wrong, theirs in zip(self.wrong, known.theirs(), strict=True):
            if len(got) == len(theirs) and all(map(_alike, got, theirs)):
                message = wrong.message
                break
        return self._verdict(FAILED, message, failed_check=name)

    def _not_attempted(self):
        what = "replace the dots" if self.statement else "write the function in the cell above"
        return self._verdict(NOT_ATTEMPTED, f"Not attempted yet: {what}.")

    def _verdict(self, status, message, points=0.0, failed_check=None):
        return Verdict(
            self.id, self.title, status, message, points, self.points, self.hints, failed_check=failed_check
        )


@dataclass(frozen=True)
class Ladder:
    """A derivation as rungs: the student fills in a line at a time, and each is checked by numbers.

    Arguments:
        id, title: as in an exercise.
        rungs: exercises whose references are lambdas with the arguments of the line; ``statement`` says
            what the line is.
    """

    id: str
    title: str
    rungs: tuple

    @property
    def points(self):
        """What a whole ladder earns."""
        return sum(rung.points for rung in self.rungs)

    def __call__(self, **lines):
        """The verdict on all lines; a line that is left out or returns ``...`` is not attempted."""
        names = [rung.id.rsplit(".", 1)[1] for rung in self.rungs]
        unknown = sorted(set(lines) - set(names))
        if unknown:
            raise ValueError(f"lines: expected names among {', '.join(names)}, got {', '.join(unknown)}")
        return self.judged(rung(lines.get(name, ...)) for name, rung in zip(names, self.rungs, strict=True))

    def judged(self, verdicts):
        """The verdict on the whole, from those on the rungs, in order."""
        verdicts = tuple(verdicts)
        done = sum(v.status == PASSED for v in verdicts)
        statuses = {v.status for v in verdicts}
        status = PASSED if done == len(verdicts) else FAILED if FAILED in statuses else NOT_ATTEMPTED
        message = f"{done} of {len(verdicts)} lines right."
        return Verdict(
            self.id, self.title, status, message, sum(v.points for v in verdicts), self.points, rungs=verdicts
        )

    def stub(self):
        """The call that the student completes, each line preceded by its statement."""
        lines = [f'climb(\n    "{self.id}",']
        for rung in self.rungs:
            arguments = ", ".join(inspect.signature(rung.reference).parameters)
            lines.append(textwrap.indent(f"# {rung.statement}", "    "))
            lines.append(f"    {rung.id.rsplit('.', 1)[1]}=lambda {arguments}: ...,")
        return "\n".join([*lines, ")\n"])


class _Known:
    """What an exercise's own answers do on the cases of a seed; of the wrong ones only when asked for."""

    def __init__(self, exercise, seed):
        self.exercise, self.seed = exercise, seed
        self.cases = exercise.private_cases(seed)
        self.wanted = self._measured(exercise.reference)
        self._theirs = None

    def theirs(self):
        """The measured outcomes of each wrong answer."""
        if self._theirs is None:
            self._theirs = [self._measured(wrong.function) for wrong in self.exercise.wrong]
        return self._theirs

    def _measured(self, function):
        outcomes = self.exercise.outcome(function, self.seed)
        if any("error" in o or "not_attempted" in o for o in outcomes):
            return outcomes
        return [self.exercise.measure(case, o) for case, o in zip(self.cases, outcomes, strict=True)]


@functools.lru_cache(maxsize=512)
def _known(exercise, seed):
    """Kept, since a class is judged on the same cases again and again."""
    return _Known(exercise, seed)


def _stopped(error, private):
    """The message on an error of the student's function."""
    kind, line = error.get("type"), error.get("line")
    if kind == "Masked":
        return "Your function uses a part of the package that is out of reach here: write it yourself."
    where = f" (line {line} of your cell)" if type(line) is int and 0 < line < 10_000 else ""
    if not private:
        return f"Your function stops with {kind}: {error.get('text', '')}{where}"
    # a text, or a class of the student's own making, could carry the inputs out
    return f"Your function stops with {kind if kind in _outcome.TYPES else 'an error'}{where}."


def close(rtol=1e-6, atol=1e-9, key="value", finite_only=False):
    """A condition: the outcome has the reference's shape, and equals it within the tolerance.

    Arguments:
        rtol, atol: as in ``numpy.allclose``.
        key: of the outcome.
        finite_only: pass over entries that are NaN or infinite, where ``finite`` is a check of its own.
    """

    def holds(case, got, want):
        a, b = got[key], want[key]
        if a.shape != b.shape:
            return False
        if finite_only:
            kept = np.isfinite(a)
            a, b = a[kept], b[kept]
        return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)

    return holds


def finite(key="value"):
    """A condition: no NaN and no infinity where the reference has none."""
    return lambda case, got, want: bool(np.isfinite(got[key])[np.isfinite(want[key])].all())


def _same_shape(case, got, want):
    return "value" not in want or got["value"].shape == want["value"].shape


def _holds(check, case, got, want):
    try:
        return bool(check.holds(case, got, want))
    except Exception:  # an outcome that a condition cannot even read does not meet it
        return False


def _alike(a, b):
    if a.keys() != b.keys():
        return False
    for key in a:
        x, y = a[key], b[key]
        if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
            if x.shape != y.shape or not np.allclose(x, y, rtol=1e-5, atol=1e-8, equal_nan=True):
                return False
        elif key == "error":
            if (x["type"], x["text"]) != (y["type"], y["text"]):
                return False
        elif x != y:
            return False
    return True
