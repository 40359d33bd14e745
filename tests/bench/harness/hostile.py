"""Clients that do not behave, on fastmcp-rs: how much memory they can make it take, and what others notice.

On stdio the client is here. Over HTTP it is `bench-load bad`, and a client that behaves calls beside it; both are on one core,
where the bad ones have to stand back.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from . import clock, wire
from .clock import CLIENT, LOAD, Running
from .scale import SERVER
from .wire import LEGACY, MODERN

HUGE = 64 * 2**20
BLOCK = b"x" * 65536
CONNECTIONS = 16
ALL = -1
# Bytes a second.
SLOW = 1024
INVALID = b"{}"
# Here the one that behaves tells a change with each of its calls.
UNREAD = "listens and reads nothing, with a change at every call"


def stdio_cases():
    """What is written at first, what over and over and how often, and how much is read of the answers."""
    search = wire.line(wire.request("search", LEGACY, 1)) + b"\n"
    ping = wire.line(wire.request("ping", LEGACY, 1)) + b"\n"
    endless = 2**62
    return {
        "reads 1 KB/s": (b"", search, endless, SLOW),
        "reads nothing": (b"", search, endless, 0),
        "a line of 64 MiB": (b"", BLOCK, HUGE // len(BLOCK), ALL),
        "a flood of pings": (b"", ping * 1000, endless, ALL),
        "a flood of lines that are not messages": (b"", (INVALID + b"\n") * 10_000, endless, ALL),
    }


def http_cases(port, session):
    named = wire.headers("ping", LEGACY, session)
    post = lambda message: wire.post(port, named, message)
    search = post(wire.request("search", LEGACY, 1))
    open_end = wire.head(port, named | {"Transfer-Encoding": "chunked"})
    chunk = f"{len(BLOCK):x}\r\n".encode() + BLOCK + b"\r\n"
    listen = wire.post(port, wire.headers("listen", MODERN), wire.request("listen", MODERN, 1))
    endless, blocks = 2**62, HUGE // len(BLOCK)
    return {
        "reads 1 KB/s": (b"", search, endless, SLOW),
        "reads nothing": (b"", search, endless, 0),
        "a body of 64 MiB": (open_end, chunk, blocks, ALL),
        "a header of 64 MiB": (b"POST /mcp HTTP/1.1\r\nHost: ", BLOCK, blocks, ALL),
        "a flood of pings": (b"", post(wire.request("ping", LEGACY, 1)) * 100, endless, ALL),
        "a flood of lines that are not messages": (b"", post(INVALID) * 100, endless, ALL),
        UNREAD: (listen, b"", 0, 0),
    }


def forget_peak(pid):
    """From now on, the peak is that of what comes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def growth(pid, before):
    return clock.memory_of(pid)[1] - before


def measure(seconds, say):
    return {"stdio": stdio(seconds, say), "http": http(seconds, say)}


def stdio(seconds, say):
    found = {}
    for name, case in stdio_cases().items():
        say(f"hostile: stdio, {name}")
        process = subprocess.Popen(
            ["taskset", "-c", clock.SERVER, *SERVER.command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            client = wire.Stdio(process)
            client.greet(LEGACY)
            client.ping_pong("echo", LEGACY, 1)
            before, _ = clock.memory_of(process.pid)
            forget_peak(process.pid)
            sent, read = torment(process, case, seconds)
            found[name] = {"growth": growth(process.pid, before), "sent": sent, "read": read}
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {process.returncode}")
        finally:
            process.kill()
            process.wait()
    return found


def torment(process, case, seconds):
    """How much was sent and how much was read, for a while."""
    once, again, times, rate = case
    end, counts = time.monotonic() + seconds, [0, 0]
    out, into = process.stdin.fileno(), process.stdout.fileno()
    for descriptor in (out, into):
        os.set_blocking(descriptor, False)
    # Beside the server, not on its core.
    os.sched_setaffinity(0, {int(CLIENT)})
    try:
        rest, left, allowed = memoryview(once), times, time.monotonic()
        while (now := time.monotonic()) < end:
            moved = False
            if not rest and left:
                rest, left = memoryview(again), left - 1
            with contextlib.suppress(BlockingIOError):
                if rest:
                    some = os.write(out, rest)
                    counts[0], rest, moved = counts[0] + some, rest[some:], True
            if rate == ALL or rate and now >= allowed:
                with contextlib.suppress(BlockingIOError):
                    counts[1] += len(os.read(into, 65536 if rate == ALL else rate))
                    allowed, moved = now + 1, True
            if not moved:
                time.sleep(0.001)
    finally:
        os.sched_setaffinity(0, range(os.cpu_count()))
    return counts


def http(seconds, say):
    """With nobody else at first; then with each kind of bad client, every kind with a server of its own."""
    say("hostile: HTTP, nobody")
    with Running(SERVER, 3) as running:
        found = {"nobody": {"beside": running.measure(MODERN, "echo", 1, seconds)}}
    for name in http_cases(0, ""):
        say(f"hostile: HTTP, {name}")
        with Running(SERVER, 3) as running, tempfile.TemporaryDirectory() as folder:
            running.measure(MODERN, "echo", 16, 0.2)
            client = wire.Http(running.port)
            once, again, times, rate = http_cases(running.port, client.greet())[name]
            client.close()
            paths = [Path(folder, "once"), Path(folder, "again")]
            for path, data in zip(paths, (once, again)):
                path.write_bytes(data)
            before, _ = running.memory()
            forget_peak(running.process.pid)
            # The one that behaves warms up for a fifth of its time.
            command = [LOAD, "bad", f"127.0.0.1:{running.port}", seconds * 1.2 + 0.5, CONNECTIONS, rate, *paths, times]
            command = ["taskset", "-c", CLIENT, "nice", "-n", "19", *map(str, command)]
            bad = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            time.sleep(0.2)
            beside = running.measure(MODERN, "change" if name == UNREAD else "echo", 1, seconds)
            said, _ = bad.communicate()
            found[name] = {"beside": beside, "growth": growth(running.process.pid, before), **json.loads(said)}
    return found
