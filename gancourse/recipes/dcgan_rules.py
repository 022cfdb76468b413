"""DCGAN's rules on the digits that ship with the course, each switched off in turn: what was measured."""

import json
import platform

import numpy as np

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice

__all__ = ["COMMAND", "RULES", "SCORES", "SEEDS", "STEPS", "STORED", "measure", "players", "stored"]

STORED = REPOSITORY_DATA / "results" / "dcgan_rules.json"
COMMAND = "python tools/measure_dcgan_rules.py"
STEPS, SEEDS, SAMPLES = 400, (0, 1, 2), 1_000
SCORES = ("frechet", "precision", "recall")
RULES = {
    "by the rules": "as in lecture 15",
    "pooling": "D: 3 x 3 convolutions and the mean of 2 x 2; G: nearest doubling and 3 x 3 convolutions",
    "no batch norm": "none in either player",
    "batch norm everywhere": "in G's output layer and D's input layer too",
    "hidden dense layers": "512 units before G's first map, 256 behind D's last",
    "LeakyReLU in G": "slope 0.2 in place of ReLU",
    "ReLU in D": "in place of LeakyReLU",
    "no tanh": "G's output as it comes; clipped to [−1, 1] when it is judged",
}


def players(rule, seed):
    """(generator, discriminator) for digits, with one rule of DCGAN broken.

    Arguments:
        rule: a name of RULES.
        seed: of the first weights.

    Raises:
        ValueError: an unknown name.
    """
    from torch import nn

    from gancourse.models import DCGANDiscriminator, DCGANGenerator
    from gancourse.models.dcgan import dcgan_init_, down_block, up_block
    from gancourse.recipes._players import seeded

    choice("rule", rule, RULES)
    g, d, normalise = up_block, down_block, rule != "no batch norm"
    if rule == "pooling":
        g, d = _repeat_block, _pool_block
    if rule == "batch norm everywhere":

        def d(i, o, normalise):
            return down_block(i, o, normalise=True)

    if rule == "LeakyReLU in G":

        def g(*given, **options):
            return up_block(*given, **options, activation=lambda: nn.LeakyReLU(0.2))

    if rule == "ReLU in D":

        def d(*given, **options):
            return down_block(*given, **options, activation=nn.ReLU)

    with seeded(seed):
        generator = DCGANGenerator(normalise=normalise, block=g)
        discriminator = DCGANDiscriminator(normalise=normalise, block=d)
        first, last = generator.layers.project, generator.layers.output
        if rule == "LeakyReLU in G":
            first.activation = nn.LeakyReLU(0.2)
        if rule == "no tanh":
            last.activation = _clipped_when_judged()
        if rule == "batch norm everywhere":
            activation = last.activation
            generator.layers.output = nn.Sequential(last.convolution, nn.BatchNorm2d(1), activation)
            dcgan_init_(generator.layers.output)
        if rule == "hidden dense layers":
            wide = first.convolution.out_channels
            generator.layers.project = dcgan_init_(
                nn.Sequential(
                    nn.Flatten(),
                    *(nn.Linear(64, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU()),
                    *(nn.Linear(512, 16 * wide, bias=False), nn.Unflatten(1, (wide, 4, 4))),
                    *(nn.BatchNorm2d(wide), nn.ReLU()),
                )
            )
            maps = discriminator.layers.output.in_channels
            discriminator.layers.output = dcgan_init_(
                nn.Sequential(nn.Flatten(), nn.Linear(9 * maps, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))
            )
    return generator, discriminator


def _repeat_block(i, o, *, kernel=4, normalise=True):
    from torch import nn

    norm = [nn.BatchNorm2d(o)] if normalise else []
    scale = 2 if kernel == 4 else 1.75  # 4 to 7
    return nn.Sequential(
        nn.Upsample(scale_factor=scale), nn.Conv2d(i, o, 3, padding=1, bias=not normalise), *norm, nn.ReLU()
    )


def _pool_block(i, o, *, normalise=True):
    from torch import nn

    norm = [nn.BatchNorm2d(o)] if normalise else []
    convolution = nn.Conv2d(i, o, 3, padding=1, bias=not normalise)
    return nn.Sequential(convolution, nn.AvgPool2d(2), *norm, nn.LeakyReLU(0.2))


def _clipped_when_judged():
    from torch import nn

    class Clipped(nn.Module):
        def forward(self, x):
            return x if self.training else x.clamp(-1, 1)

    return Clipped()


def _run(rule, seed, steps):
    """Train and score: a dict of SCORES, of 1,000 samples against the 1,000 unseen digits."""
    from gancourse.data import embedded_digits
    from gancourse.features import from_pixels
    from gancourse.metrics import frechet_distance, precision_recall
    from gancourse.recipes.digits import BATCH
    from gancourse.runs.judge import generated
    from gancourse.training import TrainingDiverged, train

    generator, discriminator = players(rule, seed)
    sample = embedded_digits("train").sample
    try:
        history = train(
            generator, discriminator, sample, steps=steps, batch=BATCH, learning_rate=(2e-3, 5e-4),
            average=0.995, seed=seed, watch=lambda *_: None, device="cpu", threads=1, progress=False,
        )  # fmt: skip
    except TrainingDiverged:
        return {"frechet": float("inf"), "precision": 0.0, "recall": 0.0}
    if history.stopped:
        raise KeyboardInterrupt
    real, _ = from_pixels(embedded_digits("test").pixels)
    fake, _ = from_pixels(generated(history.averaged_generator, SAMPLES))
    precision, recall = precision_recall(real, fake)
    return {"frechet": frechet_distance(fake, real), "precision": precision, "recall": recall}


def measure(rules=tuple(RULES), *, path=STORED, seeds=SEEDS, steps=STEPS, say=print):
    """Train what a file lacks, seed by seed, and write the file anew after each run.

    Arguments:
        rules: names of RULES.
        path: of the JSON.
        seeds, steps: of the runs; a file of another number of steps is refused.
        say: called with a line about each run.

    Raises:
        ValueError: the file holds runs of another length.
    """
    import torch

    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if record.setdefault("steps", steps) != steps:
        raise ValueError(f"steps: expected {record['steps']}, that of {path.name}, got {steps}")
    rows = record.setdefault("rows", {})
    for seed in seeds:
        for rule in rules:
            row = rows.setdefault(rule, {"seeds": [], **{name: [] for name in SCORES}})
            if seed in row["seeds"]:
                continue
            found = _run(rule, seed, steps)
            row["seeds"].append(seed)
            for name in SCORES:
                row[name].append(float(f"{found[name]:.5g}"))
            record |= {
                "command": COMMAND,
                "torch": torch.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
                "machine": f"{platform.system()} {platform.machine()}",
            }
            path.parent.mkdir(parents=True, exist_ok=True)
            with appears_whole(path) as partial:
                partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            say(f"{rule}, seed {seed}: Fréchet distance {found['frechet']:.4g}")


def stored(path=None):
    """What was measured: a name of RULES -> dict with "seeds" and SCORES as arrays (seeds,).

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it")
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {rule: {**row, **{name: np.array(row[name]) for name in SCORES}} for rule, row in rows.items()}
