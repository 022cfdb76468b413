# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Wasserstein
#
# *How far must mass travel to turn one distribution into the other?*
#
# When you have worked through this lecture you will be able to
#
# - say what a coupling is, write the least cost as a linear programme, and read its plan (D8);
# - compute $W_1$ on the line from two distribution functions, and say why that is the least;
# - prove with prices that a plan is the cheapest, and turn the prices into the critic of a WGAN;
# - say what $W_1$ sees that KL and total variation do not (D10).
#
# **Time.** Core: 50 minutes, sections 1 to 4, with one exercise (that of section 2). Further: 45 minutes, sections 5 to 8 and
# the three short exercises.
#
# **You need** distribution functions, lecture 07 for why another distance is wanted, and the idea of a linear programme. PyTorch
# only for section 8.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from gancourse import budget, has_torch, plots
from gancourse.demos import critics, moving_mass, three_densities
from gancourse.densities import gaussian
from gancourse.divergences import monotone_plan, transport_plan, wasserstein, wasserstein_1d
from gancourse.exercises import check
from gancourse.questions import predict

plots.use()

# %% [markdown]
# ## 1 · Couplings, and the cheapest one (D8)
#
# **The question.** The divergences of the lectures before compare $p$ and $q$ point by point: $p(x)$ with $q(x)$. None of them
# asks *how far* apart two points are. What does a distance look like that does?
#
# **The derivation.** Put $p$ and $q$ into bins at $x_1, \dots, x_n$ and $y_1, \dots, y_m$. A **coupling**, or plan, says how much
# mass goes from where to where: a table $P_{ij}\ge0$ in which
#
# $$\sum_j P_{ij} = p_i \quad\text{(all of it leaves)}, \qquad \sum_i P_{ij} = q_j \quad\text{(all of it arrives)}.$$
#
# Read $P$ as a joint distribution of a pair $(X, Y)$: its marginals are $p$ and $q$. There is always one, the independent coupling
# $P_{ij} = p_iq_j$. If carrying a unit of mass from $x_i$ to $y_j$ costs $c_{ij}$, a plan costs
# $\sum_{ij}P_{ij}c_{ij} = \mathbb E\,c(X, Y)$. With the distance as cost, the least is the **Wasserstein-1 distance**:
#
# $$W_1(p, q) = \min_{P}\ \sum_{ij}P_{ij}\,|x_i - y_j| .$$
#
# What is minimised is linear in $P$, and so are the constraints: a **linear programme** in $nm$ unknowns with $n + m$ equations.
# One of these follows from the others, since both sets add up to the total mass. A linear programme takes its minimum at a corner,
# and a corner has at most as many entries above zero as there are independent equations: **some cheapest plan has at most
# $n + m - 1$ of them**, out of $nm$.
#
# **The number.** Four bins in a row; $q$ is $p$ moved by one. Three plans by hand, and the programme.

# %%
# NBVAL_CHECK_OUTPUT
x = np.arange(5.0)
p, q = np.array([1, 1, 1, 1, 0]) / 4, np.array([0, 1, 1, 1, 1]) / 4
distance = np.abs(x[:, None] - x)
jump = np.diag([0, 1, 1, 1, 0]) / 4
jump[0, 4] = 1 / 4
plans = {"independent": np.outer(p, q), "each one step": np.diag(p[:4], k=1), "one jumps": jump}
print("plan            mean |x − y|   mean (x − y)²   mean √|x − y|")
for name, plan in plans.items():
    assert np.allclose(plan.sum(1), p) and np.allclose(plan.sum(0), q)
    print(f"{name:15s} {(plan * distance).sum():12.4f}", end="")
    print(f" {(plan * distance**2).sum():15.4f} {(plan * distance**0.5).sum():15.4f}")
least = [transport_plan(p, q, distance**power).value for power in (1, 2, 0.5)]
print(f"{'the least':15s} {least[0]:12.4f} {least[1]:15.4f} {least[2]:15.4f}")
assert np.allclose(least, [1, 1, 0.5])

# %% [markdown]
# For $|x-y|$ two very different plans are both cheapest. For $(x-y)^2$, where long ways are dear, all must move a little; for
# $\sqrt{|x-y|}$, where long ways are cheap for their length, one jumps and the rest stays.

# %%
predict("08.shift")

# %%
predict("08.concave")

# %% [markdown]
# **The slider.** Above, the data; below, the generator; a line for each entry of the plan, the thicker the more mass. Right, the
# plan as a table (shades by the square root of the mass, so that little shows too). The linear programme of 24 × 24 unknowns is
# solved anew at each move. Try these:
#
# 1. Move the mean of $q$ from −5 to 5. Between the modes $W_1$ hardly changes: what one mode's way gains the other's loses. And
#    with $(x-y)^2$?
# 2. Put all data into the left mode, and the mean of $q$ at −3, then at −2, then at 2: $W_1$ grows by what the mean moves by.
# 3. Change the cost. With $(x-y)^2$ the plan is a rising staircase; with $\sqrt{|x-y|}$ it turns round, and what is common stays.
# 4. Watch the mean distance under each plan: it is least for $|x-y|$, but another cost's plan may reach the same.

# %%
moving_mass.demo()

# %% [markdown]
# **Your turn** (further, 5 minutes). Is an array a plan from $a$ to $b$, and what does it cost?


