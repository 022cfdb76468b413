"""Demos without a browser: numbers, words, both ends of every slider, errors shown, fresh pictures."""

import base64
import io
import pathlib
import subprocess
import sys

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from gancourse import demos
from gancourse.demos import (
    Demo,
    Knob,
    alpha_family,
    averaged_game,
    bent_noise,
    best_reply,
    chase,
    cifar_race,
    class_score,
    clinic,
    clipping_constant,
    collapse_runs,
    conditional_samples,
    conjugate_tangent,
    coupled_samples,
    critics,
    digits,
    dirac_field,
    discriminator_steps,
    distortion_sweep,
    equal_l1,
    first_gan,
    frechet_bias,
    frechet_gaussians,
    frozen_gradient,
    function_classes,
    gallery,
    generator_slopes,
    hand_run,
    jensen_shannon,
    jsd_estimates,
    label_targets,
    latent_space,
    limit_cycles,
    lost_modes,
    mixing_weights,
    mmd_estimates,
    mode_counting,
    moving_mass,
    one_sided_noise,
    optimal_discriminator,
    outlier_balls,
    packing_region,
    parallel_lines,
    particle_forces,
    parzen_bandwidth,
    penalty_by_hand,
    power_iteration,
    precision_balls,
    rate_prediction,
    roofline,
    stability_map,
    three_densities,
    toy_spiral,
    two_directions,
    two_directions_plane,
    two_sample_test,
    unit_circle,
    unrolled_game,
    value_surfaces,
    variational_bound,
)
from gancourse.demos._stage import Stage
from gancourse.game import generator_loss, optimal_logit


def snapshots():
    """What ``first_gan.learn`` returns, made without training."""
    rng = np.random.default_rng(0)
    return [
        {
            "step": i,
            "real": rng.normal(size=(5, 2)),
            "fake": rng.normal(size=(5, 2)),
            "d": rng.uniform(size=(first_gan.SIDE,) * 2),
        }
        for i in range(11)
    ]


def sheets():
    """What ``digits.learn`` returns as snapshots, made without training."""
    rng = np.random.default_rng(0)
    shape = (digits.ROWS * digits.COLUMNS, 1, 28, 28)
    return [{"step": i, "images": rng.uniform(-1, 1, shape)} for i in range(11)]


