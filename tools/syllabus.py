"""How docs/syllabus.md looks, given what tools/claims.py found."""

import re

__all__ = ["page"]

HEAD = """\
<!-- Made by `python tools/claims.py` from docs/claims.toml, the lectures and the tests: change those. -->

# Syllabus

What the course teaches, claim by claim, with the lecture and the tests that prove each.

**{proved} of {all} claims are proved**{others}.

- *proved*: a finished lecture derives it and names it, as "(B1)"; a cell shows its numbers and checks them; a
  test that always runs proves it to a stated tolerance; and where a slider must move it, there is a demo.
- *test only*: the package has it and a test proves it; its lecture is still to be written.
- *planned*: its lecture is still to be written.

Conventions: p is the density of the data, q that of the generator. Logarithms are natural (nats).
JSD(p, q) = ½KL(p‖m) + ½KL(q‖m) with m = (p+q)/2, so 0 ≤ JSD ≤ log 2. D_f(p‖q) = ∫ q f(p/q).
V(D, G) = E_p log D + E_q log(1−D), where D = σ(v) is the probability of *real* and v its logit.

The lecture notes behind the course, whose slips it corrects: **L0** ECE 544NA, lecture 21; **L1** Generative
Modeling, Generative adversarial networks; **L2** ECE 57000, Generative Adversarial Networks; **L3** Deep
Learning: A Statistical Perspective; **L4** GAN, VAE and Semi-Supervised Learning, part I.
"""
STATES = ("test only", "planned", "incomplete")


def page(found):
    """The whole page, from a ``Survey``."""
    states = [found.state(claim) for claim in found.claims]
    others = [f"{states.count(state)} {state}" for state in STATES if state in states]
    head = HEAD.replace("D_f", r"D\_f").replace("E_p", r"E\_p").replace("E_q", r"E\_q")
    lines = [
        head.format(proved=states.count("proved"), all=len(states), others="".join(f", {o}" for o in others))
    ]
    for letter, title, claims in found.parts:
        lines += [
            f"## {letter}. {title}",
            "",
            "| id | claim | lecture | tests | state |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [_row(found, claim) for claim in claims]
        slips = [f"- **{claim.id}** {_plain(claim.slip)}" for claim in claims if claim.slip]
        lines += ["", "Where the notes slip:", "", *slips, ""] if slips else [""]
    return "\n".join(lines).rstrip() + "\n"


def _row(found, claim):
    text = _plain(claim.text)
    if claim.source:
        text += f" <br>*From {_plain(claim.source)}*"
    if claim.demo:
        names = [f"[`{file.stem}`](../gancourse/demos/{file.name})" for file in found.demos.get(claim.id, ())]
        text += f" <br>*Demo*: {', '.join(names) or 'planned'}"
    lectures = "<br>".join(_lecture(found, number) for number in claim.lectures)
    tests = "<br>".join(_test(found, proof) for proof in found.proofs.get(claim.id, ()))
    return f"| {claim.id} | {text} | {lectures} | {tests or '–'} | {found.state(claim)} |"


def _lecture(found, number):
    name = f"{number} {_plain(found.titles.get(number, ''))}".strip()
    lecture = found.lectures.get(number)
    if lecture and (found.root / "notebooks" / f"{lecture.file.stem}.ipynb").exists():
        return f"[{name}](../notebooks/{lecture.file.stem}.ipynb)"
    return name


def _test(found, proof):
    file = proof.file.relative_to(found.root).as_posix()
    note = "" if proof.counts else " (not in every run)"
    return f"[`{proof.file.name}::{proof.name}`](../{file}){note}"


def _plain(text):
    """A text in which Markdown finds nothing to interpret."""
    return re.sub(r"([\\*_|~`\[\]<>])", r"\\\1", text)
