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
from gancourse._clusters import clusters, estimated_modes
from gancourse._remedies import REMEDIES
from gancourse.confusion import confusion, end_state, goes_round
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


def nan_at(*rows):
    losses = np.full(ROWS, 0.7)
    losses[list(rows)] = np.nan
    return losses


def from_row(row, before, after):
    """One number up to a row, another from it on. The last quarter starts at row 22, the last tenth at 27."""
    return np.where(np.arange(ROWS) < row, float(before), float(after))


def turning(radius, spread, shrink=1.0):
    """A body of this spread that goes round; the first row sets the size of all to 1."""
    return {"centre": orbit(radius, shrink=shrink), "spread": from_row(1, 1.0, spread)}


# --- a verdict each, and both sides of its threshold -----------------------------------------------


def test_nothing_is_the_matter():
    found = diagnose(made(), modes=8)
    assert (found.verdict, found.remedies) == ("healthy", ())
    assert found.words.startswith("8 of 8 modes found")


@pytest.mark.parametrize(
    ("want", "changes"),
    [
        ("diverged", {"generator_loss": nan_at(22)}),
        ("healthy", {"generator_loss": nan_at(21)}),
        ("diverged", {"generator_loss": from_row(15, 1.0, 101.0)}),
        ("healthy", {"generator_loss": from_row(15, 1.0, 99.0)}),
        ("healthy", {"generator_loss": from_row(15, 2.0, 190.0)}),
        ("gradient vanished", {"sample_gradient": 0.009, "high_quality": 0.7}),
        ("healthy", {"sample_gradient": 0.011, "high_quality": 0.7}),
        ("healthy", {"sample_gradient": 0.0, "high_quality": 0.76}),
        ("gradient vanished", {"sample_gradient": 0.0, "high_quality": 0.76, "captured": 7}),
        ("collapsed", {"spread": from_row(15, 1.0, 0.049)}),
        ("healthy", {"spread": from_row(15, 1.0, 0.051)}),
        ("cycling", turning(0.35, 0.2)),
        ("healthy", turning(0.28, 0.1)),
        ("cycling", turning(0.35, 0.34)),
        ("healthy", turning(0.35, 0.36)),
        ("cycling", turning(0.35, 0.1) | {"spread": from_row(29, 0.1, 0.26) + from_row(1, 0.9, 0)}),
        ("healthy", turning(0.35, 0.1) | {"spread": from_row(29, 0.1, 0.27) + from_row(1, 0.9, 0)}),
        ("cycling", turning(0.35, 0.3) | {"spread": from_row(29, 0.3, 0.44) + from_row(1, 0.7, 0)}),
        ("healthy", turning(0.35, 0.3) | {"spread": from_row(29, 0.3, 0.46) + from_row(1, 0.7, 0)}),
        ("cycling", turning(0.35, 0.2) | {"captured": 1, "high_quality": 0.5}),
        ("collapsed", {"captured": 6, "high_quality": 0.06}),
        ("imprecise", {"captured": 6.1, "discriminator_loss": 1.0}),
        ("collapsed", {"captured": 6, "accuracy": 0.99}),
        ("critic too strong", {"accuracy": 0.96}),
        ("healthy", {"accuracy": 0.94}),
        ("healthy", {"captured": 7.3}),
        ("imprecise", {"captured": 7.1}),
        ("off the data", {"captured": 2, "high_quality": 0.04}),
        ("off the data", {"high_quality": 0.49}),
        ("healthy", {"high_quality": 0.51}),
        ("imprecise", {"high_quality": 0.49, "discriminator_loss": 1.33}),
        ("off the data", {"high_quality": 0.49, "discriminator_loss": 1.34}),
        ("still training", {"high_quality": from_row(22, 0.40, 0.46)}),
        ("off the data", {"high_quality": from_row(22, 0.42, 0.46)}),
        ("off the data", {"high_quality": from_row(14, 0.30, 0.46)}),
        ("still training", {"high_quality": from_row(27, 0.40, 0.46)}),
        # four of the eight late rows have the median between them
        ("collapsed", {"captured": from_row(26, 3, 8)}),
        ("healthy", {"captured": from_row(25, 3, 8)}),
    ],
)  # fmt: skip
def test_both_sides_of_each_threshold(want, changes):
    assert verdict(**changes) == want


