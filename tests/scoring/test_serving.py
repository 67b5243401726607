"""What serving takes: no torch, little memory. Measured in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, re, sys
from pathlib import Path
from moderation.scoring.serving.engine import load_scorer
scorer = load_scorer("home", Path(sys.argv[1]), threads=1)
scorer.score(["What a fine article, thank you.", "word " * 3000] * 4)
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "modules": sorted(sys.modules),
    "graph": scorer.info.graph,
    "megabytes": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1000,
}))
"""
HEAVY = {"torch", "transformers", "detoxify", "onnx", "flask", "sqlalchemy", "celery"}
# The float graph, which serves where 8 bits do not add truly, holds its weights in four bytes each
# instead of one.
MEGABYTES = {"int8": 250, "float": 320}


def test_serving_takes_no_torch_and_stays_small(home_cache: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home_cache)], capture_output=True, text=True, check=True
    )
    used = json.loads(done.stdout)

    assert "onnxruntime" in used["modules"]
    assert HEAVY.isdisjoint(used["modules"])
    assert used["megabytes"] < MEGABYTES[used["graph"]]
