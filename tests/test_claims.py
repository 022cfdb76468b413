"""Every claim of a finished lecture is proved, the page that says so is up to date, and the tool can tell."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "tools")
    claims = importlib.import_module("claims")

FOUND = claims.survey(ROOT)
DUE = [claim for claim in FOUND.claims if FOUND.home(claim) is not None]


# the course


def test_the_page_is_up_to_date():
    page = (ROOT / "docs" / "syllabus.md").read_text(encoding="utf-8")
    assert page == claims.page(FOUND), "run `python tools/claims.py`"


def test_every_mark_and_tag_names_a_claim_and_the_claims_are_in_order():
    assert not FOUND.faults
    ids = [claim.id for claim in FOUND.claims]
    assert len(ids) == len(set(ids)) == 64
    assert ids == sorted(ids, key=lambda name: (name[0], int(name[1:])))


@pytest.mark.parametrize("claim", DUE, ids=lambda claim: claim.id)
def test_a_claim_of_a_finished_lecture_is_proved(claim):
    assert not list(FOUND.lacks(claim))
    assert FOUND.state(claim) == "proved"


def test_lecture_02_makes_its_claims_due():
    assert {"A2", "A3", "A6", "B1", "B2"} <= {claim.id for claim in DUE}


@pytest.mark.parametrize("claim", FOUND.claims, ids=lambda claim: claim.id)
def test_a_claim_says_something(claim):
    assert claim.text.endswith(".") and len(claim.text) > 40 and claim.source and claim.lectures
    assert not claim.slip or claim.slip.endswith(".")
    assert "\n" not in claim.text + claim.slip, "a line break ends a row of the table"


def test_the_command_runs_from_anywhere(tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "claims.py"), "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


# the tool, on a small course made up for it

CLAIMS = """
[lectures]
02 = "Two"
03 = "Three"

[[part]]
letter = "A"
title = "First"
[[part.claim]]
id = "A1"
text = "One | two *three*."
lectures = ["03", "02"]
source = "L0"
demo = true
[[part.claim]]
id = "A2"
text = "Later."
lectures = ["03"]
source = "L1"
slip = "A slip."
"""
LECTURE = """
# %% [markdown]
# ## 1 · The idea (A1, further)

# %% tags=["claim:A1"]
x = 1
assert x == 1
"""
TESTS = """
import pytest

@pytest.mark.claim("A1")
def test_one():
    assert 1
