"""What an instructor has in hand: assignments, solved lectures, plans, files, grading that can be stopped."""

import csv
import json
import os
import shutil
import site
import stat
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import corpus
import nbformat
import pytest

from gancourse.__main__ import main
from gancourse.exercises import LECTURES, Ladder, exercises_of
from gancourse.teach import _inside, masked, sandbox
from gancourse.teach import grade as grading
from gancourse.teach.classroom import safe, students
from gancourse.teach.lecture import Lecture, answer_id, solution, test_id
from gancourse.teach.plan import units
from gancourse.teach.release import PRIVATE, Course, release
from gancourse.teach.submission import Cell, Invalid, choose, files, read, tampered

ROOT = Path(__file__).resolve().parents[1]
NEEDS_SANDBOX = pytest.mark.skipif(sandbox.why_not() is not None, reason=str(sandbox.why_not()))
OPTIMAL = corpus.OPTIMAL


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An nbgrader course of lectures 00 and 02."""
    folder = tmp_path_factory.mktemp("teach") / "course"
    assert main(["teach", "release", "00", "02", "--to", str(folder), "--seed", corpus.SEED]) == 0
    return folder


@pytest.fixture
def out(blank, tmp_path):
    """A folder to grade into, in which nbgrader's course is set up."""
    return Path(shutil.copytree(blank, tmp_path / "out"))


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blank") / "course"
    release(["02"], folder, seed=corpus.SEED, say=lambda *_: None)
    return folder


# --- assignments ---------------------------------------------------------------------------------


def test_the_release_is_what_students_start_from(course):
    for number in ("00", "02"):
        lecture = Lecture.read(number)
        made = nbformat.read(course / "release" / lecture.name / f"{lecture.name}.ipynb", as_version=4)
        nbformat.validate(made)
        assert [c.source for c in made.cells] == [c.source for c in lecture.released.cells]
        text = "\n".join(c.source for c in made.cells if c.cell_type == "code")
        for exercise in lecture.exercises.values():
            assert solution(exercise) not in text and corpus.SEED not in json.dumps(made)
        assert not any(c.get("outputs") for c in made.cells)


def test_tests_are_locked_and_points_are_set(course):
    lecture = Lecture.read("02")
    made = nbformat.read(course / "release" / lecture.name / f"{lecture.name}.ipynb", as_version=4)
    marks = {c.metadata.nbgrader.grade_id: c.metadata for c in made.cells if "nbgrader" in c.metadata}
    for exercise in lecture.exercises.values():
        test, answer = marks[test_id(exercise.id)], marks[answer_id(exercise.id)]
        assert (test.nbgrader.locked, test.nbgrader.grade, test.nbgrader.points) == (
            True,
            True,
            exercise.points,
        )
        assert test.editable is False and "raises-exception" in test.tags
        assert (answer.nbgrader.solution, answer.nbgrader.locked) == (True, False)
    assert sum(m.nbgrader.get("points", 0) for m in marks.values()) == lecture.points


def test_the_seed_is_for_the_owners_eyes_and_stays(course, tmp_path):
    assert stat.S_IMODE((course / PRIVATE).stat().st_mode) == 0o600
    assert Course.read(course).seed == corpus.SEED
    with pytest.raises(ValueError, match="seed: expected the seed that the course in .* has"):
        release(["00"], course, seed="another", say=lambda *_: None)
    seeds = {release(["00"], tmp_path / str(i), say=lambda *_: None).seed for i in range(2)}
    assert len(seeds) == 2 and all(len(seed) == 32 for seed in seeds)
    a, b = Course(tmp_path, "1"), Course(tmp_path, "2")
    assert a.exercise_seed(OPTIMAL) == Course(Path(), "1").exercise_seed(OPTIMAL)
    assert len({a.exercise_seed(OPTIMAL), b.exercise_seed(OPTIMAL), a.exercise_seed(corpus.LOSS)}) == 3


def test_a_damaged_private_file_is_named(tmp_path):
    (tmp_path / PRIVATE).write_text("{")
    with pytest.raises(ValueError, match=f"folder: expected the private file of a release in .*{PRIVATE}"):
        Course.read(tmp_path)


