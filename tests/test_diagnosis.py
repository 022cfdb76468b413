"""Each verdict on a record made for it, on both sides of each threshold; then on short real runs."""

import importlib
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from gancourse import densities
from gancourse._remedies import REMEDIES
from gancourse._symptoms import clusters
from gancourse.confusion import confusion, end_state
from gancourse.diagnosis import VERDICTS, Diagnosis, diagnose, record_of
from gancourse.ensemble import train_ensemble
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.monitor import Monitor
from gancourse.penalties import clip_, r1
from gancourse.training import TrainingDiverged, train

RING = densities.ring(modes=8, radius=1.0, std=0.1)
ROWS = 30


def made(**changes):
    """A record of a run on eight modes that nothing is the matter with; names may be changed, or None."""
    t = np.arange(ROWS)
    record = {
        "step": 100 * t,
        "discriminator_loss": np.full(ROWS, 1.38),
        "generator_loss": np.full(ROWS, 0.70),
        "real_logit": np.full(ROWS, 0.05),
        "fake_logit": np.full(ROWS, -0.05),
        "accuracy": np.full(ROWS, 0.55),
        "sample_gradient": np.full(ROWS, 0.5),
        "centre": np.stack([np.exp(-t / 3.0), np.zeros(ROWS)], axis=1),
        "spread": 1 - 0.9 * np.exp(-t / 3.0),
        "captured": np.full(ROWS, 8.0),
        "high_quality": 0.8 - 0.7 * np.exp(-t / 3.0),
    }
    record |= {k: v if v is None or np.ndim(v) else np.full(ROWS, float(v)) for k, v in changes.items()}
    return {name: values for name, values in record.items() if values is not None}


def verdict(modes=8, **changes):
    return diagnose(made(**changes), modes=modes).verdict


