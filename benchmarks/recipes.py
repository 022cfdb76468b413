"""Digits in a minute: the quickest recipes beside lecture 15's, same data, same seconds, same judge.

python -m benchmarks.recipes [--seconds 60] [--seeds 1] [--processor]

With --processor a run gets that many seconds of one thread's processor time, which other programs on the
machine do not change: a minute on two threads is about 90 of those.
"""

import argparse
import time
from types import SimpleNamespace

import numpy as np

from benchmarks.digits import generated
from gancourse.data import embedded_digits, to_network
from gancourse.features import extract
from gancourse.metrics import frechet_distance, precision_recall
from gancourse.recipes.dcgan_conditional import dcgan_conditional
from gancourse.recipes.digits import dcgan_digits
from gancourse.runs.clock import Clock, seconds_a_step
from gancourse.training import train

BAR = 0.75  # of the first row's distance
FAST = ("bf16", "channels-last")
# name: (told the class, accelerations)
RUNS = {
    "lecture 15's DCGAN": (False, ()),
    "the same, bfloat16, channels last": (False, FAST),
    "told the class": (True, ()),
    "told the class, bfloat16, channels last": (True, FAST),
}


def one(told, accelerate, seconds, *, seed=0, threads=None, now=time.perf_counter):
    """Train for so many seconds, rehearsal included; what came of it, a dict.

    Returns:
        ``frechet`` of 4,000 images from the averaged generator to the 1,000 test digits on the classifier's
        features; ``precision`` and ``recall`` of 1,000 of them; ``steps``; ``seconds``.
    """
    images, start = embedded_digits("train"), now()
    common = {"seed": seed, "threads": threads, "accelerate": accelerate, "progress": False}
    if told:
        where = {"threads": threads, "accelerate": accelerate, "now": now}
        pace = seconds_a_step(dcgan_conditional, images, 0.03 * seconds, **where)
        arguments = dcgan_conditional(images, steps=int((seconds - (now() - start)) / pace), seed=seed)
        arguments["sample"] = Clock(arguments["sample"], seconds - (now() - start), now=now)
        history = train(**arguments | common)
    else:
        clock = Clock(images.sample, seconds, now=now)
        history = dcgan_digits(SimpleNamespace(sample=clock), steps=1_000_000, **common)
    taken = now() - start
    fake = extract(generated(history.averaged_generator))
    real = extract(to_network(embedded_digits("test").pixels))
    precision, recall = precision_recall(real, fake[: len(real)])
    return {
        "frechet": frechet_distance(fake, real), "precision": precision, "recall": recall,
        "steps": history.completed, "seconds": taken,
    }  # fmt: skip


def main(seconds=60.0, seeds=1, **options):
    """Every run in turn, for each seed; name to a dict of means, ``ratio`` that to the first distance."""
    found = {name: [] for name in RUNS}
    for seed in range(seeds):
        for name, (told, accelerate) in RUNS.items():
            found[name].append(one(told, accelerate, seconds, seed=seed, **options))
            print(f"{name}, seed {seed}: {found[name][-1]}", flush=True)
    means = {
        name: {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        for name, rows in found.items()
    }
    first = next(iter(means.values()))["frechet"]
    return {name: row | {"ratio": row["frechet"] / first} for name, row in means.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--processor", action="store_true", help="seconds of one thread's processor time")
    given = parser.parse_args()
    more = {"threads": 1, "now": time.process_time} if given.processor else {}
    for name, row in main(given.seconds, given.seeds, **more).items():
        print(f"{name:>40}  " + "  ".join(f"{key} {value:,.4g}" for key, value in row.items()))
