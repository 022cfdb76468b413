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
# # 05 · Two directions of KL
#
# *A model that is too simple cannot match the data. Which part of them does it give up?*
#
# When you have worked through this lecture you will be able to
#
# - say which points each direction of KL asks about, and compute both between Gaussians;
# - show that maximum likelihood minimises KL(p‖q), and that for a Gaussian this means matching moments;
# - predict when the least KL(q‖p) covers two modes and when it settles on one (D5), and find the distance at which
#   it changes over;
# - say which loss of a GAN behaves like which direction, and what that does not explain.
#
# **Time.** Core: 50 minutes, sections 1 to 4, with one exercise and one ladder. Further: 35 minutes, sections 5 to 7,
# the two short exercises, and the quiz on lectures 01 to 05.
#
# **You need** Gaussian densities, derivatives under an integral, and lecture 02; for section 6 also lecture 04. No
# PyTorch.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import bisect, brentq, minimize

from gancourse import plots
from gancourse.demos import two_directions, two_directions_plane
from gancourse.demos.two_directions import best_fit, two_modes
from gancourse.densities import gaussian
from gancourse.divergences import kl, kl_gaussian, moment_match, reverse_kl_fits
from gancourse.exercises import check, climb
from gancourse.questions import predict
from gancourse.questions.quiz import quiz

plots.use()
x = two_directions.GRID  # 1,441 points from −36 to 36: every integral below is a sum over them

# %% [markdown]
# ## 1 · One divergence, two questions
#
# **The question.** The Kullback–Leibler divergence of two densities is not symmetric. What does it ask when the data
# $p$ come first, and what when the generator $q$ does?
#
# **The derivation.** Read both as means:
#
# $$\mathrm{KL}(p\,\|\,q) = \mathbb E_{x\sim p}\log\frac{p(x)}{q(x)}, \qquad
# \mathrm{KL}(q\,\|\,p) = \mathbb E_{x\sim q}\log\frac{q(x)}{p(x)} .$$
#
# The first, the *forward* KL, visits **data points** and asks whether $q$ makes them likely. Let $q$ vanish at a place
# where data fall, and $\log(p/q)$ grows without limit there: leaving something out is punished, however rare it is. But
# the first mean never visits a place where there are no data: inventing things costs only the mass that they take away
# from elsewhere.
#
# The second, the *reverse* KL, visits **generated points** and asks whether $p$ makes them likely. Now inventing is
# punished without limit, and leaving out is cheap: a $q$ that copies a share $w$ of the data perfectly and never shows
# the rest pays $\log(1/w)$, for there $q = p/w$.
#
# Between two Gaussians both have a closed form. Take the logarithm of the ratio on the line,
#
# $$\log\frac{p(x)}{q(x)} = \log\frac{\sigma_q}{\sigma_p} - \frac{(x-\mu_p)^2}{2\sigma_p^2}
# + \frac{(x-\mu_q)^2}{2\sigma_q^2},$$
#
# and its mean under $p$, with $\mathbb E_p(x-\mu_p)^2 = \sigma_p^2$ and
# $\mathbb E_p(x-\mu_q)^2 = \sigma_p^2 + (\mu_p-\mu_q)^2$. Put the three terms together yourself before you look; it is the
# exercise below.
#
# <details><summary>The closed form, on the line and in d dimensions</summary>
#
# $$\mathrm{KL}(p\,\|\,q) = \log\frac{\sigma_q}{\sigma_p} + \frac{\sigma_p^2 + (\mu_p-\mu_q)^2}{2\sigma_q^2}
# - \frac12 .$$
#
# In $d$ dimensions the same two means, with $\mathbb E_p\,(x-\mu)^T A\,(x-\mu) = \operatorname{Tr}(A\Sigma_p)$ for
# $\mu = \mu_p$, give
#
# $$\mathrm{KL}(p\,\|\,q) = \tfrac12\Bigl(\operatorname{Tr}(\Sigma_q^{-1}\Sigma_p) - d
# + (\mu_p-\mu_q)^T\Sigma_q^{-1}(\mu_p-\mu_q) + \log\frac{\det\Sigma_q}{\det\Sigma_p}\Bigr).$$
#
# </details>
#
# **The number.** A wide Gaussian against a narrow one, in both directions, beside an integral. The far tails need
# logarithms: as a plain number the narrow density is 0 where the wide one still has mass.

