"""The claims and what proves them: docs/claims.toml, the lectures and the tests make docs/syllabus.md.

    python tools/claims.py            rewrite docs/syllabus.md
    python tools/claims.py --check    write nothing; say what differs or is missing; exit 1 if anything is

A lecture is finished when its source exists. A claim is due when a finished lecture teaches it; it is proved
when that lecture names it in prose, as "(B1)", and has a cell tagged claim:B1 that checks itself, and a test
marked with it runs whenever the tests are run.
"""

import argparse
import ast
import difflib
import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from syllabus import page

__all__ = ["Claim", "Lecture", "Proof", "Survey", "main", "problems", "survey"]

ROOT = Path(__file__).resolve().parents[1]
ID = r"[A-Z]\d+"
MENTION = re.compile(rf"\((?:{ID}(?:, | and |; )?)+[^()]*\)")
KEYS = {"id", "text", "lectures", "source", "demo", "slip"}
# a test with one of these marks may be left out of a run, and so proves nothing in it
LEFT_OUT = {"slow", "browser", "skip", "skipif", "xfail"}


@dataclass(frozen=True)
class Claim:
    """A row of docs/claims.toml."""

    id: str
    text: str
    lectures: tuple
    source: str = ""
    demo: bool = False
    slip: str = ""


@dataclass(frozen=True)
class Lecture:
    """What a lecture's source holds: claims named in prose, tagged cells, and those of them with a check."""

    file: Path
    mentioned: frozenset
    tagged: frozenset
    checked: frozenset


@dataclass(frozen=True)
class Proof:
    """A test marked with a claim; ``counts`` is False if it may be left out of a run."""

    file: Path
    name: str
    counts: bool


@dataclass
class Survey:
    """All that was found."""

    root: Path
    parts: list  # (letter, title, claims)
    titles: dict  # number of a lecture -> title
    lectures: dict  # number -> Lecture, finished ones only
    proofs: dict = field(default_factory=dict)  # id -> [Proof]
    demos: dict = field(default_factory=dict)  # id -> [file]
    faults: list = field(default_factory=list)

    @property
    def claims(self):
        return [claim for _, _, claims in self.parts for claim in claims]

    def home(self, claim):
        """The number of the finished lecture that proves the claim, or is to; None if there is none yet."""
        there = [n for n in claim.lectures if n in self.lectures]
        whole = [n for n in there if claim.id in self.lectures[n].mentioned & self.lectures[n].checked]
        return (whole or there or [None])[0]

    def lacks(self, claim):
        """What a claim that is due lacks, a sentence each; nothing for one that is not due."""
        number = self.home(claim)
        if number is None:
            return
        lecture = self.lectures[number]
        if claim.id not in lecture.mentioned:
            yield f'{claim.id}: the prose of lecture {number} does not name it, as "({claim.id})"'
        if claim.id not in lecture.tagged:
            yield f"{claim.id}: lecture {number} has no code cell tagged claim:{claim.id}"
        elif claim.id not in lecture.checked:
            yield f"{claim.id}: its cell in lecture {number} checks nothing: no assert, no NBVAL_CHECK_OUTPUT"
        if not any(proof.counts for proof in self.proofs.get(claim.id, ())):
            yield f'{claim.id}: no test that always runs is marked @pytest.mark.claim("{claim.id}")'
        if claim.demo and not self.demos.get(claim.id):
            yield f'{claim.id}: the first line of no demo in gancourse/demos names it, as "({claim.id})"'

    def state(self, claim):
        """proved, incomplete, test only, or planned."""
        if self.home(claim) is not None:
            return "incomplete" if any(self.lacks(claim)) else "proved"
        return "test only" if any(proof.counts for proof in self.proofs.get(claim.id, ())) else "planned"


def survey(root=ROOT):
    """Read the claims, the lectures, the tests and the demos under ``root``."""
    table = tomllib.loads((root / "docs" / "claims.toml").read_text(encoding="utf-8"))
    faults, parts = [], []
    for part in table["part"]:
        claims = []
        for n, row in enumerate(part["claim"], start=1):
            wanted = f"{part['letter']}{n}"
            if row.get("id") != wanted:
                faults.append(f"docs/claims.toml: {row.get('id')} stands where {wanted} belongs")
            for key in sorted(KEYS - {"demo", "slip"} - row.keys()):
                faults.append(f"docs/claims.toml: {wanted} has no {key}")
            for key in sorted(row.keys() - KEYS):
                faults.append(f"docs/claims.toml: {wanted} has an unknown key, {key}")
            for number in row.get("lectures", ()):
                if number not in table["lectures"]:
                    faults.append(f"docs/claims.toml: {wanted} names a lecture {number}, which is not listed")
            claims.append(
                Claim(
                    row.get("id", wanted),
                    row.get("text", ""),
                    tuple(row.get("lectures", ())),
                    row.get("source", ""),
                    row.get("demo", False),
                    row.get("slip", ""),
                )
            )
        parts.append((part["letter"], part["title"], claims))
    letters = [letter for letter, _, _ in parts]
    if letters != sorted(set(letters)):
        faults.append(f"docs/claims.toml: the parts are not in order: {', '.join(letters)}")
    found = Survey(root, parts, table["lectures"], {}, faults=faults)
    known = {claim.id for claim in found.claims}
    _find_lectures(found, known)
    _find_tests(found, known)
    for file in sorted((root / "gancourse" / "demos").glob("[a-z]*.py")):
        first = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        for name in _mentions(first):
            found.demos.setdefault(name, []).append(file)
    return found


