"""Small pieces of HTML that the page is made of. Text is escaped here; what is named `html` is not.

Table parts name their roles, which browsers forget where a narrow screen turns rows into cards.
"""

from collections.abc import Iterable
from html import escape


def table(headings: Iterable[str], rows_html: Iterable[str], kind: str, caption: str) -> str:
    """A table in a frame that scrolls; a heading that begins with # stands over figures."""
    head = "".join(_heading(name) for name in headings)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="{kind}" role="table" aria-label="{escape(caption)}">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows_html)}</tbody></table></div>'
    )


def _heading(name: str) -> str:
    kind = "n" if name.startswith("#") else ""
    return f'<th scope="col" role="columnheader" class="{kind}">{escape(name.lstrip("#"))}</th>'


def row(name_html: str, *cells_html: str) -> str:
    """A row under its own heading."""
    heading = f'<th scope="row" role="rowheader">{name_html}</th>'
    return f'<tr role="row">{heading}{"".join(cells_html)}</tr>'


def cell(label: str, text: str, kind: str = "") -> str:
    """A cell, its column's name with it for screens on which rows become cards."""
    return html_cell(label, escape(text), kind)


def html_cell(label: str, html: str, kind: str = "") -> str:
    """A cell of what is HTML already."""
    return f'<td role="cell" class="{kind}" data-label="{escape(label)}">{html}</td>'


def section(key: str, heading: str, html: str) -> str:
    """A part of the page under its heading."""
    return f'<section aria-labelledby="h-{key}"><h2 id="h-{key}">{escape(heading)}</h2>{html}</section>'


def bullets(sentences: list[str], otherwise: str) -> str:
    """Sentences as a list, one alone as itself."""
    if len(sentences) < 2:
        return escape(sentences[0] if sentences else otherwise)
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def swatch(style: str, words: str, kind: str = "") -> str:
    """An entry of a key: a coloured box and what it stands for."""
    return f'<li><i class="{kind}" style="{style}"></i>{escape(words)}</li>'


def gradient(colours: tuple[str, ...]) -> str:
    """Evenly spaced colours as a background."""
    return f"background:linear-gradient(to right, {', '.join(colours)})"
