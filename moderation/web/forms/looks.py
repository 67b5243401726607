"""The form by which owners choose how readers' pages look on their site."""

from typing import Any

from wtforms import Field, SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from moderation.policy.theme import CHOICES, COLOURS, STANDARD, WrongTheme, read_theme
from moderation.web.forms.rules import RulesForm

LABELS = {
    "accent_light": "Colour of links and buttons, light",
    "accent_dark": "Colour of links and buttons, dark",
    "page_light": "Background, light",
    "page_dark": "Background, dark",
}
FONTS = {
    "system": "That of the reader’s device",
    "serif": "With serifs",
    "humanist": "Humanist, without serifs",
    "mono": "Typewriter",
}
SIZES = {"small": "Small", "normal": "Normal", "large": "Large"}
WIDTHS = {"narrow": "Narrow", "normal": "Normal", "wide": "Wide"}
WORDS = {"font": ("Font", FONTS), "size": ("Size of text", SIZES), "width": ("Width", WIDTHS)}


class LooksForm(RulesForm):
    """A field for each value of a theme; an empty one is as everywhere."""

    rules = ("theme",)
    radius = StringField(
        "Rounded corners, in pixels",
        validators=[Optional()],
        render_kw={"inputmode": "numeric", "maxlength": 2, "placeholder": "8"},
    )

    @classmethod
    def shown(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """The values of the theme."""
        return dict(rules["theme"])

    @property
    def wanted(self) -> dict[str, Any]:
        """The theme without the fields that are empty."""
        return {"theme": {key: value for key, value in self.values.items() if value}}

    @property
    def values(self) -> dict[str, str]:
        """What was typed or is stored, by key, in the order of the page."""
        return {key: self[key].data or "" for key in (*COLOURS, "radius", *CHOICES)}

    @property
    def colours(self) -> list[Field]:
        """The fields of colours."""
        return [self[key] for key in COLOURS]

    def validate(self, extra_validators: Any = None) -> bool:
        """All values together, as contrast is of two; a problem is told beside its field."""
        is_valid: bool = super().validate(extra_validators)
        try:
            read_theme(self.values)
        except WrongTheme as error:
            self[error.key].errors = [str(error)]
            return False
        return is_valid


for _key in COLOURS:
    _name, _, _scheme = _key.partition("_")
    setattr(
        LooksForm,
        _key,
        StringField(
            LABELS[_key],
            validators=[Optional()],
            render_kw={
                "placeholder": STANDARD[_scheme][_name],
                "maxlength": 7,
                "autocomplete": "off",
                "spellcheck": "false",
                "dir": "ltr",
                "data-colour": True,
            },
        ),
    )
for _key, (_label, _words) in WORDS.items():
    _choices = [
        SelectChoice("", "As everywhere"),
        *(SelectChoice(*pair) for pair in _words.items()),
    ]
    setattr(LooksForm, _key, SelectField(_label, choices=_choices, default=""))
