"""A class: every submission examined once, each in its own sandbox, and stopped and started as one likes.

What was found out is written to ``records/`` submission by submission; all else (grades, gradebook, pages,
summary) is made from those records, so that it can be made again at any time and a kill costs at most the
submissions that were under way.
"""

import concurrent.futures
import hashlib
import json
import os
import stat
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

import gancourse
from gancourse.teach import masked
from gancourse.teach.examine import examine
from gancourse.teach.judging import NOT_ATTEMPTED, invalid, judge
from gancourse.teach.lecture import Lecture
from gancourse.teach.sandbox import end_all
from gancourse.teach.submission import Invalid, choose, files, tampered

__all__ = ["Job", "Student", "grade_all", "students"]


@dataclass(frozen=True)
class Student:
    """One student's files.

    Arguments:
        name: the folder's or file's name.
        paths: notebook files.
        refused: a sentence where the folder itself cannot be taken.
    """

    name: str
    paths: tuple
    refused: str = ""


@dataclass(frozen=True)
class Job:
    """One lecture of one student."""

    student: Student
    lecture: Lecture


def students(folder):
    """The students in a folder of submissions, sorted by name.

    A folder a student, or a notebook file a student, named after the student; or nbgrader's course, whose
    ``submitted/`` is taken.

    Raises:
        FileNotFoundError: there is none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is no folder: name the folder that holds the students' folders or files"
        )
    if (folder / "submitted").is_dir() and (folder / "nbgrader_config.py").exists():
        folder = folder / "submitted"
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_symlink():
            found.append(
                Student(
                    path.stem if path.suffix == ".ipynb" else path.name,
                    (),
                    "It is a link, and links are not followed.",
                )
            )
        elif path.is_dir():
            found.append(Student(path.name, tuple(files(path))))
        elif path.suffix == ".ipynb":
            found.append(Student(path.stem, (path,)))
    if not found:
        raise FileNotFoundError(
            f"no submissions in {folder}: expected a folder or a notebook for each student"
        )
    return found


def grade_all(
    jobs,
    course,
    folder,
    limits,
    *,
    released,
    workers=1,
    trusted=False,
    again=False,
    show=True,
):
    """Examine and judge what has no record yet.

    Arguments:
        jobs: list of Job.
        course: Course, for its seed.
        folder: where ``records/`` is.
        limits: Limits.
        released: whether students had nbgrader's notebook.
        workers: how many sandboxes at a time.
        trusted: no sandbox.
        again: make every record anew.
        show: a progress bar.

    Returns:
        list of records (dicts), in the order of jobs.
    """
    folder = Path(folder) / "records"
    edition = _edition(limits, course, trusted)
    records, waiting = {}, []
    for job in jobs:
        record = None if again else _read(_path(folder, job), edition, job, limits)
        if record is None:
            waiting.append(job)
        else:
            records[job] = record
    stop = threading.Event()
    with (
        tempfile.TemporaryDirectory(prefix="gc-course-") as inside,
        tqdm(total=len(jobs), initial=len(records), unit="submission", disable=not show) as bar,
    ):
        masked.build(sorted({job.lecture.number for job in jobs}), inside)
        pool = concurrent.futures.ThreadPoolExecutor(workers)

        def examined(job):
            return _examined(job, course, inside, limits, released, trusted, stop)

        futures = {pool.submit(examined, job): job for job in waiting}
        try:
            for future in concurrent.futures.as_completed(futures):
                job = futures.pop(future)
                record = _judged(job, future.result(), course, limits, edition)
                _write(_path(folder, job), record)
                with open(folder / "log.txt", "a", encoding="utf-8") as log:
                    when = time.strftime("%Y-%m-%d %H:%M:%S")
                    log.write(f"{when} {job.lecture.number} {job.student.name!r} {record['seconds']:.2f} s\n")
                records[job] = record
                bar.update()
        except BaseException:  # Ctrl-C, too: what is under way is given up, what has a record is kept
            stop.set()
            end_all()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return [records[job] for job in jobs]


def _examined(job, course, inside, limits, released, trusted, stop):
    """(Examined or rows, reasons of tampering, file's name, seconds): what may run beside others."""
    started = time.monotonic()
    path, reasons = None, []
    try:
        if job.student.refused:
            raise Invalid(job.student.refused)
        found = choose(job.student.paths, job.lecture, limits.notebook)
        if found is None:
            rows = invalid(job.lecture, "No notebook of this lecture was handed in.", NOT_ATTEMPTED)
            return rows, [], "", 0.0
        path, cells = found
        reasons = tampered(cells, job.lecture, released=released)
        result = examine(cells, job.lecture, inside, course.exercise_seed, limits, trusted=trusted, stop=stop)
    except Invalid as problem:
        result = invalid(job.lecture, str(problem))
    return result, reasons, path.name if path else "", time.monotonic() - started


def _judged(job, found, course, limits, edition):
    result, reasons, name, seconds = found
    rows = result if isinstance(result, list) else judge(result, job.lecture, course.exercise_seed, limits)
    return {
        "format": 1,
        "edition": edition,
        "submission": _digest(job, limits),
        "student": job.student.name,
        "lecture": job.lecture.number,
        "file": name,
        "rows": [row.plain() for row in rows],
        "tampered": reasons,
        "kernels": getattr(result, "kernels", 0),
        "seconds": round(seconds, 3),
    }


def _edition(limits, course, trusted):
    """What a record is good for: the same package, limits, and private inputs. It gives no seed away."""
    package = hashlib.sha256()
    root = Path(gancourse.__file__).parent
    for path in sorted([*root.glob("exercises/*.py"), *root.glob("teach/*.py")]):
        package.update(path.read_bytes())
    parts = [package.hexdigest(), json.dumps(asdict(limits)), course.seed, str(trusted)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _digest(job, limits):
    """Of all that the student handed in, by names and contents; a link counts as a link."""
    digest = hashlib.sha256(job.student.refused.encode())
    for path in job.student.paths:
        digest.update(os.fsencode(path.name))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                digest.update(f"{found.st_size} {found.st_mtime_ns}".encode())
                if stat.S_ISREG(found.st_mode):
                    digest.update(file.read(limits.notebook + 1))
        except OSError as error:
            digest.update(str(error.errno).encode())
    return digest.hexdigest()


def _path(folder, job):
    return folder / job.lecture.number / f"{safe(job.student.name)}.json"


def safe(name):
    """A file's name for a student, whatever characters theirs has."""
    plain = "".join(c if c.isalnum() or c in "-_. " else "_" for c in name)[:80].strip(". ")
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _read(path, edition, job, limits):
    """A record that is whole, of this edition and of this submission; else None."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        fits = (
            record["edition"] == edition and record["submission"] == _digest(job, limits) and record["rows"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if fits else None


def _write(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
