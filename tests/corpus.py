"""A class of broken and hostile submissions of lecture 02, with honest ones between them.

Each is what a student hands in, and the status and points that each exercise must get. Where nothing is said
the answer is right: what a hostile cell does must cost no more than its own exercise.
"""

import copy
import json
import os
from typing import NamedTuple

from gancourse.teach.lecture import Lecture, solution
from gancourse.teach.sandbox import Limits

__all__ = ["HONEST", "LIMITS", "SEED", "Submission", "make", "write"]

SEED = "nobody-knows-7f3a"
LIMITS = Limits(
    seconds=5,
    total=40,
    memory=3_000_000_000,
    processes=64,
    file=4_000_000,
    result=2_000_000,
    notebook=2_000_000,
)
LECTURE = Lecture.read("02")
LADDER, OPTIMAL, GAUSSIANS, LOSS = LECTURE.exercises
RIGHT = {exercise.id: ("ok", exercise.points) for exercise in LECTURE.exercises.values()}
FULL = RIGHT[OPTIMAL][1]
HEAD = "def optimal_discriminator(p, q):\n"


class Submission(NamedTuple):
    """One student.

    Arguments:
        student: name of the folder.
        files: dict from file name to bytes, or a string that starts with "link:".
        expected: dict from exercise to (status, points).
        tampered: whether the flag must be set.
    """

    student: str
    files: dict
    expected: dict
    tampered: bool = False


def notebook(answers=None, *, change=None, lecture=LECTURE):
    """The released notebook, answered rightly but for ``answers``; ``change`` is applied to it last."""
    made = json.loads(json.dumps(lecture.released))
    for cell in made["cells"]:
        exercise = cell["metadata"].get("gancourse", {}).get("exercise")
        if exercise and cell["metadata"]["nbgrader"]["solution"]:
            cell["source"] = (answers or {}).get(exercise, solution(lecture.exercises[exercise], {"np"}))
    if change:
        change(made)
    return json.dumps(made).encode()


def one(source, status="wrong", points=0.0):
    """Files and expectation of a notebook whose optimal_discriminator is this cell."""
    made = {f"{LECTURE.name}.ipynb": notebook({OPTIMAL: source})}
    return made, {**RIGHT, OPTIMAL: (status, points)}


def changed(change):
    """Files and expectation of a right notebook in which something else was changed."""
    return {f"{LECTURE.name}.ipynb": notebook(change=change)}, RIGHT


def invalid(files):
    """Files that cannot be graded."""
    return files, {exercise: ("invalid file", 0.0) for exercise in RIGHT}


def cells(made, kind):
    """The cells with nbgrader's mark ``kind``: solution or grade."""
    return [c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get(kind)]


def edit_tests(made):
    for cell in cells(made, "grade"):
        cell["source"] = "assert True"


def delete_tests(made):
    made["cells"] = [c for c in made["cells"] if c not in cells(made, "grade")]


def duplicate_answers(made):
    # as editors do: the second has the mark of the first, and is still the stub
    for cell in cells(made, "solution"):
        double = copy.deepcopy(cell)
        double["source"] = stub(cell["metadata"]["gancourse"]["exercise"])
        made["cells"].append(double)


def reorder(made):
    made["cells"].reverse()


def raise_points(made):
    for cell in cells(made, "grade"):
        cell["metadata"]["nbgrader"]["points"] = 1000.0


def strip_metadata(made):
    made["metadata"] = {}
    for cell in made["cells"]:
        cell["metadata"] = {}


def to_format_3(made):
    sheet = {"cells": [], "metadata": {}}
    for cell in made.pop("cells"):
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell.update(language="python", prompt_number=1, collapsed=False)
            cell.pop("execution_count", None)
        sheet["cells"].append(cell)
    made.update(nbformat=3, nbformat_minor=0, worksheets=[sheet])


def add_script(made):
    bad = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    made["cells"].insert(1, {"cell_type": "markdown", "id": "bad", "metadata": {}, "source": bad})
    for cell in cells(made, "solution"):
        cell["outputs"] = [{"output_type": "display_data", "data": {"text/html": bad}, "metadata": {}}]


