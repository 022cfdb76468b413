"""The debugging clinic of lecture 14: eight patients, whose bugs are named from curves and samples."""

from gancourse.exercises import _clinic
from gancourse.exercises._exercise import Check, Exercise, Ladder, Wrong
from gancourse.exercises.lecture_14_mending import DETACH, LOSSES, PENALTY
from gancourse.exercises.lecture_14_mending_around import OPTIMISERS, SAMPLES

__all__ = ["EXERCISES"]

# what each bug would show
SIGNS = {
    "no detach": "D would keep a small lead for good, its loss at rest below 1.386, and the samples would hang about the modes without closing in",
    "swapped labels": "both losses would fall together, and all samples would end on one point",
    "batch norm in training mode": "the losses would be the healthy run's, digit for digit, and only what is drawn would be blurred",
    "data in [0, 1]": "the losses would look healthy, and the samples would make a ring of half the size in one quarter of the plane",
    "penalty over the batch": "D would be pressed flat: its loss at 1.386 to three digits, the slope a fiftieth of the healthy run's",
    "wrong parameters in the optimiser": "the samples would stay where they were at first, while D keeps a lead",
    "log of a sigmoid": "nothing would happen while the logits are small, and then every number would end at once",
    "no zero_grad": "the players would overshoot: losses that swing far and for ever, samples that are thrown about",
}
# what is seen of each patient, and does not name the bug
SEEN = {
    "A": "D's loss stands at 1.386 and its logits at 0.00, the slope is 0.003 against the healthy run's 0.15, and yet the samples find all 8 modes, if less sharply (69 % near one, against 79 %)",
    "B": "both losses fall within 100 steps, D's to 0.2 and G's to 0.1; D is right on 0 %, and all samples lie in one corner",
    "C": "the losses are 1.381 and 0.694, as healthy as they can be, and the samples make a ring of half the size (spread 0.35 in place of 0.70) about (½, ½)",
    "D": "D's loss swings between 1.1 and 2.3 and G's between 0.15 and 1.1; in the last third the samples still wander in and out of 4 to 6 modes, and the logits of both stay above 0",
    "E": "both losses agree with the healthy run's at every step, all 8 modes are there, and 38 % of the samples are near one, against 79 %",
    "F": "the curves are those of the healthy run beside it for 500 steps, with logits up to 8 on average, and stop at step 525: nothing is a number any more",
    "G": "D's loss rests at 1.30, the logits 0.2 apart, D is right on 68 %; the samples are on the way to 7 or 8 modes, and 37 % of them arrive",
    "H": "the samples stand still from the 100th step on, 2 modes and 4 % near one; D's loss rests at 1.07, and a slope of 0.56 is there",
}


def _others(patient, bug):
    """Each wrong guess at a patient: what that bug would show, and what is seen."""
    return tuple(
        Wrong(
            lambda bugs, guess=guess: guess, f"If it were {guess}, {sign}. Here {SEEN[patient]}.", "the bug"
        )
        for guess, sign in SIGNS.items()
        if guess != bug
    )


def _cases(rng):
    return [{"bugs": "; ".join(rng.permutation(list(SIGNS)))} for _ in range(2)]


def _named(case, got, want):
    return got["name"] == want["name"]


NAMING = Ladder(
    id="14.clinic",
    title="Eight patients",
    rungs=(
        Exercise(
            id="14.clinic.A",
            title="A",
            statement="patient A: its bug's name, as text, one of bugs",
            reference=lambda bugs: "penalty over the batch",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=("Look at the slope, and hold it against the healthy run's: by what factor do they differ?", 'D says ½ of everything, to three digits. What could press it so flat?'),
            wrong=_others("A", "penalty over the batch"),
            accepted=(lambda bugs: bugs[bugs.index("penalty over the batch")], lambda bugs: "PENALTY OVER THE BATCH "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.B",
            title="B",
            statement="patient B: its bug's name, as text, one of bugs",
            reference=lambda bugs: "swapped labels",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=("In a game one player's gain is the other's loss. Look at both losses.", "D's logit at the data is negative, at the samples positive."),
            wrong=_others("B", "swapped labels"),
            accepted=(lambda bugs: bugs[bugs.index("swapped labels")], lambda bugs: "SWAPPED LABELS "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.C",
            title="C",
            statement="patient C: its bug's name, as text, one of bugs",
            reference=lambda bugs: "data in [0, 1]",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=('The losses are those of a healthy run. So D cannot tell samples from what it is shown.', 'Where do the samples lie, and how large is the figure that they make?'),
            wrong=_others("C", "data in [0, 1]"),
            accepted=(lambda bugs: bugs[bugs.index("data in [0, 1]")], lambda bugs: "DATA IN [0, 1] "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.D",
            title="D",
            statement="patient D: its bug's name, as text, one of bugs",
            reference=lambda bugs: "no zero_grad",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=("Compare how far the losses swing with the healthy run's, in the last third too.", 'The players overshoot, as if each step also took all earlier ones along.'),
            wrong=_others("D", "no zero_grad"),
            accepted=(lambda bugs: bugs[bugs.index("no zero_grad")], lambda bugs: "NO ZERO_GRAD "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.E",
            title="E",
            statement="patient E: its bug's name, as text, one of bugs",
            reference=lambda bugs: "batch norm in training mode",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=("Hold the losses against the healthy run's, digit for digit.", 'Training is healthy. What else happens, every 25 steps?'),
            wrong=_others("E", "batch norm in training mode"),
            accepted=(lambda bugs: bugs[bugs.index("batch norm in training mode")], lambda bugs: "BATCH NORM IN TRAINING MODE "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.F",
            title="F",
            statement="patient F: its bug's name, as text, one of bugs",
            reference=lambda bugs: "log of a sigmoid",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=('When do the curves end, and what were the logits just before?', 'A number that rounds to 1, and the logarithm of what is left.'),
            wrong=_others("F", "log of a sigmoid"),
            accepted=(lambda bugs: bugs[bugs.index("log of a sigmoid")], lambda bugs: "LOG OF A SIGMOID "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.G",
            title="G",
            statement="patient G: its bug's name, as text, one of bugs",
            reference=lambda bugs: "no detach",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=('D keeps a lead that is small, and never shrinks.', 'Besides its own loss, something else pulls G. It pulls the other way.'),
            wrong=_others("G", "no detach"),
            accepted=(lambda bugs: bugs[bugs.index("no detach")], lambda bugs: "NO DETACH "),
            points=0.25,
        ),
        Exercise(
            id="14.clinic.H",
            title="H",
            statement="patient H: its bug's name, as text, one of bugs",
            reference=lambda bugs: "wrong parameters in the optimiser",
            cases=_cases,
            run=_clinic.run_name,
            checks=(Check("the bug", _named, "This is not one of the eight names, as they are written in the table above."),),
            hints=('Move the slider from the third moment on, and watch the samples.', "The slope is there, and so is the gradient in G's weights. Who uses it?"),
            wrong=_others("H", "wrong parameters in the optimiser"),
            accepted=(lambda bugs: bugs[bugs.index("wrong parameters in the optimiser")], lambda bugs: "WRONG PARAMETERS IN THE OPTIMISER "),
            points=0.25,
        ),
    ),
)  # fmt: skip


EXERCISES = (NAMING, DETACH, LOSSES, PENALTY, OPTIMISERS, SAMPLES)
