"""Release, solve and grade lectures: for those who teach."""

import sys
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    """Declare the tasks and their options."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    task = tasks.add_parser("release", help="make student notebooks and an nbgrader course")
    _lectures(task)
    task.add_argument("--to", metavar="DIR", required=True, help="the course's folder, made if absent")
    task.add_argument("--seed", help="chooses the private inputs; keep it to yourself (default: at random)")
    task = tasks.add_parser("solve", help="write solved lectures")
    _lectures(task)
    task.add_argument("--to", metavar="DIR", default="solved", help="folder (default: solved)")
    task = tasks.add_parser("grade", help="grade a class, each submission in its own sandbox")
    task.add_argument(
        "submissions", metavar="SUBMISSIONS", help="a folder or notebook a student, or an nbgrader course"
    )
    task.add_argument(
        "--out", metavar="FOLDER", required=True, help="grades, pages and nbgrader's gradebook go here"
    )
    task.add_argument(
        "--course", metavar="DIR", help="the released course whose seed is used, if SUBMISSIONS is none"
    )
    task.add_argument(
        "--lectures", nargs="+", metavar="LECTURE", help="default: those of the course, else those found"
    )
    task.add_argument("--jobs", type=int, default=1, metavar="N", help="submissions at a time (default: 1)")
    task.add_argument(
        "--seconds", type=float, metavar="S", help="for one cell, or one function's calls (default: 20)"
    )
    task.add_argument("--total", type=float, metavar="S", help="for one submission (default: 120)")
    task.add_argument("--memory", type=float, metavar="GB", help="for one submission (default: 3)")
    task.add_argument("--again", action="store_true", help="grade anew what was graded before")
    task.add_argument("--trusted", action="store_true", help="no sandbox: only for your own work")
    tasks.add_parser("doctor", help="say whether this machine can grade safely, and what to install")


def run(options):
    """Carry the task out; the exit code."""
    return {"release": _release, "solve": _solve, "grade": _grade, "doctor": _doctor}[options.task](options)


def _lectures(task):
    task.add_argument("lectures", nargs="+", metavar="LECTURE", help="numbers such as 02, or all")


def _numbers(named):
    from gancourse.exercises import LECTURES

    return LECTURES if list(named) == ["all"] else named


def _missing(problem):
    print(f"python -m gancourse teach: {problem}", file=sys.stderr)
    return 2


def _release(options):
    from gancourse.teach.doctor import need_nbgrader

    try:
        need_nbgrader()
    except ModuleNotFoundError as problem:
        return _missing(problem)
    from gancourse.teach.release import PRIVATE, release

    course = release(_numbers(options.lectures), options.to, seed=options.seed)
    print(f"The seed is in {course.folder / PRIVATE}: keep that file, and keep it to yourself.")
    return 0


def _solve(options):
    from gancourse.teach.release import solve

    solve(_numbers(options.lectures), options.to)
    return 0


def _grade(options):
    from gancourse.teach.doctor import need_nbgrader

    try:
        need_nbgrader()
    except ModuleNotFoundError as problem:
        return _missing(problem)
    from gancourse.teach.grade import grade
    from gancourse.teach.sandbox import Limits

    given = {"seconds": options.seconds, "total": options.total}
    given = {name: value for name, value in given.items() if value is not None}
    if options.memory is not None:
        given["memory"] = int(options.memory * 1e9)
    lectures = _numbers(options.lectures) if options.lectures else None
    return grade(
        options.submissions, Path(options.out), course=options.course, lectures=lectures,
        workers=options.jobs, limits=Limits(**given), trusted=options.trusted, again=options.again,
    )  # fmt: skip


def _doctor(options):
    from gancourse.teach.doctor import examine_machine

    well = True
    for finding in examine_machine():
        well = well and finding.well
        print(f"{'✔' if finding.well else '✘'} {finding.name}: {finding.text}", flush=True)
    print("This machine can grade safely." if well else "This machine cannot grade safely yet.")
    return 0 if well else 1