NAME = f"{LECTURE.name}.ipynb"
HALF = {GAUSSIANS: "def two_gaussians(x, mean_p, std_p, mean_q, std_q):\n    return x\n"}
STRIP = """
import ast
from IPython import get_ipython
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return None
    def visit_Expr(self, node):
        return None if isinstance(node.value, ast.Call) else node
get_ipython().ast_transformers.append(Strip())
"""
PATCH = """
import numpy as np, sys, base64, json
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.asarray = lambda *a, **k: a[0]
import gancourse.exercises as e
from gancourse.exercises import _outcome
e.check = lambda *a, **k: "passed"
_outcome.outcome = lambda *a, **k: {"passed": True, "points": 99, "status": "ok"}
_outcome.collect = lambda *a, **k: base64.b64encode(b'[{"status": "ok"}]').decode()
"""
LIAR = """
class Liar:
    shape, dtype, ndim, size = (6,), float, 1, 6
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __float__(self): return 1.0
    def __bool__(self): return True
    def __array__(self, *a, **k): return Liar()
    def __getattr__(self, name): return lambda *a, **k: True
"""
FRAMES = """
import gc, sys
import numpy as np
def optimal_discriminator(p, q):
    found, frame = [], sys._getframe()
    while frame:
        found += [v for v in frame.f_locals.values()]
        frame = frame.f_back
    for thing in [*found, *gc.get_objects()]:
        if isinstance(thing, dict):
            for name in ("want", "wanted", "expected", "reference", "answer"):
                if name in thing and isinstance(thing[name], np.ndarray):
                    return thing[name]
    return np.zeros_like(p)
"""
SEEK = """
import os, glob, sys
def optimal_discriminator(p, q):
    seen = dict(os.environ)
    for path in ["/proc/self/environ", "/proc/self/cmdline", "/proc/1/environ", *glob.glob("/tmp/*/*"), *glob.glob("/course/*")]:
        try:
            seen[path] = open(path, errors="replace").read()
        except OSError as error:
            seen[path] = str(error)
    raise ValueError("seed? " + repr(seen) + repr(p.tolist()))
"""
OUTSIDE = """
import os, pathlib
for place in ["/etc", "/usr", "/course", "/", "..", "../..", "/root", "/home", os.path.expanduser("~nobody"), {folder!r}]:
    for name in ("owned.txt", "grades.csv"):
        try:
            pathlib.Path(place, name).write_text("owned")
        except OSError:
            pass
for path in ["/etc/shadow", {folder!r} + "/gancourse_private.json", {folder!r} + "/grades.csv"]:
    try:
        stolen = open(path).read()
        raise RuntimeError("stolen: " + stolen)
    except OSError:
        pass
"""
BOOK = """
import sqlite3, glob
for path in ["gradebook.db", "../gradebook.db", "../../../gradebook.db", {folder!r} + "/gradebook.db", *glob.glob("/*/gradebook.db")]:
    try:
        with sqlite3.connect(path) as book:
            book.execute("update grade set manual_score = 99, extra_credit = 50")
    except sqlite3.Error:
        pass
"""
DAEMON = """
import os, time
def optimal_discriminator(p, q):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for _ in range(600):
                time.sleep(0.1)
                open("/tmp/alive", "a").write("x")
        os._exit(0)
    return p / (p + q)
"""
FORKS = (
    HEAD
    + "    import os, time\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            time.sleep(0.01)\n"
)
DEAF = (
    HEAD
    + "    while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass\n"
)
LEAK = """
import sys, threading
from IPython.display import HTML, display
def optimal_discriminator(p, q):
    text = " ".join(repr(v) for v in [*p.ravel().tolist(), *q.ravel().tolist()])
    print(text); print(text, file=sys.stderr); sys.__stdout__.write(text); display(HTML(text))
    raise type("E" + text.replace(".", "_").replace(" ", "_"), (ValueError,), {})(text)
"""
FILES = """
import glob, os
def optimal_discriminator(p, q):
    (folder,) = glob.glob("/tmp/gc-*")
    number = 0
    while True:
        number += 1
        with open(f"{folder}/{number}", "wb") as file:
            file.write(bytes(200_000))
"""

