"""Write docs/models.md from the backends' SPECs and the checkpoints' cards: ``python -m models.evaluation.report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models import checkpoint, registry
from models.checkpoint import Card

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
HEAD = """# Models

Every backend there is, and what each checkpoint in `models/checkpoints/` was trained on, how it was tested and what it
scored. This page is made from the backends' own descriptions and the cards beside the weights by
`python -m models.evaluation.report`; a test fails when it is stale. How to train them: [training.md](training.md).
"""
KIB = 1024


def page(cards: list[Card]) -> str:
    """The whole page as Markdown."""
    return HEAD + _backends() + "".join(f"\n{_section(card)}" for card in cards)


def _backends() -> str:
    lines = ["", "## Backends", "", "| kind | name | what it does | honours | licence |", "|---|---|---|---|---|"]
    for kind in registry.KINDS:
        for spec in registry.specs(kind):
            honours = ", ".join(spec.honours)
            licence = spec.licence.splitlines()[0]
            lines.append(f"| {kind} | `{spec.name}` | {spec.summary} | {honours} | {licence} |")
    return "\n".join(lines) + "\n"


def _section(card: Card) -> str:
    lines = [
        f"## {card.name}",
        "",
        f"Task: {card.task}. {card.parameters:,} parameters, {card.size // KIB:,} KiB; SHA-256 begins with "
        f"`{card.sha256[:16]}`.",
        "",
        f"- **Trained on:** {card.data}",
        f"- **Test split:** {card.split}",
        f"- **Recipe:** {card.recipe}",
        *([f"- **Known limits:** {card.limits}"] if card.limits else []),
        f"- **Licence:** {card.licence.splitlines()[0]}",
        *([f"- **Labels:** {', '.join(card.labels)}"] if card.labels else []),
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _rows(card.figures)),
        *(line for table in card.extra.get("tables", ()) for line in _table(table)),
        *_tried(card.extra.get("tried", ())),
        *(line for name in card.extra.get("plots", ()) for line in ("", f"![{name}](images/models/{name})")),
    ]
    return "\n".join(lines) + "\n"


def _table(table: dict[str, Any]) -> list[str]:
    columns = table["columns"]
    return [
        "",
        f"**{table['title']}**{' ' + table['note'] if table.get('note') else ''}",
        "",
        f"| {' | '.join(columns)} |",
        "|" + "---|" * len(columns),
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in table["rows"]),
    ]


def _tried(rows: Sequence[Sequence[str]]) -> list[str]:
    """The log of attempts: what was tried, what it gave, what became of it."""
    if not rows:
        return []
    return _table({"title": "What was tried", "columns": ["attempt", "figure", "verdict"], "rows": rows})


def _rows(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested figures as rows "test set: figure"."""
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        full = f"{prefix}: {name}" if prefix else name
        rows += _rows(value, full) if isinstance(value, dict) else [(full, str(value))]
    return rows


def main() -> None:
    PAGE.write_text(page(checkpoint.cards()), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
