"""The page of `map report`, and the figures of past runs."""

import re
import stat
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.map_charts import Bar, bars, line
from gateway.cli.map_report import page
from gateway.cli.map_runs import RUNS_FILE, note_run, runs_in
from gateway.demo.district import Bundle
from gateway.mapping.intake import Counts
from gateway.usecases.map_students import MapReport
from tests.unit.cli.conftest import DISTRICT_URL, District, Run, _anchor, _init

HOSTILE = '"><script>alert(1)</script>'
VOID = {"meta", "rect", "line", "circle", "polyline"}


class Page(HTMLParser):
    """Collects what a page is made of, and fails on tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.ids += [str(value) for name, value in attrs if name == "id"]
        self.links += [str(value) for name, value in attrs if name in {"href", "src", "action"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


COVERAGE = [
    {"field": "identity", "students": 12, "share": 1.0, "codes": 0, "unmapped": {}},
    {"field": "enrollments.gradeLevel", "students": 9, "share": 0.75, "codes": 3, "unmapped": {HOSTILE: 7, "Ana Reyes": 9, "ZZ9": 1}},
]  # fmt: skip


def quality(**changes: Any) -> dict[str, Any]:
    return {
        "students": 12,
        "sanity": [{"rule": "a", "words": "students without a grade level", "count": 2}],
        "rows": {
            "rows": 10, "used": 8, "faulty": 1, "excluded": 1, "accounted": True,
            "files": [{"file": HOSTILE, "rows": 10, "used": 8, "faulty": 1, "excluded": 1, "by_reason": {"ruledOut": 1}}],
        },
        "findings": {"date.invalid": 3},
        "by_school": [{"school": HOSTILE, "rule": "date.invalid", "findings": 3}],
        "trend": [
            {"run": n, "at": "2026-09-30T06:00:00Z", "mapping": HOSTILE, "students": 12, "changed": 1, "removed": 0, "findings": n}
            for n in (1, 2)
        ],
    } | changes  # fmt: skip


def made(**changes: Any) -> str:
    return page(HOSTILE, "2026-09-30", COVERAGE, quality(**changes))


def test_everything_that_is_put_into_the_page_is_escaped() -> None:
    found = Page(made())

    assert found.tags["script"] == 0
    assert HOSTILE in "".join(found.texts)


def test_the_page_asks_nothing_of_the_network() -> None:
    text = made()

    assert all(link.startswith("#") for link in Page(text).links)
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?://", text)


def test_every_link_leads_somewhere_and_every_id_is_there_once() -> None:
    found = Page(made())

    assert {link[1:] for link in found.links} <= set(found.ids)
    assert len(set(found.ids)) == len(found.ids)


def test_every_chart_has_a_title_and_a_table_behind_it() -> None:
    text = made()

    assert text.count('role="img"') == text.count('-title">') == 5
    assert Page(text).tags["table"] >= 5
    assert '<html lang="en">' in text
    assert Page(text).tags["main"] == 1


def test_a_code_that_may_be_a_name_is_not_in_the_page() -> None:
    text = made()

    assert "Ana Reyes" not in text
    assert "(9 characters)" in text
    assert "ZZ9" in text


def test_rows_that_do_not_add_up_are_said_aloud() -> None:
    rows = quality()["rows"] | {"accounted": False}

    assert "this does not add up" in made(rows=rows)
    assert "every row is accounted for" in made()


def test_a_page_without_findings_and_runs_is_whole() -> None:
    text = made(findings={}, by_school=[], trend=[])

    assert "There are no findings." in text
    assert "No run is on record yet" in text
    Page(text)


def test_the_report_of_the_demonstration_holds_no_student_s_data(
    run: Run, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "export.zip").write_bytes(bundle.to_zip())
    out = tmp_path / "report.html"

    done = run(
        *("map", "report", "-o", str(out), "--file", "oneroster/oneroster"),
        *("--bundle", str(tmp_path / "export.zip")),
    )

    assert done.exit_code == 0, done.stderr
    text = out.read_text("utf-8")
    Page(text)
    assert "Maple High School" in text
    for secret in (bundle.scenario.family_name, bundle.scenario.local_id, "Kowalczyk", "Linn"):
        assert secret not in text


def test_bars_are_as_long_as_their_share() -> None:
    drawn = bars("x", "X", [Bar("a", [1.0], "all"), Bar("b", [0.5], "half")], 1)

    whole, half = (float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', drawn))
    assert half == pytest.approx(whole / 2)


def test_a_line_falls_where_values_fall() -> None:
    drawn = line("x", "X", [("run 1", 10), ("run 2", 5), ("run 3", 0)])

    heights = [float(y) for y in re.findall(r'<circle[^>]* cy="([\d.]+)"', drawn)]
    assert heights == sorted(heights)


# --- figures of runs ----------------------------------------------------------------------------------------

AT = datetime(2026, 9, 30, 6, 0, tzinfo=UTC)


def report(students: int) -> MapReport:
    found = MapReport()
    found.students, found.changed, found.removed = students, 2, 1
    found.findings = Counter({"date.invalid": 3})
    found.files = {"users.csv": Counts(rows=5, used=3, excluded=Counter(notAStudent=1), faulty=1)}
    return found


def test_the_figures_of_each_run_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    note_run(tmp_path, AT, "oneroster 1.0.0", report(12))
    note_run(tmp_path, AT, "oneroster 1.0.0", report(13))

    runs = runs_in(tmp_path)

    assert [(one.number, one.students) for one in runs] == [(1, 12), (2, 13)]
    assert runs[0].files["users.csv"] == {"rows": 5, "used": 3, "faulty": 1, "excluded": 1}
    assert stat.S_IMODE((tmp_path / RUNS_FILE).stat().st_mode) == 0o600


def test_a_line_that_was_cut_short_does_not_hide_the_others(tmp_path: Path) -> None:
    note_run(tmp_path, AT, "m 1", report(12))
    with (tmp_path / RUNS_FILE).open("a") as file:
        file.write('{"at": "2026\n')
    note_run(tmp_path, AT, "m 1", report(13))

    assert [one.number for one in runs_in(tmp_path)] == [1, 3]


def test_without_a_node_there_are_no_runs() -> None:
    assert runs_in(None) == []


@pytest.fixture
def node(run: Run, agency: District, bundle: Bundle, tmp_path: Path) -> District:
    """A district with an export, of which nothing was read yet."""
    export = tmp_path / "export.zip"
    export.write_bytes(bundle.to_zip())
    folder = tmp_path / "maple"
    made = run(*_init("district", DISTRICT_URL, folder), *_anchor(agency), "--source-path", str(export))
    assert made.exit_code == 0, made.stderr
    return District(folder, folder / "node.toml", run)


def test_two_runs_are_compared_by_their_figures(node: District) -> None:
    note_run(node.folder, AT, "m 1", report(12))
    note_run(node.folder, AT, "m 2", report(20))

    told = node.json("map", "diff", "1", "2")

    assert told["students"] == [12, 20]
    assert told["after"]["mapping"] == "m 2"


def test_a_run_that_is_not_there_is_not_compared(node: District) -> None:
    assert node.do("map", "diff", "1", "2").exit_code == 1


def test_quality_at_a_node_lists_its_last_runs(node: District) -> None:
    note_run(node.folder, AT, "m 1", report(12))

    told = node.json("map", "quality")

    assert [(one["run"], one["students"], one["findings"]) for one in told["trend"]] == [(1, 12, 3)]
    assert told["students"] == 12


def test_a_node_s_own_mapping_and_source_are_checked(node: District) -> None:
    told = node.json("map", "check")

    assert (told["mapping"], told["holds"]) == ("oneroster/oneroster", True)


def test_a_node_s_source_is_drafted_from(node: District, tmp_path: Path) -> None:
    told = node.json("map", "new", "-o", str(tmp_path / "own.toml"))

    assert "identity" in {one["section"] for one in told["entries"]}


def test_figures_leave_no_folder_behind(node: District) -> None:
    node.do("map", "coverage")

    assert not list(node.folder.glob(".mapping-*"))
