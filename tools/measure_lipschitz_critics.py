"""Train Lipschitz critics between fixed pairs of distributions, for the tables and demos of lecture 12.

    python tools/measure_lipschitz_critics.py

writes data/results/lipschitz_critics.json: several methods between five pairs, clipping constants, and deep
critics, three seeds each; 15 minutes on one core. What the file already holds is not trained again; delete it
to start afresh.
"""

import json
import platform
import time

import numpy as np
import torch

from gancourse._formats import appears_whole
from gancourse.recipes import lipschitz_record as kept
from gancourse.recipes.lipschitz_critics import CRITICS, measure, surface, train
from gancourse.recipes.lipschitz_layers import gradient_norms

BINS = 41
PARTS = ("rows", "bounds", "weights", "layers", "surfaces")


def main():
    """Train what is missing; the file is whole after every run."""
    record = _begin()
    for c in kept.LAYER_BOUNDS + ("penalty",):
        runs = record["layers"].setdefault(f"{c}", [])
        for seed in range(len(runs), kept.SEEDS):
            start = time.process_time()
            norms = gradient_norms(None if c == "penalty" else c, seed=seed)
            runs.append([_short(v) for v in norms])
            _save(record, start, f"12 layers, {c}, seed {seed}")
    for c in kept.BOUNDS:
        runs = record["bounds"].setdefault(f"{c}", [])
        for seed in range(len(runs), kept.SEEDS):
            start = time.process_time()
            critic = train("clouds", "clipping", bound=c, batch=64, seed=seed)
            runs.append(_rounded(measure(critic, "clouds")))
            if seed == 0:
                record["weights"][f"{c}"] = _histogram(critic, c)
            _save(record, start, f"clipped at {c}, seed {seed}: {runs[-1]}")
    for pair, names in kept.ROWS.items():
        for name in names:
            runs = record["rows"].setdefault(f"{pair}/{name}", [])
            for seed in range(len(runs), kept.SEEDS):
                start, key, moments = time.process_time(), f"{pair}/{name}", []
                wanted = seed == 0 and pair in kept.SURFACES
                critic = train(
                    pair, **CRITICS[name], seed=seed, at=kept.MOMENTS if wanted else (),
                    watch=lambda step, critic, pair=pair, moments=moments: moments.append(
                        _moment(step, critic, pair)
                    ),
                )  # fmt: skip
                runs.append(_rounded(measure(critic, pair)))
                if wanted:
                    record["surfaces"][key] = moments
                if seed == 0 and key in ("clouds/clipping", "clouds/penalty"):
                    record["weights"][name] = _histogram(critic, 0.01 if name == "clipping" else None)
                _save(record, start, f"{key}, seed {seed}: {runs[-1]}")


def _begin():
    record = {
        "command": kept.COMMAND,
        "seeds": kept.SEEDS,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "core_seconds": 0.0,
        **{part: {} for part in PARTS},
    }
    if kept.STORED.is_file():
        old = json.loads(kept.STORED.read_text("utf-8"))
        record |= {part: old[part] for part in ("core_seconds", *PARTS)}
    return record


def _moment(step, critic, pair):
    found = measure(critic, pair, exact=False)
    return {
        "step": step, "score": _short(found["score"]), "constant": _short(found["constant"]),
        **kept.pack(surface(critic)),
    }  # fmt: skip


def _histogram(critic, bound):
    """The shares of all weights (not biases) in equal bins over [−c, c]; without c over their own range."""
    weights = torch.cat([p.detach().ravel() for p in critic.parameters() if p.ndim > 1]).numpy()
    high = bound or float(np.abs(weights).max())
    counts, _ = np.histogram(np.clip(weights, -high, high), bins=BINS, range=(-high, high))
    return {"low": -high, "high": high, "shares": [_short(v) for v in counts / counts.sum()]}


def _rounded(found):
    return {name: _short(value) for name, value in found.items()}


def _short(value):
    return float(f"{value:.5g}")


def _save(record, start, said):
    record["core_seconds"] = round(record["core_seconds"] + time.process_time() - start, 1)
    print(f"{record['core_seconds']:7.1f} s  {said}", flush=True)
    kept.STORED.parent.mkdir(exist_ok=True)
    with appears_whole(kept.STORED) as partial:
        partial.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
