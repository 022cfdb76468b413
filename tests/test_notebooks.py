"""Lectures and their sources are in step; building is repeatable and refuses what is broken."""

import importlib
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))


@pytest.fixture(scope="module")
def tools():
    """The modules of tools/: ``notebooks`` and ``lecture``."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield types.SimpleNamespace(
            notebooks=importlib.import_module("notebooks"), lecture=importlib.import_module("lecture")
        )
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A function that writes a source, and the folders of a clone around it."""
    monkeypatch.setenv("GANCOURSE_PROFILE", "ci")
    (tmp_path / "notebooks" / "source").mkdir(parents=True)

    def put(name, text):
        source = tmp_path / "notebooks" / "source" / f"{name}.py"
        source.write_text(text)
        return source, tmp_path / "notebooks" / f"{name}.ipynb"

    put.root = tmp_path
    return put


GOOD = """# %% [markdown]
# # 90 · Trial

# %%
import os
import warnings

import ipywidgets as widgets

warnings.warn("a folder of this machine is in this warning's first line", stacklevel=1)
print(os.getcwd(), os.environ["GANCOURSE_PROFILE"])
print("a\\rb")
slider = widgets.FloatSlider(description="mean")
widgets.VBox([slider, widgets.HTML("words")])

# %% tags=["raises-exception"]
object().missing

# %%
print("end")
object()
"""


def test_there_are_lectures():
    assert SOURCES


def test_every_notebook_is_in_step_with_its_source(tools):
    assert tools.notebooks.problems(ROOT) == []


def test_the_gallery_keeps_pictures_and_no_widgets(tools):
    """However many demos there are, its notebook stays small: it is run, and not read."""
    notebook = nbformat.read(ROOT / "notebooks" / "demos.ipynb", as_version=4)
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    pictures = [data["image/png"] for data in shown if "image/png" in data]
    assert len(pictures) >= 3 and max(map(len, pictures)) < 80_000
    assert not [data for data in shown if tools.lecture.VIEW in data] and "widgets" not in notebook.metadata


def test_two_builds_are_the_same_file_and_hold_nothing_of_this_machine(tools, place, tmp_path):
    source, target = place("90_trial", GOOD)
    tools.notebooks.build(source, target)
    first = target.read_bytes()
    tools.notebooks.build(source, target)
    assert target.read_bytes() == first
    notebook = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(notebook)
    said = "".join(output.get("text", "") for output in notebook.cells[1].outputs)
    assert "notebooks ci" in said and "\nb\n" in said  # the kernel's folder and profile; a bar's last state
    for private in (
        str(ROOT),
        str(Path.home()) + os.sep,
        sys.prefix,
        "ipykernel_",
        " at 0x7",
        'execution": {',
    ):
        assert private not in first.decode(), private
    assert "version" not in notebook.metadata.language_info and "jupytext" not in notebook.metadata
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = notebook.cells[1].outputs[-1].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert models[shown]["state"]["children"][0].removeprefix("IPY_MODEL_") in models
    assert tools.notebooks.problems(place.root) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# %%\nx = 1\n\n# %%\n1 / 0\n", "(?s)CellExecutionError in cell .*1 / 0.*ZeroDivisionError"),
        ("# %%\nx = 1\n\n# %%\n# %nosuch 3\nprint(1)\n", "(?s) in cell .*%nosuch 3.*UsageError"),
        ("# %%\nimport os\n\nos._exit(1)\n", "(?s)DeadKernelError.*os._exit"),
        (
            "# %%\nimport random\n\nprint(str(random.random()) * 80_000)\n",
            r"(?s)at most 1,000,000.*str\(random",
        ),
        (
            "# %%\nimport ipywidgets as w\n\n\ndef f(x):\n    return 1 / (x - 7)\n\n\n"
            "demo = w.interactive(f, x=(0, 9))\ndemo.children[0].value = 7\ndemo\n",
            "(?s)an error in a widget's callback.*ZeroDivisionError",
        ),
    ],
)
def test_a_broken_lecture_is_refused_and_the_old_notebook_stays(tools, place, text, reason):
    source, target = place("91_broken", text)
    target.write_text("the old notebook")
    with pytest.raises(tools.lecture.Failure, match=reason):
        tools.notebooks.build(source, target)
    assert target.read_text() == "the old notebook"
    assert sorted(p.name for p in target.parent.iterdir()) == ["91_broken.ipynb", "source"]


def test_the_command_names_lecture_and_cell_and_fails(tools, place, capsys):
    place("91_broken", "# %%\n1 / 0\n")
    assert tools.notebooks.main(["91"], place.root) == 1
    said = capsys.readouterr().err
    assert "91_broken: CellExecutionError in cell" in said and "1 / 0" in said and "left as it was" in said
    assert tools.notebooks.main(["77"], place.root) == 2


