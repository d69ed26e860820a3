"""Settings of the SLA monitor, beside those of every service."""

from pydantic import Field
from shared.operations.settings import ServiceSettings


class SlaMonitorSettings(ServiceSettings):
    port: int = 8103
    target_share: float = Field(default=0.95, gt=0, le=1, description="of answers that are to be given in time")
    moves_per_second: float = Field(
        default=200.0, gt=0, description="due times told as moved after a change of rules: the others take in no more"
    )
    figures_every_seconds: float = Field(
        default=60.0, gt=0, description="between two PerformancePublished of an entity"
    )
