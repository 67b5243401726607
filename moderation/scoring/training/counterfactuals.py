"""Naming a group of people where a text named none, so that no group's name is a signal.

Kind and calm texts about a man, a friend or a teacher stay kind when he is said to be deaf or
Jewish, and insults stay insults (counterfactual augmentation: Garg et al., "Counterfactual
fairness in text classification through robustness", 2019).
"""

import random
import re

from moderation.scoring.training.own_sentences import GROUPS, with_articles

_PEOPLE = re.compile(
    r"\b(?:people|persons?|m[ae]n|wom[ae]n|guys?|girls?|boys?|friends?|users?|editors?|kids?"
    r"|child|children|famil(?:y|ies)|couples?|neighbou?rs?|husband|wife|dad|mom|mum|father|mother"
    r"|brothers?|sisters?|sons?|daughters?|dude|lady|actors?|writers?|authors?|students?"
    r"|teachers?|citizens?|communit(?:y|ies))\b",
    re.IGNORECASE,
)
_TWO_GROUPS = 0.2


def name_group(text: str, chance: random.Random) -> str | None:
    """The text with one of the people in it said to be of a group, None where there is none."""
    places = list(_PEOPLE.finditer(text))
    if not places:
        return None
    place = chance.choice(places).start()
    return with_articles(f"{text[:place]}{_adjective(chance)} {text[place:]}")


def _adjective(chance: random.Random) -> str:
    if chance.random() < _TWO_GROUPS:
        return chance.choice((" ", " and ", ", ")).join(
            g.adjective for g in chance.sample(GROUPS, 2)
        )
    return chance.choice(GROUPS).adjective