def test_a_path_that_goes_away_or_comes_to_rest_is_no_cycle():
    data = RING.sample(400, np.random.default_rng(0))  # S = 1.0, however far the samples went
    leaving = np.stack([np.linspace(0, 3, ROWS), np.zeros(ROWS)], axis=1)
    resting = orbit(0.6)
    resting[-4:] = resting[-4]
    for centre, swings, stays, moves in (
        (orbit(0.4), True, True, True),
        (leaving, False, True, True),
        (resting, True, True, False),
        (orbit(4.2, shrink=0.88), True, False, True),
    ):
        found = diagnose(made(centre=centre, spread=0.1), modes=8, data=data)
        assert found.evidence["wandering"] > 0.3
        assert found.verdict == ("cycling" if swings and stays and moves else "healthy")
        assert (found.evidence["swings"] >= 3) == swings
        assert (found.evidence["persistence"] >= 0.5) == stays
        assert (found.evidence["pace"] >= 0.3) == moves


def test_a_tremor_about_the_mean_is_no_swing():
    """A path that crosses its mean at each row, by less than half its rms, and goes over once."""
    t = np.arange(ROWS)
    x = np.where(t < 22, -1.0, 1.0)
    x[19:26] = 0.02 * (-1.0) ** t[19:26]  # four rows of the second half before it, four after
    path = np.stack([x, np.zeros(ROWS)], axis=1)
    found = diagnose(made(centre=path, spread=0.1), modes=8)
    assert found.evidence["swings"] == 1 and found.verdict != "cycling"


def still(distance, gap=1.0, **changes):
    """The verdict where samples move by so much over the second half, while D holds them below the data."""
    samples = np.full((ROWS, 50, 2), 7.0)  # far away, until the second half
    samples[ROWS // 2 :] = 0
    samples[ROWS // 2 :, :, 0] = np.linspace(0, distance, ROWS // 2)[:, None]
    changes = {"samples": samples, "real_logit": gap / 2, "fake_logit": -gap / 2, **changes}
    changes = {"captured": 2, "high_quality": 0.02, "accuracy": 0.7, **changes}
    return verdict(discriminator_loss=1.0, **changes)


def test_samples_that_stand_still_are_compared_one_by_one():
    rest = np.zeros((ROWS, 2))
    first = from_row(1, 1.0, 0.9)
    assert still(0.048, centre=rest, spread=first) == "standing still"
    assert still(0.052, centre=rest, spread=first) != "standing still"
    assert still(0.048, gap=0.29, centre=rest, spread=first) != "standing still"
    # a run that has arrived may rest; one that has only modes, few samples, or neither may not
    assert still(0.0, captured=8, high_quality=0.51) == "healthy"
    assert still(0.0, captured=8, high_quality=0.49) == still(0.0, captured=7) == "standing still"
    # without samples, by centre and spread; without modes, nothing more is said
    assert still(0.0, samples=None, centre=rest, spread=first) == "standing still"
    assert still(0.0, samples=None, centre=orbit(0.003), spread=first) != "standing still"
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
    for changes in ({}, {"captured": 3}, turning(0.35, 0.2), {"sample_gradient": 0.009, "high_quality": 0.7}):
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
    samples[12] = data[:200]  # all modes, long ago
    samples[[24, 29]] = points
    record = made(samples=samples, captured=None, high_quality=None)
    found = diagnose(record, data=data)
    assert found.verdict == want
    assert f"{kept} of 8 modes" in found.words
    assert found.evidence["near"] == pytest.approx(0.9889, abs=0.02)  # P(χ² of 2 ≤ 9), as with the true modes


def test_modes_that_one_look_misses_count_together_in_the_last_quarter():
    rng, narrow = np.random.default_rng(0), densities.ring(modes=8, radius=1.0, std=0.05)
    points, labels = narrow.sample(4000, rng, labels=True)
    samples = np.full((ROWS, 100, 2), np.nan)
    for row, some in ((20, [7]), (22, [0, 1, 2]), (25, [2, 3]), (29, [4, 5])):
        samples[row] = points[np.isin(labels, some)][:100]
    record = made(samples=samples, captured=None, high_quality=None)
    assert diagnose(record, data=narrow.sample(500, rng)).evidence["captured"] == 6


def test_clusters_are_those_that_are_there_and_none_where_there_are_none():
    rng = np.random.default_rng(1)
    assert len(clusters(densities.grid().sample(500, rng))) == 25
    assert len(clusters(densities.ring().sample(300, rng))) == 8
    assert clusters(rng.normal(size=(500, 2))) is None
    assert clusters(densities.swiss_roll().sample(500, np.random.default_rng(0))) is None
    assert clusters(densities.ring(modes=8, radius=1.0, std=0.3).sample(500, rng)) is None


def test_modes_estimated_from_data_are_the_true_ones():
    for mixture in (densities.grid(), densities.ring()):
        centres, std = estimated_modes(mixture.sample(500, np.random.default_rng(0)))
        far = np.linalg.norm(centres[:, None] - mixture.means, axis=-1)
        assert sorted(far.argmin(1)) == list(range(len(mixture.means)))
        # a mean of 500/k points errs by s√(k/500) on each axis; s itself by 1/√(2·1,000) of it
        assert far.min(1).max() < 4 * mixture.std * np.sqrt(len(mixture.means) / 500)
        assert std == pytest.approx(mixture.std, rel=4 / np.sqrt(2_000))
    # clusters with gaps, but long: within 3 of their deviations of a centre lies the other one too
    rng = np.random.default_rng(0)
    strokes = np.stack([np.tile(np.linspace(0, 10, 100), 2), np.repeat([0.0, 2.0], 100)], 1)
    strokes += 0.01 * rng.normal(size=strokes.shape)
    assert len(clusters(strokes)) == 2 and estimated_modes(strokes) is None


def test_a_critic_of_another_scale_is_not_read_as_logits():
    record = made(accuracy=0.99)
    assert diagnose(record, modes=8).verdict == "critic too strong"
    assert diagnose(record, modes=8, logits=False).verdict == "healthy"
    assert diagnose(made(high_quality=0.4), modes=8, logits=False).verdict == "imprecise"


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
        ("captured", lambda: end_state([9], [0.5], 8)),
        ("captured", lambda: end_state([-1], [0.5], 8)),
        ("captured", lambda: end_state(8, 0.5, 8)),
        ("high_quality", lambda: end_state([8], [1.5], 8)),
        ("high_quality", lambda: end_state([8, 8], [0.5], 8)),
        ("modes", lambda: end_state([8], [0.5], 0)),
        ("spread", lambda: goes_round(np.zeros((3, 2)), 1.0, RING.means)),
        ("centre", lambda: goes_round(np.zeros((3, 1)), np.ones(3), RING.means)),
        ("means", lambda: goes_round(np.zeros((3, 2)), np.ones(3), [1.0])),
    ],
)
def test_bad_input_is_named(name, call):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        call()


