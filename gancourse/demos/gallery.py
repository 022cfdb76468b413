"""All demos on one page, in large type, for the projector: what ``notebooks/demos.ipynb`` shows."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape

import ipywidgets as widgets
from IPython.display import HTML, display

from gancourse.demos import (
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

__all__ = ["GALLERY", "Entry", "Later", "gallery", "show"]

# a figure of 8.4 inches is 1,260 pixels wide, and its type 28 pixels high
LOOK = {"scale": 1.2, "dpi": 150}
STYLE = """<style>
.gancourse-large .widget-label, .gancourse-large .widget-readout, .gancourse-large button,
.gancourse-large .widget-html-content { font-size: 24px; line-height: 1.3; height: auto; width: auto; }
.gancourse-large .widget-readout { min-width: 4em; }
.gancourse-large .widget-slider, .gancourse-large button { height: auto; min-height: 44px; }
</style>"""


@dataclass(frozen=True)
class Entry:
    """A demo of the gallery.

    Arguments:
        title: its heading.
        make: (**look) -> Demo; look as in ``Demo``.
        train: for a demo that is trained first: what the button says that starts it, and how long it takes.
        torch: whether it needs PyTorch.
    """

    title: str
    make: Callable
    train: str = ""
    torch: bool = False


# to add a demo, add its line
# for demos whose picture in a lecture is too narrow for a projector
WIDE = (8.4, 3.6)

GALLERY = (
    Entry(
        "A GAN in the plane",
        lambda **look: first_gan.demo(first_gan.learn(live=False), **look),
        train="Train it (15 seconds)",
        torch=True,
    ),
    Entry("Noise bent into data", bent_noise.demo),
    Entry("The game by hand, one step at a time", hand_run.demo),
    Entry("The optimal discriminator", optimal_discriminator.demo),
    Entry("The Jensen–Shannon divergence and the value of the game", jensen_shannon.demo),
    Entry("Any discriminator gives a lower bound", variational_bound.demo),
    Entry("What estimates of it are worth", jsd_estimates.demo),
    Entry("The generator's losses and their slopes", generator_slopes.demo),
    Entry("Where each loss pushes each fake", particle_forces.demo),
    Entry("With D frozen: whose gradient is it?", frozen_gradient.demo),
    Entry("Two directions of KL, on the line", two_directions.demo),
    Entry("Two directions of KL, in the plane", two_directions_plane.demo),
    Entry("A tangent, and the conjugate it draws", conjugate_tangent.demo),
    Entry("One slider through the f-divergences", alpha_family.demo),
    Entry("Two lines that do not touch", parallel_lines.demo),
    Entry("Equal in L1, not equally near", equal_l1.demo),
    Entry("Moving mass: the cheapest plan", moving_mass.demo),
    Entry("The best critic, and yours", critics.demo),
    Entry("Three densities, one of them near", three_densities.demo),
    Entry("One supremum, four classes of critics", function_classes.demo),
    Entry("MMD from samples", mmd_estimates.demo),
    Entry("Two samples: the same or not?", two_sample_test.demo),
    Entry("Two players, two numbers", dirac_field.demo),
    Entry("Eigenvalues and the unit circle", unit_circle.demo),
    Entry("In turn, with k steps of D", discriminator_steps.demo),
    Entry("Step against weight: where R1 converges", stability_map.demo),
    Entry("Cycles that never close in", limit_cycles.demo),
    Entry("Prediction against simulation", rate_prediction.demo),
    Entry(
        "The same spiral in real networks",
        lambda **look: toy_spiral.demo(toy_spiral.learn(), **look),
        train="Train both (10 seconds)",
        torch=True,
    ),
    Entry("Clipping: the weights, the slope, the score", clipping_constant.demo),
    Entry("The gradient penalty by hand", penalty_by_hand.demo),
    Entry("Where the penalty looks", mixing_weights.demo),
    Entry("Samples coupled by batch norm", coupled_samples.demo),
    Entry("Power iteration", power_iteration.demo),
    Entry("Value surfaces of trained critics", value_surfaces.demo),
    Entry("Counting modes", mode_counting.demo),
    Entry("Lost modes, in two directions of KL", lost_modes.demo),
    Entry("The best reply to a D that stands still", best_reply.demo),
    Entry("The chase round the ring", chase.demo),
    Entry("Eight methods on the ring and the grid", collapse_runs.demo),
    Entry("Unrolling: how far ahead G looks", partial(unrolled_game.demo, size=WIDE)),
    Entry("Packing: which generator lacks modes?", partial(packing_region.demo, size=WIDE)),
    Entry("Noise on both sides, and on one", partial(one_sided_noise.demo, size=WIDE)),
    Entry("Labels, squares, hinges: the best D", partial(label_targets.demo, size=WIDE)),
    Entry("Historical averaging: the circle closes", partial(averaged_game.demo, size=WIDE)),
    Entry("Eight patients: which bug is it?", clinic.demo),
    Entry("Digits that grow", lambda **look: _digits(**look), train="Train it (one minute)", torch=True),
    Entry("Parzen's bandwidth", parzen_bandwidth.demo),
    Entry("The Inception score by hand", class_score.demo),
    Entry("The Fréchet distance of two Gaussians", frechet_gaussians.demo),
    Entry("Six distortions, five scores", distortion_sweep.demo),
    Entry("The Fréchet distance's bias", frechet_bias.demo),
    Entry("Precision and recall, by balls", precision_balls.demo),
    Entry("One outlier among the real points", outlier_balls.demo),
    Entry("A walk from digit to digit", latent_space.demo, torch=True),
    Entry("One generator, ten classes", conditional_samples.demo, torch=True),
    Entry("A race on CIFAR-10", cifar_race.demo),
    Entry("Arithmetic or memory: the roofline", roofline.demo),
    Entry("The GAN lab", lambda **look: _lab(), train="Open it", torch=True),
)


def gallery(entries=GALLERY, **look):
    """The demos as pairs (title, widget), in order; one that must be trained is a button at first.

    Arguments:
        entries: which.
        look: as in ``Demo``; by default large enough for the back row.
    """
    return [(entry.title, _widget(entry, LOOK | look)) for entry in entries]


def show(entries=GALLERY, **look):
    """Show the gallery: for each demo its heading, and the demo under it."""
    display(HTML(STYLE))
    for title, widget in gallery(entries, **look):
        widget.add_class("gancourse-large")
        display(HTML(f"<h2 style='font-size: 34px'>{escape(title)}</h2>"), widget)


class Later(widgets.VBox):
    """A button in the place of a demo that must be trained first; pressed, it becomes the demo.

    Arguments:
        label: what the button says.
        make: () -> Demo.
    """

    def __init__(self, label, make):
        self.make, self.label = make, label
        narrow = widgets.Layout(width="auto", align_self="flex-start")
        self.button = widgets.Button(description=label, layout=narrow)
        self.words = widgets.HTML()
        self.button.on_click(lambda _: self.start())
        super().__init__([self.button, self.words])

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"] = f"{self.label}: a button, where a kernel runs."
        return data, metadata

    def start(self):
        """Train, and show the demo; what fails is said under the button, which may be pressed again."""
        self.button.disabled, self.button.description = True, "Training ..."
        try:
            self.children = [self.make()]
        except Exception as error:  # a browser shows no traceback of a callback
            self.words.value = f"<b>{type(error).__name__}: {escape(str(error))}</b>"
            self.button.disabled, self.button.description = False, self.label


def _widget(entry, look):
    if entry.torch and not importlib.util.find_spec("torch"):
        return widgets.HTML("This one needs PyTorch, which is not installed here.")
    if entry.train:
        return Later(entry.train, lambda: entry.make(**look))
    return entry.make(**look)


def _digits(**look):
    from gancourse.data import load

    _, snapshots = digits.learn(load("mnist"), steps=3_000, live=False)
    return digits.demo(snapshots, **look)


def _lab():
    from gancourse.lab import lab

    return lab(trained=True, large=True)
