"""What a clock measures: requests a second, latencies, server CPU, start, memory. The load comes from `bench-load`."""

import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import wire
from .instructions import connect, free_port
from .servers import TARGET
from .wire import LEGACY, MODERN

LOAD = TARGET / "release/bench-load"
# The server has one core, and its client another.
SERVER, CLIENT = "0", "1"
# `bench-load` writes a number of its own in this one's place.
MARK = 1_000_000

# name, era, request, tools, connections
HTTP = [
    *[(f"HTTP echo {label}, {count}", era, "echo", 3, count) for era, label in ((LEGACY, "session"), (MODERN, "2026")) for count in (1, 16, 64)],
    *[(f"HTTP search {label}, 16", era, "search", 3, 16) for era, label in ((LEGACY, "session"), (MODERN, "2026"))],
    ("HTTP list of 100 session, 16", LEGACY, "list", 100, 16),
    *[(f"HTTP list of 100 2026, {count}", MODERN, "list", 100, count) for count in (1, 16, 64)],
    ("HTTP echo 2026 of 500 tools, 16", MODERN, "echo", 500, 16),
    ("HTTP event stream 2026, 1", MODERN, "steps", 3, 1),
]
# Who has the tool that answers with a stream. The peers answer so as they like; rmcp always does.
STREAMS = ["limit", "fastmcp"]

# name, era, requests under way, whether server and client share one core
STDIO = [
    ("stdio echo 2025, ping-pong", LEGACY, 1, True),
    ("stdio echo 2026, ping-pong", MODERN, 1, True),
    ("stdio echo 2025, 128 in flight", LEGACY, 128, False),
    ("stdio echo 2026, 128 in flight", MODERN, 128, False),
]


def load(core, *arguments):
    done = subprocess.run(["taskset", "-c", core, LOAD, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-600:])
    return json.loads(done.stdout)


