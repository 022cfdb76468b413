"""The Dirac-GAN: velocities against losses, Jacobians by hand, by differences and by simulation, steps."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit, log_expit

from gancourse import dynamics
from gancourse.dynamics import (
    METHODS,
    eigenvalues,
    field,
    jacobian,
    largest_stable_step,
    predicted_rate,
    trajectory,
    update_matrix,
)

# method, knobs, the Jacobian by hand, its eigenvalues by hand
HALF = [[0, 0.5], [-0.5, 0]]
TABLE = [
    ("gan", {}, HALF, [0.5j, -0.5j]),
    ("non_saturating", {}, HALF, [0.5j, -0.5j]),
    ("wasserstein", {}, [[0, 1], [-1, 0]], [1j, -1j]),
    ("wasserstein", {"clip": 0.3}, [[0, 1], [-1, 0]], [1j, -1j]),
    ("instance_noise", {"std": 0.0}, HALF, [0.5j, -0.5j]),
    ("instance_noise", {"std": 0.7}, [[0, 0.5], [-0.5, -0.245]], [-0.1225 + 0.484762j, -0.1225 - 0.484762j]),
    ("instance_noise", {"std": 2.0}, [[0, 0.5], [-0.5, -2]], [-1 + math.sqrt(0.75), -1 - math.sqrt(0.75)]),
    ("r1", {"weight": 0.3}, [[0, 0.5], [-0.5, -0.3]], [-0.15 + 0.4769696j, -0.15 - 0.4769696j]),
    ("r1", {"weight": 1.0}, [[0, 0.5], [-0.5, -1]], [-0.5, -0.5]),
    ("r2", {"weight": 2.5}, [[0, 0.5], [-0.5, -2.5]], [-1.25 + math.sqrt(21) / 4, -1.25 - math.sqrt(21) / 4]),
    ("consensus", {"weight": 1.0}, [[-0.25, 0.5], [-0.5, -0.25]], [-0.25 + 0.5j, -0.25 - 0.5j]),
    ("consensus", {"weight": 0.4}, [[-0.1, 0.5], [-0.5, -0.1]], [-0.1 + 0.5j, -0.1 - 0.5j]),
    ("wgan_gp", {"weight": 0.7, "target": 0}, [[0, 1], [-1, -0.7]], [-0.35 + 0.9367497j, -0.35 - 0.9367497j]),
    ("wgan_gp", {"weight": 0.0}, [[0, 1], [-1, 0]], [1j, -1j]),
]  # fmt: skip
ROWS = pytest.mark.parametrize(("method", "knobs", "matrix", "values"), TABLE)
ORDERS = pytest.mark.parametrize(("alternating", "k"), [(False, 1), (True, 1), (True, 5)])
POINTS = [(1.0, 1.0), (-0.7, 0.4), (1.5, -2.0), (0.2, 3.0), (-2.5, -1.0)]


def order(alternating, k):
    return {"alternating": alternating, "discriminator_steps": k}


# --- velocities are minus the gradients of losses ------------------------------------------------


def mean(function, centre, std):
    """E function(x) for x from N(centre, std²), by adaptive quadrature."""
    if std == 0:
        return function(centre)
    law = stats.norm(centre, std)
    low, high = centre - 12 * std, centre + 12 * std
    return integrate.quad(
        lambda x: function(x) * law.pdf(x), low, high, epsabs=1e-13, limit=400, points=(0, centre)
    )[0]


def losses(method, theta, psi, theta_, psi_, **knobs):
    """Both players' losses, the opponent's parameter written with an underscore."""
    if method in ("wasserstein", "wgan_gp"):
        penalty = knobs.get("weight", 0) / 2 * (abs(psi) - knobs.get("target", 0)) ** 2
        return -psi_ * theta, psi * theta_ + penalty
    std = knobs.get("std", 0.0)

    def value(theta, psi):
        real = mean(lambda x: log_expit(psi * x), 0.0, std)
        return real + mean(lambda x: log_expit(-psi * x), theta, std)

    of_theta = -log_expit(psi_ * theta) if method == "non_saturating" else value(theta, psi_)
    return of_theta, -value(theta_, psi) + knobs.get("weight", 0) / 2 * psi**2


@pytest.mark.parametrize(
    ("method", "knobs"),
    [(m, k) for m, k, *_ in TABLE if m != "consensus"] + [("wgan_gp", {"weight": 0.7, "target": 1.0})],
)
def test_a_velocity_is_minus_the_gradient_of_that_players_loss(method, knobs):
    h = 1e-4
    for theta, psi in POINTS:
        found = field(method, theta, psi, **knobs)
        up, down = (losses(method, theta + e, psi, theta, psi, **knobs)[0] for e in (h, -h))
        assert found[0] == pytest.approx(-(up - down) / (2 * h), abs=1e-7)
        up, down = (losses(method, theta, psi + e, theta, psi, **knobs)[1] for e in (h, -h))
        assert found[1] == pytest.approx(-(up - down) / (2 * h), abs=1e-7)


@pytest.mark.claim("E10")
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0, 4.0])
def test_consensus_descends_half_the_squared_speed_away_from_the_origin_too(weight):
    def energy(theta, psi):
        v = field("gan", theta, psi)
        return (v[0] ** 2 + v[1] ** 2) / 2

    h = 1e-5
    for theta, psi in POINTS:
        slope = (
            (energy(theta + h, psi) - energy(theta - h, psi)) / (2 * h),
            (energy(theta, psi + h) - energy(theta, psi - h)) / (2 * h),
        )
        plain = field("gan", theta, psi)
        found = field("consensus", theta, psi, weight=weight)
        for i in (0, 1):
            assert found[i] == pytest.approx(plain[i] - weight * slope[i], abs=1e-8)


@pytest.mark.parametrize("std", [0.01, 0.7, 3.0, 40.0])
@pytest.mark.parametrize(("theta", "psi"), [(0.5, 1.0), (-1.0, 0.02), (2.0, 7.0), (30.0, -2.0), (0.0, 500.0)])
def test_instance_noise_is_exact_at_every_width(std, theta, psi):
    points = sorted({0.0, *(c + s * 20 / abs(psi) for c in (0, theta) for s in (-1, 0, 1))})

    def over(function, centre):
        law = stats.norm(centre, std)
        ends = [centre - 10 * std, *(p for p in points if abs(p - centre) < 10 * std), centre + 10 * std]
        parts = zip(ends[:-1], ends[1:], strict=True)
        return math.fsum(
            integrate.quad(lambda x: function(x) * law.pdf(x), a, b, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
            for a, b in parts
        )

    d = over(lambda x: expit(psi * x), theta)
    push = over(lambda x: x * expit(-psi * x), 0.0) - over(lambda x: x * expit(psi * x), theta)
    found = field("instance_noise", theta, psi, std=std)
    assert found[0] == pytest.approx(psi * d, rel=1e-10, abs=1e-11)
    assert found[1] == pytest.approx(push, rel=1e-9, abs=1e-10)


def test_noise_near_the_border_of_its_two_sums_is_the_same_from_both():
    psi = np.array([1 - 1e-12, 1 + 1e-12])
    together = field("instance_noise", 0.3, psi, std=1.0)
    apart = [field("instance_noise", 0.3, p, std=1.0) for p in psi]
    for i in (0, 1):
        assert together[i] == pytest.approx([one[i] for one in apart], rel=1e-14)
        assert together[i][0] == pytest.approx(together[i][1], abs=1e-11)


def test_fields_broadcast_and_leave_their_arguments_alone():
    theta, psi = np.linspace(-2, 2, 5)[:, None], np.linspace(-1, 1, 4)
    before = theta.copy(), psi.copy()
    for method in METHODS:
        found = field(method, theta, psi)
        assert [v.shape for v in found] == [(5, 4), (5, 4)]
        one = field(method, theta[1, 0], psi[2])
        assert [v[1, 2] for v in found] == pytest.approx([float(v) for v in one], abs=1e-14)
    assert (theta == before[0]).all() and (psi == before[1]).all()


@pytest.mark.claim("E10")
def test_ours_is_the_papers_with_the_other_sign_of_psi():
    """The paper's field, (−ψ f′(θψ), θ f′(θψ)) with f′(t) = σ(−t), at −ψ."""
    for theta, psi in POINTS:
        theirs = psi * expit(psi * theta), theta * expit(psi * theta)
        assert field("gan", theta, psi) == pytest.approx((theirs[0], -theirs[1]), abs=1e-15)


