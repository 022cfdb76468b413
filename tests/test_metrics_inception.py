"""The Inception score: its range, its splits, torchmetrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gancourse.metrics import inception_score


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.claim("G2")
@pytest.mark.parametrize("k", [2, 10, 1000])
def test_the_ends_of_its_range(k):
    mean, std = inception_score(np.eye(k), splits=1)
    assert (mean, std) == (pytest.approx(k), 0)
    assert inception_score(np.full((50, k), 1 / k)) == (pytest.approx(1), pytest.approx(0, abs=1e-12))
    assert inception_score(np.tile(np.eye(k)[0], (50, 1))) == (1.0, 0.0), "sure, but always of one class"


@pytest.mark.claim("G2")
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 8), st.floats(0.1, 30))
def test_lies_between_one_and_the_number_of_classes(seed, n, k, scale):
    p = softmax(scale * np.random.default_rng(seed).normal(size=(n, k)))
    mean, std = inception_score(p, splits=1)
    assert 1 - 1e-12 <= mean <= k + 1e-9
    assert std == 0


@pytest.mark.claim("G2")
def test_is_exp_of_the_mutual_information(rng):
    p = softmax(rng.normal(size=(200, 7)))
    marginal = p.mean(0)
    entropy_gap = -(marginal * np.log(marginal)).sum() + (p * np.log(p)).sum(1).mean()
    assert inception_score(p, splits=1)[0] == pytest.approx(np.exp(entropy_gap), rel=1e-12)


def test_splits_are_runs_in_the_order_given(rng):
    p = softmax(3 * rng.normal(size=(103, 5)))
    edges = [i * 103 // 4 for i in range(5)]
    runs = [inception_score(p[a:b], splits=1)[0] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    assert inception_score(p, splits=4) == (pytest.approx(np.mean(runs)), pytest.approx(np.std(runs)))
    ordered = np.repeat(np.eye(10), 10, axis=0)
    assert inception_score(ordered, splits=10)[0] == 1, "each run sees one class"
    assert inception_score(ordered, splits=1)[0] == pytest.approx(10)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_agrees_with_torchmetrics(rng):
    import torch
    from torchmetrics.image.inception import InceptionScore

    class Logits(torch.nn.Module):
        def forward(self, images):
            return images[:, 0, :, 0].double()

    logits = rng.normal(size=(500, 12)) * 2
    theirs = InceptionScore(feature=Logits(), normalize=True, splits=1).set_dtype(torch.float64)
    theirs.feature = None
    theirs.features = [torch.from_numpy(logits)]
    expected = float(theirs.compute()[0])
    assert inception_score(softmax(logits), splits=1)[0] == pytest.approx(expected, rel=1e-6)


def test_float32_softmax_is_near_enough_to_one(rng):
    p = softmax(rng.normal(size=(100, 1000)).astype(np.float32)).astype(np.float32)
    wide = softmax(np.log(p.astype(np.float64)))
    assert inception_score(p)[0] == pytest.approx(inception_score(wide)[0], rel=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([[0.5, 0.6]], 1), "^probabilities: .*sum to one.*1.1"),
        (([[1.5, -0.5]], 1), "^probabilities: .*negative"),
        (([[np.nan, 1.0]], 1), "^probabilities: .*NaN"),
        (([0.5, 0.5], 1), "^probabilities:"),
        ((np.empty((0, 3)), 1), "^probabilities:"),
        ((np.eye(3), 4), "^splits: .*at most 3.*got 4"),
        ((np.eye(3), 0), "^splits:"),
        ((np.eye(3), 1.5), "^splits:"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        inception_score(*arguments)
