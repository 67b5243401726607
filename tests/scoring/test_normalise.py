"""What disguises become, and what is no disguise."""

import gc
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.policy.words import find_words
from moderation.scoring.reading import vocabulary
from moderation.scoring.reading.edits import Edit, apply, untouched
from moderation.scoring.reading.normalise import NORMALISER_VERSION, normalise, spell_out
from moderation.scoring.serving.engine import MAX_WINDOWS, CompiledScorer
from moderation.scoring.training.evaluate import score_table
from moderation.scoring.training.figures import is_held
from moderation.scoring.training.perturb import perturb

TEXTS = Path(__file__).parent / "texts"
BENIGN = [
    line for line in (TEXTS / "benign.txt").read_text("utf-8").splitlines() if line[:1] != "#"
]

thorough = settings(max_examples=300)

# What the passes look for, so that they meet in one text.
texts = st.text(st.characters(codec=None), max_size=40) | st.lists(
    st.sampled_from([
        *"abcdefghiklmnopstuxyIDF0134579!@$*#_-.'’ ,/|+~\n", "\u200b", "\u00ad", "\u0301", "\u0336",
        "о", "і", "е", "ѕ", "ß", "İ", "ﬁ", "🙂", "🇫", "🇺", "𝓯", "Ⓐ", "é", "idiot", "fuck", "fu",
        "ck", "st", "upid", "sh", "it", "s h i t", "1d10t", " the ",
    ]),
    max_size=25,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        # Look-alikes, mixed scripts, letters in other dresses.
        ("ѕtupіd mоrоn", "stupid moron"),
        ("МОRОN", "MORON"),
        ("ΙDΙΟΤ", "IDIOT"),
        ("quite ѕех", "quite sex"),  # a word all of Cyrillic letters
        ("ｉｄｉｏｔ", "idiot"),
        ("𝓯𝓾𝓬𝓴 𝐢𝐝𝐢𝐨𝐭 𝔪𝔬𝔯𝔬𝔫", "fuck idiot moron"),
        ("ⓕⓤⓒⓚ 🅵🆄🅲🅺", "fuck FUCK"),
        ("🇫 🇺 🇨 🇰 🇫🇺🇨🇰", "FUCK FUCK"),
        ("fück shít", "fuck shit"),
        ("fu©k a€€hole", "fuck a€€hole"),
        # What nobody sees, and marks that deface.
        ("f\u200bu\u200dc\u2060k", "fuck"),
        ("id\u00adiot", "idiot"),
        ("mo\u202eron", "moron"),
        ("i\u0336d\u0336i\u0336o\u0336t\u0336", "idiot"),
        ("i\u0301\u0302\u0303d\u0315\u031b\u0321iot", "idiot"),
        # Leet.
        ("1d10t idi0t m0r0n", "idiot idiot moron"),
        ("b1tch sh1t a$$hole @sshole", "bitch shit asshole asshole"),
        ("1oser l1beral pres1dent", "loser liberal president"),
        ("b!tch!!", "bitch!!"),
        ("wh0re's", "whore's"),
        ("(5tup1d)", "(stupid)"),
        # Masks.
        ("f*ck f**k f***", "fuck fuck fuck"),
        ("pe*vert", "pervert"),
        ("c#nt sh*t", "cunt shit"),
        ("t*at wa_k pi# th@t", "t*at wa_k pi# that"),
        ("bas*ard", "bastard"),
        # Letters apart, words torn.
        ("you i d i o t", "you idiot"),
        ("f.u.c.k off", "fuck off"),
        ("s-t-u-p-i-d", "stupid"),
        ("m_o_r_o_n", "moron"),
        ("y o u a r e a n i d i o t", "you are an idiot"),
        ("$ h 1 t", "shit"),
        ("fu ck you mor on", "fuck you moron"),
        ("st up id", "stupid"),
        ("as.shole id-iot lib-tard", "asshole idiot libtard"),
        # Stretched, doubled, misspelt.
        ("stuuuupid", "stupid"),
        ("fuuuuuuuck yoooou", "fuck you"),
        ("ffuucckk", "fuck"),
        ("moronnn idiottt", "moron idiot"),
        ("coooool", "cool"),
        ("stpuid stupd sttupid", "stupid stupid stupid"),
        ("phuck stoopid azzhole biatch", "fuck stupid asshole bitch"),
        # An emoji in a word.
        ("id🙂iot", "idiot"),
        # One under another.
        ("𝓯 𝓾 𝓬 𝓴", "fuck"),
        ("1d\u200b10t", "idiot"),
        ("i d 1 0 t", "idiot"),
        ("f.υ.с.k", "fuck"),
    ],
)  # fmt: skip
def test_it_reads_what_is_beneath_a_disguise(typed: str, read: str) -> None:
    assert normalise(typed).text == read
    assert normalise(f"well, {typed}, then").text == f"well, {read}, then"


