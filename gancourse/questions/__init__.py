"""Predictions: a question with three choices that the reader answers before a slider moves.

The same items serve a class as votes. Each shows as one-click buttons where a kernel runs, and as text with
its answers folded away where none does.
"""

import importlib
from dataclasses import dataclass
from html import escape

import ipywidgets as widgets
from ipywidgets.widgets.widget_string import HTMLStyle

from gancourse._validate import fail

__all__ = ["LECTURES", "Question", "predict", "questions_of", "shared_look"]

LECTURES = (
    "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16",
    "17",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One item.

    Arguments:
        id: "LL.name".
        prompt: the question, in a sentence or two.
        choices: pairs (choice, explanation); the explanation says why it is right or wrong.
        answer: index of the right choice.
    """

    id: str
    prompt: str
    choices: tuple
    answer: int

    def verdict(self, index):
        """What to tell someone who chose ``index``: (right or not, explanation)."""
        return index == self.answer, self.choices[index][1]

    def as_html(self, lead="Predict."):
        """The item as text that works without a kernel: each choice unfolds to its explanation."""
        rows = "".join(
            f"<details style='margin:.2em 0'><summary>{escape(choice)}</summary>"
            f"<p style='margin:.2em 1em'>{'Yes.' if i == self.answer else 'No.'} {escape(why)}</p></details>"
            for i, (choice, why) in enumerate(self.choices)
        )
        return f"<div><p><b>{lead}</b> {escape(self.prompt)}</p>{rows}</div>"

    def as_text(self):
        """The item in plain text, answers left out."""
        return "\n".join(
            [self.prompt, *(f"  ({'abc'[i]}) {choice}" for i, (choice, _) in enumerate(self.choices))]
        )


def shared_look():
    """Layouts and styles for a question's parts: each widget's own would be written into the notebook."""
    narrow, auto = {"max_width": "46em"}, {"width": "auto", "height": "auto"}
    return {
        "text": widgets.Layout(**narrow), "broad": widgets.Layout(**narrow, **auto), "box": widgets.Layout(),
        "words": HTMLStyle(), "button": widgets.ButtonStyle(),
    }  # fmt: skip


class Prediction(widgets.VBox):
    """A question on the screen: a button a choice; the first click commits, and shows why.

    Arguments:
        question: the item.
        lead: a word or two before it.
        replies: what stands before the explanation of a right choice, of a wrong one, and after either.
        look: of ``shared_look``, where several questions share one.
    """

    def __init__(
        self,
        question,
        lead="Predict.",
        replies=("As you predicted. ", "Not so. ", " Now see for yourself below."),
        look=None,
    ):
        self.lead, self.replies = lead, replies
        self.question = question
        self.chosen = None
        look = look or shared_look()
        text = {"layout": look["text"], "style": look["words"]}
        self.reply = widgets.HTML(**text)
        self.buttons = []
        for i, (choice, _) in enumerate(question.choices):
            button = widgets.Button(
                description=choice, tooltip=choice, layout=look["broad"], style=look["button"]
            )
            button.on_click(lambda _, i=i: self.choose(i))
            self.buttons.append(button)
        prompt = widgets.HTML(f"<b>{lead}</b> {escape(question.prompt)}", **text)
        super().__init__([prompt, *self.buttons, self.reply], layout=look["box"])
        self.add_class("gancourse-prediction")

    def choose(self, index):
        """Commit to a choice: only the first counts."""
        if self.chosen is not None:
            return
        self.chosen = index
        right, why = self.question.verdict(index)
        for i, button in enumerate(self.buttons):
            button.disabled = True
            # a sign as well as a colour: not everyone tells green from red
            sign = "✔ " if i == self.question.answer else "✘ " if i == index else ""
            button.description = sign + button.description
            button.button_style = "success" if i == self.question.answer else "danger" if i == index else ""
        yes, no, after = self.replies
        self.reply.value = f"<div aria-live='polite'><b>{yes if right else no}</b>{escape(why)}{after}</div>"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"], data["text/html"] = self.question.as_text(), self.question.as_html(self.lead)
        return data, metadata


def questions_of(lecture):
    """All items of a lecture, by id.

    Raises:
        ValueError: the lecture has none.
    """
    if lecture not in LECTURES:
        fail("lecture", lecture, "one of " + ", ".join(LECTURES))
    module = importlib.import_module(f"gancourse.questions.lecture_{lecture}")
    return {question.id: question for question in module.QUESTIONS}


def predict(question_id):
    """Ask the reader to commit to a prediction.

    Arguments:
        question_id: "LL.name".

    Returns:
        Prediction: the widget; ``.choose(index)`` clicks from code.

    Raises:
        ValueError: no question has this id.
    """
    known = questions_of(question_id.split(".")[0] if isinstance(question_id, str) else question_id)
    if question_id not in known:
        fail("question_id", question_id, "one of " + ", ".join(known))
    return Prediction(known[question_id])