# %% tags=["exercise:08.cost_of_plan"]
def cost_of_plan(plan, a, b, cost):
    """The cost of a transport plan, or infinity if it is not a plan from a to b.

    A plan is valid if no entry is below −1e-9, if it takes from each bin of a what lies there, and if it
    brings to each bin of b what belongs there, up to 1e-9 a bin.

    Arguments:
        plan: array (n, m), the mass that goes from bin i of a to bin j of b.
        a: array (n,), masses that sum to one.
        b: array (m,), masses that sum to one.
        cost: array (n, m), the price of a unit of mass from i to j; not symmetric.

    Returns:
        float, zero or above, or np.inf.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("08.cost_of_plan", cost_of_plan)

# %% [markdown]
# **Remember.** $W_1$ is the least mean distance over all joint distributions with marginals $p$ and $q$: a linear programme.

# %% [markdown]
# ## 2 · On the line: the area between F and G (D8)
#
# **The question.** A linear programme in $nm$ unknowns is a lot of work for a number. Is there a formula?
#
# **The derivation.** Let $F$ and $G$ be the distribution functions of $p$ and $q$ on the line. Count, at each point $t$, what must
# cross it. A way from $X$ to $Y$ crosses every $t$ between them, so its length is
#
# $$|X - Y| = \int \mathbf 1[X\le t < Y] + \mathbf 1[Y\le t < X]\;dt .$$
#
# Take means, under any coupling:
#
# $$\mathbb E|X - Y| = \int \mathrm P(X\le t<Y) + \mathrm P(Y\le t<X)\;dt .$$
#
# The two probabilities *differ* by $\mathrm P(X\le t) - \mathrm P(Y\le t) = F(t) - G(t)$, since the event that both are at most $t$
# drops out. Two numbers of at least 0 that differ by $F - G$ add up to at least $|F-G|$. So for **every** coupling
#
# $$\mathbb E|X-Y| \;\ge\; \int|F(t) - G(t)|\,dt .$$
#
# A coupling reaches it if at each $t$ mass crosses in one direction only. Take **one** uniform $U$ for both,
# $X = F^{-1}(U)$ and $Y = G^{-1}(U)$, with $F^{-1}(u) = \min\{t: F(t)\ge u\}$: quantile to quantile. Then $X\le t$ means
# $U\le F(t)$ and $Y\le t$ means $U\le G(t)$; where $F(t)\ge G(t)$ the second implies the first, and nothing crosses to the left.
# Hence
#
# $$W_1(p, q) = \int|F(t) - G(t)|\,dt = \int_0^1|F^{-1}(u) - G^{-1}(u)|\,du .$$
#
# It is one area, cut into upright strips or into level ones. The same coupling is the cheapest for every convex cost of $y - x$, and
# for bins it is a walk through the table from one corner, down or to the right: no programme at all.
#
# *A closed form to hold against it.* For $p = N(0,1)$ and $q = N(m, s^2)$ we have $F^{-1}(u) = z$ and $G^{-1}(u) = m + sz$ with
# $z = \Phi^{-1}(u)$, so $W_1 = \mathbb E|m + (s-1)Z|$: the mean of a folded normal. With $r = |s-1|$ it is
#
# $$r\sqrt{2/\pi}\;e^{-m^2/2r^2} + m\,\bigl(1 - 2\,\Phi(-m/r)\bigr),$$
#
# which is $|m|$ for $s = 1$.
#
# **The number.** Bins of width 0.01; then 24 wide bins, where the programme can be solved too.


# %%
# NBVAL_CHECK_OUTPUT
def folded(m, s):
    r = abs(s - 1)
    return (
        abs(m)
        if r == 0
        else r * np.sqrt(2 / np.pi) * np.exp(-(m**2) / (2 * r**2)) + m * (1 - 2 * norm.cdf(-m / r))
    )


t = np.arange(-15, 15, 0.01)
print("   m    s    ∫|F − G|   ∫|F⁻¹ − G⁻¹|   closed form   |difference of means|")
u = (np.arange(200_000) + 0.5) / 200_000
for m, s in [(1.0, 1.0), (0.0, 2.0), (1.0, 2.0), (1.0, 0.3)]:
    area = 0.01 * np.abs(norm.cdf(t) - norm.cdf(t, m, s)).sum()
    levels = np.abs(norm.ppf(u) - norm.ppf(u, m, s)).mean()
    print(f"{m:4.1f} {s:4.1f} {area:11.4f} {levels:14.4f} {folded(m, s):13.4f} {abs(m):17.4f}")
    assert abs(area - folded(m, s)) < 1e-4 and abs(levels - folded(m, s)) < 1e-4

# %%
p, q = moving_mass.histogram([-3.0, 3.0], [0.7, 0.7], [1, 1]), moving_mass.histogram([1.0], [0.7])
bins, edges = moving_mass.BINS, np.append(moving_mass.BINS, 6.25)
F, G = np.cumsum(p), np.cumsum(q)
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.2))
axes[0].stairs(F, edges, color=plots.DATA, linewidth=2, label="F, data", baseline=None)
axes[0].stairs(G, edges, color=plots.GENERATOR, linewidth=2, label="G, generator", baseline=None)
axes[0].fill_between(bins, F, G, step="post", color=plots.MUTED, alpha=0.3, linewidth=0, label="W₁")
axes[0].set(xlabel="x", ylabel="share of the mass at or left of x")
u = np.linspace(0.001, 0.999, 999)
quantiles = [bins[np.searchsorted(H, u)] for H in (F, G)]
axes[1].plot(u, quantiles[0], color=plots.DATA, label="F⁻¹, data")
axes[1].plot(u, quantiles[1], color=plots.GENERATOR, label="G⁻¹, generator")
axes[1].fill_between(u, *quantiles, color=plots.MUTED, alpha=0.3, linewidth=0, label="W₁")
axes[1].set(xlabel="share u", ylabel="x below which the share lies")
for axis in axes:
    plots.legend(axis)
plt.show()

# %% [markdown]
# Left and right show the same grey area.
#
# **Your turn.** $W_1$ of two histograms on the same positions.


# %% tags=["exercise:08.w1"]
def w1(a, b, x):
    """The Wasserstein-1 distance between two histograms on the same positions of the line.

    Arguments:
        a: array (n,), masses of the data at the positions; they sum to one.
        b: array (n,), masses of the generator at the same positions; they sum to one.
        x: array (n,), the positions; increasing, their distances need not be equal.

    Returns:
        float, zero or above, in the unit of x.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("08.w1", w1)

