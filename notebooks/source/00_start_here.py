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
# # 00 · Start here
#
# *Two networks, one game. Run the next cell first, and read afterwards.*
#
# Click into the cell below and press **Shift + Enter**. In about ten seconds a *generator* learns to draw points like
# the blue ones. It never sees a blue point.

# %%
from gancourse.demos import first_gan

snapshots = first_gan.learn(steps=3_000)

# %% [markdown]
# Left: the data in blue, the generator's points in vermilion. Right: what the *discriminator* thinks of every place,
# from purple (surely real) to orange (surely generated), with the generated points as black dots.
#
# Move the slider to go back to the beginning. At first the generator drops its points anywhere. The discriminator
# colours that place orange, and the generator moves away from it; the discriminator follows. In the end the right
# picture is nearly white on the ring: nobody can tell the two apart there.

# %%
first_gan.demo(snapshots)

# %% [markdown]
# How good is it, in numbers? The data have eight *modes*. A generated point is of *high quality* if it lies within three
# standard deviations of a mode, and a mode is captured if such a point belongs to it.

# %%
from gancourse.metrics import mode_coverage, perfect_coverage

data = first_gan.DATA
found = mode_coverage(snapshots[-1]["fake"], data.means, data.std)
perfect = perfect_coverage(modes=8, n=len(snapshots[-1]["fake"]))
print(f"this generator : {found.captured} of 8 modes, {found.high_quality:.1%} of high quality")
print(f"a perfect one  : 8 of 8 modes, {perfect.high_quality:.1%} of high quality")
assert found.captured >= 6

# %% [markdown]
# ## What you have just seen
#
# A **generator** $G$ turns noise $z$ into a point $G(z)$. A **discriminator** $D$ looks at a point and says how
# probable it is that the point is *real*. $D$ is trained to be right, $G$ is trained to be taken for real:
#
# $$\min_G \max_D\; V(D, G) = \mathbb E_{x\sim p}\,\log D(x) + \mathbb E_{z}\,\log\bigl(1 - D(G(z))\bigr).$$
#
# That line is the whole idea (Goodfellow et al. 2014). This course takes it apart: what the best $D$ is, what is
# minimised when $D$ is best, why it fails, what mends it, and how to tell whether it worked.
#
# Before each demo you are asked for a prediction. One click commits you; being wrong is the point.

# %%
from gancourse.questions import predict

predict("00.sees_data")

# %% [markdown]
# ## How a lecture works
#
# Every idea comes in the same order: **the question, the derivation, the number beside the exact value, the slider,
# your turn, and what to remember.** Nothing is claimed that a cell does not compute, and what can be computed
# exactly is computed exactly.
#
# - A mark such as (B1) is the number of a claim. `docs/syllabus.md` lists every claim with its lecture and the test
#   that proves it.
# - A cell that begins with `# NBVAL_CHECK_OUTPUT` prints numbers that our tests compare on every change.
# - *Where the notes slip* boxes point out mistakes in published lecture notes, with a cell that shows the mistake.
# - The **core** of a lecture takes at most 50 minutes; what is marked *further* can wait.
# - Numbers in the course are in nats: every logarithm is natural. $p$ is the data, $q$ the generator, and $D$ is
#   always the probability of *real*.
# - Colours mean the same everywhere: <span style="color:#0072B2">**data**</span>,
#   <span style="color:#D55E00">**generator**</span>, <span style="color:#009E73">**discriminator**</span>, black for what is
#   exact, and <span style="color:#CC79A7">**dashed**</span> for what was learned from samples.
#
# ## Your turn: how exercises work
#
# A discriminator's last layer gives any real number $v$, the *logit*; the probability is $D = \sigma(v) = 1/(1 + e^{-v})$.
#
# Write that function in the next cell, in place of the `raise` line, run the cell, then run the one with `check`. The
# answer comes at once: passed, or what is wrong, with hints that unfold one after another. A check never stops the
# notebook, and no later cell needs your function. Try a wrong answer too: leave out the minus sign.


# %% tags=["exercise:00.probability"]
def probability(logit):
    """The probability of *real* that belongs to a logit: D = σ(v) = 1 / (1 + e^−v).

    Arguments:
        logit: array of real numbers v, any shape; |v| may be as large as 1,000.

    Returns:
        array of the same shape, each entry in [0, 1], free of NaN.
    """
    raise NotImplementedError("your answer goes here")


