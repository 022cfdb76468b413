"""GANs on a ring of 8 and a grid of 25, ten seeds at once: what was measured, and how to measure it.

Every run: noise N(0, I₂), G 2 × 64 ReLU, D 2 × 64 LeakyReLU, Adam 1e-3 with β = (0.5, 0.9), batches of 64,
10,000 steps of G. The methods, those of the claims E3 to E9 and E11, are in ``toy_methods``.
"""

import json
import platform
import time

import numpy as np
from scipy.spatial.distance import cdist

from gancourse import densities
from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import array, choice, fail, integer
from gancourse.divergences._assignment import assign
from gancourse.metrics import mode_coverage

__all__ = [
    "COMMAND", "CURVES", "DATA", "SCORES", "SEEDS", "STEPS", "STORED", "measure", "perfect", "run", "score",
    "stored", "w2",
]  # fmt: skip

FOLDER = REPOSITORY_DATA / "results"
STORED = FOLDER / "mode_collapse.json"
COMMAND = "python tools/measure_mode_collapse.py"
DATA = {"ring": densities.ring(), "grid": densities.grid()}  # the published radii, spacings and deviations
SEEDS, STEPS = tuple(range(10)), 10_000
SAMPLES = 2_500  # that the scores are computed from, as published
SCORES = ("captured", "high_quality", "reverse_kl", "w2")
# what is kept over time for every seed, and of the first WATCHED seeds their samples too
CURVES = (
    "captured", "high_quality", "reverse_kl", "spread", "centre", "discriminator_loss", "generator_loss",
    "real_logit", "fake_logit", "accuracy", "generator_gradient", "sample_gradient",
)  # fmt: skip
TIMES, WATCHED, SHOWN = 50, 3, 250


def w2(x, y):
    """The Wasserstein-2 distance between two samples, (n, d) each: the root of the least mean ‖x − y‖².

    By the assignment of least cost. Two samples of one law have W2 > 0: print that floor beside it.

    Raises:
        ValueError: x or y is not an array (n, d) of finite numbers, or their shapes differ.
    """
    x = array("x", x, ndim=2, high=1e150)
    y = array("y", y, shape=x.shape, high=1e150)
    cost = cdist(x, y, "sqeuclidean")
    return float(np.sqrt(cost[np.arange(len(x)), assign(cost)].mean()))


def score(samples, data, rng):
    """Modes captured, high-quality share, reverse KL, and W2 to as many fresh points.

    Arguments:
        samples: with shape (n, 2).
        data: "ring" or "grid".
        rng: a NumPy generator for the fresh points.

    Returns:
        dict: a name of SCORES -> float.

    Raises:
        ValueError: another name, or samples of another shape.
    """
    mixture = DATA[choice("data", data, DATA)]
    row = mode_coverage(samples, mixture.means, mixture.std)
    return {
        **{k: float(v) for k, v in row._asdict().items()},
        "w2": w2(samples, mixture.sample(len(samples), rng)),
    }


def perfect(data, seeds=SEEDS):
    """What fresh points of the data score themselves: a name of SCORES -> array, one entry for each seed."""
    mixture = DATA[choice("data", data, DATA)]
    rngs = [np.random.default_rng([seed, 2]) for seed in seeds]
    rows = [score(mixture.sample(SAMPLES, rng), data, rng) for rng in rngs]
    return {name: np.array([row[name] for row in rows]) for name in SCORES}


