"""A lecture's notebook as an assignment: which cell is an answer, which checks it, what is right."""

import ast
import functools
import inspect
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import nbformat

from gancourse._validate import fail
from gancourse.course import lectures as notebooks
from gancourse.exercises import LECTURES, Ladder, exercises_of

__all__ = ["Lecture", "normal", "solution"]

SCHEMA = 3
TAG = re.compile(r"^exercise:([\w.]+)$")


@dataclass(frozen=True, eq=False)
class Lecture:
    """One lecture that has exercises.

    Arguments:
        number: two digits.
        name: the file's stem; also the name of nbgrader's assignment.
        notebook: the committed notebook, as nbformat reads it.
    """

    number: str
    name: str
    notebook: nbformat.NotebookNode

    @classmethod
    def read(cls, number):
        """The lecture of this number, such as "02" (or its file name).

        Raises:
            ValueError: it has no exercises, or no notebook.
        """
        number = str(number).split("_")[0]
        if number not in LECTURES:
            fail("lecture", number, "one of " + ", ".join(LECTURES))
        found = [path for path in notebooks() if path.name.startswith(f"{number}_")]
        if len(found) != 1:
            fail("lecture", number, f"one notebook named {number}_….ipynb")
        return cls(number, found[0].stem, nbformat.read(found[0], as_version=4))

    @property
    def exercises(self):
        """Exercises and ladders by id, in order."""
        return exercises_of(self.number)

    @property
    def points(self):
        """What all right answers earn."""
        return sum(exercise.points for exercise in self.exercises.values())

    def solved(self):
        """The notebook without outputs, answered from the references."""
        notebook = _without_outputs(self.notebook)
        bound = set()
        for cell in notebook.cells:
            exercise = self.exercises.get(answered(cell))
            if exercise:
                cell.source = solution(exercise, bound)
            elif cell.cell_type == "code":
                bound |= _imported(cell.source)
        return notebook

    def assignment(self):
        """The source of nbgrader's assignment: solved, with nbgrader's marks on answers and tests.

        An answer's cell keeps what the student starts from in ``metadata.gancourse.stub``: nbgrader's own
        conversion puts it there, by `stubs.Stubs`.
        """
        notebook, cells = self.solved(), []
        for cell, original in zip(notebook.cells, self.notebook.cells, strict=True):
            exercise_id = answered(cell)
            tested = checked(cell)
            cells.append(cell)
            if exercise_id:
                cell.metadata["nbgrader"] = _marks(answer_id(exercise_id), solution=True)
                cell.metadata["gancourse"] = {"exercise": exercise_id, "stub": original.source}
                if isinstance(self.exercises[exercise_id], Ladder):
                    text = f'from gancourse.exercises import verdict\n\nverdict("{exercise_id}").require()'
                    cells.append(
                        self._test(nbformat.v4.new_code_cell(text, id=f"{cell['id']}-test"), exercise_id)
                    )
            elif tested:
                cell.source = cell.source.rstrip() + ".require()"
                self._test(cell, tested)
        notebook.cells = cells
        notebook.metadata["gancourse"] = {"lecture": self.number, "assignment": self.name}
        return notebook

    def _test(self, cell, exercise_id):
        points = self.exercises[exercise_id].points
        cell.metadata["nbgrader"] = _marks(test_id(exercise_id), grade=True, locked=True, points=points)
        cell.metadata["gancourse"] = {"exercise": exercise_id}
        # it fails until the answer is right, and the notebook still runs to its end
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
        return cell

    @functools.cached_property
    def released(self):
        """The notebook that students get, as nbgrader makes it: the assignment with stubs for answers."""
        notebook = self.assignment()
        for cell in notebook.cells:
            if "stub" in cell.metadata.get("gancourse", {}):
                cell.source = cell.metadata["gancourse"].pop("stub")
        return notebook


def answered(cell):
    """The id of the exercise that a cell of a lecture answers, or None."""
    for tag in cell.metadata.get("tags", []) if cell.cell_type == "code" else []:
        if match := TAG.match(tag):
            return match[1]
    return None


