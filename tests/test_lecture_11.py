"""Lecture 11: its demos against the exact layer, its networks, and noise as a penalty."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit, log_expit

from gancourse.demos import (
    dirac_field,
    discriminator_steps,
    limit_cycles,
    rate_prediction,
    stability_map,
    toy_spiral,
    unit_circle,
)
from gancourse.dynamics import eigenvalues, field, predicted_rate, trajectory
from gancourse.questions import questions_of

# --- noise is a penalty ------------------------------------------------------------------------------


@pytest.mark.claim("E9")
@pytest.mark.parametrize(("mean", "std"), [(0.6, 1.3), (-1.0, 0.8)])
def test_noise_on_the_inputs_costs_a_weighted_squared_gradient(mean, std):
    """At D*, to first order in the variance: half of it times E_p (1−D)²|∇v|² + E_q D²|∇v|²."""
    p, q = stats.norm(0, 1), stats.norm(mean, std)

    def logit(x):
        return p.logpdf(x) - q.logpdf(x)

    def integral(function):
        return integrate.quad(function, -14, 14, epsabs=1e-13, limit=300)[0]

    def value(s):
        noisy = stats.norm(0, math.hypot(1, s)), stats.norm(mean, math.hypot(std, s))
        return integral(
            lambda x: noisy[0].pdf(x) * log_expit(logit(x)) + noisy[1].pdf(x) * log_expit(-logit(x))
        )

    def cost(x):
        d, slope = expit(logit(x)), -x + (x - mean) / std**2
        return (p.pdf(x) * (1 - d) ** 2 + q.pdf(x) * d**2) * slope**2

    penalty = integral(cost)
    errors = [abs((value(s) - value(0)) / (-(s**2) / 2 * penalty) - 1) for s in (0.2, 0.1, 0.05)]
    assert errors[-1] < 2e-3
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15), "what is left is of the next order, s⁴"


@pytest.mark.claim("E9")
def test_a_penalty_on_the_input_gradient_does_not_see_how_the_weights_are_split():
    torch = pytest.importorskip("torch")
    from gancourse.penalties import r1

    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    for first, second in ((1.0, 1.0), (0.1, 10.0)):
        assert r1(lambda x, a=first, b=second: b * (a * x[:, 0]), x).item() == pytest.approx(1.0)


# --- the demos ---------------------------------------------------------------------------------------


@pytest.mark.claim("E10")
def test_the_field_demo_draws_the_field_and_its_steps():
    found = dirac_field.compute(choice=0, strength=0.3, step=0.2, k=0, start=1.4)
    assert found["path"] == pytest.approx(
        trajectory("r1", (1.4 / math.sqrt(2),) * 2, 0.2, dirac_field.STEPS, weight=0.3)
    )
    theta, psi = dirac_field.GRID[3], dirac_field.GRID[8]
    exact = np.array(field("r1", theta, psi, weight=0.3))
    arrow = found["arrows"][:, 8 * len(dirac_field.GRID) + 3]
    assert arrow * np.linalg.norm(arrow) == pytest.approx(exact)
    for choice, (method, knob) in enumerate(dirac_field.GAMES.values()):
        said = dirac_field.game(choice, 0.5)
        assert said == (method, {} if knob is None else {knob: 0.5})
    assert dirac_field.game(5, 0.0)[1]["clip"] > 1e5
    shown = dirac_field.demo()
    assert "r1, weight 0.00" in shown.words.value and "farther" in shown.words.value
    shown.set(strength=0.3)
    assert "nearer" in shown.words.value
    shown.set(strength=0.0, k=5)
    assert "After 83" in shown.words.value


@pytest.mark.claim("E10")
@pytest.mark.parametrize(
    ("step", "weight", "k"), [(0.6, 0.0, 1), (1.2, 0.3, 1), (2.0, 1.0, 5), (4.4, 2.0, 8)]
)
def test_the_unit_circle_shows_the_eigenvalues_of_a_step(step, weight, k):
    found = unit_circle.compute(step=step, weight=weight, k=k)
    for name, order in (("together", {}), ("turn", {"alternating": True, "discriminator_steps": k})):
        exact = eigenvalues("r1", step, **order, weight=weight)
        assert found[name].sum() == pytest.approx(exact.sum(), abs=1e-9 * abs(exact).max())
        assert np.abs(found[name]).max() == pytest.approx(
            predicted_rate("r1", step, **order, weight=weight), rel=1e-6
        )
        assert found[f"{name} way"][0] == pytest.approx([1, 1])


@pytest.mark.claim("E10")
def test_the_demo_of_more_discriminator_steps_knows_where_orbits_end():
    for k in (1, 5):
        found = discriminator_steps.compute(k=k, step=0.5, start=1.0)
        inside = discriminator_steps.H < 0.99 * 4 / math.sqrt(k)
        assert found["moduli"][inside] == pytest.approx(np.ones((inside.sum(), 2)), abs=1e-9)
        outside = discriminator_steps.H > 1.01 * 4 / math.sqrt(k)
        assert (found["moduli"][outside, 0] > 1).all()
        assert found["moduli"].prod(1) == pytest.approx(np.ones(len(discriminator_steps.H)))
    shown = discriminator_steps.demo()
    assert "an orbit, one turn in 25.1 rounds" in shown.words.value
    shown.set(step=4.3)
    assert "it leaves" in shown.words.value


@pytest.mark.claim("E10")
@pytest.mark.parametrize("choice", [0, 1, 2])
def test_the_sizes_of_the_cycles_are_those_of_long_runs(choice):
    method, knob = list(limit_cycles.GAMES.values())[choice]
    sizes = limit_cycles.amplitudes(choice)
    for row, strength in ((9, 1.0), (3, 0.4)):
        for column in (1, 4):
            h = limit_cycles.H[column]
            knobs = {} if knob is None else {knob: strength}
            knobs |= {"weight": limit_cycles.WEIGHT} if method == "wgan_gp" else {}
            late = trajectory(method, (0.5, 0.5), h, 30_000, **knobs)[-3000:, 0]
            assert sizes[row, column] == pytest.approx(np.abs(late).max(), rel=0.01)
            assert sizes[row, column] == pytest.approx(
                limit_cycles.small_steps(choice, strength, h), rel=0.1 if column == 1 else 0.5
            )


@pytest.mark.claim("E10")
def test_rates_are_foretold_and_found():
    for choice, k in ((0, 0), (0, 1), (0, 5), (1, 0), (1, 1)):
        found = rate_prediction.compute(choice=choice, strength=0.4, step=0.2, k=k)
        assert found["measured"][:2] == pytest.approx([found["rate"]] * 2, abs=3e-3)
    assert list(rate_prediction.GAMES.values())[1][0] == "consensus"
    found = rate_prediction.compute(choice=1, strength=1.0, step=0.2, k=0)
    assert found["measured"][0] < 0.96 and found["measured"][2] > 1, "from θ = 2 it does not come back"


@pytest.mark.claim("E10")
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_map_is_the_predicted_rate(order):
    factor, border = stability_map.rates(order)
    alternating, k = list(stability_map.ORDERS.values())[order]
    knobs = {"alternating": alternating, "discriminator_steps": k}
    for i, j in ((0, 0), (10, 5), (39, 20), (59, 44)):
        exact = predicted_rate("r1", stability_map.STEP[j], **knobs, weight=stability_map.WEIGHT[i])
        assert factor[i, j] == pytest.approx(exact, rel=1e-7)
    for i, limit in enumerate(border):
        inside = stability_map.STEP < limit
        assert (factor[i, inside] < 1).all() and (factor[i, ~inside] >= 1).all()


@pytest.mark.claim("E10")
def test_the_best_simultaneous_step_of_r1_is_two_at_weight_one():
    assert predicted_rate("r1", 2.0, weight=1.0) == pytest.approx(0, abs=1e-8)
    path = trajectory("r1", (1e-4, 2e-4), 2.0, 2, weight=1.0)
    assert np.hypot(*path[2]) < 1e-10


# --- networks ----------------------------------------------------------------------------------------


@pytest.mark.claim("E10")
@pytest.mark.parametrize(
    ("std", "weight", "method", "knobs"),
    [
        (0.1, 0.0, "instance_noise", {"std": 0.1}),
        (0.7, 0.0, "instance_noise", {"std": 0.7}),
        (0.1, 0.3, "r1", {"weight": 0.305}),
    ],
)
def test_a_trained_gan_of_two_parameters_follows_the_exact_path(std, weight, method, knobs):
    pytest.importorskip("torch")
    from gancourse.recipes import spiral

    found = spiral.play_two_parameters(std, weight, steps=150, seed=1)
    exact = trajectory(method, (1, 1), 0.2, 150, True, **knobs)
    assert np.abs(found - exact).max() < 0.12
    # without noise in the batches there is no difference at all
    still = spiral.play_two_parameters(0.0, weight, steps=60)
    exact = trajectory("r1", (1, 1), 0.2, 60, True, weight=weight)
    assert still == pytest.approx(exact, abs=1e-5)


@pytest.mark.claim("E10")
def test_the_mean_of_networks_settles_with_r1_alone():
    pytest.importorskip("torch")
    from gancourse.recipes import spiral

    late = {}
    for weight in (0.0, toy_spiral.WEIGHT):
        steps, points = spiral.play_networks(weight, steps=600, seed=0)
        assert points.shape == (len(steps), 256, 2) and steps[-1] == 600
        assert points[0].mean(0) == pytest.approx([1.5, 0.0], abs=0.3)
        means = points.mean(1)[len(points) // 2 :]
        late[weight] = np.sqrt((means**2).sum(1).mean())
    assert late[toy_spiral.WEIGHT] < 0.04 < late[0.0]


@pytest.mark.parametrize(("arguments", "name"), [((-0.1,), "std"), ((0.1, -1.0), "weight")])
def test_bad_settings_are_named(arguments, name):
    pytest.importorskip("torch")
    from gancourse.recipes import spiral

    with pytest.raises(ValueError, match=f"^{name}:"):
        spiral.play_two_parameters(*arguments)


def test_the_replay_says_the_distances():
    pytest.importorskip("torch")
    shown = toy_spiral.demo(toy_spiral.learn(40, seed=3))
    shown.set(moment=0.0)
    assert "Step 0." in shown.words.value
    far = np.hypot(*shown.result["bare"].mean(0))
    assert f"without R1 {far:.3f}" in shown.words.value


# --- what the questions say --------------------------------------------------------------------------


@pytest.mark.claim("E10")
def test_the_questions_give_numbers_that_hold():
    told = {name: q.choices[q.answer][1] for name, q in questions_of("11").items()}
    assert "1.327" in told["11.wgan_gp"]
    assert limit_cycles.small_steps(1, 1.0, 0.0) == pytest.approx(1.327, abs=5e-4)
    slow = {w: eigenvalues("r1", weight=w).real.max() for w in (0.3, 0.9, 1.0, 1.1, 2.0)}
    assert min(slow, key=slow.get) == 1.0 and slow[1.0] == -0.5
    assert eigenvalues("r1", weight=20.0).real.max() == pytest.approx(-1 / 80, rel=0.01)
    near, nearer = (
        rate_prediction.compute(choice=0, strength=0.3, step=0.2, k=0)["measured"][i] for i in (1, 0)
    )
    assert round(near, 4) == round(nearer, 4)
