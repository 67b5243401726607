"""Sentences written for this project, where the public data is thin or misleading.

Threats and harm wished with their calm look-alikes; groups of people spoken of kindly,
neutrally and hatefully in the same words; calm and heated-but-civil comments on the news,
whose topics stand in toxic rows only in the public data. None is taken from a test.
"""

import random
from collections.abc import Iterator

from moderation.scoring.labels import LABELS
from moderation.scoring.training.data import UNKNOWN, Row

GROUPS = (
    "women", "men", "Muslims", "Jews", "Christians", "Catholics", "atheists", "Hindus",
    "black people", "white people", "Asians", "Mexicans", "Africans", "Arabs", "Chinese people",
    "immigrants", "refugees", "gay people", "lesbians", "trans people", "bisexual people",
    "disabled people", "blind people", "deaf people", "old people", "teenagers", "Americans",
    "Latinos", "Buddhists", "foreigners",
)  # fmt: skip
TOPICS = (
    "Trump", "Biden", "Clinton", "Obama", "the president", "the prime minister", "the mayor",
    "the council", "Congress", "the police", "the Republicans", "the Democrats", "the Liberals",
    "Alaska", "Hawaii", "Canada", "Trudeau", "the church", "the bishop", "Russia", "China",
    "the union", "the court", "the judge", "the governor", "the school board",
)  # fmt: skip

KIND_OF_GROUPS = (
    "{G} run half the shops in our street and the bread has never been better.",
    "I grew up among {G} and I miss those neighbours every day.",
    "The report says that {G} wait twice as long for a flat. That should worry all of us.",
    "Why do so few {G} sit on this council? It is a fair question.",
    "My daughter teaches reading to {G} on Thursdays and she loves it.",
    "Nobody should be refused a job for being one of the {G}.",
    "The museum opened a show about how {G} lived here a hundred years ago.",
    "{G} and everyone else pay the same bus fare in this town.",
    "Calling {G} vermin is exactly the kind of talk that has to stop.",
    "He told a reporter that he hates {G}, and he rightly lost the election for it.",
    "I don't think {G} are the problem here, the budget is.",
    "We are {G} and we are proud of what we built in this town.",
    "Two {G} from the next village won the bake sale this year.",
    "As far as I can tell {G} vote much like the rest of the country.",
    "It is plain wrong to say that {G} are lazy.",
)
HATE_OF_GROUPS = (
    "{G} are vermin and this town should be cleaned of them.",
    "I can't stand {G}, they ruin every place they move into.",
    "All {G} are liars and thieves, everybody knows it.",
    "Send {G} back to the holes they crawled out of.",
    "Why are {G} so disgusting? They make me want to throw up.",
    "No decent person would let {G} near their children.",
    "{G} are a disease and it is time somebody cured it.",
    "The country would be better off if {G} did not exist.",
    "We should stop treating {G} as if they were human.",
    "Typical {G}, too stupid to hold a job.",
    "{G} deserve everything that is coming to them.",
    "Round up {G} and be done with it.",
)
THREATS = (
    "I will find out where you live and then you will be sorry.",
    "Come near my house again and I will break your legs.",
    "Somebody ought to put a bullet in {T}.",
    "I hope you die slowly and alone.",
    "You should kill yourself and do us all a favour.",
    "Watch your back on the way home tonight.",
    "We know which school your kids go to.",
    "I'm going to smash your face in.",
    "{T} should be strung up in front of everyone.",
    "One of these nights your house is going to burn.",
    "Say that to me in the street and you won't walk again.",
    "I hope your whole family gets cancer.",
    "People like you should be shot.",
    "Next time I see you I'll cut you open.",
    "You won't see it coming, but it is coming.",
)
NO_THREATS = (
    "The new tax is going to kill small shops in this street.",
    "This heat is murder, please check on your old neighbours.",
    "I would die for a slice of that cake.",
    "The fire destroyed two houses and the police are looking for witnesses.",
    "He was sentenced for having threatened to shoot {T}.",
    "Nobody should ever get a message saying that they deserve to die.",
    "The comedian killed it last night, I laughed until I cried.",
    "The team got slaughtered at home again.",
    "Watch out on the way home tonight, the roads are icy.",
    "I hope you get well soon.",
    "They threatened to strike if {T} cuts the pay.",
    "The gunman was arrested and nobody was hurt.",
    "I will find out when the library opens and tell you.",
    "My cat would kill me if I came home without fish.",
    "You are going to be sorry you missed this concert.",
)
CALM_NEWS = (
    "{T} answered the questions, but I would like to see the numbers.",
    "I voted against {T} and I still think this decision was right.",
    "Does anybody know when {T} will publish the report?",
    "The article leaves out what {T} said about the budget last week.",
    "I disagree with {T} here: the old plan was cheaper and finished sooner.",
    "{T} announced this two years ago and nothing has happened since.",
    "Good to read something about {T} that is not shouting for once.",
    "The road works near the station should end in March, according to {T}.",
    "As a nurse I can tell you what {T} promised has not reached us yet.",
    "Property taxes went up again while {T} talks about savings.",
    "My uncle worked with {T} and had only good things to say.",
    "It would help if {T} explained the oil lease in plain words.",
    "Thanks for the article. What did {T} say about the fishing quota?",
    "The crime figures fell for the third year, whatever {T} says.",
    "I hope {T} and the opposition can agree on the schools at least.",
    "Interesting point about religion and schools, I had not thought of it that way.",
    "The shooting last night was two streets from us. Thank you to everyone who helped.",
    "The victim's family asked for privacy and we should respect that.",
)
HEATED_BUT_CIVIL = (
    "This is a terrible decision and {T} should be ashamed of it.",
    "I am furious. {T} broke every promise made before the election.",
    "{T} is wrong, wrong, wrong, and the numbers prove it.",
    "What a waste of public money! {T} has to explain this now.",
    "Enough! Resign and let somebody else try.",
    "I could not disagree more with this column, it is full of mistakes.",
    "This policy of {T} is a disaster for farmers, and nobody is listening.",
    "Your argument makes no sense to me, sorry. Read the report again.",
    "That is simply false and {T} knows it.",
    "How much longer do we have to put up with these delays?",
)

