"""Copy the lectures that are absent to the working folder, and open them in JupyterLab."""

from gancourse.course import copy_lectures, start, work_folder

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--work", metavar="DIR", help="folder of your copies (default: work/)")
    parser.add_argument("--port", type=int, default=8888, help="first port to try (default: 8888)")


def run(options):
    """Copy the lectures and open them; JupyterLab's exit code."""
    work = work_folder(options.work)
    copies = copy_lectures(work)
    if copies.new:
        print(f"Copied to {work}: {', '.join(copies.new)}")
    if copies.kept:
        print(f"Kept as you left them in {work}: {len(copies.kept)} lectures")
    for name in copies.outdated:
        print(f"{name} has changed since you copied it. To get the new one, rename yours and run this again.")
    return start(work, browser=not options.no_browser, port=options.port)
