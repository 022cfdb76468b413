"""Train the states that the GAN lab can start from: python tools/train_lab_states.py [NAME ...].

For each data set that is not drawn by hand: a run of the lab, the generator averaged over its last steps,
weights in float16. Writes data/checkpoints/gan_lab.safetensors, and beside it a JSON with the settings, the
steps, and how good each one is: the Wasserstein-1 distance of 256 points to 256 of the data, beside that of
the data to itself. With names it makes those anew and keeps the others.
"""

import json
import platform
import sys
import time

import numpy as np
import torch
from safetensors.torch import load, save

from gancourse._formats import appears_whole
from gancourse.divergences import wasserstein
from gancourse.lab import Lab
from gancourse.lab.states import STATES, TRAINED

__all__ = ["main", "make"]

COMMON = {
    "generator_width": 48,
    "discriminator_width": 48,
    "batch": 256,
    "penalty": "r1",
    "penalty_weight": 0.1,
}
STEPS, AVERAGED, DECAY = 8_000, 3_000, 0.998
# the grid has 25 modes to find, and finds more of them in packs
EACH = {"grid": {"discriminator_steps": 2}, "swiss_roll": {"discriminator_steps": 2}}


def make(name, steps=STEPS):
    """Train one state: (settings as JSON holds them, facts, tensors by name)."""
    run, started = Lab(data=name, **COMMON | EACH.get(name, {})), time.perf_counter()
    run.advance(steps - AVERAGED)
    for player in ("generator", "discriminator"):  # a lower rate settles what the high one has found
        run.change(**{f"{player}_rate": 3e-4})
    mean = {key: value.clone() for key, value in run.generator.state_dict().items()}
    for _ in range(AVERAGED // 10):
        run.advance(10)
        for key, value in run.generator.state_dict().items():
            mean[key].lerp_(value, 1 - DECAY**10)
    run.generator.load_state_dict(mean)
    tensors = {f"{name}/generator/{key}": value.half() for key, value in mean.items()}
    found = run.players.core.state_dict()
    tensors |= {f"{name}/discriminator/{key}": value.half() for key, value in found.items()}
    facts = {"settings": run.settings.to_json(), "steps": steps, **_quality(run)}
    return facts | {"seconds": round(time.perf_counter() - started, 1)}, tensors


def _quality(run):
    rng = np.random.default_rng(1)
    z = torch.Generator().manual_seed(1)
    with torch.no_grad():
        learned = [run.generator(run.generator.noise(256, z)).double().numpy() for _ in range(4)]
    real = [run.data.sample(256, rng) for _ in range(8)]
    distance = np.mean([wasserstein(a, b) for a, b in zip(learned, real, strict=False)])
    floor = np.mean([wasserstein(a, b) for a, b in zip(real[:4], real[4:], strict=True)])
    return {"wasserstein": round(float(distance), 4), "real_to_real": round(float(floor), 4)}


def main(names):
    """Make the states, and write both files."""
    runs, tensors = {}, {}
    if names and STATES.exists():
        runs = json.loads(STATES.with_suffix(".json").read_text(encoding="utf-8"))["runs"]
        kept = load(STATES.read_bytes()).items()
        tensors = {key: value for key, value in kept if key.split("/")[0] not in names}
    for name in names or TRAINED:
        runs[name], found = make(name)
        tensors |= found
        facts = runs[name]
        print(
            f"{name}: {facts['wasserstein']} (real to real {facts['real_to_real']}), {facts['seconds']} s",
            flush=True,
        )
    record = {
        "command": "python tools/train_lab_states.py",
        "runs": {name: runs[name] for name in TRAINED if name in runs},
        "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }  # fmt: skip
    with appears_whole(STATES.with_suffix(".json")) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n")
    with appears_whole(STATES) as partial:
        partial.write_bytes(save({key: value.contiguous() for key, value in tensors.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
