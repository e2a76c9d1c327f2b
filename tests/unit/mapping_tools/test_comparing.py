"""What another version of a mapping would change."""

from pathlib import Path

from gateway.domain.backpack.compact import Dictionary
from gateway.mapping.bulk import open_bulk
from gateway.mapping.comparing import Compared, Difference, compare, keep
from tests.unit.mapping_tools.conftest import NOW, reader, roster


async def compared(
    path: Path, folder: Path, *changes: tuple[str, str], student: str | None = None
) -> Compared:
    dictionary = Dictionary()
    for name, mapping in (("before", roster()), ("after", roster(*changes))):
        for made in (folder / name, folder / f"{name}-work"):
            made.mkdir(parents=True)
        run = await open_bulk(
            reader(path), mapping, now=NOW, work=folder / f"{name}-work", dictionary=dictionary
        )
        await keep(run, folder / name)
    return compare(folder / "before", folder / "after", dictionary, student)


async def test_the_same_mapping_changes_nothing(demo: Path, tmp_path: Path) -> None:
    found = await compared(demo, tmp_path)

    assert (found.students, found.same) == (12, 12)
    assert not found.changed
    assert not found.added
    assert not found.removed


async def test_students_are_counted_by_the_field_that_changes(district: Path, tmp_path: Path) -> None:
    found = await compared(
        district,
        tmp_path,
        ('exit_date = "firstDayNotEnrolled"', 'exit_date = "unknown"'),
        ('pronouns = "pronouns"', 'pronouns = "givenName"'),
        ('static = "legal"', 'static = "birth"'),
    )

    assert found.same == 0
    assert found.changed == {"enrollments.exitDateConvention": 2, "identity.names.use": 2}
    assert found.added == {"identity.pronouns": 2}


async def test_entries_that_are_gone_are_counted_as_removed(district: Path, tmp_path: Path) -> None:
    found = await compared(
        district,
        tmp_path,
        (
            'section = "demographics"\nfrom = [{ source = "demographics"',
            'section = "demographics"\nfrom = [{ source = "userFlags"',
        ),
    )

    assert found.removed == {"demographics": 1}
    assert found.same == 1


async def test_one_student_s_differences_are_told_with_their_values(district: Path, tmp_path: Path) -> None:
    found = await compared(district, tmp_path, ('static = "legal"', 'static = "birth"'), student="U2")

    assert found.details == [Difference("U2", "identity.0.names.0.use", "legal", "birth")]


async def test_students_of_one_mapping_alone_are_counted(district: Path, tmp_path: Path) -> None:
    found = await compared(district, tmp_path, ('students = ["student"]', 'students = ["pupil"]'))

    assert (found.only_before, found.only_after, found.students) == (2, 0, 0)