# %% [markdown]
# **Remember.** On the line $W_1 = \int|F-G|$: what must cross a point, added up over all points. The quantile coupling reaches it.

# %% [markdown]
# ## 3 · Prices: how to know that a plan is the cheapest (D8)
#
# **The question.** A solver hands you a plan. How could you convince someone who does not trust the solver?
#
# **The derivation.** Suppose a carrier offers to do the moving: it charges $u_i$ for each unit picked up at $x_i$ and $v_j$ for each
# unit delivered at $y_j$ (either may be negative), and promises never to charge more than moving it yourself would cost:
# $u_i + v_j\le c_{ij}$ for all $i, j$. For *any* such prices and *any* plan
#
# $$\sum_{ij}P_{ij}c_{ij} \;\ge\; \sum_{ij}P_{ij}(u_i + v_j) = \sum_iu_ip_i + \sum_jv_jq_j ,$$
#
# by the marginals of $P$. The left side does not know the prices, the right side does not know the plan: **every** set of prices
# proves a lower bound, and the carrier's best offer,
#
# $$\max_{u, v}\ u\cdot p + v\cdot q \quad\text{with}\quad u_i + v_j\le c_{ij},$$
#
# is the **dual** programme. The difference of the two sides is
#
# $$\sum_{ij}P_{ij}\,(c_{ij} - u_i - v_j) \;\ge 0,$$
#
# a sum of terms none of which is negative. It is zero exactly if **mass moves only where the price equals the cost**:
# $P_{ij} > 0\Rightarrow u_i + v_j = c_{ij}$ (complementary slackness). Then both are optimal, and the prices are the proof. That
# such a pair exists is the duality theorem of linear programming; on the line the next section builds it by hand.
#
# **The number.** Three bins, cost $(x-y)^2$. The plan has $3 + 3 - 1 = 5$ entries, and the prices follow from them.

# %%
# NBVAL_CHECK_OUTPUT
x, p3, q3 = np.arange(3.0), np.array([0.2, 0.5, 0.3]), np.array([0.3, 0.3, 0.4])
cost = (x[:, None] - x) ** 2
plan = transport_plan(p3, q3, cost)
u, v = plan.potentials
u, v = u - u[0], v + u[0]  # a constant may go from one side to the other
slack = cost - u[:, None] - v
print("u =", u.round(6) + 0.0, " v =", v.round(6) + 0.0)
print("    mass moved            cost − u − v")
for moved, left in zip(plan.coupling, slack, strict=True):
    print("  ", moved.round(2) + 0.0, "     ", left.round(6) + 0.0)
print(f"cost {plan.value:.4f}, prices {u @ p3 + v @ q3:.4f}")
assert np.allclose(plan.coupling * slack, 0, atol=1e-12) and slack.min() > -1e-12

# %% [markdown]
# Look at the two tables together: wherever mass moves the second shows 0, and where the second shows more than 0 nothing moves.
# The same on the 24 bins of the demo, drawn. Dots are the plan; the shade is what the prices leave below the cost.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.4))
for axis, kind in zip(axes, (0, 1), strict=True):
    cost = moving_mass.cost_matrix(kind)
    plan = transport_plan(p, q, cost)
    slack = cost - plan.potentials[0][:, None] - plan.potentials[1]
    shown = axis.imshow(np.sqrt(np.maximum(slack, 0)), origin="lower", extent=(-6, 6, -6, 6), cmap="Greys")
    rows, columns = np.nonzero(plan.coupling > 1e-6)
    axis.scatter(bins[columns], bins[rows], s=9, color=plots.GENERATOR)
    figure.colorbar(shown, ax=axis, label="√(cost − u − v)")
    axis.set(xlabel="y (generator)", ylabel="x (data)", title=f"cost {moving_mass.COSTS[kind]}")
    axis.set(xticks=range(-6, 7, 2), yticks=range(-6, 7, 2))
    axis.grid(False)
    gap = plan.value - plan.potentials[0] @ p - plan.potentials[1] @ q
    assert abs(gap) < 1e-9 and slack[rows, columns].max() < 1e-9
