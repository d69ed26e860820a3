"""What the SLA monitor is told by its environment; it needs nothing of its own beyond what every service needs."""

from shared.settings import ServiceSettings


class SlaMonitorSettings(ServiceSettings):
    port: int = 8103
