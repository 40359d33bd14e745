"""The table and the charts, from what was measured."""

from . import charts, scale
from .instructions import CELLS
from .clock import HTTP, STDIO
from .servers import BENCH, ROOT, SERVERS

TITLES = {server.name: server.title for server in SERVERS}
# Between these, docs/performance.md has what is written here.
BEGIN, END = "<!-- by tests/bench/run{} -->", "<!-- end -->"
# Against whom ours is held as the best of the other Rust frameworks.
PEERS = ["rmcp", "rmcp-json", "tower-mcp", "turbomcp"]


def number(value):
    if value is None:
        return ""
    if isinstance(value, int) and value < 10_000:
        return str(value)
    if value >= 99_950:
        return f"{value / 1000:,.0f} k".replace(",", " ")
    if value >= 9_995:
        return f"{value / 1000:.1f} k"
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Row:
    """One measurement of all servers. `more` says that more is better; ratios are always of costs, so that less is better."""

    def __init__(self, name, unit, values, more=False):
        self.name, self.unit, self.more = name, unit, more
        self.values = {server: value for server, value in values.items() if value is not None}

    def cost(self, server, of):
        a, b = self.values.get(server), self.values.get(of)
        if not a or not b:
            return None
        return b / a if self.more else a / b

    def best(self):
        """The cheapest Rust peer."""
        return min((peer for peer in PEERS if peer in self.values), key=lambda peer: self.cost(peer, peers_first(self)), default=None)


def peers_first(row):
    return next(peer for peer in PEERS if peer in row.values)


def rows(results):
    """Every measurement, under the heading of its part."""
    parts = {name: part["found"] for name, part in results["parts"].items()}
    found = {}

    def add(part, *more):
        found.setdefault(part, []).extend(row for row in more if row.values)

    def pick(cell, key):
        return {server: sample[key] for server, sample in cell.items() if sample}

    if "instructions" in parts:
        add("Instructions a request", *[Row(cell[0], "", parts["instructions"].get(cell[0], {})) for cell in CELLS])
    if "http" in parts:
        http = parts["http"]
        names = [cell[0] for cell in HTTP if cell[0] in http]
        add("HTTP, server CPU a request", *[Row(name, "µs", pick(http[name], "cpu")) for name in names])
        add("HTTP, requests a second", *[Row(name, "", pick(http[name], "per second"), more=True) for name in names])
        for name in names:
            if name.endswith(", 1"):
                label = name.removesuffix(", 1")
                add(
                    "HTTP, latency of one connection",
                    Row(f"{label}, p50", "µs", pick(http[name], "p50")),
                    Row(f"{label}, p99", "µs", pick(http[name], "p99")),
                )
    if "stdio" in parts:
        stdio = parts["stdio"]
        names = [cell[0] for cell in STDIO if cell[0] in stdio]
        add("stdio, server CPU a message", *[Row(name, "µs", pick(stdio[name], "cpu")) for name in names])
        add("stdio, messages a second", *[Row(name, "", pick(stdio[name], "per second"), more=True) for name in names])
    if "start" in parts:
        add("Start and footprint", Row("start to first answer on stdio", "ms", parts["start"]))
    if "memory" in parts:
        for key, label in (("idle", "idle"), ("half", "half way through the load"), ("after", "after the load")):
            mib = {server: sizes[key] / 2**20 for server, sizes in parts["memory"].items()}
            add("Start and footprint", Row(f"resident memory over HTTP, {label}", "MiB", mib))
    if "size" in parts:
        sizes = parts["size"]
        add("Start and footprint", Row("stripped binary", "MB", {server: size["bytes"] / 1e6 for server, size in sizes.items()}))
        add("Start and footprint", Row("crates of others", "", {server: size["crates"] for server, size in sizes.items()}))
    if "build" in parts:
        add(
            "Start and footprint",
            Row("clean release build, CPU", "s", {server: taken["cpu"] for server, taken in parts["build"].items()}),
            Row("clean release build, wall clock", "s", {server: taken["wall"] for server, taken in parts["build"].items()}),
        )
    scale = []
    if "instructions" in parts:
        scale.append(("instructions, stdio echo 2025", growth(parts["instructions"], "stdio echo 2025 of 500 tools", "stdio echo 2025")))
    if "http" in parts:
        cpu = {name: pick(cell, "cpu") for name, cell in parts["http"].items()}
        scale.append(("server CPU, HTTP echo 2026", growth(cpu, "HTTP echo 2026 of 500 tools, 16", "HTTP echo 2026, 16")))
    add("A call at 500 tools against one at 3", *[Row(name, "times", values) for name, values in scale])
    return {part: several for part, several in found.items() if several}