plt.show()

# %% [markdown]
# For $(x-y)^2$ the white cells are a thin staircase: there is no choice. For $|x-y|$ they fill whole blocks: any plan that stays
# within them is as cheap, which is why the plan for $|x-y|$ is not unique.
#
# **Remember.** Prices with $u_i + v_j\le c_{ij}$ bound the cost of every plan from below. Plan and prices are both best if mass moves
# only where $u_i + v_j = c_{ij}$.

# %% [markdown]
# ## 4 · From prices to a critic: Kantorovich and Rubinstein (D8)
#
# **The question.** A GAN has samples and a network, and no table of $nm$ unknowns. Can it have $W_1$?
#
# **The derivation.** Let the cost be a distance, $c(x, y) = \|x - y\|$, and put both histograms on the same points. Start from the
# best prices $u, v$.
#
# 1. *Raise* $u$ as far as $v$ allows: $f(x) = \min_j\,(\|x - y_j\| - v_j)$. It is allowed, at least $u$, so no worse.
# 2. *$f$ is 1-Lipschitz.* By the triangle inequality $\|x-y_j\| - v_j\le\|x-x'\| + \|x'-y_j\| - v_j$ for every $j$; take minima:
#    $f(x)\le\|x-x'\| + f(x')$. Exchange $x$ and $x'$ for the other sign.
# 3. *Raise* $v$ as far as $f$ allows: $\min_x(\|x-y\| - f(x))$. At $x = y$ this is $-f(y)$, and it cannot be less, since
#    $\|x-y\|\ge f(x) - f(y)$. So **the best $v$ is $-f$**.
#
# What is left is one function, and one constraint:
#
# $$W_1(p, q) = \max_{\|f\|_L\le1}\ \mathbb E_p f - \mathbb E_q f .$$
#
# Conversely, every 1-Lipschitz $f$ gives prices $u = f$, $v = -f$ that are allowed, so no such $f$ scores more. Nothing here is a
# sum over pairs: two means, which samples can estimate. This $f$ is the **critic** of a WGAN: high on data, low on what the
# generator makes.
#
# On the line the best $f$ can be written down. Integrate by parts; $F - G$ vanishes at both ends:
#
# $$\mathbb E_p f - \mathbb E_q f = \int f\,(p - q)\,dx = \int f'\,(G - F)\,dx \;\le\; \int|G-F|\,dx = W_1 ,$$
#
# with equality for $f' = \operatorname{sign}(G - F)$. This $f$ and the quantile coupling of section 2 prove each other optimal.

# %%
predict("08.critic_shape")

# %% [markdown]
# **The slider.** Left, data with modes at ±2, a generator, the best critic in black, and yours in green, a V with a slope and a kink.
# Right, what each collects: the area below the curve is the score. Try these:
#
# 1. At the start, find slope and kink for which your critic scores $W_1$.
# 2. Move the generator to 5. Which of your critics is the best one now?
# 3. Give yours slope 1.5. What is its score a proof of?
# 4. Put the generator's mean at 0 and its std at 2: how often does the best critic turn?

# %%
critics.demo()

# %% [markdown]
# **The number.** Six ways to one number: the programme, its prices, the quantile coupling, $\int|F-G|$, the best critic, and an
# assignment of 4,000 samples each.

# %% tags=["claim:D8"]
# NBVAL_CHECK_OUTPUT
distance = moving_mass.cost_matrix()
plan = transport_plan(p, q, distance)
u, v = plan.potentials
assert np.allclose(v, -u, atol=1e-12), "step 3: for a distance the prices are f and −f"
assert np.abs(np.diff(u) / np.diff(bins)).max() < 1 + 1e-12, "step 2: f is 1-Lipschitz"
f = critics.best_critic(p, q, bins)
ways = {
    "linear programme": plan.value,
    "prices u·p + v·q": u @ p + v @ q,
    "quantile coupling": (monotone_plan(p, q) * distance).sum(),
    "∫ |F − G|": wasserstein_1d(bins, bins, p, q),
    "best critic": f @ (p - q),
}
rng = np.random.default_rng(8)
drawn = [rng.choice(bins, 4000, p=mass) for mass in (p, q)]
for name, value in ways.items():
    print(f"{name:18s} {value:.6f}")
    assert abs(value - ways["∫ |F − G|"]) < 1e-9
print(f"4,000 samples each {wasserstein(*drawn):.1f}")

# %% [markdown]
# > **Where the notes slip.** L0 (21) reads $W(p_{data}, p_G) = \max_f \dots = \min_{p_G}\max_w\dots$: the left side depends on $p_G$,
# > and the right side, a minimum over $p_G$, does not. The minimum belongs on both sides, as in L0 (20):
# > $\min_{p_G}W(p_{data}, p_G)$.

# %%
# NBVAL_CHECK_OUTPUT
means = np.arange(-3.0, 3.5, 1.0)
values = np.array([critics.compute(mean=m)["w1"] for m in means])
print("mean of p_G          ", *(f"{m:6.1f}" for m in means))
print("W(p_data, p_G)       ", *(f"{w:6.3f}" for w in values))
print(f"min over p_G of max  {values.min():7.3f}, one number")
assert np.ptp(values) > 1 and (values[means != 0] > values.min()).all()

