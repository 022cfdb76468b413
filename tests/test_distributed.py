"""Two processes give the numbers of one, whatever the loss; one writes; a run goes on with another number."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import several
import torch
from safetensors.numpy import load_file

from gancourse._lock import alone
from gancourse.checkpoints import load_checkpoint
from gancourse.distributed import Processes, join

ALIKE = ["plain", "gradient_penalty", "relativistic", "noisy"]
OTHERS = ["step", "batch_norm", "still", "broken", "plain:begun", "plain:resumed"]
REFUSED = ["plain:odd", "plain:held"]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder into which two gloo processes, started by torchrun, wrote what they got."""
    folder = tmp_path_factory.mktemp("two")
    several.run("plain", folder / "resumed", steps=6)
    names = [*ALIKE, *OTHERS, *REFUSED, "plain:interrupted"]
    script = str(Path(several.__file__))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    with alone(folder / "held"):
        done = subprocess.run(
            [*command, str(folder), *names], env=env, capture_output=True, text=True, timeout=280
        )
    assert done.returncode == 0, done.stderr
    return folder


def found(folder, name, rank=0):
    return load_file(folder / f"{name}.{rank}.safetensors")


def assert_close(got, expected, tolerance):
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("name", ALIKE)
def test_two_processes_give_the_losses_weights_and_samples_of_one(two, name):
    """Several discriminator steps, second derivatives, pairs, an average, dropout: in float64, to 1e-6."""
    expected = several.numbers(*several.run(name))
    assert_close(found(two, name), expected, 1e-6)
    assert len(expected["step"]) == 12 and np.ptp(expected["D"]) > 1e-3  # something was learned


@pytest.mark.parametrize("name", [*ALIKE, "step", "batch_norm", "still"])
def test_both_processes_hold_the_same_weights_and_the_first_alone_watches(two, name):
    """Batch norm's running averages included."""
    first, second = found(two, name), found(two, name, rank=1)
    assert {key for key in first if key not in second} == {f"watched.{t}" for t in (0, 4, 8, 12)}
    assert all((first[key] == second[key]).all() for key in second)


def test_batch_norm_normalises_within_a_process_and_averages_its_running_means(two):
    # Weights that stand still: what the first norm of D sees is then the same, however it is divided.
    expected, got = several.numbers(*several.run("still")), found(two, "still")
    for name in ("norm1.running_mean", "norm2.running_mean", "norm1.running_var"):
        alike = np.allclose(got[f"1.layers.{name}"], expected[f"1.layers.{name}"], rtol=1e-9, atol=1e-12)
        # The mean of halves' means is the mean; their variances lack that between the halves.
        assert alike == (name == "norm1.running_mean"), name
    assert not np.allclose(got["D"], expected["D"], rtol=1e-6)


def test_a_run_of_two_goes_on_as_one(two, tmp_path):
    expected = several.numbers(*several.run("plain"))
    assert load_checkpoint(two / "begun")[0] == 6
    got = several.numbers(*several.run("plain", two / "begun", resume=True))
    assert_close(got, expected, 1e-6)


def test_a_run_of_one_goes_on_as_two(two):
    assert_close(found(two, "plain:resumed"), several.numbers(*several.run("plain")), 1e-6)


def test_checkpoints_are_written_once(two):
    names = sorted(path.name.split("-")[0] for path in (two / "begun").iterdir())
    assert names == ["checkpoint.json", "previous.json", "run.lock", "step", "step"]


def test_ctrl_c_in_one_stops_both_after_the_same_step(two):
    for rank in (0, 1):
        assert found(two, "plain:interrupted", rank)["step"].tolist() == [1, 2, 3]


def test_a_loss_that_breaks_in_one_stops_both(two):
    for rank in (0, 1):
        message = (two / f"broken.{rank}.txt").read_text()
        assert message.startswith("TrainingDiverged: the discriminator's loss is nan at step 4")


@pytest.mark.parametrize("rank", [0, 1])
def test_what_cannot_be_done_is_an_error_in_both(two, rank):
    message = (two / f"plain:odd.{rank}.txt").read_text()
    assert message == "ValueError: batch: expected a multiple of 2, the number of processes, got 15"
    message = (two / f"plain:held.{rank}.txt").read_text()
    assert f"held by process {os.getpid()}" in message


def test_stacks_and_steps_with_networks_of_their_own_are_refused():
    generator, discriminator = several.toys()
    arguments = {"batch": 8, "step": None, "generator": generator}

    class WithAState:
        def state_dict(self):
            return {}

    with pytest.raises(ValueError, match="step: expected a step without networks of its own"):
        Processes(2, 0).check({**arguments, "step": WithAState()})
    generator.members = 3
    with pytest.raises(ValueError, match="generator: expected one network"):
        Processes(2, 0).check(arguments)
    Processes().check(arguments)


def test_alone_there_is_one_process_and_nothing_is_started(monkeypatch):
    processes = join(torch.device("cpu"))
    assert (processes.size, processes.first) == (1, True)
    monkeypatch.setenv("WORLD_SIZE", "4")  # another scheduler's, without an address to meet at
    assert join(torch.device("cpu")).size == 1
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_draws_are_parts_of_those_for_the_whole_batch(rank):
    def drawn(n):
        torch.manual_seed(3)
        x = torch.zeros(n, 2, dtype=torch.float64)
        return [
            torch.rand(n, 1, 1),
            torch.randn((n, 2), dtype=torch.float64),
            torch.randn(size=(n,)),
            torch.rand_like(x),
            torch.randint(10, (n,)),
            torch.randint(3, 9, size=(n, 2)),
            torch.nn.functional.dropout(x + 1, 0.5),
            torch.nn.Dropout(0.2)(x + 1),
            torch.nn.functional.dropout(x, 0.5, training=False),
            torch.randn(n, generator=torch.Generator().manual_seed(n)),
        ]

    whole = drawn(12)
    processes = Processes(3, rank)
    with processes.draws:
        mine = drawn(4)
        with processes.draws.off():
            assert torch.equal(drawn(12)[0], whole[0])
    for a, b in zip(mine[:-1], whole[:-1], strict=True):
        assert a.dtype == b.dtype and torch.equal(a, b[4 * rank : 4 * rank + 4])
    assert torch.equal(mine[-1], drawn(4)[-1])
