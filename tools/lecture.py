"""One lecture: its text, its notebook, how it is executed, and what must be true of the two."""

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image
from traitlets.config import Config

__all__ = [
    "MAX_BYTES", "Failure", "execute", "out_of_step", "parse", "serialise", "with_stubs", "without_paths",
    "write",
]  # fmt: skip

MAX_BYTES = 1_000_000
CELL_SECONDS = 600
SHRUNK = 520  # pixels
WIDGETS = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
MARKER = re.compile(r"^# %%(?!%)(?P<rest>.*)$")
# the file that a kernel says a cell is in; bounded, since outputs may be long
CELL_FILE = re.compile(r"(?:\b[A-Za-z]:)?[/\\](?:[\w.~ +-]{1,64}[/\\]){0,12}ipykernel_\d+[/\\]\d+\.py")
EXERCISE = re.compile(r"\bexercise:([\w.-]+)")


class Failure(Exception):
    """Why a lecture was not built; the text names the cell."""


def with_stubs(text):
    """A source whose cells tagged ``exercise:ID`` hold the stub of that exercise, in ruff's format."""
    lines, kept, skipping = text.splitlines(), [], False
    for line in lines:
        marker = MARKER.match(line)
        if marker:
            skipping = False
        if not skipping:
            kept.append(line)
        tag = EXERCISE.search(marker["rest"]) if marker else None
        if tag and "[markdown]" not in marker["rest"]:
            kept += [*_stub(tag[1]).rstrip().splitlines(), ""]
            skipping = True
    text = "\n".join(kept).rstrip() + "\n"
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "lecture.py", "-"]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, cwd=Path(__file__).resolve().parents[1]
    )
    if done.returncode:
        raise Failure(f"ruff cannot format the source:\n{done.stderr.decode()}")
    return done.stdout.decode()


def _stub(exercise_id):
    from gancourse.exercises import stub

    try:
        return stub(exercise_id)
    except ValueError as error:
        raise Failure(f"the tag exercise:{exercise_id} names no exercise ({error})") from None


def parse(text):
    """The notebook of a source, not executed, with metadata and cell ids that depend on its content alone."""
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = {}
    for cell in notebook.cells:
        for key in ("lines_to_next_cell", "lines_to_end_of_cell_marker"):
            cell.metadata.pop(key, None)
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        # cells with the same content are told apart by their order
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def execute(notebook, *, folder, widgets=True):
    """Run all cells in a fresh kernel in ``folder``; outputs go into the notebook.

    Without ``widgets`` it keeps of a widget only what is shown where no kernel runs, such as its picture,
    made smaller.

    Raises:
        Failure: a cell raised, hung, ended its kernel or used an unknown magic; a callback raised.
    """
    sockets, started = tempfile.mkdtemp(prefix="gc-"), []
    try:
        config = Config()
        if os.name != "nt":  # over TCP, kernels that start at the same moment may pick the same port
            config.KernelManager = Config(transport="ipc", ip=os.path.join(sockets, "k"))
        client = NotebookClient(
            notebook,
            config=config,
            kernel_name="python3",
            timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=True,
            record_timing=False,
            on_cell_start=lambda cell, cell_index: started.append(cell),
        )
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        said = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        where = f"{type(error).__name__} in cell {started[-1]['id']}" if started else type(error).__name__
        if isinstance(error, DeadKernelError) and started:
            said = f"{started[-1].source}\n\n{said}"
        raise Failure(f"{where}\n{said}") from None
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for reason in _silent_errors(notebook):
        raise Failure(reason)
    if not widgets:
        notebook.metadata.pop("widgets", None)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                data.pop(VIEW, None)
                if "image/png" in data:
                    data["image/png"] = _shrunk(data["image/png"])


