"""All that an adapter may import."""

from gateway.adapter_api.limits import Limits
from gateway.adapter_api.ports import (
    Adapter,
    AdapterConfig,
    Batch,
    ImportRecord,
    Row,
    Sink,
    SinkConfig,
    Table,
)
from gateway.domain.errors import GatewayError, Malformed, Misconfigured, Refused, TooLarge, TryLater
from gateway.mapping.findings import Finding, Rule, finding

__all__ = [
    "Adapter",
    "AdapterConfig",
    "Batch",
    "Finding",
    "GatewayError",
    "ImportRecord",
    "Limits",
    "Malformed",
    "Misconfigured",
    "Refused",
    "Row",
    "Rule",
    "Sink",
    "SinkConfig",
    "Table",
    "TooLarge",
    "TryLater",
    "finding",
]
