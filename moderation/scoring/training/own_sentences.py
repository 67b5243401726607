"""Sentences written for this project, where the public data is thin or misleading.

One file a kind lies in `scoring/sentences/`: threats and harm wished with their calm look-alikes;
groups of people spoken of kindly, neutrally, hatefully and in defence; comments on the news whose
topics stand in toxic rows only in the public data; harmless swearing. None is taken from a test.
"""

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from moderation.scoring.labels import LABELS
from moderation.scoring.training.data import OWN, UNKNOWN, Row

_FOLDER = Path(__file__).parents[1] / "sentences"


class Group(NamedTuple):
    """One group of people as {G} (plural), {g} (adjective) and {P} (one of them)."""

    plural: str
    adjective: str
    person: str


GROUPS = (
    Group("women", "female", "a woman"),
    Group("men", "male", "a man"),
    Group("Muslims", "Muslim", "a Muslim"),
    Group("Jews", "Jewish", "a Jew"),
    Group("Christians", "Christian", "a Christian"),
    Group("Catholics", "Catholic", "a Catholic"),
    Group("Protestants", "Protestant", "a Protestant"),
    Group("atheists", "atheist", "an atheist"),
    Group("Hindus", "Hindu", "a Hindu"),
    Group("Sikhs", "Sikh", "a Sikh"),
    Group("Buddhists", "Buddhist", "a Buddhist"),
    Group("black people", "black", "a black man"),
    Group("African Americans", "African American", "an African American woman"),
    Group("white people", "white", "a white guy"),
    Group("Asians", "Asian", "an Asian woman"),
    Group("Indians", "Indian", "an Indian"),
    Group("Pakistanis", "Pakistani", "a Pakistani"),
    Group("Chinese people", "Chinese", "a Chinese man"),
    Group("Japanese people", "Japanese", "a Japanese woman"),
    Group("Mexicans", "Mexican", "a Mexican"),
    Group("Latinos", "Latino", "a Latina"),
    Group("Hispanics", "Hispanic", "a Hispanic man"),
    Group("Africans", "African", "an African"),
    Group("Arabs", "Arab", "an Arab"),
    Group("Turks", "Turkish", "a Turk"),
    Group("Poles", "Polish", "a Pole"),
    Group("Russians", "Russian", "a Russian"),
    Group("Americans", "American", "an American"),
    Group("Canadians", "Canadian", "a Canadian"),
    Group("Europeans", "European", "a European"),
    Group("Native Americans", "indigenous", "a Native American"),
    Group("immigrants", "immigrant", "an immigrant"),
    Group("migrants", "migrant", "a migrant"),
    Group("refugees", "refugee", "a refugee"),
    Group("foreigners", "foreign", "a foreigner"),
    Group("gay people", "gay", "a gay man"),
    Group("gays", "homosexual", "a homosexual"),
    Group("lesbians", "lesbian", "a lesbian"),
    Group("bisexual people", "bisexual", "a bisexual woman"),
    Group("trans people", "trans", "a trans person"),
    Group("trans women", "transgender", "a transgender woman"),
    Group("queer people", "queer", "a queer person"),
    Group("straight people", "straight", "a straight man"),
    Group("disabled people", "disabled", "a disabled person"),
    Group("blind people", "blind", "a blind person"),
    Group("deaf people", "deaf", "a deaf person"),
    Group("wheelchair users", "paralysed", "a wheelchair user"),
    Group("paralyzed people", "paralyzed", "a paralyzed man"),
    Group("nonbinary people", "nonbinary", "a nonbinary person"),
    Group("autistic people", "autistic", "an autistic man"),
    Group("old people", "old", "an old man"),
    Group("the elderly", "elderly", "an elderly woman"),
    Group("teenagers", "teenage", "a teenager"),
    Group("young people", "young", "a young woman"),
    Group("poor people", "poor", "a poor man"),
    Group("homeless people", "homeless", "a homeless man"),
    Group("LGBTQ people", "LGBTQ", "an LGBTQ person"),
    Group("Middle Easterners", "Middle Eastern", "a Middle Eastern man"),
)
NAMES = (
    "Anna", "Ahmed", "Ben", "Chidi", "Dana", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jamal",
    "Kofi", "Lena", "Mei", "Noor", "Omar", "Priya", "Rosa", "Sven", "Tom", "Yusuf", "Zoe",
)  # fmt: skip
KIND = (
    "kind", "warm", "funny", "patient", "generous", "thoughtful", "calm", "clever", "cheerful",
    "decent", "gentle", "polite", "wonderful", "lovely", "brave", "honest", "remarkable", "quiet",
)  # fmt: skip
UNKIND = (
    "disgusting", "vile", "filthy", "worthless", "repulsive", "stupid", "pathetic", "moronic",
    "sick", "evil", "dirty", "dumb", "horrible", "ugly", "awful", "retarded", "degenerate",
)  # fmt: skip
TOPICS = (
    "Trump", "Biden", "Clinton", "Obama", "Harris", "Trudeau", "Starmer", "Farage", "Macron",
    "Merkel", "Modi", "Putin", "the president", "the prime minister", "the mayor", "the council",
    "Congress", "the police", "the Republicans", "the Democrats", "the Liberals", "Labour",
    "the Tories", "the church", "the bishop", "Alaska", "Hawaii", "Russia", "China", "Israel",
    "the union", "the court", "the judge", "the governor", "the school board", "the senator",
)  # fmt: skip

