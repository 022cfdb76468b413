"""Killed, out of space, damaged, run twice: a run goes on from a whole checkpoint, or says what is wrong."""

import errno
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import killed
import numpy as np
import pytest
import torch

from gancourse import checkpoints
from gancourse._lock import alone
from gancourse.checkpoints import load_checkpoint, save_checkpoint
from gancourse.densities import ring
from gancourse.models import MLPDiscriminator, MLPGenerator
from gancourse.objectives import OBJECTIVES
from gancourse.training import CheckpointNotWritten, TrainingDiverged
from gancourse.training import train as train_loudly

DATA = ring(modes=8)


def train(*arguments, **keywords):
    return train_loudly(*arguments, **{"progress": False, "threads": 1, "device": "cpu", **keywords})


def toys():
    torch.manual_seed(0)
    return MLPGenerator(width=8), MLPDiscriminator(width=8)


def numbers(*networks):
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


# Killed


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
@pytest.mark.parametrize("aim", [("half written", 3), ("between the moves", 4)])
def test_a_run_killed_while_it_writes_a_checkpoint_goes_on_to_the_same_numbers(tmp_path, aim):
    """Twenty kills at random moments, of toys and of a DCGAN: test_long."""
    whole = killed.run("toy", tmp_path / "whole", steps=40)
    assert killed.start("toy", tmp_path / "cut", steps=40, aim=aim).wait(120) == -9
    done, _ = load_checkpoint(tmp_path / "cut" / "run")
    assert 0 < done < 40
    assert killed.start("toy", tmp_path / "cut", steps=40).wait(120) == 0
    assert killed.result(tmp_path / "cut") == killed.result_of(*whole)


# A full disk


def full(monkeypatch, when, message="No space left on device"):
    """Let the disk be full where ``when(path)``: half of the bytes are written, then comes the error."""
    real_open = open

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
            self.file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, message)

    def opening(path, mode="r", *more):
        file = real_open(path, mode, *more)
        return Half(file) if "w" in mode and when(Path(path)) else file

    monkeypatch.setattr(checkpoints, "open", opening, raising=False)


def test_on_a_full_disk_the_run_goes_on_and_tries_again(tmp_path, monkeypatch):
    step = []
    full(monkeypatch, lambda path: step[-1] in (4, 6))
    networks, expected = toys(), toys()
    whole = train(*expected, DATA.sample, steps=10)
    with pytest.warns(UserWarning, match="could not be written") as warned:
        watch = {"watch": lambda t, g, d: step.append(t), "watch_every": 1}
        history = train(*networks, DATA.sample, steps=10, checkpoint=tmp_path, checkpoint_every=2, **watch)
    assert len(warned) == 2
    message = str(warned[0].message)
    assert str(tmp_path) in message and "checkpoint of step 4" in message and "No space left" in message
    assert "That of step 2 is whole: training goes on, and tries again in 2 steps" in message
    assert "That of step 2 is whole" in str(warned[1].message) and warned[0].filename == __file__
    assert history.discriminator_loss.tolist() == whole.discriminator_loss.tolist()
    assert same(numbers(*networks), numbers(*expected))
    assert load_checkpoint(tmp_path)[0] == 10
    assert not list(tmp_path.glob("*.partial"))
    kept = json.loads((tmp_path / "previous.json").read_text())["content"]["step"]
    assert kept == 8


@pytest.mark.parametrize("name", ["step-", "checkpoint.json"])
def test_a_last_checkpoint_that_cannot_be_written_is_an_error_with_the_history(tmp_path, monkeypatch, name):
    step = []
    full(monkeypatch, lambda path: step[-1] == 10 and path.name.startswith(name))
    networks, expected = toys(), toys()
    watch = {"watch": lambda t, g, d: step.append(t), "watch_every": 1, "checkpoint_every": 4}
    whole = train(*expected, DATA.sample, steps=10)
    with pytest.raises(
        CheckpointNotWritten, match="step 10 could not be written.*That of step 8 is whole"
    ) as e:
        train(*networks, DATA.sample, steps=10, checkpoint=tmp_path, **watch)
    assert isinstance(e.value, OSError) and e.value.history.completed == 10
    assert same(numbers(*networks), numbers(*expected)) and load_checkpoint(tmp_path)[0] == 8
    monkeypatch.undo()
    history = train(*toys(), DATA.sample, steps=10, checkpoint=tmp_path, resume=True, **watch)
    assert history.generator_loss.tolist() == whole.generator_loss.tolist()


