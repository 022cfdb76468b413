"""Grading: seconds a submission, and what a second sandbox at a time gains.

python -m benchmarks.grading [SUBMISSIONS]

A class of honest submissions is graded with one sandbox at a time and with two, on the same files; start-up
(the imports, nbgrader's course) is apart. Everything from the file to the record is in.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat

from gancourse.teach.classroom import Job, grade_all, students
from gancourse.teach.grade import _publish
from gancourse.teach.gradebook import Book
from gancourse.teach.lecture import Lecture, solution
from gancourse.teach.release import release
from gancourse.teach.sandbox import Limits, why_not

__all__ = ["BARS", "honest", "main"]

BARS = {"02": 1.6, "15": 3.0}  # seconds a submission: a NumPy lecture, a torch lecture


def honest(lecture, folder, n):
    """Write ``n`` honest submissions: right, but for one answer in four, which is left out."""
    exercises = list(lecture.exercises.values())
    for i in range(n):
        notebook = nbformat.from_dict(lecture.released)
        for cell in notebook.cells:
            exercise = cell.metadata.get("gancourse", {}).get("exercise")
            if exercise and cell.metadata.nbgrader.solution and exercise != exercises[i % 4].id:
                cell.source = solution(lecture.exercises[exercise], {"np"})
        path = folder / f"student-{i:04d}" / f"{lecture.name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def main(n=60):
    """Rows of (lecture, seconds a submission with one, with two, gain, hours of 1,000 with two)."""
    rows = []
    for number in BARS:
        lecture = Lecture.read(number)
        with tempfile.TemporaryDirectory() as base:
            base = Path(base)
            honest(lecture, base / "submissions", n)
            course = release([number], base / "course", say=lambda *_: None)
            jobs = [Job(student, lecture) for student in students(base / "submissions")]
            seconds = {}
            for workers in (1, 2):
                start = time.perf_counter()
                records = grade_all(
                    jobs, course, base / f"out{workers}", Limits(), released=True, workers=workers, show=False
                )
                seconds[workers] = (time.perf_counter() - start) / n
                assert all(row["status"] in ("ok", "not attempted") for r in records for row in r["rows"])
            with Book(base / "course"):
                start = time.perf_counter()
                _publish(jobs, records, base / "course", Limits())
                publish = (time.perf_counter() - start) / n
        rows.append((number, seconds[1], seconds[2], seconds[1] / seconds[2], publish))
    return rows


if __name__ == "__main__":
    if reason := why_not():
        sys.exit(reason)
    for number, one, two, gain, publish in main(int(sys.argv[1]) if len(sys.argv) > 1 else 60):
        print(
            f"lecture {number}: {one:.2f} s a submission (bar {BARS[number]:g}), {two:.2f} s with --jobs 2: "
            f"{gain:.2f} times as fast; gradebook and pages {publish:.3f} s; 1,000 take "
            f"{1000 * (two + publish) / 60:.0f} minutes with --jobs 2"
        )
