"""A lecture reduced to its widgets, so that a page of sliders does not wait for the lecture's computing."""

import ast

import nbformat

__all__ = ["reduced"]

WIDGET = "application/vnd.jupyter.widget-view+json"


def reduced(path):
    """The notebook with only the code cells whose committed output is a widget, and those that they need.

    A cell is needed if it gives a name, or changes what a name stands for, that a needed cell uses. Prose is
    kept: it is what lies between the widgets on the page.

    Arguments:
        path: of an executed lecture.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    needed = [cell for cell in code if any(WIDGET in output.get("data", {}) for output in cell.outputs)]
    assert needed, f"no cell of {path.name} has a widget for its output"
    names = {id(cell): _names(cell.source) for cell in code}
    wanted = set().union(*(names[id(cell)][0] for cell in needed))
    while more := [c for c in code if c not in needed and names[id(c)][1] & wanted]:
        needed += more
        wanted = wanted.union(*(names[id(cell)][0] for cell in more))
    kept = {id(cell) for cell in needed}
    notebook.cells = [c for c in notebook.cells if c.cell_type != "code" or id(c) in kept]
    return notebook


def _names(source):
    """The names that a cell uses, and those that it gives or changes."""
    used, given = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else given).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            given.add(node.name)
        elif isinstance(node, ast.alias):
            given.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            given |= {base.id for base in ast.walk(node.value) if isinstance(base, ast.Name)}
    return used, given
