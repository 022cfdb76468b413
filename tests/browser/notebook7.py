"""The page of a notebook in Notebook 7."""

from lab import Lab

__all__ = ["Notebook7"]


class Notebook7(Lab):
    """A page on a Notebook 7 server; but for the address it is driven as JupyterLab is."""

    def open(self, name):
        """Open a notebook of the working folder and wait for its kernel."""
        self.page.goto(f"{self.server}/notebooks/{name}?token={self.token}")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        self._wait_for_kernel()
