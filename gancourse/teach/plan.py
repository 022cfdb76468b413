"""What of a submission is run: the student's own cells that an answer needs, and of the lecture its imports.

A lecture trains networks, and students try things out: none of that has to run for an answer to be judged.
"""

import ast
import functools
import symtable
from dataclasses import dataclass, replace

from IPython.core.inputtransformer2 import TransformerManager

from gancourse.exercises import Ladder
from gancourse.teach.lecture import answered, normal

__all__ = ["Unit", "units"]


@dataclass(frozen=True)
class Unit:
    """A piece of code to run.

    Arguments:
        index: of the cell it is from.
        source: what is run.
        binds: the names it gives a value; "*" for a star import.
        loads: the names that it looks up.
        own: whether the student wrote it, not the lecture.
        exercise: the exercise that the cell says it answers, or "".
        wanted: whether it is run even if nothing else needs it.
    """

    index: int
    source: str
    binds: frozenset = frozenset()
    loads: frozenset = frozenset()
    own: bool = True
    exercise: str = ""
    wanted: bool = False


def units(cells, lecture):
    """The pieces to run, in order, and names of the lecture that the answers use but will not find.

    The lecture's pieces come first, then the student's as they stand in the notebook.

    Arguments:
        cells: of the submission.
        lecture: Lecture.

    Returns:
        list of Unit, set of names.
    """
    functions = [e.reference.__name__ for e in lecture.exercises.values() if not isinstance(e, Ladder)]
    known = _lecture_cells(lecture)
    pieces, lost = [], set()
    for index, cell in enumerate(cells):
        if cell.kind != "code" or not cell.source.strip():
            continue
        kind = known.get(normal(cell.source))
        if kind == "lecture":
            light, heavy = _of_lecture(index, cell.source)
            pieces += light
            lost |= heavy
        elif kind is None:  # an answer's cell that was left as it was is passed over
            pieces.append(_of_student(index, cell, lecture, functions))
    need, chosen = set(functions), []
    while more := [p for p in pieces if p not in chosen and (p.wanted or p.binds & need)]:
        chosen += more
        need = need.union(*(piece.loads for piece in more))
    chosen.sort(key=lambda piece: (piece.own, piece.index))
    bound = set().union(*(piece.binds for piece in chosen))
    kept = [p if p.own else replace(p, source=_only(p.source, need)) for p in chosen]
    return kept, (need & lost) - bound


def _of_lecture(index, source):
    """A cell of the lecture: its light statements as Units, and the names that the others bind."""
    _, tree = _parsed(source)
    light, heavy = [], set()
    for node in tree.body if tree else ():
        if _is_light(node):
            text = ast.unparse(node)
            light.append(Unit(index, text, frozenset(_binds(node)), frozenset(_loads(text)), own=False))
        else:
            heavy |= _binds(node)
    return light, heavy


def _of_student(index, cell, lecture, functions):
    python, tree = _parsed(cell.source)
    exercise = cell.exercise if cell.exercise in lecture.exercises else ""
    handed_in = any(f'"{e}"' in cell.source or f"'{e}'" in cell.source for e in lecture.exercises)
    if tree is None:  # a mistake, or a magic that cannot be read: it is run if it may hold an answer
        named = any(name in cell.source for name in functions)
        return Unit(index, cell.source, exercise=exercise, wanted=bool(exercise) or handed_in or named)
    binds = frozenset().union(*map(_binds, tree.body))
    wanted = bool(exercise) or handed_in or "*" in binds
    return Unit(index, cell.source, binds, frozenset(_loads(python)), True, exercise, wanted)


@functools.lru_cache(maxsize=64)
def _lecture_cells(lecture):
    """By source: "lecture", or "exercise" for an answer's cell in which nothing was written."""
    kinds = {}
    for notebook in (lecture.notebook, lecture.released):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                kinds[normal(cell.source)] = "exercise" if answered(cell) else "lecture"
    return kinds


def _parsed(source):
    """A cell's Python, its magics turned into calls, and the syntax tree; None where it has none."""
    if source.lstrip().startswith("%%"):  # all that follows is a text to the magic
        return source, None
    try:
        python = TransformerManager().transform_cell(source)
        tree = ast.parse(python)
        symtable.symtable(python, "cell", "exec")
        return python, tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source, None


def _is_light(node):
    """Whether a statement of the lecture may run for an answer's sake: it defines, and computes nothing."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if isinstance(node, ast.Assign):
        try:
            ast.literal_eval(node.value)
            return True
        except ValueError:
            return False
    return False


def _binds(node):
    """The names that a statement gives a value, or changes something of; "*" for a star import."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            base = part.value
            while isinstance(base, ast.Attribute | ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= _binds(part)
    return found


def _loads(python):
    """The names that code looks up outside its functions' own."""
    found, waiting = set(), [symtable.symtable(python, "cell", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return found


def _only(source, need):
    """An import with only the names that are needed; other statements as they are."""
    node = ast.parse(source).body[0]
    if isinstance(node, ast.Import | ast.ImportFrom):
        node.names = [a for a in node.names if (a.asname or a.name.split(".")[0]) in need]
    return ast.unparse(node)
