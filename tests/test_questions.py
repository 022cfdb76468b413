"""Predictions: one right answer, an explanation for each choice, and a text where no kernel runs."""

import pytest

from gancourse.questions import LECTURES, Question, predict, questions_of

ITEMS = [question for lecture in LECTURES for question in questions_of(lecture).values()]


@pytest.mark.parametrize("item", ITEMS, ids=[item.id for item in ITEMS])
def test_items_are_complete(item):
    assert len(item.choices) == 3 and 0 <= item.answer < 3
    assert len({choice for choice, _ in item.choices}) == 3
    assert all(choice and why for choice, why in item.choices)


def test_the_right_answer_is_not_always_in_the_same_place():
    assert len({item.answer for item in ITEMS}) > 1


def test_the_first_click_counts_and_explains():
    prediction = predict("02.equal")
    prediction.buttons[0].click()
    assert prediction.chosen == 0
    assert "Not so." in prediction.reply.value and "log 0" in prediction.reply.value
    assert [b.description[0] for b in prediction.buttons] == ["✘", "✔", "0"]
    prediction.buttons[1].click()
    assert prediction.chosen == 0 and "Not so." in prediction.reply.value
    other = predict("02.equal")
    other.choose(1)
    assert "As you predicted." in other.reply.value


def test_reads_as_text_without_a_kernel():
    data, _ = predict("02.equal")._repr_mimebundle_()
    assert data["text/html"].count("<details") == 3
    assert "½, everywhere" in data["text/plain"] and "Yes." not in data["text/plain"]


def test_markup_is_escaped():
    item = Question("99.x", "a < b?", (("<b>", "x"), ("2", "y"), ("3", "z")), 0)
    assert "<b></summary>" not in item.as_html() and "&lt;b&gt;" in item.as_html()


def test_unknown_ids_are_named():
    with pytest.raises(ValueError, match="question_id: expected one of 02.equal"):
        predict("02.nothing")
    with pytest.raises(ValueError, match="lecture: expected one of 00"):
        predict("77.x")