# --- Jacobians: by hand, by finite differences, by simulation ------------------------------------


@pytest.mark.claim("E10")
@ROWS
def test_jacobians_by_hand_by_differences_and_by_simulation_agree(method, knobs, matrix, values):
    found = jacobian(method, **knobs)
    assert found == pytest.approx(np.array(matrix), abs=1e-15)
    h = 1e-4
    up, down = (np.array([field(method, *(e * row), **knobs) for row in np.eye(2)]).T for e in (h, -h))
    assert (up - down) / (2 * h) == pytest.approx(found, abs=1e-6)
    starts = 1e-5 * np.eye(2)
    moved = np.array([trajectory(method, s, 0.1, 1, **knobs)[1] - s for s in starts]).T
    assert moved / 1e-5 / 0.1 == pytest.approx(found, abs=1e-6)


@pytest.mark.claim("E10")
@ROWS
def test_eigenvalues_by_hand_and_by_lapack(method, knobs, matrix, values):
    found = eigenvalues(method, **knobs)
    assert found == pytest.approx(np.array(values), abs=1e-6)
    theirs = np.linalg.eigvals(np.array(matrix, dtype=float))
    # LAPACK loses half of the digits at a double eigenvalue
    assert sorted(found, key=lambda v: (v.imag, v.real)) == pytest.approx(
        sorted(theirs.astype(complex), key=lambda v: (v.imag, v.real)), abs=2e-8
    )


