"""All of `python -m gancourse teach grade`: from a folder of submissions to grades, gradebook and pages."""

import contextlib
from collections import defaultdict
from pathlib import Path

from gancourse._validate import fail, integer
from gancourse.exercises import LECTURES
from gancourse.teach import pages
from gancourse.teach.classroom import Job, grade_all, students
from gancourse.teach.gradebook import Book
from gancourse.teach.lecture import Lecture
from gancourse.teach.release import Course, release
from gancourse.teach.sandbox import why_not
from gancourse.teach.submission import Invalid, choose

__all__ = ["grade"]

REFUSAL = """{reason}

Students' code is not run without a sandbox. `python -m gancourse teach doctor` says what this machine
lacks; docs/teaching.md has a recipe for a container. For your own work alone: --trusted."""


def grade(
    submissions,
    folder,
    *,
    course=None,
    lectures=None,
    workers=1,
    limits,
    trusted=False,
    again=False,
    show=True,
    say=print,
):
    """Grade a class.

    Arguments:
        submissions: a folder with a folder or a notebook for each student, or an nbgrader course.
        folder: where grades, records, pages and an nbgrader course with its gradebook go; may be the course
            itself. What is there already is gone on with.
        course: folder of the released course whose seed is to be used; by default ``submissions``, if that
            is one, else ``folder``, else a new seed is drawn and kept there.
        lectures: numbers; by default the course's, else those of which there is a notebook.
        workers: submissions at a time.
        limits: Limits of a submission.
        trusted: no sandbox.
        again: grade anew what has been graded.
        show: a progress bar.
        say: where the lines go.

    Returns:
        Exit code: 0, or 1 where grading was refused.

    Raises:
        ValueError, OSError: with what to do about it.
    """
    integer("jobs", workers)
    if not trusted and (reason := why_not()):
        say(REFUSAL.format(reason=reason))
        return 1
    if trusted:
        say("Without a sandbox: this runs the submissions with all your rights.")
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        known = Course.read(folder)
        origin = Course.read(course or submissions) or known
        if course and Course.read(course) is None:
            fail("course", str(course), "a folder that `teach release` has made")
        if known and known.seed != origin.seed:
            fail("out", str(folder), "a folder that was not used for another course")
        found = students(submissions)
        released = bool(origin and origin.handed_out)
        if lectures is None:
            lectures = origin.lectures if released else _lectures(found, limits)
        missing = set(lectures) - set(known.lectures if known else ())
        if missing:
            say("Setting up nbgrader's course ...")
            seed = origin.seed if origin else None
            known = release(sorted(missing), folder, seed=seed, handed_out=released, say=lambda *_: None)
        chosen = [Lecture.read(number) for number in lectures]
        jobs = [Job(student, lecture) for student in found for lecture in chosen]
        records = grade_all(
            jobs, known, folder, limits, released=released, workers=workers, trusted=trusted, again=again,
            show=show,
        )  # fmt: skip
        _publish(jobs, records, folder, limits)
    say(f"\n{len(found)} students, {len(chosen)} lecture(s)\n{pages.table(records)}\n")
    for what, name in (("grades", "grades.csv"), ("summary", "summary.html"), ("feedback", "pages")):
        say(f"{what:9s} {folder / name}")
    return 0


def _publish(jobs, records, folder, limits):
    """Everything that is made from records."""
    pages.grades(records, folder / "grades.csv")
    by_student = defaultdict(list)
    for record in records:
        by_student[record["student"]].append(record)
    for student, theirs in by_student.items():
        pages.feedback(student, theirs, folder / "pages")
    pages.summary(records, folder)
    with Book(folder) as book:
        for job, record in zip(jobs, records, strict=True):
            book.enter(job, record, limits)


def _lectures(found, limits):
    """The lectures of which anyone handed in a notebook."""
    there = []
    for number in LECTURES:
        lecture = Lecture.read(number)
        for student in found:
            with contextlib.suppress(Invalid):
                if choose(student.paths, lecture, limits.notebook):
                    there.append(number)
                    break
    if not there:
        fail("lectures", None, f"a notebook of {', '.join(LECTURES)} among the submissions, or --lectures")
    return there


@contextlib.contextmanager
def _alone(folder):
    """Refuse a second grader in the same folder; the lock falls with the process that holds it."""
    import fcntl

    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FileExistsError(
                f"{folder} is being graded into already: wait, or name another --out"
            ) from None
        yield
