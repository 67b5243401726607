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

from moderation.policy.limits import MAY_BE_NONE, NUMBERS, WrongRule, check_rule
from moderation.statuses import ATTRIBUTES
from moderation.web.filters import ATTRIBUTES as WORDS


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
    """Some rules of a site or an article. `seen` marks what the page showed."""

    seen = HiddenField()
    rules: tuple[str, ...] = ()  # fields of Policy

    @classmethod
    def of(cls, stored: Mapping[str, Any], **bound: Any) -> "RulesForm":
        """The form filled in with these rules, by their names; `bound` goes to the form."""
        return cls(**bound, data={**cls.shown(cls._known(stored)), "seen": cls.mark(stored)})

    @classmethod
    def mark(cls, stored: Mapping[str, Any]) -> str:
        """What tells these rules from others."""
        text = json.dumps(cls._known(stored), sort_keys=True, default=dict)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @classmethod
    def _known(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        return {name: stored[name] for name in cls.rules if name in stored}

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


class LimitsForm(RulesForm):
    """Rules with a limit for each attribute that a model scores; an empty field is none."""

    @property
    def limits(self) -> list[Field]:
        """The fields of own limits."""
        return [self[f"limit_{attribute}"] for attribute in ATTRIBUTES]

    @property
    def has_own_limits(self) -> bool:
        """Whether any is set."""
        return any(field.data is not None for field in self.limits)

    @property
    def own_limits(self) -> dict[str, float]:
        """Those that were typed, from 0 to 1, by attribute."""
        return {
            field.short_name.removeprefix("limit_"): field.data
            for field in self.limits
            if field.data is not None
        }

    @staticmethod
    def shown_limits(stored: Mapping[str, float]) -> dict[str, float]:
        """Limits as the form's fields have them."""
        return {f"limit_{attribute}": share for attribute, share in stored.items()}


def _within_limits(_form: Any, field: Field) -> None:
    """The validator of one attribute's own limit."""
    if field.data is None:
        return
    try:
        check_rule("thresholds", {field.short_name.removeprefix("limit_"): field.data})
    except WrongRule:  # its sentence speaks of shares
        raise ValidationError("Please enter a number from 0 to 100 %.") from None


for _attribute in ATTRIBUTES:
    setattr(
        LimitsForm,
        f"limit_{_attribute}",
        PercentField(
            WORDS[_attribute].capitalize(),
            validators=[_within_limits],
            render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 8},
        ),
    )


def _text_of(field: Field) -> str:
    return str(field.data if isinstance(field, SelectField) else field._value())


def as_the_rules(_form: Any, field: Field) -> None:
    """The validator of every field that is a rule."""
    try:
        field.data = check_rule(field.short_name, field.data)
    except WrongRule as error:
        raise ValidationError(str(error)) from None


def number(name: str, label: str, *, is_optional: bool = False) -> NumberField:
    least, most = NUMBERS[name]
    is_optional = is_optional or name in MAY_BE_NONE
    given = [Optional()] if is_optional else []
    kw = {"min": least, "max": most, "required": not is_optional}
    return NumberField(label, validators=[*given, as_the_rules], render_kw=kw)


def lines(label: str, rows: int = 4) -> LinesField:
    return LinesField(label, validators=[as_the_rules], render_kw={"rows": rows, "dir": "auto"})


def language_field(label: str, presence: Any) -> StringField:
    """A field for ISO 639; `presence`: DataRequired or Optional. Its page has the datalist."""
    return StringField(
        label,
        filters=[lambda text: (text or "").strip().lower()],
        validators=[presence, as_the_rules],
        render_kw={"maxlength": 3, "autocomplete": "off", "dir": "ltr", "list": "languages"},
    )


def switch(label: str) -> BooleanField:
    return BooleanField(label, validators=[as_the_rules])


def radio(label: str, choices: Mapping[Any, str]) -> RadioField:
    known = [SelectChoice(str(value), says) for value, says in choices.items()]
    return RadioField(label, choices=known)
