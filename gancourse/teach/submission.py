"""A student's file: read as plain data, whoever made it; found among others; compared with the release."""

import json
import os
import stat
import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gancourse.teach.lecture import checked, normal

__all__ = ["Cell", "Invalid", "choose", "files", "names_lecture", "read", "tampered"]

MAX_CELLS = 2_000
MAX_DEPTH = 4


class Invalid(Exception):
    """A file that cannot be graded; the text says why, for the student."""


class Cell(NamedTuple):
    """One cell of a submission.

    Arguments:
        kind: "code", "markdown" or "raw".
        source: text.
        marks: of nbgrader's metadata the parts that are plain: ``grade_id``, ``points``, ``locked``.
        lecture: number of the lecture named in the notebook's metadata, or "".
        tag: the exercise that its tag says it answers, or "".
    """

    kind: str
    source: str
    marks: dict
    lecture: str = ""
    tag: str = ""

    @property
    def grade_id(self):
        """nbgrader's name of the cell, or ""."""
        return self.marks.get("grade_id", "")

    @property
    def exercise(self):
        """The exercise that the cell says it answers, or ""."""
        return self.tag or self.grade_id.replace("-", ".", 1)


def read(path, limit):
    """The cells of a notebook file, of formats 3 and 4.

    Nothing of the file is trusted: it may be no file, no JSON, of any size and depth.

    Raises:
        Invalid: with a sentence for the student.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "it is a link, and links are not followed" if os.path.islink(path) else error.strerror
        raise Invalid(f"The file cannot be read: {reason}.") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise Invalid("This is no regular file.")
    with os.fdopen(descriptor, "rb") as file:
        if found.st_size > limit:
            sizes = f"{found.st_size / 1e6:.0f} MB, and at most {limit / 1e6:.0f} are read"
            raise Invalid(f"The file has {sizes}: clear its outputs.")
        content = file.read(limit + 1)
    if not content.strip():
        raise Invalid("The file is empty.")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Invalid("This is no notebook: it is not JSON. Save it again from Jupyter.") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise Invalid("This is no notebook: it has no nbformat.")
    if notebook["nbformat"] == 3:
        sheets = notebook.get("worksheets")
        raw = [cell for sheet in _list(sheets) for cell in _list(_dict(sheet).get("cells"))]
    elif notebook["nbformat"] == 4:
        raw = _list(notebook.get("cells"))
    else:
        raise Invalid(
            f"Notebooks of format {notebook['nbformat']} are not read: save it from a newer Jupyter."
        )
    if not raw:
        raise Invalid("The notebook has no cells.")
    if len(raw) > MAX_CELLS:
        raise Invalid(f"The notebook has {len(raw)} cells, and at most {MAX_CELLS} are read.")
    named = _dict(_dict(notebook.get("metadata")).get("gancourse")).get("lecture")
    return [_cell(cell, named if isinstance(named, str) else "") for cell in raw]


def files(folder):
    """The notebook files in a student's folder, links among them; not the copies that editors keep."""
    found = []
    if os.path.islink(folder):
        return found
    for root, folders, names in os.walk(folder, followlinks=False):
        deep = len(Path(root).relative_to(folder).parts) >= MAX_DEPTH
        folders[:] = [] if deep else sorted(n for n in folders if not n.startswith("."))
        found += [Path(root) / n for n in sorted(names) if n.endswith(".ipynb") and not n.startswith(".")]
    return found


