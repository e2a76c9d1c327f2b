"""The composition root: the only place that knows which class stands behind which port."""

from gateway.wiring.nodes import Opened, open_node
from gateway.wiring.serving import serve
from gateway.wiring.trust import Introduction, introduce

__all__ = ["Introduction", "Opened", "introduce", "open_node", "serve"]
