"""Every lecture, solved from the references, runs to its end and earns full marks, in it and graded."""

import csv
import json
import os
import sys
from pathlib import Path

import nbformat
import pytest

from gancourse.__main__ import main
from gancourse.exercises import LECTURES
from gancourse.teach import sandbox
from gancourse.teach.lecture import Lecture
from gancourse.teach.release import nbgrader, release

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


@pytest.mark.skipif(sandbox.why_not() is not None, reason=str(sandbox.why_not()))
def test_solved_lectures_are_graded_with_full_marks(tmp_path):
    assert main(["teach", "solve", "all", "--to", str(tmp_path / "class" / "reference")]) == 0
    assert main(["teach", "grade", str(tmp_path / "class"), "--out", str(tmp_path / "out")]) == 0
    with open(tmp_path / "out" / "grades.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["status"], row["tampered"]) for row in rows} == {("ok", "no")}
    assert [row["exercise"] for row in rows] == [e for n in LECTURES for e in Lecture.read(n).exercises]


def test_nbgraders_validate_tells_right_from_not_attempted(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROFILE", "ci")
    release(["00"], tmp_path, seed=1, say=lambda *_: None)
    name = Lecture.read("00").name
    said = nbgrader(tmp_path, "validate", f"release/{name}/{name}.ipynb").stdout
    assert "VALIDATION FAILED ON 1 CELL(S)" in said
    assert "NotPassed: From logit to probability: not attempted (0 of 1 points)" in said
    said = nbgrader(tmp_path, "validate", f"source/{name}/{name}.ipynb").stdout
    assert "Success! Your notebook passes all the tests." in said
