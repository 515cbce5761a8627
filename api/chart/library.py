"""The plotting library for browsers, as the Python package of plotly brings it."""

from functools import cache


@cache
def plotly_js() -> str:
    """plotly.js, some 5 MB. Plotly is imported here only: figures are made without it."""
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text
