"""The bank: every reference passes, every wrong answer gets its own message, nothing scores for nothing."""

import dataclasses
import inspect

import numpy as np
import pytest

from gancourse import exercises
from gancourse.exercises import Check, Exercise, Ladder, Wrong, check, climb, exercises_of, find, stub
from gancourse.exercises._outcome import pack, unpack

WHOLE = [e for lecture in exercises.LECTURES for e in exercises_of(lecture).values()]
SINGLE = [s for e in WHOLE for s in (e.rungs if isinstance(e, Ladder) else (e,))]
BANK = [pytest.param(e, w, id=f"{e.id}-{i}") for e in SINGLE for i, w in enumerate(e.wrong)]
SEEDS = (0, 1, 2024)


def ids(items):
    return [item.id for item in items]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_reference_and_accepted_answers_pass(exercise, seed):
    for answer in (exercise.reference, *exercise.accepted):
        verdict = exercise(answer, seed)
        assert verdict.status == "passed", verdict
        assert verdict.points == exercise.points > 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "wrong"), BANK)
def test_wrong_answer_gets_its_own_message(exercise, wrong, seed):
    verdict = exercise(wrong.function, seed)
    assert (verdict.status, verdict.points) == ("failed", 0)
    assert verdict.message == wrong.message
    assert verdict.failed_check == wrong.caught_by


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_bank_is_rich_and_its_messages_differ(exercise):
    messages = [w.message for w in exercise.wrong] + [c.message for c in exercise.checks]
    assert len(exercise.wrong) >= 3
    assert len(set(messages)) == len(messages)
    assert exercise.hints and exercise.accepted


@pytest.mark.parametrize("lecture", exercises.LECTURES)
def test_one_exercise_of_a_lecture_is_its_main_one_and_has_a_richer_bank(lecture):
    whole = list(exercises_of(lecture).values())
    (main,) = [e for e in whole if e.points == max(other.points for other in whole)]
    parts = main.rungs if isinstance(main, Ladder) else (main,)
    assert sum(len(part.wrong) for part in parts) >= 5
    assert sum(len(part.accepted) for part in parts) >= 3


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_every_check_is_needed(exercise):
    """Without any one check some wrong answer of the bank gets through."""
    for left_out in exercise.checks:
        weaker = dataclasses.replace(exercise, checks=tuple(c for c in exercise.checks if c is not left_out))
        through = [w for w in exercise.wrong if weaker(w.function).status == "passed"]
        assert through, f"no wrong answer of {exercise.id} needs the check {left_out.name!r}"


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_wrong_answers_name_checks_that_exist(exercise):
    assert {w.caught_by for w in exercise.wrong} <= {"runs", "shape", *(c.name for c in exercise.checks)}


def raises(*arguments):
    raise NotImplementedError


def gives_one(*arguments):
    return 1.0


def gives_none(*arguments):
    return None


def gives_input(*arguments):
    return arguments[0]


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_empty_answer_scores_nothing(exercise):
    for empty in (raises, ..., None, lambda *arguments: ...):
        verdict = exercise(empty)
        assert (verdict.status, verdict.points) == ("not attempted", 0)


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
@pytest.mark.parametrize("trivial", [gives_one, gives_none, gives_input, 3.0, "text"])
def test_trivial_answer_fails(exercise, trivial):
    verdict = exercise(trivial)
    assert (verdict.status, verdict.points) == ("failed", 0)
    assert verdict.message


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_error_in_an_answer_is_reported_not_raised(exercise):
    def broken(*arguments):
        return undefined_name  # noqa: F821

    verdict = exercise(broken)
    assert verdict.status == "failed"
    assert "NameError" in verdict.message and "undefined_name" in verdict.message


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_outcomes_are_plain_data(exercise):
    """What leaves the student's process is arrays, numbers, strings: nothing with behaviour of its own."""
    for outcome in exercise.outcome(exercise.reference):
        for value in outcome.values():
            assert type(value) in (np.ndarray, bool, str)
            assert not isinstance(value, np.ndarray) or value.dtype == np.float64


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_a_grader_hands_over_the_same_inputs(exercise):
    """In grading, inputs travel as text: an array of whole numbers must still be one that can index."""
    cases = exercise.cases(np.random.default_rng(0))
    try:
        text = pack(cases)
    except TypeError:
        pytest.skip("its inputs are more than numbers, and are made in the student's process")
    for case, again in zip(cases, unpack(text), strict=True):
        for name, value in case.items():
            if isinstance(value, np.ndarray):
                assert np.array_equal(again[name], value), name
                assert again[name].dtype.kind == value.dtype.kind, name
            else:
                assert again[name] == value, name


