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
# # 04 · Generator losses
#
# *Two losses have the same optimum. Why does one of them train, and what does it descend?*
#
# When you have worked through this lecture you will be able to
#
# - write the saturating, the non-saturating and the log-ratio loss on logits, with their slopes (C1);
# - draw the push that each of them gives to a single fake sample, and say when it vanishes;
# - say what "with $D$ frozen" means, and when a frozen gradient may be trusted (C6);
# - show that the log-ratio loss descends the reverse KL, and find what the non-saturating one descends (C2, C3);
# - predict what is left for the generator when $D$ trains too long, or too little (C4, C5).
#
# **Time.** Core: 50 minutes, sections 1 to 5, with one ladder and one exercise. Further: 40 minutes, sections 6 to 8.
#
# **You need** lectures 02 and 03: $D^* = p/(p+q)$, $v^* = \log p - \log q$, $\max_D V = 2\,\mathrm{JSD} - \log 4$. No
# PyTorch: one cell of section 6 trains a network, and is passed over where PyTorch is missing.
#
# As before $p$ is the data, $q$ the generator, $D = \sigma(v)$ is the probability of **real**, $m = \frac12(p+q)$.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import expit

from gancourse import budget, game, has_torch, plots
from gancourse.demos import frozen_gradient as frozen_demo
from gancourse.demos import generator_slopes, particle_forces
from gancourse.divergences import js, kl
from gancourse.exercises import check, climb
from gancourse.questions import predict
from gancourse.recipes import gaussian_game, overtrained

plots.use()
GAP = 1e-5  # of difference quotients


# %% [markdown]
# ## 1 · Three losses and their slopes (C1)
#
# **The question.** The generator wants $D(G(z))$ large. The game as it is written has it *minimise* $\log(1-D)$. The
# authors of the game at once advised to minimise $-\log D$ instead. Both fall as $D$ rises, and both are lowest at
# $D = 1$. So what is the difference?

# %%
predict("04.sure_of_a_fake")

# %% [markdown]
# **The derivation.** The generator reaches $D$ through its logit, so write both losses in $v$. With
# $1-\sigma(v) = 1/(1+e^{v})$ and $\sigma(v) = 1/(1+e^{-v})$
#
# $$\log(1-\sigma(v)) = -\log(1+e^{v}), \qquad -\log\sigma(v) = \log(1+e^{-v}).$$
#
# Differentiate each; that is the ladder. Replace the dots by an expression in `v`. A line you leave as `...` counts
# as not attempted.

# %% tags=["exercise:04.slopes"]
climb(
    "04.slopes",
    # the derivative in v of log(1 − σ(v)); `np.exp` is all you need
    saturating=lambda v: ...,
    # the derivative in v of −log σ(v)
    non_saturating=lambda v: ...,
    # how many times stronger the non-saturating slope is than the saturating one, at v
    ratio=lambda v: ...,
)

# %% [markdown]
# <details><summary>The three lines, when you have tried</summary>
#
# 1. $\frac{d}{dv}\bigl[-\log(1+e^v)\bigr] = -\dfrac{e^v}{1+e^v} = -\sigma(v)$.
# 2. $\frac{d}{dv}\log(1+e^{-v}) = -\dfrac{e^{-v}}{1+e^{-v}} = -(1-\sigma(v))$.
# 3. $\dfrac{1-\sigma(v)}{\sigma(v)} = e^{-v}$: the odds of *fake*.
#
# </details>
#
# | loss | in $v$ | slope in $v$ | at $D = 0.001$ |
# |---|---|---|---|
# | saturating, $\log(1-D)$ | $-\log(1+e^v)$ | $-\sigma(v) = -D$ | $-0.001$ |
# | non-saturating, $-\log D$ | $\log(1+e^{-v})$ | $-(1-\sigma(v)) = -(1-D)$ | $-0.999$ |
# | log-ratio, their sum | $-v$ | $-1$ | $-1$ |
#
# A generator that is new to its task makes points that $D$ recognises: $D\approx 0$. There the first loss is flat and
# the second is not. It *saturates*, and that is the difference. The third row will be section 4.
#
# **The number.** The slopes by difference quotient, beside the formulas; the package's losses are written with
# softplus, so that $v=-800$ gives 800 and not infinity.

# %% tags=["claim:C1"]
# NBVAL_CHECK_OUTPUT
v = np.array([-6.0, -2.0, 0.0, 3.0])
print("kind             v = -6      -2       0       3     loss at -800")
for kind, formula in [("saturating", -expit(v)), ("non_saturating", -expit(-v)), ("reverse_kl", -1 + 0 * v)]:
    up, down = (game.generator_loss(v + s * GAP, kind) for s in (1, -1))
    slope = (up - down) / (2 * GAP)
    far = float(game.generator_loss(-800.0, kind)) + 0.0
    print(f"{kind:14s}", *(f"{s:8.4f}" for s in slope), f"{far:12.1f}")
    assert np.allclose(slope, formula, atol=1e-8)
    assert np.allclose(game.generator_slope(v, kind), formula, atol=1e-15)

# %% [markdown]
# **The slider.** Left the losses, right their slopes in $v$, against $D(G(z))$. Move the logit to −8, where a new
# generator starts; to 0, where the losses agree; and to +8, where the roles are exchanged.

# %%
generator_slopes.demo()

# %% [markdown]
# **Remember.** Slopes in the logit: $-D$ for $\log(1-D)$, $-(1-D)$ for $-\log D$, $-1$ for their sum. What separates
# them is a *weight*, and it depends on how sure $D$ is.

