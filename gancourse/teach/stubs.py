"""A step of nbgrader's ``generate_assignment``: an answer's cell becomes what the student starts from."""

from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["Stubs"]


class Stubs(NbGraderPreprocessor):
    """Put back the stub that ``Lecture.assignment`` kept in a cell's metadata.

    nbgrader's own ``ClearSolutions`` runs before: cells that an instructor adds are cleared as always. It
    cannot make these stubs, since it knows one text for all.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """The cell, changed in place."""
        stub = cell.metadata.get("gancourse", {}).pop("stub", None)
        if stub is not None:
            cell.source = stub
        return cell, resources
