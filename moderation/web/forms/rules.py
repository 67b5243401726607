"""What the forms of a site's rules share: fields that know their limits, and the form itself.

What a rule may be is said in policy/limits.py alone; a form asks there, field by field.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Optional

from moderation.policy.context import Policy
from moderation.policy.limits import MAY_BE_NONE, NUMBERS, WrongRule, check_rule


class NumberField(IntegerField):  # type: ignore[misc]  # wtforms ships no types
    """A whole number within the limits of its rule."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Also where nothing was typed: then there is no number."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = int(valuelist[0].strip())
            except ValueError:
                raise ValueError("Please enter a whole number.") from None


class LinesField(TextAreaField):  # type: ignore[misc]
    """A list, an entry a line."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The lines that are not blank."""
        lines = valuelist[0].splitlines() if valuelist else []
        self.data = [line.strip() for line in lines if line.strip()]

    def _value(self) -> str:
        return "\n".join(self.data or ())


class PercentField(StringField):  # type: ignore[misc]
    """A share from 0 to 1, typed in percent; nothing typed is None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Takes 85, 85.5, 85,5 and 85 %."""
        text = (valuelist[0] if valuelist else "").strip().rstrip("%").strip().replace(",", ".")
        self.data = None
        if text:
            try:
                self.data = round(float(text) / 100, 6)
            except ValueError:
                raise ValueError("Please enter a number in percent, such as 85.") from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data * 100:g}"


class RulesForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Some rules of a site. `seen` marks what the page showed."""

    seen = HiddenField()
    rules: tuple[str, ...] = ()  # fields of Policy

    @classmethod
    def of(cls, policy: Policy, **bound: Any) -> "RulesForm":
        """The form filled in with the rules in force; `bound` goes to the form."""
        known = {name: getattr(policy, name) for name in cls.rules}
        return cls(**bound, data={**cls.shown(known), "seen": cls.mark(policy)})

    @classmethod
    def mark(cls, policy: Policy) -> str:
        """What tells these rules from others."""
        known = {name: getattr(policy, name) for name in cls.rules}
        text = json.dumps(known, sort_keys=True, default=dict)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @classmethod
    def shown(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """Rules as the form's fields have them."""
        return rules

    @property
    def wanted(self) -> dict[str, Any]:
        """What was typed, as rules."""
        return {name: self[name].data for name in self.rules}

    @property
    def posted(self) -> dict[str, str]:
        """What a browser would send of the form as it is, but for its CSRF token."""
        found: dict[str, str] = {}
        for field in self:
            if isinstance(field, BooleanField):
                found |= {field.name: "y"} if field.data else {}
            elif field.short_name != "csrf_token":
                found[field.name] = _text_of(field)
        return found


def _text_of(field: Field) -> str:
    return str(field.data if isinstance(field, SelectField) else field._value())


def as_the_rules(_form: Any, field: Field) -> None:
    """The validator of every field that is a rule."""
    try:
        field.data = check_rule(field.short_name, field.data)
    except WrongRule as error:
        raise ValidationError(str(error)) from None


def number(name: str, label: str) -> NumberField:
    least, most = NUMBERS[name]
    given = [Optional()] if name in MAY_BE_NONE else []
    kw = {"min": least, "max": most, "required": name not in MAY_BE_NONE}
    return NumberField(label, validators=[*given, as_the_rules], render_kw=kw)


def lines(label: str, rows: int = 4) -> LinesField:
    return LinesField(label, validators=[as_the_rules], render_kw={"rows": rows, "dir": "auto"})


def switch(label: str) -> BooleanField:
    return BooleanField(label, validators=[as_the_rules])


def radio(label: str, choices: Mapping[Any, str]) -> RadioField:
    known = [SelectChoice(str(value), says) for value, says in choices.items()]
    return RadioField(label, choices=known)