# %% [markdown]
# ## 2 · The push on one sample
#
# **The question.** The generator owns no logits: it owns points. Where does each loss want a point $x = G(z)$ to go?
#
# **The derivation.** By the chain rule $\nabla_x\,\ell(v(x)) = \ell'(v)\,\nabla v(x)$, and descent goes the other way.
# For the best discriminator $v^* = \log p - \log q$, so
#
# $$\boxed{\;\text{push}(x) = w(v^*)\,\bigl(\nabla\log p(x) - \nabla\log q(x)\bigr),\qquad
# w = \begin{cases}\sigma(v) & \text{saturating}\\ 1-\sigma(v) & \text{non-saturating}\\ 1 & \text{log-ratio.}\end{cases}}$$
#
# All three losses push a sample **in the same direction**: towards where the data are denser, $\nabla\log p$, and away
# from where the fakes crowd, $-\nabla\log q$. The gradient of a log-density is called its *score*; score models learn
# $\nabla\log p$ itself, a discriminator learns the difference of two scores. Only the weight differs.
#
# And this is all that the generator's parameters ever see. With $x = G_\theta(z)$ and $D$ held still
#
# $$\nabla_\theta\,\mathbb E_z\,\ell\bigl(v(G_\theta(z))\bigr) = -\,\mathbb E_z\Bigl[\,\bigl(\tfrac{\partial G_\theta}{\partial\theta}\bigr)^{\!\top}\text{push}(G_\theta(z))\Bigr].$$
#
# If all pushes are tiny, so is the gradient.
#
# **The number.** One fake at $(2.5, 1)$, the push by the formula and by difference quotients of the loss itself.

# %%
# NBVAL_CHECK_OUTPUT
data, fakes = particle_forces.DATA, particle_forces.generator(distance=2.0, spread=0.7)
at = np.array([[2.5, 1.0]])


def loss_at(x, kind):
    return game.generator_loss(game.optimal_logit(data.logpdf(x), fakes.logpdf(x)), kind)


print("kind                push by formula       by differences")
for kind in game.GENERATOR_LOSSES:
    formula = particle_forces.push(at, data, fakes, kind)[0]
    steps = GAP * np.eye(2)
    quotient = -np.array([(loss_at(at + e, kind) - loss_at(at - e, kind))[0] for e in steps]) / (2 * GAP)
    print(f"{kind:14s}", *(f"{u:10.5f}" for u in formula), "  ", *(f"{u:10.5f}" for u in quotient))
    assert np.allclose(formula, quotient, rtol=1e-5, atol=1e-9)

# %%
predict("04.further_away")

# %% [markdown]
# **The slider.** Left the data (two clouds), fifty fakes, and an arrow at each. Right the length of the push along the
# line $x_2 = 0$, on a logarithmic scale. Choose the loss by its button.
#
# 1. Choose the saturating loss at distance 4: where have the arrows gone?
# 2. Bring $q$ nearer until the saturating loss has arrows too. On which *side* of the cloud are they longest?
# 3. Distance 0, standard deviation 1.5: fakes in the middle of a mode. Which loss has the longer arrows *there*?
# 4. Standard deviation 0.3 at a distance: the arrows fan out. That is $-\nabla\log q$, which keeps fakes apart.

# %%
particle_forces.demo()

# %% [markdown]
# Three things to take from it. First, "vanishing gradient" is $\sigma(v^*)\to 0$ and nothing else: $\nabla v^*$ itself
# *grows* with the distance. Second, the non-saturating push then grows too: it does not vanish, it is large. Third,
# where $D$ believes a fake, $v > 0$, it is the non-saturating loss that lets go: its weight $1-\sigma(v)$ leaves good
# points alone, while the saturating one pushes the good points hardest and the bad ones least.
#
# **Remember.** One direction, $\nabla\log p - \nabla\log q$, and three weights.

# %% [markdown]
# ## 3 · What "frozen" means: the envelope theorem (C6)
#
# **The question.** The theory says that the generator minimises $\max_D V(D,\theta) = V(D^*_\theta,\theta)$. In this
# function $\theta$ stands twice: $D^*$ moves with the generator. The algorithm forgets that. It finds $D$, *freezes*
# it, and differentiates $V(D,\theta)$ in the second place only. Is this the gradient of what the theory minimises?
#
# **The derivation.** Write $W(\theta) = V(D^*_\theta,\theta)$. By the chain rule
#
# $$\nabla W(\theta) = \underbrace{\int\frac{\delta V}{\delta D(x)}\bigg|_{D^*_\theta}\nabla_\theta D^*_\theta(x)\,dx}_{D^*\text{ moves}}
# \;+\; \underbrace{\nabla_\theta V(D,\theta)\big|_{D = D^*_\theta}}_{D\text{ frozen}} .$$
#
# But $D^*_\theta$ is where $V$ is largest, and there $\delta V/\delta D = p/D - q/(1-D) = 0$ (lecture 02). The first
# term is zero, however $D^*$ moves. This is the **envelope theorem**:
#
# $$\nabla_\theta\max_D V(D,\theta) = \nabla_\theta V(D,\theta)\big|_{D=D^*_\theta}.$$
#
# The same in a picture. Hold $D$ at $D^*_{\theta_0}$. For every $\theta$ it is *some* discriminator, so
# $V(D^*_{\theta_0},\theta)\le W(\theta)$, with equality at $\theta_0$: a curve that touches another from below. Two
# smooth curves that touch have the same slope.
#
# In $V$ only $\mathbb E_q\log(1-D)$ holds $\theta$ once $D$ is frozen. So **the frozen gradient of the saturating loss
# is the gradient of $2\,\mathrm{JSD}$**.
#
# The proof used one thing: that $D^*$ maximises *the function we differentiate*. Take any other loss
# $J(D,\theta) = \mathbb E_{x\sim q_\theta}\,\ell(v(x))$, and follow $D^*$ along: $\partial_\theta v^* = -\partial_\theta\log q$, and
#
# $$\frac{d}{d\theta}J(D^*_\theta,\theta) = \underbrace{\partial_\theta J(D,\theta)\big|_{D^*}}_{\text{frozen}}
# \;-\; \mathbb E_q\bigl[\ell'(v^*)\,\partial_\theta\log q\bigr]. \tag{1}$$
#
# There is no reason for the last term to vanish. *A frozen gradient need not be the gradient of the value you see.*
#
# **The number.** Data $N(0,1)$, generator $x = \mu + s z$, at $\mu = 1$, $s = 1.3$; derivatives in $\mu$. All means are
# sums over a grid of $z$. For $V$ with $D = D^*$ they agree. For a $D$ that also follows the generator, but is too
# timid or too bold ($v = \lambda v^*$), they do not.

