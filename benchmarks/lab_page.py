"""The GAN lab in a page of JupyterLab: frames painted, steps beside the bare loop, how soon a pause shows.

python -m benchmarks.lab_page

Needs playwright and a Chromium. The kernel is held to one core, the browser is left the others. The share is
of steps a second of the kernel's processor time, all of its threads counted, so that other programs do not
change it; frames and pauses are by the clock.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.lab import FRAMES, PAUSE, SHARE

__all__ = ["lines", "main", "why_not"]

BROWSER = Path(__file__).resolve().parents[1] / "tests" / "browser"
# does what the file "ask" says, and answers in "answer": a count of bare steps, or how the lab stands
CELL = """
import json, os, threading, time
from pathlib import Path

import numpy as np

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}) if hasattr(os, "sched_setaffinity") else None
from benchmarks.bare_loop import bare
from gancourse.lab import Lab, data_set, lab
from gancourse.models import MLPDiscriminator, MLPGenerator

shown = lab(Lab(data="ring"))
networks, rng = (MLPGenerator(width=32), MLPDiscriminator(width=32)), np.random.default_rng(0)

def answer():
    while True:
        time.sleep(0.05)
        try:
            asked = json.loads(Path("ask").read_text())
        except (OSError, ValueError):
            continue
        Path("ask").unlink()
        steps = 0
        if asked["bare"]:
            before = time.process_time()
            while time.process_time() - before < asked["bare"]:
                bare(*networks, data_set("ring").sample, 50, rng)
                steps += 50
            found = [steps, time.process_time() - before]
        else:
            found = [shown.runs[0].time, time.process_time()]
        Path("whole").write_text(json.dumps(found))
        Path("whole").rename("answer")

threading.Thread(target=answer, daemon=True).start()
shown
"""
PRESS = """() => new Promise((done) => {
    const root = document.querySelector(".ganlab"), started = performance.now();
    new MutationObserver((_, watch) => {
        if (root.dataset.mode !== "paused") return;
        watch.disconnect();
        requestAnimationFrame(() => done((performance.now() - started) / 1000));
    }).observe(root, { attributes: true, attributeFilter: ["data-mode"] });
    root.querySelector(".gl-play").click();
})"""


def why_not():
    """Why it cannot be measured here; empty where it can."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return "" if _chromium() else "there is no Chromium on the PATH"


def _chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def main(rounds=9, seconds=8.0, bare=4.0):
    """(frames a second, bare steps and lab steps a processor second, share, longest pause in s), by rounds.

    Medians of the rounds, the share that of neighbours in time, since the speed of a machine drifts; of the
    pauses the longest.
    """
    sys.path.insert(0, str(BROWSER))
    import nbformat
    from lab import Lab as Driver
    from playwright.sync_api import sync_playwright
    from servers import TOKEN, jupyter

    found = []
    with tempfile.TemporaryDirectory() as folder:
        work, own = Path(folder) / "work", Path(folder) / "own"
        work.mkdir()
        own.mkdir()
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        path = json.dumps(str(BROWSER.parents[1]))
        cell = f"import sys\n\nsys.path.insert(0, {path}){CELL}"
        content = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": kernel}
        )
        nbformat.write(content, work / "page.ipynb")
        with jupyter("jupyterlab", work, own) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
            page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            page.set_default_timeout(120_000)
            driver = Driver(page, address, TOKEN, Path(folder) / "screen.png")
            driver.open("page.ipynb")
            driver.run_all(300)
            page.wait_for_selector(".ganlab[data-painted]")
            for i in range(rounds + 1):
                row = _round(page, work, seconds if i else 2.0, bare if i else 0.5)
                if i:  # the first round warms up
                    found.append(row)
            driver.close_kernels()
            browser.close()
    columns = list(zip(*found, strict=True))
    return (*(statistics.median(column) for column in columns[:4]), max(columns[4]))


def _round(page, work, seconds, bare):
    steps, cpu = _asked(page, work, bare)
    bare_rate = steps / cpu
    painted = (
        "() => [Number(document.querySelector('.ganlab').dataset.painted || 0), performance.now() / 1000]"
    )
    page.locator(".ganlab .gl-play").click()
    page.wait_for_selector(".ganlab[data-mode=playing]")
    page.wait_for_timeout(500)
    (time_0, cpu_0), (frames_0, now_0) = _asked(page, work, 0), page.evaluate(painted)
    page.wait_for_timeout(1000 * seconds)
    (time_1, cpu_1), (frames_1, now_1) = _asked(page, work, 0), page.evaluate(painted)
    lab_rate = (time_1 - time_0) / (cpu_1 - cpu_0)
    pause = page.evaluate(PRESS)
    return (frames_1 - frames_0) / (now_1 - now_0), bare_rate, lab_rate, lab_rate / bare_rate, pause


def _asked(page, work, bare):
    answer = work / "answer"
    (work / "asking").write_text(json.dumps({"bare": bare}))
    (work / "asking").rename(work / "ask")
    while not answer.exists():
        page.wait_for_timeout(20)
    found = json.loads(answer.read_text())
    answer.unlink()
    return found


def lines():
    """The rows for docs/benchmarks.md."""
    if reason := why_not():
        return ["", f"In a page of JupyterLab: not run: {reason}."]
    frames, bare, steps, share, pause = main()
    return [
        "",
        "In a page of JupyterLab, in headless Chromium, points and D shown: frames painted on the canvas, "
        "steps a second of the kernel's processor time, and from the click on Pause to a page that shows it.",
        "",
        "| bare, steps/s | lab, steps/s | share | frames/s | longest pause, ms |",
        "|---|---|---|---|---|",
        f"| {bare:.0f} | {steps:.0f} | {share:.3f} | {frames:.1f} | {1000 * pause:.0f} |",
    ]


if __name__ == "__main__":
    if reason := why_not():
        sys.exit(reason)
    frames, bare, steps, share, pause = main()
    print(f"bare {bare:.0f}, lab {steps:.0f} steps a processor second, share {share:.3f} (bar {SHARE})")
    print(f"{frames:.1f} frames/s (bar {FRAMES:g}), longest pause {pause:.3f} s (bar {PAUSE})")