# %%
# NBVAL_CHECK_OUTPUT
wide, narrow = gaussian(0.0, 10.0), gaussian(0.0, 1.0)
far = np.linspace(-120, 120, 4801)
print("                    closed form   integral")
for name, p, q, variances in [
    ("KL(wide ‖ narrow)", wide, narrow, (100.0, 1.0)),
    ("KL(narrow ‖ wide)", narrow, wide, (1.0, 100.0)),
]:
    closed = kl_gaussian(0.0, variances[0], 0.0, variances[1])
    integral = kl(p.logpdf(far), q.logpdf(far), far, log=True)
    print(f"{name}    {closed:9.4f}  {integral:9.4f} nats")
    assert abs(closed - integral) < 1e-6
print("from densities instead of logarithms:", kl(wide.pdf(far), narrow.pdf(far), far))

# %% [markdown]
# **Your turn** (further, 5 minutes). Write the closed form on the line. Its arguments are standard deviations.


# %% tags=["exercise:05.gaussian_kl"]
def kl_of_gaussians(mean_p, std_p, mean_q, std_q):
    """KL(p‖q) of two Gaussians on the line, p = N(mean_p, std_p²) and q = N(mean_q, std_q²).

    Arguments:
        mean_p, std_p: mean and standard deviation of p.
        mean_q, std_q: mean and standard deviation of q.

    Returns:
        float, in nats.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("05.gaussian_kl", kl_of_gaussians)

# %% [markdown]
# **Remember.** KL(p‖q) asks the data, and punishes leaving out. KL(q‖p) asks the generated points, and punishes
# inventing.

# %% [markdown]
# ## 2 · Forward: maximum likelihood, and moments
#
# **The question.** Nobody knows $p$; we have samples. Which of the two directions can be minimised from samples alone,
# and what does the best Gaussian look like?
#
# **The derivation.** Take $n$ samples. By the law of large numbers the mean log-likelihood of $q$ tends to
#
# $$\frac1n\sum_i \log q(x_i) \;\to\; \mathbb E_p\log q
# = \underbrace{\mathbb E_p \log p}_{\text{does not know } q} - \;\mathrm{KL}(p\,\|\,q).$$
#
# **Maximum likelihood is minimising the forward KL.** Of $p$ only a mean is needed, and samples give that. The
# reverse KL holds $\mathbb E_q\log p$, for which one would have to know $p$ at generated points. (A discriminator
# can stand in for it: section 6.)
#
# Now let $q = N(m, s^2)$. Up to a constant, $-\mathbb E_p\log q = \log s + \mathbb E_p(x-m)^2/(2s^2)$, and
#
# $$\frac{\partial}{\partial m} = -\frac{\mathbb E_p(x - m)}{s^2} = 0 \;\Rightarrow\; m = \mathbb E_p\,x, \qquad
# \frac{\partial}{\partial s} = \frac1s - \frac{\mathbb E_p(x-m)^2}{s^3} = 0 \;\Rightarrow\;
# s^2 = \mathbb E_p(x-m)^2 .$$
#
# The best Gaussian has the **mean and the variance of the data**, whatever shape they have. Two unit Gaussians at
# $\pm a$ give $m = 0$ and $s^2 = \mathbb E x^2 = 1 + a^2$: the variance within the modes plus the one between them. The fit
# covers both modes at every distance, and is largest in the middle, where there are no data.
#
# *An aside: moments in general.* Write $q(x) = h(x)\,g(\eta)\exp(\eta^T u(x))$, an exponential family; for the
# Gaussian $u = (x, x^2)$. Then $\mathrm{KL}(p\|q) = -\log g(\eta) - \eta^T\,\mathbb E_p u + \text{const}$. Since $q$
# integrates to one for every $\eta$, differentiating $\int h\,g\,e^{\eta^Tu}dx = 1$ gives
# $-\nabla\log g(\eta) = \mathbb E_q u$. The gradient is therefore $\mathbb E_q u - \mathbb E_p u$, and it vanishes
# where the **mean statistics agree**. Expectation propagation repeats this step; lecture 22 takes it up.
#
# **The number.** A search that knows no moments, the moments, and maximum likelihood on a million samples.

# %%
# NBVAL_CHECK_OUTPUT
p = two_modes(3.0, share=0.3)
log_p = p.logpdf(x)


def forward(t):
    return kl(log_p, gaussian(t[0], np.exp(t[1])).logpdf(x), x, log=True)


searched = minimize(forward, [0.5, 0.5], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
mean, variance = moment_match(p)
drawn = p.sample(1_000_000, np.random.default_rng(5))
print("                      mean     std")
print(f"least KL(p‖q)       {searched.x[0]:.4f}  {np.exp(searched.x[1]):.4f}")
print(f"moments of p        {mean:.4f}  {np.sqrt(variance):.4f}")
print(f"maximum likelihood  {drawn.mean():.2f}    {drawn.std():.2f}   (a million samples)")
assert np.allclose([searched.x[0], np.exp(searched.x[1])], [mean, np.sqrt(variance)], atol=1e-5)
assert abs(drawn.mean() - mean) < 0.02 and abs(drawn.std() - np.sqrt(variance)) < 0.01

# %% [markdown]
# **Your turn** (further, 5 minutes). The nearest Gaussian by KL(p‖q), for any mixture on the line.


# %% tags=["exercise:05.moment_match"]
def nearest_gaussian(weights, means, stds):
    """Mean and standard deviation of the Gaussian q that minimises KL(p‖q), p a mixture of Gaussians.

    Arguments:
        weights: array (k,), the shares of the components; they sum to one.
        means: array (k,), their means.
        stds: array (k,), their standard deviations.

    Returns:
        two numbers, (mean, std).
    """
    raise NotImplementedError("your answer goes here")


# %%
check("05.moment_match", nearest_gaussian)

# %% [markdown]
# <details><summary>The formula, when you have tried</summary>
#
# For shares $w_j$, means $\mu_j$ and variances $\sigma_j^2$: $m = \sum_j w_j\mu_j$ and
# $s^2 = \sum_j w_j\bigl(\sigma_j^2 + (\mu_j - m)^2\bigr)$.
#
# </details>
#
# **Remember.** Maximum likelihood minimises KL(p‖q). Its best Gaussian has the moments of the data, and so covers
# everything, voids included.

# %% [markdown]
# ## 3 · Reverse: cover or choose (D5)
#
# **The question.** The reverse KL is often called *mode-seeking*. Does the $q$ that minimises it always sit on one mode?
#
# **The derivation.** Compare two candidates for two equal modes.
#
# - *Choose.* $q$ equals one mode. Where $q$ has its mass $p \approx q/2$, so
#   $\mathrm{KL}(q\|p) \approx \mathbb E_q\log 2 = \log 2 = 0.693$. More precisely at most that, for the other mode can
#   only raise $p$; and it is so at every distance.
# - *Cover.* $q$ is wide and has mass in the middle too, where $\log(q/p)$ is large: the more so the further the modes
#   are apart. But if they are near each other, there is no void and hardly anything to pay.
#
# So choosing costs about $\log 2$ however far the modes are apart, and covering costs anything from 0 to infinity. For
# near modes covering must win, for far modes choosing must. Commit to an answer before you look where.

# %%
predict("05.forward_far")

# %%
predict("05.near")

# %%
predict("05.cover_stays")

# %% [markdown]
# **The slider.** Left, the data $p$, the Gaussian of least KL(p‖q) in black, that of least KL(q‖p) in vermilion, and
# other local minima of KL(q‖p) dotted. Right, both divergences against the mean of $q$, at the standard deviation
# that suits this mean best; dots mark the minima. Try these:
#
# 1. Move the modes from 0 to 6. When do the two side valleys appear, and when are they the lower ones?
# 2. Watch the middle valley at ±6: is it still a valley?
# 3. At ±3, change the share of the left mode. Which mode is chosen, and what does it cost?
# 4. Watch the black curve: it has one valley at every setting.

# %%
two_directions.demo()

# %% [markdown]
# **The number.** The two distances of the claim, by a search from three starts that uses nothing but the integral.


# %% tags=["claim:D5"]
# NBVAL_CHECK_OUTPUT
def reverse(t, log_p):
    log_q = gaussian(t[0], np.exp(t[1])).logpdf(x)
    return kl(log_q, log_p, x, log=True)


for a in (2.5, 3.0):
    p = two_modes(a)
    starts = [(-a, 0.0), (0.1, np.log(a)), (a, 0.0)]
    found = [minimize(reverse, start, p.logpdf(x), method="Nelder-Mead") for start in starts]
    best, fits = min(found, key=lambda f: f.fun), reverse_kl_fits(p)
    print(f"modes at ±{a}: least KL(q‖p) = {best.fun:.4f} nats, std {np.exp(best.x[1]):.2f};", end=" ")
    at = [f"{fit.value:.4f} at {round(fit.mean, 2) + 0.0:.2f}" for fit in fits]
    print("minima:", ", ".join(at))
    assert abs(best.fun - fits[0].value) < 1e-6
    assert (abs(fits[0].mean) > 2) == (a == 3.0), "covered at ±2.5, chosen at ±3"
    assert np.allclose(moment_match(p), (0, 1 + a**2)), "the forward KL covers both times"

# %% [markdown]
# > **Where the notes slip.** L3 says that minimising $\mathrm{KL}(q\|p)$ "forces" $q$ to choose a single mode. It does
# > so only where the modes are far enough apart. At ±2.5, where $p$ has two clear modes with a void between them, the best
# > Gaussian still covers both, and its std is 2.39.
#
# **Your turn.** The reverse KL on a grid. It is one line, and at least a dozen ways to get it wrong are known to the
# check.


# %% tags=["exercise:05.reverse_kl"]
def reverse_kl(log_p, log_q, x):
    """KL(q‖p) of two densities on the line, by the trapezoid rule on a grid.

    Arguments:
        log_p: array (n,), log-density of the data on the grid; finite, but as low as −5,000.
        log_q: array (n,), log-density of the generator; −inf where its density is zero.
        x: array (n,), the grid; increasing, its steps need not be equal.

    Returns:
        float, in nats; finite.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("05.reverse_kl", reverse_kl)

