"""A generator judged by every metric at once, with errors, and with the real data's own scores beside."""

import dataclasses
import json
import platform
import time
from pathlib import Path

import numpy as np

from gancourse import _evaluation_text, _measures
from gancourse._formats import appears_whole
from gancourse._image_sets import alike, read_images
from gancourse._measures import Described, Score
from gancourse._progress import bar
from gancourse._validate import choice, generator
from gancourse.features import from_pixels
from gancourse.metrics import (
    frechet_distance_extrapolated,
    nearest_neighbours,
)

__all__ = ["Evaluation", "Row", "evaluate"]


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: of the metric.
        better: "less", "more", or what a perfect generator has.
        score: a Score (value, error) of all images.
        same_size: of as many images as ``floor`` has, so that the two may be compared; or None.
        floor: of the real images' two halves against each other; or None.
    """

    name: str
    better: str
    score: Score
    same_size: Score | None = None
    floor: Score | None = None


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What :func:`evaluate` found.

    Attributes:
        rows: a Row for each metric.
        remarks: sentences on what the numbers of images allow to say.
        network: whose features were compared.
        n_real, n_fake, n_floor: numbers of images: of the two sets, and of each set in the last two columns.
        seconds: wall time.
        shown: what the figure draws, arrays by name.
    """

    rows: list
    remarks: list
    network: str
    n_real: int
    n_fake: int
    n_floor: int
    seconds: float
    shown: dict

    def __getitem__(self, name):
        """The Score of a metric, by its name in the table."""
        names = {row.name: row for row in self.rows}
        return names[choice("name", name, names)].score

    def __repr__(self):
        return self.table()

    def table(self):
        """The table as text, with what it rests on above and the remarks below."""
        return _evaluation_text.table(self)

    def as_dict(self):
        """What is written to evaluation.json: numbers, text, lists and dictionaries."""
        rows = []
        for row in self.rows:
            scores = {name: getattr(row, name) for name in ("score", "same_size", "floor")}
            rows.append(
                {"metric": row.name, "better": row.better}
                | {name: None if s is None else _plain(s) for name, s in scores.items()}
            )
        return {
            "network": self.network,
            "images": {"real": self.n_real, "generated": self.n_fake, "same_size_and_floor": self.n_floor},
            "rows": rows,
            "remarks": self.remarks,
            "seconds": round(self.seconds, 1),
        }

    def figure(self):
        """A matplotlib Figure: samples and their nearest real images, the scores, what n does to them."""
        from gancourse._evaluation_figure import draw

        return draw(self)

    def save(self, folder, **facts):
        """Write ``evaluation.json`` and ``evaluation.png`` into a folder, which is made; their Paths.

        Arguments:
            folder: where to.
            facts: what the JSON is to hold beside: the command, the names of the sets.

        Raises:
            DataError: the files cannot be written.
        """
        picture, record = (Path(folder) / f"evaluation.{ending}" for ending in ("png", "json"))
        versions = {"python": platform.python_version(), "numpy": np.__version__}
        text = json.dumps(facts | self.as_dict() | {"versions": versions}, indent=2, ensure_ascii=False)
        with appears_whole(record) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
        with appears_whole(picture) as partial:
            self.figure().savefig(partial, format="png")
        return record, picture


