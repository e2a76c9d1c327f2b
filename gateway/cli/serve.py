"""The running node."""

from gateway.cli.options import NODE_TOML, AsJson, ConfigFile
from gateway.cli.output import say, to_json


def serve(config: ConfigFile = NODE_TOML, *, as_json: AsJson = False) -> None:
    """Run the node until it is told to stop (Ctrl-C, SIGTERM).

    Logs go to standard error, one JSON object a line.
    """
    import asyncio
    import sys

    from gateway import wiring
    from gateway.settings import load

    def ready(url: str, listening: str) -> None:
        if as_json:
            print(to_json({"url": url, "listening": listening}), flush=True)
        else:
            say(f"serving {url}, listening on {listening}")

    running = wiring.serve(load(config), ready)
    if sys.platform == "win32":
        asyncio.run(running)
    else:
        import uvloop

        uvloop.run(running)
