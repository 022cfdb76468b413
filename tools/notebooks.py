"""Execute the lectures: notebooks/source/NN_title.py becomes notebooks/NN_title.ipynb, with its outputs;
and so does the gallery of demos, demos.py.

    python tools/notebooks.py [02]        execute all lectures, or those whose name begins so
    python tools/notebooks.py --check     say what is out of step; exit 1 if anything is

Kernels run in notebooks/ under GANCOURSE_PROFILE=cpu, what a reader gets on a laptop, unless that is set to
something else. Executed twice, a lecture gives the same file, but for times that its cells print: cell ids
and widget ids are made from content and order, no times are recorded, no path of the machine is kept.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import lecture
from lecture import Failure

__all__ = ["build", "main", "problems"]

ROOT = Path(__file__).resolve().parents[1]


def build(source, target):
    """Execute one lecture, from its source into its notebook; the old notebook stays if anything is wrong.

    Stubs of exercises are brought up to date in the source first.

    Raises:
        Failure: with the lecture, the cell and the reason.
    """
    text = source.read_text(encoding="utf-8")
    wanted = lecture.with_stubs(text)
    if wanted != text:
        lecture.write(source, wanted)
    notebook = lecture.parse(wanted)
    # the gallery is run, and not read: pictures will do
    lecture.execute(notebook, folder=target.parent, widgets=source.stem != "demos")
    content = lecture.serialise(notebook, name=source.stem)
    lecture.write(target, content)
    return len(content.encode())


def problems(root=ROOT):
    """What is out of step between notebooks/source and notebooks, without executing anything: sentences."""
    folder = root / "notebooks"
    sources = {path.stem: path for path in sorted((folder / "source").glob("*.py"))}
    notebooks = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    found = [] if sources else ["notebooks/source holds no lecture"]
    for name in sorted(sources.keys() - notebooks.keys()):
        found.append(f"{name}: has no notebook; run `make notebooks ONLY={name.split('_')[0]}`")
    for name in sorted(notebooks.keys() - sources.keys()):
        found.append(f"{name}: has no source in notebooks/source")
    for name in sorted(sources.keys() & notebooks.keys()):
        found += [f"{name}: {reason}" for reason in lecture.out_of_step(sources[name], notebooks[name])]
    return found


def main(arguments=None, root=ROOT):
    """Build or check; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("only", nargs="?", default="", help="how the lecture's file name begins")
    parser.add_argument("--check", action="store_true", help="execute nothing; say what is out of step")
    options = parser.parse_args(arguments)
    if options.check:
        found = problems(root)
        print("\n".join(found) or "Every notebook is in step with its source.")
        return 1 if found else 0
    os.environ.setdefault("GANCOURSE_PROFILE", "cpu")
    os.environ["GANCOURSE_PROGRESS"] = ""
    sources = sorted((root / "notebooks" / "source").glob(f"{options.only}*.py"))
    if not sources:
        print(f"No lecture in notebooks/source begins with {options.only!r}.", file=sys.stderr)
        return 2
    failed = 0
    for source in sources:
        print(f"{source.stem} ...", flush=True)
        started = time.monotonic()
        try:
            size = build(source, root / "notebooks" / f"{source.stem}.ipynb")
        except Failure as failure:
            print(f"\n{source.stem}: {failure}\n\nThe old notebook is left as it was.", file=sys.stderr)
            failed += 1
        else:
            print(f"{source.stem}: {size / 1000:.0f} kB, {time.monotonic() - started:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