def test_a_first_checkpoint_that_cannot_be_written_stops_before_the_first_step(tmp_path, monkeypatch):
    full(monkeypatch, lambda path: True)
    drawn = []
    with pytest.raises(CheckpointNotWritten, match="step 0 could not be written.*or use another folder"):
        train(*toys(), drawn.append, steps=10, checkpoint=tmp_path)
    assert not drawn


def test_interrupted_on_a_full_disk_is_an_error_with_the_history(tmp_path, monkeypatch):
    calls = []

    def sample(n, rng):
        calls.append(n)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return DATA.sample(n, rng)

    full(monkeypatch, lambda path: len(calls) == 5)
    with pytest.raises(CheckpointNotWritten, match="step 4 could not be .*That of step 3 is whole") as error:
        train(*toys(), sample, steps=9, checkpoint=tmp_path, checkpoint_every=3)
    assert error.value.history.step.tolist() == [1, 2, 3, 4] and error.value.history.stopped == "interrupted"


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounts a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    """A file system of 1 MiB in memory, in a name space of its own."""
    code = f"""
        import os, sys, warnings
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_faults as t
        step = []
        def watch(now, g, d):
            if now == 6:
                with open("disk/fill", "wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(4096))
                    except OSError as error:
                        assert error.errno == 28
            if now == 10:
                os.unlink("disk/fill")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            t.train(*t.toys(), t.DATA.sample, steps=12, checkpoint="disk/run", checkpoint_every=2,
                    watch=watch, watch_every=1)
        print([str(w.message) for w in warned if "could not" in str(w.message)])
        print(t.load_checkpoint("disk/run")[0], sorted(os.listdir("disk/run")))
    """
    (tmp_path / "disk").mkdir()
    (tmp_path / "code.py").write_text(textwrap.dedent(code))
    mounted = "mount -t tmpfs -o size=1m none disk && exec " + sys.executable + " code.py"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounted], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("no mounting here")
    assert done.returncode == 0, done.stderr
    warned, last = done.stdout.splitlines()
    assert warned.count("No space left on device") == 2 and warned.count("That of step 4 is whole") == 2
    assert last.startswith("12 ") and ".partial" not in last


# Damage


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)


def newest(folder):
    content = json.loads((folder / "checkpoint.json").read_text())["content"]
    return folder / content["tensors"]