# What is known of the lines of each file: the labels that are 1; of clean ones all are 0.
_TOXIC_KINDS: Mapping[str, tuple[str, ...]] = {
    "threats": ("toxicity", "threat"),
    "harm_wished": ("toxicity",),
    "groups_hate": ("toxicity", "identity_attack"),
    "person_hate_free": ("toxicity", "identity_attack"),
    "news_insults": ("toxicity", "insult"),
}
_CLEAN_KINDS = (
    "no_threats",
    "groups_neutral",
    "groups_counter",
    "same_words_objects",
    "news_calm",
    "news_heated_civil",
    "everyday_calm",
)
# Swearing at nobody is obscene or not, as one likes; toxic it is not.
_SWEARING = "profanity_harmless"
_FILLINGS_OF_GROUPS = 4
_FILLINGS_OTHERWISE = 3
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])(?!eu|uni|use|one)", re.IGNORECASE)


def own_rows(*, seed: int) -> Iterator[Row]:
    """Every line, filled in several ways where it has a place for it; half in lower case."""
    chance = random.Random(seed)  # noqa: S311 - a draw of templates, not a secret
    for kind, positive in _TOXIC_KINDS.items():
        labels = tuple(1.0 if label in positive else UNKNOWN for label in LABELS)
        yield from _rows(kind, labels, chance)
    for kind in _CLEAN_KINDS:
        yield from _rows(kind, (0.0,) * len(LABELS), chance)
    swearing = tuple(UNKNOWN if label == "obscene" else 0.0 for label in LABELS)
    yield from _rows(_SWEARING, swearing, chance)


def _rows(kind: str, labels: tuple[float, ...], chance: random.Random) -> Iterator[Row]:
    for line in (_FOLDER / f"{kind}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            for text in _filled(line, chance):
                yield Row(text=text, labels=labels, weight=1.0, source=OWN)


def _filled(line: str, chance: random.Random) -> list[str]:
    texts = set()
    for _ in range(_times(line)):
        group = chance.choice(GROUPS)
        text = line.format(
            G=group.plural,
            g=group.adjective,
            P=group.person,
            T=chance.choice(TOPICS),
            N=chance.choice(NAMES),
            kind=chance.choice(KIND),
            unkind=chance.choice(UNKIND),
        )
        text = with_articles(text[0].upper() + text[1:]) if text != line else text
        texts.add(text.lower() if chance.random() < 0.5 else text)
    return sorted(texts)


def _times(line: str) -> int:
    if any(place in line for place in ("{G}", "{g}", "{P}")):
        return _FILLINGS_OF_GROUPS
    return _FILLINGS_OTHERWISE if "{" in line else 1


def with_articles(text: str) -> str:
    """The text with "an" for "a" before a vowel's sound."""
    return _ARTICLE.sub(r"\1n ", text)