def _shrunk(encoded):
    """A picture at most SHRUNK pixels wide, in 64 colours, base64 as before: for pages of many pictures."""
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    if picture.width > SHRUNK:
        picture = picture.resize((SHRUNK, round(picture.height * SHRUNK / picture.width)), Image.LANCZOS)
    small = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _silent_errors(notebook):
    """What went wrong without stopping the notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" and "UsageError:" in output.text:
                where = f"in cell {cell['id']}\n{cell.source}"
                yield f"a magic that IPython does not know, {where}\n{output.text}"
    for model in notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {}).values():
        for output in model["state"].get("outputs") or []:
            if output.get("output_type") == "error":
                said = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
                yield f"an error in a widget's callback\n{said}"


def serialise(notebook, *, name):
    """The notebook as it is committed: no path of this machine, no random id, at most 1 MB.

    Raises:
        Failure: it is larger; the largest cells are named.
    """
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _merged(cell.outputs)
        for output in cell.get("outputs", []):
            _clean(output)
    text = nbformat.writes(notebook)
    models = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    new = {old: hashlib.sha256(f"{name} {i}".encode()).hexdigest()[:32] for i, old in enumerate(models)}
    text = re.sub(r"\b[0-9a-f]{32}\b|(?<=IPY_MODEL_)[0-9a-f]{32}", lambda m: new.get(m[0], m[0]), text)
    text = nbformat.writes(nbformat.reads(text, as_version=4)) + "\n"  # sorted by the new ids
    size = len(text.encode())
    if size > MAX_BYTES:
        raise Failure(f"{size:,} bytes, and at most {MAX_BYTES:,} are allowed.\n{_largest(notebook)}")
    return text


def _merged(outputs):
    """Outputs in which what one stream said in several messages is one, as a terminal would show it."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            # a carriage return, as in a progress bar, starts the line anew
            lines = output.text.replace("\r\n", "\n").split("\n")
            output.text = "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)
    return merged


def _clean(output):
    """Take this machine's paths and addresses out of an output's text."""
    if "text" in output:
        output["text"] = without_paths(output["text"])
    if "traceback" in output:
        output["traceback"] = [without_paths(line) for line in output["traceback"]]
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(value, str):
            output["data"][kind] = without_paths(value)


def without_paths(text):
    """A text without what differs between machines and runs: folders and memory addresses."""
    text = CELL_FILE.sub("cell", text)
    root = Path(__file__).resolve().parents[1]
    for folder, shown in (
        (sys.prefix, "<python>"),
        (sys.base_prefix, "<python>"),
        (root, ""),
        (Path.home(), "~"),
    ):
        folder = str(folder)
        if len(folder) > 1:
            text = text.replace(folder + os.sep, f"{shown}/" if shown else "").replace(folder, shown or ".")
    return re.sub(r"\b0x[0-9a-f]{8,16}\b", "0x…", text)


def _largest(notebook):
    parts = [(len(str(cell)), f"cell {cell['id']}: {cell.source.strip()[:60]!r}") for cell in notebook.cells]
    parts.append((len(str(notebook.metadata.get("widgets", ""))), "the state of the widgets"))
    return "\n".join(f"{size:>12,}  {what}" for size, what in sorted(parts, reverse=True)[:4])


def out_of_step(source, target):
    """What differs between a source and its notebook, or is not as ``execute`` leaves it: sentences."""
    text = source.read_text(encoding="utf-8")
    number = source.stem.split("_")[0]
    rebuild = f"run `make notebooks ONLY={number}`"
    try:
        if with_stubs(text) != text:
            yield f"the source has a stub that is not its exercise's, or is not formatted; {rebuild}"
    except Failure as failure:
        yield str(failure)
    notebook = nbformat.read(target, as_version=4)
    wanted = parse(text)
    for n, (a, b) in enumerate(zip(wanted.cells, notebook.cells, strict=False), start=1):
        if (a.cell_type, a.source, a.metadata) != (b.cell_type, b.source, b.metadata):
            yield f"cell {n} differs from the source; {rebuild}"
            break
    else:
        if len(wanted.cells) != len(notebook.cells):
            yield f"{len(notebook.cells)} cells, and {len(wanted.cells)} in the source; {rebuild}"
    yield from _badly_executed(notebook)
    size = target.stat().st_size
    if size > MAX_BYTES:
        yield f"{size:,} bytes, and at most {MAX_BYTES:,} are allowed"


def _badly_executed(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    code = [cell for cell in code if "skip-execution" not in cell.metadata.get("tags", [])]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "its cells were not executed once, in order, from a fresh kernel"
    for cell in code:
        if "raises-exception" in cell.metadata.get("tags", []):
            continue
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"an error in the outputs of cell {cell['id']}"
    for reason in _silent_errors(notebook):
        yield reason.splitlines()[0]


def write(path, text):
    """Put a text file in place whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
