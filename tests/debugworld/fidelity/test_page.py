"""Cards as tables and as a page in a real browser: every card stands in every table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from debugworld.cli import main
from debugworld.fidelity.page import FEW, card_page
from debugworld.fidelity.places import HIGH, NEITHER, Figure, heat_maps, listings, names
from debugworld.fidelity.plots import granularity_plot
from debugworld.fidelity.tables import card_tables

TASKS = "generated/1073741824/6"
MEASURES = ["forced", "free", "outputs", "coherence"]


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A debugger that is often wrong, and two beside it."""
    found = []
    for name in ("noisy?rate=0.2", "copy", "real"):
        path = tmp_path_factory.mktemp("cards") / "card.json"
        assert (
            main(
                ["fidelity", "--model", name, "--tasks", TASKS, "--measures", *MEASURES, "--json", str(path)]
            )
            == 0
        )
        found.append(json.loads(path.read_text()))
    return found


def opened(browser: Any, path: Path, page: str) -> Any:
    path.write_text(page, "utf-8")
    browser.get(f"file://{path}")
    assert browser.get_log("browser") == []
    return browser


def texts(inside: Any, selector: str) -> list[str]:
    return [
        each.get_attribute("textContent").strip() for each in inside.find_elements("css selector", selector)
    ]


@pytest.mark.timeout(300)
def test_every_card_stands_in_every_table(cards: list[dict[str, Any]], tmp_path: Path, browser: Any) -> None:
    subjects = [card["subject"]["name"] for card in cards]
    opened(browser, tmp_path / "page.html", card_page(cards[0], cards[1:]))
    assert "sandbox process" in browser.find_element("css selector", "body > p:last-child").text
    tables = browser.find_elements("css selector", "table")
    assert len(tables) > 8
    for table in tables:
        assert set(subjects) <= {*texts(table, "thead th"), *texts(table, "tbody td:first-child")}
    legends = [" ".join(texts(each, "text")) for each in browser.find_elements("css selector", "figure svg")]
    told = ("states that a jump skips", "share of the run", "steps into")
    for what, legend in zip(told, legends, strict=False):
        assert what in legend and all(name in legend for name in subjects)
    assert len(legends) == 4 and "confidence" in legends[3]  # which only one of them has


@pytest.mark.timeout(300)
def test_heat_maps_to_choose_from(cards: list[dict[str, Any]], tmp_path: Path, browser: Any) -> None:
    opened(browser, tmp_path / "page.html", card_page(cards[0], cards[1:]))
    for pixels in (360, 1400):
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        panels = browser.find_elements("css selector", ".heat > .card")
        labels = browser.find_elements("css selector", ".heat > label")
        assert [label.text for label in labels] == [
            "action \N{MULTIPLICATION SIGN} part of the state",
            "action \N{MULTIPLICATION SIGN} construct",
            "action \N{MULTIPLICATION SIGN} states of the run",
            "part of the state \N{MULTIPLICATION SIGN} construct",
            "part of the state \N{MULTIPLICATION SIGN} states of the run",
            "construct \N{MULTIPLICATION SIGN} states of the run",
        ]
        for number, label in enumerate(labels):
            label.click()
            assert [panel.is_displayed() for panel in panels] == [place == number for place in range(6)]
            assert browser.execute_script("return document.documentElement.scrollWidth") <= pixels
    labels[1].click()
    cells = panels[1].find_elements("css selector", "td.shade")
    counts = [int(cell.find_element("css selector", "span").text) for cell in cells]
    grey = ["few" in cell.get_attribute("class").split() for cell in cells]
    assert grey == [count < FEW for count in counts] and len({*grey}) == 2
    hints = [cell.get_attribute("title") for cell in cells]
    assert all("[" in hint and f"of {count}" in hint for hint, count in zip(hints, counts, strict=True))
    shades = {cell.value_of_css_property("background-color") for cell in cells}
    assert len(shades) > 5


@pytest.mark.timeout(300)
def test_failures_of_every_kind(cards: list[dict[str, Any]], tmp_path: Path, browser: Any) -> None:
    opened(browser, tmp_path / "page.html", card_page(cards[0]))
    failures = browser.find_elements("css selector", ".failure")
    kinds = [each.find_element("css selector", "b").text for each in failures]
    assert kinds[:3] == ["from the true history", "free-running", "output"]
    for each in failures:
        assert each.find_element("css selector", "pre").text
        assert each.find_elements("css selector", ".wrong") or each.find_elements("css selector", ".right")