def _mentions(text):
    return {name for group in MENTION.findall(text) for name in re.findall(ID, group)}


def _find_lectures(found, known):
    for file in sorted((found.root / "notebooks" / "source").glob("[0-9][0-9]_*.py")):
        mentioned, tagged, checked = set(), set(), set()
        for head, body in _cells(file.read_text(encoding="utf-8")):
            if "[markdown]" in head:
                mentioned |= _mentions(body)
                continue
            tags = re.search(r"tags=(\[.*?\])", head)
            for tag in json.loads(tags[1]) if tags else []:
                kind, _, name = tag.partition(":")
                if kind != "claim":
                    continue
                if name not in known:
                    found.faults.append(f"{file.name}: a cell is tagged {tag}, and there is no such claim")
                tagged.add(name)
                if re.search(r"^\s*assert\b|^# NBVAL_CHECK_OUTPUT", body, flags=re.M):
                    checked.add(name)
        number = file.name[:2]
        if number not in found.titles:
            found.faults.append(f"{file.name}: docs/claims.toml lists no lecture {number}")
        found.lectures[number] = Lecture(file, *map(frozenset, (mentioned, tagged, checked)))


def _cells(text):
    """The cells of a py:percent source: the rest of the line that opens each, and what follows it."""
    pieces = re.split(r"^# %%(?!%)(.*)$", text, flags=re.M)
    return zip(pieces[1::2], pieces[2::2], strict=True)


def _find_tests(found, known):
    folder = found.root / "tests"
    for file in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        used = set()
        for name, marks in _tests(tree.body, []):
            counts = not LEFT_OUT & {mark for mark, _, _ in marks}
            for node, arguments in [(node, args) for mark, node, args in marks if mark == "claim"]:
                used.add(node)
                for argument in arguments:
                    claim = getattr(argument, "value", None)
                    if claim not in known:
                        said = ast.unparse(argument)
                        found.faults.append(
                            f"{file.name}: {name} is marked with {said}, and there is no such claim"
                        )
                    proofs = found.proofs.setdefault(claim, [])
                    proof = Proof(file, name, counts)
                    if proof not in proofs:
                        proofs.append(proof)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _mark(node)[0] == "claim" and node not in used:
                found.faults.append(f"{file.name}, line {node.lineno}: a claim's mark that marks no test")


def _tests(body, inherited, prefix=""):
    """Every test in a module's or a class's body with its marks, those of what it lies in included."""
    here = list(inherited)
    for node in body:
        if isinstance(node, ast.Assign) and any(ast.unparse(t) == "pytestmark" for t in node.targets):
            values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            here += map(_mark, values)
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, [*here, *map(_mark, node.decorator_list)], f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield prefix + node.name, [*here, *map(_mark, node.decorator_list)]


def _mark(node):
    """(name, node, arguments) of ``pytest.mark.name(arguments)``; the name is empty for anything else."""
    function = node.func if isinstance(node, ast.Call) else node
    owner = getattr(function, "value", None)
    if isinstance(function, ast.Attribute) and "mark" in (
        getattr(owner, "attr", None),
        getattr(owner, "id", None),
    ):
        return function.attr, node, node.args if isinstance(node, ast.Call) else []
    return "", node, []


def problems(root=ROOT):
    """What is wrong, missing or out of date: sentences, and the lines by which docs/syllabus.md differs."""
    found = survey(root)
    said = [*found.faults, *(reason for claim in found.claims for reason in found.lacks(claim))]
    target = root / "docs" / "syllabus.md"
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    new = page(found)
    if old != new:
        said.append("docs/syllabus.md is out of date; run `python tools/claims.py`")
        changes = list(
            difflib.unified_diff(old.splitlines(), new.splitlines(), "there", "wanted", "", "", 0, "")
        )
        said += [line if len(line) <= 160 else line[:157] + "..." for line in changes[:20]]
    return said


def main(arguments=None, root=ROOT):
    """Write the page or check it; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; say what differs or is missing")
    check = parser.parse_args(arguments).check
    if not check:
        text = page(survey(root))
        (root / "docs" / "syllabus.md").write_text(text, encoding="utf-8", newline="\n")
    said = problems(root)
    print("\n".join(said) or "Every claim that is due is proved, and docs/syllabus.md is up to date.")
    return 1 if check and said else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # not every console knows ∇
    sys.exit(main())
