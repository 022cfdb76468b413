"""One call that trains a recipe on images, judges it as it goes, and writes a report."""

import csv
import importlib
import time
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import torch

from gancourse._arguments import objective_of
from gancourse._formats import appears_whole
from gancourse._validate import choice, integer, positive
from gancourse.accelerate import chosen, resident
from gancourse.compute import choose_device, choose_threads
from gancourse.diagnosis import Diagnosis, diagnose, record_of
from gancourse.history import CheckpointNotWritten, History, TrainingDiverged
from gancourse.models import count_parameters
from gancourse.pretrained import save_weights
from gancourse.profile import budget
from gancourse.recipes import RECIPES
from gancourse.runs import plan as plans
from gancourse.runs.clock import Clock, seconds_a_step
from gancourse.runs.judge import DATA, STACKS, Judge, generated, images_of
from gancourse.runs.report import write_report
from gancourse.runs.watch import Watch
from gancourse.training import train

__all__ = ["Run", "run_recipe"]

FEW, MOST, MINUTES = 1_000, 10_000, 10.0
REHEARSAL = 0.03  # share of the budget, and at most 5 s
# objectives whose D is not undecided at 0
_FREE = ("wasserstein", "relativistic", "least_squares")


@dataclass(repr=False)
class Run:
    """What ``run_recipe`` leaves; shows itself.

    Attributes:
        folder: where all of it lies: report.html, metrics.csv, losses.csv, samples/, generator.safetensors,
            run.json, and checkpoint/.
        scores, floor: metric to float, of the generator to draw from at the end, and of as many real images.
        diagnosis: a gancourse.diagnosis.Diagnosis.
        history: of ``train``.
        generator: the averaged generator, in eval mode.
        facts: what the numbers depend on, by name.
        error: what it broke off with, a TrainingDiverged or a CheckpointNotWritten; or None.
    """

    folder: Path
    scores: dict
    floor: dict
    diagnosis: Diagnosis
    history: History
    generator: torch.nn.Module
    facts: dict = field(default_factory=dict)
    error: Exception | None = None

    def __repr__(self):
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.scores.items())
        lines = [self.facts["command"], numbers, self.diagnosis.text, str(self.folder / "report.html")]
        return "\n".join(line for line in lines if line)

    def _repr_html_(self):
        return f"<pre style='white-space:pre-wrap'>{escape(repr(self))}</pre>"


def run_recipe(
    recipe,
    data="digits",
    *,
    steps=None,
    minutes=None,
    batch=None,
    width=None,
    seed=None,
    device=None,
    accelerate=(),
    out=None,
    resume=False,
    watch_every=None,
    progress=True,
):
    """Train a recipe on images, with everything around it, and return a ``Run``.

    As it goes, the folder gets samples of the same noise, lines of scores, and the state of the run; at the
    end a report, one file that needs no other. Killed at any moment, it goes on with ``resume=True`` from
    the last state.

    Scores are those of the averaged generator: on the way of 1,000 images, at the end of up to 10,000, with
    as many test images, and beside them those of as many training images. All depend on how many images
    there are: the table at the end and the curve are not to be compared.

    Arguments:
        recipe: a name of ``gancourse.recipes.RECIPES``.
        data: "digits", the 5,000 that ship with the course, "mnist", "fashion-mnist", "cifar-10" or
            "stacked-mnist"; trained on "train", judged on "test".
        steps: generator steps, from the very first, also when resuming.
        minutes: for training, in place of steps or besides: a rehearsal says how many steps fit in, so that
            rates fall to 0 by the end, and the clock ends the run at the latest. Neither of them: 10 minutes.
        batch, width: as in the recipe, which has its own.
        seed: of first weights, batches and noise; 0 by default.
        device, accelerate: as in ``train``. On a CUDA device the images stay there.
        out: the folder; work/train/RECIPE-DATA-SEED by default.
        resume: go on with the run in that folder. What is not given is as it was; what is given must agree.
        watch_every: steps between scores; by default a tenth of the steps, or with minutes at most 20 times
            and for at most 15 % of the time.
        progress: show what happens.

    Returns:
        Run.

    Raises:
        ValueError: an argument is out of range, or the folder holds another run.
        DataError: the images cannot be had.
    """
    asked = {"recipe": choice("recipe", recipe, RECIPES), "data": choice("data", data, DATA), "steps": steps,
             "batch": batch, "width": width, "watch_every": watch_every, "minutes": minutes, "seed": seed,
             "device": device, "accelerate": list(accelerate)}  # fmt: skip
    _check(asked)
    folder = Path(out) if out else Path("work", "train", f"{recipe}-{data}-{seed or 0}")
    plan = plans.settle(folder, asked, resume)
    module = importlib.import_module(f"gancourse.recipes.{recipe}")
    images, test = images_of(data), images_of(data, "test")
    start = time.perf_counter()
    judge = Judge(data, images, test, most=FEW)
    if not resume:
        plan["width"] = budget(**module.WIDTH) if width is None else width
        _fit(plan, getattr(module, recipe), images, time.perf_counter() - start, progress)
    own = {name: plan[name] for name in ("steps", "batch", "width", "seed") if plan[name] is not None}
    arguments = getattr(module, recipe)(images, **own)
    plan["batch"] = arguments["batch"]
    folder.mkdir(parents=True, exist_ok=True)
    plans.write(folder, plan)

    objective = objective_of(arguments["objective"])
    device = choose_device(plan["device"], size=_size(arguments))
    if device.type == "cuda" and "step" not in arguments:
        arguments["sample"] = resident(images, device).sample
    clock = None
    if plan["minutes"] is not None:
        clock = Clock(arguments["sample"], 60 * plan["minutes"] - (time.perf_counter() - start))
        arguments["sample"] = clock
    watch = Watch(folder, judge, objective, conditional="step" in arguments, show=progress)
    arguments |= {"watch": watch, "watch_every": plan["watch_every"], "device": device}
    arguments["accelerate"] = plan["accelerate"]
    arguments |= {"checkpoint": folder / plans.CHECKPOINT, "checkpoint_every": plan["watch_every"]}
    error = None
    try:
        history = train(**arguments, resume=resume, progress=progress)
    except (TrainingDiverged, CheckpointNotWritten) as problem:
        error, history = problem, problem.history
    if clock is not None and clock.rang and history.stopped:
        history.stopped = "the minutes were over"
    return _close(folder, plan, arguments, history, error, judge, watch, images, test, progress)


