"""Column types that several models share."""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Enum, Integer

# SQLite numbers rows by itself only in an INTEGER primary key.
BigId = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON(none_as_null=True)


def enum_of(words: type[StrEnum]) -> Enum:
    """A text column holding the enum's values.

    Checked by SQLAlchemy rather than by a CHECK constraint: a new word would make SQLite copy the
    whole table, and with it drop the triggers that keep the log append-only.
    """
    return Enum(
        words,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        validate_strings=True,
        length=32,
    )
