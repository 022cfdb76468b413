"""Voila on a notebook, as an instructor serves the gallery to a projector."""

import contextlib

from servers import free_port, running

from gancourse.commands.gallery import command

__all__ = ["KNOWN", "served"]

# what Voila's template asks for by itself: a font on a CDN
KNOWN = ("fontawesome-free",)


@contextlib.contextmanager
def served(notebook, own):
    """The address at which Voila serves a notebook; a page renders it, and none is asked for before.

    Arguments:
        notebook: its path.
        own: an empty folder for Voila's configuration and log.

    Raises:
        RuntimeError: it has not started in time; the end of its log is in the message.
    """
    address = f"http://127.0.0.1:{(port := free_port())}"
    words = command(port=port, browser=False, notebook=notebook)
    with running(words, own, f"{address}/no-such-page", folder=own):
        yield address