@pytest.mark.claim("E10")
@ORDERS
@ROWS
@pytest.mark.parametrize("step", [0.05, 0.2, 0.9])
def test_the_matrix_of_a_step_is_what_a_step_does(method, knobs, matrix, values, alternating, k, step):
    size = 1e-5
    predicted = update_matrix(method, step, **order(alternating, k), **knobs)
    simulated = np.array(
        [trajectory(method, size * s, step, 1, **order(alternating, k), **knobs)[1] for s in np.eye(2)]
    ).T
    assert simulated / size == pytest.approx(predicted, abs=1e-6)
    found = eigenvalues(method, step, **order(alternating, k), **knobs)
    assert found.sum() == pytest.approx(np.trace(predicted), abs=1e-12)
    assert found.prod() == pytest.approx(np.linalg.det(predicted), abs=1e-12)
    rate = predicted_rate(method, step, **order(alternating, k), **knobs)
    assert rate == pytest.approx(np.abs(np.linalg.eigvals(predicted)).max(), abs=1e-7)


@pytest.mark.claim("E10")
@ORDERS
@pytest.mark.parametrize(
    ("method", "knobs"),
    [("gan", {}), ("r1", {"weight": 0.3}), ("instance_noise", {}), ("consensus", {}), ("non_saturating", {})],
)
def test_distances_shrink_at_the_predicted_rate(method, knobs, alternating, k):
    """Over whole turns, since the distance wobbles within one."""
    path = trajectory(method, (1e-5, 0), 0.2, 1000, **order(alternating, k), **knobs)
    # what two steps of a linear map say of it
    a, b = path[0:2].T, path[1:3].T
    measured = np.abs(np.linalg.eigvals(b @ np.linalg.inv(a))).max()
    rate = predicted_rate(method, 0.2, **order(alternating, k), **knobs)
    assert measured == pytest.approx(rate, abs=1e-6)
    assert (np.hypot(*path[-1]) / 1e-5) ** (1 / 1000) == pytest.approx(rate, abs=2e-3)


