"""What a client says: the messages of the fixture in both eras, and a plain client for stdio and for HTTP."""

import json
import re
import socket
import threading

LEGACY = "2025-11-25"
MODERN = "2026-07-28"

META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1.0.0"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def line(message):
    return json.dumps(message, separators=(",", ":")).encode()


METHODS = {"list": "tools/list", "listen": "subscriptions/listen", "ping": "ping"}


def request(what, era, number):
    """One request of the fixture: `what` is the name of a tool, list, listen or ping."""
    method = METHODS.get(what, "tools/call")
    arguments = {
        "echo": lambda: {"message": f"hello, this is message {number}"},
        "steps": lambda: {"message": f"hello, this is message {number}"},
        "add": lambda: {"a": number, "b": 1},
        "search": lambda: {"query": "found", "limit": 50},
    }
    params = {} if what in METHODS else {"name": what, "arguments": arguments.get(what, dict)()}
    if what == "listen":
        params["notifications"] = {"toolsListChanged": True}
    if era == MODERN:
        params["_meta"] = dict(META)
    if what == "steps":
        params["_meta"]["progressToken"] = "steps"
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def headers(what, era, session=None):
    """What an HTTP request says beside its body."""
    named = {
        "Host": None,
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": era,
    }
    if era == MODERN:
        named["Mcp-Method"] = METHODS.get(what, "tools/call")
        if what not in METHODS:
            named["Mcp-Name"] = what
    if session:
        named["Mcp-Session-Id"] = session
    return named


def head(port, named, verb="POST", path="/mcp"):
    """The head of a request over HTTP."""
    named = dict(named, Host=f"127.0.0.1:{port}")
    text = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{verb} {path} HTTP/1.1\r\n{text}\r\n".encode()


def post(port, named, message):
    """A whole request over HTTP."""
    body = message if isinstance(message, bytes) else line(message)
    return head(port, named | {"Content-Length": len(body)}) + body


def check(what, number, response):
    """Refuses an answer that is not the one asked for: a fast error is no result."""
    if isinstance(response, bytes):
        response = json.loads(response)
    result = response.get("result")
    if response.get("id") != number or result is None or result.get("isError"):
        raise RuntimeError(f"{what} was answered with {str(response)[:400]}")
    if what == "list":
        if not any(tool["name"] == "echo" for tool in result["tools"]):
            raise RuntimeError("the list has no echo")
    elif what in ("echo", "steps"):
        if result["content"][0]["text"] != f"hello, this is message {number}":
            raise RuntimeError(f"echo said {result}")
    elif what == "search":
        structured = result["structuredContent"]
        if "records" not in structured:
            structured = structured["result"]
        if len(structured["records"]) != 50 or json.loads(result["content"][0]["text"]) != structured:
            raise RuntimeError("search did not find its fifty records twice")


class Stdio:
    """A server's pipes, read and written at the same time, so that a full pipe stops nobody."""

    def __init__(self, process):
        self.process = process
        self.answers = process.stdout

    def greet(self, era):
        if era == LEGACY:
            self.send(line(INITIALIZE) + b"\n")
            self.answers.readline()
            self.send(line(INITIALIZED) + b"\n")

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def pipelined(self, what, era, count):
        """All requests as fast as the server takes them."""
        batch = b"".join(line(request(what, era, n)) + b"\n" for n in range(1, count + 1))
        writer = threading.Thread(target=self.send, args=(batch,))
        writer.start()
        seen = 0
        last = None
        for last in self.answers:
            seen += 1
            if seen == count:
                break
        writer.join()
        # Answers may come in any order; the last to come is some request's.
        answer = json.loads(last) if last else {}
        if seen != count:
            raise RuntimeError(f"{seen} answers to {count} requests")
        check(what, answer.get("id"), answer)

    def ping_pong(self, what, era, count, start=1):
        """Each request waits for the answer to the one before."""
        last = None
        for n in range(start, start + count):
            self.send(line(request(what, era, n)) + b"\n")
            last = self.answers.readline()
        check(what, start + count - 1, last)

    def close(self):
        self.process.stdin.close()
        self.answers.read()


class Http:
    """One keep-alive connection."""

    def __init__(self, port, path="/mcp"):
        self.port, self.path = port, path
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def head(self, named, length):
        return head(self.port, named | {"Content-Length": length}, path=self.path)

    def post(self, named, body):
        """Sends a request; gives back status, headers and the JSON of the answer."""
        self.socket.sendall(self.head(named, len(body)) + body)
        while b"\r\n\r\n" not in self.rest:
            self.fill()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status = int(head.split(b" ", 2)[1])
        found = {
            name.strip().lower(): value.strip()
            for name, _, value in (entry.partition(":") for entry in head.decode().split("\r\n")[1:])
        }
        if found.get("transfer-encoding") == "chunked":
            body = self.chunked()
        else:
            length = int(found.get("content-length", 0))
            while len(self.rest) < length:
                self.fill()
            body, self.rest = self.rest[:length], self.rest[length:]
        if found.get("content-type", "").startswith("text/event-stream"):
            data = re.findall(rb"^data: ?(\{.*)$", body, re.M)
            body = data[-1] if data else b""
        return status, found, body

    def chunked(self):
        parts = []
        while True:
            while b"\r\n" not in self.rest:
                self.fill()
            size, self.rest = self.rest.split(b"\r\n", 1)
            size = int(size.split(b";")[0], 16)
            while len(self.rest) < size + 2:
                self.fill()
            parts.append(self.rest[:size])
            self.rest = self.rest[size + 2 :]
            if size == 0:
                return b"".join(parts)

    def fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise RuntimeError(f"the connection ended; what came: {self.rest[:400]!r}")
        self.rest += more

    def greet(self):
        """A session, by its id; `None` if the server gives none."""
        status, found, body = self.post(headers("initialize", LEGACY), line(INITIALIZE))
        if status != 200:
            raise RuntimeError(f"initialize: {status} {body[:400]!r}")
        session = found.get("mcp-session-id")
        self.post(headers("initialized", LEGACY, session), line(INITIALIZED))
        return session

    def in_turn(self, what, era, count, session=None):
        """Requests one after the other."""
        named = headers(what, era, session)
        for n in range(1, count + 1):
            status, _, body = self.post(named, line(request(what, era, n)))
            if n == 1 or n == count:
                if status != 200:
                    raise RuntimeError(f"{what}: {status} {body[:400]!r}")
                check(what, n, body)

    def close(self):
        self.socket.close()