def run(method, data, *, seeds=SEEDS, steps=STEPS, batch=64, width=64, progress=False):
    """Train one method on one set for several seeds, all at once.

    Arguments:
        method: a name of ``toy_methods.METHODS``.
        data: "ring" or "grid".
        seeds: different whole numbers. A seed has the same numbers in any company of two or more, on the same
            machine: a single one is trained together with its neighbour.
        steps: of the generator.
        batch: of each member, in samples; packs of m are made of m times as many.
        width: of the hidden layers.

    Returns:
        dict: a name of SCORES -> list, one number a seed, on 2,500 samples (of the averaged generator, where
        the method has one); "seconds" for all; "step" (t,); "curves": a name of CURVES -> array
        (seeds, t, …); "samples": array (min(seeds, 3), t, 250, 2).

    Raises:
        ValueError: an unknown name, or a number out of its range.
        TrainingDiverged: a loss became NaN or infinite.
    """
    from gancourse.ensemble import train_ensemble
    from gancourse.monitor import Monitor
    from gancourse.recipes.toy_methods import METHODS

    mixture, seeds = DATA[choice("data", data, DATA)], [integer("seeds", seed, low=0) for seed in seeds]
    wanted = len(seeds)
    if wanted == 1:
        seeds = [*seeds, seeds[0] + 1]
    chosen = METHODS[choice("method", method, METHODS)]
    steps = integer("steps", steps)
    generators, discriminators, options = chosen.build(seeds, width=width, steps=steps)
    monitor = Monitor(
        mixture, options.get("objective", "non_saturating"), batch=256, coverage=SAMPLES, samples=SHOWN,
        judges=chosen.judges,
    )  # fmt: skip
    last = []

    def watch(step, generator, discriminator):
        if step == steps:
            last.append(generator(generator.noise(len(seeds) * SAMPLES)).double().cpu().numpy())
        return monitor(step, generator, discriminator)

    start = time.monotonic()
    history = train_ensemble(
        generators, discriminators, mixture.sample, seeds=seeds, steps=steps, batch=batch * chosen.pack,
        watch=watch, watch_every=max(1, steps // TIMES), every=max(1, steps // TIMES), progress=progress,
        **options,
    )  # fmt: skip
    seconds = time.monotonic() - start
    if history.stopped:
        raise KeyboardInterrupt
    blocks = last[0].reshape(len(seeds), SAMPLES, 2)[:wanted]
    pairs = list(zip(blocks, seeds, strict=False))
    rows = [score(block, data, np.random.default_rng([seed, 1])) for block, seed in pairs]
    steps_seen, found = zip(*history.watched, strict=True)
    curves = {
        name: np.stack([row[name] for row in found], axis=1)[:wanted] for name in CURVES if name in found[0]
    }
    return {
        "method": method, "data": data, "seeds": seeds[:wanted],
        "steps": steps, "batch": batch, "width": width,
        **{name: [row[name] for row in rows] for name in SCORES},
        "seconds": seconds, "step": np.array(steps_seen), "curves": curves,
        "samples": np.stack([row["samples"][: min(WATCHED, wanted)] for row in found], axis=1),
    }  # fmt: skip


def measure(rows, *, path=STORED, seeds=SEEDS, steps=STEPS, say=print, **options):
    """Train the seeds that a file lacks, row by row, and write the file anew after each row.

    Arguments:
        rows: pairs (method, data).
        path: of the JSON; curves and samples go beside it, as ``.npz``.
        seeds, steps, options: as in ``run``.
        say: called with a line about each row.

    A row that was trained for another number of steps is trained afresh.
    """
    import torch

    for method, data in rows:
        record, arrays = _read(path)
        kept = next((row for row in record["rows"] if (row["method"], row["data"]) == (method, data)), None)
        if kept and kept["steps"] != steps:
            kept = None
        missing = [seed for seed in seeds if not kept or seed not in kept["seeds"]]
        if not missing:
            say(f"{method} on the {data}: there already")
            continue
        found = run(method, data, seeds=missing, steps=steps, **options)
        extra = {f"{data}/{method}/{name}": found["curves"][name] for name in found["curves"]}
        extra |= {f"{data}/{method}/{name}": found[name] for name in ("step", "samples")}
        if kept:
            for name in ("seeds", *SCORES):
                found[name] = kept[name] + found[name]
            found["seconds"] += kept["seconds"]
            for key, value in extra.items():
                if not key.endswith(("/step", "/samples")):
                    extra[key] = np.concatenate([arrays[key], value])
            extra[f"{data}/{method}/samples"] = arrays[f"{data}/{method}/samples"]
        row = {name: found[name] for name in ("method", "data", "steps", "batch", "width", "seeds")}
        row |= {name: [float(f"{value:.6g}") for value in found[name]] for name in SCORES}
        row |= {"seconds": round(found["seconds"], 1), "torch": torch.__version__, "numpy": np.__version__}
        record["rows"] = [r for r in record["rows"] if (r["method"], r["data"]) != (method, data)] + [row]
        _write(path, record, arrays | {key: _small(key, value) for key, value in extra.items()})
        modes, good = np.mean(row["captured"]), 100 * np.mean(row["high_quality"])
        say(f"{method} on the {data}: {modes:.1f} modes, {good:.1f} % good, {row['seconds']:.0f} s in all")


def stored(path=None):
    """What was measured: (data, method) -> a dict as of ``run``, with the scores as arrays (seeds,).

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it in about an hour")
    record, arrays = _read(path)
    rows = {}
    for row in record["rows"]:
        where = f"{row['data']}/{row['method']}/"
        own = {key.removeprefix(where): value for key, value in arrays.items() if key.startswith(where)}
        step, samples = own.pop("step"), own.pop("samples")
        rows[row["data"], row["method"]] = {
            **row, **{name: np.array(row[name]) for name in SCORES},
            "step": step.astype(np.int64), "samples": samples.astype(np.float64) / _UNIT,
            "curves": {name: value.astype(np.float64) for name, value in own.items()},
        }  # fmt: skip
    return rows


_UNIT = 4_000.0  # samples are kept as int16 in units of 1/4,000, out to ±8


def _small(key, value):
    if key.endswith("/samples"):
        return np.clip(np.round(value * _UNIT), -32_767, 32_767).astype(np.int16)
    return np.asarray(value).astype(np.int32 if key.endswith("/step") else np.float32)


def _read(path):
    if not path.is_file():
        return {"command": COMMAND, "rows": []}, {}
    record, beside = json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".npz")
    if not beside.is_file():
        fail(
            "path", beside.name, f"the curves beside {path.name}; delete that file and run `{COMMAND}` again"
        )
    with np.load(beside) as arrays:
        return record, dict(arrays)


def _write(path, record, arrays):
    record |= {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    path.parent.mkdir(parents=True, exist_ok=True)
    # the curves first: a JSON whose rows have no curves would be of no use
    with appears_whole(path.with_suffix(".npz")) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
