"""Runs one process of the SLA monitor; with arguments, a command beside it (`command_line`)."""

import sys

from shared.serving.server import serve

from sla_monitor.app import create_app
from sla_monitor.operations.command_line import run
from sla_monitor.settings import SlaMonitorSettings


def main() -> None:
    if len(sys.argv) > 1:
        sys.exit(run(sys.argv[1:]))
    serve(create_app(SlaMonitorSettings()))


if __name__ == "__main__":
    main()