# %% [markdown]
# **Remember.** Choosing costs at most $\log(1/w)$, $w$ the share of the mode; covering costs more and more as the void
# widens. The reverse KL covers near modes and chooses among far ones.

# %% [markdown]
# ## 4 · Where exactly it changes over
#
# **The question.** Between ±2.5 and ±3 the best Gaussian jumps from covering to choosing. Does the covering one stop
# being a minimum there, as a ball on a hill top?
#
# **The derivation.** Write $x = m + sz$ with $z\sim N(0,1)$, so that
#
# $$F(m, s) = \mathrm{KL}(q\|p) = -\log s - \mathbb E\,\log p(m + sz) + \text{const}.$$
#
# Differentiate under the mean. In $m$:
#
# $$\frac{\partial F}{\partial m} = -\mathbb E\,(\log p)'(m+sz), \qquad
# \frac{\partial^2 F}{\partial m^2} = -\mathbb E\,(\log p)''(m+sz).$$
#
# In $s$ the inner derivative is $z$, and $\mathbb E\,z f(z) = \mathbb E f'(z)$ for a standard normal $z$ (integrate by
# parts):
#
# $$\frac{\partial F}{\partial s} = -\frac1s - \mathbb E\,z\,(\log p)'(m+sz)
# = -\frac1s - s\,\mathbb E\,(\log p)''(m+sz).$$
#
# The same mean, $\mathbb E(\log p)''$, stands in the slope in $s$ and in the curvature in $m$. What follows is a
# ladder; a finite difference tells you whether a line is right. For two equal modes
# $\log p = -\tfrac12x^2 + \log\cosh(ax) + \text{const}$.

