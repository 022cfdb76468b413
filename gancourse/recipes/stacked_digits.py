"""Stacked MNIST's 1,000 modes on two CPU cores: players, the runs that were made, and how to make them."""

import json
import platform
import time

import numpy as np

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer, positive

__all__ = ["COMMAND", "LOOKS", "MINUTES", "RUNS", "STORED", "arguments", "measure", "run", "stored"]

STORED = REPOSITORY_DATA / "results" / "stacked_digits.json"
COMMAND = "python tools/measure_stacked_digits.py --threads 1 --accelerate bf16 channels-last"
MINUTES = 6.0
SAMPLES = 26_000  # the published protocol
LOOKS = 8
SHOWN = 48  # samples that are kept at the end
REHEARSAL, SAFETY = 0.03, 0.97  # shares of the budget
# name: samples in a pack of the discriminator; None for another recipe
RUNS = {"lecture 15's DCGAN": 1, "the same, packs of two": 2, "relativistic, R1 + R2": None}


def arguments(name, images, *, steps, seed=0):
    """The arguments of ``train`` for one of RUNS.

    The first two are lecture 15's DCGAN for three channels: batches of 32, Adam at 2e-3 and 5e-4, an average;
    here the rates fall linearly to 0 over the last half of the run. The third is the recipe ``modern``.

    Arguments:
        name: one of RUNS.
        images: gancourse.data.Images of 28 pixels and three channels.
        steps, seed: as in ``train``; the seed settles the first weights too.

    Raises:
        ValueError: an unknown name.
    """
    from gancourse.methods import Packed
    from gancourse.models import DCGANDiscriminator, DCGANGenerator
    from gancourse.recipes._adam import adam
    from gancourse.recipes._players import seeded
    from gancourse.recipes.modern import modern

    packs = RUNS[choice("name", name, RUNS)]
    if packs is None:
        return modern(images, steps=steps, seed=seed)
    with seeded(seed):
        generator, discriminator = DCGANGenerator(28, 3), DCGANDiscriminator(28, 3 * packs)
    return dict(
        generator=generator,
        discriminator=discriminator if packs == 1 else Packed(discriminator, packs),
        sample=images.sample,
        objective="non_saturating",
        steps=steps,
        batch=32,
        generator_optimizer=adam(2e-3, updates=steps, hold=0.5),
        discriminator_optimizer=adam(5e-4, updates=steps, hold=0.5),
        average=0.995,
        seed=seed,
    )


def run(name, judge, *, minutes, seed=0, threads=None, accelerate=(), progress=False):
    """Train one of RUNS for so many minutes, counting modes on the way.

    The minutes are those of the clock, looks apart. A rehearsal says how many steps fit in, so that the
    rates reach 0 at the end.

    Arguments:
        name: one of RUNS.
        judge: a ``gancourse.runs.Judge`` of "stacked-mnist".
        minutes: a positive number.
        seed, threads, accelerate, progress: as in ``train``.

    Returns:
        (row, samples): what JSON holds, with "curve", rows of (step, modes, KL(generated‖uniform)); uint8
        samples (SHOWN, 3, 28, 28) of the averaged generator at the end.

    Raises:
        ValueError: an unknown name, or a number out of its range.
        KeyboardInterrupt: Ctrl-C.
    """
    from gancourse.compute import choose_threads
    from gancourse.metrics import stacked_modes
    from gancourse.models import count_parameters
    from gancourse.runs.clock import seconds_a_step
    from gancourse.runs.judge import generated
    from gancourse.training import train

    seconds = 60 * positive("minutes", minutes)
    where = {"threads": threads, "accelerate": accelerate}

    def recipe(images, **options):
        return arguments(name, images, **options)

    pace = seconds_a_step(recipe, judge.train, REHEARSAL * seconds, **where)
    steps = max(LOOKS, int(SAFETY * seconds / pace))
    every = max(1, steps // LOOKS)
    steps -= steps % every
    curve, looked = [], [0.0]

    def watch(step, generator, _):
        since = time.perf_counter()
        _, probabilities = judge.look(generated(generator, SAMPLES))
        modes = stacked_modes(probabilities)
        curve.append([step, int(modes.captured), _short(modes.reverse_kl)])
        looked[0] += time.perf_counter() - since

    own = arguments(name, judge.train, steps=steps, seed=seed)
    start = time.perf_counter()
    history = train(**own | where, watch=watch, watch_every=every, device="cpu", progress=progress)
    taken = time.perf_counter() - start - looked[0]
    if history.stopped:
        raise KeyboardInterrupt
    samples = generated(history.averaged_generator, SAMPLES)
    row = {
        "name": name, "minutes": minutes, "seed": integer("seed", seed, low=0), "batch": own["batch"],
        "steps": history.completed, "seconds": round(taken, 1),
        "threads": choose_threads(own["generator"], threads), "accelerate": list(accelerate),
        "parameters": [count_parameters(own["generator"]), count_parameters(own["discriminator"])],
        "curve": curve, "scores": {key: _short(value) for key, value in judge.scores(samples).items()},
    }  # fmt: skip
    return row, samples[:SHOWN]


def measure(names=tuple(RUNS), *, path=STORED, minutes=MINUTES, seed=0, say=print, most=10_000, **options):
    """Make the runs that a file lacks, and write the file anew after each one.

    Arguments:
        names: of RUNS.
        path: of the JSON; samples go beside it, as ``.npz``.
        minutes, seed, options: as in ``run``; a row of another budget or seed is another row.
        say: called with a line about each.
        most: images that the judge's metrics look at, at the most.
    """
    import torch

    from gancourse.data import load
    from gancourse.runs.judge import Judge

    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    rows = record.setdefault("rows", [])
    arrays = dict(np.load(path.with_suffix(".npz"))) if path.with_suffix(".npz").is_file() else {}
    judge = None
    for name in names:
        key = f"{choice('names', name, RUNS)}, {minutes:g} minutes, seed {seed}"
        if any(row["key"] == key for row in rows):
            continue
        if judge is None:
            images, test = load("stacked-mnist"), load("stacked-mnist", "test")
            judge = Judge("stacked-mnist", images, test, most=most)
        row, arrays[key] = run(name, judge, minutes=minutes, seed=seed, **options)
        rows.append({"key": key, **row, "digits": len(judge.train)})
        record |= {
            "command": COMMAND,
            "floor": {name: _short(value) for name, value in judge.floor.items()},
            "torch": torch.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with appears_whole(path.with_suffix(".npz")) as partial, open(partial, "wb") as file:
            np.savez_compressed(file, **arrays)
        with appears_whole(path) as partial:
            partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        say(f"{key}: {row['steps']} steps, {row['scores']}")


def stored(path=None):
    """What was measured: (rows, samples by the row's key, the floor).

    Raises:
        FileNotFoundError: a file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    for file in (path, path.with_suffix(".npz")):
        if not file.is_file():
            raise FileNotFoundError(f"{file.name} is not in data/results; `{COMMAND}` makes it")
    record = json.loads(path.read_text(encoding="utf-8"))
    with np.load(path.with_suffix(".npz")) as arrays:
        return record["rows"], dict(arrays), record["floor"]


def _short(value):
    return float(f"{value:.5g}")
