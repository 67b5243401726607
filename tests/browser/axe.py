"""What axe-core finds in a page or frame. It does not look into frames of other hosts by itself."""

from pathlib import Path

from playwright.sync_api import Frame

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
  const done = await axe.run(document, { iframes: false, runOnly: tags });
  const bad = done.violations.filter((v) => ["serious", "critical"].includes(v.impact));
  return [done.passes.length, bad
    .map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | "))];
}"""


def violations(frame: Frame, *, at_least: int = 10) -> list[str]:
    """The serious and critical findings; fails where fewer rules than `at_least` had anything."""
    frame.evaluate(AXE)
    passed, bad = frame.evaluate(RUN_AXE, RULES)
    assert passed > at_least, "axe looked at nothing"
    found: list[str] = bad
    return found