@pytest.mark.timeout(300)
def test_what_was_published_stands_apart(cards: list[dict[str, Any]], tmp_path: Path, browser: Any) -> None:
    card = {**cards[0], "cruxeval": cards[0]["outputs"] | {"output": cards[0]["outputs"]["step_return"]}}
    opened(browser, tmp_path / "page.html", card_page(card, cards[1:]))
    published = browser.find_element("css selector", "#published")
    rows = texts(published, "tbody td")
    assert rows[:5] == ["Neural Debugger, 1.8 B, 50 B tokens", "40.7", "14.3", "34.4", "44.9"]
    others = [table for table in browser.find_elements("css selector", ".card:not(#published) table")]
    assert not any("Neural Debugger" in table.get_attribute("textContent") for table in others)
    assert "cruxeval" not in cards[0]
    opened(browser, tmp_path / "page.html", card_page(cards[0]))
    assert not browser.find_elements("css selector", "#published")


def test_the_terminal_shows_every_card_in_every_table(cards: list[dict[str, Any]]) -> None:
    console = Console(width=160, record=True)
    console.print(card_tables(cards[0], cards[1:]))
    told = console.export_text()
    first, *maps = told.split("exact match in percent")
    assert first.strip() and len(maps) == 6
    for text in (*maps, told.split("where nothing else is said")[1]):
        assert all(card["subject"]["name"] in text for card in cards)
    for text in (
        "by action, construct",
        "native calls",
        "forced",
        "whole runs",
        "share of the run that it skips",
    ):
        assert text in told


def test_operations_of_ways_that_cost_nearly_the_same_are_told_apart() -> None:
    exact = {"count": 10, "mean": 0.5, "low": 0.25, "high": 0.75}
    ways = {name: {"flops_per_move": one * 1e9, "exact": exact} for name, one in {"a": 3.3, "b": 5.4}.items()}
    plot = granularity_plot([{"subject": {"name": "one"}, "granularity": ways}])
    drawn = re.findall(r"<text[^>]*>([^<]+)</text>", plot)
    across = drawn[: drawn.index("billions of floating-point operations of a move")]
    assert len(across) > 2 and len(set(across)) == len(across)


def test_figures() -> None:
    cell = {"count": 1200, "mean": 0.5, "low": 0.25, "high": 0.75, "limit": 3}
    card = {
        "share": cell,
        "limits": {"count": 1200, "limit": 3},
        "scores": {"ece": 0.125, "ece_interval": [0.1, 0.2], "count": 7},
        "reground": [{"policy": "never", "real_calls": 0.055, **cell}],
    }
    assert Figure("", ("share",)).texts(card) == ("50.0", "[25.0, 75.0] of 1,200, 3 for a limit")
    assert Figure("", ("limits", "limit"), NEITHER, 1, "{:,}").texts(card) == ("3", "of 1,200")
    assert Figure("", ("scores", "ece"), NEITHER, 1, "{:.2f}").texts(card) == ("0.12", "[0.10, 0.20] of 7")
    told = Figure("", ("reground", "never"), HIGH).texts(card)
    assert told is not None and told[1].endswith(", 5.5 % asked")
    assert Figure("", ("share", "of", "nothing")).texts(card) is None
    assert Figure("", ("reground", "always")).texts(card) is None


def test_limits_stand_in_one_place(cards: list[dict[str, Any]]) -> None:
    [limits] = [one for one in listings(cards)["Costs and limits"] if "limit" in one.title]
    assert [row.name for row in limits.rows][:2] == ["forced", "free"]
    met = json.loads(json.dumps(cards[0]))
    met["outputs"]["run_to"]["limit"] = 2
    [limits] = [one for one in listings([met])["Costs and limits"] if "limit" in one.title]
    [row] = [row for row in limits.rows if row.name == "outputs, run to"]
    assert row.texts(met) == ("2", f"of {met['outputs']['run_to']['count']}")


def test_ranges_are_in_order_whatever_cards_have_them() -> None:
    cards = [{"a": {"51 to 100": {}, "1 to 20": {}}}, {"a": {"21 to 50": {}, "201 and more": {}}}]
    assert names(cards, ("a",)) == ["1 to 20", "21 to 50", "51 to 100", "201 and more"]
    assert names([{"a": {"z": {}, "b 1": {}, "n": 3}}], ("a",)) == ["z", "b 1"]


def test_heat_maps_leave_out_what_nobody_was_asked(cards: list[dict[str, Any]]) -> None:
    asked = {name for card in cards for name in card["forced"]["constructs"]}
    grid = heat_maps(cards)[1]
    assert {column.name for column in grid.columns} == {"exact", *asked}
    assert heat_maps([{}]) == []
