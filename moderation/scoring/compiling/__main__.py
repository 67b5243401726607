"""`python -m moderation.scoring.compiling MODEL CACHE_DIR`: compile a model, once for each machine.

Run in a process of its own: it takes torch and a gigabyte of memory, which serving must not.
"""

import argparse
import logging
import os
import sys
import warnings
from pathlib import Path

from moderation.errors import ScorerUnavailable
from moderation.scoring.compiling.compile import compile_model


def main() -> int:
    """The command line; 0 when the model is compiled, 1 with a sentence when it is not."""
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.compiling")
    parser.add_argument("model", help="home, an official Detoxify name, or a folder")
    parser.add_argument("cache", type=Path, help="folder of compiled models")
    options = parser.parse_args()
    _quieten_libraries()
    try:
        compile_model(options.model, options.cache, lambda line: print(line, flush=True))
    except ScorerUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _quieten_libraries() -> None:
    """Leave the lines to `progress`, and the network alone; before any of them is imported."""
    os.environ.update(
        HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", TRANSFORMERS_VERBOSITY="error"
    )
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main())
