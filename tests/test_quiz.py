"""The self-marking quiz: complete items, a score that counts, and a text where no kernel runs."""

import pytest

from gancourse.questions import LECTURES, questions_of
from gancourse.questions.quiz import PARTS, Item, Quiz, items_of, quiz

ITEMS = [item for part in PARTS for item in items_of(part).values()]
CLOSED_FORM = {f"{letter}{n}" for letter in "ABC" for n in range(1, 7)} | {f"D{n}" for n in range(1, 11)}
L0 = ["techniques", "their_limits", "apart", "short_comings"]  # L0's own quiz


@pytest.mark.parametrize("item", ITEMS, ids=[item.id for item in ITEMS])
def test_items_are_complete(item):
    assert len(item.choices) == 3 and 0 <= item.answer < 3
    assert len({choice for choice, _ in item.choices}) == 3
    assert len({why for _, why in item.choices}) == 3
    assert all(choice and len(why) > 20 for choice, why in item.choices)
    assert item.claims and item.lecture in {f"{n:02}" for n in range(1, 15)}


def test_the_closed_form_quiz_covers_its_claims_once():
    items = [item for item in items_of("closed_form").values() if item.id.split(".")[1] not in L0]
    asked = [claim for item in items for claim in item.claims]
    assert 15 <= len(items) <= 22
    assert set(asked) == CLOSED_FORM and len(asked) == len(CLOSED_FORM)


def test_the_closed_form_quiz_ends_with_the_four_questions_of_the_notes():
    last = list(items_of("closed_form").values())[-4:]
    assert [item.id.split(".")[1] for item in last] == L0
    assert {claim for item in last for claim in item.claims} == {"F9", "A6", "G1"}


def test_the_part_so_far_is_asked_first_and_nothing_of_what_comes_later():
    whole, so_far = quiz("closed_form").items, quiz("closed_form", upto="05").items
    assert len(so_far) == 15 and so_far == whole[:15]
    assert {item.lecture for item in so_far} == {"01", "02", "03", "04", "05"}
    assert quiz("closed_form", upto="09").items == whole
    with pytest.raises(ValueError, match="upto: expected one of '01'"):
        quiz("closed_form", upto="25")


@pytest.mark.parametrize("part", PARTS)
def test_right_answers_change_places_and_are_not_told_by_length(part):
    items = list(items_of(part).values())
    for place in range(3):
        assert 0.2 <= sum(item.answer == place for item in items) / len(items) <= 0.5
    longest = sum(
        max(range(3), key=lambda i, item=item: len(item.choices[i][0])) == item.answer for item in items
    )
    assert longest <= len(items) / 2


def test_no_id_is_taken_twice():
    ids = [item.id for item in ITEMS] + [name for lecture in LECTURES for name in questions_of(lecture)]
    assert len(ids) == len(set(ids))


def test_every_click_counts_once():
    sheet = quiz("closed_form")
    n = len(sheet.items)
    assert f"0 of 0 right</b>, {n} to go" in sheet.score.value
    first, second = sheet.asked[:2]
    first.buttons[first.question.answer].click()
    assert "1 of 1 right" in sheet.score.value and "<b>Right. </b>" in first.reply.value
    miss = (second.question.answer + 1) % 3
    second.buttons[miss].click()
    assert f"1 of 2 right</b>, {n - 2} to go" in sheet.score.value
    assert "Not so." in second.reply.value and sheet.wrong == [second.question]
    second.buttons[second.question.answer].click()  # too late
    assert "1 of 2 right" in sheet.score.value and second.chosen == miss
    assert first.reply.value.endswith("<i>So far 1 of 1 right.</i>")
    assert second.reply.value.endswith("<i>So far 1 of 2 right.</i>") and second.reply.value.count("<i>") == 1


def test_the_end_says_what_to_read_again():
    sheet = quiz("closed_form")
    for i, asked in enumerate(sheet.asked):
        place = asked.question.answer if i else (asked.question.answer + 1) % 3
        asked.buttons[place].click()
    n = len(sheet.items)
    assert f"{n - 1} of {n} right." in sheet.score.value
    assert f"reading again: lecture {sheet.items[0].lecture}." in sheet.score.value
    sheet.again.click()
    assert "0 of 0 right" in sheet.score.value and all(asked.chosen is None for asked in sheet.asked)
    assert not any(button.disabled for asked in sheet.body.children for button in asked.buttons)
    for asked in sheet.asked:
        asked.buttons[asked.question.answer].click()
    assert "All of them." in sheet.score.value


def test_explanations_show_for_each_choice():
    for item in ITEMS:
        for place in range(3):
            [asked] = Quiz([item]).asked
            asked.buttons[place].click()
            right, why = item.verdict(place)
            assert right == ("Right." in asked.reply.value)
            assert asked.reply.value.count("<b>") == 1 and len(asked.reply.value) > len(why)
            assert "see for yourself" not in asked.reply.value


def test_reads_as_text_without_a_kernel():
    sheet = quiz("closed_form")
    data, _ = sheet._repr_mimebundle_()
    assert data["text/html"].count("<details") == 3 * len(sheet.items) and "Predict." not in data["text/html"]
    assert data["text/plain"].startswith("1. ") and "Yes." not in data["text/plain"]
    assert f"\n{len(sheet.items)}. " in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_markup_is_escaped():
    sheet = Quiz([Item("99.x", "a < b?", (("<b>", "x<y"), ("2", "y"), ("3", "z")), 0, ("A1",), "01")])
    assert "<summary><b>" not in sheet.as_html() and "a &lt; b?" in sheet.as_html()
    sheet.asked[0].buttons[0].click()
    assert "x&lt;y" in sheet.asked[0].reply.value


def test_unknown_parts_are_named():
    with pytest.raises(ValueError, match="part: expected one of 'closed_form'"):
        quiz("nothing")