def test_unknown_lectures_are_named(tmp_path, capsys):
    assert main(["teach", "release", "99", "--to", str(tmp_path)]) == 2
    assert "lecture: expected one of 00, " in capsys.readouterr().err


@pytest.mark.parametrize("number", LECTURES)
def test_a_solved_lecture_is_right_in_its_own_cells(number, tmp_path, capsys):
    """The cells of the answers alone, in a namespace with the lecture's imports that they need."""
    assert main(["teach", "solve", number, "--to", str(tmp_path)]) == 0
    lecture = Lecture.read(number)
    cells = read(tmp_path / f"{lecture.name}.ipynb", 10**7)
    pieces, missing = units(cells, lecture)
    assert missing == set()
    names = {}
    for piece in pieces:
        exec(piece.source, names)
    for exercise in lecture.exercises.values():
        if not isinstance(exercise, Ladder):
            assert exercise(names[exercise.reference.__name__], seed=5).status == "passed"


# --- what is run ---------------------------------------------------------------------------------


def code(*sources):
    return [Cell("code", source, {}) for source in sources]


def plan(*sources):
    return units(code(*sources), corpus.LECTURE)


def test_only_what_an_answer_needs_is_run():
    pieces, _ = plan(
        "import numpy as np\nimport matplotlib.pyplot as plt",
        "helper = 2\nhelper_of_helper = 3",
        "experiment = train_for_an_hour()",
        "def optimal_discriminator(p, q):\n    return helper * p",
        "print(optimal_discriminator(1, 2))",
    )
    assert [p.index for p in pieces] == [1, 3]


def test_a_lectures_imports_are_cut_down_to_what_is_used():
    first = next(c for c in corpus.LECTURE.notebook.cells if c.cell_type == "code").source
    pieces, missing = plan(first, "def optimal_discriminator(p, q):\n    return np.divide(p, x)")
    assert [p.source for p in pieces if not p.own] == ["import numpy as np"]
    assert missing == {"x"}


def test_answers_are_run_wherever_they_stand_and_however_they_are_broken():
    pieces, _ = plan("def optimal_discriminator(p, q)\n    return p")
    assert [p.index for p in pieces] == [0]
    pieces, _ = plan("%%time\ndef optimal_discriminator(p, q):\n    return p / (p + q)")
    assert len(pieces) == 1
    pieces, _ = plan("from helpers import *", "x = 3", 'check("02.optimal_discriminator", mine)')
    assert [p.index for p in pieces] == [0, 2]
    pieces, _ = plan(
        "table = {}", "table['a'] = 1", "def optimal_discriminator(p, q):\n    return table['a']"
    )
    assert [p.index for p in pieces] == [0, 1, 2]


def test_a_stub_that_was_left_is_passed_over():
    stub = corpus.stub(OPTIMAL)
    pieces, _ = plan("def optimal_discriminator(p, q):\n    return p", stub)
    assert [p.index for p in pieces] == [0]


# --- files ---------------------------------------------------------------------------------------


def test_damaged_files_are_told_apart(tmp_path):
    told = {
        b"": "empty", b"{": "not JSON", b"[]": "no nbformat", b"\xff\xfe": "not JSON",
        b"[" * 10**5: "not JSON",
        b'{"nbformat": 2, "cells": []}': "format 2", b'{"nbformat": 4, "cells": []}': "no cells",
        b'{"nbformat": 4, "cells": 7}': "no cells", b'{"nbformat": "4"}': "no nbformat", b" " * 3000: "MB",
    }  # fmt: skip
    for i, (content, word) in enumerate(told.items()):
        path = tmp_path / f"{i}.ipynb"
        path.write_bytes(content)
        with pytest.raises(Invalid, match=word):
            read(path, 200_000 if content[:1] == b"[" else 2_000)
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(Invalid, match="no regular file"):
        read(tmp_path / "pipe.ipynb", 1000)
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(Invalid, match="no regular file"):
        read(tmp_path / "folder.ipynb", 1000)