def test_it_needs_no_torch():
    code = "import sys, gancourse.diagnosis, gancourse.confusion; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


# --- the truth, by the true modes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("want", "captured", "good"),
    [
        ("collapsed", 6, 0.05), ("imprecise", 6, 0.049), ("imprecise", 6.1, 0.9), ("imprecise", 7.1, 0.9),
        ("healthy", 7.2, 0.5), ("imprecise", 8, 0.49), ("collapsed", 1, 0.99), ("imprecise", 0, 0.0),
    ],
)  # fmt: skip
def test_the_end_of_a_run_on_both_sides_of_each_threshold(want, captured, good):
    assert end_state([captured], [good], 8) == want
    # what was before the last quarter does not count; in it, the median does
    assert end_state([0] * 6 + [captured] * 2, [0.0] * 6 + [good] * 2, 8) == want
    assert end_state([8] * 9 + [captured] * 2 + [0], [1.0] * 9 + [good] * 2 + [0], 8) == want


def test_samples_go_round_where_they_pass_from_mode_to_mode_as_a_body():
    means, body = RING.means, np.full(ROWS, 0.2)  # the spread of the means is 1
    round_and_round = means[np.arange(ROWS) % 8]
    assert goes_round(round_and_round, body, means)
    assert not goes_round(round_and_round, np.full(ROWS, 0.51), means)  # a cloud that sways
    assert goes_round(round_and_round, np.full(ROWS, 0.49), means)
    assert not goes_round(round_and_round, from_row(ROWS - 1, 0.2, 1.0), means)  # it has just opened
    assert not goes_round(np.tile(means[0], (ROWS, 1)), body, means)
    rested = means[np.array([0, 2, 5] * 10)]
    rested[22:] = means[3]
    assert not goes_round(rested, body, means)
    rested[29] = means[4]
    assert goes_round(rested, body, means)
    # once round, without coming back; to and fro between two of eight; a tremor in the middle of all
    assert not goes_round(means[np.minimum(np.arange(ROWS) * 8 // ROWS, 7)], body, means)
    assert not goes_round(means[np.arange(ROWS) % 2], body, means)
    assert goes_round(means[np.array([0, 2, 5] * 10)], body, means)
    assert not goes_round(0.1 * round_and_round, body, means)
    assert goes_round(0.6 * round_and_round, body, means)


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
    "collapsed": lambda: real_run(steps=200, learning_rate=2e-3, seed=1),
    "gradient vanished": lambda: real_run("minimax", learning_rate=(1e-5, 5e-3), discriminator_steps=2),
    "critic too strong": lambda: real_run(learning_rate=(1e-5, 5e-3)),
    "diverged": lambda: real_run("wasserstein", learning_rate=(1e-3, 0.3)),
}


@pytest.mark.parametrize("want", REAL)
def test_real_runs(want):
    found = diagnose(record_of(REAL[want]()), modes=8, logits=want not in ("cycling", "diverged"))
    assert found.verdict == want, found
