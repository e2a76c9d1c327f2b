"""`backpack doctor`: tries everything once and says how to mend what fails."""

from gateway.cli.doctor.command import doctor

__all__ = ["doctor"]
