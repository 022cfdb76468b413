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
# # 07 · Disjoint supports
#
# *Where data and generator do not meet, which distance still says how far apart they are?*
#
# When you have worked through this lecture you will be able to
#
# - derive KL, TV, JSD and $W_1$ between two laws that have no density, and say which of them has a slope (D6);
# - say what a trained discriminator and a trained critic make of these numbers, and where each errs;
# - show that noise makes all four smooth, reduce two dimensions to one, and compute the four under noise (D7);
# - explain why no distance that compares densities point by point can know what is near and what is far (D10).
#
# **Time.** Core: 50 minutes, sections 1 to 4, with two short exercises. Further: 45 minutes, sections 5 and 6, and the
# exercise at the end of section 4.
#
# **You need** lectures 02 and 03 ($D^* = p/(p+q)$, JSD), and of lecture 04 the envelope theorem. No PyTorch, but for the
# last cell of section 6.
#
# As always $p$ is the data, $q$ the generator, logarithms are natural, and
# $\mathrm{JSD}(p,q) = \tfrac12\mathrm{KL}(p\|m) + \tfrac12\mathrm{KL}(q\|m)$ with $m = \tfrac12(p+q)$.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linear_sum_assignment, minimize_scalar
from scipy.special import erf, ndtr

from gancourse import budget, has_torch, plots
from gancourse.demos import equal_l1
from gancourse.demos import parallel_lines as lines_demo
from gancourse.densities import parallel_lines
from gancourse.divergences import js, kl, total_variation, wasserstein_1d
from gancourse.exercises import check
from gancourse.questions import predict
from gancourse.recipes import line_critics

plots.use()
trained = line_critics.stored()  # networks trained beforehand: python tools/measure_line_critics.py
at = list(trained["thetas"]).index

# %% [markdown]
# ## 1 · Two parallel lines (D6)
#
# **The question.** Images are a thin sheet in the space of all pixel arrays, and so is what a generator makes of a noise
# of fewer dimensions (lecture 02). Two thin sheets in a large space seldom meet. What do our distances say then? The
# smallest example: let $Z$ be uniform on $[0,1]$, let the data be $(0, Z)$ and the generator $(\theta, Z)$, with one
# parameter $\theta$. Call the two laws $P_0$ and $P_\theta$.

# %%
predict("07.near_lines")

# %% [markdown]
# Four distances between laws $P$ and $Q$. With densities $p$, $q$ with respect to any common measure $\mu$:
#
# $$\mathrm{KL} = \int p\log\frac pq\,d\mu, \qquad \mathrm{JSD} = \tfrac12\mathrm{KL}(p\|m) + \tfrac12\mathrm{KL}(q\|m), \qquad
# \mathrm{TV} = \sup_B|P(B)-Q(B)| = \tfrac12\int|p-q|\,d\mu ,$$
#
# and the **Wasserstein-1** distance $W_1 = \inf_\gamma\mathbb E_\gamma\|x-y\|$, over all ways $\gamma$ to pair points $x$ of $P$
# with points $y$ of $Q$: the least mean way that mass must go.
#
# **Your turn.** Find the four between the lines before you read on; mind $\theta = 0$.