# %%
z = np.linspace(-9, 9, 1801)
weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])  # means over z are weight @ values


def logit(x, mu, s):
    return np.log(s) - x**2 / 2 + (x - mu) ** 2 / (2 * s**2)  # v* of N(0, 1) against N(mu, s²)


def value(mu, s, mu_d=None, s_d=None, scale=1.0):
    """V against N(mu, s²), for the discriminator that is best against N(mu_d, s_d²); its logit times scale."""
    mu_d, s_d = (mu, s) if mu_d is None else (mu_d, s_d)
    on_data, on_fakes = scale * logit(z, mu_d, s_d), scale * logit(mu + s * z, mu_d, s_d)
    return -weight @ np.logaddexp(0, -on_data) - weight @ np.logaddexp(0, on_fakes)


def slope(function, at):
    return (function(at + GAP) - function(at - GAP)) / (2 * GAP)


# %% tags=["claim:C6"]
# NBVAL_CHECK_OUTPUT
mu, s = 1.0, 1.3
print("D = σ(λ v*)    D frozen    D moves along")
for scale in (0.5, 1.0, 2.0):
    still = slope(lambda m, scale=scale: value(m, s, mu, s, scale), mu)
    total = slope(lambda m, scale=scale: value(m, s, None, None, scale), mu)
    print(f"λ = {scale:3.1f}      {still:9.6f}    {total:9.6f}")
    assert (abs(still - total) < 1e-8) == (scale == 1.0)

# %%
means = np.linspace(-1, 3, 81)
moving = [value(m, s) for m in means], [weight @ np.logaddexp(0, -logit(m + s * z, m, s)) for m in means]
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.2))
for mu_d, dash in [(0.0, ":"), (1.0, "--"), (2.0, "-.")]:
    still = (
        [value(m, s, mu_d, s) for m in means],
        [weight @ np.logaddexp(0, -logit(m + s * z, mu_d, s)) for m in means],
    )
    for ax, a, b in zip(axes, still, moving, strict=True):
        ax.plot(means, np.subtract(a, b), color=plots.DISCRIMINATOR, linestyle=dash, label=f"D* of {mu_d:g}")
        ax.plot([mu_d], [0], "o", color=plots.DISCRIMINATOR, markersize=6)
for ax, title in zip(axes, ("V", "E(−log D)"), strict=True):
    ax.axhline(0, color=plots.EXACT, linewidth=1)
    ax.set(xlabel="generator's mean", ylabel="frozen less moving, nats", ylim=(-0.4, 0.2))
    ax.text(0.03, 0.9, title, transform=ax.transAxes)
    plots.legend(ax)
plt.show()

# %% [markdown]
# Each curve is one frozen $D$, best against the generator with the mean in the legend: its value less that of the $D^*$
# which moves along. Left, for $V$: every curve touches zero from below, with slope zero. Right, for the loss $-\log D$:
# away from $\mu = 0$, where all is symmetric, the curves *cross*. There the values are equal, and the slopes are not.
#
# > **Where the notes slip.** L4 writes the update of $G$ as $\nabla_G L(D^*(G^t), G^t)$, and L2 differentiates with $D$
# > as a constant; neither says why the dependence of $D^*$ on $G$ may be dropped. For $V$ it may, by the envelope
# > theorem. For the losses that replace $V$ in practice it is not dropped by right: it is *decided*, and the decision
# > changes what is descended. The columns "frozen" and "total" of section 5 show by how much.
#
# **Remember.** Freezing $D$ is exact for the function that $D$ maximises, and for no other without proof.

# %% [markdown]
# ## 4 · The sum of the two descends the reverse KL (C2)
#
# **The question.** One lecture note proposes the sum of both losses, $\log(1-D) - \log D = -v$. What does it descend?
#
# **The derivation.** The value first. At $D^*$
#
# $$\mathbb E_q[-v^*] = \mathbb E_q[\log q - \log p] = \mathrm{KL}(q\|p).$$
#
# The frozen gradient. Only the $q$ under the mean moves:
#
# $$\partial_\theta\,\mathbb E_{q_\theta}[-v]\Big|_{v = v^*} = \int \partial_\theta q\,(\log q - \log p)\,dx .$$
#
# The gradient of the divergence. The product rule adds one term, and it is zero, because $q$ keeps its mass:
#
# $$\partial_\theta\,\mathrm{KL}(q\|p) = \int\partial_\theta q\,(\log q-\log p)\,dx + \int q\,\frac{\partial_\theta q}{q}\,dx,
# \qquad \int\partial_\theta q\,dx = \partial_\theta 1 = 0 .$$
#
# So both agree, **value and gradient**. It is formula (1) with $\ell' = -1$: the missing term is
# $\mathbb E_q\,\partial_\theta\log q = 0$. Not the envelope theorem, but a lucky cancellation.
#
# The first argument is $q$: this is the **reverse** KL, that of lecture 05 which would rather drop a mode than put mass
# where there are no data.
#
# **The number.** For Gaussians all is closed form: $\mathrm{KL}(q\|p) = \frac12(s^2+\mu^2-1)-\log s$, with derivatives
# $\mu$ and $s - 1/s$. The *forward* KL has $\mathrm{KL}(p\|q) = \log s + \frac{1+\mu^2}{2s^2} - \frac12$.