@pytest.mark.parametrize(
    "text",
    [
        # Quotes, dashes, case, marks of stress, emoji beside words.
        "“He said ‘no’ – twice…” I’m SURE it’s fine 🙂👍🏽 👩\u200d👧 ❤\ufe0f",
        "*really* _nice_ **bold** ~~gone~~ #topic results*",
        "Cafe\u0301 and café, naïve, façade, Zoë, piñata, jalapeño, crème brûlée",
        # Other scripts, also with borrowed words.
        "Привет, как дела? Сор в избе, оно само, роса и море.",
        "Αυτό είναι ένα καλό άρθρο, ευχαριστώ πολύ.",
        "شكرا جزيلا على المقال، می\u200cخواهم بدانم",
        "这篇文章很好。ありがとう！ 좋은 글이네요",
        "यह बहुत अच्छा लेख है।",
        "Việt Nam, Łódź, Kraków, Ærø, Þórr, Reykjavík, Đà Nẵng, Straße",
        "Vie\u0323\u0302t Nam",  # decomposed
        "Der Köter bellt; la fête de l’été; el niño tiene diez años",
        # Initials, lists, options.
        "J. R. R. Tolkien, C. S. Lewis, the U.S.A., the U.K. and N.A.T.O.",
        "a b c d e f, x y z, options a, b, c or d; A B C",
        "1 2 3 4 5, 1-0, 3:2, 10-12",
        "Vitamin C rap",
        # Numbers, codes, times, prices, chess.
        "in 2024 the B2B 4x4 met H1N1 and covid19 at 10am on the A55, 5G, 3D, 1st, 2nd, 80s",
        "$45, £20, €3.50, 10%, 5kg, 20mg, 3rd, 4K, MP3, R2D2, C3PO, G20, 7up",
        "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6, BA2490, 0x5f3759df, v1.2.3, ISBN 0-306-40615-2",
        "d41d8cd98f00b204e9800998ecf8427e 550e8400-e29b-41d4-a716-446655440000",
        # Addresses.
        "https://example.org/a55hole/f.u.c.k?x=1d10t www.m0r0n.example a$$@example.com",
        "@m0r0n @f_u_c_k r/idi0t_stuff example.com/b1tch",
        # Notation and code.
        "/bɪtʃ/ [kʰɑːt] ˈɪdiət /ˈkɒk.teɪl/",
        "for i in range(10): x[i] += a * b; if (a || b) { return !c; }",
        "μg, 5μm, Δt, α-helix, β2, 30°C, m², 1º, ½, №5, ℃, ™, ®, Ω",
        # Flags, letters as signs.
        "🇺🇸🇬🇧 🇫🇷 🅰️ 🅱️ Ⓜ️ ℹ️",
        # Compounds and contractions.
        "co-op, well-known, T-shirt, e-mail, and/or, AT&T, Q&A, R&B, rock'n'roll, o'clock",
        "I'd, he'll, she'll, we'd, they're, isn't, won't, y'all, it's the dog's",
        "bad-ass mother-fucker",  # plain enough
        "She threw a fit, as is her wont; a shy tit sat in the pine.",
        "Hahahaha lol hmm aargh",
    ],
)
def test_it_leaves_alone_what_is_no_disguise(text: str) -> None:
    assert normalise(text).text == text


