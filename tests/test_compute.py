"""Devices and threads are chosen in one place, and the choice can be overridden."""

import os

import pytest
import torch

from gancourse import compute
from gancourse.models import DCGANGenerator, MLPGenerator


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("GANCOURSE_DEVICE", raising=False)
    monkeypatch.delenv("GANCOURSE_THREADS", raising=False)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_without_a_gpu_the_device_is_the_cpu(no_gpu):
    assert compute.choose_device() == torch.device("cpu")


def test_cuda_is_preferred_to_mps_and_mps_to_the_cpu(monkeypatch, no_gpu):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert compute.choose_device() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert compute.choose_device() == torch.device("cuda")


def test_toys_stay_on_the_cpu_unless_asked(two_gpus):
    assert compute.choose_device(size=99_999) == torch.device("cpu")
    assert compute.choose_device(size=100_000) == torch.device("cuda")
    assert compute.choose_device(size=MLPGenerator()) == torch.device("cpu")
    assert compute.choose_device("cuda", size=10) == torch.device("cuda")


def test_the_environment_beats_the_machine_and_the_argument_beats_both(two_gpus, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DEVICE", "cuda:1")
    assert compute.choose_device(size=10) == torch.device("cuda:1")
    assert compute.choose_device(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:5", "mps", "abacus", 3.5])
def test_a_device_that_is_not_there_is_an_error_that_lists_those_that_are(name, no_gpu, monkeypatch):
    with pytest.raises(ValueError, match=r"device: expected .*available here: cpu, got"):
        compute.choose_device(name)
    monkeypatch.setenv("GANCOURSE_DEVICE", str(name))
    with pytest.raises(ValueError, match="GANCOURSE_DEVICE"):
        compute.choose_device()


def test_cuda_0_is_cuda(two_gpus):
    assert compute.choose_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(ValueError, match="cuda, cuda:1, cpu"):
        compute.choose_device("cuda:2")


def test_one_thread_for_toys_and_the_cores_for_the_rest(monkeypatch):
    monkeypatch.setattr(compute, "_cores", lambda: 7)
    assert compute.choose_threads(MLPGenerator()) == 1
    assert compute.choose_threads(DCGANGenerator(width=64)) == 7
    assert (compute.choose_threads(99_999), compute.choose_threads(100_000)) == (1, 7)


def test_threads_can_be_set_by_the_environment_and_by_the_argument(monkeypatch):
    monkeypatch.setenv("GANCOURSE_THREADS", "3")
    assert compute.choose_threads(10) == compute.choose_threads(10**7) == 3
    assert compute.choose_threads(10, threads=2) == 2


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_bad_thread_counts_are_errors(value, monkeypatch):
    monkeypatch.setenv("GANCOURSE_THREADS", value)
    with pytest.raises(ValueError, match="GANCOURSE_THREADS: expected a whole number"):
        compute.choose_threads(10)
    with pytest.raises(ValueError, match="threads: expected a whole number"):
        compute.choose_threads(10, threads=0)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity to set")
def test_cores_count_the_affinity_of_the_process():
    before = os.sched_getaffinity(0)
    assert 1 <= compute._cores() <= len(before)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert compute._cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_threads_are_put_back_even_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), compute.threads(before + 1) as n:
        assert torch.get_num_threads() == n == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
