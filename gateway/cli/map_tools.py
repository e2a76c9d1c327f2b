"""The commands around a mapping file, put beside `map run` and `map findings`."""

import typer

from gateway.cli import (
    map_check,
    map_diff,
    map_explain,
    map_measure,
    map_new,
    map_preview,
    map_report,
    map_reverse,
    map_schema,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(map_check.check)
    app.command("new")(map_new.new)
    app.command("explain")(map_explain.explain)
    app.command("preview")(map_preview.preview)
    app.command("coverage")(map_measure.coverage)
    app.command("quality")(map_measure.quality)
    app.command("diff")(map_diff.diff)
    app.command("report")(map_report.report)
    app.command("reverse")(map_reverse.reverse)
    app.command("schema")(map_schema.schema)
    app.command("reference", hidden=True)(map_schema.reference)
