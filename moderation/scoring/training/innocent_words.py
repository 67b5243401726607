"""`python -m moderation.scoring.training.innocent_words SCOWL_DIR`: real words near an insult.

Writes reading/innocent_words.txt from the word lists of SCOWL (Debian's package `scowl`), which
is wanted again whenever reading/insults.txt changed.
"""

import argparse
import textwrap
from pathlib import Path

from moderation.scoring.reading import vocabulary

TARGET = Path(vocabulary.__file__).with_name("innocent_words.txt")
_SIZE = 80
_NAMES_SIZE = 95
_HEAD = """\
# Real words and names that the repair of misspelt insults would change: it leaves them alone.
# From SCOWL (Copyright 2000-2018 Kevin Atkinson; free to use, copy, modify and distribute with this
# notice; no warranty) by `python -m moderation.scoring.training.innocent_words`, and some by hand.
"""
# Names and words of other languages that readers use and SCOWL lacks.
_BY_HAND = (
    "fick ficken pinche kock kocks dicke dicks schitt schitts cuco coq coqs moro niro nazir nazim "
    "kunta kunti sharia shitake shiitake phuket fukushima fuku fukuda fukuyama fuchs rapinoe "
    "cockburn penistone scunthorpe dickens hoare wang wong putin pedro putain kushner crap craps "
    "musselman moslem moslems muslima islamist islamists lesbos nigel niger nigeria nigerian "
    "trolle tross retro retardant bitcoin bitcoins biscuit biden bidet bastia bastian bastide "
    "scumble hitchin fucking fucks psych pycho fucus fuca gaylord lynx sucre suckling"
)


def main() -> None:
    """Look through the lists and write the file."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training.innocent_words")
    parser.add_argument("scowl", type=Path, help="folder with files like english-words.35")
    words = _words(parser.parse_args().scowl) | set(_BY_HAND.split())
    TARGET.write_text(_HEAD, encoding="utf-8")  # before the tables are loaded, for good
    near = sorted(filter(vocabulary.repair, words))
    TARGET.write_text(_HEAD + textwrap.fill(" ".join(near), 99) + "\n", encoding="utf-8")


def _words(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in folder.iterdir():
        names = path.stem.endswith(("names", "upper"))
        size = path.suffix[1:]
        if size.isdigit() and int(size) <= (_NAMES_SIZE if names else _SIZE):
            lines = path.read_text("latin-1").lower().split()
            found |= {line.removesuffix("'s") for line in lines}
    return {word for word in found if word.isascii() and word.isalpha()}


if __name__ == "__main__":
    main()
