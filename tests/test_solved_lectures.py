"""Every lecture, solved from the references, runs to its end and earns full marks."""

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest

from gancourse.__main__ import main
from gancourse.exercises import LECTURES
from gancourse.teach.lecture import Lecture

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def execute():
    """tools/lecture.py's way to run a notebook."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from lecture import execute

        yield execute
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.mark.parametrize("number", LECTURES)
def test_a_solved_lecture_earns_full_marks(number, tmp_path, monkeypatch, execute):
    monkeypatch.setenv("GANCOURSE_PROFILE", "ci")
    assert main(["teach", "solve", number, "--to", str(tmp_path / "solved")]) == 0
    lecture = Lecture.read(number)
    notebook = nbformat.read(tmp_path / "solved" / f"{lecture.name}.ipynb", as_version=4)
    execute(notebook, folder=ROOT / "notebooks")
    reached = json.loads(Path(os.environ["GANCOURSE_PROGRESS"]).read_text())["exercises"]
    assert {name: entry["points"] for name, entry in reached.items()} == {
        name: exercise.points for name, exercise in lecture.exercises.items()
    }