# %%
def frozen(mu, s, kind):
    """Derivatives in mu and s of the mean loss over x = mu + s·z with D frozen at D*: the chain rule of section 2."""
    x = mu + s * z
    uphill = game.generator_slope(logit(x, mu, s), kind) * (-x + (x - mu) / s**2)
    return np.array([weight @ uphill, weight @ (uphill * z)])


# %% tags=["claim:C2"]
# NBVAL_CHECK_OUTPUT
print("   μ    s     mean of -v*   KL(q‖p)   KL(p‖q)   frozen gradient      of KL(q‖p)         of KL(p‖q)")
for mu, s in [(1.0, 1.3), (-2.0, 0.6), (3.0, 1.0)]:
    found, gradient = -weight @ logit(mu + s * z, mu, s), frozen(mu, s, "reverse_kl")
    reverse = (s**2 + mu**2 - 1) / 2 - np.log(s)
    forward = np.log(s) + (1 + mu**2) / (2 * s**2) - 0.5
    of_reverse, of_forward = np.array([mu, s - 1 / s]), np.array([mu / s**2, 1 / s - (1 + mu**2) / s**3])
    rows = (gradient, of_reverse, of_forward)
    pairs = "   ".join("{:8.4f} {:8.4f}".format(*(row.round(6) + 0.0)) for row in rows)
    print(f"{mu:4.1f}  {s:3.1f}  {found:11.4f} {reverse:10.4f} {forward:9.4f}   {pairs}")
    assert abs(found - reverse) < 1e-9 and np.allclose(gradient, of_reverse, atol=1e-9)
    assert np.abs(gradient - of_forward).max() > 0.2

# %% [markdown]
# > **Where the notes slip.** L4 derives, for its equation (3), $\mathbb E_{p_G}\log\frac{D^*}{1-D^*} =
# > -\mathrm{KL}(p_G\|p_{\text{data}})$, which is right, and closes with "G-step minimizes
# > $\mathrm{KL}(p_{\text{data}}\|p_G)$". The arguments are exchanged: it is $\mathrm{KL}(p_G\|p_{\text{data}})$. The last
# > columns show that the two want different things: at $\mu=-2$, $s = 0.6$ the reverse one asks for a little more
# > width, the forward one for very much more.
#
# **Remember.** $\mathbb E_q[-v^*] = \mathrm{KL}(q\|p)$, and frozen or not, its gradient is that of the reverse KL.

# %% [markdown]
# ## 5 · What the non-saturating loss descends (C3)
#
# **The question.** And the loss that everyone uses, $-\log D$?

# %%
predict("04.frozen_value")

# %% [markdown]
# **The derivation.** It is a difference of losses we know: $-\log D = -v - \log(1-D)$. Frozen gradients are linear, the
# first is that of $\mathrm{KL}(q\|p)$ (section 4), the second that of $2\,\mathrm{JSD}$ (section 3). So, frozen,
#
# $$\nabla_\theta\,\mathbb E_q[-\log D]\Big|_{D^*} = \nabla_\theta\bigl[\mathrm{KL}(q\|p) - 2\,\mathrm{JSD}(p,q)\bigr].$$
#
# This is a theorem of Arjovsky and Bottou (2017). They read the minus sign as a fault: it seems to push the
# distributions apart. Write both out, with $m = \frac12(p+q)$, before you believe that:
#
# $$\mathrm{KL}(q\|p) - \mathrm{KL}(p\|m) - \mathrm{KL}(q\|m) = \int q\log\frac{q}{p} - p\log\frac{p}{m} - q\log\frac{q}{m}
# = \int (p+q)\log\frac{m}{p} = 2\,\mathrm{KL}(m\|p).$$
#
# So it descends $2\,\mathrm{KL}(m\|p)$: never negative, and zero only at $q = p$. A divergence after all, a *softened*
# reverse KL in which $m$ stands for $q$ (Shannon and others, 2020).
#
# **And the value?** At $D^*$ the value of the loss is $\mathbb E_q[-v^*] - \mathbb E_q\log(1-D^*) = \mathrm{KL}(q\|p) -
# \mathrm{KL}(q\|m) + \log 2$, since $1-D^* = q/2m$. It exceeds $\mathrm{KL}(q\|p) - 2\,\mathrm{JSD}$ by
# $\mathrm{KL}(p\|m) + \log 2$, which depends on $q$. Hence the *total* derivative, in which $D^*$ moves along, is another:
# it has $\nabla_\theta\mathrm{KL}(p\|m)$ on top. That is the last term of (1) for $\ell' = -(1-D)$.
#
# **The number.** Frozen gradient, gradient of $\mathrm{KL}-2\,\mathrm{JSD}$, total derivative; then the values.


# %% tags=["claim:C3"]
# NBVAL_CHECK_OUTPUT
def two_sided(function, mu, s):
    return np.array([slope(lambda m: function(m, s), mu), slope(lambda w: function(mu, w), s)])


def target(mu, s):
    return (s**2 + mu**2 - 1) / 2 - np.log(s) - (value(mu, s) + np.log(4))  # KL(q‖p) − 2 JSD


def own_value(mu, s):
    return weight @ np.logaddexp(0, -logit(mu + s * z, mu, s))  # E_q(−log D*)


print("   μ    s       frozen           KL − 2 JSD            total         E(−log D*)  KL − 2 JSD")
for mu, s in [(1.0, 1.3), (-2.0, 0.6), (3.0, 1.0), (0.0, 1.0)]:
    rows = frozen(mu, s, "non_saturating"), two_sided(target, mu, s), two_sided(own_value, mu, s)
    pairs = "   ".join("{:8.4f} {:8.4f}".format(*(row.round(6) + 0.0)) for row in rows)
    print(f"{mu:4.1f}  {s:3.1f} {pairs}   {own_value(mu, s):8.4f}  {abs(target(mu, s)):8.4f}")
    assert np.allclose(rows[0], rows[1], atol=1e-8)
    assert (mu, s) == (0, 1) or np.abs(rows[0] - rows[2]).max() > 0.1