# %% tags=["exercise:05.seek"]
climb(
    "05.seek",
    # d/dx log p at x, p = ½ N(−a, 1) + ½ N(a, 1); hint: log p = −x²/2 + log cosh(a x) + constant
    slope=lambda x, a: ...,
    # the second derivative of log p at x
    bend=lambda x, a: ...,
    # the second derivative of KL(q‖p) in the mean of q, where the one in its std s is zero; in s alone
    curvature=lambda s: ...,
    # the std s > 0 of the covering q for modes far apart: s − 1/s = a √(2/π)
    far=lambda a: ...,
)

# %% [markdown]
# <details><summary>The four lines, when you have tried</summary>
#
# 1. $(\log p)' = -x + a\tanh(ax)$.
# 2. $(\log p)'' = -1 + a^2/\cosh^2(ax)$.
# 3. $\partial F/\partial s = 0$ gives $\mathbb E(\log p)'' = -1/s^2$, so $\partial^2F/\partial m^2 = 1/s^2$.
# 4. $s = \tfrac12\bigl(c + \sqrt{c^2+4}\bigr)$ with $c = a\sqrt{2/\pi}$.
#
# </details>
#
# The third line is the surprise. **Wherever the standard deviation is at rest, the curvature in the mean is
# $1/s^2 > 0$.** At $m = 0$ the mixed derivative is zero by symmetry, and $s$ is chosen as the best at $m = 0$. So the
# covering Gaussian is a local minimum for *every* $a$. Its valley gets flatter, and it never turns into a hill.
#
# How, then, does the best Gaussian change over? Far from the middle two new valleys are born, already off to the side,
# and as $a$ grows the middle one rises above them:
#
# - for $a$ large, covering costs $\mathrm{KL} \approx -\log s + \tfrac12(s^2 - 2as\sqrt{2/\pi} + a^2) + \log 2 - \tfrac12$,
#   from $\log p\approx -\tfrac12(|x|-a)^2 + \text{const}$ and $\mathbb E|x| = s\sqrt{2/\pi}$. It is least at the $s$ of
#   line 4, and its leading term is $\tfrac12(1 - 2/\pi)\,a^2$;
# - choosing never costs more than $\log 2$.
#
# A ball on a hill top is what one gets if the **std is held fixed**: then the curvature at $m=0$ is
# $1 - a^2\,\mathbb E\,\cosh^{-2}(asz)$, which turns negative, and the one valley splits into two.
#
# **The number.** The birth of the side valleys, the change-over, and the split at fixed std 1.


