"""How much to compute here."""

import pytest

from gancourse import budget, profile


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
