"""The learner profile as it is written here: whose words, what about, for whom, for how long."""

from gateway.domain.profile.contributions import Audience, Contribution, Voice, fades_on, is_faded
from gateway.domain.profile.forms import FORMS, Form, Words, entry_in_words

__all__ = [
    "FORMS",
    "Audience",
    "Contribution",
    "Form",
    "Voice",
    "Words",
    "entry_in_words",
    "fades_on",
    "is_faded",
]
