"""The measured table of lectures 13 and 14: its distance, its perfect row, resuming, a seed among others."""

import json

import numpy as np
import ot
import pytest
from scipy.spatial.distance import cdist

from gancourse.metrics import perfect_coverage
from gancourse.recipes import mode_collapse

pytest.importorskip("torch")
SMALL = {"steps": 6, "batch": 8, "width": 8, "say": lambda line: None}


@pytest.fixture
def few(monkeypatch):
    """Scores of 200 samples: W2 of 2,500 takes seconds."""
    monkeypatch.setattr(mode_collapse, "SAMPLES", 200)
    monkeypatch.setattr(mode_collapse, "SHOWN", 50)


@pytest.fixture
def calls(monkeypatch):
    """The runs that ``measure`` starts, with their seeds; and what it does before each."""
    made, before, run = [], [], mode_collapse.run

    def spied(method, data, **options):
        made.append((method, data, list(options["seeds"])))
        for act in before:
            act()
        return run(method, data, **options)

    monkeypatch.setattr(mode_collapse, "run", spied)
    return made, before


# --- the distance --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [7, 60, 300])
def test_w2_agrees_with_pot(n, rng):
    x, y = rng.normal(0, 1, (n, 2)), rng.normal(0.5, 2, (n, 2))
    exact = np.sqrt(ot.emd2([], [], cdist(x, y, "sqeuclidean")))
    assert mode_collapse.w2(x, y) == pytest.approx(exact, rel=1e-9)


def test_w2_of_a_shift_is_its_length_and_of_scaled_points_the_root_mean_square(rng):
    x, shift = rng.normal(0, 1, (50, 2)), np.array([3.0, -4.0])
    assert mode_collapse.w2(x, x + shift) == pytest.approx(5.0)
    assert mode_collapse.w2(x, rng.permutation(x)) == 0
    # the map x to 2x is the gradient of a convex function, so that no plan is cheaper
    assert mode_collapse.w2(x, 2 * x) == pytest.approx(np.sqrt((x**2).sum(1).mean()))
    with pytest.raises(ValueError, match="^y:"):
        mode_collapse.w2(x, x[:10])
    with pytest.raises(ValueError, match="^x:"):
        mode_collapse.w2(x[:, 0], x[:, 0])


@pytest.mark.parametrize("data", ["ring", "grid"])
def test_the_perfect_row_is_the_expected_one(data, monkeypatch):
    monkeypatch.setattr(mode_collapse, "SAMPLES", 400)
    row = mode_collapse.perfect(data, seeds=range(8))
    exact = perfect_coverage(len(mode_collapse.DATA[data].means), 400)
    assert set(row) == set(mode_collapse.SCORES) and all(len(values) == 8 for values in row.values())
    for name in ("captured", "high_quality", "reverse_kl"):
        error = row[name].std(ddof=1) / np.sqrt(8)
        assert abs(row[name].mean() - getattr(exact, name)) < 4 * error + 1e-4, name
    assert 0.05 < row["w2"].mean() < 2
    again = mode_collapse.perfect(data, seeds=[5])
    assert {name: values[0] for name, values in again.items()} == {
        name: values[5] for name, values in row.items()
    }


def test_scores_are_those_of_the_samples(rng):
    ring = mode_collapse.DATA["ring"]
    half = ring.means[rng.integers(4, size=300)]
    found = mode_collapse.score(half, "ring", np.random.default_rng(0))
    assert (found["captured"], found["high_quality"]) == (4.0, 1.0)
    assert found["reverse_kl"] == pytest.approx(np.log(2), abs=0.05)
    fresh = ring.sample(300, np.random.default_rng(0))
    assert found["w2"] == mode_collapse.w2(half, fresh) > 0.5
    nowhere = mode_collapse.score(np.zeros((50, 2)), "ring", rng)
    assert nowhere["captured"] == 0 and np.isinf(nowhere["reverse_kl"])
    with pytest.raises(ValueError, match="^data:"):
        mode_collapse.score(half, "circle", rng)


# --- one run -------------------------------------------------------------------------------------


def test_one_seed_alone_is_that_seed_among_others_bit_for_bit(few):
    alone = mode_collapse.run("non_saturating", "ring", seeds=[3], steps=60, batch=16, width=16)
    among = mode_collapse.run("non_saturating", "ring", seeds=[8, 3, 5], steps=60, batch=16, width=16)
    assert alone["seeds"] == [3] and among["seeds"] == [8, 3, 5]
    for name in mode_collapse.SCORES:
        assert alone[name] == among[name][1:2]
    for name, values in alone["curves"].items():
        assert np.array_equal(values[0], among["curves"][name][1], equal_nan=True), name
    assert np.array_equal(alone["samples"][0], among["samples"][1])
    assert not np.array_equal(among["samples"][0], among["samples"][1])


