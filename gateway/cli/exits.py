"""Exit codes: stable, documented once, derived from the class of the error."""

from enum import IntEnum
from typing import Final

from gateway.domain.errors import GatewayError, Misconfigured, TryLater


class ExitCode(IntEnum):
    """What a script may go by. Numbers never change their meaning."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    TRY_LATER = 3
    MISCONFIGURED = 4
    FAULT = 70
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.OK: "Done.",
    ExitCode.REFUSED: "Refused, not found, or what was checked does not hold. `doctor`: warnings only.",
    ExitCode.USAGE: "The command line is wrong, or a question could not be asked. `doctor`: something fails.",
    ExitCode.TRY_LATER: "Nothing is wrong; the same command may succeed later. Also: `--wait` ran out.",
    ExitCode.MISCONFIGURED: "An operator must act: a setting, key, file or right is missing or wrong.",
    ExitCode.FAULT: "A fault in this program; please report the line that was printed.",
    ExitCode.INTERRUPTED: "Interrupted by the keyboard.",
}

HINTS: Final = {
    "not_found": "check the id; `list` beside the same noun shows what there is.",
    "conflict": "`backpack transfer show ID` says what can be done now.",
    "gone": "`backpack transfer show ID` says why.",
    "peer_unavailable": "run the command again later; `backpack doctor` shows who is away.",
    "over_budget": "run the command again later.",
    "moved": "run the command again.",
    "untrusted": "`backpack doctor` checks the clock, the keys and the agency.",
    "try_later": "run the command again.",
    "misconfigured": "`backpack doctor` shows whether anything else is missing.",
}
"""How to go on, by the code of an error; for those whose message does not say it."""


def exit_code_of(error: GatewayError) -> ExitCode:
    """Return the exit code for an error of this project."""
    if isinstance(error, Misconfigured):
        return ExitCode.MISCONFIGURED
    return ExitCode.TRY_LATER if isinstance(error, TryLater) else ExitCode.REFUSED


def sentence_of(error: GatewayError) -> str:
    """Return the error in one sentence, for people."""
    text = str(error)
    return f"{error.title}: {text}" if text else error.title
