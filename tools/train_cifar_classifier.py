"""Train the classifier of CIFAR-10 whose features judge generators of small colour images.

    python tools/train_cifar_classifier.py

trains gancourse.models.CifarClassifier for 28 passes over the first 45,000 training images, keeps the pass
with the best accuracy on the other 5,000 (``held_out``), judges that one on the test set, once, if that is at
hand, and writes data/checkpoints/cifar_classifier.safetensors with a JSON of the accuracies beside it. It
needs CIFAR-10 (`python -m gancourse data cifar-10`, or GANCOURSE_DATA) and about an hour of one core. After
every pass its state is saved beside the checkpoint; the same command goes on from there.

Forward and backward run in bfloat16, twice as quick as float32 on a processor that multiplies it (AMD Zen 4,
Intel Sapphire Rapids); on another, `--precision float32` is the quicker. The weights are float32 either way.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from gancourse.data import DataError, load, to_network
from gancourse.models import CifarClassifier
from gancourse.pretrained import CHECKPOINTS, save_weights

MOMENTUM, DECAY, SMOOTHING = 0.9, 5e-4, 0.1
PADDING, HOLE = 3, 8  # pixels


def augment(padded, rng):
    """Crop 32 x 32 pixels out of padded images at random, mirror half of them, and blank a square in each.

    Arguments:
        padded: uint8 array with shape (n, 3, 38, 38).
        rng: a NumPy generator.

    Returns:
        float32 array with shape (n, 3, 32, 32), in [−1, 1].
    """
    n, side = len(padded), np.arange(32)
    down, right = rng.integers(2 * PADDING + 1, size=(2, n, 1))
    columns = np.where(rng.random((n, 1)) < 0.5, side, side[::-1]) + right
    index = np.arange(n)[:, None, None, None], np.arange(3)[:, None, None]
    x = to_network(padded[*index, (side + down)[:, None, :, None], columns[:, None, None, :]])
    top, left = rng.integers(1 - HOLE, 32, size=(2, n, 1))
    rows, columns = ((side >= start) & (side < start + HOLE) for start in (top, left))
    return np.where(rows[:, None, :, None] & columns[:, None, None, :], np.float32(0), x)


def one_cycle(fraction, peak, warm_up=0.2):
    """The rate after this fraction of the run: up to the peak in a line, down to zero by a cosine."""
    if fraction < warm_up:
        return peak * fraction / warm_up
    return peak * (1 + np.cos(np.pi * (fraction - warm_up) / (1 - warm_up))) / 2


def train_classifier(pixels, labels, held_out, state, *, passes, batch, rate, seed, dtype):
    """A CifarClassifier with the weights of its best pass, in eval mode, and a list of a row per pass."""
    torch.manual_seed(seed)
    network = CifarClassifier().to(memory_format=torch.channels_last)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, rate, momentum=MOMENTUM, nesterov=True)
    best, rows = resume(state, network, optimiser)
    padded = np.pad(pixels, [(0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)], mode="reflect")
    steps = len(labels) // batch
    for i in range(len(rows), passes):
        start, total, rng = time.perf_counter(), 0.0, np.random.default_rng((seed, i))
        network.train()
        for j, chosen in enumerate(rng.permutation(len(labels))[: steps * batch].reshape(steps, batch)):
            for group in optimiser.param_groups:
                group["lr"] = one_cycle((i + (j + 1) / steps) / passes, rate)
            x = torch.from_numpy(augment(padded[chosen], rng)).to(memory_format=torch.channels_last)
            with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
                logits = network(x)
            y = torch.from_numpy(labels[chosen])
            loss = F.cross_entropy(logits.float(), y, label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
        right = accuracy(network.eval(), held_out)
        rows.append([total / steps, right, time.perf_counter() - start])
        print(
            f"pass {i + 1:2d} of {passes}: loss {rows[-1][0]:.4f}, held-out accuracy {right:.4f}, "
            f"{rows[-1][2]:.0f} s",
            flush=True,
        )
        if right >= max(row[1] for row in rows):
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        keep(state, network, optimiser, best, rows)
    network.load_state_dict(best)
    return network.to(memory_format=torch.contiguous_format).eval(), rows


def keep(state, network, optimiser, best, rows):
    """Write the state of a run to the file ``state``."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    for name, p in network.named_parameters():
        tensors[f"momentum.{name}"] = optimiser.state[p]["momentum_buffer"]
    tensors["rows"] = torch.tensor(rows, dtype=torch.float64)
    new = state.with_suffix(".new.partial")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, new)
    new.replace(state)


def resume(state, network, optimiser):
    """Load what :func:`keep` wrote into network and optimiser; the best weights and the rows so far."""
    if not state.exists():
        return None, []
    tensors = load_file(state)

    def part(start):
        return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}

    network.load_state_dict(part("network."))
    momentum = part("momentum.")
    for name, p in network.named_parameters():
        optimiser.state[p]["momentum_buffer"] = momentum[name].to(memory_format=torch.preserve_format)
    rows = tensors["rows"].tolist()
    print(f"{state}: going on after pass {len(rows)}", flush=True)
    return part("best."), rows


@torch.no_grad()
def accuracy(network, images):
    """The share of Images whose most probable class is their label."""
    x = torch.from_numpy(to_network(images.pixels))
    guesses = torch.cat([network(part).argmax(1) for part in x.split(500)])
    return (guesses.numpy() == images.labels).mean().item()


def tested(network):
    """The accuracy on the test split; None where that is not at hand."""
    try:
        return accuracy(network, load("cifar-10", "test"))
    except DataError as error:
        print(f"The test split is not at hand, and is left out: {error}", flush=True)
        return None


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passes", type=int, default=28)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--rate", type=float, default=0.2, help="at its peak")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=1, help="one gives the same numbers on every run")
    parser.add_argument("--out", type=Path, default=CHECKPOINTS / "cifar_classifier.safetensors")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    images, held_out = load("cifar-10"), load("cifar-10", "held_out")
    images = images.take(len(images) - len(held_out))
    state = options.out.with_suffix(".partial")
    network, rows = train_classifier(
        images.pixels,
        images.labels,
        held_out,
        state,
        passes=options.passes,
        batch=options.batch,
        rate=options.rate,
        seed=options.seed,
        dtype=getattr(torch, options.precision),
    )
    held_out_accuracies = [row[1] for row in rows]
    facts = {
        "seed": options.seed,
        "trained_on": len(images),
        "passes": options.passes,
        "best_pass": 1 + max(range(len(rows)), key=lambda i: (held_out_accuracies[i], i)),
        "precision": options.precision,
        "threads": options.threads,
        "parameters": sum(p.numel() for p in network.parameters()),
        "held_out_accuracy": accuracy(network, held_out),
        "test_accuracy": tested(network),
        "held_out_accuracy_by_pass": held_out_accuracies,
        "seconds": round(sum(row[2] for row in rows), 1),
    }
    save_weights(network, options.out, **facts)
    state.unlink()
    print(f"{options.out}: {facts}")


if __name__ == "__main__":
    main()
