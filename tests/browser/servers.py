"""Jupyter's servers, started as a person starts them, on folders of a test's own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

__all__ = ["TOKEN", "environment", "free_port", "jupyter", "running"]

TOKEN = "course"
SETTINGS = {
    # off-screen cells would not be in the page, and their outputs could not be read
    "notebook-extension/tracker": {"windowingMode": "none"},
    # no request leaves the machine, and nothing pops up over what is clicked
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
}


def free_port():
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(own):
    """What a server runs under: the small profile, and its own configuration in the folder ``own``."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env.update(
        JUPYTER_CONFIG_DIR=str(own / "config"),
        JUPYTER_DATA_DIR=str(own / "data"),
        JUPYTER_RUNTIME_DIR=str(own / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(own / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(own / "workspaces"),
        IPYTHONDIR=str(own / "ipython"),
        GANCOURSE_PROFILE="ci",
    )
    return env


@contextlib.contextmanager
def running(words, own, address, *, folder, seconds=90):
    """A server for the block; yields the address once it answers.

    Arguments:
        words: the command. own: an empty folder for its configuration and log.
        address: where it will answer, with any status. folder: where it is started.
        seconds: to wait for its start.

    Raises:
        RuntimeError: it has not started in time; the end of its log is in the message.
    """
    log = own / "log"
    with open(log, "w") as out:
        process = subprocess.Popen(
            words, env=environment(own), cwd=folder, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + seconds
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(words[:3])} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def jupyter(app, work, own):
    """The address of a running JupyterLab ("jupyterlab") or Notebook 7 ("notebook") on a folder, ``work``."""
    for name, values in SETTINGS.items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    port = free_port()
    words = [
        sys.executable, "-m", app, "--no-browser", "--allow-root",
        f"--ServerApp.root_dir={work}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with running(words, own, f"{address}/api/status?token={TOKEN}", folder=work):
        yield address


def _answers(address):
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False
    return True
