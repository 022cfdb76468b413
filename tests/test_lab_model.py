"""The lab without its picture: train's numbers, dials that turn, ways back, what is saved, what is shown."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from gancourse.history import TrainingDiverged
from gancourse.lab import DATA_SETS, DIALS, Lab, LabGenerator, Settings, data_set
from gancourse.lab.data import MOST_POINTS, REACH, has_modes, on_strokes
from gancourse.lab.history import Curves, Moments
from gancourse.lab.states import STATES, TRAINED
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.training import train

DRAWING = ((0.0, 0.0), (0.5, 0.25), (-1.0, 1.0))
SMALL = {"batch": 16, "generator_width": 8, "discriminator_width": 8}


def weights(run):
    """A copy of every weight and buffer of both players."""
    networks = (run.generator, run.players.core) if isinstance(run, Lab) else run
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def executed(source):
    names = {}
    exec(source, names)
    return names


# Data and settings


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_law_has_its_density_and_stays_on_the_page(name, rng):
    law = data_set(name, DRAWING if name == "drawn" else ())
    sample = law.sample(4000, rng)
    assert sample.shape == (4000, 2) and (np.abs(sample) <= REACH).mean() > 0.999
    # the share of the samples in a square beside the integral of the density over it
    corner = np.array([0.1, 0.1])
    share = ((sample >= corner) & (sample <= corner + 0.9)).all(1).mean()
    axis = np.linspace(0.1, 1.0, 226)
    lattice = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    mass = np.trapezoid(np.trapezoid(law.pdf(lattice), axis, axis=1), axis)
    assert abs(share - mass) < 4 * np.sqrt(mass * (1 - mass) / 4000) + 1e-3


def test_a_line_of_gaussians_is_even_along_it():
    law = data_set("line")
    along = np.linspace(-0.8, 0.8, 2001)
    density = law.pdf(np.stack([1.2 * along, 0.6 * along], axis=1))
    assert density.max() / density.min() < 1.002
    angle = np.linspace(0, 2 * np.pi, 5001)
    density = data_set("circle").pdf(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    assert density.max() / density.min() < 1.01


def test_a_drawing_is_a_mixture_whose_density_integrates_to_one():
    law = data_set("drawn", DRAWING)
    assert np.array_equal(law.means, DRAWING) and law.std == 0.06
    mass, _ = dblquad(lambda y, x: law.pdf([x, y]), -1.35, -0.65, 0.65, 1.35)
    assert mass == pytest.approx(1 / 3, abs=1e-5)
    assert has_modes("ring") and not has_modes("drawn")


def test_strokes_become_evenly_spaced_points():
    points = np.array(on_strokes([[[0, 0], [1, 0]], [[-1, 1]]], spacing=0.1))
    assert (
        len(points) == 12 and np.allclose(points[:11, 0], np.arange(11) / 10) and tuple(points[11]) == (-1, 1)
    )
    long = on_strokes([[[-1, -1], [1, 1], [-1, 1], [1, -1]]] * 30)
    assert 100 < len(long) <= MOST_POINTS
    assert on_strokes([]) == () and on_strokes([[[9, 9]]]) == ((REACH, REACH),)


def test_settings_go_to_json_and_back():
    settings = Settings(data="drawn", points=DRAWING, objective="f_gan kl", spectral_norm=True, seed=3)
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    with pytest.raises(ValueError, match="setting: expected one of"):
        Settings.from_json({"colour": "red"})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"data": "spiral"}, "data: expected one of"),
        ({"data": "drawn"}, "points: expected a drawing"),
        ({"data": "drawn", "points": [[9, 9]]}, "points: expected absolute values"),
        ({"batch": 2.5}, "batch: expected a whole number"),
        ({"generator_rate": float("nan")}, "generator_rate: expected a number"),
        ({"batch": 30, "packing": 4}, "batch: expected a multiple of the 4"),
        ({"real_label": 0.9, "objective": "hinge"}, "real_label: expected 1"),
        ({"practical": True}, "practical: expected False"),
        ({"spectral_norm": True, "clip": 0.1}, "clip: expected 0"),
        ({"method": "unrolled", "penalty": "r1"}, "penalty: expected none"),
        ({"method": "veegan", "packing": 2}, "packing: expected 1"),
        ({"average": 1.0}, "average: expected"),
        ({"spectral_norm": 1}, "spectral_norm: expected True or False"),
    ],
)
def test_settings_that_make_no_sense_say_so(wrong, says):
    with pytest.raises(ValueError, match=says):
        Settings(**wrong)


def test_there_is_a_dial_for_every_setting_and_each_of_its_values_is_allowed():
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert {dial.name for dial in DIALS} == fields - {"points"}
    for dial in DIALS:
        for value in dial.options:
            with_it = {dial.name: value}
            if dial.name == "data" and value == "drawn":
                with_it["points"] = DRAWING
            if dial.name == "practical":
                with_it["objective"] = "f_gan kl"
            Settings(**with_it)


# The numbers of train


@pytest.mark.parametrize(
    "dials",
    [
        {},
        {"discriminator_steps": 3, "objective": "wasserstein", "clip": 0.1, "generator_optimizer": "rmsprop"},
        {"objective": "relativistic", "penalty": "r1_and_r2", "penalty_weight": 0.3},
        {"penalty": "gradient_penalty", "penalty_weight": 10.0, "objective": "hinge"},
        {"penalty": "zero_centred", "packing": 2, "discriminator_optimizer": "adam_zero"},
        {"penalty": "roth", "instance_noise": 0.2, "packing": 2, "discriminator_optimizer": "momentum"},
        {"spectral_norm": True, "noise_law": "uniform", "noise_dim": 1},
        {"objective": "f_gan kl", "practical": True, "generator_optimizer": "sgd"},
        {"real_label": 0.9, "instance_noise": 0.1, "penalty": "r2", "penalty_weight": 0.1},
        {"data": "drawn", "points": DRAWING, "seed": 5},
        {"method": "unrolled", "method_weight": 2.0},
        {"method": "unrolled", "method_weight": 2.0, "discriminator_optimizer": "sgd"},
        {"method": "consensus", "method_weight": 0.3},
        {"method": "feature_matching"},
        {"method": "historical_averaging", "method_weight": 0.1},
        {"method": "veegan", "objective": "reverse_kl", "noise_dim": 3, "method_weight": 0.5},
        {"average": 0.99, "noise_law": "uniform"},
    ],
    ids=str,
)  # fmt: skip
def test_a_run_that_nothing_disturbed_is_train_itself(dials):
    run = Lab(**SMALL | dials)
    run.advance(12)
    source = run.code()
    assert "train(" in source and "Lab(" not in source
    before = torch.get_rng_state()
    names = executed(source)
    torch.set_rng_state(before)
    found = names["discriminator"]
    core = getattr(found, "discriminator", found) if dials.get("instance_noise") else found
    assert same(weights(run), weights((names["generator"], core)))
    assert ("averaged" in names) == bool(run.settings.average)
    if run.settings.average:
        assert same(weights((run.shown,)), weights((names["averaged"],)))
        assert not same(weights((run.shown,)), weights((run.generator,)))
    assert np.array_equal(run.curves.array("discriminator")[:, 1], names["history"].discriminator_loss)
    assert np.array_equal(run.curves.array("generator")[:, 1], names["history"].generator_loss)


def test_train_written_by_hand_gives_the_same():
    torch.manual_seed(3)
    networks = MLPGenerator(width=32), MLPDiscriminator(width=32)
    data = data_set("blobs")
    train(*networks, data.sample, steps=7, learning_rate=1e-3, seed=3, threads=1, progress=False)
    run = Lab(data="blobs", seed=3)
    run.advance(7)
    assert same(weights(run), weights(networks))


def test_the_callers_random_numbers_are_left_alone():
    run = Lab(**SMALL, penalty="gradient_penalty", instance_noise=0.1)
    torch.manual_seed(0)
    want = torch.rand(3)
    torch.manual_seed(0)
    run.advance(5)
    run.change(generator_depth=1)
    assert torch.equal(torch.rand(3), want)


def test_slow_motion_is_the_same_step():
    slow, quick = Lab(**SMALL, discriminator_steps=2), Lab(**SMALL, discriminator_steps=2)
    for _ in range(3):
        parts = list(slow.parts())
    quick.advance(3)
    assert same(weights(slow), weights(quick)) and slow.log == quick.log
    names = [part.name for part in parts]
    assert names == ["data", "fakes", "judged", "d_slope", "d_moved"] * 2 + ["g_fakes", "g_slope", "g_moved"]
    assert parts[0].points["real"].shape == (16, 2)
    assert all(part.say().endswith(".") for part in parts)


def test_the_sentences_tell_the_numbers():
    run = Lab(**SMALL, penalty="r1", penalty_weight=2.0)
    said = {part.name: part.say() for part in run.parts()}
    loss = run.curves.last("discriminator")
    assert f"{loss:.4f}" in said["d_slope"] and "penalty" in said["d_slope"]
    assert f"{run.curves.last('generator'):.4f}" in said["g_slope"]


def test_a_walk_that_is_left_is_finished_first():
    walked, quick = Lab(**SMALL), Lab(**SMALL)
    walk = walked.parts()
    next(walk)
    walked.advance(1)
    quick.advance(2)
    assert same(weights(walked), weights(quick)) and walked.time == 2 and next(walk, None) is None


def test_one_player_alone_leaves_the_other():
    run = Lab(**SMALL)
    before = weights(run)
    run.step_d()
    k = len(run.generator.state_dict())
    after = weights(run)
    assert same(before[:k], after[:k]) and not same(before[k:], after[k:])
    run.step_g()
    assert same(weights(run)[k:], after[k:]) and not same(weights(run)[:k], after[:k])
    assert run.log == (("d", 1), ("g", 1)) and run.time == 2
    with pytest.raises(ValueError, match="kind: expected 'both'"):
        Lab(**SMALL, method="consensus").step_d()


# Dials


def test_a_rate_turns_without_forgetting_moments():
    run = Lab(**SMALL)
    run.advance(5)
    moment = next(iter(run.players.generator_optimizer.state.values()))["exp_avg"]
    before = moment.clone()
    run.change(generator_rate=0.5)
    assert run.players.generator_optimizer.param_groups[0]["lr"] == 0.5 and torch.equal(moment, before)
    run.change(generator_optimizer="sgd")
    assert isinstance(run.players.generator_optimizer, torch.optim.SGD)


@pytest.mark.parametrize(
    ("dial", "anew"),
    [
        ({"generator_width": 12}, "generator"),
        ({"noise_dim": 5}, "generator"),
        ({"discriminator_depth": 1}, "discriminator"),
        ({"packing": 2}, "discriminator"),
        ({"spectral_norm": True}, "discriminator"),
        ({"objective": "hinge"}, None),
        ({"data": "grid"}, None),
        ({"instance_noise": 0.3}, None),
        ({"noise_law": "uniform"}, None),
        ({"average": 0.9}, None),
        ({"method": "consensus"}, None),
        ({"method": "veegan"}, "discriminator"),
    ],
    ids=str,
)
def test_a_dial_makes_anew_only_what_it_must(dial, anew):
    run = Lab(**SMALL)
    run.advance(3)
    networks = {"generator": run.generator, "discriminator": run.players.core}
    run.change(**dial)
    run.advance(2)
    after = {"generator": run.generator, "discriminator": run.players.core}
    assert {name for name in after if after[name] is not networks[name]} == ({anew} if anew else set())


def test_veegan_comes_and_goes_while_it_runs():
    run = Lab(**SMALL, average=0.9)
    run.advance(3)
    run.change(method="veegan")
    run.advance(2)
    step, reconstructor = run.players.step_function, run.players.reconstructor
    before = [weight.clone() for weight in reconstructor.parameters()]
    run.change(discriminator_rate=3e-4, generator_rate=3e-4)
    assert run.players.step_function is step and step.optimizer.param_groups[0]["lr"] == 3e-4
    run.advance(2)
    assert not same(before, list(reconstructor.parameters()))
    assert run.discriminator(torch.zeros(4, 2)).shape == (4,)  # points, with the codes of F
    run.change(noise_dim=3)
    assert run.players.reconstructor(torch.zeros(4, 2)).shape == (4, 3)
    run.change(method_weight=2.0)
    run.advance(2)
    names = executed(run.code())
    assert same(weights(run), weights((names["generator"], names["run"].players.core)))
    assert same(weights((run.shown,)), weights((names["averaged"],)))
    run.change(method="alternating")
    run.step_d()
    assert run.players.reconstructor is None


def test_an_average_follows_its_generator_and_starts_from_it():
    run = Lab(**SMALL)
    run.advance(30)
    run.change(average=0.9)
    assert run.shown is not run.generator and same(weights((run.shown,)), weights((run.generator,)))
    before = weights((run.shown,))
    run.step_d()
    assert same(weights((run.shown,)), before)
    run.step_g()
    decay = min(0.9, (1 + 32) / (10 + 32))
    want = [decay * a + (1 - decay) * b for a, b in zip(before, weights((run.generator,)), strict=True)]
    assert all(torch.allclose(a, b) for a, b in zip(weights((run.shown,)), want, strict=True))
    run.change(generator_width=12)
    assert same(weights((run.shown,)), weights((run.generator,)))
    run.change(average=0.0)
    assert run.shown is run.generator


def test_a_dial_that_cannot_be_turned_changes_nothing():
    run = Lab(**SMALL)
    with pytest.raises(ValueError, match="real_label"):
        run.change(real_label=0.9, objective="hinge")
    assert run.settings == Settings(**SMALL) and run.log == ()


def test_a_uniform_generator_draws_uniform_noise():
    z = LabGenerator(noise_dim=3, law="uniform").noise(20_000, torch.Generator().manual_seed(0))
    assert z.shape == (20_000, 3) and z.abs().max() <= 1
    assert abs(z.std().item() - 3**-0.5) < 0.01 and abs(z.mean().item()) < 0.01


def test_the_code_replays_what_was_done_on_the_way():
    run = Lab(**SMALL)
    run.advance(10)
    run.change(generator_rate=3e-4, objective="least_squares")
    run.advance(5)
    run.step_d()
    run.change(discriminator_width=12)
    run.step_g()
    run.change(data="drawn", points=DRAWING)
    run.change(method="historical_averaging")
    run.advance(6)
    names = executed(run.code())
    assert same(weights(run), weights((names["generator"], names["discriminator"])))
    assert names["run"].log == run.log


def test_reset_begins_again_with_the_present_settings():
    run = Lab(**SMALL)
    run.advance(4)
    run.change(seed=2)
    run.reset()
    fresh = Lab(**SMALL, seed=2)
    assert same(weights(run), weights(fresh)) and run.time == 0 and run.log == ()


# The past


@pytest.mark.parametrize(
    "dials",
    [
        {"penalty": "gradient_penalty"},
        {"method": "historical_averaging"},
        {"spectral_norm": True, "instance_noise": 0.1, "packing": 2, "generator_optimizer": "momentum"},
        {"method": "veegan", "average": 0.99},
    ],
    ids=str,
)
def test_going_back_and_on_again_gives_the_same_numbers(dials):
    run = Lab(**SMALL, **dials)
    run.advance(20)
    run.change(generator_rate=2e-3)
    run.advance(35)
    want, times = weights(run), run.moments.times
    average = weights((run.shown,))
    run.show_moment(times.index(20))
    assert run.time == 20 and not same(weights(run), want)
    run.show_moment(-1)
    assert same(weights(run), want) and run.time == 55  # the present was kept, to come back to
    run.show_moment(run.moments.times.index(20))
    run.advance(35)
    assert same(weights(run), want)
    if run.settings.average:
        assert same(weights((run.shown,)), average)
    assert executed(run.code())["run"].log == run.log


def test_going_on_from_an_earlier_moment_forgets_the_later_ones():
    run = Lab(**SMALL)
    run.advance(60)
    run.show_moment(1)
    assert run.moments.times == [0, 20, 40, 60] and run.curves.array("generator")[-1, 0] == 60
    run.change(generator_rate=1e-2)
    run.advance(5)
    assert run.moments.times[:2] == [0, 20] and max(run.moments.times) < 40
    assert run.curves.array("generator")[-1, 0] == 25
    assert run.log == (("both", 20), ("change", {"generator_rate": 1e-2}), ("both", 5))


def test_a_branch_goes_its_own_way():
    run = Lab(**SMALL)
    run.advance(45)
    run.show_moment(1)
    other = run.branch()
    run.show_moment(-1)
    before = weights(run)
    assert run.time == 45 and other.time == 20 and other.moments.times == [0, 20]
    other.change(objective="hinge")
    other.advance(5)
    assert same(weights(run), before)
    straight = Lab(**SMALL)
    straight.advance(20)
    straight.change(objective="hinge")
    straight.advance(5)
    assert same(weights(straight), weights(other)) and straight.log == other.log


def test_a_run_is_saved_and_goes_on(tmp_path):
    run = Lab(**SMALL, data="drawn", points=DRAWING, method="historical_averaging")
    run.advance(10)
    run.change(batch=32, generator_width=10)
    run.advance(5)
    run.save(tmp_path / "run")
    other = Lab.load(tmp_path / "run")
    assert other.log == run.log and other.settings == run.settings and other.time == 15
    assert np.array_equal(other.curves.array("generator"), run.curves.array("generator"))
    run.advance(8)
    other.advance(8)
    assert same(weights(run), weights(other)) and run.code() == other.code()
    with pytest.raises(ValueError, match="folder: expected a folder that a run of the lab was saved to"):
        Lab.load(tmp_path / "elsewhere")


def test_memory_of_the_past_is_bounded():
    moments, run = Moments(spacing=1, most=10), Lab(**SMALL)
    first = run.moments.kept[0]
    for time in range(200):
        if moments.due(time):
            moments.add(dataclasses.replace(first, time=time))
    assert len(moments.kept) <= 10 and moments.times[0] == 0 and moments.times[-1] > 150
    gaps = np.diff(moments.times)
    assert gaps.max() <= 2 * moments.spacing
    curves = Curves(most=50)
    for time in range(1, 5001):
        curves.note(time, a=time**2)
    found = curves.array("a")
    assert (
        len(found) <= 50
        and found[0, 0] == 1
        and found[-1, 0] > 4600
        and (found[:, 1] == found[:, 0] ** 2).all()
    )
    tight = Moments(spacing=1, most=1000, megabytes=1e-6)
    for time in range(50):
        tight.add(dataclasses.replace(first, time=time))
    assert len(tight.kept) <= 5


def test_a_loss_that_is_not_finite_is_said_and_leaves_the_run_whole():
    run = Lab(**SMALL, objective="f_gan kl", discriminator_optimizer="sgd")
    run.advance(3)
    run.change(discriminator_rate=10.0)
    with pytest.raises(TrainingDiverged, match="loss is -?(nan|inf) at step 5."):
        run.advance(200)
    assert run.settings.discriminator_rate == 10.0
    again = executed(run.code())["run"]
    assert same(weights(run), weights(again)) and again.log == run.log
    run.change(discriminator_rate=1e-4, objective="non_saturating")
    run.advance(5)


def test_states_ship_for_every_law_within_100_kb():
    sizes = [path.stat().st_size for path in (STATES, STATES.with_suffix(".json"))]
    assert sum(sizes) <= 100_000
    facts = json.loads(STATES.with_suffix(".json").read_text())["runs"]
    assert set(facts) == set(TRAINED) == set(DATA_SETS) - {"drawn"}


@pytest.mark.parametrize("name", TRAINED)
def test_a_trained_state_is_near_its_data(name, rng):
    from gancourse.divergences import wasserstein

    run = Lab.trained(name)
    assert run.origin == name and run.settings.data == name and run.time == 0
    with torch.no_grad():
        fake = run.generator(run.generator.noise(256, torch.Generator().manual_seed(0))).double().numpy()
    distance = wasserstein(fake, run.data.sample(256, rng))
    untrained = wasserstein(np.zeros((256, 2)), run.data.sample(256, rng))
    assert distance < 0.3 * untrained
    run.advance(2)
    names = executed(run.code())
    assert same(weights(run), weights((names["generator"], names["discriminator"])))


def test_a_damaged_file_of_states_says_what_mends_it(tmp_path, monkeypatch):
    from gancourse.lab import states

    monkeypatch.setattr(states, "STATES", tmp_path / "gan_lab.safetensors")
    with pytest.raises(ValueError, match="train_lab_states"):
        Lab.trained("ring")
    with pytest.raises(ValueError, match="name: expected one of"):
        Lab.trained("drawn")