# %% tags=["claim:D5"]
# NBVAL_CHECK_OUTPUT
def chosen_and_covering(a):
    """The least KL(q‖p) on a mode (None if there is no minimum there), and that of the covering fit."""
    fits = reverse_kl_fits(two_modes(a))
    cover = min(fits, key=lambda fit: abs(fit.mean))
    return (max(fits, key=lambda fit: fit.mean) if len(fits) > 1 else None), cover


born = bisect(lambda a: 0.5 - (chosen_and_covering(a)[0] is None), 2.3, 2.6, xtol=1e-5)
even = brentq(lambda a: chosen_and_covering(a)[1].value - chosen_and_covering(a)[0].value, 2.5, 3.0)
z = np.linspace(-9, 9, 3601)
weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
split = brentq(lambda a: 1 - a**2 * (weight / np.cosh(a * z) ** 2).sum(), 1.0, 3.0)
print(f"side valleys are born at     a = {born:.3f}")
print(f"choosing becomes better at   a = {even:.4f}")
print(f"with the std fixed at 1, the middle turns into a hill at a = {split:.3f}")
assert 2.5 < even < 3.0 and abs(even - 2.8001) < 1e-4

# %%
# NBVAL_CHECK_OUTPUT
print("    a   KL covering  KL choosing   curvature in the mean   1/s²")
for a in (1.0, 2.0, 2.8, 4.0, 6.0):
    choose, cover = chosen_and_covering(a)
    log_p, h = two_modes(a).logpdf(x), 0.02
    sides = [reverse((d, np.log(cover.std)), log_p) for d in (-h, 0.0, h)]
    curvature = (sides[0] - 2 * sides[1] + sides[2]) / h**2
    side = "     none" if choose is None else f"{choose.value:9.4f}"
    print(f"  {a:3.1f}   {cover.value:9.4f}  {side}          {curvature:12.4f}   {1 / cover.std**2:10.4f}")
    assert abs(curvature - 1 / cover.std**2) < 2e-3

# %%
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.2))
distances = np.linspace(0.2, 4.5, 87)
pairs = [chosen_and_covering(a) for a in distances]
later = [(a, choose) for a, (choose, _) in zip(distances, pairs, strict=True) if choose is not None]
axes[0].plot(distances, [cover.value for _, cover in pairs], color=plots.GENERATOR, label="covering")
axes[0].plot(
    [a for a, _ in later],
    [fit.value for _, fit in later],
    color=plots.GENERATOR,
    linestyle="--",
    label="choosing",
)
axes[0].axhline(np.log(2), color=plots.MUTED, linewidth=1, label="log 2")
axes[0].axvline(even, color=plots.EXACT, linewidth=1, linestyle=":")
axes[0].set(ylim=(0, 1.5), xlabel="modes at ±a", ylabel="KL(q‖p) at a minimum (nats)")
plots.legend(axes[0])
chosen = [choose.mean if choose and choose.value < cover.value else np.nan for choose, cover in pairs]
for sign, names in ((1, ("modes", "best q")), (-1, (None, None))):
    axes[1].plot(distances, sign * distances, color=plots.DATA, linewidth=1, label=names[0])
    axes[1].plot(distances, sign * np.array(chosen), color=plots.GENERATOR, label=names[1])
axes[1].plot(distances, np.where(distances < even, 0, np.nan), color=plots.GENERATOR)
axes[1].axvline(even, color=plots.EXACT, linewidth=1, linestyle=":", label="a = 2.80")
axes[1].set(xlabel="modes at ±a", ylabel="mean of the best q")
plots.legend(axes[1])
plt.show()

# %% [markdown]
# Left, the two costs cross. Right, the mean of the best Gaussian jumps from 0 to a mode: there is no value between.
#
# This has a consequence for training. A descent does not find the best minimum but one whose valley it starts in. From a
# wide start KL(q‖p) keeps covering, even at ±6, at 5.1 nats instead of 0.69; from a start on a mode it stays there:

# %%
# NBVAL_CHECK_OUTPUT
p = two_modes(6.0)
for mean, std in ((0.0, 6.0), (5.0, 1.0), (-3.0, 2.0)):
    m, s, value = best_fit("KL(q‖p)", p, mean, std)
    print(f"from N({mean:4.1f}, {std:.0f}²) to mean {round(m, 2) + 0.0:5.2f}, std {s:.2f}: {value:.3f} nats")

