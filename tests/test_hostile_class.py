"""Broken and hostile submissions, graded in one class with honest ones: each gets what it must."""

import csv
import json
import sqlite3

import corpus
import numpy as np
import psutil
import pytest

from gancourse.exercises import Ladder
from gancourse.teach import sandbox
from gancourse.teach.grade import grade
from gancourse.teach.release import Course, release

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))


def run(names, base, jobs):
    """Grade these students in a course under ``base``; its folder, and the rows of grades.csv by student."""
    out, submissions = base / "course", base / "submissions"
    made = [s for s in corpus.make(out) if names is None or s.student in names]
    release(["02"], out, seed=corpus.SEED, say=lambda *_: None)
    corpus.write(made, submissions)
    assert grade(submissions, out, workers=jobs, limits=corpus.LIMITS, show=False, say=lambda *_: None) == 0
    return out, rows_of(out)


def rows_of(out):
    rows = {}
    with open(out / "grades.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["student"], []).append(row)
    return rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The class, graded; what lay around it before and after."""
    base = tmp_path_factory.mktemp("class")
    (base / "beside.txt").write_text("not yours")
    out, rows = run(None, base, jobs=2)
    return base, out, rows


CLASS = corpus.make()


def test_the_corpus_is_large_enough():
    assert len(CLASS) - len(corpus.HONEST) >= 25
    assert len({s.student for s in CLASS}) == len(CLASS)


@pytest.mark.parametrize("submission", CLASS, ids=[s.student for s in CLASS])
def test_each_submission_gets_its_status_and_points(whole, submission):
    _, out, rows = whole
    found = {row["exercise"]: (row["status"], float(row["points"])) for row in rows[submission.student]}
    record = json.loads((out / "records" / "02" / f"{submission.student}.json").read_text())
    assert found == submission.expected, record
    assert (rows[submission.student][0]["tampered"] == "yes") == submission.tampered, record["tampered"]


def test_networks_are_judged_by_what_they_compute(tmp_path):
    made = corpus.networks()
    corpus.write(made, tmp_path / "submissions")
    out = tmp_path / "course"
    release(["15"], out, seed=corpus.SEED, say=lambda *_: None)
    limits = sandbox.Limits(seconds=30, total=120)
    assert (
        grade(tmp_path / "submissions", out, workers=1, limits=limits, show=False, say=lambda *_: None) == 0
    )
    rows = rows_of(out)
    for submission in made:
        found = {row["exercise"]: (row["status"], float(row["points"])) for row in rows[submission.student]}
        assert submission.expected.items() <= found.items(), submission.student


def test_honest_grades_are_what_they_are_without_the_others(whole, tmp_path):
    _, _, rows = whole
    _, alone = run(corpus.HONEST, tmp_path, jobs=1)
    assert set(alone) == set(corpus.HONEST)
    assert {name: rows[name] for name in corpus.HONEST} == alone


def test_nothing_was_written_outside(whole):
    base, out, _ = whole
    assert {p.name for p in base.iterdir()} == {"beside.txt", "course", "submissions"}
    assert (base / "beside.txt").read_text() == "not yours"
    assert {p.name for p in out.iterdir()} == {
        ".lock", "autograded", "gancourse_private.json", "gradebook.db", "grades.csv", "nbgrader_config.py",
        "pages", "records", "release", "source", "submitted", "summary.html", "summary.png",
    }  # fmt: skip
    assert not [
        p for p in base.rglob("*") if "owned" in p.name or "owned" == (p.is_file() and p.read_bytes())
    ]


def test_no_process_is_left(whole):
    mine = psutil.Process().children(recursive=True)
    assert [p for p in mine if "bwrap" in p.name() or "ipykernel" in " ".join(p.cmdline())] == []
    users = [
        p for p in psutil.process_iter(["uids"]) if p.info["uids"] and p.info["uids"].real in sandbox.USERS
    ]
    assert users == []


def test_the_gradebook_holds_the_points_of_the_table(whole):
    _, out, rows = whole
    with sqlite3.connect(out / "gradebook.db") as book:
        found = book.execute(
            "select s.id, sum(g.auto_score), max(g.manual_score), max(g.extra_credit) from grade g "
            "join submitted_notebook n on g.notebook_id = n.id "
            "join submitted_assignment a on n.assignment_id = a.id join student s on a.student_id = s.id "
            "group by s.id"
        ).fetchall()
    assert {name: points for name, points, *_ in found} == {
        name: sum(float(row["points"]) for row in theirs) for name, theirs in rows.items()
    }
    assert {extra for *_, extra in found} <= {None, 0.0} and {manual for _, _, manual, _ in found} == {None}


def private_words(out):
    """The digits of all private inputs and expected values of the class, and the seed."""
    course = Course.read(out)
    words = {course.seed}
    for whole in corpus.LECTURE.exercises.values():
        for exercise in whole.rungs if isinstance(whole, Ladder) else (whole,):
            seed = course.exercise_seed(exercise.id)
            words.add(str(seed))
            cases = exercise.private_cases(seed)
            numbers = [v for case in cases for v in case.values()]
            numbers += [v for o in exercise.outcome(exercise.reference, seed) for v in o.values()]
            for value in numbers:
                if not isinstance(value, bool | str):
                    for number in np.ravel(value):
                        text = repr(float(number)).lstrip("-0.").split("e")[0]
                        if len(text) > 6:  # a number such as 0.1 gives nothing away
                            words.add(text[:8].rstrip("0").rstrip("."))
    return {word for word in words if len(word) >= 6}


def test_nothing_private_is_in_what_students_see(whole):
    _, out, _ = whole
    words = private_words(out)
    assert len(words) > 50
    shown = [*(out / "pages").glob("*.html"), *(out / "autograded").rglob("*.ipynb"), out / "grades.csv"]
    assert len(shown) > 2 * len(CLASS)
    for path in shown:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], path


def test_a_page_runs_nothing_that_a_student_wrote(whole):
    _, out, _ = whole
    for path in (out / "pages").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text and "onerror" not in text and "default-src 'none'" in text
    for path in (out / "autograded").rglob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                assert "owned" not in json.dumps(output)


def test_messages_are_the_ones_a_student_can_use(whole):
    _, out, _ = whole

    def told(student):
        record = json.loads((out / "records" / "02" / f"{student}.json").read_text())
        return {row["exercise"]: row["message"] for row in record["rows"]}[corpus.OPTIMAL]

    assert "probability of *fake*" in told("ben")
    assert "loop that never ends" in told("infinite-loop")
    assert "SyntaxError" in told("syntax-error")
    assert "out of reach" in told("imports-inside") and "write it yourself" in told("imports-the-package")
    assert told("leaks") == "Your function stops with an error (line 6 of your cell)."
    assert told("network") == "Your function stops with OSError (line 3 of your cell)."
    assert "more processes" in told("fork-bomb") and "wrote more" in told("fills-the-folder")
    assert "not JSON" in told("not-json") and "two notebooks" in told("two-notebooks")
    assert "link" in told("a-symlink")
