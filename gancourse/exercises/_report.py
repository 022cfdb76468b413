"""How a verdict looks: one line of text, or a small coloured panel."""

import re
from html import escape

__all__ = ["as_html", "as_text"]

# Okabe and Ito's colours, which people with any colour vision tell apart; a sign goes with each.
LOOK = {"passed": ("✔", "#009E73"), "failed": ("✘", "#D55E00"), "not attempted": ("○", "#666666")}


def as_text(verdict):
    """The verdict in plain text, for terminals and for readers without HTML."""
    sign, _ = LOOK[verdict.status]
    lines = [f"{sign} {verdict.title}: {verdict.status} ({verdict.points:g} of {verdict.out_of:g} points)"]
    for rung in verdict.rungs:
        lines.append(f"  {LOOK[rung.status][0]} {rung.title}: {rung.message}")
    if not verdict.rungs and verdict.status == "failed":
        lines.append(f"  {verdict.message}")
        lines += [f"  Hint: {hint}" for hint in verdict.hints[:1]]
    elif not verdict.rungs and verdict.status == "not attempted":
        lines.append(f"  {verdict.message}")
    return "\n".join(lines)


def as_html(verdict):
    """The verdict as a panel; hints unfold one at a time, and work without a kernel."""
    sign, colour = LOOK[verdict.status]
    points = f"{verdict.points:g} of {verdict.out_of:g} points"
    body = ""
    if verdict.rungs:
        items = "".join(
            f"<li style='list-style:none'><span style='color:{LOOK[r.status][1]}'>{LOOK[r.status][0]}</span> "
            f"<b>{escape(r.title)}</b>: {_prose(r.message)}{_hints(r) if r.status == 'failed' else ''}</li>"
            for r in verdict.rungs
        )
        body = f"<ul style='margin:.3em 0;padding-left:.6em'>{items}</ul>"
    elif verdict.status != "passed":
        body = f"<p style='margin:.4em 0'>{_prose(verdict.message)}</p>"
        if verdict.status == "failed":
            body += _hints(verdict)
    return (
        f"<div role='status' style='border-left:6px solid {colour};padding:.4em .9em;max-width:46em'>"
        f"<b style='color:{colour}'>{sign} {escape(verdict.title)}: {verdict.status}</b> "
        f"<span>({points})</span>{body}</div>"
    )


def _hints(verdict):
    # the next hint lies inside the one before it, so that they open in order
    nested = ""
    for number in range(len(verdict.hints), 0, -1):
        nested = (
            f"<details style='margin:.2em 0 .2em 1em'><summary>hint {number} of {len(verdict.hints)}"
            f"</summary>{_prose(verdict.hints[number - 1])}{nested}</details>"
        )
    return nested


def _prose(text):
    # `code` in a message is set in a fixed-width font, and *stress* in italics
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if i % 2 else re.sub(r"\*(\w[^*]*)\*", r"<em>\1</em>", part)
        for i, part in enumerate(parts)
    )
