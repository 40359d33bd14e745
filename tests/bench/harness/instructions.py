"""Instructions a request, by valgrind's callgrind: the difference of two runs that differ in the number of requests only.

User space is counted, the kernel is not. The figures repeat within one per cent, so there is nothing to interleave.
"""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from . import wire
from .wire import LEGACY, MODERN

# What is measured: name, transport, era, request, tools, and how many requests the two runs have.
CELLS = [
    ("stdio echo 2025", "stdio", LEGACY, "echo", 3, (500, 3500)),
    ("stdio echo 2026", "stdio", MODERN, "echo", 3, (500, 3500)),
    ("stdio search 2025", "stdio", LEGACY, "search", 3, (50, 350)),
    ("stdio echo 2025, one at a time", "stdio-turns", LEGACY, "echo", 3, (300, 2300)),
    ("stdio echo 2025 of 500 tools", "stdio", LEGACY, "echo", 500, (500, 3500)),
    ("HTTP echo session", "http", LEGACY, "echo", 3, (300, 2300)),
    ("HTTP echo 2026", "http", MODERN, "echo", 3, (300, 2300)),
    ("HTTP search session", "http", LEGACY, "search", 3, (50, 350)),
    ("HTTP search 2026", "http", MODERN, "search", 3, (50, 350)),
    ("HTTP list of 100, 2026", "http", MODERN, "list", 100, (50, 350)),
]

# glibc copies large blocks with `rep movsb`, which valgrind counts as an instruction a byte. With this it uses its vector loop,
# so that a copy counts for about what it costs.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=0x1000000"


def fits(server, cell):
    _, transport, era, *_ = cell
    return server.stdio if transport.startswith("stdio") else server.sessions or era == MODERN


def measure(server, cell, less=1, profile=None):
    """Instructions a request in one cell, of `less` times fewer requests. `profile` keeps the longer run's callgrind file there."""
    _, transport, era, what, tools, counts = cell
    few, many = (max(count // less, 10) for count in counts)
    environment = dict(os.environ, BENCH_TOOLS=str(tools), GLIBC_TUNABLES=TUNABLES)
    command = server.command() if transport.startswith("stdio") else server.http("{port}")
    totals = [run(command, environment, transport, era, what, count, profile if count == many else None) for count in (few, many)]
    return (totals[1] - totals[0]) / (many - few)


def run(command, environment, transport, era, what, count, keep=None):
    with tempfile.TemporaryDirectory() as folder:
        out = keep or os.path.join(folder, "callgrind.out")
        valgrind = ["taskset", "-c", "0", "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
        if transport.startswith("stdio"):
            pipes(valgrind, environment, transport, era, what, count)
        else:
            connection(valgrind, environment, era, what, count)
        with open(out, encoding="utf-8") as file:
            totals = re.findall(r"^(?:totals|summary): (\d+)", file.read(), re.M)
        return int(totals[-1])


def pipes(valgrind, environment, transport, era, what, count):
    process = subprocess.Popen(
        valgrind, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    client = wire.Stdio(process)
    client.greet(era)
    if transport == "stdio":
        client.pipelined(what, era, count)
    else:
        client.ping_pong(what, era, count)
    client.close()
    process.wait(30)


def connection(valgrind, environment, era, what, count):
    port = free_port()
    process = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in valgrind],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        client = connect(port)
        session = client.greet() if era == LEGACY else None
        client.in_turn(what, era, count, session)
        client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def connect(port, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            return wire.Http(port)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
