"""Notebook 7, or JupyterLab, served without pytest, and the page of a notebook in Notebook 7."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from lab import Lab

__all__ = ["Notebook7", "served"]

TOKEN = "course"
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
}


class Notebook7(Lab):
    """A page on a Notebook 7 server; but for the address it is driven as JupyterLab is."""

    def open(self, name):
        """Open a notebook of the working folder and wait for its kernel."""
        self.page.goto(f"{self.server}/notebooks/{name}?token={self.token}")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self._wait_for_kernel()


@contextlib.contextmanager
def served(work, own, seconds=90, app="notebook"):
    """The address of a running server, whose kernels are of this environment.

    Arguments:
        work: the folder that it serves. own: an empty folder for its configuration and log.
        seconds: to wait for its start. app: "notebook" or "jupyterlab".

    Raises:
        RuntimeError: it has not started in time; the end of its log is in the message.
    """
    for name, values in SETTINGS.items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", app, "--no-browser", "--allow-root",
        f"--ServerApp.root_dir={work}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
        "--JupyterNotebookApp.expose_app_in_browser=True", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log, address = own / "log", f"http://127.0.0.1:{port}"
    with open(log, "w") as out:
        process = subprocess.Popen(command, env=env, cwd=work, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + seconds
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{app} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address):
    try:
        urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True