# %% tags=["exercise:07.lines"]
def line_distances(theta):
    """KL(P_0‖P_θ), JSD, TV and W1 between the lines P_0 = (0, Z) and P_θ = (θ, Z), Z uniform on [0, 1].

    Arguments:
        theta: a number, which may be negative, tiny, or exactly zero.

    Returns:
        array (4,): KL and JSD in nats, TV with its ½, W1; `np.inf` where a distance is infinite.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("07.lines", line_distances)

# %% [markdown]
# **The derivation.** Neither law has a density in the plane: a line has no area. But each has a density with respect to
# their *sum* $\mu = P_0 + P_\theta$, and KL, JSD and TV do not depend on which common measure one takes. Let
# $\theta\neq0$ and let $A$ be the line at 0. $P_0$ has all of its mass in $A$, $P_\theta$ none. So the densities are
#
# $$p = 1,\; q = 0 \;\text{ on } A; \qquad p = 0,\; q = 1 \;\text{ on the line at } \theta .$$
#
# *Total variation*: no difference of probabilities exceeds 1, and $B = A$ attains $1 - 0$. So $\mathrm{TV} = 1$.
#
# *KL*: on $A$ the integrand is $1\cdot\log\frac10 = \infty$, and $A$ has mass. So $\mathrm{KL} = \infty$. (The term $0\log 0$ is 0, and that is not the term at issue.)
#
# *JSD*: $m = \tfrac12$ on both lines, so $\log\frac pm = \log 2$ on $A$. Each half is $\tfrac12\log2$, and
# $\mathrm{JSD} = \log 2$.
#
# *Wasserstein-1*. The plan "straight across", $(0,Z)\to(\theta,Z)$, costs $|\theta|$. And no plan is cheaper:
# $\|x - y\|\ge|x_1 - y_1| = |\theta|$ for *every* pair. So $W_1 = |\theta|$.
#
# At $\theta = 0$ the two laws are equal, and all four are 0.
#
# | | $\theta\neq0$ | $\theta=0$ | slope for $\theta\neq0$ |
# |---|---|---|---|
# | TV | 1 | 0 | 0 |
# | KL | $\infty$ | 0 | none |
# | JSD | $\log 2$ | 0 | 0 |
# | $W_1$ | $\lvert\theta\rvert$ | 0 | $\pm1$: towards 0 one goes down |
#
# **The number.** Cut both lines into 60 pieces and forget the theory: divergences of histograms, and the cheapest
# pairing of 60 points with 60 points, found by an algorithm that knows nothing of lines.

# %% tags=["claim:D6"]
# NBVAL_CHECK_OUTPUT
heights = (np.arange(60) + 0.5) / 60


def by_brute_force(theta):
    cells = {}  # a place in the plane -> [mass of P_0, mass of P_theta]
    for z in heights:
        cells.setdefault((0.0, z), [0.0, 0.0])[0] += 1 / 60
        cells.setdefault((theta, z), [0.0, 0.0])[1] += 1 / 60
    p, q = np.array(list(cells.values())).T
    cost = np.hypot(theta, heights[:, None] - heights)
    pairs = linear_sum_assignment(cost)
    return kl(p, q), js(p, q), total_variation(p, q), cost[pairs].mean()


print("theta        KL       JSD        TV        W1")
for theta in (-1.0, -0.001, 0.0, 0.5, 2.0):
    found, exact = by_brute_force(theta), parallel_lines(theta).closed_form()
    print(f"{theta:6.3f}", *(f"{value + 0.0:9.6f}" for value in found))
    assert np.allclose(found, [exact[k] for k in ("kl", "js", "total_variation", "wasserstein")], atol=1e-12)

# %% [markdown]
# Three of the four columns are constant but for a single row. Learning goes by slopes, and a generator that minimises
# one of them learns nothing, at any $\theta$: not even *left* from *right*.
#
# > **Where the notes slip (1).** L3 prefers JSD to KL since with it "one can avoid the problem of non-overlapping
# > support". What it avoids is the infinity. The problem it does not avoid: JSD is the constant $\log 2$ there, and a
# > constant is no better guide than infinity. (L3's own JS lacks the ½s, and would give $2\log2$: lecture 03.)
# >
# > **Where the notes slip (2).** L3 adds that for laws on thin sheets KL "is not defined". It is: infinite if $P$ has mass
# > where $Q$ has none, and otherwise a plain number, as for two laws on *one* line, which have no density in the plane
# > either. The second line below is such a pair.

# %%
# NBVAL_CHECK_OUTPUT
h = 1e-3
for theta in (0.5, -0.5):
    up, down = by_brute_force(theta + h), by_brute_force(theta - h)
    slopes = {name: (up[i] - down[i]) / (2 * h) for name, i in (("JSD", 1), ("TV", 2), ("W1", 3))}
    print(f"slopes at theta = {theta:4.1f}:", {name: float(round(s, 6)) + 0.0 for name, s in slopes.items()})
    assert slopes["JSD"] == 0 and abs(slopes["W1"] - np.sign(theta)) < 1e-9
z = (np.arange(10_000) + 0.5) / 10_000
even, rising = np.full(len(z), 1 / len(z)), 2 * z / len(z)  # (0, Z) with Z uniform, and with density 2z
print(f"two laws on one line: KL = {kl(even, rising):.3f}; exactly: 1 - log 2 = {1 - np.log(2):.3f}")

# %% [markdown]
# **Remember.** Without overlap KL is $\infty$, TV is 1, JSD is $\log 2$, near or far. Only $W_1$ knows how far.

# %% [markdown]
# ## 2 · What networks make of it
#
# **The question.** Nobody hands a generator the exact JSD. It gets a discriminator, or a critic, trained on samples. A
# network is continuous: does it soften the jump?

# %%
predict("07.trained_kl")

# %% [markdown]
# **The derivation.** Train a discriminator with logit $v$ to tell the lines apart. From its answers on fresh points we
# read three lower bounds, whatever $v$ is (the means over samples stray by their standard error):
#
# - $\mathrm{JSD}\ge\log2 - \tfrac12\mathbb E_p\log(1+e^{-v}) - \tfrac12\mathbb E_q\log(1+e^{v})$ (lecture 03);
# - $\mathrm{TV}\ge P(v>0) - Q(v>0)$, since $\{v>0\}$ is one of the sets in the supremum;
# - $\mathrm{KL}\ge\mathbb E_p v - \mathbb E_q e^v + 1$: put $u = e^v q/p$ into $\log u\le u-1$, and take the mean under $p$.
#
# The *slope* that the generator gets is what the chain rule sends through the frozen network. By the envelope theorem
# (C6, lecture 04) the frozen slope of the saturating loss belongs to $2\,\mathrm{JSD}$. Here $x = (\theta, z)$, so
# $\partial x_1/\partial\theta = 1$ and
#
# $$\text{slope of JSD} \approx \tfrac12\,\frac{d}{d\theta}\,\mathbb E_q\log\bigl(1-\sigma(v)\bigr)
# = -\tfrac12\,\mathbb E_q\Bigl[\sigma(v)\,\frac{\partial v}{\partial x_1}\Bigr].$$
#
# For $W_1$ train a *critic* $f$ that may not be steep: $\mathbb E_q f - \mathbb E_p f\le W_1$ whenever
# $|f(x)-f(y)|\le\|x-y\|$ for all $x, y$, because any pairing $\gamma$ gives $\mathbb E_\gamma[f(y)-f(x)]\le\mathbb
# E_\gamma\|x-y\|$. (That the best $f$ attains $W_1$ is lecture 08; on the lines $f = x_1$ does, for $\theta>0$.) Steepness is
# held down by a penalty (WGAN-GP, lecture 12): the critic maximises
#
# $$\mathbb E_q f - \mathbb E_p f - \lambda\,\mathbb E\bigl(\|\nabla f\| - 1\bigr)^2, \qquad \lambda = 10.$$
#
# A penalty is a price and no wall. For $f = g\,x_1$ this is $g\,\theta - \lambda(g-1)^2$, largest at
# $g = 1 + \frac{\theta}{2\lambda}$. So we must expect the slope to be $1+\frac{|\theta|}{2\lambda}$ in place of 1, and the
# value $|\theta| + \frac{\theta^2}{2\lambda}$ in place of $|\theta|$: **too large**, by 10 % at $\theta=2$.
#
# **The number.** Eleven $\theta$, three seeds each, 600 steps, trained beforehand by
# `python tools/measure_line_critics.py`; means over the seeds.

# %%
# NBVAL_CHECK_OUTPUT
clean = {name: trained[name][0].mean(-1) for name in line_critics.QUANTITIES}
print("theta     JSD   slope      TV      KL      W1 expect.   slope expect.")
for theta in (-2.0, -0.6, -0.1, 0.0, 0.1, 0.6, 2.0):
    row = {name: values[at(theta)] for name, values in clean.items()}
    bias = 1 + abs(theta) / (2 * line_critics.WEIGHT)
    numbers = (
        *(row[name] for name in ("js", "js_slope", "total_variation", "kl", "wasserstein")),
        abs(theta) * bias,
    )
    numbers += (row["wasserstein_slope"], np.sign(theta) * bias)
    print(f"{theta:5.1f}", *(f"{round(number, 3) + 0.0:7.3f}" for number in numbers))
    assert row["js"] < np.log(2) and abs(row["wasserstein"] - abs(theta) * bias) < 0.01
    assert theta == 0 or abs(row["wasserstein_slope"] - np.sign(theta) * bias) < 0.01

# %% [markdown]
# Read it column by column.
#
# - **JSD** is $\log2 = 0.693$ already 0.1 apart. Its slope has the right sign, and is next to nothing: at $\theta=0.1$ some
#   0.08, at $\theta = 2$ less than a thousandth. This little is a sign of *unfinished training*; the optimal $D$ leaves zero.
# - **KL** is infinite, and the networks say 7 to 10 nats. That number measures how long they trained, and nothing else.
# - $W_1$ is 10 % too large at $\theta = 2$, as foretold, and its slope is there at every distance.
# - At $\theta=0$ there is no slope to find, and the critic's is a chance number between −1 and 1: the corner of $|\theta|$.
#
# The vanishing slope is $\sigma(v)\to0$, not $\nabla v\to0$: with the loss $-\log D$ the weight is $1-\sigma(v)\to1$, and the
# gradient may be large. Lecture 04 measured both while a discriminator trains on and on between two discs (C4). Such
# a gradient has a direction, and its length says as little of the distance as KL's 9 nats.
#
# **Remember.** A trained discriminator reports $\log2$ and no slope. A critic of bounded steepness reports the distance and
# a slope of about 1; the gradient penalty lets it exceed both, by the share $|\theta|/2\lambda$.

# %% [markdown]
# ## 3 · Noise makes the supports overlap (D7)
#
# **The question.** L1 and L2 name a cure: add Gaussian noise to real and generated points alike, and the lines become
# clouds that overlap everywhere. What becomes of the four distances?

# %%
predict("07.noisy_w1")

# %% [markdown]
# **The derivation.** *From two dimensions to one.* Add independent $N(0,\sigma^2)$ to both coordinates. The first
# coordinate is now $N(0,\sigma^2)$ for the data and $N(\theta,\sigma^2)$ for the generator. The second is $Z$ plus noise,
# with the same density $b$ for both, and independent of the first. So both laws have densities in the plane, products:
#
# $$p(x_1,x_2) = a(x_1)\,b(x_2), \qquad q(x_1,x_2) = a(x_1-\theta)\,b(x_2), \qquad a = \text{density of } N(0,\sigma^2).$$
#
# In every ratio $b$ cancels: $p/q = a(x_1)/a(x_1-\theta)$. KL, TV and JSD are integrals of $q$ times a function of
# $p/q$; over $x_2$ there remains $\int b = 1$. **What is left is $N(0,\sigma^2)$ against $N(\theta,\sigma^2)$ on the line.**
#
# *KL.* $\log p - \log q = \frac{(x_1-\theta)^2 - x_1^2}{2\sigma^2} = \frac{\theta^2 - 2\theta x_1}{2\sigma^2}$, and
# $\mathbb E_p x_1 = 0$:
#
# $$\mathrm{KL} = \frac{\theta^2}{2\sigma^2}.$$
#
# *TV.* The best set is where $p>q$. For $\theta>0$ that is $x_1<\theta/2$. So TV is the probability of this set
# under $N(0,\sigma^2)$ minus that under $N(\theta,\sigma^2)$; the last step is your exercise below.
#
# *JSD* has no closed form; it is one integral over the line, and depends on $\theta/\sigma$ alone (put $x_1=\sigma u$).
#
# *$W_1$.* Move each noisy point straight across, its noise with it: cost $|\theta|$. And no plan is cheaper:
# $\mathbb E_\gamma\|x-y\|\ge|\mathbb E_\gamma(y_1-x_1)| = |\theta|$. So **$W_1$ is $|\theta|$ still**, for every $\sigma$.
#
# **Your turn.** Finish TV.


# %% tags=["exercise:07.tv_of_gaussians"]
def tv_of_gaussians(gap, std):
    """The total variation, with its ½, between N(0, std²) and N(gap, std²).

    Arguments:
        gap: distance of the means, a number that may be negative or zero.
        std: their common standard deviation, above zero.

    Returns:
        float, from 0 to 1. `math.erf` is there: erf(x) = 2/√π ∫_0^x exp(−t²) dt.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("07.tv_of_gaussians", tv_of_gaussians)

