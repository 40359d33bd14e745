"""Bar charts as SVG, with colours for light and dark."""

from html import escape

TITLES = {
    "limit": "the limit",
    "fastmcp": "fastmcp-rs",
    "rmcp": "rmcp",
    "rmcp-json": "rmcp, JSON answers",
    "tower-mcp": "tower-mcp",
    "turbomcp": "turbomcp",
    "typescript": "TypeScript SDK",
    "python": "FastMCP (Python)",
}

# name: (title, what the bars are, the rows with their headings in the results)
CHARTS = {
    "instructions": (
        "Instructions a request",
        "user space, thousands; less is better",
        "Instructions a request",
        ["stdio echo 2025", "stdio echo 2026", "stdio search 2025", "HTTP echo session", "HTTP echo 2026", "HTTP search 2026"],
        1e-3,
    ),
    "http": (
        "Server CPU a request over HTTP",
        "microseconds, 16 keep-alive connections, one core; less is better",
        "HTTP, server CPU a request",
        ["HTTP echo session, 16", "HTTP echo 2026, 16", "HTTP search 2026, 16", "HTTP list of 100 2026, 16"],
        1,
    ),
    "stdio": (
        "Server CPU a message on stdio",
        "microseconds; less is better",
        "stdio, server CPU a message",
        ["stdio echo 2025, ping-pong", "stdio echo 2026, ping-pong", "stdio echo 2025, 128 in flight", "stdio echo 2026, 128 in flight"],
        1,
    ),
    "footprint": (
        "Start and footprint",
        "less is better",
        "Start and footprint",
        ["start to first answer on stdio", "resident memory over HTTP, idle", "resident memory over HTTP, after the load", "stripped binary"],
        1,
    ),
}

# Servers in other languages are off the scale of the Rust ones: their bars would leave nothing to see of the others.
OFF_SCALE = ("typescript", "python")

STYLE = """
  .paper { fill: #ffffff; stroke: #d1d9e0 }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .facet { font-weight: 600 }
  .quiet { fill: #59636e }
  .peer { fill: #afb8c1 }
  .limit { fill: #6e7781 }
  .ours { fill: #d4560f }
  .bold { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .peer { fill: #4d555e }
    .limit { fill: #8b949e }
    .ours { fill: #f0883e }
  }
"""

WIDTH, LEFT, RIGHT, BAR, GAP = 800, 160, 130, 16, 6


def figure(value):
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def chart(title, subtitle, rows, scale):
    out, y = [], 66
    for row in rows:
        values = {server: row.values[server] * scale for server in TITLES if server in row.values}
        if not values:
            continue
        unit = f", {row.unit}" if row.unit and row.unit != "µs" else ""
        out.append(f'<text class="facet" x="20" y="{y + 13}">{escape(row.name + unit)}</text>')
        y += 24
        on_scale = [value for server, value in values.items() if row.more or server not in OFF_SCALE]
        most = max(on_scale or values.values())
        for server, value in values.items():
            kind = {"fastmcp": "ours", "limit": "limit"}.get(server, "peer")
            bold = " bold" if server == "fastmcp" else ""
            cost = row.cost(server, "limit")
            times = f"  ({cost:.0f}×)" if cost and cost >= 10 else f"  ({cost:.2f}×)" if cost and server != "limit" else ""
            label = f'<text class="quiet{bold}" x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(TITLES[server])}</text>'
            space = WIDTH - LEFT - RIGHT
            if value > most:
                # A bar that leaves the chart: an open end instead of a length.
                end = LEFT + space
                bar = f'<path class="{kind}" d="M{LEFT} {y}h{space - 8}l8 {BAR / 2:g}l-8 {BAR / 2:g}h-{space - 8}z" opacity="0.45"/>'
            else:
                length = max(value / most * space, 1.5)
                end = LEFT + length
                bar = f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
            said = f'<text class="{bold.strip()}" x="{end + 8:.1f}" y="{y + 13}">{figure(value)}<tspan class="quiet" dx="6">{escape(times.strip())}</tspan></text>'
            out += [label, bar, said]
            y += BAR + GAP
        y += 14
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{y - 1}" rx="8"/>',
        f'<text class="title" x="20" y="32">{escape(title)}</text>',
        f'<text class="quiet" x="20" y="52">{escape(subtitle)}; in brackets: times the cost of the limit</text>',
    ]
    return "\n".join([*head, *out, "</svg>", ""])


def all_of(found):
    made = {}
    for name, (title, subtitle, part, wanted, scale) in CHARTS.items():
        several = {row.name: row for row in found.get(part, [])}
        if chosen := [several[row] for row in wanted if row in several]:
            made[name] = chart(title, subtitle, chosen, scale)
    return made
