"""The forms by which owners set rules, without a page around them."""

from dataclasses import fields

from moderation.policy.context import Policy
from moderation.web.owners.sites import FORMS


def test_every_rule_is_on_the_page_once() -> None:
    on_page = [rule for form in FORMS.values() for rule in form.rules]

    assert sorted(on_page) == sorted(field.name for field in fields(Policy))