# %% [markdown]
# The first two agree in every digit; the total derivative does not: 0.8678 for 0.7015 at $\mu=1$, $s=1.3$. The identity
# $\mathrm{KL}(q\|p) - 2\,\mathrm{JSD} = 2\,\mathrm{KL}(m\|p)$ and the excess of the value, on densities:

# %%
# NBVAL_CHECK_OUTPUT
x = np.linspace(-12, 14, 2601)
p, q = (
    np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi),
    np.exp(-(((x - 1) / 1.3) ** 2) / 2) / np.sqrt(2 * np.pi) / 1.3,
)
m = (p + q) / 2
print(f"KL(q‖p) - 2 JSD         = {kl(q, p, x) - 2 * js(p, q, x):.8f}")
print(f"2 KL(m‖p)               = {2 * kl(m, p, x):.8f}")
print(f"E(-log D*) minus that   = {own_value(1.0, 1.3) - 2 * kl(m, p, x):.8f}")
print(f"KL(p‖m) + log 2         = {kl(p, m, x) + np.log(2):.8f}")

# %% [markdown]
# **The slider.** Left the two values against the generator's mean, right three derivatives. Change the standard
# deviation: the dashed line, $D$ frozen, never leaves the black one.

# %%
frozen_demo.demo()

# %% [markdown]
# **Your turn.** The frozen gradient, from draws of $z$, by the chain rule and nothing else. Mind what moves and what
# stands still.


# %% tags=["exercise:04.frozen_gradient"]
def frozen_gradient(z, mean, std):
    """The gradient of the non-saturating loss in the generator's mean and standard deviation, with D frozen.

    Data p = N(0, 1). The generator makes x = mean + std·z of noise z ~ N(0, 1), so that q = N(mean, std²). D is
    the best discriminator D* = p/(p + q) for *these* two numbers, and it is not moved.

    Arguments:
        z: array (n,), draws of the noise.
        mean, std: numbers, the generator's parameters; the mean may be as large as 60.

    Returns:
        array (2,): the derivatives in mean and in std of the average over z of −log D(mean + std·z), with the
        function D held fixed.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("04.frozen_gradient", frozen_gradient)

# %% [markdown]
# **Remember.** Frozen at $D^*$, $\log(1-D)$ descends $2\,\mathrm{JSD}$, $-v$ descends $\mathrm{KL}(q\|p)$, and $-\log D$
# descends their difference, $2\,\mathrm{KL}(m\|p)$. Only for $-v$ is the value the same thing as well.
#
# *This is the end of the core.*

# %% [markdown]
# ## 6 · Further: a discriminator that trains too long (C4)
#
# **The question.** Put real and fake points on two discs that do not touch. A perfect $D$ exists, and a network will
# approach it for as long as you let it. What does it leave the generator?
#
# **The derivation.** All of it is in the chain rule, $\nabla D = \sigma'(v)\nabla v = \sigma(v)(1-\sigma(v))\nabla v$:
#
# | | length of its gradient in $x$ | as $D\to0$ |
# |---|---|---|
# | $D$ itself | $\sigma(v)(1-\sigma(v))\,\lVert\nabla v\rVert$ | $D\,\lVert\nabla v\rVert$ |
# | $\log(1-D)$ | $\sigma(v)\,\lVert\nabla v\rVert$ | $D\,\lVert\nabla v\rVert$ |
# | $-\log D$ | $(1-\sigma(v))\,\lVert\nabla v\rVert$ | $\lVert\nabla v\rVert$ |
# | $-v$ | $\lVert\nabla v\rVert$ | $\lVert\nabla v\rVert$ |
#
# $D\to0$ at the fakes kills the first two. What becomes of the others hangs on $\lVert\nabla v\rVert$ alone, and about
# that the loss says only this: it has no minimum. On points that can be told apart, more likelihood always wants larger
# logits.
#
# **The number.** Curves measured beforehand (`python tools/measure_overtrained.py`, one minute): two hidden layers of
# 32 units, Adam, fresh points at each step, five seeds; discs of radius ½, two units apart, or ten.

# %%
predict("04.trained_on")

# %% tags=["claim:C4"]
known = overtrained.stored()
steps, runs = known["steps"], known["runs"]
print("units  gap         mean D     ‖∇D‖    σ‖∇v‖   (1−σ)‖∇v‖   ‖∇v‖   (step 0, largest, step 3,000)")
for (units, gap), run in runs.items():
    for name, column in [("start", 0), ("largest", None), ("end", -1)]:
        mean = [run[k].mean(0) for k in ("d", "slope_of_d", "saturating", "non_saturating", "log_ratio")]
        shown = [c.max() if column is None else c[column] for c in mean]
        print(f"{units:5s} {gap:4.0f}  {name:8s}", *(f"{value_:9.2g}" for value_ in shown))
    assert (run["saturating"][:, -1] < 1e-2 * run["saturating"].max(1)).all()
    assert (run["non_saturating"][:, -1] > 100 * run["saturating"][:, -1]).all()
assert (runs["relu", 2.0]["log_ratio"][:, -1] > 20 * runs["relu", 2.0]["log_ratio"][:, 0]).all()

# %%
figure, axes = plt.subplots(2, 2, figsize=(8.4, 5.6), sharex=True, sharey=True)
LOOKS = [
    ("d", "mean D", plots.DISCRIMINATOR, "-."),
    ("saturating", "log(1 − D)", plots.SERIES[0], "-"),
    ("non_saturating", "−log D", plots.SERIES[1], "--"),
    ("log_ratio", "−v", plots.SERIES[2], ":"),
]
for ax, ((units, gap), run) in zip(axes.flat, runs.items(), strict=True):
    for name, label, colour, dash in LOOKS:
        curves = run[name][:, 1:]
        ax.plot(steps[1:], np.exp(np.log(curves).mean(0)), color=colour, linestyle=dash, label=label)
        ax.fill_between(steps[1:], curves.min(0), curves.max(0), color=colour, alpha=0.2, linewidth=0)
    ax.set(xscale="log", yscale="log", ylim=(1e-6, 20))
    name = {"relu": "ReLU", "tanh": "tanh"}[units]
    ax.text(0.03, 0.05, f"{name} units, gap {gap:g}", transform=ax.transAxes)
for ax in axes[1]:
    ax.set_xlabel("steps of D")
for ax in axes[:, 0]:
    ax.set_ylabel("length of gradient in x")
plots.legend(axes[0, 0])
plt.show()

# %% [markdown]
# Lines are geometric means over five seeds, bands their range; the mean of $D$ is drawn with them. What came out:
#
# - The saturating gradient and $\nabla D$ (not drawn: once $D$ is small it lies on the orange line) fall from their
#   largest value by a factor of 1,400 to 5,300.
# - With ReLU units $\lVert\nabla v\rVert$ **grows** all the way, sixty-fold at gap 2, and the non-saturating gradient
#   with it. Plain gradient descent, its step size tuned at step 100, would take steps five times as long at step 3,000.
# - With tanh units it grows, then slowly falls: at gap 10 the fakes lie where the units are flat, and there
#   $\nabla v$ is small because *features* saturate. Even so it is nine thousand times the saturating gradient.
#
# And the direction? At gap 10 with tanh units, $\nabla v$ makes with the straight way to the data an angle whose cosine is
# 0.7 after 20 steps and 0.9 at the end, and it differs from seed to seed. A large gradient is not yet a good one.

# %% [markdown]
# > **Where the notes slip.** L1, under "Vanishing gradients", takes $L_G = -\log D(G(z))$, states $dD/dx\approx0$ and
# > concludes $dL_G/dx\approx0$, "generator can't train". The premise is right, the conclusion does not follow:
# > $\frac{d}{dx}(-\log D) = -\frac1D\frac{dD}{dx} = -(1-\sigma(v))\nabla v$, and dividing by a small $D$ undoes the small
# > $dD/dx$. What L1 says is true of $\log(1-D)$. The trouble of $-\log D$ with a perfect $D$ is the size of its
# > gradients, and their noise.

# %%
# NBVAL_CHECK_OUTPUT
run = {name: curves.mean(0)[-1] for name, curves in runs["relu", 2.0].items()}
print(f"at step 3,000, ReLU, gap 2:  D = {run['d']:.1e},  dD/dx = {run['slope_of_d']:.1e}  (both near 0)")
print(f"L1 concludes d(-log D)/dx near 0; measured: {run['non_saturating']:.1f}")
assert run["slope_of_d"] < 1e-3 and run["non_saturating"] > 1

# %% [markdown]
# Train one yourself (a second or two), on another seed, and see that it was no accident:

# %%
if has_torch():
    marks = (0, 10, 100, budget(ci=300, cpu=1_000, gpu=1_000))
    mine = overtrained.measure(activation="relu", gap=2.0, marks=marks, seed=11)
    print(" step    mean D    σ‖∇v‖   (1−σ)‖∇v‖   ‖∇v‖")
    names = ("d", "saturating", "non_saturating", "log_ratio")
    for i, step in enumerate(marks):
        print(f"{step:5d}", *(f"{mine[name][i]:9.2g}" for name in names))
    assert mine["saturating"][-1] < mine["saturating"].max() / 4
    assert mine["log_ratio"][-1] > 5 * mine["log_ratio"][0]

# %% [markdown]
# **Your turn.** The loss of section 1, safe at any logit: an over-trained $D$ gives logits of −900 too.


# %% tags=["exercise:04.non_saturating_loss"]
def non_saturating_loss(fake_logits):
    """The non-saturating generator loss of a batch: the mean of −log σ(v).

    Arguments:
        fake_logits: array (n,), the discriminator's logits v at generated points; |v| may be as large as 1,000.

    Returns:
        float, in nats; finite for finite logits.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("04.non_saturating_loss", non_saturating_loss)

