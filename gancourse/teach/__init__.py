"""For those who teach: assignments, solved copies, and grading that no submission can cheat, crash or starve.

The student's functions are called in a sandbox (`sandbox`, `kernel`, `examine`) from which plain data come
out; they are judged in another process (`judging`) that never runs a line of theirs. `docs/teaching.md` says
how to use it and what is trusted. The extra ``teach`` brings nbgrader; the command is ``python -m gancourse
teach``.
"""

__all__ = []