def test_a_stub_is_written_into_source_and_notebook(tools, place, monkeypatch):
    stub = 'def f(x):\n    """Twice x."""\n    raise NotImplementedError("your answer goes here")\n'
    monkeypatch.setattr("gancourse.exercises.stub", lambda exercise_id: {"90.f": stub}[exercise_id])
    text = (
        '# %% [markdown]\n# About exercise:90.f\n\n# %% tags=["exercise:90.f"]\nold = 1\n\n# %%\nprint(f)\n'
    )
    source, target = place("90_trial", text)
    tools.notebooks.build(source, target)
    assert stub in source.read_text() and "old = 1" not in source.read_text()
    assert "About exercise:90.f" in source.read_text() and "print(f)" in source.read_text()
    assert nbformat.read(target, 4).cells[1].source == stub.rstrip()
    assert tools.notebooks.problems(place.root) == []
    monkeypatch.setattr("gancourse.exercises.stub", lambda exercise_id: stub.replace("Twice", "Three times"))
    assert any("a stub that is not its exercise's" in p for p in tools.notebooks.problems(place.root))


def test_an_unknown_exercise_is_told(tools, place):
    source, target = place("90_trial", '# %% tags=["exercise:02.no_such"]\npass\n')
    with pytest.raises(tools.lecture.Failure, match="exercise:02.no_such names no exercise"):
        tools.notebooks.build(source, target)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda n: n.cells[3].update(source="print('other')"), "cell 4 differs from the source"),
        (lambda n: n.cells[3].metadata.update(tags=["new"]), "cell 4 differs from the source"),
        (lambda n: n.cells.append(nbformat.v4.new_markdown_cell("more")), "5 cells, and 4 in the source"),
        (lambda n: n.cells[3].update(execution_count=7), "not executed once, in order"),
        (lambda n: n.cells[3].update(execution_count=None), "not executed once, in order"),
        (lambda n: n.cells[3].update(outputs=n.cells[2].outputs), "an error in the outputs of cell"),
        (
            lambda n: n.cells[3].outputs.insert(
                0, nbformat.v4.new_output("stream", name="stderr", text="UsageError: Line magic function")
            ),
            "a magic that IPython does not know",
        ),
        (lambda n: n.metadata.update(padding="x" * 1_000_000), "at most 1,000,000 are allowed"),
    ],
)
def test_what_is_out_of_step_is_found(tools, place, built, damage, reason):
    source, target = place("90_trial", GOOD)
    notebook = nbformat.reads(built, as_version=4)
    damage(notebook)
    nbformat.write(notebook, target)
    assert any(reason in problem for problem in tools.notebooks.problems(place.root))


@pytest.fixture(scope="module")
def built(tools, tmp_path_factory):
    """The text of GOOD's notebook."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "90_trial.py").write_text(GOOD)
    os.environ.setdefault("GANCOURSE_PROFILE", "ci")
    tools.notebooks.build(folder / "90_trial.py", folder / "90_trial.ipynb")
    return (folder / "90_trial.ipynb").read_text()


def test_a_source_and_a_notebook_without_the_other_are_found(tools, place):
    assert tools.notebooks.problems(place.root) == ["notebooks/source holds no lecture"]
    place("90_trial", GOOD)
    place.root.joinpath("notebooks", "80_other.ipynb").write_text(json.dumps({"cells": []}))
    assert tools.notebooks.problems(place.root) == [
        "90_trial: has no notebook; run `make notebooks ONLY=90`",
        "80_other: has no source in notebooks/source",
    ]


def test_nbval_runs_on_sockets_sees_unknown_magics_and_stops_cells_that_hang(tmp_path):
    lectures = {
        "90_good": [
            "from ipykernel.kernelapp import IPKernelApp\ntransport = IPKernelApp.instance().transport",
            "assert transport == 'ipc', transport",
        ],
        "91_bad": ["%nosuchmagic", "import time\ntime.sleep(60)"],
    }
    for name, cells in lectures.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "nbval_sockets", "--nbval-lax", "--nbval-current-env"]
    command += ["--nbval-cell-timeout=2", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={tmp_path}"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    env["PYTHONPATH"] = str(ROOT / "tests")
    said = subprocess.run([*command, str(tmp_path)], env=env, capture_output=True, text=True).stdout
    assert "2 failed, 2 passed" in said, said
    assert "usage error" in said and "Timeout of 2 seconds" in said
    seconds = said.split("seconds of each lecture")[1]
    assert "90_good.ipynb" in seconds and "91_bad.ipynb" in seconds