def evaluate(real, fake, features="digits", held_out=None, *, device="cpu", progress=True, seed=0):
    """Compare generated images with real ones by every metric.

    Each metric is computed three times: on all images; on as many as half of the real ones; and on the two
    halves of the real images against each other. The last is the floor, what a perfect generator scores, and
    to be compared with the column before it, not with the first: scores depend on the number of images.
    Errors are those of drawing the images, the generator as it is, most by
    :func:`gancourse.metrics.half_sampling`. Precision, recall, density, coverage and kernel distance take
    10,000 images of each set at most. The Parzen log-likelihood is one of pixels in [0, 1], of 1,000 real
    images, with the bandwidth that suits others of them best.

    Time: the features, and for 10,000 images of each set a few minutes. On Inception's features one Fréchet
    distance takes eight seconds of a core, and thirty are taken.

    Arguments:
        real, fake: what :func:`gancourse._image_sets.read_images` takes: a folder of PNG or JPEG files, a
            ``.npy`` or ``.npz`` file, a data set such as ``"mnist:test"``, or an array of uint8 or of floats
            in [−1, 1] with shape (n, channels, height, width); at least 25 images each.
        features: ``"digits"``, ``"cifar"`` or ``"inception"``, see :func:`gancourse.features.extract`; None
            takes the one that the images' size suits. ``"digits"`` takes stacks of three digits too, channel
            by channel, and then counts their 1,000 modes.
        held_out: real images that the generator has not seen, as ``real``, if ``real`` is what it was
            trained on: then its memory is measured as well.
        device: where the network computes.
        progress: show a progress bar.
        seed: settles how the images are shuffled and halved.

    Returns:
        Evaluation: ``print`` it for the table.

    Raises:
        ValueError: sets that are not images, too few, not of one size, or of a size that the network does
            not take; torch-fidelity is not installed.
        DataError: a file cannot be read, weights are missing or cannot be downloaded.
    """
    start = time.perf_counter()
    rng = generator("seed", seed)
    named = {"real": real, "generated": fake} | ({} if held_out is None else {"held out": held_out})
    sets = {
        name: read_images(source, None if isinstance(source, str | Path) else name)
        for name, source in named.items()
    }
    sets, network = alike(sets, features)
    sets = {name: pixels[rng.permutation(len(pixels))] for name, pixels in sets.items()}
    images = sum(map(len, sets.values()))
    with bar(2 * images, progress) as done:
        described = {
            name: _described(pixels, network, device, lambda n, name=name: done(n, f"features, {name}"))
            for name, pixels in sets.items()
        }
        a, b = described["real"], described["generated"]
        half = min(len(a) // 2, len(b))
        first, second, few = a.take(slice(half)), a.take(slice(-half, None)), b.take(slice(half))
        chosen = _measures.measures(a, network=network, size=min(len(a), len(b)))
        rows = []
        for measure in chosen:
            columns = []
            for pair in ((a, b), (first, few), (first, second)):
                columns.append(measure.compute(*pair))
                done(images / (3 * len(chosen)), measure.names[0])
            rows += [Row(*row) for row in zip(measure.names, measure.better, *columns, strict=True)]
        if held_out is not None:
            share, ratio = _measures.memorised(a, b, described["held out"])
            rows += [
                Row("nearer to real than held out", "0.5", share),
                Row("… ratio of distances", "1", ratio),
            ]
        shown = _shown(a, b, first, second)
    remarks = _evaluation_text.remarks(a, b, half, held_out is not None, network)
    return Evaluation(rows, remarks, network, len(a), len(b), half, time.perf_counter() - start, shown)


def _described(pixels, network, device, progress):
    if network != "digits" or pixels.shape[1] == 1:
        return Described(pixels, *from_pixels(pixels, network, device=device, progress=progress), None)
    n = len(pixels)
    single = pixels.reshape(3 * n, 1, 28, 28)
    features, probabilities = from_pixels(single, network, device=device, progress=lambda k: progress(k / 3))
    return Described(pixels, features.reshape(n, -1), None, probabilities.argmax(1).reshape(n, 3))


def _shown(a, b, first, second):
    """What the figure needs, in arrays that are small enough to keep."""
    n, half = min(len(a), len(b)), len(first)
    parts = (1, 2, 4) if a.features.shape[1] > _measures.WIDE else (1, 2, 3, 4, 5)
    sizes = [n // part for part in parts]
    lines = {
        "generated": frechet_distance_extrapolated(a.features, b.features, sizes),
        "floor": frechet_distance_extrapolated(
            first.features, second.features, [size for size in sizes if size <= half]
        ),
    }
    near = nearest_neighbours(b.features[:16], a.features).indices[:, 0]
    shown = {"real": a.pixels[:32], "fake": b.pixels[:32], "nearest": a.pixels[near], "lines": lines}
    if a.probabilities is not None and a.probabilities.shape[1] == 10:
        counts = (np.bincount(x.probabilities.argmax(1), minlength=10) / len(x) for x in (a, b))
        return shown | {"classes": np.array(list(counts))}
    both = np.concatenate([x.features[:1000] for x in (a, b)])
    axes = np.linalg.svd(both - both.mean(0), full_matrices=False)[2][:2]
    return shown | {"projections": [(x.features[:1000] - both.mean(0)) @ axes.T for x in (a, b)]}


def _plain(score):
    """JSON has no infinity."""
    numbers = (None if x is None or not np.isfinite(x) else float(x) for x in score)
    return dict(zip(Score._fields, numbers, strict=True))