def checked(cell):
    """The id of the exercise whose ``check`` is the last line of a lecture's cell, or None."""
    tree = _parsed(cell.source) if cell.cell_type == "code" else None
    last = tree.body[-1] if tree and tree.body else None
    call = last.value if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
    if call and isinstance(call.func, ast.Name) and call.func.id == "check":
        return ast.literal_eval(call.args[0])
    return None


def answer_id(exercise_id):
    """nbgrader's name of the answer's cell: it allows no dots."""
    return exercise_id.replace(".", "-")


def test_id(exercise_id):
    """nbgrader's name of the test's cell."""
    return f"test-{answer_id(exercise_id)}"


test_id.__test__ = False  # pytest should not take it for a test


def normal(source):
    """A cell's source without what editors change: ends of lines, blank lines around it."""
    return "\n".join(line.rstrip() for line in source.replace("\r\n", "\n").split("\n")).strip()


def solution(exercise, bound=()):
    """The source of a right answer, with the imports and helpers it needs beyond the names in ``bound``."""
    if isinstance(exercise, Ladder):
        lines = [f'climb(\n    "{exercise.id}",']
        for rung in exercise.rungs:
            lines.append(f"    {rung.id.rsplit('.', 1)[1]}={_lambda(rung.reference)},")
        source, reference = "\n".join([*lines, ")"]), exercise.rungs[0].reference
    else:
        reference = exercise.reference
        source = textwrap.dedent(inspect.getsource(reference)).rstrip()
    path = Path(inspect.getsourcefile(reference))
    imports, helpers = _support(source, path, set(bound) | {reference.__name__, "climb"})
    return "\n\n\n".join(["\n".join(imports)] * bool(imports) + helpers + [source])


def _support(source, path, bound):
    """What a module binds and a source of it uses: lines of import, and definitions in the module's order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports, helpers = [], []
    waiting = [source]
    while waiting:
        needed = {n.id for n in ast.walk(ast.parse(waiting.pop())) if isinstance(n, ast.Name)} - bound
        for node in tree.body:
            names = _bound_by(node) & needed
            bound |= names
            if not names:
                continue
            if not isinstance(node, ast.Import | ast.ImportFrom):
                helpers.append((node.lineno, ast.unparse(node)))
                waiting.append(helpers[-1][1])
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("gancourse.exercises"):
                # an answer may not import another, so what it needs of that is written out
                other = path.with_name(node.module.rpartition(".")[2] + ".py")
                more, further = _support("\n".join(names), other, bound - names)
                imports += more
                helpers += [(0, text) for text in further]
            else:
                node.names = [a for a in node.names if (a.asname or a.name.split(".")[0]) in names]
                imports.append(ast.unparse(node))
    return imports, [text for _, text in sorted(helpers, key=lambda pair: pair[0])]


def _bound_by(node):
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _names(node)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _lambda(function):
    """The source of a reference that is a lambda."""
    path = Path(inspect.getsourcefile(function))
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg == "reference" and isinstance(node.value, ast.Lambda):
            if node.value.lineno == function.__code__.co_firstlineno:
                return ast.get_source_segment(text, node.value)
    raise ValueError(f"reference: expected a lambda written as reference=lambda …, got one at {path.name}")


def _imported(source):
    body = getattr(_parsed(source), "body", [])
    return {name for node in body if isinstance(node, ast.Import | ast.ImportFrom) for name in _names(node)}


def _parsed(source):
    try:
        return ast.parse(source)
    except SyntaxError:  # a magic
        return None


def _names(node):
    return {alias.asname or alias.name.split(".")[0] for alias in node.names}


def _marks(grade_id, *, solution=False, grade=False, locked=False, points=None):
    marks = {
        "grade_id": grade_id, "solution": solution, "grade": grade, "locked": locked, "task": False,
        "schema_version": SCHEMA,
    }  # fmt: skip
    return marks if points is None else {**marks, "points": float(points)}


def _without_outputs(notebook):
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook
