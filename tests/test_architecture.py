"""The house rules: one-way imports, one door for status, all words documented."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config import Settings
from moderation import errors
from moderation.statuses import Change, Code, Publishing, Reason, Role, Status
from moderation.web.errors import ANSWERS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "moderation"
TEMPLATES = ROOT / "templates"
DOCS = (ROOT / "docs" / "architecture.md", ROOT / "docs" / "operating.md")
TOP_LEVEL = re.compile(
    r"moderation|templates|tests|config\.py|wsgi\.py|requirements(-[a-z]+)?\.txt|README\.md|docs"
    r"|pyproject\.toml|Makefile|CHANGELOG\.md|LICENSE|Dockerfile|compose\.yaml|\..+"
)
# The only places that end a transaction themselves.
MAY_COMMIT = {"moderation/db.py": 0, "moderation/migrations/env.py": 1}
# The model's libraries are heavy: torch takes seconds, and serving never needs it.
MAY_IMPORT_LATE = ("moderation/scoring/",)

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@functools.cache
def sources() -> dict[str, ast.Module]:
    """Every module of the package, parsed, by its path."""
    found = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert len(found) > 50
    return found


def assigned(node: ast.AST) -> Iterator[ast.expr]:
    """What a statement assigns to, inside tuples too."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    else:
        return
    for target in targets:
        yield from (part for part in ast.walk(target) if isinstance(part, ast.expr))


def find(wanted: Callable[[ast.AST], bool]) -> list[str]:
    """The files in which such a node stands, once for each time it does."""
    return [name for name, tree in sources().items() for node in ast.walk(tree) if wanted(node)]


def templates() -> dict[str, str]:
    """Every template's source by its path."""
    found = {p.relative_to(ROOT).as_posix(): p.read_text() for p in TEMPLATES.rglob("*.html")}
    assert len(found) > 10
    return found


# Imports


