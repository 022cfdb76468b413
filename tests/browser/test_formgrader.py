"""What release and grade write, opened in nbgrader's own formgrader, and the pages that students get."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))
corpus = pytest.importorskip("corpus", reason="nbgrader or psutil is not installed")
from gancourse.teach import sandbox  # noqa: E402
from gancourse.teach.grade import grade  # noqa: E402
from gancourse.teach.release import nbgrader, release  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sandbox.why_not() is not None, reason=str(sandbox.why_not())),
]
CLASS = ("anna", "ben", "half", "scripts", "not-json")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class, graded, and nbgrader's own feedback for it."""
    base = tmp_path_factory.mktemp("formgrader")
    folder = base / "course"
    release(["02"], folder, seed=corpus.SEED, say=lambda *_: None)
    corpus.write([s for s in corpus.make(folder) if s.student in CLASS], base / "submissions")
    grade(base / "submissions", folder, workers=2, limits=corpus.LIMITS, show=False, say=lambda *_: None)
    nbgrader(folder, "generate_feedback", corpus.LECTURE.name)
    return folder


@pytest.fixture(scope="module")
def formgrader(course, tmp_path_factory, chromium):
    """The address of a Jupyter server with nbgrader's extension, on the course."""
    own = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env.update(
        HOME=str(own), JUPYTER_CONFIG_DIR=str(own / "config"), JUPYTER_RUNTIME_DIR=str(own / "runtime")
    )
    (own / "config").mkdir()
    extensions = {"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}}
    (own / "config" / "jupyter_server_config.json").write_text(json.dumps(extensions))
    command = [
        sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=course",
        f"--ServerApp.root_dir={course}",
    ]  # fmt: skip
    with open(own / "log", "w") as log:
        process = subprocess.Popen(command, cwd=course, env=env, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status?token=course", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (own / "log").read_text()[
                    -3000:
                ]
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    shown = context.new_page()
    shown.set_default_timeout(30_000)
    yield shown
    context.close()


def test_formgrader_shows_the_class_with_its_points(formgrader, page):
    page.goto(f"{formgrader}/login?token=course")
    page.goto(f"{formgrader}/formgrader/gradebook/{corpus.LECTURE.name}/{corpus.LECTURE.name}")
    page.get_by_text("Submission #1").first.wait_for()
    text = page.locator("table").first.inner_text()
    assert text.count("Submission #") == len(CLASS)
    scores = sorted(float(score) for score in re.findall(r"Submission #\d+\s+([\d.]+) / 9", text))
    assert scores == [0.0, 5.0, 6.0, 9.0, 9.0]


def test_formgrader_shows_answers_verdicts_and_runs_nothing(formgrader, page):
    page.goto(f"{formgrader}/login?token=course")
    page.goto(f"{formgrader}/formgrader/gradebook/{corpus.LECTURE.name}/{corpus.LECTURE.name}")
    page.get_by_text("Submission #1").first.wait_for()
    links = page.locator("table a").evaluate_all("links => links.map(l => l.href)")
    links = sorted({link for link in links if "/submissions/" in link})
    assert len(links) == len(CLASS)
    texts = {}
    for link in links:
        page.goto(link)
        page.get_by_text("The optimal discriminator").first.wait_for()
        text = texts[link] = page.inner_text("body")
        assert (
            "test-02-optimal_discriminator" in text
            and "def optimal_discriminator(p, q):" in text
            or ("this cell was not in what was handed in" in text)
        )
        assert page.evaluate("document.title") != "owned"
    assert sum("This is the probability of fake" in text for text in texts.values()) == 1
    assert sum("The optimal discriminator: passed" in text for text in texts.values()) == 3


def test_the_feedback_of_nbgrader_and_our_pages_open(course, page):
    (feedback,) = (course / "feedback" / "ben").rglob("*.html")
    page.goto(feedback.as_uri())
    assert "probability of fake" in page.inner_text("body") and "6.0 / 9.0" in page.inner_text("body")
    (feedback,) = (course / "feedback" / "scripts").rglob("*.html")
    page.goto(feedback.as_uri())
    assert page.evaluate("document.title") != "owned"
    page.goto((course / "pages" / "ben.html").as_uri())
    assert "6 of 9 points" in page.inner_text("body")
    page.get_by_text("hint 1 of 3").first.click()
    page.get_by_text("which y maximises").first.wait_for()
    page.goto((course / "summary.html").as_uri())
    assert page.locator("img").evaluate("picture => picture.naturalWidth") > 300
