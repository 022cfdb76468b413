"""A small GAN trained on fifty digits until it draws little else, and the same one on four thousand."""

import json
import platform

import numpy as np

from gancourse._formats import appears_whole
from gancourse._sources import REPOSITORY_DATA
from gancourse._validate import choice, integer
from gancourse.data import embedded_digits, to_network, to_pixels
from gancourse.metrics import frechet_distance, memorisation

__all__ = ["COMMAND", "CURVES", "KEPT", "RUNS", "STORED", "measure", "run", "stored", "training_set"]

STORED = REPOSITORY_DATA / "results" / "memorisation.json"
COMMAND = "python tools/measure_memorisation.py"
RUNS = {"fifty": 50, "all": 4_000}  # how many of the shipped training digits a run sees
STEPS, WATCHES, SAMPLES, KEPT, WIDTH, NOISE = 6_000, 20, 500, 200, 128, 16
CURVES = (
    "step", "frechet", "share", "share_error", "ratio", "ratio_error", "discriminator_loss", "generator_loss",
)  # fmt: skip


def training_set(name):
    """The Images that a run sees: the first 50 of the shipped training digits, five a class, or all 4,000.

    Raises:
        ValueError: another name.
    """
    return embedded_digits("train").take(RUNS[choice("name", name, tuple(RUNS))])


def run(name, *, steps=STEPS, seed=0, watches=WATCHES, samples=SAMPLES, **options):
    """Train a small GAN on so many digits, and look at it as it goes.

    Perceptrons of 2 × 128, the relativistic loss with R1 and R2 at weight ½, Adam at 1e-3, batches of 32, an
    averaged generator. Without the penalties D learns fifty digits by heart long before G does, and training
    collapses.

    Arguments:
        name: of RUNS.
        steps, seed: as in ``gancourse.training.train``.
        watches: how often to look.
        samples: how many images to judge each time, of the averaged generator, with noise that stays.
        options: more for ``train``, such as ``checkpoint`` and ``resume``.

    Returns:
        dict: names of CURVES -> array (watches,): the step; the Fréchet distance to the 1,000 unseen digits
        on the digit classifier's features; the four numbers of ``metrics.memorisation`` on pixels, training
        digits against unseen ones; both losses, means since the look before. And samples, uint8 (KEPT, 1,
        28, 28), of the end.
    """
    import torch  # what is stored is read without it

    from gancourse.features import extract
    from gancourse.models import MLPDiscriminator, MLPGenerator
    from gancourse.penalties import r1, r2
    from gancourse.training import train

    class Images(MLPGenerator):
        def forward(self, z):
            return torch.tanh(super().forward(z))

    seen, unseen = training_set(name), embedded_digits("test")
    integer("watches", watches, high=steps)
    reference = extract(to_network(unseen.pixels))
    flat = [_flat(images.pixels) for images in (seen, unseen)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = Images(NOISE, WIDTH, 2, 784), MLPDiscriminator(784, WIDTH, 2)
    noise = networks[0].noise(samples, torch.Generator().manual_seed(seed))
    rows, last = [], {}

    def look(step, generator, discriminator):
        with torch.no_grad():
            made = generator(noise).numpy().reshape(-1, 1, 28, 28)
        found = memorisation(_flat(to_pixels(made)), *flat, rng=0)
        rows.append([step, frechet_distance(extract(made), reference), *found])
        last["made"] = made

    def sample(n, rng):
        return seen.sample(n, rng).reshape(n, -1)

    def penalty(discriminator, real, fake):
        return 0.5 * (r1(discriminator, real) + r2(discriminator, fake))

    settings = {"batch": 32, "learning_rate": 1e-3, "average": 0.995, "threads": 1, "progress": False}
    history = train(
        *networks, sample, "relativistic", steps=steps, seed=seed, penalty=penalty, watch=look,
        watch_every=max(1, steps // watches), **(settings | options),
    )  # fmt: skip
    rows = np.array([row for row in rows if row[0] > 0], dtype=np.float64)
    ends = rows[:, 0]
    starts = np.concatenate([[0], ends[:-1]])
    spans = [(history.step > a) & (history.step <= b) for a, b in zip(starts, ends, strict=True)]
    losses = [
        np.array([np.asarray(values)[span].mean() for span in spans])
        for values in (history.discriminator_loss, history.generator_loss)
    ]
    curves = dict(zip(CURVES, [*rows.T, *losses], strict=True))
    return curves | {"samples": to_pixels(last["made"][:KEPT])}


def _flat(pixels):
    """Images as rows, from 0 to 1."""
    return pixels.reshape(len(pixels), -1) / 255.0


def measure(names=tuple(RUNS), *, path=STORED, say=print, **options):
    """Make the runs that are not stored yet, and store each as it ends: numbers as JSON, images beside it."""
    for name in names:
        record, images = _read(path)
        if name in record.get("runs", {}):
            say(f"{name}: there already")
            continue
        found = run(name, **options)
        images[name] = found.pop("samples")
        with appears_whole(path.with_suffix(".npz")) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **images)
        record |= {"command": COMMAND, "width": WIDTH, "samples": SAMPLES, "versions": _versions()}
        record.setdefault("runs", {})[name] = {
            key: [float(f"{v:.5g}") for v in values] for key, values in found.items()
        }
        with appears_whole(path) as partial:
            partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        ends = [f"{key} {found[key][-1]:.3f}" for key in ("frechet", "share", "ratio")]
        say(f"{name}: {', '.join(ends)}")


def stored(path=STORED):
    """What ``tools/measure_memorisation.py`` measured.

    Returns:
        dict: a name of RUNS -> dict as by ``run``; empty where nothing was measured.
    """
    record, images = _read(path)
    return {
        name: {key: np.array(values) for key, values in row.items()} | {"samples": images[name]}
        for name, row in record.get("runs", {}).items()
    }


def _read(path):
    if not path.is_file():
        return {}, {}
    record = json.loads(path.read_text(encoding="utf-8"))
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
        return record, {name: file[name] for name in file.files}


def _versions():
    import torch

    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
