"""Setting up on other people's machines: an old Python, no venv, no network, a full disk, a cut run."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "tools" / "setup.py"


@pytest.fixture
def setup():
    spec = importlib.util.spec_from_file_location("course_setup", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path):
    """A folder with a space in its name and the files that a set-up reads."""
    root = tmp_path / "a course"
    root.mkdir()
    for name in ("constraints.txt", "pyproject.toml", "requirements.txt", "requirements-test.txt"):
        (root / name).write_text(f"# {name}\n")
    return root


@pytest.fixture
def pip(setup, monkeypatch):
    """Records what would be run instead of running it; makes the folder that venv would."""
    calls = []

    def run(command, root, level):
        calls.append(command)
        if "venv" in command:
            inside = Path(setup.venv_python(command[-1]))
            inside.parent.mkdir(parents=True)
            inside.symlink_to(sys.executable)

    monkeypatch.setattr(setup, "run", run)
    monkeypatch.setattr(setup, "mend", lambda inside, say: calls.append(["mend"]))
    return calls


def quiet(text):
    pass


def test_an_old_python_can_read_the_script():
    text = SCRIPT.read_bytes().decode("ascii")  # Python 2 takes nothing else without a declaration
    tree = ast.parse(text, feature_version=(3, 6))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.YieldFrom)
    for node in ast.walk(tree):
        assert not isinstance(node, newer), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            assert not node.args.kwonlyargs and node.returns is None, f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {node.module} if isinstance(node, ast.ImportFrom) else {a.name for a in node.names}
            assert names <= set(sys.stdlib_module_names), f"line {node.lineno}"


@pytest.mark.parametrize("name", ["python2.7", "python3.6", "python3.8", "python3.10"])
def test_an_old_python_gets_a_sentence(name):
    executable = shutil.which(name)
    works = executable and subprocess.run([executable, "-c", ""], capture_output=True).returncode == 0
    if not works:
        pytest.skip(f"no {name} here")
    done = subprocess.run([executable, str(SCRIPT), "course"], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"This is Python {name[6:]}" in done.stderr and "3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_is_told_what_to_install_or_to_use(setup, monkeypatch):
    monkeypatch.setattr(setup, "newer_python", lambda: None)
    with pytest.raises(
        setup.Problem, match=r"Python 3\.9 \(/usr/bin/python3\).*3\.11 or newer.*apt install python3"
    ):
        setup.require_python((3, 9, 2), "/usr/bin/python3")
    monkeypatch.setattr(setup, "newer_python", lambda: "python3.12")
    with pytest.raises(setup.Problem, match=r"run `make test PYTHON=python3\.12`"):
        setup.require_python((3, 9, 2), "/usr/bin/python3", "test")
    setup.require_python((3, 11, 0), "python3")


def test_a_missing_venv_module_gets_a_sentence(setup, clone, pip, tmp_path, monkeypatch):
    # as on Debian without python3-venv: the module ensurepip is not there
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with pytest.raises(setup.Problem, match=r"no working `venv` module.*apt install python3-venv"):
        setup.set_up("course", str(clone), say=quiet)
    assert pip == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("[Errno 28] No space left on device: 'libtorch_cpu.so'", "The disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "The disk is full"),
        (
            "NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
            "network",
        ),
        ("[Errno -3] Temporary failure in name resolution", "The first set-up needs the network"),
        ("ReadTimeoutError: Read timed out.", "The first set-up needs the network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "try `make course PYTHON=python3.11`"),
        ("[Errno 13] Permission denied: '/opt/course/.venv'", "No permission to write here"),
        ("ERROR: something nobody has seen", "When it is mended, run `make course` again"),
    ],
)
def test_what_pip_says_becomes_a_sentence(setup, said, sentence):
    assert sentence in setup.explain(said, "course")


def test_no_network_is_recognised_from_the_real_pip(setup, clone, monkeypatch, capsys):
    (clone / "requirements.txt").write_text("six==1.16.0\n")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.setenv(name, "")
    for name, value in {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",  # as a person may have set it
    }.items():
        monkeypatch.setenv(name, value)
    command = [*setup.pip_install(sys.executable), "--target", str(clone / "there"), "-r", "requirements.txt"]
    with pytest.raises(
        setup.Problem, match="first set-up needs the network.*run `make course` again: nothing"
    ):
        setup.run(command, str(clone), "course")


def test_a_full_disk_while_venv_is_made(setup, clone, pip, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(setup, "run", full)
    with pytest.raises(setup.Problem, match="The disk is full.*free some space"):
        setup.set_up("course", str(clone), say=quiet)


def test_the_first_run_installs_and_the_second_does_nothing(setup, clone, pip):
    setup.set_up("course", str(clone), say=quiet)
    made, listed, package = pip
    assert made[1:4] == ["-m", "venv", "--clear"]
    assert listed[-2:] == ["-r", "requirements.txt"]
    assert package[-3:] == ["--no-deps", "--editable", "."]
    said = []
    setup.set_up("course", str(clone), say=said.append)
    assert len(pip) == 3 and said == ["The environment in .venv is up to date."]


def test_tests_install_more_and_serve_the_course_too(setup, clone, pip):
    setup.set_up("test", str(clone), say=quiet)
    assert pip[1][-1] == "requirements-test.txt"
    setup.set_up("course", str(clone), say=quiet)
    setup.set_up("test", str(clone), say=quiet)
    assert len(pip) == 3
    (clone / "requirements-test.txt").write_text("another\n")
    setup.set_up("course", str(clone), say=quiet)
    assert len(pip) == 3  # what the course needs has not changed
    setup.set_up("test", str(clone), say=quiet)
    assert len(pip) == 5


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "requirements.txt"])
def test_a_changed_list_is_installed_into_the_same_environment(setup, clone, pip, name):
    setup.set_up("course", str(clone), say=quiet)
    (clone / name).write_text("changed\n")
    setup.set_up("course", str(clone), say=quiet)
    assert [command[-1] for command in pip[3:]] == ["requirements.txt", "."]


def test_a_cut_installation_is_taken_up_and_looked_over(setup, clone, pip, monkeypatch):
    recorded = setup.run

    def cut(command, root, level):
        recorded(command, root, level)
        if "pip" in command:
            raise KeyboardInterrupt

    monkeypatch.setattr(setup, "run", cut)
    with pytest.raises(KeyboardInterrupt):
        setup.set_up("course", str(clone), say=quiet)
    monkeypatch.setattr(setup, "run", recorded)
    del pip[:]
    setup.set_up("course", str(clone), say=quiet)
    assert [command[-1] for command in pip] == ["mend", "requirements.txt", "."]


def test_a_moved_folder_gets_a_new_environment(setup, clone, pip, monkeypatch):
    setup.set_up("course", str(clone), say=quiet)
    moved = clone.rename(clone.parent / "elsewhere")
    shutil.rmtree(moved / ".venv" / "bin")
    del pip[:]
    setup.set_up("course", str(moved), say=quiet)
    assert pip[0][1:4] == ["-m", "venv", "--clear"]


def test_packages_that_were_cut_are_found_by_their_file_lists(setup, tmp_path):
    def package(name, *, size=5, installer=True, record=True):
        (tmp_path / f"{name}.py").write_bytes(b"12345")
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        if installer:
            (folder / "INSTALLER").write_text("pip\n")
        if record:
            (folder / "RECORD").write_text(f"{name}.py,sha256=x,{size}\n{name}-1.0.dist-info/RECORD,,\n")

    package("whole")
    package("short", size=6)
    package("unfinished", installer=False)
    package("unlisted", record=False)
    package("lost")
    (tmp_path / "lost.py").unlink()
    (tmp_path / "~nother").mkdir()
    found = {Path(folder).name for folder in setup.broken_distributions(str(tmp_path))}
    assert found == {f"{n}-1.0.dist-info" for n in ("short", "unfinished", "unlisted", "lost")} | {"~nother"}


def test_this_environment_is_whole(setup):
    import sysconfig

    assert setup.broken_distributions(sysconfig.get_path("purelib")) == []


def test_makefile_lists_its_targets():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("course", "gallery", "lab", "test", "check-long", "notebooks", "lint", "bench"):
        assert f"make {target} " in done.stdout