# %% [markdown]
# And what does the generator follow? The best $f$ belongs to the present generator; when $\theta$ moves a little, so does $f$. But at a
# maximum a small change of $f$ changes nothing to first order (the envelope theorem, lecture 04), so only the second mean counts:
#
# $$\nabla_\theta W_1 = -\,\mathbb E_z\nabla_\theta f\bigl(G_\theta(z)\bigr).$$
#
# To descend $W_1$, $\theta$ steps along $+\mathbb E\,\nabla_\theta f(G_\theta(z))$: generated points climb the critic.
#
# > **Where the notes slip.** L3 lets the generator "backprop through $\mathbb E_z[\nabla_\theta f_{w^*}(g_\theta(z))]$", without the
# > minus of the theorem. Whoever descends along that walks away from the data. The algorithm box in the same notes has the minus.


# %%
# NBVAL_CHECK_OUTPUT
def mean_slope(mean):
    """E_q f′ for the best critic f: the gradient of E f(G(z)) where G(z) = mean + 0.6 z."""
    found = critics.compute(mean=mean)
    return np.sum(found["q"] * np.gradient(found["best"], critics.GRID)) * 0.01


print("mean   dW/dmean   −E f′    E f′")
for m in (4.0, 1.5, -2.0):
    quotient = (critics.compute(mean=m + 0.05)["w1"] - critics.compute(mean=m - 0.05)["w1"]) / 0.1
    print(f"{m:4.1f} {quotient:10.3f} {-mean_slope(m):8.3f} {mean_slope(m):7.3f}")
    assert abs(quotient + mean_slope(m)) < 0.01
ends = {}
for name, sign in (("with the minus", -1), ("as L3 prints it", +1)):
    m = 4.0
    for _ in range(25):
        m -= 0.1 * sign * mean_slope(m)
    ends[name] = critics.compute(mean=m)["w1"]
    print(f"25 steps of descent from 4, {name}: mean {m + 0.0:.2f}, W1 = {ends[name]:.3f}")
assert ends["with the minus"] < critics.compute(mean=4.0)["w1"] < ends["as L3 prints it"]

# %% [markdown]
# **Your turn** (further, 8 minutes). The best critic for two histograms.