def test_cells_of_any_shape_are_read_as_text(tmp_path):
    odd = [
        None, 7, {}, {"cell_type": "code"}, {"cell_type": "code", "source": ["a", 1, "b"]},
        {"cell_type": 3, "source": {}, "metadata": {"nbgrader": {"grade_id": 5, "points": []}, "tags": 9}},
    ]  # fmt: skip
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": odd}))
    cells = read(path, 10_000)
    assert [c.source for c in cells] == ["", "", "", "", "ab", ""] and all(
        c.marks in ({}, {"points": []}) for c in cells
    )
    assert units(cells, corpus.LECTURE) == ([], set())
    assert tampered(cells, corpus.LECTURE, released=True)


def test_the_notebook_of_a_lecture_is_found_among_others(tmp_path):
    lecture, other = corpus.LECTURE, Lecture.read("00")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    for path in ("deep/er/anything.ipynb", ".ipynb_checkpoints/anything.ipynb"):
        (tmp_path / path).write_bytes(corpus.notebook())
    (tmp_path / "first.ipynb").write_bytes(corpus.notebook(lecture=other))
    found = files(tmp_path)
    assert [p.name for p in found] == ["first.ipynb", "anything.ipynb"]
    assert choose(found, lecture, 10**7)[0].name == "anything.ipynb"
    assert choose(found, other, 10**7)[0].name == "first.ipynb"
    assert choose(found, Lecture.read("15"), 10**7) is None