def run_import_linter(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Check the contracts of pyproject.toml, or those of another file."""
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [linter, "--no-cache", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_imports_go_one_way() -> None:
    done = run_import_linter()

    assert done.returncode == 0, done.stdout
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", done.stdout)
    assert kept and int(kept[1]) >= 4, done.stdout


def test_a_broken_contract_is_noticed(tmp_path: Path) -> None:
    contract = tmp_path / "contracts.ini"
    contract.write_text(
        "[importlinter]\nroot_packages = moderation\n"
        "[importlinter:contract:wrong]\nname = Wrong\ntype = forbidden\n"
        "source_modules = moderation.flow\nforbidden_modules = moderation.models\n"
    )

    assert run_import_linter("--config", str(contract)).returncode == 1


def test_the_contracts_name_every_part_of_the_package() -> None:
    declared = (ROOT / "pyproject.toml").read_text()
    layers = declared[declared.index("layers = [") :].partition("]")[0]
    # Scripts of their own; Alembic's.
    wired_outside = {"setup", "translations", "migrations"}

    parts = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}

    missing = {p for p in parts if f"moderation.{p}" not in layers}
    assert missing - {"__init__"} == wired_outside


def test_nothing_is_imported_inside_functions_but_the_heavy_model_library() -> None:
    def in_function(tree: ast.Module) -> Iterator[ast.AST]:
        for outer in ast.walk(tree):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ast.walk(outer)

    late = {
        name
        for name, tree in sources().items()
        for node in in_function(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert late, "the search finds none at all"
    assert {name for name in late if not name.startswith(MAY_IMPORT_LATE)} == set()


# One door for status, edges own transactions


def test_a_status_is_assigned_in_one_place_only() -> None:
    def assigns_status(node: ast.AST) -> bool:
        return any(
            isinstance(target, ast.Attribute) and target.attr == "status"
            for target in assigned(node)
        )

    # VersionConflict carries the status it tells of; it is no comment.
    assert find(assigns_status) == ["moderation/errors.py", "moderation/flow/store.py"]


def test_no_statement_changes_a_status_past_the_door() -> None:
    def updates_status(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        names_status = any(keyword.arg == "status" for keyword in node.keywords)
        says_status = any(
            isinstance(argument, ast.Constant) and argument.value == "status"
            for argument in node.args
        )
        return (called == "values" and names_status) or (called == "setattr" and says_status)

    def updates_anything(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "values"
        )

    assert find(updates_anything), "the search finds no update at all"
    # The door itself: it has the findings of a comment follow its status.
    assert find(updates_status) == ["moderation/flow/store.py"]
    raw = re.compile(r"UPDATE\s+comments", re.IGNORECASE)
    assert not [name for name in sources() if raw.search((ROOT / name).read_text())]


def test_only_the_edges_of_storage_commit() -> None:
    def commits(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == "commit"

    assert {name: find(commits).count(name) for name in MAY_COMMIT} == MAY_COMMIT
    assert set(find(commits)) <= MAY_COMMIT.keys()

    def begins(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == "begin"

    assert set(find(begins)) == {"moderation/db.py"}


# Errors and documentation


def all_errors() -> list[type[errors.ModerationError]]:
    """Every class of errors.py and all below them."""
    found, wanted = [], [errors.ModerationError]
    while wanted:
        found.append(wanted.pop())
        wanted += found[-1].__subclasses__()
    assert len(found) > 10
    return found


def test_every_error_has_its_answer() -> None:
    assert {error.__name__ for error in all_errors()} == {error.__name__ for error in ANSWERS}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in all_errors()]

    assert len(set(codes)) == len(codes)


def web_error_codes() -> set[str]:
    """The codes that web/errors.py gives by itself."""
    tree = sources()["moderation/web/errors.py"]
    found = {
        node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_answer"
        and isinstance(node.args[1], ast.Constant)
    }
    assert found >= {"csrf", "rate_limited", "internal"}
    return {str(code) for code in found}


def words() -> dict[str, set[str]]:
    """The words that documentation must explain, by what they are."""
    return {
        "error codes": {error.code for error in all_errors()} | web_error_codes(),
        "states": set(Status),
        "finding codes": set(Code),
        "reasons": set(Reason),
        "changes": set(Change),
        "roles": set(Role),
        "ways to publish": set(Publishing),
    }


@pytest.mark.parametrize("kind", words())
def test_every_word_is_documented(kind: str) -> None:
    documentation = "\n".join(page.read_text() for page in DOCS)

    missing = sorted(word for word in words()[kind] if f"`{word}`" not in documentation)

    assert not missing, f"in docs/architecture.md or docs/operating.md: {', '.join(missing)}"


def test_every_setting_is_documented() -> None:
    documentation = (ROOT / "docs" / "operating.md").read_text()

    missing = [name for name in Settings.model_fields if f"`{name}`" not in documentation]

    assert len(Settings.model_fields) > 20
    assert not missing, f"in docs/operating.md: {', '.join(missing)}"


# Layout and templates


def test_only_what_the_design_names_lies_at_the_top() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("no git, or no clone: nobody can tell what belongs to the project")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}

    assert "moderation" in top
    assert {name for name in top if not TOP_LEVEL.fullmatch(name)} == set()


def test_every_static_file_that_a_template_names_exists() -> None:
    wanted = [
        (name, file)
        for name, source in templates().items()
        for file in re.findall(r"filename='([^']+)'", source)
    ]

    assert len(wanted) >= 3
    assert [pair for pair in wanted if not (PACKAGE / "static" / pair[1]).is_file()] == []


@pytest.mark.parametrize(
    "what, forbidden",
    [
        ("unescaped text", r"\|\s*safe\b|\bMarkup\b|autoescape\s+false"),
        ("an inline style", r"<style|\sstyle\s*="),
        ("an inline script", r"<script(?![^>]*\ssrc=)[^>]*>|javascript:"),
        ("an inline handler", r"<[^>{}]*\son[a-z]+\s*="),
    ],
)
def test_no_template_holds_what_the_policy_of_pages_forbids(what: str, forbidden: str) -> None:
    pattern = re.compile(forbidden, re.IGNORECASE)

    found = [name for name, source in templates().items() if pattern.search(source)]

    # The export is a file to keep: no policy goes with it, nor a style sheet.
    allowed = ["templates/readers/export.html"] if what == "an inline style" else []
    assert found == allowed, what


@pytest.mark.parametrize(
    "bad",
    ["{{ x | safe }}", '<p style="x">', "<script>x</script>", '<a href="/" onclick="x">'],
)
def test_the_search_through_templates_finds_what_it_looks_for(bad: str) -> None:
    patterns: list[Any] = [
        mark.args[1]
        for mark in test_no_template_holds_what_the_policy_of_pages_forbids.pytestmark  # type: ignore[attr-defined]
    ]

    assert any(re.search(pattern, bad) for pairs in patterns for _, pattern in pairs)


def test_importing_the_app_loads_no_heavy_library_and_starts_nothing() -> None:
    check = (
        "import sys, threading, moderation.app;"
        "heavy = {'torch', 'transformers', 'detoxify', 'onnx'} & sys.modules.keys();"
        "started = threading.enumerate()[1:];"
        "sys.exit(f'{heavy} {started}' if heavy or started else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