@pytest.mark.claim("E10")
def test_the_penalty_of_wgan_gp_has_no_derivative_at_the_equilibrium():
    with pytest.raises(ValueError, match="^method: expected .*corner at ψ = 0.*got 'wgan_gp'"):
        jacobian("wgan_gp")
    for call in (eigenvalues, largest_stable_step):
        with pytest.raises(ValueError, match="corner"):
            call("wgan_gp", weight=0.2)
    for e in (1e-3, 1e-9):
        jump = field("wgan_gp", 0, e, weight=0.7)[1] - field("wgan_gp", 0, -e, weight=0.7)[1]
        assert jump == pytest.approx(2 * 0.7 * 1.0, abs=2e-3)


# --- which converge ------------------------------------------------------------------------------


@pytest.mark.claim("E10")
def test_simultaneous_steps_of_the_bare_game_always_go_outwards():
    """Exactly, at every point: r² grows by the factor 1 + h² σ(ψθ)²; in continuous time r is constant."""
    for h in (0.01, 0.2, 3.0):
        for start in POINTS:
            before, after = trajectory("gan", start, h, 1)
            grown = 1 + h**2 * expit(before[0] * before[1]) ** 2
            assert after @ after == pytest.approx(before @ before * grown, rel=1e-13)
            assert np.dot(before, field("gan", *before)) == pytest.approx(0, abs=1e-15)
    radius = np.hypot(*trajectory("gan", (1, 1), 0.2, 500).T)
    assert (np.diff(radius) > 0).all() and radius[-1] > 2 * radius[0]


@pytest.mark.claim("E10")
@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_alternating_steps_lie_on_the_unit_circle_up_to_four_over_root_k(k):
    limit = 4 / math.sqrt(k)
    assert largest_stable_step("gan", True, discriminator_steps=k) == pytest.approx(limit, rel=1e-9)
    assert largest_stable_step("wasserstein", True, discriminator_steps=k) == pytest.approx(
        limit / 2, rel=1e-9
    )
    for share in (0.05, 0.5, 0.99):
        found = eigenvalues("gan", share * limit, True, discriminator_steps=k)
        assert np.abs(found) == pytest.approx([1, 1], abs=1e-12)
        assert found[0].imag > 0
    assert predicted_rate("gan", 1.01 * limit, True, discriminator_steps=k) > 1.2


@pytest.mark.claim("E10")
def test_small_alternating_steps_keep_to_an_orbit():
    radius = np.hypot(*trajectory("gan", (1, 1), 0.2, 20_000, True).T)
    assert 1.3 < radius.min() and radius.max() < 1.5
    # wasserstein within its clip is linear: an ellipse, θ² + ψ² − hθψ, is kept for ever
    h = 0.2
    theta, psi = trajectory("wasserstein", (0.5, 0.2), h, 5_000, True, clip=10.0).T
    kept = theta**2 + psi**2 - h * theta * psi
    assert np.ptp(kept) < 1e-12


@pytest.mark.claim("E10")
@pytest.mark.parametrize(
    ("method", "knobs"),
    [("instance_noise", {}), ("r1", {"weight": 0.3}), ("r1", {}), ("r2", {}), ("consensus", {})],
)
def test_regularised_games_converge(method, knobs):
    assert (eigenvalues(method, **knobs).real < 0).all()
    for alternating in (False, True):
        assert predicted_rate(method, 0.2, alternating, **knobs) < 1
        path = trajectory(method, (1, 1), 0.2, 500, alternating, **knobs)
        assert np.hypot(*path[-1]) < 1e-3


@pytest.mark.claim("E10")
@pytest.mark.parametrize("method", ["gan", "non_saturating", "wasserstein", "wgan_gp"])
def test_the_others_do_not(method):
    radius = np.hypot(*trajectory(method, (1, 1), 0.2, 5_000).T)
    assert radius[-1000:].min() > 0.5
    near = np.hypot(*trajectory(method, (1e-3, 0), 0.2, 5_000).T)
    assert near[-1000:].min() > 0.4, "from nearby too"