def growth(cells, large, small):
    small = cells.get(small, {})
    return {server: value / small[server] for server, value in cells.get(large, {}).items() if server in small}


def summary(found):
    """Ours against the limit, rmcp and the cheapest Rust peer."""
    lines = [
        "| | fastmcp-rs | limit | to the limit | rmcp | to rmcp | cheapest Rust peer | to it |",
        "|---|--:|--:|--:|--:|--:|---|--:|",
    ]
    for part, several in found.items():
        lines.append(f"| **{part}** | | | | | | | |")
        for row in several:
            if "fastmcp" not in row.values:
                continue
            best = row.best()
            said = lambda of: ratio(row.cost("fastmcp", of)) if row.cost("fastmcp", of) else ""
            unit = f" ({row.unit})" if row.unit else ""
            values = [number(row.values.get(server)) for server in ("fastmcp", "limit", "rmcp")]
            name = f"{TITLES[best]}, {number(row.values[best])}" if best else ""
            lines.append(
                f"| {row.name}{unit} | {values[0]} | {values[1]} | **{said('limit')}** | {values[2]} | **{said('rmcp')}** "
                f"| {name} | {said(best) if best else ''} |"
            )
    return lines


# The rows of the short table in docs/performance.md.
SHORT = {
    "Instructions a request": ["stdio echo 2025", "stdio echo 2026", "stdio search 2025", "HTTP echo session", "HTTP echo 2026", "HTTP search 2026", "HTTP list of 100, 2026"],
    "HTTP, server CPU a request": ["HTTP echo session, 16", "HTTP echo 2026, 16", "HTTP echo 2026, 64", "HTTP search 2026, 16", "HTTP list of 100 2026, 16"],
    "HTTP, requests a second": ["HTTP echo 2026, 1", "HTTP echo 2026, 16", "HTTP echo 2026, 64"],
    "HTTP, latency of one connection": ["HTTP echo 2026, p50", "HTTP echo 2026, p99", "HTTP event stream 2026, p50", "HTTP event stream 2026, p99"],
    "stdio, server CPU a message": ["stdio echo 2025, ping-pong", "stdio echo 2025, 128 in flight", "stdio echo 2026, 128 in flight"],
    "stdio, messages a second": ["stdio echo 2025, ping-pong", "stdio echo 2025, 128 in flight", "stdio echo 2026, 128 in flight"],
    "Start and footprint": None,
}


def short(found):
    """Ratios of costs to the limit."""
    servers = [server.name for server in SERVERS if server.name not in ("limit", "limit-hyper", "rmcp-json")]
    servers = [server for server in servers if any(server in row.values for several in found.values() for row in several)]
    lines = [f"| | limit | {' | '.join(TITLES[server] for server in servers)} |", "|---|--:|" + "--:|" * len(servers)]
    for part, wanted in SHORT.items():
        several = [row for row in found.get(part, []) if (wanted is None or row.name in wanted) and "limit" in row.values]
        if several:
            lines.append(f"| **{part}** | |{' |' * len(servers)}")
        for row in several:
            unit = f" {row.unit}" if row.unit else ""
            ratios = [ratio(row.cost(server, "limit")) if row.cost(server, "limit") else "" for server in servers]
            if servers and servers[0] == "fastmcp" and ratios[0]:
                ratios[0] = f"**{ratios[0]}**"
            lines.append(f"| {row.name} | {number(row.values['limit'])}{unit} | {' | '.join(ratios)} |")
    return lines


