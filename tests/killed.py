"""A small real run in a process of its own, to be killed: killed.py KIND FOLDER STEPS [MOMENT N]."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import torch

from gancourse import checkpoints
from gancourse.data import embedded_digits
from gancourse.densities import ring
from gancourse.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from gancourse.penalties import r1
from gancourse.training import train

# Moments within the writing of one checkpoint.
MOMENTS = (
    "half written",
    "before the flush",
    "before the first move",
    "between the moves",
    "before the last move",
    "before the clean-up",
)


def penalty(discriminator, real, fake):
    return r1(discriminator, real)


def run(kind, folder, steps):
    """(networks, history) of the run, resumed if it was begun."""
    torch.manual_seed(0)
    if kind == "toy":
        networks, sample = (MLPGenerator(), MLPDiscriminator()), ring(std=0.1).sample
        options = {"batch": 64, "checkpoint_every": 5, "watch_every": 10}
    else:
        networks, sample = (DCGANGenerator(width=4), DCGANDiscriminator(width=4)), embedded_digits().sample
        options = {"batch": 16, "checkpoint_every": 3, "watch_every": 5, "penalty": penalty}
    history = train(
        *networks,
        sample,
        steps=steps,
        average=0.99,
        checkpoint=Path(folder) / "run",
        resume=True,
        watch=lambda t, g, d: g(g.noise(4)),
        device="cpu",
        threads=1,
        progress=False,
        **options,
    )
    return networks, history


def result_of(networks, history):
    """Digests of every number that the run brought: weights, average, losses, what was watched."""
    tensors = [*networks[0].state_dict().values(), *networks[1].state_dict().values()]
    averaged, watched = history.averaged_generator.state_dict().values(), [x for _, x in history.watched]
    digests = {}
    for name, values in {"weights": tensors, "averaged": averaged, "watched": watched}.items():
        digests[name] = hashlib.sha256(b"".join(v.detach().numpy().tobytes() for v in values)).hexdigest()
    losses = [history.discriminator_loss.tolist(), history.generator_loss.tolist(), history.step.tolist()]
    return {**digests, "losses": losses, "at": [t for t, _ in history.watched]}


def result(folder):
    """What a run wrote when it was done."""
    return json.loads((Path(folder) / "result.json").read_text())


def start(kind, folder, *, steps, aim=None):
    """The run as a process; with ``aim``, a moment and a number n, it kills itself there in checkpoint n."""
    command = [sys.executable, __file__, kind, str(folder), str(steps), *map(str, aim or ())]
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})


def kill_at(moment, n):
    """Let this process be killed at a moment of its n-th checkpoint, without a chance to clean up."""
    real_save, real_replace, real_fsync, count = (
        checkpoints.save_checkpoint, os.replace, os.fsync, {"save": 0, "move": 0},
    )  # fmt: skip

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def due():
        return count["save"] == n

    def save(*arguments, **keywords):
        count["save"], count["move"] = count["save"] + 1, 0
        return real_save(*arguments, **keywords)

    def replace(source, target):
        last = Path(target).name == "checkpoint.json"
        if due() and moment == "before the first move" and count["move"] == 0:
            die()
        if due() and moment == "between the moves" and count["move"] == 1:
            die()
        if due() and moment == "before the last move" and last:
            die()
        count["move"] += 1
        real_replace(source, target)

    def fsync(descriptor):
        if due() and moment == "before the flush":
            die()
        real_fsync(descriptor)

    class Half:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            if due() and moment == "half written":
                self.file.write(data[: len(data) // 2])
                self.file.flush()
                die()
            return self.file.write(data)

    def remove(path, real=checkpoints._remove):
        if due() and moment == "before the clean-up" and path.suffix == ".safetensors":
            die()
        real(path)

    import gancourse._run

    gancourse._run.save_checkpoint = save
    os.replace, os.fsync, checkpoints._remove = replace, fsync, remove
    checkpoints.open = lambda path, mode: Half(open(path, mode)) if "w" in mode else open(path, mode)


def main():
    kind, folder, steps, *aim = sys.argv[1:]
    if aim:
        kill_at(aim[0], int(aim[1]))
    found = result_of(*run(kind, folder, int(steps)))
    (Path(folder) / "result.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
