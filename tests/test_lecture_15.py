"""Lecture 15: DCGAN's rules, each broken in turn."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from gancourse.data import load
from gancourse.features import classify
from gancourse.models import DCGANDiscriminator, DCGANGenerator
from gancourse.recipes import dcgan_rules, full_mnist, stacked_digits


def kinds(network):
    return [type(part) for part in network.modules()]


@pytest.mark.claim("E13")
@pytest.mark.parametrize("rule", dcgan_rules.RULES)
def test_one_rule_is_broken_and_no_other(rule):
    generator, discriminator = dcgan_rules.players(rule, seed=0)
    generator.eval(), discriminator.eval()
    images = generator(generator.noise(3))
    assert images.shape == (3, 1, 28, 28) and discriminator(images).shape == (3,)
    assert -1 <= images.min() and images.max() <= 1
    g, d = kinds(generator), kinds(discriminator)
    strided = {m.stride for m in discriminator.modules() if isinstance(m, nn.Conv2d)} & {(2, 2)}
    norms = [sum(k in (nn.BatchNorm2d, nn.BatchNorm1d) for k in found) for found in (g, d)]
    expected = {"no batch norm": [0, 0], "batch norm everywhere": [4, 3], "hidden dense layers": [4, 2]}
    assert norms == expected.get(rule, [3, 2])
    assert bool(strided) == (rule != "pooling") and (nn.AvgPool2d in d) == (rule == "pooling")
    assert (nn.ConvTranspose2d in g) and (nn.Upsample in g) == (rule == "pooling")
    assert (nn.Linear in g + d) == (rule == "hidden dense layers")
    assert (nn.LeakyReLU in g) == (rule == "LeakyReLU in G") and (nn.ReLU in g) == (rule != "LeakyReLU in G")
    assert (nn.ReLU in d) == (rule == "ReLU in D") and (nn.LeakyReLU in d) == (rule != "ReLU in D")
    assert (nn.Tanh in g) == (rule != "no tanh")


def test_by_the_rules_it_is_the_lectures_own_pair():
    torch.manual_seed(7)
    own = DCGANGenerator(), DCGANDiscriminator()
    for ours, theirs in zip(dcgan_rules.players("by the rules", seed=7), own, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_runs_are_made_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(dcgan_rules, "SAMPLES", 250)
    said, path = [], tmp_path / "rules.json"
    for _ in range(2):
        dcgan_rules.measure(["no tanh", "no batch norm"], path=path, seeds=(0,), steps=2, say=said.append)
    assert len(said) == 2
    rows = dcgan_rules.stored(path)
    assert list(rows) == ["no tanh", "no batch norm"] and rows["no tanh"]["frechet"].shape == (1,)
    assert np.isfinite(rows["no tanh"]["frechet"]).all()
    with pytest.raises(ValueError, match="steps"):
        dcgan_rules.measure(["no tanh"], path=path, steps=3)
    with pytest.raises(FileNotFoundError, match="measure_dcgan_rules"):
        dcgan_rules.stored(tmp_path / "none.json")
    with pytest.raises(ValueError, match="rule"):
        dcgan_rules.players("dropout", seed=0)


def test_what_is_stored_holds_every_rule():
    rows = dcgan_rules.stored()
    assert set(rows) == set(dcgan_rules.RULES)
    assert json.loads(dcgan_rules.STORED.read_text())["steps"] == dcgan_rules.STEPS
    for row in rows.values():
        assert row["seeds"] == list(dcgan_rules.SEEDS)[: len(row["seeds"])] and len(row["seeds"]) >= 1
        assert (row["frechet"] > 5).all() and ((0 <= row["recall"]) & (row["recall"] <= 1)).all()


def test_four_rules_make_a_difference():
    rows = dcgan_rules.stored()
    usual = rows["by the rules"]["frechet"]
    for rule in ("no batch norm", "batch norm everywhere", "hidden dense layers", "no tanh"):
        assert rows[rule]["frechet"].min() > 1.5 * usual.max() and rows[rule]["recall"].max() < 0.2, rule


def test_the_ten_minute_generator_reaches_the_bar_and_obeys():
    facts = full_mnist.facts()
    assert facts["command"].startswith(full_mnist.COMMAND)
    assert facts["scores"]["precision"] >= 0.8 and facts["scores"]["recall"] >= 0.6
    generator = full_mnist.told_generator()
    z = generator.noise(500, torch.Generator().manual_seed(0))
    with torch.no_grad():
        right = classify(generator(z)).argmax(1) == generator.labels(z).argmax(1).numpy()
    assert right.mean() > 0.9


# --- stacked MNIST -------------------------------------------------------------------------------


@pytest.fixture
def stacks():
    return load("stacked-mnist").take(slice(0, 500))


def test_packs_go_to_the_discriminator_alone(stacks):
    alone = stacked_digits.arguments("lecture 15's DCGAN", stacks, steps=4)
    packs = stacked_digits.arguments("the same, packs of two", stacks, steps=4)
    noise = alone["generator"].noise(4)
    images = alone["generator"](noise)
    assert torch.equal(images, packs["generator"](noise)) and images.shape == (4, 3, 28, 28)
    assert alone["discriminator"](images).shape == (4,) and packs["discriminator"](images).shape == (2,)
    with pytest.raises(ValueError, match="name"):
        stacked_digits.arguments("packs of three", stacks, steps=4)


def test_modes_are_counted_on_the_way_and_a_run_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(stacked_digits, "SAMPLES", 300)
    monkeypatch.setattr(stacked_digits, "LOOKS", 2)
    said, path, names = [], tmp_path / "stacked.json", ["the same, packs of two"]
    with pytest.raises(FileNotFoundError, match="measure_stacked_digits"):
        stacked_digits.stored(path)
    for _ in range(2):
        stacked_digits.measure(names, path=path, minutes=0.02, threads=1, say=said.append, most=200)
    (row,), samples, floor = stacked_digits.stored(path)
    assert len(said) == 1 and [look[0] for look in row["curve"]] == [0, row["steps"] // 2, row["steps"]]
    assert row["curve"][-1][1] == row["scores"]["modes"] >= 1 and floor["modes"] > 900
    assert samples[row["key"]].shape == (stacked_digits.SHOWN, 3, 28, 28)


def test_a_small_dcgan_finds_all_modes_of_stacked_digits_and_few_are_sure():
    rows, samples, floor = stacked_digits.stored()
    assert [row["name"] for row in rows] == list(stacked_digits.RUNS)
    first = rows[0]["scores"]
    assert first["modes"] == 1000 and first["reverse_kl"] <= 0.1 and first["sure"] < 0.6 * floor["sure"]
    assert {row["digits"] for row in rows} == {60_000} and set(samples) == {row["key"] for row in rows}