@pytest.mark.claim("E10")
@pytest.mark.parametrize(("weight", "target"), [(0.7, 1.0), (0.3, 1.0), (1.5, 0.4)])
def test_the_limit_cycle_of_wgan_gp_in_continuous_time(weight, target):
    turn = math.sqrt(1 - weight**2 / 4)
    exact = weight * target / math.tanh(math.pi * weight / (4 * turn))
    path = trajectory("wgan_gp", (0.1, 0.1), 1e-3, 60_000, weight=weight, target=target)
    assert np.abs(path[-20_000:, 0]).max() == pytest.approx(exact, rel=5e-3)


@pytest.mark.claim("E10")
def test_a_heavy_penalty_of_wgan_gp_comes_to_rest_beside_the_data():
    path = trajectory("wgan_gp", (0.5, 0.5), 0.01, 40_000, weight=2.5, target=1.0)
    assert path[-1] == pytest.approx([2.5, 0.0], abs=1e-9)


@pytest.mark.claim("E10")
@pytest.mark.parametrize("h", [0.05, 0.1, 0.2])
def test_non_saturating_steps_settle_on_a_circle_of_radius_root_two_h(h):
    radius = np.hypot(*trajectory("non_saturating", (1, 1), h, 40_000)[-2000:].T)
    assert radius == pytest.approx(np.full(2000, math.sqrt(2 * h)), rel=0.02)


@pytest.mark.claim("E10")
def test_clipping_bounds_the_critic_and_no_more():
    path = trajectory("wasserstein", (1, 1), 0.02, 20_000, clip=0.5)
    late = np.abs(path[-3000:])
    assert late[:, 1].max() == 0.5 and late[:, 0].max() == pytest.approx(0.5, rel=0.03)
    assert np.hypot(*late.T).min() > 0.49
    assert trajectory("wasserstein", (0, 3), 0.1, 1, clip=0.5)[0].tolist() == [0, 3]


@pytest.mark.claim("E9")
def test_noise_is_a_weight_on_the_squared_gradient_of_d_in_its_input():
    """Its Jacobian is that of R1 with weight s²/2; the difference of the fields is of higher order."""
    for std in (0.1, 0.7, 1.3):
        assert jacobian("instance_noise", std=std) == pytest.approx(
            jacobian("r1", weight=std**2 / 2), abs=1e-15
        )
    # twice as small a noise, a sixteenth of the difference: away from the equilibrium the weight is that of
    # Roth et al., s²/2 · [E_p D(1−D) + E_q D(1−D)] ψ², with its partners of the same order in θ
    std, theta = 1e-2, 1e-4
    for psi in (0.3, 1.0):
        noisy = field("instance_noise", theta, psi, std=std)[1]
        weighted = field("r1", theta, psi, weight=std**2 * 2 * 0.25)[1]
        assert abs(noisy - weighted) < 0.02 * abs(weighted - field("gan", theta, psi)[1])


# --- largest steps -------------------------------------------------------------------------------


@pytest.mark.claim("E10")
@ORDERS
@pytest.mark.parametrize(
    ("method", "knobs"),
    [("r1", {"weight": w}) for w in (0.01, 0.3, 1.0, 3.0, 200.0)]
    + [("consensus", {"weight": w}) for w in (0.1, 1.0, 8.0)]
    + [("instance_noise", {"std": s}) for s in (0.3, 0.7, 5.0)],
)
def test_the_largest_stable_step_is_the_border(method, knobs, alternating, k):
    found = largest_stable_step(method, **order(alternating, k), **knobs)
    assert found > 0
    assert predicted_rate(method, 0.999 * found, **order(alternating, k), **knobs) < 1
    assert predicted_rate(method, 1.001 * found, **order(alternating, k), **knobs) > 1
    for h in np.linspace(0, found, 40)[1:-1]:
        assert predicted_rate(method, h, **order(alternating, k), **knobs) < 1


