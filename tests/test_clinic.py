"""The clinic: each copy differs from the right loop where it says, and shows it; the stored runs are real."""

import copy
import difflib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gancourse.confusion import ACCEPTED, confusion
from gancourse.demos import clinic as demo
from gancourse.diagnosis import diagnose
from gancourse.exercises import lecture_14_clinic
from gancourse.recipes import clinic, diagnosed, mode_collapse
from gancourse.recipes.clinic_runs import EVERY

ROOT = Path(__file__).resolve().parents[1]
# what stands in the right loop and not in the copy
REMOVED = {
    "no detach": ["fake = generator(generator.noise(batch)).detach()"],
    "swapped labels": ["d_loss = F.softplus(-v_real).mean() + F.softplus(v_fake).mean()"],
    "batch norm in training mode": ["generator.eval()", "generator.train()"],
    "data in [0, 1]": ["real = 2 * pixels(batch) - 1"],
    "penalty over the batch": ["penalty = slope.square().sum(1).mean()"],
    "wrong parameters in the optimiser": [
        "g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))"
    ],
    "log of a sigmoid": [
        "d_loss = F.softplus(-v_real).mean() + F.softplus(v_fake).mean()",
        "g_loss = F.softplus(-discriminator(generator(generator.noise(batch)))).mean()",
    ],
    "no zero_grad": ["g_optimiser.zero_grad()", "d_optimiser.zero_grad()"],
}


@pytest.fixture(scope="module")
def runs():
    return clinic.stored()["runs"]


@pytest.fixture(scope="module")
def short():
    """Fifty steps of every loop, and of the right one as the hottest is run."""
    found = {bug: clinic.measure(bug, steps=50) for bug in clinic.BUGS}
    return found | {"hot": clinic.measure("none", hot=True, steps=50)}


def watched(bug, steps=2, **settings):
    """What a loop shows when it is watched: the networks as they are then, their gradients, both losses."""
    shown = []

    def watch(step, generator, discriminator, d_loss, g_loss):
        networks = (generator, discriminator)
        gradients = [torch.cat([w.grad.flatten() for w in n.parameters()]) for n in networks if _has(n)]
        shown.append((*copy.deepcopy(networks), gradients, (d_loss.item(), g_loss.item())))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        clinic.function(bug)(clinic.pixels(np.random.default_rng(3)), watch, steps=steps, **settings)
    return shown


def _has(network):
    return all(w.grad is not None for w in network.parameters())


def flat(network):
    return torch.cat([w.detach().flatten() for w in network.parameters()])


# --- the code --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", clinic.bugs())
def test_a_copy_differs_by_its_bug_alone(bug):
    right, copy_ = (clinic.source(name).splitlines() for name in ("none", bug))
    lines = [line for line in difflib.ndiff(right[2:], copy_[2:]) if line[0] in "+-"]
    removed = [line[2:].strip() for line in lines if line[0] == "-" and line[2:].strip()]
    assert removed == REMOVED[bug]
    added = [line for line in lines if line[0] == "+"]
    assert len(added) <= len(removed)
    assert len(copy_) <= 40


def test_eight_patients_and_the_exercise_agree():
    assert sorted(clinic.PATIENTS.values()) == sorted(clinic.bugs()) and len(clinic.bugs()) == 8
    rungs = {rung.title: rung.reference([]) for rung in lecture_14_clinic.NAMING.rungs}
    assert rungs == clinic.PATIENTS
    assert set(lecture_14_clinic.SIGNS) == set(clinic.bugs())
    assert list(clinic.PATIENTS.values()) != list(clinic.bugs())


def test_a_wrong_name_is_told_what_speaks_against_it():
    verdict = lecture_14_clinic.NAMING(A=lambda bugs: "no detach", B=lambda bugs: "swapped labels")
    a, b, c = verdict.rungs[:3]
    assert (a.status, b.status, c.status) == ("failed", "passed", "not attempted")
    assert a.message.startswith("If it were no detach, D would keep a small lead") and "1.386" in a.message
    assert verdict.points == 0.25
    for rung in lecture_14_clinic.NAMING.rungs:
        right = rung.reference([])
        assert all(right not in wrong.message for wrong in rung.wrong), rung.title
        for nothing in ("", "bug", "A", "none"):
            assert rung(lambda bugs, said=nothing: said).status == "failed"
        # picking by place fails: the names come in another order each time
        assert any(rung(lambda bugs: bugs[0], seed).status == "failed" for seed in range(3))


def test_unknown_bugs_are_named():
    for call in (lambda: clinic.function("typo"), lambda: clinic.measure("typo"), lambda: clinic.source(3)):
        with pytest.raises(ValueError, match="^bug: expected one of 'none', 'no detach'"):
            call()
    with pytest.raises(ValueError, match="^seed"):
        clinic.measure("none", seed=-1)
    with pytest.raises(ValueError, match="^steps"):
        clinic.measure("none", steps=0)