# %% [markdown]
# **Remember.** $D\approx0$ makes $\nabla D$ and the saturating gradient vanish. The non-saturating one is
# $(1-D)\lVert\nabla v\rVert$, and $\nabla v$ need not vanish: as a ReLU network trains on, it grows.

# %% [markdown]
# ## 7 · Further: how much should $D$ train? (C5)
#
# **The question.** Theory: solve $\max_D V$ anew after each step of the generator. Practice: $k$ steps of $D$, then one
# of $G$. What does it cost to take $k$ small, and what to take it large?
#
# **The derivation.** A small case where nothing is left to chance: data $N(0,1)$, generator $N(\mu,1)$ with its one
# parameter, and $D = \sigma(a+bx)$. The best logit $v^* = \mu^2/2-\mu x$ is of this form, so the only thing between $D$
# and $D^*$ is training. The gradients by hand, with $r = p(1-D) - qD$ the slope of $V$ in the logit at $x$:
#
# $$\partial_aV = \int r\,dx,\qquad \partial_bV = \int r\,x\,dx,\qquad
# \partial_\mu\,\mathbb E_q\,\ell(a+bx) = b\;\mathbb E_q\,\ell'(v).$$
#
# **The number.** First one generator, $\mu=3$, and $D$ trained from $\frac12$. Too little training: $V + \log 4$ is not
# $2\,\mathrm{JSD}$, and its slope in $\mu$ is not that of $2\,\mathrm{JSD}$.

# %% tags=["claim:C5"]
# NBVAL_CHECK_OUTPUT
print("steps of D    V + log 4    frozen slope in μ")
for k in (0, 1, 10, 100, 1_000, 10_000):
    a, b = gaussian_game.ascend(0.0, 0.0, 3.0, k)
    bound = abs(gaussian_game.value_of(a, b, 3.0) + np.log(4))
    print(f"{k:10,d}   {bound:9.4f}   {abs(gaussian_game.generator_gradient(a, b, 3.0, 'saturating')):9.4f}")
