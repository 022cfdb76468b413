"""A student's copies are never written to; JupyterLab starts on them; commands answer in sentences."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from gancourse import course
from gancourse.__main__ import main
from gancourse.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "clone" / "notebooks").mkdir(parents=True)
    for name in ("00_start_here", "02_second"):
        cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": [f"# Title of {name}\n"]}]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / "clone" / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))
    # the gallery is the instructor's, and no lecture
    (tmp_path / "clone" / "notebooks" / "demos.ipynb").write_text("{}")
    return tmp_path / "clone"


def test_absent_lectures_are_copied_and_answers_are_kept(clone):
    work = course.work_folder(root=clone)
    assert course.copy_lectures(work, clone).new == ["00_start_here.ipynb", "02_second.ipynb"]
    answer = work / "02_second.ipynb"
    answer.write_text("my answer")
    (work / "00_start_here.ipynb").unlink()
    copies = course.copy_lectures(work, clone)
    assert (copies.new, copies.kept, copies.outdated) == (["00_start_here.ipynb"], ["02_second.ipynb"], [])
    assert answer.read_text() == "my answer"
    assert {p.name for p in work.iterdir()} == {"00_start_here.ipynb", "02_second.ipynb", ".copied.json"}


def test_a_lecture_that_changed_since_is_named_and_not_touched(clone):
    work = course.work_folder(root=clone)
    course.copy_lectures(work, clone)
    (clone / "notebooks" / "02_second.ipynb").write_text("new edition")
    for _ in range(2):  # it is said until the student takes it
        assert course.copy_lectures(work, clone).outdated == ["02_second.ipynb"]
    assert "Title" in (work / "02_second.ipynb").read_text()
    (work / "02_second.ipynb").rename(work / "mine.ipynb")
    assert course.copy_lectures(work, clone).new == ["02_second.ipynb"]
    assert course.copy_lectures(work, clone).outdated == []


def test_a_dangling_link_or_a_damaged_record_does_not_cost_an_answer(clone, tmp_path):
    work = course.work_folder(root=clone)
    (work / "02_second.ipynb").symlink_to(tmp_path / "unplugged" / "answers.ipynb")
    (work / ".copied.json").write_text("{")
    assert course.copy_lectures(work, clone).kept == ["02_second.ipynb"]
    assert (work / "02_second.ipynb").is_symlink()


def test_a_file_system_without_links_is_served(clone, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    work = course.work_folder(root=clone)
    assert len(course.copy_lectures(work, clone).new) == 2
    assert course.copy_lectures(work, clone).new == []
    assert (work / "02_second.ipynb").read_bytes() == (clone / "notebooks" / "02_second.ipynb").read_bytes()


def test_no_lectures_and_a_file_for_a_folder_are_told(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="no lectures in .*notebooks: install the package from a clone"
    ):
        course.lectures(tmp_path)
    (tmp_path / "work").write_text("")
    with pytest.raises(FileExistsError, match="work is a file.*--work"):
        course.work_folder(tmp_path / "work")


@pytest.mark.parametrize(
    ("environ", "platform", "screen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"SSH_CONNECTION": "a b"}, "darwin", False),
    ],
)
def test_a_browser_opens_only_where_there_is_a_screen(environ, platform, screen):
    assert course.has_screen(environ, platform) is screen


def test_jupyterlab_starts_prints_its_address_and_stops_on_ctrl_c(clone, tmp_path):
    code = "import sys; from gancourse.course import start\n"
    code += "sys.exit(start(sys.argv[1], port=18888, browser=False))"
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env.update(HOME=str(tmp_path / "home"), PYTHONPATH=str(ROOT))
    work = course.work_folder(root=clone)
    course.copy_lectures(work, clone)
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(work)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    stopper = threading.Timer(90, lambda: os.killpg(server.pid, signal.SIGKILL))
    stopper.start()
    try:
        said, found = "", None
        for line in server.stdout:
            said += line
            # Jupyter names its address too, before it listens there; ours comes after "The course is at"
            if "The course is at" in said and (
                found := re.search(r"(http://\S+/)lab/tree/00_start_here\.ipynb\?token=(\w+)", line)
            ):
                break
        assert found, said
        with urllib.request.urlopen(f"{found[1]}api/contents?token={found[2]}", timeout=20) as answer:
            names = {entry["name"] for entry in json.load(answer)["content"]}
        assert names == {"00_start_here.ipynb", "02_second.ipynb"}
        os.killpg(server.pid, signal.SIGINT)  # what Ctrl-C in a terminal does
        assert server.wait(30) == 0
    finally:
        stopper.cancel()
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.stdout.close()


def test_a_server_that_cannot_start_is_a_sentence(clone, monkeypatch):
    monkeypatch.setattr(course.sys, "executable", "false")
    with pytest.raises(OSError, match=r"ended before it had an address \(exit code 1\)"):
        course.start(course.work_folder(root=clone), browser=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert f"usage: python -m gancourse {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data", "imagenet"], "python -m gancourse data: name: expected one of"),
        (["course", "--work", str(Path(__file__))], "is a file, and the lectures need a folder"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_2(arguments, message, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


def test_data_downloads_to_the_folder_named(monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setattr("gancourse.data.download", lambda name, root: asked.append((name, root)) or tmp_path)
    assert main(["data", "mnist", "--root", "there"]) == 0
    assert asked == [("mnist", "there")]
    assert str(tmp_path) in capsys.readouterr().out


def test_lectures_are_listed_with_their_titles(clone, monkeypatch, capsys):
    monkeypatch.setattr("gancourse.commands.lectures.lectures", lambda: course.lectures(clone))
    assert main(["lectures"]) == 0
    assert re.search(r"02_second\.ipynb +Title of 02_second", capsys.readouterr().out)


def test_help_imports_no_command():
    code = "import sys, gancourse.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
    code += "print('torch' in sys.modules, 'gancourse.course' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout
    assert said.splitlines()[-1] == "False False"
    assert all(name in said for name in COMMANDS)


def test_the_gallery_says_what_is_missing(monkeypatch, tmp_path):
    from gancourse.commands import gallery

    with pytest.raises(FileNotFoundError, match="is not there: run this from a clone"):
        gallery.command(port=1, browser=False, notebook=tmp_path / "demos.ipynb")
    words = gallery.command(port=1, browser=False)
    assert words[2:4] == ["voila", str(ROOT / "notebooks" / "demos.ipynb")] and words[-1] == "--no-browser"
    monkeypatch.setattr(gallery.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="Voila is not installed"):
        gallery.command(port=1, browser=True)
