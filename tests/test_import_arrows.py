"""Exact below, learned above: the exact layer imports no torch, quickly; nothing imports a notebook."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gancourse

PACKAGE = Path(gancourse.__file__).parent
EXACT = ["densities", "game", "divergences", "dynamics", "metrics", "data", "profile"]
LEARNED = ["models", "objectives", "penalties", "methods", "features", "pretrained", "training"]
ABOVE = ["demos", "exercises", "lab", "teach", "plots", "questions", "recipes", "runs"]


def files(name):
    folder = PACKAGE / name
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]


def present(names):
    return [name for name in names if all(path.exists() for path in files(name))]


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    """Every module that the file imports, wherever in it: at the top, in a function, under a condition."""
    package = path.relative_to(PACKAGE.parent).parent.parts if path.is_relative_to(PACKAGE) else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(module, names):
    return any(module == name or module.startswith(f"{name}.") for name in names)


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def exact_modules():
    modules = ["gancourse", *(f"gancourse.{name}" for name in present(EXACT))]
    for name in present(EXACT):
        modules += [module_name(path) for path in files(name)]
    return list(dict.fromkeys(modules))


def test_the_exact_layer_is_there():
    assert {"densities", "game", "divergences", "metrics"} <= set(present(EXACT))


@pytest.mark.parametrize("module", exact_modules())
def test_exact_modules_import_no_torch(module):
    loaded = run(
        f"import {module}, sys; print(' '.join(m for m in sys.modules if m.split('.')[0] == 'torch'))"
    )
    assert loaded == "", f"import {module} brings torch"


@pytest.mark.parametrize("name", present(EXACT))
def test_exact_modules_never_name_learned_ones(name):
    forbidden = [f"gancourse.{other}" for other in LEARNED + ABOVE]
    if name != "profile":  # which asks torch, inside a function, whether there is a GPU
        forbidden.append("torch")
    for path in files(name):
        bad = [module for module in imports(path) if within(module, forbidden)]
        assert not bad, f"{path.name} imports {bad}"


@pytest.mark.parametrize("name", present(LEARNED))
def test_learned_modules_do_not_reach_up(name):
    forbidden = [f"gancourse.{other}" for other in ("demos", "exercises", "lab", "teach", "questions")]
    for path in files(name):
        bad = [module for module in imports(path) if within(module, forbidden)]
        assert not bad, f"{path.name} imports {bad}"


def test_a_demo_of_an_exact_thing_imports_no_torch():
    learned = ["torch", *(f"gancourse.{name}" for name in LEARNED)]
    exact = [path for path in files("demos") if not any(within(module, learned) for module in imports(path))]
    code = f"import sys\nfor m in {[module_name(path) for path in exact]}:\n    __import__(m)\n"
    assert run(code + "print('torch' in sys.modules)") == "False"


def test_nothing_imports_a_notebook():
    places = [*PACKAGE.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]
    for path in places:
        bad = [m for m in imports(path) if within(m, ["notebooks", "nbimporter", "import_ipynb", "importnb"])]
        assert not bad, f"{path.name} imports {bad}"


def test_the_check_sees_every_kind_of_import(tmp_path):
    path = tmp_path / "probe.py"
    path.write_text(
        "import a.b as c\nfrom d import e\ndef f():\n    if 1:\n        from torch.nn import Linear\n"
    )
    assert {"a.b", "d", "d.e", "torch.nn", "torch.nn.Linear"} == set(imports(path))
    assert within("torch.nn", ["torch"]) and not within("torchvision", ["torch"])


def test_the_exact_layer_is_quick_to_import():
    ours = ", ".join(f"gancourse.{name}" for name in present(EXACT))
    # first which parts of NumPy and SciPy it needs; then its own cost once they are there
    roots = "('numpy', 'scipy')"
    listed = run(f"import {ours}, sys\nprint(' '.join(m for m in sys.modules if m.split('.')[0] in {roots}))")
    code = (
        f"import importlib, time\nfor m in {listed.split()!r}:\n"
        "    try:\n        importlib.import_module(m)\n    except ImportError:\n        pass\n"
        f"start = time.perf_counter()\nimport {ours}\nprint(time.perf_counter() - start)"
    )
    seconds = min(float(run(code)) for _ in range(3))
    assert seconds < 0.5, f"{seconds:.2f} s beyond NumPy and SciPy"
