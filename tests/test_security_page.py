"""The threat table of docs/security.md names a test that is there in every row."""

import ast
import re

from packaging.requirements import Requirement

from tests.servers import ROOT

ROW = re.compile(r"^\|(?P<cells>.+)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FEWEST = 20


def rows() -> list[list[str]]:
    """The cells of each threat."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = page.partition("## Threats")[2]
    found = [[cell.strip() for cell in row["cells"].split("|")] for row in ROW.finditer(table)]
    assert found[0] == ["threat", "how it is met", "test", "ASVS"]
    return found[2:]


def names_in(path: str) -> set[str]:
    """The names of the tests in a file."""
    file = ROOT / path
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_are_as_many_threats_as_we_promise_to_have_thought_of() -> None:
    threats = [row[0] for row in rows()]

    assert len(threats) >= FEWEST
    assert len(set(threats)) == len(threats)


def test_every_threat_names_how_it_is_met_its_test_and_its_chapter() -> None:
    for threat, met, test, chapter in rows():
        assert threat, "a row without a threat"
        assert met, threat
        assert TEST.fullmatch(test), f"{threat}: names no test"
        assert re.fullmatch(r"V([1-9]|1[0-7])", chapter), threat


def test_every_test_that_is_named_is_there() -> None:
    named = [match for row in rows() if (match := TEST.fullmatch(row[2]))]

    gone = [
        f"{path}::{name}"
        for path, name in map(re.Match.groups, named)
        if name not in names_in(path)
    ]

    assert gone == [], "named in docs/security.md and not there"


def test_every_package_that_serves_is_pinned_to_be_audited() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert len(wanted) > 20
    loose = [r.name for r in wanted if not re.fullmatch(r"==[\w.]+", str(r.specifier))]
    assert loose == [], "without a version its vulnerabilities cannot be looked up"
    assert "check: lint test audit" in makefile
    assert "pip-audit -r requirements.txt --strict" in makefile