# %% tags=["exercise:08.critic"]
def critic(a, b, x):
    """A 1-Lipschitz function with the largest possible mean under a less mean under b.

    Arguments:
        a: array (n,), masses of the data at the positions; they sum to one.
        b: array (n,), masses of the generator at the same positions; they sum to one.
        x: array (n,), the positions; increasing, their distances need not be equal.

    Returns:
        array (n,), the values of f at the positions; any constant may be added.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("08.critic", critic)

# %% [markdown]
# **Remember.** $W_1 = \max\,\mathbb E_pf - \mathbb E_qf$ over 1-Lipschitz $f$. On the line $f' = \operatorname{sign}(G-F)$. Generated
# points climb $f$.
#
# *This is the end of the core.*

# %% [markdown]
# ## 5 · Further: three densities, one of them near (D10)
#
# **The question.** What does $W_1$ see that the divergences do not?
#
# **The derivation.** A divergence of the form $\int q\,f(p/q)\,dx$, or $\int|p-q|\,dx$, does not change if you cut the line into
# pieces and put them in another order, the same for both: it is an integral of a function of $(p(x), q(x))$, and position does not
# occur in it. So three densities of one shape on disjoint intervals are all *equally* far apart. $W_1$ is a mean of
# $\|x-y\|$, and position is all that it is made of: a shift by $\theta$ costs $|\theta|$.

# %%
predict("08.three")

# %% [markdown]
# **The slider.** Nine tenths of each density lie evenly on an interval of length 1, a tenth on all of $[-1, 10]$, so that KL is
# finite. Each group of bars is scaled by its largest. Move $p_2$ to $p_1$, and read when each measure notices; then move $p_3$.

# %%
three_densities.demo()

# %% [markdown]
# **The number.** Distances for intervals at 0, 1.5 and 7.

# %% tags=["claim:D10"]
# NBVAL_CHECK_OUTPUT
result = three_densities.compute(near=1.5, far=7.0)
print("          ∫|p − q|      TV      KL     JSD      W1     ∫(p − q), as L3 prints it")
for k, (i, j) in enumerate(three_densities.PAIRS):
    signed = np.sum(result["masses"][i] - result["masses"][j])
    row = [result[name][k] for name in ("L1", "tv", "KL", "JSD", "W1")]
    print(f"p{i + 1}, p{j + 1}  ", *(f"{value:7.4f}" for value in row), f"{abs(round(signed, 9)):15.4f}")
    assert abs(signed) < 1e-12
for name in ("L1", "KL", "JSD"):
    assert np.ptp(result[name]) < 1e-9, "equal for all three pairs"
assert np.allclose(result["W1"], [0.9 * 1.5, 0.9 * 7.0, 0.9 * 5.5])

# %% [markdown]
# > **Where the notes slip.** L3 writes the three equal distances as $\int p_1 - p_2\,dx$, without the absolute value. That is
# > $1 - 1 = 0$ for any two densities at all. With it, the example is right.
#
# **Remember.** Point-by-point divergences do not know where points lie. $W_1$ measures how far mass must move, in units of $x$: scale
# $x$ by 10 and it is ten times as large.

# %% [markdown]
# ## 6 · Further: the blurred programme, and Sinkhorn's iteration
#
# **The question.** The programme for two sets of 1,000 points has a million unknowns. Is there something simpler that is nearly as
# good?
#
# **The derivation.** Reward entropy: minimise $\sum P_{ij}c_{ij} + \varepsilon\sum P_{ij}\log P_{ij}$ under the same constraints. Now
# $P_{ij} > 0$ everywhere, and with multipliers $f_i$, $g_j$ for the constraints the derivative in $P_{ij}$ is
# $c_{ij} + \varepsilon\,(\log P_{ij} + 1) - f_i - g_j = 0$. Move the constant $\varepsilon$ into $f$:
#
# $$P_{ij} = e^{(f_i + g_j - c_{ij})/\varepsilon} .$$
#
# Only $n + m$ numbers are unknown. Hold $g$ fixed and ask that row $i$ sum to $p_i$:
#
# $$f_i = \varepsilon\Bigl(\log p_i - \log\sum_je^{(g_j - c_{ij})/\varepsilon}\Bigr);$$
#
# then the same for $g$ and the columns, and so on in turn. That is all of Sinkhorn's iteration. As $\varepsilon\to0$, the logarithm of
# the sum becomes a maximum, and the line becomes $f_i = \min_j(c_{ij} - g_j)$: the prices of section 4.
#
# *What blur costs.* Let $P_\varepsilon$ be the blurred plan, $P_0$ a cheapest one, $H$ the entropy. Since $P_\varepsilon$ is best for
# the blurred problem, $\langle P_\varepsilon, c\rangle - \varepsilon H(P_\varepsilon) \le \langle P_0, c\rangle - \varepsilon H(P_0)$.
# No coupling has more entropy than the independent one, $H(P_\varepsilon)\le H(p) + H(q)$. Hence
#
# $$0 \;\le\; \langle P_\varepsilon, c\rangle - W_1 \;\le\; \varepsilon\,\bigl(H(p) + H(q) - H(P_0)\bigr).$$

# %%
predict("08.epsilon")


# %% [markdown]
# **The number.** The cost of the blurred plan less $W_1$, its bound, and the blurred cost from $p$ to $p$ itself, which should be 0.


# %%
def sinkhorn(p, q, cost, epsilon, rounds):
    """The blurred plan, by half steps in the log domain: exp(−c/ε) may be smaller than any number."""
    g = np.zeros(len(q))
    for _ in range(rounds):
        f = epsilon * (np.log(p) - logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (np.log(q) - logsumexp((f[:, None] - cost) / epsilon, axis=0))
    return np.exp((f[:, None] + g - cost) / epsilon)


def entropy(masses):
    kept = masses[masses > 0]
    return -np.sum(kept * np.log(kept))


# %%
# NBVAL_CHECK_OUTPUT
w1_exact = wasserstein_1d(bins, bins, p, q)
room = entropy(p) + entropy(q) - entropy(plan.coupling)
blurred = {}
print("    ε   cost − W1    from p to p   error of row sums")
for epsilon in (10.0, 1.0, 0.3, 0.1):
    blurred[epsilon] = sinkhorn(p, q, distance, epsilon, rounds=600)
    excess = (blurred[epsilon] * distance).sum() - w1_exact
    same = (sinkhorn(p, p, distance, epsilon, rounds=600) * distance).sum()
    off = np.abs(blurred[epsilon].sum(1) - p).max()
    print(f"{epsilon:5.1f} {excess:10.4f} {same:14.4f}         {'below' if off < 1e-5 else 'above'} 1e-5")
    assert -1e-4 < excess <= epsilon * room + 1e-4
independent = (np.outer(p, q) * distance).sum()
wide, narrow = (moving_mass.histogram([0.0], [std]) for std in (1.2, 1.0))
to_itself, to_narrow = ((sinkhorn(wide, m, distance, 1.0, 300) * distance).sum() for m in (wide, narrow))
print(f"ε = 1, from std 1.2 to 1.2: {to_itself:.4f}; from std 1.2 to 1.0: {to_narrow:.4f}")
assert to_narrow < to_itself
print(f"the independent coupling costs {independent:.4f}, that is W1 + {independent - w1_exact:.4f}")

# %%
figure, axes = plt.subplots(1, 4, figsize=(8.4, 2.5), sharey=True)
panels = [("ε → 0, quantiles", monotone_plan(p, q)), ("ε = 0.1", blurred[0.1])]
panels += [("ε = 1", blurred[1.0]), ("ε = 10", blurred[10.0])]
for axis, (name, shown) in zip(axes, panels, strict=True):
    axis.imshow(np.sqrt(shown), origin="lower", extent=(-6, 6, -6, 6), cmap="Greys")
    axis.set(xlabel="y (generator)", xticks=(-4, 0, 4), title=name)
    axis.title.set_fontsize(10)
    axis.grid(False)
axes[0].set_ylabel("x (data)")
plt.show()

# %% [markdown]
# The blur has a price: even from $p$ to $p$ the cost is not 0, and the nearest $q$ need not be $p$: by the blurred cost at
# $\varepsilon = 1$ a bump of std 1.0 is nearer to one of std 1.2 than that is to itself. (The usual remedy is to subtract half the
# blurred cost from $p$ to $p$ and half of that from $q$ to $q$, the *Sinkhorn divergence*.) The first panel is *one* cheapest plan
# for $|x-y|$; as $\varepsilon\to0$ the blurred plan goes to the cheapest plan of largest entropy, which is another.
#
# **Your turn** (further, 6 minutes). The half step for $f$, with any $\varepsilon$.


# %% tags=["exercise:08.half_step"]
def half_step(g, log_a, cost, epsilon):
    """The f that gives every row of the blurred plan its mass, with g held fixed.

    The plan is P_ij = exp((f_i + g_j − cost_ij)/epsilon), and row i is to sum to a_i.

    Arguments:
        g: array (m,), the present potential of the columns.
        log_a: array (n,), the logarithms of the masses of the rows.
        cost: array (n, m).
        epsilon: number above zero, as small as 0.001.

    Returns:
        array (n,), f; finite.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("08.half_step", half_step)