# lecture 15: whatever claims to be a network is judged by what it computes
TORCH = """
import torch
import torch.nn.functional as F
torch.allclose = torch.equal = lambda *a, **k: True
F.softplus = lambda v: v
torch.optim.SGD.step = lambda self, closure=None: None
def training_step(generator, discriminator, generator_optimiser, discriminator_optimiser, real, noise, fresh_noise):
    pass
"""
CLAIMS = """
import torch
from torch import nn
class Claims(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.i, self.o = i, o
    def state_dict(self, *a, **k):
        return {"0.weight": torch.zeros(self.i, self.o, 4, 4)}
    def modules(self):
        return iter([nn.BatchNorm2d(self.o)])
    def forward(self, x):
        return torch.relu(torch.randn(len(x), self.o, 2 * x.shape[2], 2 * x.shape[3]))
def up_block(in_channels, out_channels):
    return Claims(in_channels, out_channels)
"""


def networks():
    """Submissions of lecture 15, as ``make`` makes those of lecture 02."""
    lecture = Lecture.read("15")
    right = {e.id: ("ok", e.points) for e in lecture.exercises.values()}
    step, block = "15.training_step", "15.up_block"
    name = f"{lecture.name}.ipynb"
    return [
        Submission("anna", {name: notebook(lecture=lecture)}, right),
        # what is patched is patched for every function that runs after it in the same notebook
        Submission("patches-torch", {name: notebook({step: TORCH}, lecture=lecture)}, {step: ("wrong", 0.0)}),
        Submission(
            "claims", {name: notebook({block: CLAIMS}, lecture=lecture)}, {**right, block: ("wrong", 0.0)}
        ),
    ]