# %% [markdown]
# **Remember.** Covering is always a local minimum for two equal modes. At $a = 2.41$ side valleys appear, at $a = 2.80$
# they win. What a descent finds depends on its start.
#
# *This is the end of the core.*

# %% [markdown]
# ## 5 · Further: in the plane, as in Bishop's figure
#
# **The question.** Data have more than one dimension, and modes have directions. Does the number 2.80 still mean
# anything?
#
# **The derivation.** Replace $x$ by $Ax + b$ in both densities, $A$ invertible: both are divided by $|\det A|$, their
# ratio stays, and so does **KL in either direction**. Let two modes at $\pm\mu$ share the covariance $\Sigma$. The map
# $x\mapsto\Sigma^{-1/2}x$ makes them round, a turn puts them on the first axis at $\pm b$, where
#
# $$b^2 = \mu^T\Sigma^{-1}\mu ,$$
#
# and there $p(y_1, y_2) = p_1(y_1)\,N(y_2; 0, 1)$: two unit modes on the line times a plain Gaussian. For any $q$ with
# marginals $q_1, q_2$
#
# $$\mathrm{KL}(q\,\|\,p_1p_2) = \mathrm{KL}(q\,\|\,q_1q_2) + \mathrm{KL}(q_1\|p_1) + \mathrm{KL}(q_2\|p_2),$$
#
# as you see by writing $q/(p_1p_2) = q/(q_1q_2)\cdot q_1/p_1\cdot q_2/p_2$. The first term is zero only if $q = q_1q_2$.
# So the best $q$ is the fit on the line times $N(0,1)$, and carrying a fit $N(m, s^2)$ back gives
#
# $$\text{mean } \frac mb\,\mu, \qquad \text{covariance } \Sigma + (s^2-1)\,\frac{\mu\mu^T}{b^2}.$$
#
# The change-over is at $b = 2.80$: the distance that counts is measured in the modes' own covariance.

# %%
predict("05.tilt")

# %%
two_directions_plane.demo()

# %% [markdown]
# **The slider.** Put the tilt to 0 and then to 90 degrees at the same distance, and read $b$ in the words. Find the tilt at
# which a mode is chosen at (±2, 0).
#
# **The number.** The reduction against brute force: five numbers (a mean, a full covariance), the integral over
# the plane, a descent from nearby. And then two modes with *different* covariances, where no reduction helps.

# %% tags=["claim:D5"]
# NBVAL_CHECK_OUTPUT
p, result = two_directions_plane.plane(2.0, 30), two_directions_plane.compute(a=2.0, tilt=30)
print(f"b = {result['b']:.4f}")
for mean, cov, value in result["fits"]:
    m, c, least = two_directions_plane.search(p, mean + 0.1, 1.2 * cov)
    print(f"reduction {value:.5f}, brute force {least:.5f} nats", end="; ")
    print(f"covariance [[{c[0, 0]:.3f}, {c[0, 1]:.3f}], [·, {c[1, 1]:.3f}]]")
    assert abs(value - least) < 1e-6 and np.allclose(m, mean, atol=1e-4) and np.allclose(c, cov, atol=1e-4)

# %%
p = two_directions_plane.plane(2.0, 35, other=-50)
panels = [("(a) least KL(p‖q)", plots.EXACT, moment_match(p))]
for name, i in (("(b) KL(q‖p), a minimum", 0), ("(c) KL(q‖p), another", 1)):
    panels.append((name, plots.GENERATOR, two_directions_plane.search(p, p.means[i], p.covariances[i])))
X, Y = two_directions_plane.X, two_directions_plane.Y
shown = p.pdf(np.stack(np.meshgrid(X, Y), axis=-1))
figure, axes = plt.subplots(1, 3, figsize=(8.4, 2.2), sharey=True)
for axis, (name, colour, (mean, cov, *_)) in zip(axes, panels, strict=True):
    axis.contour(X, Y, shown, levels=6, colors=plots.DATA, linewidths=0.8)
    for radius in (1, 2):
        axis.plot(*two_directions_plane.ellipse(mean, cov, radius), color=colour)
    axis.set(title=name, xlabel="x₁", aspect="equal", xlim=(-4.5, 4.5), ylim=(-3, 3))
    axis.title.set_fontsize(10)
axes[0].set_ylabel("x₂")
plt.show()
print("KL(q‖p) at the two minima:", *(f"{fit[2]:.3f}" for _, _, fit in panels[1:]), "nats; log 2 = 0.693")

