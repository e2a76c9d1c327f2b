"""Where all tables are listed: migrations and tests of the schema see them here."""

from typing import Final

from sqlalchemy import MetaData

metadata: Final = MetaData()