def spirals():
    """What ``toy_spiral.learn`` returns, made without training."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(2, 51, 2))
    return [
        {"step": i, "bare trail": means[0, : i + 1], "r1 trail": means[1, : i + 1]}
        | {name: means[j, i] + rng.normal(size=(256, 2)) for j, name in enumerate(("bare", "r1"))}
        for i in range(51)
    ]


DEMOS = {
    "digits": lambda **look: digits.demo(sheets(), **look),
    "optimal_discriminator": optimal_discriminator.demo,
    "generator_slopes": generator_slopes.demo,
    "first_gan": lambda **look: first_gan.demo(snapshots(), **look),
    "latent_space": latent_space.demo,
    "conditional_samples": conditional_samples.demo,
    "cifar_race": cifar_race.demo,
    "roofline": roofline.demo,
    "jensen_shannon": jensen_shannon.demo,
    "variational_bound": variational_bound.demo,
    "jsd_estimates": jsd_estimates.demo,
    "particle_forces": particle_forces.demo,
    "frozen_gradient": frozen_gradient.demo,
    "two_directions": two_directions.demo,
    "two_directions_plane": two_directions_plane.demo,
    "bent_noise": bent_noise.demo,
    "hand_run": hand_run.demo,
    "parallel_lines": parallel_lines.demo,
    "equal_l1": equal_l1.demo,
    "moving_mass": moving_mass.demo,
    "critics": critics.demo,
    "three_densities": three_densities.demo,
    "conjugate_tangent": conjugate_tangent.demo,
    "alpha_family": alpha_family.demo,
    "function_classes": function_classes.demo,
    "mmd_estimates": mmd_estimates.demo,
    "two_sample_test": two_sample_test.demo,
    "clinic": clinic.demo,
    "dirac_field": dirac_field.demo,
    "unit_circle": unit_circle.demo,
    "discriminator_steps": discriminator_steps.demo,
    "limit_cycles": limit_cycles.demo,
    "rate_prediction": rate_prediction.demo,
    "stability_map": stability_map.demo,
    "toy_spiral": lambda **look: toy_spiral.demo(spirals(), **look),
    "clipping_constant": clipping_constant.demo,
    "penalty_by_hand": penalty_by_hand.demo,
    "mixing_weights": mixing_weights.demo,
    "coupled_samples": coupled_samples.demo,
    "power_iteration": power_iteration.demo,
    "value_surfaces": value_surfaces.demo,
    "unrolled_game": unrolled_game.demo,
    "packing_region": packing_region.demo,
    "one_sided_noise": one_sided_noise.demo,
    "label_targets": label_targets.demo,
    "averaged_game": averaged_game.demo,
    "mode_counting": mode_counting.demo,
    "lost_modes": lost_modes.demo,
    "best_reply": best_reply.demo,
    "chase": chase.demo,
    "collapse_runs": collapse_runs.demo,
    "parzen_bandwidth": parzen_bandwidth.demo,
    "class_score": class_score.demo,
    "frechet_gaussians": frechet_gaussians.demo,
    "distortion_sweep": distortion_sweep.demo,
    "frechet_bias": frechet_bias.demo,
    "precision_balls": precision_balls.demo,
    "outlier_balls": outlier_balls.demo,
}
EXACT = (
    "optimal_discriminator",
    "generator_slopes",
    "jensen_shannon",
    "variational_bound",
    "jsd_estimates",
    "particle_forces",
    "frozen_gradient",
    "two_directions",
    "two_directions_plane",
    "bent_noise",
    "hand_run",
    "parallel_lines",
    "equal_l1",
    "moving_mass",
    "critics",
    "three_densities",
    "conjugate_tangent",
    "alpha_family",
    "function_classes",
    "mmd_estimates",
    "two_sample_test",
    "dirac_field",
    "unit_circle",
    "discriminator_steps",
    "limit_cycles",
    "rate_prediction",
    "stability_map",
    "clipping_constant",
    "penalty_by_hand",
    "mixing_weights",
    "coupled_samples",
    "power_iteration",
    "value_surfaces",
    "unrolled_game",
    "packing_region",
    "one_sided_noise",
    "label_targets",
    "averaged_game",
    "clinic",
    "mode_counting",
    "lost_modes",
    "best_reply",
    "chase",
    "collapse_runs",
    "cifar_race",
    "roofline",
    "parzen_bandwidth",
    "class_score",
    "frechet_gaussians",
    "distortion_sweep",
    "frechet_bias",
    "precision_balls",
    "outlier_balls",
)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


@pytest.mark.parametrize("name", DEMOS)
def test_every_slider_moves_the_picture_from_end_to_end(name):
    demo = DEMOS[name]()
    for knob in demo.knobs.values():
        demo.reset()
        shown = set()
        for at in (knob.low, knob.high):
            demo.set(**{knob.name: at})
            assert demo.error is None
            shown.add(demo.picture.value)
        assert len(shown) == 2, f"{knob.name} changes nothing"
    assert "<div aria-live='polite'>" in demo.words.value and any(c.isdigit() for c in demo.words.value)


@pytest.mark.parametrize("name", DEMOS)
def test_reset_brings_the_first_picture_back(name):
    demo = DEMOS[name]()
    first = pixels(demo.picture.value)
    for knob in demo.knobs.values():
        demo.set(**{knob.name: knob.low})
    assert (pixels(demo.picture.value) != first).any()
    demo.press("Reset")
    assert (pixels(demo.picture.value) == first).all()


@pytest.mark.parametrize("name", DEMOS)
def test_draw_makes_no_artist(name):
    demo = DEMOS[name]()
    count = len(demo.stage.figure.findobj())
    for knob in demo.knobs.values():
        demo.set(**{knob.name: knob.high})
    assert len(demo.stage.figure.findobj()) == count


@pytest.mark.parametrize("name", DEMOS)
def test_a_frame_equals_a_fresh_drawing(name):
    """The kept background with the moving artists over it is what drawing everything anew would show."""
    demo = DEMOS[name]()
    knob = next(iter(demo.knobs.values()))
    demo.set(**{knob.name: knob.high})
    blitted = pixels(demo.picture.value).astype(int)
    for artist in demo.stage._moving():
        artist.set_animated(False)
    demo.stage.canvas.draw()
    fresh = np.asarray(demo.stage.canvas.buffer_rgba())[..., :3].astype(int)
    # a grid line may cross a curve in another order
    assert np.mean(np.abs(blitted - fresh).max(-1) > 40) < 0.01


@pytest.mark.parametrize("name", DEMOS)
def test_the_bundle_carries_a_png_beside_the_widget(name):
    demo = DEMOS[name]()
    data, _ = demo._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    kept = base64.b64decode(data["image/png"])
    assert len(kept) < len(demo.picture.value)
    off = pixels(kept).astype(int) - pixels(demo.picture.value)
    # in fewer colours, of which photographs have more
    mean, share = (3, 0.003) if name in ("conditional_samples", "cifar_race") else (1, 0.001)
    assert np.abs(off).mean() < mean and np.mean(np.abs(off).max(-1) > 40) < share


@pytest.mark.parametrize("name", EXACT)
def test_exact_demos_import_no_torch(name):
    code = f"import sys; from gancourse.demos.{name} import demo; demo(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("name", DEMOS)
def test_reset_puts_every_slider_back_and_forgets_what_a_button_learned(name):
    demo = DEMOS[name]()
    starts = dict(demo.settings)
    assert starts == {knob.name: knob.start for knob in demo.knobs.values()}
    for knob in demo.knobs.values():
        demo.set(**{knob.name: knob.high})
    demo.extra = {"learned": 1}
    demo.buttons["Reset"].click()
    assert demo.settings == starts and demo.extra == {} and demo.error is None


# --- the gallery ---------------------------------------------------------------------------------


def test_every_demo_is_in_the_gallery():
    folder = pathlib.Path(demos.__file__).parent
    here = {path.stem for path in folder.glob("[a-z]*.py")} - {"gallery"}
    source = (folder / "gallery.py").read_text(encoding="utf-8")
    assert {name for name in here if f"{name}.demo" not in source} == set()
    titles = [entry.title for entry in gallery.GALLERY]
    assert len(set(titles)) == len(titles) >= len(here)


def test_the_gallery_is_large_and_the_same_every_time():
    entries = [entry for entry in gallery.GALLERY if not entry.train]
    first, again = gallery.gallery(entries), gallery.gallery(entries)
    for (title, a), (_, b) in zip(first, again, strict=True):
        assert a.picture.value == b.picture.value, title
        assert pixels(a.picture.value).shape[1] >= 1_200, title
        assert "Reset" in a.buttons


def test_what_must_be_trained_waits_for_a_button_and_says_what_went_wrong():
    made = []

    def make():
        if not made:
            made.append(1)
            raise OSError("no room left")
        return generator_slopes.demo()

    later = gallery.Later("Train it", make)
    assert "Train it" in later._repr_mimebundle_()[0]["text/plain"]
    later.button.click()
    assert "no room left" in later.words.value and not later.button.disabled
    later.button.click()
    assert isinstance(later.children[0], Demo)


def test_without_torch_the_gallery_says_so_and_shows_the_rest(monkeypatch):
    monkeypatch.setattr(gallery.importlib.util, "find_spec", lambda name: None)
    shown = dict(gallery.gallery())
    assert all("needs PyTorch" in shown[e.title].value for e in gallery.GALLERY if e.torch)
    assert all(isinstance(shown[e.title], Demo) for e in gallery.GALLERY if not e.torch)


def broken_demo():
    def compute(*, a):
        if a > 0.6:
            raise ValueError("a: expected at most 0.6")
        return a

    def scene(figure):
        return {"line": figure.subplots().plot([0, 1], [0, 1])[0]}

    def draw(artists, result):
        artists["line"].set_ydata([0, result])
        return str(result)

    return Demo(compute, scene, draw, [Knob("a")])


def test_an_error_shows_in_the_figure_and_goes_away():
    demo = broken_demo()
    demo.set(a=0.5)
    good = demo.picture.value
    demo.controls["a"].value = 0.8  # as a browser does: nothing may be raised here
    assert isinstance(demo.error, ValueError)
    assert "failed" in demo.words.value
    red = pixels(demo.picture.value)[..., 0].astype(int) - pixels(good)[..., 0]
    assert np.mean(red != 0) > 0.01
    demo.controls["a"].value = 0.5
    assert demo.error is None and demo.picture.value == good
    with pytest.raises(ValueError, match="at most 0.6"):
        demo.set(a=0.9)


def test_a_demo_that_fails_at_the_start_stops_the_cell():
    def compute(*, a):
        raise RuntimeError("broken from the start")

    with pytest.raises(RuntimeError, match="broken from the start"):
        Demo(compute, lambda figure: {}, lambda artists, result: "", [Knob("a")])


def test_a_knob_that_compute_does_not_know_is_named():
    with pytest.raises(ValueError, match="knobs: expected keywords of compute"):
        Demo(generator_slopes.compute, generator_slopes.scene, generator_slopes.draw, [Knob("nothing")])
    with pytest.raises(ValueError, match="settings: expected one of logit"):
        generator_slopes.demo().set(v=1.0)


def test_a_knob_with_options_is_a_row_of_buttons():
    demo = particle_forces.demo()
    control = demo.controls["loss"]
    assert isinstance(control, widgets.ToggleButtons) and control.label == "−log D"
    control.label = "log(1 − D)"  # as a browser does
    assert demo.error is None and demo.result["kind"] == "saturating"
    assert "Arrows of log(1 − D)" in demo.words.value


def test_stage_keeps_its_layout_and_size():
    stage = Stage(generator_slopes.scene, size=(6, 3), dpi=80)
    generator_slopes.draw(stage.artists, generator_slopes.compute(logit=-7.0))
    a = stage.frame()
    generator_slopes.draw(stage.artists, generator_slopes.compute(logit=7.0))
    b = stage.frame()
    assert pixels(a).shape == pixels(b).shape == (240, 480, 3)
    moved = np.abs(pixels(a).astype(int) - pixels(b)).max(-1) > 0
    assert 0.001 < moved.mean() < 0.1  # only the dots and their lines


# --- the numbers ---------------------------------------------------------------------------------


@pytest.mark.claim("B1", "B3")
def test_optimal_discriminator_demo_is_exact():
    for settings in (
        {"separation": 0.0, "mean": 0.0, "std": 0.8},
        {"separation": 6.0, "mean": -4.0, "std": 0.4},
    ):
        result = optimal_discriminator.compute(**settings)
        assert result["value"] == pytest.approx(2 * result["jsd"] - np.log(4), abs=1e-9)
    equal = optimal_discriminator.compute(separation=0.0, mean=0.0, std=0.8)
    assert equal["jsd"] == pytest.approx(0, abs=1e-12)
    assert np.allclose(equal["d"][np.abs(optimal_discriminator.GRID) < 6], 0.5)


@pytest.mark.claim("A2", "B1")
def test_the_button_trains_towards_the_optimum():
    demo = optimal_discriminator.demo()
    button = next(label for label in demo.buttons if label.startswith("Train"))
    result = demo.press(button)
    assert 0 < result["gap"] < 0.1  # an untrained network, D = 1/2, is off by 0.2 here
    half = np.full_like(optimal_discriminator.GRID, 0.5)
    assert (
        optimal_discriminator.compute(separation=2.4, mean=1.0, std=1.2, trained=half)["gap"]
        > 2 * result["gap"]
    )
    assert "trained D is off by" in demo.words.value
    demo.set(mean=1.1)
    assert demo.result["trained"] is None, "a network trained at other settings must go"


def test_the_button_says_so_where_torch_is_missing(monkeypatch):
    demo = optimal_discriminator.demo()
    monkeypatch.setattr(optimal_discriminator.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="the button trains a network: it needs PyTorch"):
        demo.press(next(label for label in demo.buttons if label.startswith("Train")))
    assert "press Reset" in demo.words.value


@pytest.mark.claim("C1")
def test_slopes_match_finite_differences():
    h = 1e-6
    for logit in (-6.0, -1.0, 0.0, 3.0):
        a, b = (generator_slopes.compute(logit=logit + s * h) for s in (1, -1))
        here = generator_slopes.compute(logit=logit)
        for kind in generator_slopes.KINDS:
            assert here[kind][1] == pytest.approx((a[kind][0] - b[kind][0]) / (2 * h), abs=1e-8)


@pytest.mark.claim("C1", "C2")
def test_the_push_is_minus_the_gradient_of_the_loss():
    h, rng = 1e-5, np.random.default_rng(1)
    data, fakes = particle_forces.DATA, particle_forces.generator(1.5, 0.6)
    x = rng.normal(1.0, 1.5, (40, 2))
    for mixture in (data, fakes):
        quotient = [(mixture.logpdf(x + e) - mixture.logpdf(x - e)) / (2 * h) for e in h * np.eye(2)]
        assert np.allclose(particle_forces.score(mixture, x), np.stack(quotient, 1), atol=1e-6)
    for kind in particle_forces.KINDS:

        def loss(x, kind=kind):
            return generator_loss(optimal_logit(data.logpdf(x), fakes.logpdf(x)), kind)

        quotient = [-(loss(x + e) - loss(x - e)) / (2 * h) for e in h * np.eye(2)]
        assert np.allclose(particle_forces.push(x, data, fakes, kind), np.stack(quotient, 1), atol=1e-5)


@pytest.mark.claim("C1")
def test_only_the_saturating_push_vanishes_with_the_distance():
    near, far = (particle_forces.compute(distance=d, spread=0.7, loss=0) for d in (1.0, 6.0))
    assert far["lengths"]["saturating"] < 1e-5 < 0.1 < near["lengths"]["saturating"]
    assert far["lengths"]["non_saturating"] > 2 * near["lengths"]["non_saturating"]
    assert far["lengths"]["reverse_kl"] == pytest.approx(far["lengths"]["non_saturating"], rel=1e-4)
    for position, kind in enumerate(particle_forces.KINDS):
        result = particle_forces.compute(distance=1.0, spread=0.7, loss=position)
        assert np.linalg.norm(result["push"], axis=1).mean() == pytest.approx(result["lengths"][kind])
        pushed = particle_forces.push(
            result["x"], particle_forces.DATA, particle_forces.generator(1.0, 0.7), kind
        )
        assert np.allclose(result["push"], pushed)


def test_slerp_keeps_to_the_shell():
    a, b = latent_space.noise(0, 64), latent_space.noise(1, 64)
    path = latent_space.slerp(a, b, np.linspace(0, 1, 7))
    assert np.allclose(path[[0, -1]], [a, b])
    lengths = np.linalg.norm(path, axis=1)
    assert np.allclose(lengths, np.linspace(np.linalg.norm(a), np.linalg.norm(b), 7))
    assert np.allclose(latent_space.slerp(a, 2 * a, 0.5), 1.5 * a)
    angle = np.arccos(path[1] @ path[0] / (lengths[0] * lengths[1]))
    whole = np.arccos(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    assert angle == pytest.approx(whole / 6)


def test_first_gan_learns_without_a_picture():
    shots = first_gan.learn(60, watch_every=20, shown=50, live=False)
    assert [s["step"] for s in shots] == [0, 20, 40, 60]
    assert shots[0]["fake"].shape == (50, 2) and np.abs(shots[-1]["fake"] - shots[0]["fake"]).max() > 0.05
    assert all(((s["d"] >= 0) & (s["d"] <= 1)).all() for s in shots)
