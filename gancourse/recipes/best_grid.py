"""The mark to go for on the grid of 25, and what it took: every mode, sharp and even, over ten seeds (E3).

Published for this data and metric: PacGAN4 with 24.8 ± 0.2 modes, 93.6 ± 0.6 % of high quality, reverse KL
0.04 ± 0.01. The mark: 25.0 ± 0.0, at least 95 %, at most 0.02.
"""

import json
import platform
import time

import numpy as np

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import integer
from gancourse.recipes.mode_collapse import DATA, SAMPLES, SCORES, score

__all__ = ["COMMAND", "MARK", "STORED", "measure", "run", "stored"]

STORED = REPOSITORY_DATA / "results" / "best_grid.json"
COMMAND = "python tools/measure_best_grid.py"
MARK = {"captured": 25.0, "high_quality": 0.95, "reverse_kl": 0.02}
SEEDS, STEPS = tuple(range(10)), 12_000
SCALE = 2.0  # what the data are divided by for the networks: the grid then spans −2 to 2
WIDTH, DEPTH, BATCH, RATE, WEIGHT = 128, 3, 256, 1e-3, 5e-4


def run(seeds=SEEDS, *, steps=STEPS, width=WIDTH, depth=DEPTH, batch=BATCH, progress=False):
    """Train the recipe for several seeds at once and score 2,500 samples of each averaged generator.

    The relativistic loss in pairs with R1 + R2, weighted 5e-4 each; z ~ N(0, I₂); G and D of 3 hidden layers
    of 128 units; data divided by 2; Adam at 1e-3 with β = (0, 0.99), whose rate falls linearly to 0 over the
    second half; batches of 256; an averaged generator with decay 0.999.

    Returns:
        dict: a name of SCORES -> list, one number a seed; "seconds" for all; "path": list of (step, mean
        modes, mean share, mean reverse KL) on the way; "samples": array (seeds, 2500, 2).

    Raises:
        ValueError: a number is out of range.
    """
    import torch

    from gancourse.ensemble import train_ensemble
    from gancourse.metrics import mode_coverage
    from gancourse.models import MLPDiscriminator, MLPGenerator
    from gancourse.penalties import r1, r2

    mixture, steps = DATA["grid"], integer("steps", steps, low=2)
    seeds = [integer("seeds", seed, low=0) for seed in seeds]
    generators, discriminators = [], []
    for seed in seeds:
        torch.manual_seed(seed)
        generators.append(MLPGenerator(2, width, depth))
        discriminators.append(MLPDiscriminator(2, width, depth))

    def adam(weights):
        optimizer = torch.optim.Adam(weights, RATE, betas=(0.0, 0.99), foreach=True)
        decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, 2 * (1 - t / steps)))
        optimizer.register_step_post_hook(lambda *_: decay.step())
        return optimizer

    path, last = [], []

    def watch(step, generator, discriminator):
        fake = SCALE * generator(generator.noise(len(seeds) * SAMPLES)).double().cpu().numpy()
        last[:] = fake.reshape(len(seeds), SAMPLES, 2)
        rows = [mode_coverage(block, mixture.means, mixture.std) for block in last]
        path.append((step, *(float(f"{value:.5g}") for value in np.mean(rows, axis=0))))

    start = time.monotonic()
    history = train_ensemble(
        generators,
        discriminators,
        lambda n, rng: mixture.sample(n, rng) / SCALE,
        "relativistic",
        seeds=seeds,
        steps=steps,
        batch=batch,
        penalty=lambda critic, real, fake: WEIGHT * (r1(critic, real) + r2(critic, fake)),
        average=0.999,
        generator_optimizer=adam,
        discriminator_optimizer=adam,
        watch=watch,
        watch_every=max(1, steps // 20),
        every=max(1, steps // 20),
        progress=progress,
    )
    if history.stopped:
        raise KeyboardInterrupt
    rows = [score(block, "grid", np.random.default_rng([s, 1])) for block, s in zip(last, seeds, strict=True)]
    return {
        **{name: [row[name] for row in rows] for name in SCORES},
        "seeds": seeds,
        "steps": steps,
        "seconds": time.monotonic() - start,
        "path": path,
        "samples": np.array(last),
    }


def measure(path=STORED, **options):
    """Run it, and write the file once it is whole: scores, seeds, versions, wall time, samples of a seed."""
    import torch

    found = run(**options)
    record = {
        "command": COMMAND,
        **{name: found[name] for name in ("seeds", "steps", "path")},
        **{name: [float(f"{value:.6g}") for value in found[name]] for name in SCORES},
        "seconds": round(found["seconds"], 1),
        "samples": np.round(found["samples"][0, :300], 3).tolist(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return record


def stored(path=None):
    """What was measured, as ``measure`` wrote it, with the scores as arrays; None where it was not run.

    The command that runs it is ``COMMAND``.
    """
    path = STORED if path is None else path
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    return {**record, **{name: np.array(record[name]) for name in (*SCORES, "samples", "path")}}