def test_students_are_folders_files_or_nbgraders(tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "bob.ipynb").write_bytes(b"{}")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "cat").symlink_to("/etc")
    assert [(s.name, bool(s.refused)) for s in students(tmp_path)] == [
        ("ann", False),
        ("bob", False),
        ("cat", True),
    ]
    nested = tmp_path / "course" / "submitted" / "dan" / "02_x"
    nested.mkdir(parents=True)
    (nested / "02_x.ipynb").write_bytes(b"{}")
    (tmp_path / "course" / "nbgrader_config.py").write_text("")
    assert [s.name for s in students(tmp_path / "course")] == ["dan"]
    with pytest.raises(FileNotFoundError, match="no folder"):
        students(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no submissions in"):
        students(tmp_path / "empty")


def test_names_of_files_for_any_student():
    assert safe("ann-b_c.d") == "ann-b_c.d" and safe("Łukasz") == "Łukasz"
    odd = [safe(name) for name in ("a/b", "a+b", "../x", "[x]", "", "." * 5, "x" * 300)]
    assert len(set(odd)) == len(odd) and all("/" not in name and not name.startswith(".") for name in odd)


# --- the sandbox ---------------------------------------------------------------------------------


def test_the_launcher_starts_nothing_for_a_grader_that_is_gone(tmp_path):
    theirs, ours = os.pipe()
    assert not _inside.gone(theirs) and not _inside.gone(None)
    os.close(ours)
    assert _inside.gone(theirs)
    limits = dict.fromkeys(("memory", "file", "processes", "seconds", "uid")) | {"grader": theirs}
    command = [sys.executable, _inside.__file__, json.dumps(limits), str(tmp_path / "c.json")]
    done = subprocess.run(command, pass_fds=(theirs,), capture_output=True, text=True, timeout=60)
    os.close(theirs)
    assert done.returncode != 0 and "the grader is gone" in done.stderr


def test_without_a_sandbox_grading_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        grading, "why_not", lambda: "bubblewrap is not installed: `sudo apt install bubblewrap`"
    )
    (tmp_path / "subs" / "ann").mkdir(parents=True)
    assert main(["teach", "grade", str(tmp_path / "subs"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "sudo apt install bubblewrap" in said and "docs/teaching.md" in said and "--trusted" in said
    assert not (tmp_path / "out").exists()


def test_the_reasons_for_no_sandbox_say_what_to_do(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    assert "sudo apt install bubblewrap" in sandbox.why_not()
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert "container" in sandbox.why_not()


@NEEDS_SANDBOX
def test_a_course_kept_in_the_temporary_folder_can_be_graded(tmp_path):
    # the sandbox has a /tmp of its own, which must not hide a Python that lies in the grader's
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="a course ") as folder:
        os.chmod(folder, 0o755)
        venv.create(folder, symlinks=True)
        packages = next(Path(folder).glob("lib/python3*/site-packages"))
        paths = [*site.getsitepackages(), str(Path(sandbox.__file__).parents[2])]
        (packages / "elsewhere.pth").write_text("\n".join(paths))
        code = "from gancourse.teach import sandbox; print(sandbox.why_not())"
        said = subprocess.run(
            [f"{folder}/bin/python", "-c", code], capture_output=True, text=True, check=True, timeout=120
        )
    assert said.stdout.strip() == "None", said.stdout


def test_limits_are_checked():
    for wrong in ({"seconds": 0}, {"total": -1}, {"memory": 1.5}, {"processes": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            sandbox.Limits(**wrong)


@pytest.mark.parametrize("number", LECTURES)
def test_inside_there_is_no_answer(number, tmp_path):
    masked.build([number], tmp_path)
    text = "\n".join(path.read_text() for path in tmp_path.rglob("*.py"))
    for whole in exercises_of(number).values():
        for exercise in whole.rungs if isinstance(whole, Ladder) else (whole,):
            assert (
                f"def {exercise.reference.__name__}(" not in text or exercise.reference.__name__ == "<lambda>"
            )
            module = exercise.run.__module__.rpartition(".")[2]
            assert not module.startswith("lecture_") and f"def {exercise.run.__name__}(" in text
            assert all(hint not in text for hint in exercise.hints)
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize("number", LECTURES)
def test_inside_everything_that_exercises_need_can_be_imported(number, tmp_path):
    masked.build([number], tmp_path)
    modules = {
        e.run.__module__
        for w in exercises_of(number).values()
        for e in (w.rungs if isinstance(w, Ladder) else (w,))
    }
    code = f"import {', '.join(sorted(modules))}, gancourse\nprint(gancourse.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "gancourse" / "__init__.py"), done.stderr


# --- grading -------------------------------------------------------------------------------------


def grade(submissions, out, *more):
    return main(["teach", "grade", str(submissions), "--out", str(out), *more])


def table(out):
    with open(out / "grades.csv", encoding="utf-8") as file:
        return {
            (r["student"], r["exercise"]): (r["status"], float(r["points"])) for r in csv.DictReader(file)
        }


def hand_in(folder, **answers):
    for name, content in answers.items():
        (folder / name).mkdir(parents=True)
        (folder / name / corpus.NAME).write_bytes(content)
    return folder


@NEEDS_SANDBOX
def test_a_class_in_nbgraders_layout_is_graded_in_place(course, capsys):
    wrong = corpus.notebook({OPTIMAL: "def optimal_discriminator(p, q):\n    return q / (p + q)\n"})
    for name, content in (("ann", corpus.notebook()), ("bob", wrong)):
        place = course / "submitted" / name / corpus.LECTURE.name
        place.mkdir(parents=True)
        (place / corpus.NAME).write_bytes(content)
    assert grade(course, course, "--lectures", "02") == 0
    rows = table(course)
    assert rows["ann", OPTIMAL] == ("ok", corpus.FULL) and rows["bob", OPTIMAL] == ("wrong", 0.0)
    said = capsys.readouterr().out
    assert "02.optimal_discriminator   50%" in said
    page = (course / "pages" / "bob.html").read_text()
    assert "probability of <em>fake</em>" in page and "6 of 9 points" in page and "hint 1 of 3" in page
    assert (course / "summary.png").read_bytes()[:4] == b"\x89PNG"
    assert "probability of <em>fake</em>" in (course / "summary.html").read_text()


@NEEDS_SANDBOX
def test_what_is_graded_is_not_graded_again_until_it_changes(tmp_path, out):
    submissions = hand_in(tmp_path / "subs", ann=corpus.notebook(), bob=corpus.notebook())
    log = lambda: (out / "records" / "log.txt").read_text().splitlines()  # noqa: E731
    assert grade(submissions, out) == 0 and len(log()) == 2
    seed = Course.read(out).seed
    before = table(out)
    assert grade(submissions, out, "--jobs", "2") == 0 and len(log()) == 2
    (submissions / "bob" / corpus.NAME).write_bytes(
        corpus.notebook({OPTIMAL: "def optimal_discriminator(p, q):\n    return p"})
    )
    assert grade(submissions, out) == 0 and len(log()) == 3
    assert (
        table(out)["bob", OPTIMAL] == ("wrong", 0.0) and table(out)["ann", OPTIMAL] == before["ann", OPTIMAL]
    )
    (out / "records" / "02" / "ann.json").write_text('{"half of a rec')
    assert grade(submissions, out) == 0 and len(log()) == 4
    assert Course.read(out).seed == seed
    assert grade(submissions, out, "--again") == 0 and len(log()) == 6


@NEEDS_SANDBOX
def test_points_given_by_hand_stay(tmp_path, out):
    from gancourse.teach.gradebook import Book

    submissions = hand_in(tmp_path / "subs", ann=corpus.notebook())
    assert grade(submissions, out) == 0

    def mark(change):
        with Book(out) as book:
            submission = book._book.find_submission(corpus.LECTURE.name, "ann")
            (found,) = [g for g in submission.notebooks[0].grades if g.name == test_id(OPTIMAL)]
            if change:
                found.manual_score = 1.5
                book._book.db.commit()
            return found.score, found.auto_score, found.needs_manual_grade

    mark(True)
    assert grade(submissions, out) == 0
    assert mark(False) == (1.5, corpus.FULL, True)


@NEEDS_SANDBOX
def test_two_graders_in_one_folder_are_refused(tmp_path, out, capsys):
    submissions = hand_in(tmp_path / "subs", ann=corpus.notebook())
    with grading._alone(out):
        assert grade(submissions, out) == 2
    assert "is being graded into already" in capsys.readouterr().err


@NEEDS_SANDBOX
def test_answers_may_not_lean_on_the_lectures_variables(tmp_path, out):
    answer = "def optimal_discriminator(p, q):\n    return p_model.pdf(x) * 0 + p / (p + q)\n"
    submissions = hand_in(tmp_path / "subs", ann=corpus.notebook({OPTIMAL: answer}))
    assert grade(submissions, out) == 0
    record = json.loads((out / "records" / "02" / "ann.json").read_text())
    (message,) = [row["message"] for row in record["rows"] if row["exercise"] == OPTIMAL]
    assert (
        "NameError" in message
        and "`p_model`" in message
        and "`x`" in message
        and "Use the arguments alone" in message
    )


def test_ones_own_work_may_be_graded_without_a_sandbox(tmp_path, capsys):
    submissions, out = hand_in(tmp_path / "subs", me=corpus.notebook()), tmp_path / "out"
    assert grade(submissions, out, "--trusted") == 0
    assert "Without a sandbox" in capsys.readouterr().out
    assert {status for status, _ in table(out).values()} == {"ok"}


def test_a_course_that_is_none_and_jobs_that_are_none_are_told(tmp_path, capsys):
    submissions = hand_in(tmp_path / "subs", ann=corpus.notebook())
    assert grade(submissions, tmp_path / "out", "--trusted", "--course", str(tmp_path)) == 2
    assert "course: expected a folder that `teach release` has made" in capsys.readouterr().err
    assert grade(submissions, tmp_path / "out", "--trusted", "--jobs", "0") == 2
    assert "jobs: expected a whole number" in capsys.readouterr().err
    (tmp_path / "none" / "ann").mkdir(parents=True)
    assert grade(tmp_path / "none", tmp_path / "out2", "--trusted") == 2
    assert "a notebook of 00, " in capsys.readouterr().err


def test_without_nbgrader_the_command_says_what_to_install(monkeypatch, capsys, tmp_path):
    import gancourse.teach.doctor as doctor

    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert main(["teach", "release", "00", "--to", str(tmp_path)]) == 2
    assert "-m pip install -r requirements-teach.txt" in capsys.readouterr().err
    assert main(["teach", "grade", str(tmp_path), "--out", str(tmp_path)]) == 2


@NEEDS_SANDBOX
def test_the_doctor_tries_every_protection(capsys):
    assert main(["teach", "doctor"]) == 0
    said = capsys.readouterr().out
    assert said.count("✔") >= 13 and "✘" not in said and "This machine can grade safely." in said


def test_the_doctor_says_what_is_missing(monkeypatch, capsys):
    import gancourse.teach.doctor as doctor

    monkeypatch.setattr(
        doctor, "why_not", lambda: "bubblewrap is not installed: `sudo apt install bubblewrap`"
    )
    assert main(["teach", "doctor"]) == 1
    said = capsys.readouterr().out
    assert "✘ sandbox: bubblewrap is not installed" in said and "cannot grade safely yet" in said
