"""An nbgrader course of lectures: written here, converted by nbgrader itself."""

import hashlib
import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from gancourse._validate import fail
from gancourse.teach.lecture import Lecture

__all__ = ["Course", "release", "solve"]

CONFIG = '''"""nbgrader's settings, made by `python -m gancourse teach release`; yours to extend."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "gancourse"
# answers become the stubs of the lectures, after nbgrader has cleared what you marked yourself
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "gancourse.teach.stubs.Stubs",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# for `nbgrader validate`: a lecture trains networks
c.ExecutePreprocessor.timeout = 600
# for `nbgrader zip_collect`: files named STUDENT_anything_NOTEBOOK.ipynb, as most systems hand them out
c.FileNameCollectorPlugin.named_regexp = r"(?P<student_id>[^_/]+)_.*?(?P<file_id>\\d\\d_\\w+)"
# c.Exchange.root = "/srv/nbgrader/exchange"
'''
PRIVATE = "gancourse_private.json"


@dataclass(frozen=True)
class Course:
    """An nbgrader course folder with the seed of its private inputs.

    Arguments:
        folder: its root.
        seed: any text; who knows it can make the inputs on which answers are judged.
        lectures: numbers of the lectures released.
        handed_out: whether students got its notebooks; not where grading alone has set it up.
    """

    folder: Path
    seed: str
    lectures: tuple = ()
    handed_out: bool = True

    @classmethod
    def read(cls, folder):
        """The course in a folder, or None where there is none.

        Raises:
            ValueError: its private file is damaged.
        """
        path = Path(folder) / PRIVATE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(Path(folder), content["seed"], tuple(content["lectures"]), content["handed_out"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"folder: expected the private file of a release in {path}, got something damaged: put back "
                "a copy of it, for without its seed nobody can grade alike again"
            ) from None

    def write(self):
        """Put the private file in place, for the owner's eyes alone."""
        path = self.folder / PRIVATE
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            content = {"seed": self.seed, "lectures": list(self.lectures), "handed_out": self.handed_out}
            json.dump({"format": 1, **content}, file)
        partial.replace(path)

    def exercise_seed(self, exercise_id):
        """The seed of an exercise's private inputs, a whole number of 128 bits."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}\n{exercise_id}".encode()).digest()[:16], "big")


def release(numbers, folder, *, seed=None, handed_out=True, say=print):
    """Write an nbgrader course: ``source/``, and by nbgrader ``release/`` and the gradebook.

    Lectures of an earlier release into the same folder stay.

    Arguments:
        numbers: of the lectures.
        folder: made if absent.
        seed: any text or number; drawn at random if None, kept if the course has one.
        handed_out: whether students will get these notebooks.
        say: where the lines go.

    Returns:
        Course.

    Raises:
        ValueError: a lecture has no exercises; the course has another seed.
        OSError: nbgrader failed; its words are in the message.
    """
    lectures = [Lecture.read(number) for number in numbers]
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    course = Course.read(folder)
    if course and seed is not None and str(seed) != course.seed:
        fail("seed", seed, f"the seed that the course in {folder} has, or another folder")
    seed = course.seed if course else str(seed) if seed is not None else secrets.token_hex(16)
    known = {*(course.lectures if course else ()), *(lecture.number for lecture in lectures)}
    course = Course(folder, seed, tuple(sorted(known)), handed_out)
    course.write()
    config = folder / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    for lecture in lectures:
        source = folder / "source" / lecture.name / f"{lecture.name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(lecture.assignment(), source)
        nbgrader(folder, "generate_assignment", lecture.name, "--force")
        say(f"{lecture.name}: {lecture.points:g} points, for students in {folder / 'release' / lecture.name}")
    return course


def solve(numbers, folder, *, say=print):
    """Write solved lectures into a folder.

    Returns:
        The paths.
    """
    paths = []
    for lecture in [Lecture.read(number) for number in numbers]:
        path = Path(folder) / f"{lecture.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(lecture.solved(), path)
        say(f"{path}: {len(lecture.exercises)} exercises, {lecture.points:g} points")
        paths.append(path)
    return paths


def nbgrader(folder, *arguments):
    """Run an nbgrader command in a course folder.

    Raises:
        OSError: it failed; the message holds the end of what it said.
    """
    command = [sys.executable, "-m", "nbgrader", *arguments]
    # it calls a program of its own, alembic, by name
    env = {
        **os.environ,
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
    }
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise OSError(f"nbgrader {' '.join(arguments)} failed in {folder}:\n{said}")
    return done