# %% [markdown]
# Bishop's figure 10.3 shows these three: the forward fit, which covers, and two local minima of the reverse KL, a mode
# each. With unequal modes the two minima differ a little, and a descent finds the one in whose valley it starts.
#
# **Remember.** KL does not change under $x\mapsto Ax + b$. "Far apart" means $\mu^T\Sigma^{-1}\mu > 2.80^2$.

# %% [markdown]
# ## 6 · Further: which loss of a GAN behaves like which
#
# **The question.** A GAN's generator sees neither divergence, only $D$. Which direction does it take?
#
# **The derivation.** Let $D$ be the best one for the present $q$, with logit $v = \log p - \log q$, and let $G$ descend
# the mean of $\ell(v(x))$ over its own points with $D$ frozen. In terms of densities its gradient is
# $\int \partial_\theta q\;\ell(v)\,dx$. Compare with the divergence $D_f = \int q\,f(p/q)\,dx$, $u = p/q = e^v$:
#
# $$\partial_\theta\int q\,f\!\left(\frac pq\right)dx
# = \int \partial_\theta q\,\Bigl(f(u) - u f'(u)\Bigr)dx .$$
#
# (The inner derivative of $p/q$ is $-p\,\partial_\theta q/q^2$.) So $G$ descends $D_f$ exactly when
# $\ell(v) = f(u) - uf'(u)$, up to a constant, which drops out since $\int\partial_\theta q = 0$:
#
# | $G$'s loss at a point | in $D$ | $f(u) - u f'(u)$ for | so it descends |
# |---|---|---|---|
# | $-e^{v}$ | $-D/(1-D)$ | $f = u\log u$ | KL(p‖q): maximum likelihood |
# | $-\operatorname{softplus}(v)$ | $\log(1-D)$ | $f = u\log u - (1+u)\log\frac{1+u}2$ | 2·JSD |
# | $-v$ | $\log(1-D)-\log D$ | $f = -\log u$ | KL(q‖p) |
# | $\operatorname{softplus}(-v)$ | $-\log D$ | $f = (1+u)\log\frac{1+u}{2u}$ | KL(q‖p) − 2·JSD |
#
# The last row is the third less the second, as in lecture 04. It is a divergence by itself: $f'' = 1/(u^2(1+u)) > 0$.
#
# How much does each charge for a mode that is left out, and for one that is invented? Adding $c\,(u-1)$ to $f$ changes
# nothing, since $\int q\,(p/q - 1) = 0$; choose $c$ so that $f'(1) = 0$, and scale so that $f''(1) = 1$. Then a mass of data
# that $q$ misses altogether costs $f'(\infty)$ a unit, and a mass of $q$ where there are no data costs $f(0)$ a unit.
#
# **The number.**

# %%
# NBVAL_CHECK_OUTPUT
families = {
    "KL(p‖q)": lambda u: u * np.log(u) - u + 1,
    "2 JSD": lambda u: 2 * (u * np.log(u) - (1 + u) * np.log((1 + u) / 2)),
    "KL(q‖p)": lambda u: -np.log(u) + u - 1,
    "KL(q‖p) − 2 JSD": lambda u: 2 * ((1 + u) * np.log((1 + u) / (2 * u)) + u - 1),
}
print("each with f(1) = f'(1) = 0, f''(1) = 1:   left out, f'(u) at u = 1e6   invented, f(u) at u = 1e-6")
for name, f in families.items():
    slope = (f(1.001e6) - f(0.999e6)) / 2e3
    assert abs(f(1.0)) < 1e-12 and abs((f(1 + 1e-4) + f(1 - 1e-4)) / 1e-8 - 1) < 1e-3
    print(f"{name:16s} {slope:40.3f} {f(1e-6):34.3f}")

# %% [markdown]
# The first grows without limit with $u$ (as $\log u$), and so do the last two as $u\to0$ (as $-\log u$). In between stands
# the Jensen–Shannon divergence, which charges a finite price for both. The non-saturating loss charges least of all for
# what is left out: $2 - 2\log 2 = 0.614$.

# %%
predict("05.losses")


# %%
# NBVAL_CHECK_OUTPUT
def lead(name, a):
    """By how much covering is dearer than choosing, in nats."""
    p = two_modes(a)
    return best_fit(name, p, 0.0, np.hypot(1, a))[2] - best_fit(name, p, a, 1.0)[2]