def test_the_largest_stable_step_by_hand():
    for method in ("gan", "non_saturating", "wasserstein"):
        assert largest_stable_step(method) == 0.0
    for weight in (0.3, 1.0, 2.0):
        by_hand = 4 * (math.sqrt(weight**2 + 1) - weight)
        assert largest_stable_step("r1", True, weight=weight) == pytest.approx(by_hand, rel=1e-9)
    assert largest_stable_step("r1", weight=0.3) == pytest.approx(1.2)
    assert largest_stable_step("r1", weight=1.0) == pytest.approx(4.0)
    # two real eigenvalues: the faster one decides
    assert largest_stable_step("r1", weight=2.5) == pytest.approx(2 / (1.25 + math.sqrt(21) / 4))


# --- steps, and bad input ------------------------------------------------------------------------


def test_alternating_steps_one_by_one():
    h, k, knobs = 0.3, 3, {"weight": 0.4}
    theta, psi = 0.8, -0.5
    for row in trajectory("r1", (theta, psi), h, 4, True, discriminator_steps=k, **knobs)[1:]:
        for _ in range(k):
            psi += h * float(field("r1", theta, psi, **knobs)[1])
        theta += h * float(field("r1", theta, psi, **knobs)[0])
        assert row == pytest.approx([theta, psi], rel=1e-14)


def test_what_explodes_ends_in_inf_and_never_in_nan():
    for alternating, k in ((False, 1), (True, 1), (True, 30)):
        path = trajectory("r1", (1, 1), 1e4, 20, weight=1e4, **order(alternating, k))
        assert np.isinf(path[-1]).all() and not np.isnan(path).any() and np.isfinite(path[0]).all()


@pytest.mark.parametrize(
    ("method", "knobs", "said"),
    [
        ("gan", {"weight": 1.0}, "^weight: expected no such knob, for the knobs of 'gan' are: none, got 1.0"),
        ("r1", {"std": 1.0}, "^std: .*the knobs of 'r1' are: weight"),
        ("wgan_gp", {"clip": 1.0}, "^clip: .*weight, target"),
        ("wasserstein", {"clip": 0.0}, "^clip: expected a positive number"),
        ("wasserstein", {"clip": -1}, "^clip: "),
        ("r1", {"weight": -0.1}, "^weight: "),
        ("r1", {"weight": math.nan}, "^weight: "),
        ("instance_noise", {"std": "1"}, "^std: "),
        ("R1", {}, "^method: expected one of 'gan'"),
        (None, {}, "^method: "),
    ],
)
def test_bad_knobs_are_named(method, knobs, said):
    for call in (
        lambda: field(method, 0.0, 0.0, **knobs),
        lambda: jacobian(method, **knobs),
        lambda: trajectory(method, (0, 0), 0.1, 1, **knobs),
        lambda: update_matrix(method, 0.1, **knobs),
        lambda: eigenvalues(method, **knobs),
        lambda: predicted_rate(method, 0.1, **knobs),
        lambda: largest_stable_step(method, **knobs),
    ):
        with pytest.raises(ValueError, match=said):
            call()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start": (1, 1, 1)}, "^start: expected shape"),
        ({"start": (1, 1e60)}, "^start: "),
        ({"step": -0.1}, "^step: "),
        ({"steps": 0}, "^steps: "),
        ({"steps": 2.0}, "^steps: "),
        ({"alternating": "yes"}, "^alternating: expected True or False"),
        ({"discriminator_steps": 2}, "^discriminator_steps: expected 1 where"),
        ({"discriminator_steps": 0, "alternating": True}, "^discriminator_steps: "),
        ({"discriminator_steps": 31, "alternating": True}, "^discriminator_steps: "),
    ],
)
def test_bad_steps_are_named(changed, said):
    with pytest.raises(ValueError, match=said):
        trajectory("gan", **({"start": (1, 1), "step": 0.1, "steps": 3} | changed))


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match="^psi: expected a shape that broadcasts"):
        field("gan", np.ones(3), np.ones(4))


def test_public_names():
    assert all(hasattr(dynamics, name) for name in dynamics.__all__)
    assert set(METHODS) == {
        "gan", "non_saturating", "wasserstein", "wgan_gp", "instance_noise", "r1", "r2", "consensus",
    }  # fmt: skip
