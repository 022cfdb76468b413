"""Every recipe on CIFAR-10 within the same time: what was measured, and how to measure it.

Trained on the first 45,000 training images and judged on the other 5,000 (``held_out``), on the activations
of the course's CIFAR-10 classifier, which was trained on the same 45,000.
"""

import importlib
import json
import platform
import time

import numpy as np

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, fail, integer, positive
from gancourse.recipes import RECIPES
from gancourse.recipes.race_watch import WATCHES, Watch, draw
from gancourse.recipes.race_watch import pace as pace_of

__all__ = [
    "COMMAND", "FEW", "GPU_COMMAND", "MANY", "MINUTES", "STORED", "WATCHES", "generator_of", "measure",
    "race", "stored", "weights_of",
]  # fmt: skip

STORED = REPOSITORY_DATA / "results" / "cifar_race.json"
COMMAND = "python tools/measure_cifar_race.py"
GPU_COMMAND = COMMAND + " --device cuda --minutes 10"
MINUTES = 3.0
FEW, MANY = 500, 2_500  # images in a score on the way, and in those at the end
SHOWN = 64  # samples that are kept at the end
REHEARSAL, SAFETY = 0.03, 0.97  # shares of the budget


def race(recipe, judges, *, minutes=MINUTES, seed=0, device="cpu", width=None, accelerate=(), progress=False):
    """Train one recipe for so many minutes, and judge it on the way and at the end.

    The minutes are of training alone: on a CPU those of the processor's time, summed over threads, so that
    other work on the machine takes nothing away; on a GPU those of the clock. A rehearsal says how many steps
    fit in, so that rates that fall reach 0 at the end.

    Arguments:
        recipe: a name of RECIPES.
        judges: two ``gancourse.runs.Judge``: of the images on the way, and of those at the end.
        minutes: a positive number.
        seed: of first weights, batches and noise.
        device: "cpu" or "cuda"; it settles the width too, unless that is given.
        width, accelerate: as in ``run_recipe``.

    Returns:
        (row, arrays, generator): what JSON holds; uint8 samples, "samples" (64, 3, 32, 32) and "way"
        (t, 16, 3, 32, 32); the averaged generator at the end.

    Raises:
        ValueError: an unknown name, or a number out of its range.
        TrainingDiverged: a loss became NaN or infinite.
    """
    from gancourse.accelerate import resident
    from gancourse.compute import choose_threads
    from gancourse.models import count_parameters
    from gancourse.training import train

    module = importlib.import_module(f"gancourse.recipes.{choice('recipe', recipe, RECIPES)}")
    build, few, images = getattr(module, recipe), judges[0], judges[0].train
    width = module.WIDTH["gpu" if device == "cuda" else "cpu"] if width is None else integer("width", width)
    seconds = 60 * positive("minutes", minutes)
    where = {"device": device, "accelerate": accelerate, "progress": progress}

    def arguments(steps):
        found = build(images, steps=steps, width=width, seed=seed) | where
        if device == "cuda" and "step" not in found:
            found["sample"] = resident(images, device).sample
        return found

    pace = pace_of(arguments(10_000), REHEARSAL * seconds, device)
    steps = max(WATCHES, int(SAFETY * seconds / pace))
    every = max(1, steps // 200)
    steps -= steps % every  # the clock is read at the very end too
    watch = Watch(few, steps, every, seconds, device)
    own = arguments(steps)
    start = time.perf_counter()
    history = train(**own, watch=watch, watch_every=every)
    generator = history.averaged_generator
    watch.keep_best(generator)
    samples, asked = draw(generator, judges[1].n)
    looked = judges[1].look(samples)
    last = best = judges[1].scores(samples, looked)
    if watch.best_step != watch.rows[-1]["step"]:
        weights = {name: value.clone() for name, value in generator.state_dict().items()}
        generator.load_state_dict(watch.best)
        best = judges[1].scores(draw(generator, judges[1].n)[0])
        generator.load_state_dict(weights)
    row = {
        "recipe": recipe, "device": _name_of(device), "minutes": minutes, "seed": seed, "width": width,
        "batch": own["batch"], "steps": history.completed, "planned": steps,
        "discriminator_steps": 5 if recipe in ("wgan", "wgan_gp", "sngan", "sngan_conditional") else 1,
        "parameters": [count_parameters(own["generator"]), count_parameters(own["discriminator"])],
        "seconds": round(watch.spent, 1), "wall": round(time.perf_counter() - start, 1),
        "threads": choose_threads(generator),
        "images_per_second": _short(history.completed * own["batch"] / watch.spent),
        "curve": watch.curve(), "last": _all_short(last), "best": _all_short(best),
        "best_step": watch.best_step,
        **({"as_asked": _as_asked(looked[1], asked)} if asked is not None else {}),
    }  # fmt: skip
    return row, {"samples": samples[:SHOWN], "way": np.stack(watch.way)}, generator


def measure(
    recipes=tuple(RECIPES), *, path=STORED, device="cpu", minutes=MINUTES, keep=None, say=print, **options
):
    """Race the recipes that a file lacks, and write the file anew after each one.

    Arguments:
        recipes: names of RECIPES.
        path: of the JSON; samples go beside it, as ``.npz``.
        device, minutes, options: as in ``race``; a row of another device or budget is not the same row.
        keep: called with (recipe, generator, row) after each.
        say: called with a line about each.

    Raises:
        DataError: CIFAR-10 is not at hand.
    """
    import torch

    from gancourse.data import load
    from gancourse.runs import Judge

    judges = None
    for recipe in recipes:
        record, arrays = _read(path)
        key = f"{device}/{recipe}"
        if any(_is(row, recipe, device) and row["minutes"] == minutes for row in record["rows"]):
            say(f"{key}: there already")
            continue
        if judges is None:
            held_out, images = load("cifar-10", "held_out"), load("cifar-10")
            images = images.take(len(images) - len(held_out))
            judges = [Judge("cifar-10", images, held_out, most=n) for n in (FEW, MANY)]
            if "classifier" not in judges[0].kind:
                fail("features", judges[0].kind, "the classifier's: `python tools/train_cifar_classifier.py`")
        row, found, generator = race(recipe, judges, device=device, minutes=minutes, **options)
        row |= {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
                "machine": f"{platform.system()} {platform.machine()}"}  # fmt: skip
        record["floor"] = {str(judge.n): _all_short(judge.floor) for judge in judges}
        record["rows"] = [r for r in record["rows"] if not _is(r, recipe, device)] + [row]
        _write(path, record, arrays | {f"{key}/{name}": value for name, value in found.items()})
        if keep is not None:
            keep(recipe, generator, row)
        say(
            f"{key}: {row['steps']:,} steps, {row['images_per_second']:.4g} images/s, Fréchet "
            f"{row['last']['frechet']:.4g} at the end, {row['best']['frechet']:.4g} at best, "
            f"{row['wall']:.0f} s"
        )


def stored(path=None, device="cpu"):
    """What was measured: (recipe -> a dict as of ``race`` with its arrays, the floor).

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it")
    record, arrays = _read(path)
    rows = {}
    for row in record["rows"]:
        if not _is(row, row["recipe"], device):
            continue
        where = f"{device}/{row['recipe']}/"
        own = {key.removeprefix(where): value for key, value in arrays.items() if key.startswith(where)}
        curve = {name: np.array(values) for name, values in row["curve"].items()}
        rows[row["recipe"]] = {**row, **own, "curve": curve}
    return rows, record.get("floor", {})


def generator_of(recipe):
    """The averaged generator at the end of a recipe's race on a CPU, in eval mode, as it ships.

    Raises:
        DataError: the weights are missing or damaged; the message names the file and the command.
    """
    from gancourse.data import Images
    from gancourse.pretrained import load_weights

    module = importlib.import_module(f"gancourse.recipes.{choice('recipe', recipe, RECIPES)}")
    classes = tuple(map(str, range(10)))
    blank = Images(np.zeros((10, 3, 32, 32), np.uint8), np.arange(10), classes)
    generator = getattr(module, recipe)(blank, width=module.WIDTH["cpu"])["generator"]
    return load_weights(generator, weights_of(recipe), f"{COMMAND} --recipes {recipe}")


def weights_of(recipe):
    """Where the generator of a recipe is kept, a Path."""
    return REPOSITORY_DATA / "checkpoints" / f"cifar_{choice('recipe', recipe, RECIPES)}.safetensors"


def _as_asked(probabilities, asked):
    """The share of images that the classifier puts into the class they were asked for; a list by class."""
    right = probabilities.argmax(1) == asked
    return [_short(right[asked == k].mean()) if (asked == k).any() else 0.0 for k in range(10)]


def _name_of(device):
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


def _is(row, recipe, device):
    return row["recipe"] == recipe and (row["device"] == "cpu") == (device == "cpu")


def _short(value):
    return float(f"{value:.5g}")


def _all_short(scores):
    return {name: _short(value) for name, value in scores.items()}


def _read(path):
    if not path.is_file():
        return {"command": COMMAND, "rows": []}, {}
    record, beside = json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".npz")
    if not beside.is_file():
        remedy = f"delete that file and run `{COMMAND}` again"
        fail("path", beside.name, f"the samples beside {path.name}; {remedy}")
    with np.load(beside) as arrays:
        return record, dict(arrays)


def _write(path, record, arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    # the samples first: a JSON whose rows have none would be of no use
    with appears_whole(path.with_suffix(".npz")) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