# %% [markdown]
# <details><summary>The result, when you have tried</summary>
#
# With $\Phi$ the distribution function of $N(0,1)$:
# $\mathrm{TV} = \Phi\bigl(\tfrac{\theta}{2\sigma}\bigr) - \Phi\bigl(-\tfrac{\theta}{2\sigma}\bigr) = 2\Phi\bigl(\tfrac{\theta}{2\sigma}\bigr) - 1
# = \operatorname{erf}\Bigl(\dfrac{|\theta|}{2\sqrt2\,\sigma}\Bigr)$, the bars by symmetry.
#
# </details>
#
# **The number.** The same in two dimensions, with no use of any cancellation: a grid over the plane, and
# $b(x_2) = \Phi(x_2/\sigma) - \Phi((x_2-1)/\sigma)$.

# %% tags=["claim:D7"]
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
print("theta sigma     KL  theta²/2σ²    TV     erf      JSD   on a line   W1: at most, at least")
for theta, sigma in [(0.5, 0.5), (-1.0, 0.5), (2.0, 1.0)]:
    x1 = np.linspace(min(0, theta) - 8 * sigma, max(0, theta) + 8 * sigma, 1001)
    x2 = np.linspace(-8 * sigma, 1 + 8 * sigma, 201)
    b = ndtr(x2 / sigma) - ndtr((x2 - 1) / sigma)
    p, q = (np.outer(np.exp(-((x1 - m) ** 2) / (2 * sigma**2)), b) for m in (0.0, theta))
    p, q = p / p.sum(), q / q.sum()
    exact = parallel_lines(theta).closed_form(noise=sigma)
    start = np.stack([0 * heights, heights], 1) + sigma * rng.standard_normal((60, 2))
    across = start + [theta, 0.0]
    bounds = np.linalg.norm(across - start, axis=1).mean(), abs((across - start)[:, 0].mean())
    row = (kl(p, q), theta**2 / (2 * sigma**2), total_variation(p, q), erf(abs(theta) / (2 * 2**0.5 * sigma)))
    print(f"{theta:5.1f} {sigma:5.1f}", *(f"{v:8.4f}" for v in (*row, js(p, q), exact["js"], *bounds)))
    assert abs(row[0] - row[1]) < 1e-6 and abs(row[2] - row[3]) < 1e-4
    assert abs(js(p, q) - exact["js"]) < 1e-8 and np.allclose(bounds, abs(theta))

