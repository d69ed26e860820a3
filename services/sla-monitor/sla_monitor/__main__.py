"""Runs one process of the SLA monitor."""

from shared.server import serve

from sla_monitor.app import create_app
from sla_monitor.settings import SlaMonitorSettings


def main() -> None:
    serve(create_app(SlaMonitorSettings()))


if __name__ == "__main__":
    main()
