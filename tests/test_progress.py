"""Progress survives restarts, other lectures and a damaged file; hints come one at a time."""

import json
import os
import subprocess
import sys

import pytest

from gancourse.exercises import (
    LECTURES,
    NotPassed,
    _progress,
    check,
    climb,
    exercises_of,
    hint,
    progress,
    verdict,
)


def right(p, q):
    return p / (p + q)


def wrong(p, q):
    return q / (p + q)


def read():
    return json.loads(_progress.place().read_text())["exercises"]


def test_points_so_far_are_kept_and_the_best_attempt_counts():
    assert "So far 0 of 9 points of lecture 02." in repr(check("02.optimal_discriminator", wrong))
    assert "So far 3 of 9 points" in check("02.optimal_discriminator", right)._repr_html_()
    assert check("02.optimal_discriminator", wrong).progress == "So far 3 of 9 points of lecture 02."
    entry = read()["02.optimal_discriminator"]
    assert (entry["points"], entry["attempts"], entry["status"]) == (3.0, 3, "passed")


def test_progress_survives_a_restart():
    check("02.optimal_discriminator", right)
    code = "from gancourse.exercises import progress; print(progress().points)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert said.stdout.strip() == "3.0", said.stderr


def test_what_is_not_attempted_leaves_no_trace():
    check("02.optimal_discriminator", ...)
    climb("02.pointwise")
    assert not _progress.place().exists()
    assert climb("02.pointwise").progress == ""


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"{", b"[]", b'{"format": 2, "exercises": {}}', b"\xff\xfe\x00", b'{"format": 1}',
        b'{"format": 1, "exercises": {"a": {"points": "9"}}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(damage):
    path = _progress.place()
    path.write_bytes(damage)
    shown = check("02.optimal_discriminator", right)
    assert (shown.status, shown.points) == ("passed", 3.0)
    assert "was damaged: it is kept as progress.json.damaged-" in shown.progress
    kept = [p for p in path.parent.iterdir() if "damaged" in p.name]
    assert [p.read_bytes() for p in kept] == [damage]
    assert read()["02.optimal_discriminator"]["points"] == 3.0
    assert "damaged" not in check("02.optimal_discriminator", right).progress


def test_where_nothing_can_be_written_the_check_still_answers(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    shown = check("02.optimal_discriminator", right)
    assert shown.status == "passed"
    assert "could not be" in shown.progress


def test_the_place_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROGRESS", "")
    assert _progress.place() is None
    assert check("02.optimal_discriminator", right).progress == "So far 3 of 9 points of lecture 02."
    monkeypatch.delenv("GANCOURSE_PROGRESS")
    monkeypatch.chdir(tmp_path)
    assert "gancourse" in _progress.place().parts and tmp_path not in _progress.place().parents
    (tmp_path / ".copied.json").write_text("{}")
    assert _progress.place() == tmp_path / "progress.json"


def test_hints_come_one_at_a_time():
    given = [repr(hint("00.probability"))[:11] for _ in range(4)]
    assert given == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert read()["00.probability"]["hints"] == 4
    assert "<code>np.where" in hint("00.probability")._repr_html_()


def test_a_ladders_hint_is_of_the_first_line_that_is_not_right():
    climb("02.pointwise", slope=lambda a, b, y: a / y - b / (1 - y), root=lambda a, b: a / b)
    assert "(root)" in repr(hint("02.pointwise"))


def test_progress_lists_every_exercise_of_the_course():
    check("02.optimal_discriminator", right)
    check("00.probability", lambda v: v)
    shown = progress()
    every = [exercise for lecture in LECTURES for exercise in exercises_of(lecture).values()]
    assert shown.points == 3.0 and shown.out_of == sum(exercise.points for exercise in every)
    assert all(exercise.title in repr(shown) for exercise in every)
    assert "   3 of 3  The optimal discriminator (once)" in repr(shown)
    assert "   0 of 1  From logit to probability (once)" in repr(shown)
    assert "not tried" in shown._repr_html_() and "<table>" in shown._repr_html_()


def test_an_assignments_test_cell_fails_unless_the_answer_passed(capsys):
    assert check("02.optimal_discriminator", right).require().status == "passed"
    with pytest.raises(NotPassed, match=r"The optimal discriminator: failed \(0 of 3 points\)") as caught:
        check("02.optimal_discriminator", wrong).require()
    assert caught.value._render_traceback_() == [
        "NotPassed: The optimal discriminator: failed (0 of 3 points)"
    ]
    with pytest.raises(NotPassed, match="not attempted"):
        verdict("02.two_gaussians").require()
    climb("02.pointwise", slope=lambda a, b, y: a / y)
    with pytest.raises(NotPassed, match="The best y .*failed"):
        verdict("02.pointwise").require()