"""
TAG = ' tags=["claim:A1"]'
DEMO = '"""Something moves (A1)."""\n'


@pytest.fixture
def course(tmp_path):
    """Write a course of two claims, the first of them due and proved; texts given by name replace its own."""

    def write(claims_toml=CLAIMS, lecture=LECTURE, tests=TESTS, demo=DEMO, page=True):
        for name, text in {
            "docs/claims.toml": claims_toml,
            "notebooks/source/02_two.py": lecture,
            "tests/test_it.py": tests,
            "gancourse/demos/moves.py": demo,
        }.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        if page:
            claims.main([], tmp_path)
        return tmp_path

    return write


def states(root):
    found = claims.survey(root)
    return {claim.id: found.state(claim) for claim in found.claims}


def test_a_whole_course_has_no_problems(course, capsys):
    root = course()
    assert claims.problems(root) == []
    assert states(root) == {"A1": "proved", "A2": "planned"}
    assert claims.main(["--check"], root) == 0
    assert "up to date" in capsys.readouterr().out


NO_TEST = 'A1: no test that always runs is marked @pytest.mark.claim("A1")'
MARK = '@pytest.mark.claim("A1")'
DEFECTS = {
    "no test": ({"tests": "def test_one():\n    assert 1\n"}, NO_TEST),
    "slow": ({"tests": TESTS.replace(MARK, f"{MARK}\n@pytest.mark.slow")}, NO_TEST),
    "skipped": ({"tests": TESTS.replace(MARK, f'@pytest.mark.skip(reason="")\n{MARK}')}, NO_TEST),
    "skipped now and then": ({"tests": TESTS.replace(MARK, f"@pytest.mark.skipif(1 > 2)\n{MARK}")}, NO_TEST),
    "slow module": ({"tests": TESTS + "pytestmark = [pytest.mark.slow]\n"}, NO_TEST),
    "a string": ({"tests": f"TEXT = '''\n{TESTS}'''\n"}, NO_TEST),
    "in code only": (
        {"lecture": LECTURE.replace("(A1, further)", "").replace("x = 1", "x = 1  # (A1)")},
        'A1: the prose of lecture 02 does not name it, as "(A1)"',
    ),
    "another claim": (
        {"lecture": LECTURE.replace("(A1, further)", "(A11)")},
        'A1: the prose of lecture 02 does not name it, as "(A1)"',
    ),
    "no cell": (
        {"lecture": LECTURE.replace("claim:A1", "other")},
        "A1: lecture 02 has no code cell tagged claim:A1",
    ),
    "prose tagged": (
        {"lecture": LECTURE.replace(TAG, "").replace("[markdown]", "[markdown]" + TAG)},
        "A1: lecture 02 has no code cell tagged claim:A1",
    ),
    "a cell that cannot fail": (
        {"lecture": LECTURE.replace("assert x == 1", "print(x)")},
        "A1: its cell in lecture 02 checks nothing: no assert, no NBVAL_CHECK_OUTPUT",
    ),
    "no demo": (
        {"demo": '"""Something moves."""\n# (A1)\n'},
        'A1: the first line of no demo in gancourse/demos names it, as "(A1)"',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), DEFECTS.values(), ids=DEFECTS.keys())
def test_what_a_claim_lacks_is_said(course, change, said, capsys):
    root = course(**change)
    assert claims.problems(root) == [said]
    assert states(root)["A1"] == "incomplete"
    capsys.readouterr()
    assert claims.main(["--check"], root) == 1
    assert said in capsys.readouterr().out


FAULTS = {
    "mark": (
        {"tests": TESTS + TESTS.replace("A1", "A9").replace("one", "two")},
        "test_it.py: test_two is marked with 'A9', and there is no such claim",
    ),
    "tag": (
        {"lecture": LECTURE + '\n# %% tags=["claim:B7"]\nassert 1\n'},
        "02_two.py: a cell is tagged claim:B7, and there is no such claim",
    ),
    "helper": (
        {"tests": TESTS + TESTS.replace("test_one", "helper")},
        "test_it.py, line 10: a claim's mark that marks no test",
    ),
    "twice": (
        {"claims_toml": CLAIMS.replace('"A2"', '"A1"')},
        "docs/claims.toml: A1 stands where A2 belongs",
    ),
    "misspelt": (
        {"claims_toml": CLAIMS.replace("slip", "slips")},
        "docs/claims.toml: A2 has an unknown key, slips",
    ),
    "incomplete": (
        {"claims_toml": CLAIMS.replace('source = "L1"\n', "")},
        "docs/claims.toml: A2 has no source",
    ),
    "no such lecture": (
        {"claims_toml": CLAIMS.replace('["03"]', '["30"]')},
        "docs/claims.toml: A2 names a lecture 30, which is not listed",
    ),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_written_wrongly_is_said(course, change, said):
    assert said in claims.problems(course(**change))


def test_marks_of_a_class_and_of_a_module_count(course):
    by_class = TESTS.replace(MARK, '@pytest.mark.claim("A1", "A2")\nclass TestIt:').replace("def", "  def")
    by_class = by_class.replace("test_one()", "test_one(self)").replace("    assert", "      assert")
    by_module = 'from pytest import mark\n\npytestmark = mark.claim("A1")\n\ndef test_one():\n    assert 1\n'
    root = course(tests=by_class)
    assert states(root) == {"A1": "proved", "A2": "test only"}
    assert "`test_it.py::TestIt::test_one`" in (root / "docs" / "syllabus.md").read_text(encoding="utf-8")
    assert states(course(tests=by_module)) == {"A1": "proved", "A2": "planned"}


def test_a_claim_is_due_once_any_of_its_lectures_is_there_and_one_of_them_must_prove_it(course):
    root = course()
    third = root / "notebooks" / "source" / "03_three.py"
    third.write_text("# %% [markdown]\n# Nothing yet.\n", encoding="utf-8")
    assert states(root) == {"A1": "proved", "A2": "incomplete"}
    third.unlink()
    (root / "notebooks" / "source" / "02_two.py").unlink()
    assert states(root) == {"A1": "test only", "A2": "planned"}


def test_a_page_out_of_date_is_shown_and_mended(course, capsys):
    root = course(page=False)
    assert claims.problems(root)[0] == "docs/syllabus.md is out of date; run `python tools/claims.py`"
    assert claims.main([], root) == 0
    page = root / "docs" / "syllabus.md"
    text = page.read_text(encoding="utf-8")
    assert "**1 of 2 claims are proved**, 1 planned." in text
    assert "One \\| two \\*three\\*." in text and "- **A2** A slip." in text
    page.write_text(text.replace("First", "Fast"), encoding="utf-8")
    capsys.readouterr()
    assert claims.main(["--check"], root) == 1
    said = capsys.readouterr().out
    assert "-## A. Fast" in said and "+## A. First" in said
    assert page.read_text(encoding="utf-8") != text, "a check writes nothing"


def test_a_lecture_is_linked_once_its_notebook_is_there(course):
    root = course()
    link = "[02 Two](../notebooks/02_two.ipynb)"
    assert link not in claims.page(claims.survey(root))
    (root / "notebooks" / "02_two.ipynb").write_text("{}", encoding="utf-8")
    assert link in claims.page(claims.survey(root))