def orbit(radius, turns=2.0, shrink=1.0):
    """A centre that goes round, at this rms distance from its mean, so often in the second half."""
    angle = 2 * np.pi * turns * 2 * np.arange(ROWS) / ROWS
    size = radius * shrink ** np.arange(ROWS)
    return size[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def nan_at(row):
    losses = np.full(ROWS, 0.7)
    losses[row:] = np.nan
    return losses


# --- a verdict each, and both sides of its threshold -----------------------------------------------


def test_nothing_is_the_matter():
    found = diagnose(made(), modes=8)
    assert (found.verdict, found.remedies) == ("healthy", ())
    assert found.words.startswith("8 of 8 modes found")


@pytest.mark.parametrize(
    ("want", "changes"),
    [
        ("diverged", {"generator_loss": nan_at(25)}),
        ("diverged", {"generator_loss": np.where(np.arange(ROWS) < 15, 1.0, 101.0)}),
        ("healthy", {"generator_loss": np.where(np.arange(ROWS) < 15, 1.0, 99.0)}),
        ("healthy", {"generator_loss": np.where(np.arange(ROWS) < 15, 2.0, 190.0)}),
        ("gradient vanished", {"sample_gradient": 0.009, "high_quality": 0.7}),
        ("healthy", {"sample_gradient": 0.011, "high_quality": 0.7}),
        ("healthy", {"sample_gradient": 0.0, "high_quality": 0.76}),
        ("gradient vanished", {"sample_gradient": 0.0, "high_quality": 0.76, "captured": 7}),
        ("collapsed", {"spread": np.where(np.arange(ROWS) < 15, 1.0, 0.049)}),
        ("healthy", {"spread": np.where(np.arange(ROWS) < 15, 1.0, 0.051)}),
        ("critic too strong", {"accuracy": 0.96}),
        ("unclear", {"accuracy": 0.94}),
        ("cycling", {"centre": orbit(0.35), "spread": 1.0}),
        ("healthy", {"centre": orbit(0.28), "spread": 1.0}),
        ("collapsed", {"captured": 6, "high_quality": 0.06}),
        ("healthy", {"captured": 7.5}),
        ("unclear", {"captured": 7}),
        ("off the data", {"captured": 2, "high_quality": 0.04}),
        ("off the data", {"high_quality": 0.49}),
        ("healthy", {"high_quality": 0.51}),
        ("unclear", {"high_quality": 0.49, "discriminator_loss": 1.33}),
        ("off the data", {"high_quality": 0.49, "discriminator_loss": 1.34}),
        ("unclear", {"accuracy": 0.76}),
        ("healthy", {"accuracy": 0.74}),
        ("still training", {"high_quality": np.where(np.arange(ROWS) < 20, 0.40, 0.44)}),
        ("off the data", {"high_quality": np.where(np.arange(ROWS) < 20, 0.42, 0.44)}),
    ],
)  # fmt: skip
def test_both_sides_of_each_threshold(want, changes):
    assert verdict(**changes) == want


def test_a_path_that_goes_away_or_comes_to_rest_is_no_cycle():
    data = RING.sample(400, np.random.default_rng(0))  # S = 1.0, however far the samples went
    leaving = np.stack([np.linspace(0, 3, ROWS), np.zeros(ROWS)], axis=1)
    for centre, crossings, persistence in (
        (orbit(0.4), 3, 0.9),
        (leaving, 1, 0.9),
        (orbit(4.0, shrink=0.88), 3, 0.45),
    ):
        found = diagnose(made(centre=centre, spread=1.0), modes=8, data=data)
        assert found.evidence["wandering"] > 0.3
        cycles = crossings >= 3 and persistence >= 0.5
        assert found.verdict == ("cycling" if cycles else "healthy")
        assert (found.evidence["crossings"] >= 3) == (crossings >= 3)
        assert (found.evidence["persistence"] >= 0.5) == (persistence >= 0.5)


def still(distance, gap=1.0, **changes):
    """The verdict where samples move by so much over the last third, while D holds them below the data."""
    samples = np.zeros((ROWS, 50, 2))
    samples[-ROWS // 3 :, :, 0] = np.linspace(0, distance, ROWS // 3)[:, None]
    changes = {"samples": samples, "real_logit": gap / 2, "fake_logit": -gap / 2, **changes}
    return verdict(captured=2, high_quality=0.02, discriminator_loss=1.0, accuracy=0.7, **changes)


def test_samples_that_stand_still_are_compared_one_by_one():
    assert still(0.09) == "standing still"
    assert still(0.11) != "standing still"
    assert still(0.09, gap=0.29) != "standing still"
    # without samples, by centre, spread and the share near a mode; without those, nothing is said
    assert still(0.0, samples=None) == "standing still"
    assert still(0.0, samples=None, centre=orbit(0.04)) != "standing still"
    bare = made(real_logit=0.5, fake_logit=-0.5, captured=None, high_quality=None)
    assert diagnose(bare).verdict == "unclear"


def test_words_and_remedies_fit_the_verdict():
    found = diagnose(made(captured=3), modes=8)
    assert "collapsed onto 3 of 8 modes" in found.words and any("packing" in r for r in found.remedies)
    assert found.evidence["found"] == pytest.approx(3 / 8)
    point = diagnose(made(spread=np.where(np.arange(ROWS) < 15, 1.0, 0.01), accuracy=0.0), modes=8)
    assert "one point" in point.words and "labels" in point.words
    vanished = diagnose(made(sample_gradient=0.0, high_quality=0.6, accuracy=0.5), modes=8)
    assert "blind" in vanished.words
    sure = diagnose(made(sample_gradient=0.0, high_quality=0.6, accuracy=0.99), modes=8)
    assert "99%" in sure.words and "blind" not in sure.words


def test_remedies_name_things_that_there_are():
    assert all(REMEDIES[verdict_] for verdict_ in set(VERDICTS) - {"healthy"})
    named = re.findall(
        r"`(methods|penalties)\.(\w+)", " ".join(r for rows in REMEDIES.values() for r in rows)
    )
    assert len(named) >= 4
    for module, name in named:
        assert hasattr(importlib.import_module(f"gancourse.{module}"), name), name
    keywords = inspect.signature(train).parameters
    assert {"average", "learning_rate", "step"} <= set(keywords)


def test_it_shows_itself_and_escapes():
    found = diagnose(made(captured=3), modes=8)
    assert repr(found).startswith("collapsed onto 3 of 8 modes.")
    assert repr(found).count("\n") == len(found.remedies) == found._repr_html_().count("<li>")
    assert "<b>Collapsed</b> onto 3 of 8" in found._repr_html_()
    assert repr(diagnose(made(), modes=8)).startswith("healthy: 8 of 8 modes found.")
    assert "&lt;b&gt;" in Diagnosis("unclear", "<b>")._repr_html_()


def test_no_rule_knows_the_unit():
    """All lengths a thousandfold, slopes a thousandth: the same run in other units."""
    turning = {"centre": orbit(0.35), "spread": 1.0}
    for changes in ({}, {"captured": 3}, turning, {"sample_gradient": 0.009, "high_quality": 0.7}):
        record = made(**changes)
        other = record | {
            "centre": 1000 * record["centre"], "spread": 1000 * record["spread"],
            "sample_gradient": record["sample_gradient"] / 1000,
        }  # fmt: skip
        assert diagnose(other, modes=8).verdict == diagnose(record, modes=8).verdict


# --- what it may know ------------------------------------------------------------------------------


def test_without_modes_and_samples_it_does_not_tell_collapsed_from_healthy():
    for captured in (3, 8):
        record = made(captured=captured)
        assert diagnose(record).verdict == "unclear"


@pytest.mark.parametrize(("kept", "want"), [(8, "healthy"), (3, "collapsed")])
def test_with_data_and_samples_it_counts_the_clusters_of_the_data(kept, want):
    rng, narrow = np.random.default_rng(0), densities.ring(modes=8, radius=1.0, std=0.05)
    data = narrow.sample(500, rng)
    points, labels = narrow.sample(4000, rng, labels=True)
    points = points[labels < kept][:200]
    samples = np.full((ROWS, 200, 2), np.nan)
    samples[[12, 24, 29]] = points
    record = made(samples=samples, captured=None, high_quality=None)
    found = diagnose(record, data=data)
    assert found.verdict == want
    assert f"{kept} of 8 modes" in found.words


def test_clusters_are_those_that_are_there_and_none_where_there_are_none():
    rng = np.random.default_rng(1)
    assert len(clusters(densities.grid().sample(500, rng))) == 25
    assert len(clusters(densities.ring().sample(300, rng))) == 8
    assert clusters(rng.normal(size=(500, 2))) is None
    assert clusters(densities.swiss_roll().sample(500, np.random.default_rng(0))) is None
    assert clusters(densities.ring(modes=8, radius=1.0, std=0.3).sample(500, rng)) is None


def test_a_critic_of_another_scale_is_not_read_as_logits():
    record = made(accuracy=0.99)
    assert diagnose(record, modes=8).verdict == "critic too strong"
    assert diagnose(record, modes=8, logits=False).verdict == "healthy"
    assert diagnose(made(high_quality=0.4), modes=8, logits=False).verdict == "unclear"


def test_a_record_that_grows_is_read_at_every_length():
    record = made()
    said = [diagnose({k: v[:n] for k, v in record.items()}, modes=8).verdict for n in range(ROWS + 1)]
    assert said[:6] == ["still training"] * 6 and said[-1] == "healthy"
    assert set(said) <= {"still training", "healthy", "unclear"}
    for rows, want in ((5, "still training"), (6, "healthy")):
        assert diagnose({k: v[-rows:] for k, v in record.items()}, modes=8).verdict == want
    broken = {"step": [1, 2], "generator_loss": [0.7, np.nan]}
    assert diagnose(broken).verdict == "diverged" and "step 1" in diagnose(broken).words


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("record", lambda: diagnose(None)),
        ("record", lambda: diagnose({"generator_loss": [1.0]})),
        ("step", lambda: diagnose({"step": [1, 1]})),
        ("step", lambda: diagnose({"step": ["a"]})),
        ("centre", lambda: diagnose(made(centre=np.zeros(ROWS)))),
        ("samples", lambda: diagnose(made() | {"samples": np.zeros((ROWS, 2))})),
        ("accuracy", lambda: diagnose(made() | {"accuracy": [0.5]})),
        ("modes", lambda: diagnose(made(), modes=0)),
        ("data", lambda: diagnose(made(), data=np.zeros(5))),
        ("data", lambda: diagnose(made(), data=np.zeros((5, 2)))),
        ("logits", lambda: diagnose(made(), logits="no")),
        ("run", lambda: record_of(3)),
        ("run", lambda: record_of([(0, {"loss": 1.0})])),
        ("member", lambda: record_of([(0, {"centre": np.zeros((1, 2)), "spread": np.zeros(1)})], member=1)),
        ("runs", lambda: confusion([])),
        ("runs", lambda: confusion([("a", "ill", "healthy")])),
        ("runs", lambda: confusion([("a", "healthy", "ill")])),
        ("captured", lambda: end_state(9, 0.5, 8)),
        ("high_quality", lambda: end_state(8, 1.5, 8)),
    ],
)
def test_bad_input_is_named(name, call):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        call()