best = gaussian_game.best(3.0)
pg, qg = gaussian_game.density(0.0), gaussian_game.density(3.0)
exact = 2 * js(pg, qg, gaussian_game.GRID)
print(f"        D*   {exact:9.4f}   {gaussian_game.generator_gradient(*best, 3.0, 'saturating'):9.4f}")
assert abs(gaussian_game.value_of(*best, 3.0) + np.log(4) - exact) < 1e-9
print("\n   μ    slope of log(1 - D*)    of -log D*")
for mu in (2.0, 4.0, 6.0, 8.0):
    pair = [gaussian_game.generator_gradient(*gaussian_game.best(mu), mu, k) for k in game.GENERATOR_LOSSES]
    print(f"{mu:4.0f}  {pair[0]:16.5f} {pair[1]:18.5f}")
assert pair[0] < 1e-3 < 1 < pair[1]

# %% [markdown]
# With ten thousand steps $D$ is there. And now the other side, in the second table: eight standard deviations away the
# exact JSD has a slope of 0.0004. A *perfect* $D$ is what takes the saturating loss its gradient.
#
# Now the whole game, from $\mu=8$ and $D=\frac12$, three hundred steps of the generator, step size ½.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.2), sharey=True)
counts = budget(ci=[1, 20, None], cpu=[1, 5, 20, 100, None], gpu=[1, 5, 20, 100, None])
ends = {}
for ax, kind in zip(axes, ("saturating", "non_saturating"), strict=True):
    for i, k in enumerate(counts):
        path, shortfall = gaussian_game.play(k, kind)
        ends[kind, k] = path
        shade = plots.EXACT if k is None else plt.cm.viridis(0.15 + 0.7 * i / len(counts))
        ax.plot(path, color=shade, linestyle="--" if k is None else "-", label="D*" if k is None else f"{k}")
    ax.axhline(0, color=plots.DATA, linewidth=1)
    ax.set(xlabel="steps of the generator", title="log(1 − D)" if kind == "saturating" else "−log D")
axes[0].set_ylabel("generator's mean μ")
axes[1].legend(title="steps of D a step", ncols=2)
plt.show()
assert ends["saturating", 1][-1] < ends["saturating", 20][-1] < ends["saturating", None][-1]
assert ends["saturating", None][-1] > 7.9 and abs(ends["non_saturating", None][-1]) < 1e-6
assert ends["non_saturating", 1].min() < -0.5

# %% [markdown]
# Left, the saturating loss: the better $D$, the slower the generator; with $D^*$ at every step it has hardly moved.
# Right, the non-saturating loss: the better $D$, the quicker and the straighter; with one step of $D$ the generator
# runs past the data, for it follows a $D$ that is out of date (the subject of lecture 11). The advice not to let $D$
# become too good is advice for the saturating loss. Mind what is easy here, though: $D$'s family holds $D^*$, nothing is
# sampled, so that a well-trained $D$ has no noise to pass on, and $p$ and $q$ are positive everywhere.
#
# **Remember.** $D$ trained too little: not the JSD. Trained too well: hardly a gradient, *for the loss that saturates*.

# %% [markdown]
# ## 8 · Further: samples that follow the push, and what any loss descends
#
# **The question.** Forget the generator's parameters, and let each sample simply follow its push. Where does it go?
#
# **The derivation.** Take the log-ratio loss: velocity $\nabla\log p - \nabla\log q$. For $p=N(0,1)$ and
# $q = N(\mu, s^2)$ it is $-x + (x-\mu)/s^2$, affine in $x$, so $q$ stays Gaussian. Its mean moves at the velocity at
# $x = \mu$, and deviations from it grow at the rate $1/s^2-1$:
#
# $$\dot\mu = -\mu,\qquad \dot s = \tfrac1s - s \quad\Longrightarrow\quad \mu(t) = \mu_0e^{-t},\qquad
# s^2(t) = 1 + (s_0^2-1)\,e^{-2t}.$$
#
# That is the law of Langevin's diffusion $dX = \nabla\log p\,dt + \sqrt2\,dW$ at every time. There, noise keeps the
# points apart; here $-\nabla\log q$ does it without noise. Score models walk the first way, a GAN with the log-ratio
# loss the second.
#
# **The number.** 2,000 points follow their push in steps of 0.01; $q$'s score is taken from their own mean and spread.

# %%
# NBVAL_CHECK_OUTPUT
points = 3.0 + 0.4 * np.random.default_rng(7).standard_normal(2_000)
centre, spread = points.mean(), points.std()
print("time   mean    exact     std    exact")
for step in range(1, 301):
    points = points + 0.01 * (-points + (points - points.mean()) / points.var())
    if step % 100 == 0:
        t = 0.01 * step
        exact_mean, exact_std = centre * np.exp(-t), np.sqrt(1 + (spread**2 - 1) * np.exp(-2 * t))
        print(f"{t:4.0f} {points.mean():7.2f} {exact_mean:7.2f} {points.std():8.2f} {exact_std:7.2f}")
        assert abs(points.mean() - exact_mean) < 0.02 and abs(points.std() - exact_std) < 0.02