# %% [markdown]
# **The slider.** Left the points; in the middle the four distances against $\theta$, and dots at your $\theta$; right
# their slopes. Purple and dashed: what the networks of section 2 found, trained beforehand at noise 0, 0.1, 0.25, 0.5 and
# 1. The open dot at the origin marks the value at $\theta=0$ where the curves jump.
#
# 1. Noise 0: move $\theta$ towards 0. Which of the numbers tell you that you are getting nearer?
# 2. Noise 0.1: for which $\theta$ does JSD have a slope that you can see?
# 3. Raise the noise to 1: the reach grows, and the slope near 0 shrinks. Why is there a price?
# 4. The black curves do not move. And the purple squares?

# %%
predict("07.which_noise")

# %%
lines_demo.demo()

# %% [markdown]
# With noise JSD becomes a bowl. It has a slope where the clouds overlap, within some four $\sigma$, and none beyond.
# And through noise one hardly sees what is finer than $\sigma$: near $\theta=0$, $\mathrm{JSD}\approx\theta^2/8\sigma^2$.
# So noise is annealed: much at first, little at the end (lecture 14). Its minimum stays where it belongs, at $\theta=0$,
# since it is added to the data too.
#
# **Remember.** Noise on both: KL, TV, JSD become functions of $\theta/\sigma$ with a slope within a few $\sigma$.
# $W_1$ does not need it, and does not feel it.

