"""How often readers were asked whether to change what they wrote: numbers by site and day."""

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.db import Base


class NudgeDay(Base):
    """One day (UTC) of one site. Of those asked, who neither changed nor kept it dropped it."""

    __tablename__ = "nudges"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    asked: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)  # posted another text
    kept: Mapped[int] = mapped_column(default=0)  # posted it as it was
