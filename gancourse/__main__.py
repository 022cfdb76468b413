"""``python -m gancourse COMMAND``: what the course does outside a notebook."""

import argparse
import importlib
import sys

from gancourse.commands import COMMANDS

__all__ = ["main"]


def main(arguments=None):
    """Run a command; its exit code. What a person can mend is one sentence, without a traceback."""
    parser = argparse.ArgumentParser(
        prog="python -m gancourse",
        description="A course in generative adversarial networks that people run.",
        epilog="commands:\n" + "\n".join(f"  {name:10s}  {what}" for name, what in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see: python -m gancourse COMMAND --help")
    chosen = parser.parse_args(arguments)
    # a command is imported when it is called, so that none waits for what another needs
    command = importlib.import_module(f"gancourse.commands.{chosen.command}")
    options = argparse.ArgumentParser(
        prog=f"python -m gancourse {chosen.command}", description=COMMANDS[chosen.command]
    )
    command.add_arguments(options)
    try:
        return command.run(options.parse_args(chosen.arguments)) or 0
    except (ValueError, OSError) as error:
        print(f"{options.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