def tables(found):
    """Every server, with its ratio to the limit."""
    lines = []
    for part, several in found.items():
        servers = [server.name for server in SERVERS if any(server.name in row.values for row in several)]
        lines += [f"### {part}", "", f"| | {' | '.join(TITLES[server] for server in servers)} |", "|---|" + "--:|" * len(servers)]
        for row in several:
            cells = []
            for server in servers:
                cost = row.cost(server, "limit")
                text = number(row.values.get(server))
                cells.append(f"{text} ({ratio(cost)})" if cost and server != "limit" and row.unit != "times" else text)
            unit = f" ({row.unit})" if row.unit else ""
            lines.append(f"| {row.name}{unit} | {' | '.join(cells)} |")
        lines.append("")
    return lines


KINDS = {
    "connections": "idle connections, for comparison",
    "sessions": "idle sessions",
    "streams": "open event streams of sessions, each with its session and connection",
    "listeners": "`subscriptions/listen`, each with its connection",
}


def grid(found, name, pick, said=number):
    """A row of the figures that are there, by how many are held."""
    values = [pick(found.get(str(count), {}), count) for count in scale.COUNTS]
    return f"| {name} | {' | '.join('' if value is None else said(value) for value in values)} |"


def scaled(found):
    """What many sessions and streams cost, by their number."""
    lines = [f"| | {' | '.join(f'{count:,}'.replace(',', ' ') for count in scale.COUNTS)} |", "|---|" + "--:|" * len(scale.COUNTS)]
    memory = lambda cell, count: cell.get("bytes") if count >= scale.ENOUGH else None
    for kind, title in KINDS.items():
        cells = found.get(kind, {})
        lines += [
            f"| **{title}** |{' |' * len(scale.COUNTS)}",
            grid(cells, "resident memory of each (KiB)", memory, lambda value: number(value / 1024)),
        ]
        if not any("calls" in cell for cell in cells.values()):
            continue
        lone = cells[str(scale.COUNTS[0])]["calls"]["cpu"]
        if any(cell.get("alone") is not None for cell in cells.values()):
            lines.append(grid(cells, "server CPU when nothing happens (ms a second)", lambda cell, _: cell.get("alone"), lambda value: number(value * 1e3)))
        lines += [
            grid(cells, "server CPU of a call beside them (µs; times that beside one)", lambda cell, _: cell.get("calls", {}).get("cpu"), lambda value: f"{number(value)} ({ratio(value / lone)})"),
            grid(cells, "calls a second, 16 connections", lambda cell, _: cell.get("calls", {}).get("per second")),
        ]
        told = {count: cell["told"] for count, cell in cells.items() if cell.get("told")}
        if told:
            lines += [
                grid(told, "a change told: until all have it (ms)", lambda cell, _: cell.get("all")),
                *[
                    grid(told, f"{label} call of another connection meanwhile (ms)", lambda cell, _: cell["meanwhile"][key] / 1e3 if cell else None)
                    for key, label in (("p99", "p99 of a"), ("slowest", "slowest"))
                ],
                *[
                    grid(told, f"{label} call before (ms)", lambda cell, _: cell["quiet"][key] / 1e3 if cell else None)
                    for key, label in (("p99", "p99 of a"), ("slowest", "slowest"))
                ],
            ]
    return lines