# %% [markdown]
# **And any other loss?** Take any $\ell(v)$ that falls as $v$ rises. Frozen at $D^*$, its gradient is
# $\int\partial_\theta q\;\ell(\log\frac pq)\,dx$. An $f$-divergence $D_f = \int q\,f(\frac pq)\,dx$ has the gradient
# $\int\partial_\theta q\,\bigl[f(u) - u f'(u)\bigr]dx$ with $u = p/q$. They agree if $f(u) - uf'(u) = \ell(\log u)$, up to a
# constant. Differentiate both sides: $-u f''(u) = \ell'(\log u)/u$, that is
#
# $$f''(u) = \frac{-\ell'(\log u)}{u^2} > 0 .$$
#
# So with $D$ frozen at $D^*$ **every** decreasing loss of the logit descends a convex $f$-divergence, and the weight of
# its push is $u^2f''(u)$. The three of this lecture: $w = \frac{u}{1+u}$, $\frac{1}{1+u}$, $1$ give $2\,\mathrm{JSD}$,
# $2\,\mathrm{KL}(m\|p)$, $\mathrm{KL}(q\|p)$. For a loss that nobody named, $\ell = (1-D)^2$: integrating twice,
# $f(u) = 1 + \frac{u}{1+u} + 2u\log\frac{u}{1+u}$, up to a multiple of $u-1$ and a constant.

# %%
# NBVAL_CHECK_OUTPUT
x = np.linspace(-14, 16, 6001)


def divergence(mu, s):
    v = logit(x, mu, s)
    d, q = expit(v), np.exp(-(((x - mu) / s) ** 2) / 2) / np.sqrt(2 * np.pi) / s
    p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return np.trapezoid(q * (1 + d) - 2 * p * np.logaddexp(0, -v), x)  # q f(p/q), with u/(1+u) = D


mu, s = 1.0, 1.3
points = mu + s * z
d = expit(logit(points, mu, s))
uphill = -2 * d * (1 - d) ** 2 * (-points + (points - mu) / s**2)  # slope of (1 − D)² in v, times ∇v
print("frozen gradient of (1-D)²:", np.array([weight @ uphill, weight @ (uphill * z)]).round(6))
print("gradient of its divergence:", two_sided(divergence, mu, s).round(6))
assert np.allclose([weight @ uphill, weight @ (uphill * z)], two_sided(divergence, mu, s), atol=1e-7)

# %% [markdown]
# This says what a frozen step descends when $D = D^*$. It promises nothing for a $D$ that is not there, nor for supports
# that do not touch, where $f(p/q)$ is constant or infinite and all of it is void.
#
# **Your turn.** The push of section 2 for two Gaussians in $d$ dimensions.


# %% tags=["exercise:04.push"]
def push(x, mean_p, std_p, mean_q, std_q):
    """Where descent on the non-saturating loss moves each generated point, with D held at D*.

    Data p = N(mean_p, std_p²·I), generator q = N(mean_q, std_q²·I), both in d dimensions.

    Arguments:
        x: array (n, d), generated points, up to 100 standard deviations from either mean.
        mean_p, mean_q: arrays (d,).
        std_p, std_q: numbers.

    Returns:
        array (n, d): minus the gradient in x of −log D*(x) at each point.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("04.push", push)

# %% [markdown]
# **Remember.** Following the log-ratio push is Langevin diffusion without noise. Any decreasing loss, frozen at $D^*$,
# descends an $f$-divergence with $f'' = w/u^2$.
#
# ## What the paper says, what we got, the best that is possible
#
# | | the paper | here | the best |
# |---|---|---|---|
# | Goodfellow et al. 2014, section 3 | $-\log D$: same fixed point, stronger gradients early on | $1-D$ against $D$ (section 1): 999 to 1 at $D = 0.001$ | exact |
# | Arjovsky and Bottou 2017, theorem 2.5 | frozen, $-\log D$ has the gradient of $\mathrm{KL}(q\lVert p) - 2\,\mathrm{JSD}$ | equal to eight digits on Gaussians (section 5) | exact |
# | the same, on its minus sign | pushes the distributions apart | $= 2\,\mathrm{KL}(m\lVert p)\ge0$: a divergence all the same | exact |
# | the same, figure 2: a DCGAN's $D$ trained from scratch, $G$ fixed | saturating gradient falls, at best by five orders of magnitude in 4,000 steps | by three to four orders in 3,000 steps, on two discs (section 6) | 0, the limit |
# | the same, figure 3 | $-\log D$: gradients grow, and so does their variance | grow sixty-fold (ReLU); rise, then fall slowly (tanh) | – |
#
# Theirs are image networks and the gradient in $G$'s parameters, ours small ones and the gradient in $x$: compare the
# shapes of the curves, not their heights. No DCGAN was trained for this table.
#
# ## What to remember
#
# 1. Slopes in the logit: $-D$, $-(1-D)$, $-1$.
# 2. Each sample is pushed along $\nabla\log p - \nabla\log q$; the loss chooses only the weight.
# 3. Freezing $D$ is exact for $V$ (envelope theorem), and a decision for every other loss.
# 4. Frozen at $D^*$: $2\,\mathrm{JSD}$, $\mathrm{KL}(q\|p)$, and $\mathrm{KL}(q\|p) - 2\,\mathrm{JSD} = 2\,\mathrm{KL}(m\|p)$.
# 5. A perfect $D$ starves the saturating loss; for $-\log D$ the gradient is $(1-D)\nabla v$, and it may well grow.
#
# **Next** comes lecture 05, two directions of KL: what it means to descend $\mathrm{KL}(q\|p)$ rather than $\mathrm{KL}(p\|q)$.
#
# **Sources.** I. Goodfellow et al., *Generative adversarial networks*, 2014 ([arXiv 1406.2661](https://arxiv.org/abs/1406.2661)).
# M. Arjovsky and L. Bottou, *Towards principled methods for training generative adversarial networks*, 2017
# ([arXiv 1701.04862](https://arxiv.org/abs/1701.04862)). M. Shannon et al., *Non-saturating GAN training as divergence
# minimization*, 2020 ([arXiv 2010.08029](https://arxiv.org/abs/2010.08029)). The log-ratio loss: C. Sønderby et al.,
# *Amortised MAP inference for image super-resolution*, 2016 ([arXiv 1610.04490](https://arxiv.org/abs/1610.04490)). Lecture
# notes L1 (Generative Modeling: GANs), L2 (ECE 57000: GANs) and L4 (GAN, VAE and Semi-Supervised Learning, part I).
