"""Race every recipe on CIFAR-10 for the same number of minutes, for the tables of lecture 17.

    python tools/measure_cifar_race.py [--recipes NAME ...] [--minutes M] [--device cpu|cuda] [--seed N]
                                       [--accelerate HOW ...] [--to FILE]

writes data/results/cifar_race.json, with samples beside it in cifar_race.npz, and the averaged generators,
in float16, data/checkpoints/cifar_RECIPE.safetensors. What is there already is kept, so that it may be
stopped at any time and started again. The minutes are of training alone; on a CPU those of the processor's
time. It needs CIFAR-10 (`python -m gancourse data cifar-10`, or GANCOURSE_DATA). The rows of a GPU:

    python tools/measure_cifar_race.py --device cuda --minutes 10

whose generators stay in work/cifar_race, as they are larger than what the course ships.
"""

import argparse
from pathlib import Path

from gancourse.pretrained import save_weights
from gancourse.recipes import RECIPES
from gancourse.recipes.cifar_race import MINUTES, STORED, measure, weights_of


def main():
    """Race the recipes asked for that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--accelerate", nargs="+", default=[])
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lectures")
    chosen = parser.parse_args()
    shipped = chosen.device == "cpu" and chosen.to == STORED

    def keep(recipe, generator, row):
        path = weights_of(recipe)
        path = path if shipped else Path("work/cifar_race") / path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ("recipe", "minutes", "seed", "width", "steps", "seconds", "last")
        facts = {name: row[name] for name in names}
        save_weights(generator, path, half=True, **facts)

    measure(
        chosen.recipes,
        path=chosen.to,
        device=chosen.device,
        minutes=chosen.minutes,
        seed=chosen.seed,
        accelerate=chosen.accelerate,
        keep=keep,
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