# %% [markdown]
# **Remember.** Entropy makes the plan $e^{(f+g-c)/\varepsilon}$, found by fitting rows and columns in turn. Its cost is too large, by
# at most $\varepsilon$ times a difference of entropies.

# %% [markdown]
# ## 7 · Further: clouds of points
#
# **The question.** In more than one dimension there are no distribution functions to subtract. What can be said from samples?
#
# **The derivation.** Two clouds of $n$ points each, all masses $1/n$. Multiply a coupling by $n$ and its rows and columns sum to 1; the
# corners of the set of such tables are the permutations (Birkhoff and von Neumann), so some cheapest plan splits no point:
#
# $$W_1 = \min_\pi\frac1n\sum_i\|x_i - y_{\pi(i)}\| .$$
#
# This is exact *for the clouds*. As an estimate for the distributions behind them it is too large on average: two clouds from one
# distribution are never at distance 0. How fast that falls depends on the dimension: as $n^{-1/2}$ on the line, but as $n^{-1/d}$
# for $d\ge3$, since in $d$ dimensions the nearest of $n$ points is about $n^{-1/d}$ away.
#
# **The number.** Two samples of one normal distribution, whose $W_1$ is 0; the last column is the exponent.

# %%
sizes, repeats = (
    budget(ci=(50, 200), cpu=(50, 200, 800), gpu=(50, 200, 800, 3200)),
    budget(ci=3, cpu=5, gpu=5),
)
rng, exponents = np.random.default_rng(0), {}
print("dimension ", *(f"{n:8d}" for n in sizes), "  exponent")
for d in (1, 2, 5, 10):
    found = [np.mean([wasserstein(*rng.normal(size=(2, n, d))) for _ in range(repeats)]) for n in sizes]
    exponents[d] = np.polyfit(np.log(sizes), np.log(found), 1)[0]
    print(f"{d:9d}  ", *(f"{w:8.3f}" for w in found), f"{exponents[d]:10.2f}")
assert exponents[10] > exponents[5] > exponents[2] > -0.8 and exponents[10] > -0.2

# %% [markdown]
# In ten dimensions sixteen times as many points lower it by little more than a quarter, and images have thousands. So a WGAN's critic does not estimate $W_1$
# between data and generator in this sense. It is a network, which cannot be *any* 1-Lipschitz function, and its score is a
# distance of another kind: a smaller class, a smaller number, fewer samples.
#
# **Remember.** With equal masses the plan is an assignment. $W_1$ between samples is too large, by about $n^{-1/d}$.

# %% [markdown]
# ## 8 · Further: a trained critic beside the exact one
#
# **The question.** How near does a network come, on the line, where we know the answer?
#
# **The derivation.** A network cannot be told to be 1-Lipschitz. One way is a penalty on its slope at points between data and
# generated ones; lecture 12 takes up this and other ways. WGAN-GP's is *two-sided*, $(|f'| - 1)^2$: the best critic has slope ±1, so
# ask for that. A *one-sided* penalty, $\max(0, |f'| - 1)^2$, asks only for what the constraint says. If the largest slope comes out as
# $L$, then $f/L$ is 1-Lipschitz, and by section 4 its score is a lower bound of $W_1$.
#
# **The number.**


# %%
def trained_critic(p, q, steps, one_sided, seed=0):
    """A network of two layers of 64 units, trained on fresh samples with a penalty on slopes: f on critics.GRID."""
    import torch

    from gancourse.models import MLPDiscriminator

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng, f = np.random.default_rng(seed), MLPDiscriminator(in_dim=1, width=64)
    optimiser = torch.optim.Adam(f.parameters(), lr=2e-3, betas=(0.5, 0.9))
    for _ in range(steps):
        real, fake = (torch.tensor(m.sample(256, rng)[:, None], dtype=torch.float32) for m in (p, q))
        between = (fake + torch.rand(256, 1) * (real - fake)).requires_grad_()
        (slope,) = torch.autograd.grad(f(between).sum(), between, create_graph=True)
        excess = slope.abs() - 1
        penalty = ((excess.relu() if one_sided else excess) ** 2).mean()
        loss = f(fake).mean() - f(real).mean() + 10 * penalty
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return f(torch.tensor(critics.GRID[:, None], dtype=torch.float32)).double().numpy()