def test_it_needs_no_torch():
    code = "import sys, gancourse.diagnosis, gancourse.confusion; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


# --- records ---------------------------------------------------------------------------------------


def test_a_record_of_each_kind_of_run():
    monitor = Monitor(RING, batch=32, coverage=50, samples=10)
    torch.manual_seed(0)
    networks = [(MLPGenerator(width=8), MLPDiscriminator(width=8)) for _ in range(2)]
    history = train_ensemble(
        *zip(*networks, strict=True), RING.sample, seeds=[0, 1], steps=4, batch=8, watch=monitor,
        watch_every=2, progress=False,
    )  # fmt: skip
    for member in (0, 1):
        record = record_of(history, member)
        assert record["step"].tolist() == [0, 2, 4]
        assert record["samples"].shape == (3, 10, 2) and record["centre"].shape == (3, 2)
        for name in ("accuracy", "spread", "centre", "samples"):
            assert np.array_equal(record[name], [row[name][member] for _, row in history.watched])
        grown = record_of(history.watched[:2], member)
        assert grown["step"].tolist() == [0, 2]
    assert not np.allclose(record_of(history, 0)["spread"], record_of(history, 1)["spread"])
    assert record_of([])["step"].size == 0
    bare = train(*networks[0], RING.sample, steps=3, batch=8, progress=False)
    record = record_of(bare)
    assert set(record) == {"step", "discriminator_loss", "generator_loss"} and len(record["step"]) == 3
    seen = train(*networks[0], RING.sample, steps=3, batch=8, watch=lambda *a: 1.0, progress=False)
    assert len(record_of(seen)["step"]) == 3


