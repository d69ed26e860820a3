"""What the router is told by its environment; the only place that reads it."""

from shared.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    port: int = 8102
