"""Compare two sets of images, real and generated, by every metric: a table, a figure, a JSON."""

import shlex
import sys

__all__ = ["add_arguments", "run"]

SET = "a folder of PNG or JPEG files, a .npy or .npz file, or a data set such as mnist:test"


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("real", metavar="A", help=f"the real images: {SET}")
    parser.add_argument("generated", metavar="B", help="the generated ones, likewise")
    parser.add_argument(
        "--features", metavar="NAME", help="digits, cifar or inception (default: what the size suits)"
    )
    parser.add_argument(
        "--held-out",
        metavar="C",
        help="real images that the generator has not seen, where A is what it was trained on: "
        "measures whether it copies",
    )
    parser.add_argument("--out", metavar="DIR", default=".", help="where the files go (default: here)")
    parser.add_argument("--device", help="where the network computes (default: the GPU if there is one)")
    parser.add_argument("--seed", type=int, default=0, help="of the shuffling (default: 0)")


def run(options):
    """Evaluate, print the table, write the files."""
    from gancourse.compute import choose_device
    from gancourse.evaluation import evaluate

    result = evaluate(
        options.real,
        options.generated,
        options.features,
        options.held_out,
        device=choose_device(options.device),
        progress=sys.stderr.isatty(),
        seed=options.seed,
    )
    print(result)
    words = ["evaluate", options.real, options.generated, f"--features={result.network}"]
    words += [f"--held-out={options.held_out}"] * (options.held_out is not None)
    command = f"python -m gancourse {shlex.join([*words, f'--seed={options.seed}'])}"
    record, picture = result.save(options.out, command=command)
    print(f"\n{record}\n{picture}")