def test_what_a_run_returns(few):
    found = mode_collapse.run("r1", "grid", seeds=range(4), steps=6, batch=8, width=8)
    assert found["samples"].shape == (3, 7, 50, 2) and found["step"].tolist() == list(range(7))
    assert all(len(found[name]) == 4 for name in mode_collapse.SCORES) and found["seconds"] > 0
    assert set(found["curves"]) == set(mode_collapse.CURVES)
    assert all(values.shape[:2] == (4, 7) for values in found["curves"].values())
    for name, wrong in (("method", ("nothing", "ring")), ("data", ("r1", "circle"))):
        with pytest.raises(ValueError, match=f"^{name}:"):
            mode_collapse.run(*wrong, steps=6)


# --- measuring, and reading it back --------------------------------------------------------------


def test_measuring_resumes_by_seed_and_finds_the_same_numbers(tmp_path, few, calls):
    made, _ = calls
    path, rows = tmp_path / "in_parts.json", [("non_saturating", "ring")]
    mode_collapse.measure(rows, path=path, seeds=[0, 1], **SMALL)
    mode_collapse.measure(rows, path=path, seeds=[0, 1, 2], **SMALL)
    mode_collapse.measure(rows, path=path, seeds=[2, 0], **SMALL)
    assert [seeds for _, _, seeds in made] == [[0, 1], [2]]  # the third call found everything
    whole = tmp_path / "whole.json"
    mode_collapse.measure(rows, path=whole, seeds=[0, 1, 2], **SMALL)
    parts, at_once = (mode_collapse.stored(p)["ring", "non_saturating"] for p in (path, whole))
    assert parts["seeds"] == at_once["seeds"] == [0, 1, 2]
    for name in mode_collapse.SCORES:
        assert np.array_equal(parts[name], at_once[name])
    for name, values in at_once["curves"].items():
        assert values.shape[0] == 3 and np.array_equal(parts["curves"][name], values, equal_nan=True)


def test_what_stops_in_between_loses_nothing(tmp_path, few, calls):
    made, before = calls
    path, rows = tmp_path / "found.json", [("minimax", "ring"), ("minimax", "grid")]

    def stop():
        if len(made) == 2:
            raise KeyboardInterrupt

    before.append(stop)
    with pytest.raises(KeyboardInterrupt):
        mode_collapse.measure(rows, path=path, seeds=[0, 1], **SMALL)
    assert list(mode_collapse.stored(path)) == [("ring", "minimax")]
    first = path.read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"found.json", "found.npz"}  # nothing half written
    before.clear()
    mode_collapse.measure(rows, path=path, seeds=[0, 1], **SMALL)
    assert [(data, seeds) for _, data, seeds in made] == [
        ("ring", [0, 1]),
        ("grid", [0, 1]),
        ("grid", [0, 1]),
    ]
    assert set(mode_collapse.stored(path)) == {("ring", "minimax"), ("grid", "minimax")}
    assert json.loads(path.read_bytes())["rows"][0] == json.loads(first)["rows"][0]


def test_another_length_is_trained_afresh(tmp_path, few, calls):
    made, _ = calls
    path, rows = tmp_path / "found.json", [("minimax", "ring")]
    mode_collapse.measure(rows, path=path, seeds=[0, 1], **SMALL)
    mode_collapse.measure(rows, path=path, seeds=[0, 1], **{**SMALL, "steps": 3})
    assert len(made) == 2
    (row,) = mode_collapse.stored(path).values()
    assert row["steps"] == row["step"][-1] == 3 and len(row["seeds"]) == 2


def test_stored_reads_back_what_was_measured(tmp_path, few):
    path = tmp_path / "found.json"
    mode_collapse.measure([("minimax", "grid")], path=path, seeds=[0, 1], **SMALL)
    fresh = mode_collapse.run("minimax", "grid", seeds=[0, 1], steps=6, batch=8, width=8)
    row = mode_collapse.stored(path)["grid", "minimax"]
    for name in mode_collapse.SCORES:
        assert row[name] == pytest.approx(fresh[name], rel=1e-5)
    assert np.abs(row["samples"] - fresh["samples"]).max() <= 0.5 / 4_000 + 1e-6
    for name, values in fresh["curves"].items():
        assert row["curves"][name] == pytest.approx(values, rel=1e-6, nan_ok=True)
    assert {"torch", "numpy", "seconds", "batch", "width"} <= set(row)
    path.with_suffix(".npz").unlink()
    with pytest.raises(ValueError, match="the curves beside"):
        mode_collapse.stored(path)
    with pytest.raises(FileNotFoundError, match=mode_collapse.COMMAND):
        mode_collapse.stored(tmp_path / "other.json")


@pytest.mark.slow
def test_one_seed_of_a_stored_row_comes_out_again():
    row = mode_collapse.stored()["ring", "non_saturating"]
    at = row["seeds"].index(3)
    found = mode_collapse.run("non_saturating", "ring", seeds=[3])
    for name in mode_collapse.SCORES:
        assert found[name][0] == pytest.approx(row[name][at], rel=1e-5), name
    assert found["curves"]["captured"][0].tolist() == row["curves"]["captured"][at].tolist()
