"""The debugging clinic: eight runs with a bug each, their curves and samples over time."""

import functools

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.diagnosis import diagnose
from gancourse.recipes import clinic

__all__ = ["compute", "demo", "draw", "scene"]

LAST = clinic.MOMENTS - 1
# panel -> its curves: name, label, colour, dash
PANELS = {
    "losses (nats)": (
        ("discriminator_loss", "D", plots.DISCRIMINATOR, "-"),
        ("generator_loss", "G", plots.GENERATOR, "--"),
    ),
    "mean logit": (
        ("real_logit", "at data", plots.DATA, "-"),
        ("fake_logit", "at samples", plots.GENERATOR, "--"),
    ),
    "slope at a sample": (("sample_gradient", "nats per unit", plots.DISCRIMINATOR, "-"),),
    "share": (
        ("high_quality", "near a mode", plots.GENERATOR, "-"),
        ("captured", "modes", plots.SERIES[2], ":"),
    ),
}
LIMITS = {
    "losses (nats)": {"ylim": (0, 5)},
    "mean logit": {"ylim": (-8, 8)},
    "slope at a sample": {"ylim": (1e-3, 1e2), "yscale": "log"},
    "share": {"ylim": (-0.05, 1.1)},
}


@functools.cache
def _run(patient):
    """The run of a patient, and the healthy one to hold beside it."""
    runs, bug = clinic.stored()["runs"], clinic.PATIENTS[patient]
    hot = bug == "log of a sigmoid"
    return runs[bug, hot], runs["none", hot]


def compute(*, patient, moment, diagnosis):
    """What a monitor had seen of a patient up to a moment.

    Arguments:
        patient: position in PATIENTS.
        moment: which of the moments at which samples were kept.
        diagnosis: 1 for the diagnosis of the record so far, 0 for none.

    Returns:
        dict: patient, step; samples (150, 2); now, the row of this step, and curves, healthy: a name -> array
        over all steps; diagnosis, or None.
    """
    letter = list(clinic.PATIENTS)[patient]
    run, healthy = _run(letter)
    curves, step = run["curves"], run["samples_at"][moment]
    row = int(np.searchsorted(curves["step"], step))
    said = None
    if diagnosis:
        so_far = {name: values[: row + 1] for name, values in clinic.record(run).items()}
        said = diagnose(so_far, modes=len(clinic.DATA.means))
    return {
        "patient": letter, "step": int(step), "samples": run["samples"][moment], "curves": curves,
        "healthy": healthy["curves"], "now": {name: values[row] for name, values in curves.items()},
        "diagnosis": said,
    }  # fmt: skip


def scene(figure):
    """Left data and samples, right four panels of curves, the healthy run's in grey."""
    grid = figure.add_gridspec(2, 3, width_ratios=[1.5, 1, 1])
    plane = figure.add_subplot(grid[:, 0])
    real = clinic.DATA.sample(400, np.random.default_rng(1))
    plane.plot(*real.T, ".", color=plots.DATA, alpha=0.3, markersize=3, label="data")
    artists = {
        "samples": plane.plot([], [], ".", color=plots.GENERATOR, markersize=5, label="samples")[0],
        "step": plane.text(0.02, 0.98, "", transform=plane.transAxes, va="top"),
        "verdict": plane.text(0.5, 0.02, "", transform=plane.transAxes, ha="center", weight="bold"),
    }
    plane.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal", xlabel="x₁", ylabel="x₂")
    plots.legend(plane)
    for i, (panel, curves) in enumerate(PANELS.items()):
        axes = figure.add_subplot(grid[i // 2, 1 + i % 2])
        for name, label, colour, dash in curves:
            artists[name, "healthy"] = axes.plot([], [], dash, color="#BBBBBB", linewidth=1.2)[0]
            artists[name] = axes.plot([], [], dash, color=colour, linewidth=1.5, label=label)[0]
        artists[panel] = axes.axvline(0, color=plots.MUTED, linewidth=1)
        axes.set(xlim=(0, 1_500), **LIMITS[panel])
        if i < 2:
            axes.set_xticklabels([])
        else:
            axes.set_xlabel("step")
        plots.legend(axes, fontsize=8)
        axes.set_ylabel(panel)
    return artists


def draw(artists, result):
    """Move samples, curves and the line of the moment; say the numbers of the moment."""
    artists["samples"].set_data(*result["samples"].T)
    artists["step"].set_text(f"patient {result['patient']}, step {result['step']:,}")
    for panel, curves in PANELS.items():
        artists[panel].set_xdata([result["step"]] * 2)
        for name, *_ in curves:
            for key, values in ((name, result["curves"]), ((name, "healthy"), result["healthy"])):
                scale = len(clinic.DATA.means) if name == "captured" else 1
                artists[key].set_data(values["step"], values[name] / scale)
    now, said = result["now"], result["diagnosis"]
    artists["verdict"].set_text(said.verdict if said else "")
    words = (
        f"Patient {result['patient']}, step {result['step']:,}: losses {now['discriminator_loss']:.3f} (D), "
        f"{now['generator_loss']:.3f} (G); D is right on {now['accuracy']:.0%}; logits "
        f"{now['real_logit']:.2f}, {now['fake_logit']:.2f}; slope {now['sample_gradient']:.3g}; "
        f"{now['captured']:.0f} of 8 modes, {now['high_quality']:.0%} of the samples near one."
    )
    return f"{words} Diagnosis: {said.text}" if said else words


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("patient", 0, len(clinic.PATIENTS) - 1, 1, 0, "patient", options=tuple(clinic.PATIENTS)),
        Knob("moment", 0, LAST, 1, LAST, "moment of the training"),
        Knob("diagnosis", 0, 1, 1, 0, "diagnosis so far", options=("hidden", "shown")),
    ]
    return Demo(compute, scene, draw, knobs, name="clinic", **{"size": (9.4, 4.4), **look})