# --- what each bug does, from the first steps --------------------------------------------------------


def test_no_detach_changes_the_generator_alone_and_pulls_it_to_one_half():
    (right_g, right_d, _, right), (wrong_g, wrong_d, _, wrong) = (
        watched(bug, 1)[0] for bug in ("none", "no detach")
    )
    assert right == wrong  # D's own step is the same, and so is what G is told
    assert torch.equal(flat(right_d), flat(wrong_d))
    assert not torch.allclose(flat(right_g), flat(wrong_g))
    # a sample's slope is that of softplus(−v) + softplus(v), 2σ(v) − 1: nothing at D = ½
    v = torch.linspace(-3, 3, 13, dtype=torch.float64, requires_grad=True)
    both = torch.nn.functional.softplus(-v) + torch.nn.functional.softplus(v)
    (slope,) = torch.autograd.grad(both.sum(), v)
    assert torch.allclose(slope, 2 * torch.sigmoid(v) - 1)


def test_swapped_labels_make_both_losses_fall(runs):
    curves = runs["swapped labels", False]["curves"]
    early = curves["step"] == 100
    assert curves["discriminator_loss"][early] < 0.3 > curves["generator_loss"][early]
    assert (curves["accuracy"][curves["step"] >= 100] < 0.05).all()
    assert curves["spread"][-1] < 1e-3


def test_never_eval_trains_alike_and_draws_otherwise(short, runs):
    for a, b in (
        (short["none"], short["batch norm in training mode"]),
        (runs["none", False], runs["batch norm in training mode", False]),
    ):
        for name in ("discriminator_loss", "generator_loss"):
            assert np.array_equal(a["curves"][name], b["curves"][name])
        assert np.abs(a["samples"][-1] - b["samples"][-1]).mean() > 0.02
    assert not watched("none", 1)[0][0].training and watched("batch norm in training mode", 1)[0][0].training


def test_data_in_0_1_end_in_a_quarter_of_the_plane(runs):
    run, right = (runs[bug, False] for bug in ("data in [0, 1]", "none"))
    assert np.allclose(run["curves"]["centre"][-20:].mean(0), 0.5, atol=0.05)
    assert run["curves"]["spread"][-1] == pytest.approx(right["curves"]["spread"][-1] / 2, rel=0.1)


def test_penalty_over_the_batch_is_as_many_times_too_strong(runs):
    # D's gradient after one step that moves next to nothing; less that without a penalty, it is the penalty's
    found = {
        (bug, weight): watched(bug, 1, rate=1e-8, weight=weight, batch=16)[0][2][1]
        for bug in ("none", "penalty over the batch")
        for weight in (0.0, 1.0)
    }
    once, batch = (found[bug, 1.0] - found[bug, 0.0] for bug in ("none", "penalty over the batch"))
    assert torch.allclose(batch, 16 * once, rtol=1e-3, atol=1e-4)
    late = slice(-20, None)
    healthy, ill = (
        runs[bug, False]["curves"]["sample_gradient"][late] for bug in ("none", "penalty over the batch")
    )
    assert np.median(healthy) > 20 * np.median(ill)


def test_wrong_optimiser_never_moves_the_generator():
    first, last = watched("wrong parameters in the optimiser", EVERY)
    assert torch.equal(flat(first[0]), flat(last[0])) and not torch.equal(flat(first[1]), flat(last[1]))


def test_log_of_a_sigmoid_is_harmless_until_logits_are_large(short, runs):
    for name in ("discriminator_loss", "generator_loss", "real_logit"):
        a, b = (short[bug]["curves"][name] for bug in ("log of a sigmoid", "hot"))
        assert np.allclose(a, b, atol=1e-4), name
    ill, twin = runs["log of a sigmoid", True]["curves"], runs["none", True]["curves"]
    assert np.isnan(ill["discriminator_loss"][-1]) and np.isfinite(twin["discriminator_loss"]).all()
    first = ill["step"][np.isnan(ill["spread"])][0]
    assert 500 < first <= 550 and twin["captured"][-1] == 8
    v = torch.tensor([17.0])
    assert torch.log(1 - torch.sigmoid(v)).isinf() and torch.nn.functional.softplus(v).isfinite()


def test_no_zero_grad_adds_up(runs):
    (*_, early, _), (*_, late, _) = watched("no zero_grad", EVERY)
    (*_, right_early, _), (*_, right_late, _) = watched("none", EVERY)
    assert late[0].norm() > 3 * early[0].norm() and late[0].norm() > 3 * right_late[0].norm()
    assert torch.allclose(early[0], right_early[0])
    ill, healthy = (runs[bug, False]["curves"] for bug in ("no zero_grad", "none"))
    assert np.ptp(ill["discriminator_loss"][-20:]) > 10 * np.ptp(healthy["discriminator_loss"][-20:])