def test_what_a_grader_reads_back_must_be_whole():
    text = pack([{"mask": np.array([True, False]), "count": np.arange(3, dtype=np.uint8)}])
    (found,) = unpack(text)
    assert found["mask"].tolist() == [True, False] and found["count"].tolist() == [0, 1, 2]
    for damaged in (text.replace('"b"', '"x"'), text.replace('"i"', '"b"'), text.replace("[3]", "[4]")):
        with pytest.raises(ValueError, match="packed outcomes"):
            unpack(damaged)


@pytest.mark.parametrize("exercise", SINGLE, ids=ids(SINGLE))
def test_another_seed_gives_other_inputs(exercise):
    def flat(case):
        return [np.ravel(v).tolist() for v in case.values()]

    a, b, again = ([flat(c) for c in exercise.cases(np.random.default_rng(s))] for s in (0, 1, 0))
    assert a == again
    assert a != b


@pytest.mark.parametrize("whole", WHOLE, ids=ids(WHOLE))
def test_stub_is_valid_and_not_attempted(whole):
    source = stub(whole.id)
    names = {"climb": climb, "np": np}
    if isinstance(whole, Ladder):
        result = eval(compile(source, "stub", "eval"), names)
    else:
        exec(compile(source, "stub", "exec"), names)
        result = check(whole.id, names[whole.reference.__name__])
        assert inspect.getdoc(names[whole.reference.__name__]) == inspect.getdoc(whole.reference)
    assert (result.status, result.points) == ("not attempted", 0)


def test_ladder_counts_its_rungs():
    verdict = climb("02.pointwise", root=lambda a, b: a / (a + b), slope=lambda a, b, y: a / y + b / (1 - y))
    assert [r.status for r in verdict.rungs] == ["failed", "passed", "not attempted", "not attempted"]
    assert (verdict.status, verdict.points, verdict.out_of) == ("failed", 0.5, 2.0)
    with pytest.raises(ValueError, match="lines: expected names among slope, root"):
        climb("02.pointwise", rooot=lambda a, b: 1)


def test_unknown_ids_are_named():
    with pytest.raises(ValueError, match="exercise_id: expected one of 02.pointwise.*got '02.nothing'"):
        find("02.nothing")
    with pytest.raises(ValueError, match="lecture: expected one of 00, "):
        find("99.nothing")
    with pytest.raises(ValueError, match="lecture"):
        find(7)


def test_verdict_shows_itself_and_hides_no_hint():
    verdict = check("02.optimal_discriminator", lambda p, q: q / (p + q))
    assert "probability of *fake*" in repr(verdict) and 'hint("02.optimal_discriminator")' in repr(verdict)
    html = verdict._repr_html_()
    assert "<em>fake</em>" in html
    assert "hint 1 of 3" in html and "hint 3 of 3" in html and "role='status'" in html
    assert "<script" not in check("00.probability", lambda v: 1 / 0)._repr_html_()


def test_markup_in_an_error_is_escaped():
    def nasty(logit):
        raise RuntimeError("<script>alert(1)</script>")

    assert "<script>" not in check("00.probability", nasty)._repr_html_()


def test_a_wrong_answer_written_otherwise_is_still_recognised():
    verdict = check("02.optimal_discriminator", lambda p, q: np.array(1 - p / (p + q)))
    assert "probability of *fake*" in verdict.message


def test_an_exercise_without_a_matching_wrong_answer_falls_back_to_its_check():
    exercise = Exercise(
        id="99.x", title="x", reference=lambda x: x, cases=lambda rng: [{"x": rng.normal(size=3)}],
        checks=(Check("values", lambda c, g, w: np.allclose(g["value"], w["value"]), "general message"),),
        hints=("hint",), wrong=(Wrong(lambda x: -x, "sign", "values"),),
    )  # fmt: skip
    assert exercise(lambda x: 2 * x).message == "general message"
    assert exercise(lambda x: -x).message == "sign"
