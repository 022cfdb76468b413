"""nbgrader's books: points into its database; for formgrader and feedback an autograded notebook each."""

import contextlib
import logging
import re
import warnings
from pathlib import Path

import nbformat

from gancourse.exercises import Verdict
from gancourse.teach.classroom import safe
from gancourse.teach.judging import NOT_ATTEMPTED, OK
from gancourse.teach.lecture import answer_id, normal, test_id
from gancourse.teach.plan import units
from gancourse.teach.submission import Invalid, choose

__all__ = ["Book"]


class Book:
    """The gradebook of an nbgrader course; a context manager.

    Arguments:
        folder: the course's root, in which ``release`` has put ``gradebook.db``.

    Raises:
        FileNotFoundError: there is no gradebook.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        path = self.folder / "gradebook.db"
        if not path.exists():
            raise FileNotFoundError(
                f"no gradebook in {folder}: make it with `python -m gancourse teach release`"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from nbgrader.api import Gradebook
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        self._book = Gradebook(f"sqlite:///{path}", "gancourse")
        self._database = self._book.db
        self._released = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._book.close()

    def enter(self, job, record, limits):
        """Write a record's points, comments and notebook; what graders changed by hand stays.

        Arguments:
            job: Job.
            record: as ``classroom`` makes it.
            limits: Limits.
        """
        cells = None
        with contextlib.suppress(Invalid):
            found = choose(job.student.paths, job.lecture, limits.notebook) if record["file"] else None
            cells = found and found[1]
        notebook = self._notebook(job.lecture, cells or [], record)
        student, name = safe(job.student.name), job.lecture.name
        for step in ("submitted", "autograded"):
            path = self.folder / step / student / name / f"{name}.ipynb"
            if step == "submitted" and path.parent.exists():
                continue  # nbgrader's own layout has it
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.partial")
            nbformat.write(notebook, partial)
            partial.replace(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy on nbgrader's habits
            self._enter(student, job.lecture, record)

    def _enter(self, student, lecture, record):
        self._book.update_or_create_student(student)
        # not the time of handing in, which files do not tell, but stable, so that nothing looks late
        submission = self._book.update_or_create_submission(lecture.name, student)
        (notebook,) = submission.notebooks
        rows = {row["exercise"]: row for row in record["rows"]}
        by_test = {test_id(name): row for name, row in rows.items()}
        by_answer = {answer_id(name): row for name, row in rows.items()}
        for grade in notebook.grades:
            if row := by_test.get(grade.name):
                grade.auto_score = row["points"]
                # as nbgrader does: who has graded by hand should look again
                grade.needs_manual_grade = grade.manual_score is not None
        for comment in notebook.comments:
            if row := by_answer.get(comment.name):
                comment.auto_comment = words(row)
        self._database.commit()

    def _notebook(self, lecture, cells, record):
        """What formgrader shows: the student's cells, the tests as released, each with its verdict.

        Built anew from plain text: nothing of the submitted file but the sources of its cells gets in, and no
        output, which could carry a script to whoever looks at it.
        """
        rows = {test_id(row["exercise"]): row for row in record["rows"]}
        released = self._released.setdefault(lecture.number, lecture.released)
        known = {c.metadata["nbgrader"]["grade_id"]: c for c in released.cells if "nbgrader" in c.metadata}
        homes = _homes(cells, lecture)
        notebook = nbformat.v4.new_notebook(metadata=dict(released.metadata))
        placed = set()
        for index, cell in enumerate(cells):
            name = cell.grade_id if cell.grade_id in known else homes.get(index, "")
            if name in known and name not in placed:
                placed.add(name)
                original = known[name]
                source = original.source if original.metadata["nbgrader"]["locked"] else cell.source
                notebook.cells.append(_copy(original, source, rows.get(name)))
            elif cell.kind == "code":
                notebook.cells.append(nbformat.v4.new_code_cell(cell.source))
            else:
                notebook.cells.append(nbformat.v4.new_markdown_cell(_harmless(cell.source, released)))
        for name, original in known.items():
            if name not in placed:
                locked = original.metadata["nbgrader"]["locked"]
                source = original.source if locked else "# this cell was not in what was handed in"
                notebook.cells.append(_copy(original, source, rows.get(name)))
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        return notebook


def words(row):
    """A row's message in plain text, a ladder's line by line."""
    lines = [f"{row['status']}: {row['message']}"]
    lines += [f"{rung['title']}: {rung['status']}. {rung['message']}" for rung in row["rungs"]]
    return re.sub(r"\*(\w[^*]*)\*", r"\1", "\n".join(lines)).replace("`", "")


def _homes(cells, lecture):
    """By index: the answers of a notebook whose marks are gone, found by what their cells define."""
    names = {
        e.reference.__name__: answer_id(e.id) for e in lecture.exercises.values() if hasattr(e, "reference")
    }
    homes = {}
    for unit in units(cells, lecture)[0]:
        for function in set(unit.binds) & set(names) if unit.own else ():
            homes[unit.index] = names[function]
    return homes


def _harmless(source, released):
    """A student's prose as text alone: formgrader would run a script in it, with the grader's rights."""
    ours = {normal(cell.source) for cell in released.cells if cell.cell_type == "markdown"}
    return source if normal(source) in ours else source.replace("<", "&lt;")


def _copy(original, source, row):
    cell = nbformat.v4.new_code_cell(source, metadata=nbformat.from_dict(original.metadata))
    if row is not None:
        verdict = _verdict(row)
        data = {"text/plain": repr(verdict), "text/html": verdict._repr_html_()}
        cell.outputs = [nbformat.v4.new_output("display_data", data)]
        if row["status"] != OK:  # nbgrader counts a test as failed where its cell ends in an error
            text = f"{row['status']} ({row['points']:g} of {row['out_of']:g} points)"
            cell.outputs.append(
                nbformat.v4.new_output(
                    "error", ename="NotPassed", evalue=text, traceback=[f"NotPassed: {text}"]
                )
            )
    return cell


def _verdict(row):
    """A row as the panel that students know from their notebook."""
    status = {OK: "passed", NOT_ATTEMPTED: NOT_ATTEMPTED}.get(row["status"], "failed")
    rungs = tuple(_verdict(rung) for rung in row["rungs"])
    message = row["message"] if status != "failed" else f"{row['message']}"
    return Verdict(
        row["exercise"],
        row["title"],
        status,
        message,
        row["points"],
        row["out_of"],
        tuple(row["hints"]),
        rungs=rungs,
    )