# Beside an insult by a letter, or with one inside.
INNOCENT = """
Scunthorpe Penistone Essex Sussex Middlesex Wessex Clitheroe Lightwater Cockermouth Cockburn
Hancock Hitchcock Dickens Dickinson Benedick Dickson Titus Titchmarsh Matsushita Shitake shiitake
Arsenal Cassandra Bassett Assad Assisi Assam Hoare Fokker Fuchs Fukuda Fukushima Phuket Focke
Niger Nigeria Nigel Niro Moran Moroni Cretan Crete Pryce Pratt Wang Wong Putin Pussin Biden
cocktail peacock cockpit cockatoo cockle hancock shuttlecock stopcock assassin assess assassinate
classic grass glass bass mass compass embassy ambassador passage passive harass cassette massage
analyst analysis canal banal analogue therapist therapists grape grapes drape scrape skyscraper
title titan titanic constitution institution competition partition petition appetite
document cucumber circumstance accumulate cumin scum scumble rapid trapped raped parapet
snigger niggardly niggle bigger digger trigger vinegar denigrate
fagot faggot fathom flag cuckoo duck luck puck buck suck ruck chuck fluke folk fork
sixth sexton sextant sextet unisex homologous homogeneous homonym
dike dyke duke dice disk dish dock deck duct hock rock sock knock lock
shift shirt short shot shut sheet shin ship slit slot slat slug smut count aunt hunt punt
bench batch botch birch pitch ditch witch stitch hitch itch kitchen beach breach
whole where whose shore chore wharf horde hoard hoe hose
putty pushy gusty dusty fuzzy busy pansy poppy passe pussycat
idiom idiotype radiant mormon morons' maroon moral morose meroon
retired retried regard reward petard mustard custard bustard buzzard lizard wizard
stud stupa stupor studied rapid vapid rabid sordid loner lower lover closer laser
craps crêpe croup clap scrap carp wrap trap shitzu pigeon pigment specific special spice
krait kraken jape nape gape ape gook gookin kite kayak kinky spick spic
""".split()
LISTED = tuple(
    "ass arse anal cock cunt cum cuck dick dyke fag fuck homo idiot kike moron nigger penis piss "
    "prick pussy rape rapist retard sex shit slut spic tit twat wank whore bitch bastard".split()
)


@pytest.mark.parametrize("word", [w for w in INNOCENT if w.lower() not in LISTED])
def test_it_leaves_innocent_words_alone(word: str) -> None:
    for form in (word, word.lower(), word.upper(), f"({word}),"):
        assert normalise(form).text == form
        assert find_words(spell_out(form), LISTED) == []


def test_there_are_innocent_words_enough() -> None:
    assert len(INNOCENT) >= 200


def test_real_words_are_never_taken_for_misspelt_insults() -> None:
    known = vocabulary.known_words()
    assert len(known) > 15_000
    assert not [word for word in known if vocabulary.repair(word)]


@thorough
@given(texts)
def test_any_text_is_read_and_twice_is_the_same_as_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once.text).text == once.text
    spell_out(text)


@thorough
@given(texts, st.data())
def test_every_span_leads_back_into_the_original(text: str, data: st.DataObject) -> None:
    read = normalise(text)
    origins = list(read.origins)
    assert len(origins) == len(read.text) + 1
    assert origins == sorted(origins)
    assert origins[-1] == len(text) and origins[0] >= 0
    end = data.draw(st.integers(0, len(read.text)))
    start = data.draw(st.integers(0, end))
    first, last = read.original_span(start, end)
    assert 0 <= first <= last <= len(text)
    assert (first < last) == (start < end)


@pytest.mark.parametrize(
    ("typed", "word", "original"),
    [
        ("oh, you i d i o t!", "idiot", "i d i o t"),
        ("a plain text with no disguise", "plain", "plain"),
        ("such a stuuuuupid idea", "stupid", "stuuuuupid"),
        ("f\u200bu\u200bck off", "fuck", "f\u200bu\u200bck"),
        ("what a mor on", "moron", "mor on"),
        ("stpd st*pid", "stupid", "st*pid"),
        ("y o u i d i o t", "idiot", "i d i o t"),
    ],
)
def test_a_word_is_found_again_in_the_original(typed: str, word: str, original: str) -> None:
    read = normalise(typed)
    start = read.text.index(word)
    first, last = read.original_span(start, start + len(word))
    assert typed[first:last].strip() == original


