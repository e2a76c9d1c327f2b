"""What a bundle's manifest promises against the files that are there."""

from collections.abc import Iterator

import polars as pl

from gateway.mapping.columns import AT, LINE
from gateway.mapping.findings import Finding, Rule, finding
from gateway.mapping.gathering import Gathering
from gateway.mapping.plan import Plan


def check_manifest(plan: Plan, gathered: Gathering) -> Iterator[Finding]:
    """Yield a finding for each file that is promised and not there; all its rows count as used."""
    spec = plan.mapping.manifest
    source = plan.sources.get(spec.source) if spec else None
    if spec is None or source is None or not {spec.property, spec.value} <= source.asked.keys():
        return
    there = {one.spec.file for one in plan.sources.values() if one.table}
    there |= {table.name for table in plan.unmapped}
    frames = list(gathered.kept[spec.source].frames())
    if not frames:
        return
    rows = pl.concat(frames)
    gathered.use(spec.source, rows.get_column(AT))
    for name, said, line in rows.select(spec.property, spec.value, LINE).iter_rows():
        promised = name.strip().removeprefix(spec.prefix)
        absent = said.strip().casefold() in {"", spec.absent.casefold()}
        if name.startswith(spec.prefix) and not absent and promised not in there:
            yield finding(
                Rule.FILE_MISSING,
                f"the manifest promises {promised}.csv, and it is not there",
                file=source.file,
                line=line,
                column=source.header(spec.value),
                raw_value=said,
                suggestion="export the bundle again",
            )
