"""Solved lectures graded by us, and assignments validated by nbgrader."""

import csv

import pytest

from gancourse.__main__ import main
from gancourse.exercises import LECTURES
from gancourse.teach import sandbox
from gancourse.teach.lecture import Lecture
from gancourse.teach.release import nbgrader, release


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
