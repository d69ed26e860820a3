"""Runs one process of the router; with arguments, a command beside it (`command_line`)."""

import sys

from shared.serving.server import serve

from router.app import create_app
from router.settings import RouterSettings


def main() -> None:
    if len(sys.argv) > 1:
        # Not above: it brings scikit-learn, which a process that serves does without.
        from router.operations.command_line import run

        sys.exit(run(sys.argv[1:]))
    serve(create_app(RouterSettings()))


if __name__ == "__main__":
    main()
