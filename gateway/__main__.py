"""`python -m gateway` is `backpack`."""

from gateway.cli import app

app(prog_name="backpack")
