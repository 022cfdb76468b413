"""Everything that a dial of the lab sets, as one plain value, and the dials themselves."""

import dataclasses
from dataclasses import dataclass

from gancourse._validate import array, choice, fail, integer, real
from gancourse.lab.data import DATA_SETS, MOST_POINTS, REACH
from gancourse.objectives import OBJECTIVES

__all__ = ["DIALS", "F_GANS", "METHODS", "OPTIMIZERS", "PENALTIES", "Dial", "Settings"]

F_GANS = tuple(
    f"f_gan {name}"
    for name in (
        "kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "jensen_shannon", "gan",
        "total_variation", "jeffrey",
    )
)  # fmt: skip
PENALTIES = ("none", "gradient_penalty", "zero_centred", "r1", "r2", "r1_and_r2", "roth")
METHODS = ("alternating", "unrolled", "consensus", "feature_matching", "historical_averaging", "veegan")
OPTIMIZERS = ("adam", "adam_zero", "rmsprop", "sgd", "momentum")
_RATES = (1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 3e-2, 1e-1)
_SIZES = (4, 8, 16, 32, 48, 64, 96, 128)


@dataclass(frozen=True)
class Dial:
    """A dial: the setting it turns, its label and group, the values it offers, the range that is allowed.

    Arguments:
        name: of the setting.
        group: "data", "game", "discriminator" or "generator".
        label: with the symbol.
        options: the values to choose from.
        low, high: the range of a number; None for a choice among the options.
        whole: whether the number is a whole one.
    """

    name: str
    group: str
    label: str
    options: tuple
    low: float | None = None
    high: float | None = None
    whole: bool = False


def _player(player):
    rates = Dial(f"{player}_rate", player, "learning rate", _RATES, 1e-8, 10.0)
    return (
        rates,
        Dial(f"{player}_optimizer", player, "optimiser", OPTIMIZERS),
        Dial(f"{player}_steps", player, "updates", tuple(range(1, 11)), 1, 50, True),
        Dial(f"{player}_depth", player, "hidden layers", (0, 1, 2, 3, 4, 5), 0, 8, True),
        Dial(f"{player}_width", player, "units a layer", _SIZES, 1, 256, True),
    )


DIALS = (
    Dial("data", "data", "data", tuple(DATA_SETS)),
    Dial("batch", "data", "batch", (16, 32, 64, 128, 256, 512), 4, 2048, True),
    Dial("seed", "data", "seed", tuple(range(10)), 0, 2**31, True),
    Dial("noise_dim", "data", "noise dimension", (1, 2, 3, 4, 8, 16), 1, 64, True),
    Dial("noise_law", "data", "noise", ("gaussian", "uniform")),
    Dial("objective", "game", "objective", (*OBJECTIVES, *F_GANS)),
    Dial("practical", "game", "practical G loss", (False, True)),
    Dial("real_label", "game", "label of real", (1.0, 0.95, 0.9, 0.8, 0.7), 0.5, 1.0),
    Dial("penalty", "game", "penalty", PENALTIES),
    Dial("penalty_weight", "game", "penalty weight", (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), 0.0, 1e4),
    Dial("clip", "game", "clip weights at", (0.0, 0.01, 0.03, 0.1, 0.3, 1.0), 0.0, 100.0),
    Dial("instance_noise", "game", "instance noise", (0.0, 0.02, 0.05, 0.1, 0.2, 0.5), 0.0, 10.0),
    Dial("spectral_norm", "game", "spectral norm", (False, True)),
    Dial("packing", "game", "samples a pack", (1, 2, 4), 1, 8, True),
    Dial("method", "game", "step", METHODS),
    Dial("method_weight", "game", "step weight", (0.1, 0.3, 1.0, 3.0, 5.0, 10.0), 0.0, 100.0),
    Dial("average", "game", "average of G", (0.0, 0.9, 0.99, 0.999), 0.0, 0.99999),
    *_player("discriminator"),
    *_player("generator"),
)


