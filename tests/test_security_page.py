"""The threat table of docs/security.md and the checklist of docs/asvs.md keep true."""

import ast
import re
from collections import Counter

from packaging.requirements import Requirement

from tests.servers import ROOT

ROW = re.compile(r"^\|(?P<cells>.+)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(?:Test\w+::)?(test_\w+)`")
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
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


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


def verdicts() -> dict[str, str]:
    """What docs/asvs.md says of each requirement; ranges of what does not apply stay one."""
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8").partition("## Not met")[0]
    found = [[cell.strip() for cell in row["cells"].split("|")] for row in ROW.finditer(page)]
    return {row[0]: row[2] for row in found if row[0][:1].isdigit()}


def test_the_checklist_counts_its_own_verdicts_right() -> None:
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    stated = {
        name: int(count)
        for name, count in re.findall(r"\*\*(\w+ ?\w*)\*\*\s\((\d+)\)", page.replace("\n", " "))
    }
    of_each = Counter(verdicts().values())

    assert sum(stated.values()) == 253
    for verdict in ("met", "owner", "not met"):
        assert stated[verdict] == of_each[verdict], verdict


def test_what_the_checklist_calls_not_met_has_a_remedy_or_a_reason() -> None:
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8").partition("## Not met")[2]
    rest = [
        number
        for row in ROW.finditer(page)
        for number in re.findall(r"\d+\.\d+\.\d+", row["cells"].split("|")[0])
    ]

    assert sorted(rest) == sorted(n for n, verdict in verdicts().items() if verdict == "not met")


def test_every_file_that_the_checklist_names_is_there() -> None:
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:moderation|tests|docs|templates)/[\w./]+)`", page))

    assert len(named) > 50
    assert {path for path in named if not (ROOT / path).exists()} == set()