# %%
if has_torch():
    exact, learned = critics.compute(mean=0.4), {}
    print(f"W1 = {exact['w1']:.3f}")
    for name in ("two-sided", "one-sided"):
        f = trained_critic(
            critics.DATA, gaussian(0.4, 0.6), budget(ci=200, cpu=2_000, gpu=2_000), name == "one-sided"
        )
        score, L = 0.01 * np.sum(f * (exact["p"] - exact["q"])), np.abs(np.diff(f) / 0.01).max()
        print(f"{name}: score {score:.3f}, largest slope {L:.3f}, so W1 is at least {score / L:.3f}")
        learned[name] = f - np.interp(0.0, critics.GRID, f), score / L
        assert score / L <= exact["w1"]
    assert learned["one-sided"][1] > 0.7 * exact["w1"] > learned["two-sided"][1]

# %%
if has_torch():
    figure, axis = plt.subplots(figsize=(6, 3))
    axis.plot(critics.GRID, exact["best"], color=plots.EXACT, label="best critic")
    for (name, (f, _)), dash in zip(learned.items(), (":", "--"), strict=True):
        axis.plot(critics.GRID, f, color=plots.TRAINED, linestyle=dash, label=f"trained, {name}")
    axis.set(xlim=(-5, 5), ylim=(-5.5, 5.5), xlabel="x", ylabel="f(x)")
    plots.legend(axis)
    plt.show()

# %% [markdown]
# The one-sided critic finds the V. It rounds the kink, where it would have to turn at once, and so leaves a little behind. The two-sided
# critic is caught: it settled early on one sign of the slope everywhere, and to turn half of it round, $f'$ would have to pass
# through 0, where this penalty has a hill. So a critic with the wrong sign on one side can be a local minimum, and more steps do not mend it
# (2,000 end where 200 do). In more than one dimension a gradient can turn without vanishing; on the line it cannot. Outside the data
# neither is held by anything.
#
# **Remember.** A penalty for slopes *other than* 1 asks more than Lipschitz, and may catch a critic on the way. The score divided by
# the largest slope is a bound in either case.
#
# ## What the paper says, what we got, the best that is possible
#
# | | the source | here | the best |
# |---|---|---|---|
# | Arjovsky et al. 2017, theorem 3 | $\nabla_\theta W = -\mathbb E\,\nabla_\theta f(g_\theta(z))$ | equal to finite differences (section 4) | exact |
# | the same, figure 2: two Gaussians on the line | the clipped critic is nearly linear between them and does not saturate | the best critic has slope ±1 everywhere (section 4) | exact |
# | the same, example 1: two parallel lines | $W = |\theta|$ | $|m|$ for a shift (section 2) | exact |
# | Peyré and Cuturi 2019, proposition 4.1 | blurred plans tend to the cheapest of largest entropy | cost within $\varepsilon\,(H(p)+H(q)-H(P_0))$ (section 6) | 0, as $\varepsilon\to0$ |
# | Dudley 1969 | samples: $n^{-1/d}$ for $d\ge3$ | the exponents of section 7 | no $n$ points at all come nearer than about $n^{-1/d}$ to a density |
#
# ## What to remember
#
# 1. $W_1$ is the least mean distance over couplings: a linear programme, with some best plan of at most $n + m - 1$ entries.
# 2. On the line it is $\int|F-G|$, reached by matching quantiles.
# 3. Prices below the cost prove a lower bound; best prices meet the cost where mass moves.
# 4. For a distance the prices are $f$ and $-f$ with $f$ 1-Lipschitz: the critic. On the line $f' = \operatorname{sign}(G-F)$.
# 5. $W_1$ knows where things are; from samples it is too large, the more so the more dimensions.
#
# **Next** comes lecture 09: other classes of critics than the 1-Lipschitz ones, and what distances they give.
#
# **Sources.** M. Arjovsky, S. Chintala and L. Bottou, *Wasserstein GAN*, 2017 ([arXiv 1701.07875](https://arxiv.org/abs/1701.07875)).
# G. Peyré and M. Cuturi, *Computational optimal transport*, 2019 ([arXiv 1803.00567](https://arxiv.org/abs/1803.00567)). C. Villani,
# *Topics in optimal transportation*, 2003, chapters 1 and 2. M. Cuturi, *Sinkhorn distances: lightspeed computation of optimal
# transport*, 2013 ([arXiv 1306.0895](https://arxiv.org/abs/1306.0895)). A. Ramdas, N. García Trillos and M. Cuturi, *On Wasserstein
# two-sample testing and related families of nonparametric tests*, 2017 ([arXiv 1509.02237](https://arxiv.org/abs/1509.02237)).
# R. Dudley, *The speed of mean Glivenko–Cantelli convergence*, 1969
# ([doi 10.1214/aoms/1177697802](https://doi.org/10.1214/aoms/1177697802)). I. Gulrajani et al., *Improved training of Wasserstein
# GANs*, 2017 ([arXiv 1704.00028](https://arxiv.org/abs/1704.00028)). H. Petzka, A. Fischer and D. Lukovnikov, *On the regularization
# of Wasserstein GANs*, 2018 ([arXiv 1709.08894](https://arxiv.org/abs/1709.08894)), for the one-sided penalty. Lecture notes L0 (ECE 544NA, lecture 21), L2 (ECE 57000: GANs)
# and L3 (Deep Learning: A Statistical Perspective).