# --- the stored runs ---------------------------------------------------------------------------------


def test_the_file_is_whole_and_small(runs):
    record = json.loads(clinic.STORED.read_text(encoding="utf-8"))
    assert {"command", "versions", "machine", "seed", "seconds", "runs"} <= record.keys()
    assert record["seconds"] <= 180 and clinic.STORED.stat().st_size <= 400_000
    assert set(runs) == {(bug, bug == "log of a sigmoid") for bug in clinic.BUGS} | {("none", True)}
    for run in runs.values():
        assert run["samples"].shape == (clinic.MOMENTS, 150, 2) == (len(run["samples_at"]), 150, 2)
        assert set(run["samples_at"]) <= set(run["curves"]["step"]) and run["steps"] == 1_500


@pytest.mark.parametrize("bug", clinic.BUGS)
def test_stored_runs_begin_as_they_do_here(bug, short, runs):
    """The first fifty steps, at which another machine's rounding has not grown yet."""
    run, here = runs[bug, bug == "log of a sigmoid"], short[bug]
    rows = len(here["curves"]["step"])
    assert here["curves"]["step"].tolist() == [1, 25, 50] == run["curves"]["step"][:rows].tolist()
    for name in ("discriminator_loss", "generator_loss", "real_logit", "spread", "centre", "sample_gradient"):
        assert np.allclose(here["curves"][name], run["curves"][name][:rows], rtol=0.02, atol=0.01), name
    assert np.allclose(here["samples"][0], run["samples"][0], atol=0.01)


@pytest.mark.parametrize("judged", [True, False])
def test_every_patient_is_diagnosed(judged):
    for name, truth, found in diagnosed.clinic_runs(judged):
        assert found.verdict in ACCEPTED[truth], (name, truth, found)


def test_the_truth_about_a_patient_is_what_happened(runs):
    said = {f"{bug}{', hot' if hot else ''}": clinic.truth(run) for (bug, hot), run in runs.items()}
    assert {said["none"], said["none, hot"]} == {"healthy"} and said["log of a sigmoid, hot"] == "diverged"
    assert {bug: said[bug] for bug in clinic.EXPECTED} == clinic.EXPECTED
    # the same bug where it slept on
    asleep = {**runs["none", True], "bug": "log of a sigmoid"}
    assert clinic.truth(asleep) == "healthy"
    curves = runs["none", False]["curves"]
    t = np.arange(len(curves["step"]))
    turning = curves | {"centre": clinic.DATA.means[t % 8], "spread": np.full(len(t), 0.1)}
    assert clinic.truth({**runs["none", False], "curves": turning}) == "cycling"


@pytest.fixture(scope="module")
def toys():
    return mode_collapse.stored()


@pytest.mark.parametrize(("until", "cycling"), [(None, 0), (5_000, 16)])
def test_every_toy_run_is_diagnosed_when_told_of_the_modes(toys, until, cycling):
    """At the end, and as if training had been stopped half-way, when some go round."""
    found = diagnosed.toy_runs(rows=toys, until=until)
    table = confusion(found)
    assert table.total == 340 and not table.wrong
    assert sum(truth == "cycling" for _, truth, _ in found) == cycling
    # each way to say "imprecise" must be earned: none is given to a run that is something else
    assert table.counts["healthy", "healthy"] + table.counts["collapsed", "collapsed"] >= 76


def test_without_the_modes_only_the_number_of_samples_stands_between(toys):
    """250 samples a look against 2,500: by the true modes on the same 250, no verdict is wrong."""
    half = {key: toys[key] for key in list(toys)[::2]}
    assert not confusion(diagnosed.toy_runs(False, half, truth=diagnosed.kept_truth)).wrong
    table = confusion(diagnosed.toy_runs(False, half))
    assert table.right >= 0.85 * table.total
    # they are about how many modes and samples, never about what moves
    assert not {verdict for *_, verdict in table.wrong} & {"cycling", "standing still", "diverged", "unclear"}


def test_curves_alone_do_not_tell_the_healthy_run_from_the_blurred_one(runs):
    for bug in ("none", "batch norm in training mode", "no detach"):
        record = clinic.record(runs[bug, False], judged=False) | {"samples": None}
        assert diagnose(record).verdict == "unclear"


