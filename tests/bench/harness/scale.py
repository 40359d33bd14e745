"""Many sessions and open streams on fastmcp-rs: what each holds in memory, whether calls beside them cost more, and how long
one change notice to all of them takes.

The server is the fixture with room for that many (`bench-scale`). `bench-load` holds them open; its calls come over other
connections.
"""

import contextlib
import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import wire
from .clock import CLIENT, LOAD, MARK, Running, cpu, median
from .servers import Rust
from .wire import LEGACY, MODERN

SERVER = Rust("scale", "fastmcp-rs", "fastmcp", binary="bench-scale", features=["scale"])
COUNTS = [1, 100, 1_000, 10_000]
# What is held: name, era of the calls beside it, whether it hears of changes.
KINDS = [
    # What hyper and the operating system's calls need for a connection, for comparison: it has had one answer.
    ("connections", MODERN, False),
    ("sessions", LEGACY, False),
    ("streams", LEGACY, True),
    ("listeners", MODERN, True),
]
# How often a stream on which nothing moves says that it is open.
KEEP_ALIVE = 15
# Memory comes in pages: what fewer hold says nothing of each.
ENOUGH = 1_000


class Holding:
    """Some of one kind, open until the end of the `with`."""

    def __init__(self, port, kind, count):
        self.port, self.folder = port, tempfile.TemporaryDirectory()
        session = wire.headers("echo", LEGACY, "THE-SESSION")
        opening = [
            wire.post(port, wire.headers("initialize", LEGACY), wire.INITIALIZE),
            wire.post(port, session, wire.INITIALIZED),
        ]
        streams = {
            "connections": [wire.post(port, wire.headers("echo", MODERN), wire.request("echo", MODERN, MARK))],
            "sessions": [],
            "streams": [wire.head(port, session | {"Accept": "text/event-stream"}, "GET")],
            "listeners": [wire.post(port, wire.headers("listen", MODERN), wire.request("listen", MODERN, 1))],
        }
        opening = opening if kind in ("sessions", "streams") else []
        arguments = [*self.files("opening", opening), "--", *self.files("stream", streams[kind])]
        command = ["taskset", "-c", CLIENT, LOAD, "hold", f"127.0.0.1:{port}", str(count), "mcp-session-id", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.heard()

    def files(self, name, requests):
        for place, request in enumerate(requests):
            path = Path(self.folder.name, f"{name}-{place}")
            path.write_bytes(request)
            yield str(path)

    def heard(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read().strip()[-600:])
        return json.loads(line)

    def tell(self, era, seconds):
        """One change is told to all, with calls going on."""
        trigger = wire.post(self.port, wire.headers("change", MODERN), wire.request("change", MODERN, 1))
        session = None
        if era == LEGACY:
            client = wire.Http(self.port)
            session = client.greet()
            client.close()
        calls = wire.post(self.port, wire.headers("echo", era, session), wire.request("echo", era, MARK))
        files = [*self.files("trigger", [trigger]), *self.files("calls", [calls])]
        self.process.stdin.write(" ".join(["tell", *files, str(seconds), "list_changed"]) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()


def measure(rounds, seconds, quick, say):
    found = {}
    for kind, era, hears in KINDS:
        counts = COUNTS[:-1] if quick else COUNTS
        cells = {count: {"samples": [], "told": []} for count in counts}
        with contextlib.ExitStack() as stack:
            servers, holding = {}, {}
            for count in counts:
                say(f"scale: opens {count} {kind}")
                servers[count] = stack.enter_context(Running(SERVER, 3))
                # What the first calls take for good is not theirs.
                servers[count].measure(era, "echo", 16, 0.2)
                before, _ = servers[count].memory()
                holding[count] = stack.enter_context(Holding(servers[count].port, kind, count))
                time.sleep(0.2)
                cells[count]["bytes"] = (servers[count].memory()[0] - before) / count
            if kind == "connections":
                # An idle connection is ended by the server after a while, so nothing more is asked of them.
                found[kind] = {str(count): {"bytes": cell["bytes"]} for count, cell in cells.items()}
                continue
            if hears:
                say(f"scale: {kind} alone")
                begin = {count: cpu(server.process.pid) for count, server in servers.items()}
                time.sleep(1 if quick else KEEP_ALIVE)
                for count, server in servers.items():
                    cells[count]["alone"] = (cpu(server.process.pid) - begin[count]) / (1 if quick else KEEP_ALIVE)
            for number in range(rounds):
                say(f"scale: calls beside {kind}, round {number + 1} of {rounds}")
                for count in random.sample(counts, len(counts)):
                    cells[count]["samples"].append(servers[count].measure(era, "echo", 16, seconds))
                    if hears:
                        cells[count]["told"].append(holding[count].tell(era, seconds))
        found[kind] = {
            str(count): {
                "bytes": cell["bytes"],
                "alone": cell.get("alone"),
                "calls": median(cell["samples"]),
                "told": notices(cell["told"]),
            }
            for count, cell in cells.items()
        }
    return found


def notices(told):
    """The medians of several notices."""
    if not told:
        return None
    middle = lambda pick: statistics.median(pick(one) for one in told)
    calls = lambda when: {key: middle(lambda one: one[when][key]) for key in ("p50", "p99", "slowest", "calls")}
    times = {key: middle(lambda one: one[key]) for key in ("answered", "half", "all")}
    return times | {"quiet": calls("quiet"), "meanwhile": calls("meanwhile")}