# %% [markdown]
# ## 4 · Equally far, and yet one is nearer (D10)
#
# **The question.** Is it only a matter of infinities and jumps? Take three densities on the line that overlap wherever
# you look, so that all of KL, JSD, TV are ordinary numbers. Two of the three are neighbours. Do those numbers see it?

# %%
predict("07.third")

# %% [markdown]
# **The derivation.** Let $p_i$ have a share $w$ of its mass on a bump of width 1 that begins at $a_i$, and the rest spread
# evenly over $[0,12]$: the density is $c = \frac{1-w}{12}$ on the ground and $c + w$ on the bump. The bumps do not overlap.
# For two of them
#
# $$\int|p_i - p_j|\,dx = 2w, \qquad \mathrm{TV} = w, \qquad
# \mathrm{KL}(p_i\|p_j) = (c+w)\log\frac{c+w}{c} + c\log\frac{c}{c+w} = w\log\frac{c+w}{c},$$
#
# and $a_i$, $a_j$ do not occur. There is a general reason. Cut the line into cells and shuffle them, the same
# way for $p$ and for $q$. Each cell keeps its pair $(p, q)$, so no integral $\int q\,f(p/q)\,dx$ changes, for *any* $f$.
# A shuffle that swaps the places of bumps 2 and 3 leaves $p_1$ alone and turns $p_2$ into $p_3$: so every such divergence
# says that $p_1$ is exactly as far from $p_2$ as from $p_3$. **They know no geometry.**
#
# $W_1$ does. On the line, whatever the plan, mass $|F(t)-G(t)|$ at least must cross the point $t$, $F$ and $G$ being the
# distribution functions; so $W_1\ge\int|F-G|\,dt$, and moving mass in order attains it (lecture 08). For two bumps a
# distance $d\ge1$ apart, $|F-G|$ climbs to $w$ within 1, stays there, and is back at 0 at distance $d+1$: the area is
#
# $$W_1(p_i,p_j) = w\,|a_i-a_j| .$$
#
# **The number.** Bumps at 1, 2.5 and 9, $w = 0.8$. For the last two columns the cells are shuffled.

# %% tags=["claim:D10"]
# NBVAL_CHECK_OUTPUT
places, w = (1.0, 2.5, 9.0), 0.8
c = (1 - w) / 12
bumps = [equal_l1.histogram(place, w) for place in places]  # masses of 240 cells
x = equal_l1.CENTRES
shuffled = np.random.default_rng(1).permutation(len(x))
print("pair        L1      TV      KL     JSD       W1    W1 by formula    shuffled: KL       W1")
for i, j in [(0, 1), (0, 2), (1, 2)]:
    p, q = bumps[i], bumps[j]
    row = np.abs(p - q).sum(), total_variation(p, q), kl(p, q), js(p, q), wasserstein_1d(x, x, p, q)
    mixed = p[shuffled], q[shuffled]
    after = kl(*mixed), wasserstein_1d(x, x, *mixed)
    formula = w * abs(places[i] - places[j])
    print(
        f"{i + 1}, {j + 1}", *(f"{v:8.4f}" for v in row), f"{formula:11.4f} {after[0]:18.4f} {after[1]:9.4f}"
    )
    assert np.allclose(row, [2 * w, w, w * np.log((c + w) / c), js(bumps[0], bumps[1]), formula])
    assert abs(after[0] - row[2]) < 1e-12 and abs(after[1] - row[4]) > 0.1

# %% [markdown]
# > **Where the notes slip.** L3 makes this point with the formula $\int p_1 - p_2\,dx = \int p_1-p_3\,dx =
# > \int p_2-p_3\,dx$. That is true of *any* three densities, equally far or not: each integral is $1-1=0$. The absolute
# > values are missing.

# %%
# NBVAL_CHECK_OUTPUT
near = equal_l1.histogram(1.5, w)  # overlaps the first bump by half
for name, q in [("p2, apart", bumps[1]), ("a bump at 1.5, overlapping", near)]:
    signed, absolute = (bumps[0] - q).sum(), np.abs(bumps[0] - q).sum()
    print(f"{name:27s} as printed: {abs(signed):.1f}   with absolute values: {absolute:.1f}")
    assert abs(signed) < 1e-12 and absolute > 0.5

