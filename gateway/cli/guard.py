"""The one place where an error becomes a sentence and an exit code."""

import errno
from typing import Any

import typer
from typer.core import TyperGroup

from gateway.cli.exits import HINTS, ExitCode, exit_code_of, sentence_of
from gateway.cli.output import say
from gateway.domain.errors import GatewayError


class GuardedGroup(TyperGroup):
    """Runs a command so that nobody ever sees a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error ends the process with its code and a sentence that says how to go on."""
        try:
            return super().invoke(ctx)
        except GatewayError as error:
            _tell(sentence_of(error), HINTS.get(error.code, ""))
            raise typer.Exit(exit_code_of(error)) from None
        except (typer.Exit, typer.Abort, typer.TyperException, EOFError):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _tell(_file_sentence(error), "check the path, its owner and its rights.")
            raise typer.Exit(ExitCode.MISCONFIGURED) from None
        except Exception as error:  # noqa: BLE001  a fault of ours is told without a traceback as well
            _tell(f"A fault in this program: {_place(error)}", "please report this line.")
            raise typer.Exit(ExitCode.FAULT) from None


def _tell(sentence: str, hint: str) -> None:
    say(f"backpack: {sentence}")
    if hint:
        say(f"To go on: {hint}")


def _file_sentence(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or type(error).__name__}"


def _place(error: Exception) -> str:
    """Return type and place; messages and values of unforeseen errors may hold personal data."""
    from gateway.logs import describe

    told = describe(error)
    frames = [frame for frame in told["frames"] if frame.startswith("gateway.")]
    return f"{told['type']} at {frames[-1] if frames else 'an unknown place'}"