def make(folder="/nowhere"):
    """The class, in order; ``folder`` is where it will be graded, for those who look for it."""
    named = lambda code: code.replace("{folder!r}", repr(str(folder)))  # noqa: E731
    right = HEAD + "    return p / (p + q)\n"
    made = [
        ("anna", *one(right, "ok", FULL)),
        ("infinite-loop", *one(HEAD + "    while True:\n        pass\n", "timed out")),
        ("loop-in-the-cell", *one("while True:\n    pass\n", "timed out")),
        ("loop-that-ignores-interrupts", *one(DEAF, "timed out")),
        ("exits", *one(HEAD + "    import os\n    os._exit(1)\n", "crashed")),
        ("exits-in-the-cell", *one("import os\nos._exit(0)\n", "crashed")),
        ("faults", *one(HEAD + "    import ctypes\n    ctypes.string_at(0)\n", "crashed")),
        ("kills-everyone", *one(HEAD + "    import os\n    try:\n        os.kill(-1, 9)\n    except OSError:\n        pass\n    os.kill(os.getpid(), 9)\n", "crashed")),
        ("ben", *one(HEAD + "    return q / (p + q)\n")),
        ("memory-bomb", *one("import numpy as np\n" + HEAD + "    return np.ones(10**9)\n", "too much memory")),
        ("memory-bomb-in-the-cell", *one("x = bytearray(4_000_000_000)\n" + right, "too much memory")),
        ("fork-bomb", *one(FORKS, "crashed")),
        ("daemon", *one(DAEMON, "ok", FULL)),
        ("prints-a-gigabyte", *one("for _ in range(1000):\n    print('x' * 1_000_000)\n" + right, "ok", FULL)),
        ("writes-a-gigabyte", *one(HEAD + "    open('/tmp/big', 'wb').write(bytes(10**9))\n    return p / (p + q)\n", "wrong")),
        ("fills-the-folder", *one(FILES, "crashed")),
        ("cleo", {NAME: notebook({e: stub(e) for e in RIGHT})}, {e: ("not attempted", 0.0) for e in RIGHT}),
        ("outside", *one(named(OUTSIDE) + right, "ok", FULL)),
        ("gradebook", *one(named(BOOK) + right, "ok", FULL)),
        ("network", *one(HEAD + "    import socket\n    socket.create_connection(('192.0.2.1', 80), 1)\n    return p / (p + q)\n")),
        ("edited-tests", *changed(edit_tests), True),
        ("deleted-tests", *changed(delete_tests), True),
        ("duplicated-answers", *changed(duplicate_answers), True),
        ("reordered-cells", *changed(reorder), True),
        ("raised-points", *changed(raise_points), True),
        ("stripped-metadata", *changed(strip_metadata), True),
        ("dora", *one(right, "ok", FULL)),
        ("strips-asserts", *one(STRIP + HEAD + "    return q\n")),
        ("monkey-patches", one(PATCH + HEAD + "    return q\n")[0], {e: ("wrong", 0.0) for e in RIGHT}),
        ("lies", *one(LIAR + HEAD + "    return Liar()\n")),
        ("imports-the-reference", *one("from gancourse.exercises.lecture_02 import optimal_discriminator\n")),
        ("imports-the-package", *one("from gancourse.game import optimal_discriminator\n")),
        ("imports-inside", *one(HEAD + "    import gancourse.game\n    return gancourse.game.optimal_discriminator(p, q)\n")),
        ("inspects-frames", *one(FRAMES)),
        ("looks-for-the-seed", *one(SEEK)),
        ("leaks", *one(LEAK)),
        ("unserialisable", *one(HEAD + "    return (x for x in p)\n")),
        ("huge", *one("import numpy as np\n" + HEAD + "    return np.zeros(10**7)\n")),
        ("deep", *one(HEAD + "    x = []\n    for _ in range(10**5):\n        x = [x]\n    return x\n")),
        ("emil", *one(right, "ok", FULL)),
        ("nan", *one(HEAD + "    return p * float('nan')\n")),
        ("wrong-shape", *one(HEAD + "    return (p / (p + q))[None]\n")),
        ("wrong-type", *one(HEAD + "    return 'p / (p + q)'\n")),
        ("exits-politely", *one(HEAD + "    raise SystemExit\n")),
        ("syntax-error", *one("def optimal_discriminator(p, q)\n    return p\n")),
        ("half", {NAME: notebook({**HALF, LOSS: stub(LOSS)})}, {**RIGHT, GAUSSIANS: ("wrong", 0.0), LOSS: ("not attempted", 0.0)}),
        ("empty-file", *invalid({NAME: b""})),
        ("not-json", *invalid({NAME: b"\x89PNG\r\n\x1a\n not a notebook"})),
        ("deep-json", *invalid({NAME: b"[" * 200_000})),
        ("too-large", *invalid({NAME: notebook() + b" " * 2_000_000})),
        ("no-cells", *invalid({NAME: b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'})),
        ("a-symlink", *invalid({NAME: "link:/etc/passwd"})),
        ("two-notebooks", *invalid({"one.ipynb": notebook(), "two.ipynb": notebook()})),
        ("format-3", *changed(to_format_3)),
        ("other-name", {"Übung 2 – Lösung (endgültig).ipynb": notebook()}, RIGHT),
        ("a-copy-beside", {NAME: notebook(), NAME.replace(".ipynb", "-Copy1.ipynb"): b"{}"}, RIGHT),
        ("nothing", {"readme.txt": b"my dog ate it"}, {e: ("not attempted", 0.0) for e in RIGHT}),
        ("scripts", *changed(add_script)),
        ("zoe", *one(right, "ok", FULL)),
    ]  # fmt: skip
    return [Submission(*entry) for entry in made]


def stub(exercise):
    """The source of an answer's cell as it was released."""
    for cell in LECTURE.released.cells:
        gancourse = cell.metadata.get("gancourse", {})
        if gancourse.get("exercise") == exercise and cell.metadata["nbgrader"]["solution"]:
            return cell.source
    raise LookupError(exercise)


HONEST = ("anna", "ben", "cleo", "dora", "emil", "half", "zoe")


def write(submissions, folder):
    """Write submissions as a folder a student."""
    for submission in submissions:
        place = folder / submission.student
        place.mkdir(parents=True)
        for name, content in submission.files.items():
            if isinstance(content, str):
                os.symlink(content.removeprefix("link:"), place / name)
            else:
                (place / name).write_bytes(content)
