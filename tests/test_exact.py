"""The run of the exact lectures without PyTorch: what it installs, what it runs, what it refuses."""

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def exact(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("exact")


def test_its_environment_is_pinned_and_holds_no_torch(exact):
    pins = exact.pins()
    assert all("==" in pin for pin in pins) and len(pins) == len(exact.NEEDED)
    assert not [pin for pin in pins if pin.startswith(("torch", "safetensors", "scikit"))]


def test_a_need_that_is_not_pinned_is_named(exact, tmp_path):
    for name in exact.PINNED_IN:
        (tmp_path / name).write_text("numpy==2.4.6\n")
    with pytest.raises(ValueError, match="expected a pinned version of scipy, matplotlib"):
        exact.pins(tmp_path)


def test_it_runs_those_of_the_part_that_exist(exact, tmp_path):
    folder = tmp_path / "notebooks" / "source"
    folder.mkdir(parents=True)
    for name in ("00_start", "03_three", "02_two", "11_dynamics", "15_digits", "demos"):
        (folder / f"{name}.py").write_text("")
    assert [path.stem for path in exact.sources(tmp_path)] == ["02_two", "03_three"]
    assert [path.stem[:2] for path in exact.sources()]


def test_it_is_installed_once(exact, tmp_path, monkeypatch):
    for name in (*exact.PINNED_IN, "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    ran = []

    def run(command, root, level):
        ran.append(command)
        inside = Path(exact.setup.venv_python(str(tmp_path / ".venv-exact")))
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_text("")

    monkeypatch.setattr(exact.setup, "run", run)
    for _ in range(2):
        exact.set_up(tmp_path, say=lambda text: None)
    assert len(ran) == 2 and ran[0][1:4] == ["-m", "venv", "--clear"]
    assert ran[1][-len(exact.NEEDED) :] == exact.pins()
    (tmp_path / "constraints.txt").write_text("another\n")
    exact.set_up(tmp_path, say=lambda text: None)
    assert len(ran) == 4


def test_where_torch_can_be_imported_a_lecture_fails(exact, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setenv("GANCOURSE_PROFILE", "ci")
    source = tmp_path / "02_two.py"
    source.write_text("# %%\nprint(1)\n")
    assert "PyTorch can be imported" in exact.check(source, tmp_path)


def test_a_cell_that_fails_is_reported(exact, tmp_path, monkeypatch):
    monkeypatch.setattr(exact, "ABSENT", "pass")
    source = tmp_path / "02_two.py"
    source.write_text("# %%\n1 / 0\n")
    assert "ZeroDivisionError" in exact.check(source, tmp_path)
    source.write_text("# %%\n1 / 1\n")
    assert exact.check(source, tmp_path) == ""


def test_it_is_a_part_of_what_ci_runs(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    checks = importlib.import_module("checks")
    assert "exact" in checks.DEFAULT
    assert checks.PARTS["exact"] == [[sys.executable, "tools/exact.py"]]