# %% [markdown]
# **The slider.** Left the three densities; move the third. Right five distances for the three pairs. A bar that leaves the
# picture is infinite.
#
# 1. Move the third bump from 9 to 4 by steps: which bars move?
# 2. Go on to 3, 2.5, 2: now it runs over the second bump. What do L1, TV, KL and JSD notice, and when do they stop?
# 3. Share 1: no ground is left. Which bar breaks out, and which stand still?

# %%
equal_l1.demo()

# %% [markdown]
# The divergences do notice the third bump, as long as it *overlaps* another: their field of view is one bump wide. Noise, in
# section 3, widened the bumps.
#
# **Your turn** (further). $W_1$ of two histograms.


# %% tags=["exercise:07.w1_of_histograms"]
def w1_of_histograms(p, q, x):
    """W1 between two histograms on the line: ∫ |F − G| dt, F and G their distribution functions.

    Arguments:
        p, q: arrays (n,), the masses at the points of x; each sums to one, and some may be zero.
        x: array (n,), the points, increasing; their distances differ.

    Returns:
        float, in the unit of x.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("07.w1_of_histograms", w1_of_histograms)

# %% [markdown]
# **Remember.** Any $\int q\,f(p/q)$ survives a shuffle of space: it knows *whether* densities differ, and not *how far* mass
# must go. $W_1$ knows.
#
# *This is the end of the core.*

# %% [markdown]
# ## 5 · Further: how much noise? The slope of JSD
#
# **The question.** Too little noise gives no reach, too much no slope. Where is the best of it, for a generator at $\theta$?
#
# **The derivation.** With noise $v^* = \log p-\log q = \frac{\theta^2-2\theta x_1}{2\sigma^2}$, so $\partial v^*/\partial
# x_1 = -\theta/\sigma^2$ everywhere: it is constant, and does not vanish. Put it into the frozen slope of section 2, which
# for the optimal $D$ is exact:
#
# $$\boxed{\;\frac{d}{d\theta}\mathrm{JSD} = -\tfrac12\,\mathbb E_q\Bigl[D^*\,\frac{\partial v^*}{\partial x_1}\Bigr]
# = \frac{\theta}{2\sigma^2}\,\mathbb E_q D^*\;}$$
#
# Beside it $\frac{d}{d\theta}\mathrm{KL} = \theta/\sigma^2$. **The slope of JSD is half that of KL, times the mean answer of
# $D^*$ at the generated points.** If $D$ is sure of the fakes, nothing is left.
#
# How fast does $\mathbb E_q D^* = \int\frac{pq}{p+q}$ fall? Let $x_1 = \frac\theta2 + \sigma u$. Then $p$ and $q$ are
# proportional to $e^{-(u\pm t/2)^2/2}$ with $t=\theta/\sigma$, and $e^{-u^2/2 - t^2/8}$ comes out of both:
#
# $$\mathbb E_q D^* = e^{-t^2/8}\;\mathbb E_{u\sim N(0,1)}\Bigl[\frac{1}{2\cosh(tu/2)}\Bigr], \qquad t = \theta/\sigma .$$
#
# Close by, $t\to0$, it is $\tfrac12$, and the slope is $\theta/4\sigma^2$. Far off it dies like $e^{-\theta^2/8\sigma^2}$:
# at six $\sigma$, $\mathbb E_qD^*$ is 0.002.
#
# Now hold $\theta$ and choose $\sigma$. The slope is $\frac1\theta\,h(t)$ with $h(t) = \tfrac{t^2}{2}\,\mathbb E_qD^*$, a
# function of $t$ alone. It is largest at one number $t^*$, whatever $\theta$ is.
#
# **The number.**

# %%
# NBVAL_CHECK_OUTPUT
for theta, sigma in [(0.5, 0.5), (-1.0, 0.5), (2.0, 0.3)]:
    z = np.linspace(-12, 12, 4001)
    d = 1 / (1 + np.exp((theta**2 + 2 * theta * sigma * z) / (2 * sigma**2)))  # D* at θ + σz
    mean_d = np.sum(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * d) * (z[1] - z[0])
    up, down = (parallel_lines(theta + e).closed_form(sigma)["js"] for e in (1e-4, -1e-4))
    exact = parallel_lines(theta).slopes(sigma)["js"]
    print(
        f"theta {theta:4.1f}, sigma {sigma}: E D* = {mean_d:.6f}, slope by formula {exact:9.6f}, by differences {(up - down) / 2e-4:9.6f}"
    )
    assert abs(theta / (2 * sigma**2) * mean_d - exact) < 1e-9 and abs((up - down) / 2e-4 - exact) < 1e-6
best = minimize_scalar(lambda t: -t * parallel_lines(t).slopes(1.0)["js"], bounds=(0.5, 6), method="bounded")
print(
    f"best t* = {best.x:.4f}: sigma* = {1 / best.x:.3f} |theta|, and the slope there is {-best.fun:.4f}/|theta|"
)

# %% [markdown]
# At its best, then, the slope of JSD is $0.48/|\theta|$ with a noise of $0.41\,|\theta|$. Whoever knows $\theta$ can set the
# noise so; whoever does not starts with much and lowers it. Below, left, the slope against the noise (dots: the best); right,
# descents from $\theta=2$ on the exact distances, JSD (with its noise $\sigma$) and $W_1$, all with step size 0.05.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.3))
sigmas = np.geomspace(0.05, 5, 120)
for theta, dash in [(0.5, ":"), (1.0, "--"), (2.0, "-")]:
    curve = [parallel_lines(theta).slopes(s)["js"] for s in sigmas]
    axes[0].plot(sigmas, curve, color=plots.DISCRIMINATOR, linestyle=dash, label=f"θ = {theta:g}")
    axes[0].plot(theta / best.x, -best.fun / theta, "o", color=plots.EXACT)
axes[0].set(xscale="log", ylim=(0, 1.05), xlabel="noise σ", ylabel="slope of JSD in θ")
plots.legend(axes[0])


def descend(slope, steps=300, rate=0.05):
    path = [2.0]
    for _ in range(steps):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


def js_slope_at(sigma):
    return lambda theta: parallel_lines(theta).slopes(sigma(theta))["js"]


paths = {
    "σ = 0.2": descend(js_slope_at(lambda theta: 0.2)),
    "σ = 0.8": descend(js_slope_at(lambda theta: 0.8)),
    "σ = 0.41 |θ|": descend(js_slope_at(lambda theta: max(abs(theta) / best.x, 0.1))),
    "W1": descend(lambda theta: np.sign(theta)),
}
looks = [(plots.MUTED, ":"), (plots.DISCRIMINATOR, "--"), (plots.DISCRIMINATOR, "-"), (plots.EXACT, "-")]
for (name, path), (colour, dash) in zip(paths.items(), looks, strict=True):
    axes[1].plot(path, color=colour, linestyle=dash, linewidth=1.6, label=name)
axes[1].set(xlim=(0, 300), ylim=(-0.1, 2.2), xlabel="step of the generator", ylabel="θ")
plots.legend(axes[1])
plt.show()
assert paths["σ = 0.2"][-1] > 1.999 and abs(paths["W1"][-1]) <= 0.05
assert abs(paths["σ = 0.8"][-1]) < 0.2 and abs(paths["σ = 0.41 |θ|"][100]) < 0.1

# %% [markdown]
# $W_1$ walks at one speed, arrives after 40 steps, and then hops about 0: a corner has no small slope. JSD with too little
# noise has moved by a five-thousandth. With $\sigma = 0.8$ it arrives slowly; with a noise that follows the distance, after
# 90 steps. That noise is not let below 0.1: near 0 the bowl's curvature is $1/4\sigma^2$, and steps of size $\eta$ on a bowl
# steeper than $2/\eta$ run away.
#
# **Your turn.** The slope of JSD, for noise of any size. This is the main exercise of the lecture.


# %% tags=["exercise:07.js_slope"]
def js_slope(theta, std):
    """d/dθ JSD(p, q) of p = N(0, std²) and q = N(θ, std²), that is (θ/2σ²) E_q D*, by quadrature.

    Arguments:
        theta: the generator's place, a number of either sign; as far as 150 standard deviations out.
        std: the standard deviation σ of the noise, which may be 0.01 or 50.

    Returns:
        float, in nats per unit of θ; right to four digits, and 0 where it is too small for a float.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("07.js_slope", js_slope)

