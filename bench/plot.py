"""A plot of ratios as SVG: a bar to each median, a line from quartile to quartile, one scale per group."""

from __future__ import annotations

from html import escape

from bench.measured import Part, Ratio

_WIDTH, _LABEL, _ROW, _TITLE = 1040, 540, 18, 44
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:14px}"
    ".bar{fill:#5b8def}.spread{stroke:#1d2b53;stroke-width:2}.one{stroke:#c33;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.spread{stroke:#fff}}"
)


def svg(parts: list[Part]) -> str:
    """All parts that have bars, one below the other; the dashed line stands at 1."""
    drawn: list[str] = []
    top = 0.0
    for part in parts:
        if part.bars:
            drawn += _group(part, top)
            top += _TITLE + _ROW * len(part.bars)
    height = round(top + _ROW)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}">'
        f"<style>{_STYLE}</style>{''.join(drawn)}</svg>\n"
    )


def _group(part: Part, top: float) -> list[str]:
    longest = max(1.0, *(ratio.high for _, ratio in part.bars)) * 1.1
    scale = (_WIDTH - _LABEL - 60) / longest
    one = _LABEL + scale
    bottom = top + _TITLE + _ROW * len(part.bars)
    drawn = [
        f'<text class="title" x="8" y="{top + 28:.0f}">{escape(part.title)}</text>',
        f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="{top + _TITLE - 6:.0f}" y2="{bottom:.0f}"/>',
    ]
    for number, (label, ratio) in enumerate(part.bars):
        drawn += _bar(label, ratio, top + _TITLE + _ROW * number, scale)
    return drawn


def _bar(label: str, ratio: Ratio, y: float, scale: float) -> list[str]:
    middle = y + _ROW / 2
    end = _LABEL + scale * max(ratio.median, ratio.high)
    return [
        f'<text x="{_LABEL - 8}" y="{y + 13:.0f}" text-anchor="end">{escape(label)}</text>',
        f'<rect class="bar" x="{_LABEL}" y="{y + 3:.0f}" width="{scale * max(0.0, ratio.median):.1f}" height="12"/>',
        f'<line class="spread" x1="{_LABEL + scale * ratio.low:.1f}" x2="{_LABEL + scale * ratio.high:.1f}" '
        f'y1="{middle:.0f}" y2="{middle:.0f}"/>',
        f'<text x="{end + 6:.1f}" y="{y + 13:.0f}">{ratio.median:.2f}</text>',
    ]