class Running:
    """A server over HTTP, on the server's core, until the end of the `with`."""

    def __init__(self, server, tools, **environment):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER, *server.http(self.port)],
            env=dict(os.environ, BENCH_TOOLS=str(tools), **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        connect(self.port).close()
        return self

    def __exit__(self, *_):
        end(self.process)

    def measure(self, era, what, connections, seconds):
        return sample(self.port, [self.process.pid], era, what, connections, seconds)

    def memory(self):
        return memory_of(self.process.pid)


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def memory_of(pid):
    """Resident memory of a process now and at most, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status)
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def cpu(pid):
    """Seconds that a process has had of a core so far, all its threads together."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def sample(port, pids, era, what, connections, seconds):
    """One sample, with the CPU time of these processes. Each connection has a session of its own where there are sessions."""
    clients = [wire.Http(port) for _ in range(connections)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for place, client in enumerate(clients):
            session = client.greet() if era == LEGACY else None
            if place == 0:
                client.in_turn(what, era, 2, session)
            body = wire.line(wire.request(what, era, MARK))
            paths.append(Path(folder, str(place)))
            paths[-1].write_bytes(client.head(wire.headers(what, era, session), len(body)) + body)
        found = load(CLIENT, "http", f"127.0.0.1:{port}", seconds, ",".join(map(str, pids)), *paths)
    for client in clients:
        client.close()
    return per_request(found)


def per_request(sample):
    requests = sample["requests"]
    if requests == 0:
        raise RuntimeError("no request was answered in time")
    found = {
        "per second": requests / sample["seconds"],
        "cpu": sample["cpu"] / requests * 1e6,
        "busy": sample["cpu"] / sample["seconds"],
    }
    found |= {f"cpu of {place}": spent / requests * 1e6 for place, spent in enumerate(sample.get("each", [])) if len(sample["each"]) > 1}
    return found | {key: sample[key] for key in ("p50", "p99", "slowest") if key in sample}


def median(samples):
    """Field by field, with the spread of the rate."""
    if not samples:
        return None
    found = {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}
    rates = [sample["per second"] for sample in samples]
    return found | {"samples": len(samples), "spread": (max(rates) - min(rates)) / found["per second"]}


def clocked(servers):
    """Raw hyper is there for the instructions alone."""
    return [server for server in servers if server.name != "limit-hyper"]


def http(servers, rounds, seconds, say):
    """All cells of all servers, in rounds; in a round, a cell's servers follow one another in an order of chance."""
    samples, servers = {}, clocked(servers)
    for number in range(rounds):
        for tools in sorted({cell[3] for cell in HTTP}):
            running = {}
            try:
                for server in servers:
                    running[server.name] = Running(server, tools).__enter__()
                for name, era, what, of, connections in HTTP:
                    if of != tools:
                        continue
                    say(f"round {number + 1} of {rounds}: {name}")
                    for server in random.sample(servers, len(servers)):
                        if (era == LEGACY and not server.sessions) or (what == "steps" and server.name not in STREAMS):
                            continue
                        try:
                            sample = running[server.name].measure(era, what, connections, seconds)
                            samples.setdefault(name, {}).setdefault(server.name, []).append(sample)
                        except (RuntimeError, OSError) as why:
                            say(f"{server.name}, {name}: {why}")
            finally:
                for one in running.values():
                    one.__exit__()
    return {name: {server: median(found) for server, found in row.items()} for name, row in samples.items()}


def files(folder, era, what="echo"):
    """The greeting and the template of a stdio client."""
    greeting = Path(folder, "greeting")
    lines = [wire.line(wire.INITIALIZE), wire.line(wire.INITIALIZED)] if era == LEGACY else []
    greeting.write_bytes(b"".join(line + b"\n" for line in lines))
    template = Path(folder, "template")
    template.write_bytes(wire.line(wire.request(what, era, MARK)) + b"\n")
    return greeting, template


def stdio(servers, rounds, seconds, say):
    samples = {}
    for number in range(rounds):
        for name, era, window, together in STDIO:
            say(f"round {number + 1} of {rounds}: {name}")
            for server in random.sample(servers, len(servers)):
                if not server.stdio:
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    command = ["taskset", "-c", SERVER, *server.command()]
                    try:
                        sample = load(SERVER if together else CLIENT, "stdio", seconds, window, *files(folder, era), *command)
                        samples.setdefault(name, {}).setdefault(server.name, []).append(per_request(sample))
                    except RuntimeError as why:
                        say(f"{server.name}, {name}: {why}")
    return {name: {server: median(found) for server, found in row.items()} for name, row in samples.items()}


def start(servers, rounds, say):
    """Milliseconds from start to the first answered call on stdio: the median of the medians."""
    taken = {}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: start")
        for server in random.sample(servers, len(servers)):
            if server.stdio:
                with tempfile.TemporaryDirectory() as folder:
                    count = 20 if server.rust else 3
                    command = ["taskset", "-c", SERVER, *server.command()]
                    found = load(CLIENT, "start", count, *files(folder, MODERN), *command)
                taken.setdefault(server.name, []).append(statistics.median(found))
    return {server: statistics.median(found) for server, found in taken.items()}


def memory(servers, seconds, say):
    """Resident memory: after the first answer, half way through a load of 16 sessions, after it, and at most."""
    found = {}
    for server in clocked(servers):
        if not server.sessions:
            continue
        say(f"memory: {server.name}")
        with Running(server, 3) as running:
            client = wire.Http(running.port)
            client.in_turn("echo", LEGACY, 1, client.greet())
            client.close()
            time.sleep(0.2)
            idle, _ = running.memory()
            running.measure(LEGACY, "echo", 16, seconds / 2)
            half, _ = running.memory()
            running.measure(LEGACY, "echo", 16, seconds / 2)
            after, most = running.memory()
            found[server.name] = {"idle": idle, "half": half, "after": after, "most": most}
    return found