# %% [markdown]
# **Remember.** $\frac{d}{d\theta}\mathrm{JSD} = \frac{\theta}{2\sigma^2}\mathbb E_qD^*$: the slope dies because $D$ is sure, and
# revives when noise makes it unsure. Best noise: two fifths of the distance.

# %% [markdown]
# ## 6 · Further: exact beside learned, under noise
#
# **The question.** Under noise the JSD has a true slope. Do trained discriminators find it? And does noise disturb the
# critic?
#
# **The number.** The largest error over the eleven $\theta$, means over three seeds; slopes at $\theta=0$ are left out.

# %%
# NBVAL_CHECK_OUTPUT
thetas, away = trained["thetas"], trained["thetas"] != 0
print("noise   JSD: value  slope    TV: value    W1: value  less the bias   KL at 2: exact, trained")
for i, sigma in enumerate(trained["noises"]):
    known = {name: trained[name][i].mean(-1) for name in line_critics.QUANTITIES}
    exact = [parallel_lines(theta).closed_form(sigma) for theta in thetas]
    slopes = np.array([parallel_lines(theta).slopes(sigma)["js"] for theta in thetas])
    js_gap, tv_gap, w_gap = (
        np.abs(known[k] - [e[k] for e in exact]).max() for k in ("js", "total_variation", "wasserstein")
    )
    slope_gap = np.abs(known["js_slope"] - slopes)[away].max()
    bias = np.abs(thetas) * (1 + np.abs(thetas) / (2 * line_critics.WEIGHT))
    rest = np.abs(known["wasserstein"] - bias).max()
    print(
        f"{sigma:5.2f} {js_gap:11.3f} {slope_gap:7.3f} {tv_gap:11.3f} {w_gap:12.3f} {rest:12.3f} {exact[-1]['kl']:16.1f} {known['kl'][-1]:9.1f}"
    )
    assert js_gap < 0.01 and rest < 0.03 and w_gap < 0.22