changes = {}
for name, low, high in [("2 JSD", 3.5, 5.0), ("KL(q‖p)", 2.6, 3.0), ("KL(q‖p) − 2 JSD", 2.3, 2.6)]:
    changes[name] = brentq(lambda a, name=name: lead(name, a), low, high, xtol=1e-6)
    print(f"{name:16s} prefers one mode from a = {changes[name]:.3f} on")
print("KL(p‖q)          never: at a = 6 a start on a mode, too, ends in the covering fit")
assert abs(lead("KL(p‖q)", 6.0)) < 1e-9
assert changes["KL(q‖p) − 2 JSD"] < changes["KL(q‖p)"] < changes["2 JSD"]

# %%
distances = np.linspace(0.0, 5.0, 51)
figure, axis = plt.subplots(figsize=(6.4, 3.2))
looks = {
    "KL(p‖q)": (plots.EXACT, "-"),
    "2 JSD": (plots.SERIES[1], "--"),
    "KL(q‖p)": (plots.GENERATOR, "-"),
    "KL(q‖p) − 2 JSD": (plots.SERIES[0], ":"),
}
for name, (colour, dash) in looks.items():
    stds = []
    for a in distances:
        fits = [best_fit(name, two_modes(a), m, s) for m, s in ((0.0, np.hypot(1, a)), (a, 1.0))]
        stds.append(min(fits, key=lambda fit: fit[2])[1])
    axis.plot(distances, stds, color=colour, linestyle=dash, label=name)
axis.set(xlabel="modes at ±a", ylabel="std of the best Gaussian")
plots.legend(axis)
plt.show()

# %% [markdown]
# Each curve drops to 1, the width of a mode, where its divergence begins to choose; the black one never does.
#
# Two warnings before you blame the reverse KL for mode collapse. First, all this supposes the best $D$ at every moment.
# Second, covering remained a local minimum of *all four* divergences; a $q$ that covers is not pulled off by any of them.
# Goodfellow (2016) reports that GANs trained with a loss that corresponds to the forward KL also produce few
# modes. The reason lies in the dynamics of the game more than in the divergence: lecture 13.
#
# **Remember.** With the best $D$: $-D/(1-D)$ covers, $-v$ and $-\log D$ choose, and $\log(1-D)$ stands between them.

# %% [markdown]
# ## 7 · Where this stands
#
# **What the paper says, what we got, the best that is possible**
#
# | | the source | here |
# |---|---|---|
# | forward fit | Bishop, figure 10.3 (a): covers both modes | the moments of $p$, at every distance (section 2) |
# | reverse fits | figure 10.3 (b), (c): two local minima, a mode each | the same, by brute force and by reduction (section 5) |
# | the condition | not stated in L3, nor in the caption that it quotes | $\sqrt{\mu^T\Sigma^{-1}\mu} > 2.800$, two equal modes (section 4) |
# | the covering minimum | not drawn | there at every distance, curvature $1/s^2$ (section 4) |
#
# The best that one Gaussian can do at ±3 is 0.462 nats forward and 0.689 reverse. Zero is possible only for a $q$ that can
# have two modes: the direction of KL matters where the model is too simple.
#
# ## What to remember
#
# 1. KL(p‖q) asks the data and punishes leaving out; KL(q‖p) asks the generated points and punishes inventing.
# 2. Maximum likelihood is KL(p‖q); for a Gaussian it matches mean and covariance.
# 3. The reverse KL covers near modes, chooses among far ones, and changes over at $b = 2.80$ for two equal modes.
# 4. Covering stays a local minimum throughout: what a descent finds depends on its start.
#
# ## Quiz: the game in closed form
#
# Fifteen questions on lectures 01 to 05. The first click on an answer counts; Tab and Enter will do as well.

# %%
quiz("closed_form", upto="05")

# %% [markdown]
# **Next** comes lecture 06, f-divergences, where the four columns of section 6 become a family.
#
# **Sources.** C. Bishop, *Pattern recognition and machine learning*, 2006, sections 10.1 and 10.7, figure 10.3.
# M. Opper and C. Archambeau, *The variational Gaussian approximation revisited*, 2009
# ([doi 10.1162/neco.2008.08-07-592](https://doi.org/10.1162/neco.2008.08-07-592)), for the derivatives of section 4.
# M. Arjovsky and L. Bottou, *Towards principled methods for training generative adversarial networks*, 2017
# ([arXiv 1701.04862](https://arxiv.org/abs/1701.04862)), and I. Goodfellow, *NIPS 2016 tutorial: generative adversarial
# networks* ([arXiv 1701.00160](https://arxiv.org/abs/1701.00160)), for section 6. Lecture notes L1 (Generative Modeling:
# GANs) and L3 (Deep Learning: A Statistical Perspective).
