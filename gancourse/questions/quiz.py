"""The quiz at the end of a part of the course: it marks itself, item by item."""

import importlib
from dataclasses import dataclass

import ipywidgets as widgets

from gancourse._validate import choice
from gancourse.questions import Prediction, Question, shared_look

__all__ = ["PARTS", "Item", "Quiz", "items_of", "quiz"]

PARTS = ("closed_form", "toys")


@dataclass(frozen=True)
class Item(Question):
    """A question of a quiz.

    Arguments:
        id, prompt, choices, answer: as in ``Question``; the id is "part.name".
        claims: ids of the syllabus that it asks for.
        lecture: where to read again, as two digits.
        since: the first lecture whose quiz asks it, where that is not ``lecture``.
    """

    claims: tuple = ()
    lecture: str = ""
    since: str = ""


class Quiz(widgets.VBox):
    """All items of a part, a running score, and a button to start again.

    The first click on an item commits. Everything is a button, so Tab and Enter or the space bar do for the
    mouse. Where no kernel runs it reads as text, each choice unfolding to its explanation.

    Arguments:
        items: the questions, in their order.
    """

    def __init__(self, items):
        self.items = tuple(items)
        self.score = widgets.HTML()
        small = widgets.Layout(width="auto", align_self="flex-start")
        self.again = widgets.Button(description="Start again", layout=small)
        self.again.on_click(lambda _: self.start())
        self.body = widgets.VBox()
        super().__init__([self.body, self.score, self.again])
        self.add_class("gancourse-quiz")
        self.start()

    def start(self):
        """Ask everything anew."""
        look = shared_look()  # a quiz has a hundred buttons
        self.asked = [
            Prediction(item, lead=f"{n}.", replies=("Right. ", "Not so. ", ""), look=look)
            for n, item in enumerate(self.items, start=1)
        ]
        for asked in self.asked:
            for button in asked.buttons:
                button.on_click(lambda _, asked=asked: self._count(asked))  # after the item's own callback
        self._counted = []
        self.body.children = self.asked
        self._count()

    @property
    def right(self):
        """How many items were answered rightly so far."""
        return sum(asked.chosen == asked.question.answer for asked in self.asked)

    @property
    def wrong(self):
        """The items that were answered wrongly so far."""
        return [a.question for a in self.asked if a.chosen is not None and a.chosen != a.question.answer]

    def _count(self, item=None):
        """Bring the score up to date; also beside the item just answered, since the quiz is long."""
        answered = sum(asked.chosen is not None for asked in self.asked)
        if item is not None and item not in self._counted:
            self._counted.append(item)
            item.reply.value += f"<i>So far {self.right} of {answered} right.</i>"
        words = f"<b>Score: {self.right} of {answered} right</b>, {len(self.items) - answered} to go."
        if answered == len(self.items):
            lectures = sorted({item.lecture for item in self.wrong})
            words = f"<b>Score: {self.right} of {answered} right.</b> " + (
                f"Worth reading again: lecture {', '.join(lectures)}." if lectures else "All of them."
            )
        self.score.value = f"<div aria-live='polite'>{words}</div>"

    def as_html(self):
        """The quiz as text that works without a kernel."""
        return "".join(item.as_html(lead=f"{n}.") for n, item in enumerate(self.items, start=1))

    def as_text(self):
        """The quiz in plain text, answers left out."""
        return "\n\n".join(f"{n}. {item.as_text()}" for n, item in enumerate(self.items, start=1))

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"], data["text/html"] = self.as_text(), self.as_html()
        return data, metadata


def items_of(part):
    """All items of a part, by id.

    Raises:
        ValueError: the part has no quiz.
    """
    module = importlib.import_module(f"gancourse.questions.quiz_{choice('part', part, PARTS)}")
    return {item.id: item for item in module.ITEMS}


def quiz(part, upto=None):
    """The quiz of a part of the course.

    Arguments:
        part: "closed_form", the game in closed form, lectures 01 to 09; "toys", GANs on toys, 10 to 14.
        upto: a lecture, as two digits: only the items on the part so far. None asks for all.

    Returns:
        Quiz: the widget; ``.asked[i].buttons[j].click()`` answers from code.

    Raises:
        ValueError: the part has no quiz, or none of its items is about a lecture up to this one.
    """
    items = items_of(part).values()
    if upto is not None:
        known = sorted({item.since or item.lecture for item in items})
        choice("upto", upto, known)
        items = [item for item in items if (item.since or item.lecture) <= upto]
    return Quiz(items)
