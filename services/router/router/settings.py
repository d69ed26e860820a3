"""What the router is told by its environment; the only place that reads it."""

from pydantic import Field
from shared.operations.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    port: int = 8102
    live_connections: int = Field(default=2_000, ge=1, description="of this process that wait for changes")
    live_connections_per_client: int = Field(default=8, ge=1, description="of one session or signed-in caller")
