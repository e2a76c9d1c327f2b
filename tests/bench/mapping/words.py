"""Words that a made-up district is written with. Every family name has an invented part."""

from itertools import product
from typing import Final

GIVEN: Final = (
    *("Ada", "Amir", "Ana", "Arlo", "Aya", "Ben", "Bea", "Caleb", "Chen", "Clara", "Dalia", "Deven", "Elif"),
    *("Elio", "Emre", "Esme", "Farah", "Finn", "Gia", "Hana", "Hugo", "Ida", "Imani", "Ines", "Ivo", "Jada"),
    *(
        "Jonah",
        "José",
        "Kai",
        "Keiko",
        "Lena",
        "Leo",
        "Lucía",
        "Malik",
        "Mara",
        "Mei",
        "Milo",
        "Nadia",
        "Nia",
    ),
    *("Noé", "Omar", "Opal", "Otis", "Petra", "Priya", "Quinn", "Rafael", "Ravi", "Rosa", "Sami", "Soren"),
    *("Tala", "Theo", "Uma", "Vera", "Wren", "Ximena", "Yusuf", "Zara", "Zoë"),
)

FAMILY: Final = tuple(
    first + second
    for first, second in product(
        (
            *("Amber", "Birch", "Cinder", "Drift", "Elder", "Fallow", "Garnet", "Hazel", "Ivory", "Juniper"),
            *(
                "Kestrel",
                "Linden",
                "Marlow",
                "Nettle",
                "Ochre",
                "Pebble",
                "Quarry",
                "Rowan",
                "Saffron",
                "Thistle",
            ),
        ),
        (
            *("well", "brook", "mere", "wick", "holt", "stead", "combe", "garth", "shaw", "thorpe"),
            *("dotter", "son", "ova", "ez", "ini", "aki", "escu", "oğlu", "-Vale", "-Marsh"),
        ),
    )
)

TOWNS: Final = (
    "Maple Falls",
    "North Birch",
    "Cedar Bend",
    "Elmhollow",
    "Sandy Fork",
    "Port Larch",
    "Alder Creek",
)

STATES: Final = ("IL", "TX", "OH", "GA", "WA", "NM", "CO", "ME")

SUBJECTS: Final = (
    ("Mathematics", "MAT"),
    ("English Language Arts", "ELA"),
    ("Science", "SCI"),
    ("Social Studies", "SOC"),
    ("World Language", "LAN"),
    ("Physical Education", "PHE"),
    ("Visual Art", "ART"),
    ("Computing", "CMP"),
)
"""One for each period of the day."""

CATEGORIES: Final = (
    ("Homework", "0.2"),
    ("Quizzes", "0.2"),
    ("Unit Test", "0.4"),
    ("Project", "0.1"),
    ("Classwork", "0.1"),
    ("Final Grade", ""),
)
"""Titles and weights. The last is a kind of grade, the others are kinds of work."""

COMMENTS: Final = (
    *(
        "Clear reasoning, show the units.",
        "Well done, and early.",
        "See me about question 4.",
        "Retake offered",
    ),
    *('Wrote "because" and then why: good.', "Improved since last time, keep going", "Missing the last page"),
)

INTERESTS: Final = (
    "Robotics",
    "Choir",
    "Soccer",
    "Birdwatching",
    "Chess",
    "Baking",
    "Drawing comics",
    "Coding games",
)
STRENGTHS: Final = ("Explains to others", "Reads graphs", "Fractions", "Writing openings", "Works in a team")
WORDS: Final = (
    "Learns best with a worked example first",
    "Asks good questions, needs time to answer",
    "Wants to present instead of writing, where that is possible",
)
GOALS: Final = (
    "Read one book a month",
    "Raise mathematics by one mark",
    "Join a club",
    "Arrive on time every day",
)