_TOXIC, _IDENTITY, _THREAT = (LABELS.index(x) for x in ("toxicity", "identity_attack", "threat"))
_TIMES = 12


def own_rows(*, seed: int) -> Iterator[Row]:
    """Every template filled in several ways; half of the rows in lower case."""
    chance = random.Random(seed)  # noqa: S311 - a draw of templates, not a secret
    kinds = (
        (KIND_OF_GROUPS, _labels()),
        (HATE_OF_GROUPS, _labels(_TOXIC, _IDENTITY)),
        (THREATS, _labels(_TOXIC, _THREAT)),
        (NO_THREATS, _labels()),
        (CALM_NEWS, _labels()),
        (HEATED_BUT_CIVIL, _labels()),
    )
    for templates, labels in kinds:
        for template in templates:
            for text in _filled(template, chance):
                yield Row(text=text, labels=labels, weight=1.0, source="own")


def _filled(template: str, chance: random.Random) -> list[str]:
    texts = set()
    for _ in range(_TIMES):
        text = template.format(G=chance.choice(GROUPS), T=chance.choice(TOPICS))
        text = text[0].upper() + text[1:]
        texts.add(text.lower() if chance.random() < 0.5 else text)
    return sorted(texts)


def _labels(*positive: int) -> tuple[float, ...]:
    known_negative = () if positive else range(len(LABELS))
    return tuple(
        1.0 if i in positive else 0.0 if i in known_negative else UNKNOWN
        for i in range(len(LABELS))
    )
