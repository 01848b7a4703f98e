"""The page of a transfer report in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from debugworld.agents.transfer.analysis import report
from debugworld.agents.transfer.policy import LEARNED
from debugworld.fidelity.tables import share
from debugworld.transfer.page import report_page
from debugworld.transfer.tables import report_tables

from ..agents.transfer.made import SETTINGS, told_log


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return report(SETTINGS, told_log(), "debugworld transfer --seeds 2")


def test_a_report_keeps_to_its_schema(found: dict[str, Any]) -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "transfer.schema.json").read_text())
    check = jsonschema.Draft202012Validator(schema).validate
    check(json.loads(json.dumps(found, allow_nan=False)))
    broken = json.loads(json.dumps(found))
    broken["environments"][0]["transfers"][0]["real"]["mean"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        check(broken)


def test_tables(found: dict[str, Any]) -> None:
    console = Console(width=180, record=True)
    console.print(report_tables(found))
    text = console.export_text()
    for part in ("dream good", "87.5", "missed", "top-1 gained over Ochiai", "kept by none"):
        assert part in text


@pytest.mark.timeout(300)
def test_the_page(found: dict[str, Any], tmp_path: Path, browser: Any) -> None:
    path = tmp_path / "page.html"
    path.write_text(report_page(found), "utf-8")
    browser.get(f"file://{path}")
    assert browser.get_log("browser") == []
    assert len(browser.find_elements("css selector", "figure svg")) == 2
    for pixels in (360, 1400):
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= pixels
    goals = [row.text for row in browser.find_elements("css selector", "#goals tbody tr")]
    assert len(goals) == 4 and "missed" in goals[0] and "met, and surely" in goals[3]
    exploit = browser.find_element("css selector", ".episode")
    assert "line 2 where n = 2" in exploit.text and "won" in exploit.text and "lost" in exploit.text
    assert len(exploit.find_elements("css selector", "tr.differs")) == 2


@pytest.mark.parametrize("name", ["reach", "bugs", "coverage"])
def test_the_committed_reports_are_whole_and_the_documentation_has_their_numbers(name: str) -> None:
    docs = Path(__file__).parents[2] / "docs"
    report = json.loads((docs / "transfer" / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(json.loads((docs / "transfer.schema.json").read_text())).validate(report)
    assert not report["left"] and (docs / "transfer" / f"{name}.html").is_file()
    [one] = report["environments"]
    policies = {policy["name"]: policy for policy in one["policies"]}
    learned = [policy for policy in policies.values() if policy["kind"] in LEARNED]
    assert len(policies) >= 5 and all(len(policy["seeds"]) >= 3 for policy in learned)
    page = (docs / "transfer.md").read_text("utf-8")
    told = [policies["real"]["worlds"]["real"]["success"]]
    for each in one["transfers"]:
        told += [each["real"], each["performance_kept"]]
    for cell in told:
        assert f"| {share(cell).partition(' of ')[0]} |" in page
