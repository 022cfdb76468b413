"""What ``python -m gancourse`` can do: a module each, with ``add_arguments(parser)`` and ``run(options)``."""

__all__ = ["COMMANDS"]

# name of the module -> what it does; to add a command, write the module and add its line
COMMANDS = {
    "course": "copy the lectures to work/ and open them in JupyterLab",
    "data": "download a set of images",
    "evaluate": "compare generated images with real ones by every metric",
    "gallery": "serve all demos to a projector, with Voila",
    "lab": "serve the GAN lab to a projector, with Voila",
    "lectures": "list the lectures",
    "teach": "release, solve and grade lectures, for those who teach",
    "train": "train a recipe on images, and write a report",
}
