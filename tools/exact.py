"""The lectures on the game in closed form, run where PyTorch is not installed: python tools/exact.py.

Makes a small environment in .venv-exact the first time (which needs the network; the versions are those of
the requirements), and executes there, under GANCOURSE_PROFILE=ci, those of the lectures LECTURES that exist.
A lecture fails if a cell does, or if PyTorch can be imported.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import setup

__all__ = ["LECTURES", "NEEDED", "check", "main", "pins", "set_up", "sources"]

ROOT = Path(__file__).resolve().parents[1]
# the lectures that may need no PyTorch but for the cells that train
LECTURES = ("01", "02", "03", "04", "05", "06", "07", "08", "09")
# what they need, and what executes them; everything else comes along by itself
NEEDED = (
    "numpy", "scipy", "matplotlib", "pillow", "tqdm", "pooch", "platformdirs", "ipywidgets", "ipykernel",
    "nbclient", "jupytext",
)  # fmt: skip
PINNED_IN = ("requirements.txt", "requirements-test.txt")
ABSENT = "import importlib.util\n\nassert not importlib.util.find_spec('torch'), 'PyTorch can be imported'"


def sources(root=ROOT):
    """The sources of the lectures to run, in order."""
    found = sorted((Path(root) / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
    return [path for path in found if path.name[:2] in LECTURES]


def pins(root=ROOT):
    """What pip is asked for, as ``name==version``, from the requirements.

    Raises:
        ValueError: one of NEEDED is not pinned there.
    """
    lines = [line for name in PINNED_IN for line in (Path(root) / name).read_text("utf-8").splitlines()]
    known = {line.partition("==")[0].lower(): line for line in lines if re.match(r"[\w.-]+==", line)}
    missing = [name for name in NEEDED if name not in known]
    if missing:
        raise ValueError(f"requirements: expected a pinned version of {', '.join(missing)}")
    return [known[name] for name in NEEDED]


def set_up(root=ROOT, python=sys.executable, say=setup.tell):
    """Bring .venv-exact to what the requirements ask for; at once if it is there. The path of its Python.

    Raises:
        setup.Problem: with a sentence for a person.
    """
    venv = os.path.join(root, ".venv-exact")
    inside, stamp = setup.venv_python(venv), os.path.join(venv, "gancourse-setup.json")
    wanted = {
        "base": f"{sys.version_info[0]}.{sys.version_info[1]} {sys.platform} {os.path.abspath(root)}",
        "pins": pins(root),
        "constraints": setup.fingerprint(root, ["constraints.txt"]),
    }
    if setup.read_stamp(stamp) == wanted and os.path.exists(inside):
        return inside
    setup.require_venv_module(python)
    say("Making an environment without PyTorch in .venv-exact (300 MB, once) ...")
    setup.run([python, "-m", "venv", "--clear", venv], root, "test")
    setup.run([*setup.pip_install(inside), "-c", "constraints.txt", *wanted["pins"]], root, "test")
    setup.write_stamp(stamp, wanted)
    return inside


def check(source, folder):
    """Execute a lecture in this Python's environment; the reason why it fails, or an empty text."""
    import lecture  # which is of the small environment
    import nbformat

    notebook = lecture.parse(source.read_text(encoding="utf-8"))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(ABSENT))
    try:
        lecture.execute(notebook, folder=folder)
    except lecture.Failure as failure:
        return str(failure)
    return ""


def _inside():
    started, failed, found = time.monotonic(), 0, sources()
    for source in found:
        begun = time.monotonic()
        reason = check(source, ROOT / "notebooks")
        failed += bool(reason)
        took = f"{time.monotonic() - begun:.1f} s"
        print(f"{source.stem}: {f'FAILED{chr(10)}{reason}' if reason else 'runs without PyTorch'}, {took}")
    counts = f"{failed} failed, " if failed else ""
    print(f"{counts}{len(found) - failed} passed in {time.monotonic() - started:.1f}s", flush=True)
    return 1 if failed or not found else 0


def main(arguments):
    """Set up and run; the exit code."""
    if arguments == ["--inside"]:
        return _inside()
    try:
        python = set_up()
    except setup.Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    env = dict(os.environ, GANCOURSE_PROFILE="ci", GANCOURSE_PROGRESS="", PYTHONPATH=str(ROOT))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        env.setdefault(name, "1")
    return subprocess.run([python, __file__, "--inside"], cwd=ROOT, env=env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