# --- real runs, a verdict each ---------------------------------------------------------------------


def real_run(objective="non_saturating", *, steps=300, batch=64, data=RING, seed=0, network=None, **options):
    """A short run, watched thirty times."""
    torch.manual_seed(seed)
    generator, discriminator = network() if network else (MLPGenerator(width=32), MLPDiscriminator(width=32))
    monitor = Monitor(data, objective, batch=256, coverage=500, samples=100)
    try:
        return train(
            generator, discriminator, data.sample, objective, steps=steps, batch=batch, watch=monitor,
            watch_every=max(1, steps // ROWS), seed=seed, progress=False, threads=1, device="cpu", **options,
        )  # fmt: skip
    except TrainingDiverged as error:
        return error


def penalised(critic, real, fake):
    return 0.1 * r1(critic, real)


def dirac_like():
    """An affine generator against a linear critic: clipped, the cycle of lecture 11, which never ends."""
    return MLPGenerator(depth=0), MLPDiscriminator(depth=0)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.3)


AWAY = densities.Mixture([1.0], [[2.0, 0.0]], stds=0.1)
REAL = {
    "cycling": lambda: real_run(
        "wasserstein",
        data=AWAY,
        network=dirac_like,
        steps=240,
        constraint=lambda critic: clip_(critic, 2.0),
        generator_optimizer=sgd,
        discriminator_optimizer=sgd,
    ),
    "healthy": lambda: real_run(steps=900, penalty=penalised, learning_rate=3e-3),
    "collapsed": lambda: real_run(steps=240, learning_rate=2e-3, seed=1),
    "gradient vanished": lambda: real_run("minimax", learning_rate=(1e-5, 5e-3), discriminator_steps=2),
    "critic too strong": lambda: real_run(learning_rate=(1e-5, 5e-3)),
    "diverged": lambda: real_run("wasserstein", learning_rate=(1e-3, 0.3)),
}


@pytest.mark.parametrize("want", REAL)
def test_real_runs(want):
    found = diagnose(record_of(REAL[want]()), modes=8, logits=want not in ("cycling", "diverged"))
    assert found.verdict == want, found