# %%
from gancourse.exercises import check

check("00.probability", probability)

# %% [markdown]
# What you reach is kept beside your lectures, in `progress.json`; `hint("00.probability")` gives the next hint, and the
# next cell shows where you stand.

# %%
from gancourse.exercises import progress

progress()

# %% [markdown]
# Longer derivations come as *ladders*: you replace the dots by the next line, and each line is checked on random
# numbers. You will climb the first one in lecture 02.
#
# ## Where things are
#
# - **Your copy.** `make course` opens copies of the lectures in the folder `work/`. They are yours: an update of the
#   course never overwrites them. To start a lecture afresh, delete its copy and run `make course` again.
# - **Restart.** If a cell behaves strangely: menu *Kernel → Restart Kernel and Run All Cells*. Every lecture runs from
#   top to bottom, with no answer filled in.
# - **No internet, no GPU?** Everything runs: 5,000 real handwritten digits come with the course. With a GPU, or with
#   the full data sets, the same cells do more.

# %%
from gancourse import profile

print("This machine runs the course under the profile", profile())

# %% [markdown]
# The profile decides how long the training cells run: `ci` for a quick check, `cpu` for a laptop, `gpu` for a CUDA
# machine. To choose it yourself, set the environment variable `GANCOURSE_PROFILE` before you start.
#
# ## The lectures so far
#
# | | lecture | you will | minutes |
# |---|---|---|---|
# | 00 | start here | see a GAN learn; try an exercise | 15 |
# | 01 | [the adversarial game](01_the_adversarial_game.ipynb) | derive the game, and play it by hand | 48 + 60 |
# | 02 | [the optimal discriminator](02_the_optimal_discriminator.ipynb) | derive the best $D$, read densities off it | 45 + 30 |
# | 03 | [Jensen–Shannon](03_jensen_shannon.ipynb) | prove what the best $D$ turns the game into | 45 + 45 |
# | 04 | [generator losses](04_generator_losses.ipynb) | tell which loss pushes a fake where | 50 + 40 |
# | 05 | [two directions of KL](05_two_directions_of_kl.ipynb) | predict what a fit covers and what it seeks | 50 + 35 |
# | 06 | [f-divergences](06_f_divergences.ipynb) | one convex function: a divergence, a critic, a bound, a game | 50 + 45 |
# | 07 | [disjoint supports](07_disjoint_supports.ipynb) | see which distances point the way where nothing overlaps | 50 + 45 |
# | 08 | [Wasserstein](08_wasserstein.ipynb) | move mass at the least cost; prices, and a critic | 50 + 45 |
# | 09 | [kernels](09_kernels_and_integral_probability_metrics.ipynb) | four classes of critics, MMD, tests; the quiz | 50 + 70 |
# | 10 | [the GAN lab](10_the_gan_lab.ipynb) | five experiments by hand: what one sees, and what one sees wrongly | 50 + 40 |
# | 11 | [dynamics](11_dynamics.ipynb) | foretell from eigenvalues whether a game arrives | 50 + 75 |
# | 12 | [Lipschitz critics](12_lipschitz_critics.ipynb) | four ways to keep a critic from being steep; what its score is worth | 50 + 50 |
# | 13 | [mode collapse](13_mode_collapse.ipynb) | three numbers that show it, and the chase that drives it | 50 + 40 |
# | 14 | [remedies](14_remedies.ipynb) | what each remedy does, which of them help, and eight planted bugs; the quiz | 50 + 150 |
# | 15 | [digits](15_digits.ipynb) | train a DCGAN on real digits in a minute, and judge it | 50 + 45 |
# | 16 | [judging a GAN](16_judging_a_gan.ipynb) | which number answers which question, and what it is blind to | 50 + 60 |
# | 17 | [CIFAR-10 on a GPU](17_cifar_10_on_a_gpu.ipynb) | colour images, classes, a race of seven recipes, and what a GPU does | 50 + 40 |
#
# **What to remember.** $G$ never sees the data. All it learns comes through the slope of $D$.
#
# **Sources.** I. Goodfellow et al., *Generative adversarial networks*, 2014
# ([arXiv 1406.2661](https://arxiv.org/abs/1406.2661)). M. Kahng et al., *GAN Lab*, 2019
# ([arXiv 1809.01587](https://arxiv.org/abs/1809.01587)), which showed how much one sees by watching.