def test_runs_of_the_toys_are_read_in_both_ways():
    rng = np.random.default_rng(0)
    t = 50
    curves = {
        "captured": np.full((1, t), 8.0), "high_quality": np.full((1, t), 0.9),
        "reverse_kl": np.zeros((1, t)),
        "spread": np.ones((1, t)), "centre": np.zeros((1, t, 2)), "accuracy": np.full((1, t), 0.5),
        "discriminator_loss": np.full((1, t), 1.386), "generator_loss": np.full((1, t), 0.693),
        "real_logit": np.zeros((1, t)), "fake_logit": np.zeros((1, t)), "sample_gradient": np.ones((1, t)),
    }  # fmt: skip
    ring = mode_collapse.DATA["ring"]
    part = ring.sample(4_000, rng)
    part = part[part[:, 0] > 0.5]
    row = {
        "seeds": [4], "step": np.arange(t), "curves": curves, "captured": [8.0], "high_quality": [0.9],
        "samples": np.stack([[part[rng.integers(len(part), size=250)] for _ in range(t)]]),
    }  # fmt: skip
    rows = {("ring", "non_saturating"): row}
    (told,) = diagnosed.toy_runs(rows=rows)
    (blind,) = diagnosed.toy_runs(False, rows=rows)
    (kept,) = diagnosed.toy_runs(False, rows=rows, truth=diagnosed.kept_truth)
    assert told[:2] == ("non_saturating on the ring, seed 4", "healthy") and told[2].verdict == "healthy"
    assert blind[2].verdict == "collapsed" and "3 of 8" in blind[2].words
    assert (blind[1], kept[1]) == ("healthy", "collapsed")
    # stopped before its modes were found, it was collapsed
    curves["captured"][:, :30] = 2.0
    (early,) = diagnosed.toy_runs(rows=rows, until=29)
    (late,) = diagnosed.toy_runs(rows=rows)
    assert (early[1], early[2].verdict) == ("collapsed", "collapsed")
    assert (late[1], late[2].verdict) == ("healthy", "healthy")


def test_the_table_counts_and_lists_what_is_wrong():
    table = confusion(
        [("a", "healthy", "healthy"), ("b", "healthy", "collapsed"), ("c", "imprecise", "off the data")]
    )
    assert confusion([("a", "imprecise", "unclear")]).right == 0
    assert (table.total, table.right, table.wrong) == (3, 2, (("b", "healthy", "collapsed"),))
    assert table.truths == ("healthy", "imprecise")
    assert table.verdicts == ("healthy", "collapsed", "off the data")
    lines = repr(table).splitlines()
    assert lines[1].split() == ["healthy", "1", "1", "·"] and lines[-1] == "2 of 3 right"
    assert table._repr_html_().count("<b>1</b>") == 2


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(clinic, "STORED", tmp_path / "clinic.json")
    with pytest.raises(FileNotFoundError, match="tools/measure_clinic.py"):
        clinic.stored()


def test_measuring_goes_on_where_it_was_stopped(monkeypatch, tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("measure_clinic", ROOT / "tools" / "measure_clinic.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    calls = []

    def quick(bug, *, hot, seed):
        calls.append((bug, hot))
        if len(calls) == 4:
            raise KeyboardInterrupt
        found = {name: np.array([1.0, np.inf, np.nan]) for name in ("step", "reverse_kl")}
        return {
            "bug": bug, "hot": hot, "seed": seed, "steps": 1, "seconds": 0.11, "curves": found,
            "samples": np.zeros((1, 2, 2)), "samples_at": np.array([1.0]),
        }  # fmt: skip

    path = tmp_path / "clinic.json"
    monkeypatch.setattr(tool, "measure", quick)
    for module in (tool, clinic):
        monkeypatch.setattr(module, "STORED", path)
    with pytest.raises(KeyboardInterrupt):
        tool.main()
    assert len(clinic.stored()["runs"]) == 3
    tool.main()
    assert len(calls) == 4 + 7 and calls[4] == calls[3]
    runs = clinic.stored()["runs"]
    assert len(runs) == 10 and np.isinf(runs["none", True]["curves"]["reverse_kl"][1])
    tool.main()
    assert len(calls) == 11 and "none, hot" in capsys.readouterr().out


# --- the demo ----------------------------------------------------------------------------------------


def test_the_demo_shows_the_stored_numbers_and_hides_the_diagnosis(runs):
    shown = demo.demo()
    shown.set(patient=2, moment=demo.LAST)
    run = runs["data in [0, 1]", False]
    assert np.array_equal(shown.result["samples"], run["samples"][-1])
    assert "Patient C, step 1,500" in shown.words.value and "Diagnosis" not in shown.words.value
    assert f"{run['curves']['discriminator_loss'][-1]:.3f} (D)" in shown.words.value
    shown.set(diagnosis=1)
    assert "off the data" in shown.words.value
    shown.set(moment=1)
    assert "still training" in shown.words.value
    shown.set(patient=5, moment=demo.LAST)
    assert "diverged" in shown.words.value
    assert all(bug not in demo.demo().words.value for bug in clinic.bugs())