def cut_json(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("which", ["tensors", "index", "missing"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_gives_the_same_numbers(tmp_path, which):
    expected, networks = toys(), toys()
    whole = train(*expected, DATA.sample, steps=12, average=0.9)
    options = {"checkpoint": tmp_path, "checkpoint_every": 3, "average": 0.9}
    train(*toys(), DATA.sample, steps=8, **options)
    path = tmp_path / "checkpoint.json" if which == "index" else newest(tmp_path)
    {"tensors": flip_a_bit, "index": cut_json, "missing": Path.unlink}[which](path)
    with pytest.warns(UserWarning) as warned:
        history = train(*networks, DATA.sample, steps=12, resume=True, **options)
    (message,) = [str(w.message) for w in warned]
    assert str(path) in message and message.endswith("; the one before it, of step 6, is used")
    assert same(numbers(*networks), numbers(*expected))
    assert history.discriminator_loss.tolist() == whole.discriminator_loss.tolist()
    assert load_checkpoint(tmp_path)[0] == 12


def test_a_damaged_one_does_not_push_out_the_whole_one_before_it(tmp_path):
    for step in (1, 2):
        save_checkpoint(tmp_path, {"x": torch.full((3,), float(step))}, step=step)
    flip_a_bit(newest(tmp_path))
    save_checkpoint(tmp_path, {"x": torch.full((3,), 3.0)}, step=3)
    flip_a_bit(newest(tmp_path))
    with pytest.warns(UserWarning, match="of step 1, is used"):
        assert load_checkpoint(tmp_path)[1]["x"].tolist() == [1.0] * 3


def test_when_both_are_damaged_the_error_names_both(tmp_path):
    for step in (1, 2):
        save_checkpoint(tmp_path, {"x": torch.full((3,), float(step))}, step=step)
    paths = list(tmp_path.glob("*.safetensors"))
    for path in paths:
        flip_a_bit(path)
    with pytest.raises(ValueError, match="Copy .* back from a backup, or delete that folder") as error:
        load_checkpoint(tmp_path)
    assert len(paths) == 2 and all(str(path) in str(error.value) for path in paths)


def test_a_new_run_leaves_nothing_of_the_one_before_it(tmp_path):
    train(*toys(), DATA.sample, steps=4, checkpoint=tmp_path, checkpoint_every=2)
    with pytest.raises(TrainingDiverged):  # in its first step
        train(*toys(), lambda n, rng: np.full((n, 2), np.nan), steps=4, checkpoint=tmp_path)
    assert load_checkpoint(tmp_path)[0] == 0
    flip_a_bit(newest(tmp_path))
    with pytest.raises(ValueError, match="expected a whole checkpoint"):
        load_checkpoint(tmp_path)


# Two at once


def test_a_second_run_into_one_folder_is_refused(tmp_path):
    inside, go_on, errors = threading.Event(), threading.Event(), []

    def watch(t, g, d):
        inside.set()
        go_on.wait(60)

    first = threading.Thread(
        target=lambda: train(*toys(), DATA.sample, steps=3, checkpoint=tmp_path, watch=watch)
    )
    first.start()
    try:
        assert inside.wait(60)
        for resume in (False, True):
            with pytest.raises(ValueError, match="checkpoint: expected a folder that no other run") as error:
                train(*toys(), DATA.sample, steps=3, checkpoint=tmp_path, resume=resume)
            errors.append(str(error.value))
    finally:
        go_on.set()
        first.join()
    assert all(f"held by process {os.getpid()} on " in message for message in errors)
    assert load_checkpoint(tmp_path)[0] == 3  # the first was not disturbed
    train(*toys(), DATA.sample, steps=4, checkpoint=tmp_path, resume=True, watch=watch)


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_killed_run_holds_nothing_and_a_living_one_in_another_process_does(tmp_path):
    code = f"from gancourse._lock import alone\nwith alone({str(tmp_path)!r}):\n    print('in', flush=True)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code + "    input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "in\n"
    with pytest.raises(ValueError, match=f"held by process {process.pid} on "), alone(tmp_path):
        pass
    process.kill()
    process.communicate()
    with alone(tmp_path):
        assert f"process {os.getpid()}" in (tmp_path / "run.lock").read_text()


def test_an_error_gives_the_folder_back(tmp_path):
    with pytest.raises(TrainingDiverged):
        train(*toys(), lambda n, rng: np.full((n, 2), np.nan), steps=2, checkpoint=tmp_path)
    with alone(tmp_path):
        pass


def test_without_locks_a_warning_says_so(tmp_path, monkeypatch):
    def lock(descriptor):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("gancourse._lock._lock", lock)
    with pytest.warns(UserWarning, match="has no locks .*nothing keeps a second run out"), alone(tmp_path):
        pass


# Divergence


class Grows:
    """The discriminator's loss grows by a fifth a step, and is no number in the 61st."""

    def __init__(self):
        self.steps = 0

    def discriminator(self, real_logits, fake_logits):
        self.steps += 1
        loss = OBJECTIVES["non_saturating"].discriminator(real_logits, fake_logits)
        return loss * (1.2**self.steps if self.steps <= 60 else float("nan"))

    def generator(self, fake_logits, real_logits=None):
        return OBJECTIVES["non_saturating"].generator(fake_logits)


def test_a_run_that_diverges_says_what_was_the_matter_before():
    with pytest.raises(TrainingDiverged, match="the discriminator's loss is nan at step 61") as error:
        train(*toys(), DATA.sample, Grows(), steps=100)
    assert error.value.diagnosis.verdict == "diverged" and error.value.diagnosis.remedies
    assert "Before that the run was diagnosed as: diverged: a loss has" in str(error.value)
    assert str(error.value).count("times its size at the start") == 1


def test_a_run_that_diverges_out_of_the_blue_is_not_given_a_verdict():
    with pytest.raises(TrainingDiverged) as error:
        train(*toys(), lambda n, rng: np.full((n, 2), np.nan), steps=5)
    assert error.value.diagnosis.verdict == "still training"
    assert "diagnosed" not in str(error.value)
