"""All that an adapter may import."""

from gateway.adapter_api.limits import Limits
from gateway.adapter_api.ports import (
    FILE_COLUMN,
    LINE_COLUMN,
    Adapter,
    AdapterConfig,
    Answer,
    Batch,
    Found,
    ImportRecord,
    Only,
    PointSource,
    Question,
    Row,
    Sink,
    SinkConfig,
    Table,
    batch_of,
)
from gateway.domain.errors import GatewayError, Malformed, Misconfigured, Refused, TooLarge, TryLater
from gateway.mapping.findings import Finding, Rule, finding

__all__ = [
    "FILE_COLUMN",
    "LINE_COLUMN",
    "Adapter",
    "AdapterConfig",
    "Answer",
    "Batch",
    "Finding",
    "Found",
    "GatewayError",
    "ImportRecord",
    "Limits",
    "Malformed",
    "Misconfigured",
    "Only",
    "PointSource",
    "Question",
    "Refused",
    "Row",
    "Rule",
    "Sink",
    "SinkConfig",
    "Table",
    "TooLarge",
    "TryLater",
    "batch_of",
    "finding",
]