def choose(paths, lecture, limit):
    """The file of a lecture among a student's.

    Arguments:
        paths: notebook files.
        lecture: Lecture.
        limit: bytes that are read of one.

    Returns:
        path, cells; or None where nothing of this lecture was handed in.

    Raises:
        Invalid: there are two, or the one that there is cannot be read.
    """
    exact = [p for p in paths if _plain(p.stem) == _plain(lecture.name)]
    if len(exact) == 1:
        return exact[0], read(exact[0], limit)
    fitting, broken = [], []
    for path in exact or paths:
        try:
            cells = read(path, limit)
        except Invalid as problem:
            broken.append((path, problem))
            continue
        if exact or names_lecture(cells, lecture):
            fitting.append((path, cells))
    if len(fitting) > 1:
        names = " and ".join(repr(path.name) for path, _ in fitting[:2])
        raise Invalid(f"There are two notebooks of this lecture, {names}: hand in one.")
    if fitting:
        return fitting[0]
    # a file that cannot be read is of this lecture if its name says so, or if it is all there is
    for path, problem in broken:
        if path.name.startswith(lecture.number) or len(paths) == 1:
            raise problem
    return None


def names_lecture(cells, lecture):
    """Whether cells are of this lecture: by metadata, or by the ids of its exercises."""
    if any(cell.lecture == lecture.number for cell in cells):
        return True
    text = "\n".join(cell.source for cell in cells if cell.kind == "code")
    named = any(cell.exercise in lecture.exercises for cell in cells)
    return named or any(f'"{exercise}"' in text for exercise in lecture.exercises)


def tampered(cells, lecture, *, released):
    """What was done to the cells that students should leave alone: sentences, none if nothing.

    Arguments:
        cells: of the submission.
        lecture: Lecture.
        released: whether students got the notebook with nbgrader's marks; else only the text of the lines
            that check is looked for.
    """
    found = []
    if not released:
        for cell in lecture.notebook.cells:
            if (exercise := checked(cell)) and not any(
                normal(c.source) == normal(cell.source) for c in cells
            ):
                found.append(f"the line that checks {exercise} was changed or deleted")
        return found
    wanted = [cell for cell in lecture.released.cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata["nbgrader"]["grade_id"] for cell in wanted]
    count = Counter(cell.grade_id for cell in cells if cell.grade_id in ids)
    if not count:
        return ["the marks of nbgrader were removed from the whole notebook"]
    for cell in wanted:
        marks = cell.metadata["nbgrader"]
        name = marks["grade_id"]
        mine = [c for c in cells if c.grade_id == name]
        what = "test" if marks["grade"] else "answer"
        if not mine:
            found.append(f"the cell {name} ({what}) was deleted, or lost its mark")
        if len(mine) > 1:
            found.append(f"the cell {name} ({what}) is there {len(mine)} times")
        for one in mine if marks["grade"] else ():
            if normal(one.source) != normal(cell.source):
                found.append(f"the test {name} was edited")
            if one.marks.get("points") != marks["points"]:
                found.append(f"the points of {name} were changed")
            if one.marks.get("locked") is not True:
                found.append(f"the test {name} was unlocked")
    order = [cell.grade_id for cell in cells if count[cell.grade_id] == 1]
    if order != [name for name in ids if count[name] == 1]:
        found.append("the cells were put in another order")
    return found


def _cell(cell, named):
    cell = _dict(cell)
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown", "raw") else "markdown"
    source = cell.get("input" if kind == "code" and "input" in cell else "source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = _dict(cell.get("metadata"))
    marks = {}
    for name, value in _dict(metadata.get("nbgrader")).items():
        if name in ("grade_id", "points", "locked") and isinstance(value, str | int | float | bool):
            marks[name] = value
    if not isinstance(marks.get("grade_id", ""), str):
        del marks["grade_id"]
    tags = [t for t in _list(metadata.get("tags")) if isinstance(t, str)]
    tag = next((t.removeprefix("exercise:") for t in tags if t.startswith("exercise:")), "")
    return Cell(kind, source if isinstance(source, str) else "", marks, named, tag)


def _list(value):
    return value if isinstance(value, list) else []


def _dict(value):
    return value if isinstance(value, dict) else {}


def _plain(name):
    """A file's name without what differs between systems: the composition of accents."""
    return unicodedata.normalize("NFC", name)
