"""Download a set of images, with a progress bar; files already there and whole are kept."""

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="mnist, fashion-mnist, cifar-10 or stacked-mnist")
    parser.add_argument("--root", metavar="DIR", help="where to put it (default: the user's cache)")


def run(options):
    """Download the set and say where it is."""
    from gancourse.data import download

    print(f"{options.name} is in {download(options.name, options.root)}")