# %% [markdown]
# JSD and TV are found to a hundredth. So is the slope once there is noise; without noise the largest error is the 0.08
# that an unfinished $D$ leaves at $\theta=0.1$. The error of $W_1$ is almost all the penalty's bias, with and without noise.
# KL is found where it is a few nats. Where it is large, the
# estimate stops at about ten: so far have the logits come in 600 steps. More steps would raise it, and not make it
# trustworthy: a lower bound on KL that is computed from $n$ samples, and is to hold with high confidence whatever the laws,
# cannot lie much above $\log n$ (McAllester and Stratos 2020). Here $n$ is 16,384 fresh points, and $\log n = 9.7$.
#
# **Train them yourself.** Four new $\theta$ without noise, from scratch; fewer steps where time is short.

# %%
if has_torch():
    new = np.array([0.4, 0.8, 1.6, -1.6])
    found = line_critics.train(new, 0 * new, steps=budget(ci=300, cpu=600, gpu=600), seed=11)
    print("theta    JSD   slope      W1   slope")
    for row in zip(
        new, found["js"], found["js_slope"], found["wasserstein"], found["wasserstein_slope"], strict=True
    ):
        print("{:5.1f} {:6.3f} {:7.3f} {:7.3f} {:7.3f}".format(*row))
    assert (found["js"] > 0.6).all() and (found["js"] < np.log(2)).all()
    assert (np.abs(found["wasserstein"] - np.abs(new)) < 0.15 * np.abs(new) + 0.05).all()
    assert (np.sign(found["wasserstein_slope"]) == np.sign(new)).all()
    assert (np.abs(found["js_slope"]) < 0.2 * np.abs(found["wasserstein_slope"])).all()

# %% [markdown]
# ## What the paper says, what we got, the best that is possible
#
# | | Arjovsky, Chintala and Bottou 2017, example 1 | here, exact | here, trained (section 2) |
# |---|---|---|---|
# | TV, $\theta\neq0$ | 1 | 1 | 1.000 |
# | KL | $+\infty$ | $\infty$ | 7 to 10, by training time |
# | JSD | $\log 2 = 0.693$ | $\log 2$, slope 0 | 0.692 to 0.693, slope at most 0.09 |
# | $W_1$ | $\lvert\theta\rvert$ | $\lvert\theta\rvert$, slope $\pm1$ | $\lvert\theta\rvert + \theta^2/2\lambda$ to 0.01, slope 1.00 to 1.10 |
#
# The best that is possible for a critic is $|\theta|$ itself, and a 1-Lipschitz one never says more. Ours says more because a
# penalty only prices steepness; ways to forbid it are lecture 12's subject.
#
# ## What to remember
#
# 1. Disjoint supports: TV 1, KL $\infty$, JSD $\log2$, all without a slope; $W_1 = |\theta|$.
# 2. JSD avoids KL's infinity and not its uselessness: a constant teaches nothing.
# 3. Noise on both reduces the lines to two Gaussians: KL $\theta^2/2\sigma^2$, TV by erf, JSD with slope
#    $\frac{\theta}{2\sigma^2}\mathbb E_qD^*$; $W_1$ unchanged.
# 4. Whatever compares densities point by point survives a shuffle of space, and so cannot know distances.
#
# **Next** comes lecture 08, Wasserstein: plans, prices, and why a critic finds them.
#
# **Sources.** M. Arjovsky, S. Chintala and L. Bottou, *Wasserstein GAN*, 2017
# ([arXiv 1701.07875](https://arxiv.org/abs/1701.07875)), example 1. M. Arjovsky and L. Bottou, *Towards principled methods for
# training generative adversarial networks*, 2017 ([arXiv 1701.04862](https://arxiv.org/abs/1701.04862)), for noise on both.
# I. Gulrajani et al., *Improved training of Wasserstein GANs*, 2017 ([arXiv 1704.00028](https://arxiv.org/abs/1704.00028)), for the
# penalty. D. McAllester and K. Stratos, *Formal limitations on the measurement of mutual information*, 2020
# ([arXiv 1811.04251](https://arxiv.org/abs/1811.04251)), for the limit $\log n$. Lecture notes L1 (Generative Modeling: GANs),
# L2 (ECE 57000: GANs) and L3 (Deep Learning: A Statistical Perspective).
