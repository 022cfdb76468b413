"""How much to compute here, and whether anything can be trained."""

import importlib.util

import pytest

from gancourse import budget, has_torch, profile


@pytest.mark.parametrize("name", ["ci", "cpu", "gpu"])
def test_the_variable_decides(monkeypatch, name):
    monkeypatch.setenv("GANCOURSE_PROFILE", name)
    assert profile() == name
    assert budget(ci="ci", cpu="cpu", gpu="gpu") == name


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROFILE", "laptop")
    with pytest.raises(
        ValueError, match="GANCOURSE_PROFILE: expected one of 'ci', 'cpu', 'gpu', got 'laptop'"
    ):
        budget(ci=1, cpu=2, gpu=3)


def test_without_the_variable_the_machine_decides(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.delenv("GANCOURSE_PROFILE", raising=False)
    for there, name in [(True, "gpu"), (False, "cpu")]:
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert profile() == name


def test_without_torch_a_training_cell_says_so(monkeypatch, capsys):
    assert has_torch() is (importlib.util.find_spec("torch") is not None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    capsys.readouterr()
    assert has_torch("This button trains a network") is False
    said = capsys.readouterr().out
    assert (
        said
        == "This button trains a network: it needs PyTorch, which is not installed here, and was skipped.\n"
    )