@dataclass(frozen=True)
class Settings:
    """A run of the lab: data, networks, game. Immutable; ``replace`` gives another.

    Attributes:
        data: a name of ``DATA_SETS``; for "drawn" ``points`` holds the centres, pairs of numbers.
        batch: samples in a batch. seed: settles weights, data and noise.
        noise_dim: the dimension of z. noise_law: "gaussian", N(0, I), or "uniform", on [−1, 1] in each axis.
        objective: a name of ``OBJECTIVES``, or "f_gan" and a name of the family, as in "f_gan kl".
        practical: of an f-GAN, the second generator loss of ``f_gan``.
        real_label: α of ``methods.one_sided``; 1 is no smoothing.
        penalty: one of ``PENALTIES``: "gradient_penalty" has the target 1, "zero_centred" the target 0.
        penalty_weight: what the penalty, a mean over the batch, is multiplied by.
        clip: the bound of ``clip_`` after each update of D; 0 is none.
        instance_noise: standard deviation of the noise on D's inputs, in the unit of x; 0 is none.
        spectral_norm: on each layer of D. packing: samples that D judges together.
        method: "alternating", the loop's own step, or one of ``methods``, which does the whole update: then
            no penalty, no clipping, one update of each player. With "veegan" D judges a point with its code,
            F(x) or z; F has D's layers, units and learning rate; neither packing nor instance noise.
        method_weight: of consensus and of historical averaging; of "unrolled" the steps ahead, of "veegan" λ.
        average: the decay of the moving average of G that is shown and judged in G's place; 0 is none.
        discriminator_rate, ..._optimizer, ..._steps, ..._depth, ..._width: learning rate; "adam" with
            β = (0.5, 0.999), "adam_zero" with (0, 0.9), "rmsprop", "sgd", "momentum" of 0.9; updates in a
            step; hidden layers; units in each. The same for the generator.

    Raises:
        ValueError: a value is out of range, or two do not go together; the message names them.

    Example:
        >>> Settings(objective="hinge").replace(batch=64).changes()
        {'batch': 64, 'objective': 'hinge'}
    """

    data: str = "ring"
    points: tuple = ()
    batch: int = 128
    seed: int = 0
    noise_dim: int = 2
    noise_law: str = "gaussian"
    objective: str = "non_saturating"
    practical: bool = False
    real_label: float = 1.0
    penalty: str = "none"
    penalty_weight: float = 1.0
    clip: float = 0.0
    instance_noise: float = 0.0
    spectral_norm: bool = False
    packing: int = 1
    method: str = "alternating"
    method_weight: float = 1.0
    average: float = 0.0
    discriminator_rate: float = 1e-3
    discriminator_optimizer: str = "adam"
    discriminator_steps: int = 1
    discriminator_depth: int = 2
    discriminator_width: int = 32
    generator_rate: float = 1e-3
    generator_optimizer: str = "adam"
    generator_steps: int = 1
    generator_depth: int = 2
    generator_width: int = 32

    def __post_init__(self):
        for dial in DIALS:
            object.__setattr__(self, dial.name, _checked(dial, getattr(self, dial.name)))
        object.__setattr__(self, "points", _checked_points(self.data, self.points))
        if self.batch % self.packing:
            fail("batch", self.batch, f"a multiple of the {self.packing} samples in a pack")
        if self.real_label == 0.5:
            fail("real_label", self.real_label, "a label above 0.5")
        smoothable = ("minimax", "non_saturating", "reverse_kl")
        if self.real_label < 1 and self.objective not in smoothable:
            fail("real_label", self.real_label, f"1, since labels are those of {', '.join(smoothable)}")
        if self.practical and not self.objective.startswith("f_gan"):
            fail("practical", self.practical, "False, since only an f-GAN has a second generator loss")
        if self.spectral_norm and self.clip:
            fail("clip", self.clip, "0, since spectral norm bounds the layers already")
        if self.method != "alternating":
            alone = {"penalty": "none", "clip": 0.0, "discriminator_steps": 1, "generator_steps": 1}
            if self.method == "veegan":
                alone |= {"packing": 1, "instance_noise": 0.0}
            for name, value in alone.items():
                if getattr(self, name) != value:
                    fail(name, getattr(self, name), f"{value}, since the step {self.method!r} does it all")

    def replace(self, **changes):
        """Other settings: these with some changed.

        Raises:
            ValueError: there is no such setting, or the outcome is not valid.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            choice("setting", name, known)
        return dataclasses.replace(self, **changes)

    def changes(self, other=None):
        """What differs from other settings, by default from those at the start: a dict, for ``replace``."""
        other = other or Settings()
        names = [field.name for field in dataclasses.fields(self)]
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(other, name)}

    def to_json(self):
        """A dict of numbers, text and lists that ``from_json`` reads back."""
        return {**dataclasses.asdict(self), "points": [list(point) for point in self.points]}

    @classmethod
    def from_json(cls, found):
        """Settings from ``to_json``'s dict.

        Raises:
            ValueError: it is no dict, or holds a name or a value that is not allowed.
        """
        if not isinstance(found, dict):
            fail("settings", found, "a dict of settings")
        return cls().replace(**found)


def _checked(dial, value):
    if dial.low is None:
        if isinstance(dial.options[0], bool):
            if not isinstance(value, bool):
                fail(dial.name, value, "True or False")
            return value
        return choice(dial.name, value, dial.options)
    if dial.whole:
        return integer(dial.name, value, low=dial.low, high=dial.high)
    return real(dial.name, value, low=dial.low, high=dial.high)


def _checked_points(data, points):
    if data != "drawn":
        return ()
    if len(points) == 0:
        fail("points", points, "a drawing of at least one point")
    rows = array("points", points, shape=(None, 2), high=REACH)
    if len(rows) > MOST_POINTS:
        fail("points", rows, f"at most {MOST_POINTS} points")
    return tuple((float(x), float(y)) for x, y in rows)