def _close(folder, plan, arguments, history, error, judge, watch, images, test, progress):
    """Judge what came of it, and write all of that down."""
    generator, objective = history.averaged_generator, watch.objective
    final, scores, floor, shown, modes = judge, {}, judge.floor, None, {}
    if all(value.isfinite().all() for value in generator.state_dict().values()):
        if progress:
            print("Judging, and writing the report …", flush=True)
        if min(len(images), len(test), MOST) > judge.n:
            final = Judge(plan["data"], images, test, most=MOST)
        floor = final.floor
        shown = generated(generator, STACKS if plan["data"] == "stacked-mnist" else final.n)
        looked = final.look(shown)
        scores = final.scores(shown, looked)
        save_weights(generator, folder / "generator.safetensors", scores=scores, floor=floor)
        if looked[1] is not None:
            modes = {"modes": final.modes(looked[1])[0]}
    given = modes or {"data": judge.flat_test(500)}
    diagnosis = diagnose(record_of(error or history), logits=objective.name not in _FREE, **given)
    players = {name: arguments[name] for name in ("generator", "discriminator")}
    seconds = float(history.seconds[-1]) if len(history.seconds) else 0.0
    threads = choose_threads(_size(arguments))
    facts = {
        "command": plans.command_of(plan, folder),
        "ended": str(error) if error else history.stopped or "all steps done",
        "steps": f"{history.completed:,} of {plan['steps']:,}, batches of {plan['batch']}",
        "training": f"{seconds:,.1f} s with scores; {history.completed / max(seconds, 1e-9):.3g} steps/s",
        **({"peak memory": f"{history.peak_memory / 2**30:.2f} GiB"} if history.peak_memory else {}),
        "parameters": ", ".join(f"{name} {count_parameters(p):,}" for name, p in players.items()),
        "device": f"{arguments['device']}, {threads} threads",
        **plans.versions(),
        "floor on the way": judge.floor,
        "judged on the way": judge.n,
    }
    _write_losses(folder / "losses.csv", history)
    run = Run(folder, scores, floor, diagnosis, history, generator, facts, error)
    write_report(run, plan, final, shown, watch.rows)
    return run


def _fit(plan, recipe, images, judging, progress):
    """Settle steps and watch_every, by a rehearsal where there is a budget of time."""
    if plan["steps"] is None and plan["minutes"] is None:
        plan["minutes"] = MINUTES
    if plan["minutes"] is None or (plan["steps"] and plan["watch_every"]):
        plan["watch_every"] = plan["watch_every"] or plans.watches(plan["steps"])
        return
    seconds = 60 * plan["minutes"]
    own = {name: plan[name] for name in ("batch", "width", "seed") if plan[name] is not None}
    start = time.perf_counter()
    where = {"device": plan["device"], "accelerate": plan["accelerate"]}
    pace = seconds_a_step(recipe, images, min(5.0, REHEARSAL * seconds), **where, **own)
    left = seconds - judging - (time.perf_counter() - start)
    if plan["steps"] is None:
        plan["steps"] = max(1, int((1 - plans.SHARE) * left / pace))
        if progress:
            print(f"{1000 * pace:.3g} ms a step: {plan['steps']:,} steps in {plan['minutes']:g} minutes.")
    plan["watch_every"] = plan["watch_every"] or plans.watches(plan["steps"], pace, judging)


def _size(arguments):
    return sum(p.numel() for player in ("generator", "discriminator") for p in arguments[player].parameters())


def _check(asked):
    for name in ("steps", "batch", "width", "watch_every"):
        if asked[name] is not None:
            integer(name, asked[name])
    if asked["minutes"] is not None:
        positive("minutes", asked["minutes"])
    if asked["seed"] is not None:
        integer("seed", asked["seed"], low=0)
    chosen(asked["accelerate"], choose_device(asked["device"]), torch.float32)


def _write_losses(path, history):
    names = ["step", "seconds", "discriminator_loss", "generator_loss", *history.others]
    columns = [getattr(history, name) for name in names[:4]] + list(history.others.values())
    with appears_whole(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
