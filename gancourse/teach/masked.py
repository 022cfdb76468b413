"""The package as it is inside the sandbox: without any answer.

Much of the course's package is the answer to some exercise. So inside there is only what the exercises of the
lecture say that answers may import (``Exercise.needs``), what that needs in turn, and the half of judging
that calls functions. Everything else is missing, not hidden: there is no file to read.
"""

import ast
import shutil
from pathlib import Path

import gancourse
from gancourse.exercises import Ladder, exercises_of

__all__ = ["build"]

PACKAGE = Path(gancourse.__file__).parent
# what every sandbox has: nothing of it knows an answer
ALWAYS = ("gancourse._validate", "gancourse.profile", "gancourse.exercises._outcome")
NEVER = ("exercises", "questions", "teach", "demos", "commands")

ROOT = '''"""The part of the package that answers may use, and nothing else."""

import sys

from gancourse.profile import budget, has_torch, profile

__all__ = ["budget", "has_torch", "profile"]


class Masked(ImportError):
    """A part of the package that is out of reach while an answer is graded."""


class _Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("gancourse."):
            raise Masked(f"{name} is out of reach while an answer is graded: write it yourself")


sys.meta_path.append(_Absent())


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise Masked(f"gancourse.{name} is out of reach while an answer is graded: write it yourself")
'''

EXERCISES = '''"""Inside the sandbox nothing is judged: functions and lines handed in are only kept."""

GIVEN = {}


def check(exercise_id, function):
    """Keep the function."""
    GIVEN[exercise_id] = function


def climb(ladder_id, **lines):
    """Keep the lines, each under the id of its rung."""
    GIVEN.update({f"{ladder_id}.{name}": line for name, line in lines.items()})


def collect(exercise_id, name, namespace, run, cases, limit):
    """The packed outcomes of a function, found by its name or as it was handed in; "" where there is none."""
    from gancourse.exercises import _outcome

    function = namespace.get(name) if name else GIVEN.get(exercise_id)
    if not callable(function):
        function = GIVEN.get(exercise_id)
    return _outcome.collect(run, function, cases, limit) if callable(function) else ""


def verdict(exercise_id):
    """Nothing."""


hint = progress = verdict
'''


def build(lectures, folder):
    """Write the package, and the launcher of the kernel, into a folder that is there.

    Arguments:
        lectures: numbers of the lectures whose answers will run.
        folder: an empty folder.
    """
    folder = Path(folder)
    exercises = [
        e for lecture in lectures for whole in exercises_of(lecture).values() for e in _single(whole)
    ]
    modules = set(ALWAYS)
    for exercise in exercises:
        modules |= {exercise.run.__module__, *exercise.needs}
    for module in sorted(_closure(modules)):
        source = _file(module)
        target = folder / source.relative_to(PACKAGE.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    package = folder / "gancourse"
    (package / "__init__.py").write_text(ROOT, encoding="utf-8")
    (package / "exercises").mkdir(exist_ok=True)
    (package / "exercises" / "__init__.py").write_text(EXERCISES, encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name("_inside.py"), folder / "_inside.py")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # it is another user who reads them


def _single(whole):
    return whole.rungs if isinstance(whole, Ladder) else (whole,)


def _closure(modules):
    """These modules, the packages above them, and what they import of ours."""
    found, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or module == "gancourse" or module == "gancourse.exercises":
            continue
        found.add(module)
        waiting.append(module.rpartition(".")[0])
        for name in _imports(module):
            part = name.split(".")[1] if "." in name else ""
            if part not in NEVER:
                waiting.append(name)
    return found


def _imports(module):
    for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith("gancourse.") and _file(name) is not None:
                yield name


def _file(module):
    base = PACKAGE.parent / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None