def test_edits_keep_track_of_where_characters_came_from() -> None:
    done = apply(untouched("a-b cd"), [Edit(1, 2, ""), Edit(4, 6, "xyz")])
    assert done.text == "ab xyz"
    assert list(done.origins) == [0, 2, 3, 4, 5, 5, 6]


@pytest.mark.parametrize(
    "unit",
    ["x", "x ", "f.", "f*", "о", "fо ", "a\u200b", "a\u0336", "🇫 ", "1d10t ", "fu ck ", "stuuuu ",
     "a@b", "'s", "[", "*", "𝓯", "zq "],
)  # fmt: skip
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        gc.disable()  # a full collection takes as long as the heap of all tests is large
        started = time.process_time()
        normalise(text)
        taken = time.process_time() - started
        gc.enable()
        return taken

    normalise(unit * 100)
    # Sixteen times the text: time in the square of the length would be 256 times.
    assert seconds(64_000) < 100 * max(seconds(4_000), 0.001)


def test_a_sites_own_word_is_spelt_out() -> None:
    assert spell_out("buy v1agra, v.i.a.g.r.a or v i a g r a") == "viagra"
    assert spell_out("A plain text of 2024, with a co-author's email") == "coauthor"


def test_the_version_stands() -> None:
    assert NORMALISER_VERSION == 1


# The engine


def test_a_disguised_text_gets_the_stricter_of_its_two_readings(
    home_scorer: CompiledScorer,
) -> None:
    disguised, plain, bare = home_scorer.score([
        "you are a complete 1d10t", "you are a complete idiot", "a kind word"
    ])  # fmt: skip

    assert disguised.attributes["insult"] >= plain.attributes["insult"] - 0.01
    assert bare.attributes["insult"] < 0.1


def test_only_a_text_that_the_model_would_see_differently_is_read_twice(
    home_scorer: CompiledScorer,
) -> None:
    def windows(text: str) -> int:
        return len(home_scorer._piece(text).windows)

    assert windows("a “plain” text 🙂 – SHOUTED, naïve") == 1
    assert windows("so\u00adft hyphens") == 1  # the tokenizer does not see them either
    assert windows("you 1d10t") == 2
    assert windows("1d10t " * 3000) <= 2 * MAX_WINDOWS


def test_a_disguised_text_is_complete_only_if_both_readings_are(
    home_scorer: CompiledScorer,
) -> None:
    assert home_scorer.score(["1d10t " * 100])[0].complete
    assert not home_scorer.score(["idiot " * 5000])[0].complete


def _each_word(change: Callable[[str], str]) -> Callable[[str, random.Random], str]:
    def disguise(text: str, chance: random.Random) -> str:
        return " ".join(change(w) if chance.random() < 0.4 else w for w in text.split(" "))

    return disguise


_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "perturbed": perturb,
    "zero width": _each_word("\u200b".join),
    "full width": _each_word(lambda word: word.translate(_FULL_WIDTH)),
    "struck through": _each_word(lambda word: "".join(c + "\u0336" for c in word)),
    "dotted": _each_word(".".join),
}


def test_of_harmless_texts_a_tenth_is_held_at_most_disguised_or_not(
    home_scorer: CompiledScorer,
) -> None:
    def held(texts: list[str]) -> int:
        balanced = home_scorer.info.presets["balanced"]
        return int(np.sum(is_held(score_table(home_scorer, texts), balanced)))

    assert len(BENIGN) >= 150
    assert held(BENIGN) <= len(BENIGN) // 20
    for name, disguise in DISGUISES.items():
        counts = [
            held([disguise(text, chance) for text in BENIGN])
            for chance in (random.Random(seed) for seed in (1, 2))
        ]
        # More than twice what is held of the plain texts: docs/scoring.md says so.
        assert sum(counts) / len(counts) <= len(BENIGN) / 10, name
