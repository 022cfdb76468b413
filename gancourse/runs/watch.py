"""What a run on images leaves behind as it goes: samples, scores, and the state of the game."""

import csv
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from gancourse import plots
from gancourse._formats import appears_whole
from gancourse.data import to_network
from gancourse.runs.judge import METRICS, generated

__all__ = ["Watch", "read_rows", "save_picture"]

_SHOWN, _COLUMNS, _BATCH = 64, 8, 256


class Watch:
    """A ``watch`` for ``train``, which returns rows as a ``Monitor`` does, of one member.

    Each call draws 64 samples of the same noise into ``samples/step-….png``, scores the judge's number of
    samples, measures both players on 256 real images and 256 samples, always the same noise, and writes a
    line of ``metrics.csv``: what was killed keeps all lines up to then. A step that is done again replaces
    its line.

    Arguments:
        folder: a Path that exists.
        judge: a Judge, of as many images as there is time for.
        objective: of the run.
        conditional: whether the discriminator is told the class.
        show: print a line for each call.
        seed: of the choice of the real images.
    """

    def __init__(self, folder, judge, objective, *, conditional=False, show=True, seed=0):
        self.folder, self.judge, self.objective = Path(folder), judge, objective
        self.conditional, self.show = conditional, show
        which = np.random.default_rng(seed).choice(len(judge.train), _BATCH)
        self.real = to_network(judge.train.pixels[which])
        self.labels = np.eye(len(judge.train.classes), dtype=np.float32)[judge.train.labels[which]]
        self.table = self.folder / "metrics.csv"
        self.rows, self.last = read_rows(self.table), None
        (self.folder / "samples").mkdir(exist_ok=True)

    def __call__(self, step, generator, discriminator):
        start = time.perf_counter()
        if self.last and not all(value.isfinite().all() for value in generator.state_dict().values()):
            # on a GPU losses are not read in every step, so this may come before the run stops
            return {name: np.full_like(value, np.nan) for name, value in self.last.items()}
        state = self._players(generator, discriminator)
        shown = generator(generator.noise(_SHOWN)).float().cpu()
        save_picture(self.folder / "samples" / f"step-{step:08d}.png", shown)
        pixels = generated(generator, self.judge.n)
        looked = self.judge.look(pixels)
        scores = self.judge.scores(pixels, looked)
        flat = to_network(pixels).reshape(len(pixels), -1).astype(np.float64)
        found = state | scores | {"centre": flat.mean(0), "spread": np.sqrt(flat.var(0).sum())}
        if looked[1] is not None:
            _, found["captured"], found["high_quality"] = self.judge.modes(looked[1])
        seconds = time.perf_counter() - start
        self._write(step, {k: v for k, v in found.items() if k != "centre"} | {"judged_in": seconds})
        if self.show:
            words = ", ".join(f"{METRICS[k][0]} {scores[k]:.4g}" for k in ("frechet", "precision", "recall"))
            tqdm.write(f"step {step:,}: {words}; the data score {self.judge.floor['frechet']:.4g}")
        self.last = {name: np.asarray(value, dtype=np.float64)[None] for name, value in found.items()}
        return self.last

    def _players(self, generator, discriminator):
        """Losses, logits, accuracy and slope, as ``gancourse.monitor.Monitor`` defines them."""
        z = generator.noise(_BATCH)
        real = torch.from_numpy(self.real).to(z.device, z.dtype)
        told = torch.from_numpy(self.labels).to(z.device, z.dtype)
        asked = generator.labels(z) if self.conditional else None
        with torch.enable_grad():
            fake = generator(z).detach().requires_grad_(True)
            real_logits = discriminator(real, told) if self.conditional else discriminator(real)
            fake_logits = discriminator(fake, asked) if self.conditional else discriminator(fake)
            loss = self.objective.generator(fake_logits, real_logits)
            (slope,) = torch.autograd.grad(loss, fake)
        with torch.no_grad():
            found = {
                "discriminator_loss": self.objective.discriminator(real_logits, fake_logits),
                "generator_loss": loss,
                "real_logit": real_logits.mean(),
                "fake_logit": fake_logits.mean(),
                "accuracy": ((real_logits > 0).double().mean() + (fake_logits < 0).double().mean()) / 2,
                "sample_gradient": _BATCH * slope.flatten(1).norm(dim=1).mean(),
            }
        return {name: float(value) for name, value in found.items()}

    def _write(self, step, row):
        self.rows[step] = {name: float(value) for name, value in row.items()}
        names = list(dict.fromkeys(name for row in self.rows.values() for name in row))
        with appears_whole(self.table) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["step", *names], restval="")
            writer.writeheader()
            for at in sorted(self.rows):
                writer.writerow({"step": at} | self.rows[at])


def read_rows(path):
    """The lines of a metrics.csv, step to dict of floats; none where there is no file."""
    if not Path(path).is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {int(row.pop("step")): {k: float(v) for k, v in row.items() if v} for row in rows}


def save_picture(path, images, columns=_COLUMNS):
    """Images (n, c, h, w) in [−1, 1] as one PNG, in rows."""
    sheet = np.rint(255 * plots.tile(images, columns)).astype(np.uint8)
    with appears_whole(path) as partial:
        Image.fromarray(sheet).save(partial, format="png")