def replicated(found):
    """What a balancer, a second replica and the sessions in Redis cost."""
    lines = [
        "| | requests a second | CPU a call, all | of it the replicas | nginx | Redis |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for label, title in (("session", "with a session"), ("2026", "2026-07-28")):
        lines.append(f"| **{title}** | | | | | |")
        for setup, eras in found.items():
            sample = eras[label]
            each = [number(sample[key]) if sample[key] else "" for key in ("replicas", "nginx", "Redis")]
            lines.append(f"| {setup} | {number(sample['per second'])} | {number(sample['cpu'])} µs | {' | '.join(each)} |")
    return lines


def tormented(found):
    """What clients that do not behave make the server take, and what another client notices."""
    mib = lambda size: f"{size / 2**20:.1f}"
    lines = ["| | memory at most (MiB more) | of a calling client: p50 (µs) | p99 (µs) | slowest (ms) |", "|---|--:|--:|--:|--:|"]
    for part, title in (("stdio", "stdio"), ("http", "HTTP, 16 bad connections and one that behaves")):
        lines.append(f"| **{title}** | | | | |")
        for name, cell in found[part].items():
            grown = mib(cell["growth"]) if "growth" in cell else ""
            beside = cell.get("beside")
            seen = [number(beside["p50"]), number(beside["p99"]), number(beside["slowest"] / 1e3)] if beside else [""] * 3
            lines.append(f"| {name} | {grown} | {' | '.join(seen)} |")
    return lines


# Of fastmcp-rs alone: what it does with many clients, with several replicas, and with clients that do not behave.
ALONE = {"scale": ("Scale", scaled), "replicas": ("Replicas", replicated), "hostile": ("Bad clients", tormented)}


def alone(results):
    lines = []
    for part, (title, written) in ALONE.items():
        if part in results["parts"]:
            lines += [f"### {title}", "", *written(results["parts"][part]["found"]), ""]
    return lines


def about(results):
    """What was measured, on what, and how quiet it was there."""
    told, versions = results["machine"], results["versions"]
    peers = [f"{TITLES[name]} {version}" for name, version in versions.items() if not name.startswith("limit") and name not in ("fastmcp", "rmcp-json")]
    lines = [
        f"Commit {told['commit']}, Rust {told['rust']}; {told['cpu']}, {told['cores']} cores, {told['memory']} GiB, Linux {told['kernel']}.",
        *([f"Peers: {', '.join(peers)}."] if peers else []),
        "",
        "| part | begun (UTC) | load of the machine | samples | seconds a sample |",
        "|---|---|--:|--:|--:|",
    ]
    for name, part in results["parts"].items():
        clocked = name in ("http", "stdio", "scale", "replicas")
        rounds = part["rounds"] if clocked or name == "start" else 1
        lines.append(f"| {name} | {part['begun']} | {part['load']:.1f} | {rounds} | {part['seconds'] if clocked else ''} |")
    cells = [sample for part in ("http", "stdio") if part in results["parts"] for cell in results["parts"][part]["found"].values() for sample in cell.values() if sample]
    if cells:
        spreads = sorted(sample["spread"] for sample in cells)
        busy = sorted(sample["busy"] for sample in cells)
        lines += [
            "",
            f"Between the samples of a cell, requests a second differ by {spreads[len(spreads) // 2]:.0%} in the median cell. In the median cell the server had its core for "
            f"{busy[len(busy) // 2]:.0%} of the time: the rest went to waiting for the client and to other work on the machine.",
        ]
    absent = [server.title for server in SERVERS if server.name not in versions]
    if absent:
        lines += ["", f"Not in this run: {', '.join(absent)}."]
    return lines


def table(results):
    found = rows(results)
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `tests/bench/run`; [docs/performance.md](../../docs/performance.md) says what each figure is and how it is measured.",
            "",
            *about(results),
            "",
            "## fastmcp-rs against the others",
            "",
            "A ratio is one of costs, also where the figure is a rate: 2.00 means twice as expensive as the other, 0.10 a tenth.",
            "",
            *summary(found),
            "",
            "## All servers",
            "",
            "In brackets: the ratio of costs to the limit.",
            "",
            *tables(found),
            "## fastmcp-rs alone",
            "",
            *alone(results),
        ]
    ).rstrip() + "\n"


def placed(page, name, lines):
    """A page with these lines between the markers of that name."""
    begin = BEGIN.format(name)
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise RuntimeError(f"docs/performance.md has no `{begin}` with an `{END}` after it")
    return "\n".join([before + begin, "", *lines, "", END + after])


def write(results):
    (BENCH / "results.md").write_text(table(results))
    page = ROOT / "docs/performance.md"
    text = placed(page.read_text(), "", short(rows(results)))
    page.write_text(placed(text, ": alone", "\n".join(alone(results)).rstrip().split("\n")))
    folder = ROOT / "docs/charts"
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in charts.all_of(rows(results)).items():
        (folder / f"{name}.svg").write_text(chart)
