"""Measurements in the form that Prometheus reads. No label names a student, a person or a transfer."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.domain.transfer import Role, State

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One application's measurements."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "backpack_http_request_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._transfers = Gauge(
            "backpack_transfers", "Transfers by role and state.", ("role", "state"), registry=self._registry
        )
        self._findings = Gauge(
            "backpack_findings",
            "Findings of the last mapping run by rule.",
            ("rule",),
            registry=self._registry,
        )
        self._measures: dict[str, Gauge] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request. A method that no route has is counted as `other`."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).observe(seconds)

    def set_transfers(self, counts: Mapping[tuple[Role, State], int]) -> None:
        """Set the number of transfers in each state; those that are not named have none."""
        self._transfers.clear()
        for (role, state), count in counts.items():
            self._transfers.labels(role, state).set(count)

    def set_findings(self, counts: Mapping[str, int]) -> None:
        """Set the number of findings of each rule."""
        self._findings.clear()
        for rule, count in counts.items():
            self._findings.labels(rule).set(count)

    def set_measure(self, name: str, value: float) -> None:
        """Set a gauge of this name, which becomes `backpack_<name>`."""
        if name not in self._measures:
            text = name.replace("_", " ").capitalize() + "."
            self._measures[name] = Gauge(f"backpack_{name}", text, registry=self._registry)
        self._measures[name].set(value)

    def text(self) -> tuple[bytes, str]:
        """Return all of it, and the content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


METRICS: Final = web.AppKey("metrics", Metrics)
