"""What every lecture has: its parts in the text, and no cell that needs the student's answer."""

import ast
import re
from pathlib import Path

import jupytext
import pytest

from gancourse.exercises import exercises_of
from gancourse.questions import questions_of

FOLDER = Path(__file__).resolve().parents[1] / "notebooks" / "source"
SOURCES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
LECTURES = [pytest.param(path, id=path.stem) for path in SOURCES]


def cells(path, kind):
    return [cell for cell in jupytext.read(path).cells if cell.cell_type == kind]


def tags(cell, kind):
    return [tag.split(":", 1)[1] for tag in cell.metadata.get("tags", []) if tag.startswith(kind + ":")]


@pytest.mark.parametrize("path", LECTURES)
def test_no_later_cell_uses_the_students_function(path):
    """A notebook runs to its end with no answer filled in, and with any wrong one."""
    theirs = set()
    for cell in cells(path, "code"):
        tree = ast.parse(cell.source)
        if tags(cell, "exercise"):
            theirs |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        elif not re.match(r"check\(|from gancourse.exercises import check\n\ncheck\(", cell.source):
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert not used & theirs, f"uses {used & theirs} of the student:\n{cell.source}"


@pytest.mark.parametrize("path", LECTURES)
def test_every_exercise_is_set_and_checked_once(path):
    lecture = path.name[:2]
    known = exercises_of(lecture)
    code = cells(path, "code")
    assert [i for cell in code for i in tags(cell, "exercise")] and set(known) == {
        i for cell in code for i in tags(cell, "exercise")
    }
    text = "\n".join(cell.source for cell in code)
    for exercise_id in known:
        assert len(re.findall(rf'(?:check|climb)\(\s*"{re.escape(exercise_id)}"', text)) == 1


@pytest.mark.parametrize("path", LECTURES)
def test_every_question_is_asked_once_and_before_something_answers_it(path):
    code = cells(path, "code")
    asked = [q for cell in code for q in re.findall(r'predict\("([\w.]+)"\)', cell.source)]
    assert sorted(asked) == sorted(questions_of(path.name[:2]))
    assert not re.search(r'predict\("', code[-1].source)


@pytest.mark.parametrize("path", LECTURES)
def test_the_parts_of_a_lecture_are_there(path):
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert prose.startswith(f"# {path.name[:2]} · ")
    wanted = ["remember", "**Sources.**"]
    if path.name[:2] != "00":
        wanted += [
            "**Time.** Core:",
            "Further",
            "**The question.**",
            "**The derivation.**",
            "**The number.**",
        ]
        wanted += ["**Your turn.**", "you will be able to", "best that is possible"]
    for part in wanted:
        assert part in prose, f"{path.name} has no {part!r}"


@pytest.mark.parametrize("path", LECTURES)
def test_the_core_takes_at_most_fifty_minutes(path):
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    for minutes in re.findall(r"Core: (\d+) minutes", prose):
        assert int(minutes) <= 50


def test_every_source_is_a_lecture_or_the_gallery():
    assert {path.name for path in FOLDER.glob("*.py")} == {*(path.name for path in SOURCES), "demos.py"}


def test_the_gallery_is_a_heading_and_a_cell():
    assert [cell.source for cell in cells(FOLDER / "demos.py", "markdown")] == ["# Demos"]
    (code,) = cells(FOLDER / "demos.py", "code")
    assert code.source.endswith("show()")
