"""PacGAN's own protocol on the ring and the grid: its networks, its optimiser, its 400,000 steps.

G: noise N(0, I₂), 4 × 400 with batch norm and ReLU, linear output. D: 3 × 200 maxout of 5 pieces, on packs
of m samples, concatenated. Weights N(0, 0.02²), no biases in G but for the last. Adam 1e-4 with β₁ = 0.8,
batches of 100 packs, 100,000 fixed points of data. Read in the code at github.com/fjxmlzn/PacGAN; there
both networks move at once, here D goes first.
"""

import json
import time

import numpy as np
import torch
from torch import nn

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer
from gancourse.ensemble import train_ensemble
from gancourse.methods.packing import Packed
from gancourse.models import MLPGenerator
from gancourse.recipes.mode_collapse import DATA, SAMPLES, SCORES, score

__all__ = [
    "COMMAND", "PACKS", "STEPS", "STORED", "Maxout", "MaxoutDiscriminator", "build", "measure", "run",
    "stored",
]  # fmt: skip

STORED = REPOSITORY_DATA / "results" / "pacgan.json"
COMMAND = "python tools/measure_pacgan.py"
PACKS, STEPS, POINTS = (1, 2, 3, 4), 400_000, 100_000


class Maxout(nn.Module):
    """Each output is the largest of some affine functions: (n, in) to (n, out).

    Source: Goodfellow et al., "Maxout networks", 2013, arXiv 1302.4389.
    """

    def __init__(self, in_features, out_features, pieces=5):
        super().__init__()
        self.pieces = integer("pieces", pieces)
        self.affine = nn.Linear(in_features, out_features * self.pieces)

    def forward(self, x):
        return self.affine(x).unflatten(1, (-1, self.pieces)).amax(2)


class MaxoutDiscriminator(nn.Module):
    """Three maxout layers and an affine logit: (n, in_dim) to (n,)."""

    def __init__(self, in_dim=2, width=200, pieces=5):
        super().__init__()
        self.in_dim = integer("in_dim", in_dim)
        sizes = (self.in_dim, width, width, width)
        hidden = [Maxout(a, b, pieces) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
        self.layers = nn.Sequential(*hidden, nn.Linear(width, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def build(seeds, pack, *, g_width=400, d_width=200):
    """Fresh networks, one pair a seed: (generators, discriminators), the discriminators packed."""
    generators, discriminators = [], []
    for seed in seeds:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            g = MLPGenerator(2, g_width, depth=4, normalise="batch")
            d = MaxoutDiscriminator(2 * pack, d_width)
            for network in (g, d):
                for name, value in network.named_parameters():
                    if "norm" not in name:
                        nn.init.zeros_(value) if name.endswith("bias") else nn.init.normal_(value, std=0.02)
        generators.append(g)
        discriminators.append(Packed(d, pack))
    return generators, discriminators


def run(
    data,
    pack,
    *,
    seeds=range(10),
    steps=STEPS,
    batch=100,
    points=POINTS,
    device=None,
    progress=True,
    **widths,
):
    """Train for all seeds at once, and score 2,500 samples of each, batch norm by its running averages.

    Arguments:
        data: "ring" or "grid".
        pack: samples in a pack, m; 1 is the plain GAN.
        seeds, steps: different whole numbers; of the generator.
        batch: packs in a batch.
        points: of the fixed data, the same for all seeds.
        device, progress: as in ``train``.
        widths: g_width and d_width, as in ``build``.

    Returns:
        dict: data, pack, steps, batch, seeds; a name of SCORES -> list, a number a seed; seconds.

    Raises:
        ValueError: an unknown name, or a number out of its range.
    """
    mixture, seeds = DATA[choice("data", data, DATA)], [integer("seeds", seed, low=0) for seed in seeds]
    pack, batch = integer("pack", pack), integer("batch", batch)
    fixed = mixture.sample(integer("points", points), np.random.default_rng(0)).astype(np.float32)
    generators, discriminators = build(seeds, pack, **widths)
    start = time.monotonic()
    train_ensemble(
        generators, discriminators, lambda n, rng: fixed[rng.integers(len(fixed), size=n)], seeds=seeds,
        steps=steps, batch=batch * pack, generator_optimizer=_adam, discriminator_optimizer=_adam,
        device=device, every=max(1, steps // 50), progress=progress,
    )  # fmt: skip
    seconds, rows = time.monotonic() - start, []
    for seed, generator in zip(seeds, generators, strict=True):
        noise = torch.randn(SAMPLES, 2, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            made = generator.cpu().eval()(noise).double().numpy()
        rows.append(score(made, data, np.random.default_rng([seed, 1])))
    return {
        "data": data, "pack": pack, "steps": steps, "batch": batch, "seeds": seeds,
        **{name: [row[name] for row in rows] for name in SCORES}, "seconds": round(seconds, 1),
    }  # fmt: skip


def measure(rows, *, path=STORED, say=print, **options):
    """Train what the file lacks of pairs (data, pack), and write it anew after each; options as in ``run``.

    A row that was trained for other seeds, or another number of steps, is trained afresh.
    """
    for data, pack in rows:
        known = (
            json.loads(path.read_text(encoding="utf-8"))
            if path.is_file()
            else {"command": COMMAND, "rows": []}
        )
        wanted = options.get("steps", STEPS), list(options.get("seeds", range(10)))
        kept = [r for r in known["rows"] if (r["data"], r["pack"]) == (data, pack)]
        if kept and (kept[0]["steps"], kept[0]["seeds"]) == wanted:
            say(f"packs of {pack} on the {data}: there already")
            continue
        row = run(data, pack, **options) | {"torch": torch.__version__, "numpy": np.__version__}
        known["rows"] = [r for r in known["rows"] if r not in kept] + [row]
        path.parent.mkdir(parents=True, exist_ok=True)
        with appears_whole(path) as partial:
            partial.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        say(f"packs of {pack} on the {data}: {np.mean(row['captured']):.1f} modes, {row['seconds']:.0f} s")


def stored(path=STORED):
    """The rows that were measured, dicts as of ``run``.

    Raises:
        FileNotFoundError: there is no such file; the message names the command that makes it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it, on a GPU")
    return json.loads(path.read_text(encoding="utf-8"))["rows"]


def _adam(parameters):
    return torch.optim.Adam(parameters, 1e-4, betas=(0.8, 0.999), foreach=True)
