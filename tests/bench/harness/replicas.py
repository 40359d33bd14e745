"""Two replicas of fastmcp-rs behind nginx with their sessions in Redis, and what each part of that costs by itself.

Everything that serves has one core together, and the client the other: so requests a second are what one core serves, and the
CPU of each process says which of them to give more to.
"""

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import clock
from .instructions import free_port
from .scale import SERVER
from .wire import LEGACY, MODERN

# name, replicas, whether they have a Redis, whether nginx is in front of them
SETUPS = [
    ("one replica", 1, False, False),
    ("one replica, Redis", 1, True, False),
    ("nginx, one replica", 1, False, True),
    ("nginx, two replicas, Redis", 2, True, True),
]
ERAS = [(LEGACY, "session"), (MODERN, "2026")]
CONNECTIONS = 16

# Connections to the replicas are kept, and nothing is held back on its way to the client: an event is to arrive when it was sent.
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream replicas {{
        {servers}
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 100000000;
        location / {{
            proxy_pass http://replicas;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_read_timeout 1h;
        }}
    }}
}}
"""


def missing():
    """What has to be installed first, or nothing."""
    return [name for name, path in (("nginx", nginx()), ("redis-server", shutil.which("redis-server"))) if not path]


def nginx():
    # Where Debian puts it is on nobody's path but the administrator's.
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Process:
    """Something that serves a port of this machine, on the server's core, with a folder of its own."""

    def __init__(self, command, configuration=None):
        self.folder, self.port = tempfile.mkdtemp(), free_port()
        fill = lambda text: text.format(folder=self.folder, port=self.port)
        if configuration:
            Path(self.folder, "configuration").write_text(configuration(self.folder, self.port))
        # nginx would give a worker of root's another user, who may not enter the folder; so the whole is another user's.
        user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            ["taskset", "-c", clock.SERVER, *map(fill, command)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )

    def __enter__(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"{self.process.args[3]} does not serve")

    def pids(self, workers=0):
        """Its own, and those of its workers, which come after the port is open."""
        own = self.process.pid
        while len(children := Path(f"/proc/{own}/task/{own}/children").read_text().split()) < workers:
            time.sleep(0.05)
        return [own, *map(int, children)]

    def __exit__(self, *_):
        clock.end(self.process)
        shutil.rmtree(self.folder)


def redis():
    quiet = ["--save", "", "--appendonly", "no", "--dir", "{folder}"]
    return Process(["redis-server", "--bind", "127.0.0.1", "--port", "{port}", *quiet])


def front(ports):
    servers = " ".join(f"server 127.0.0.1:{port};" for port in ports)
    return Process(
        [nginx(), "-e", "stderr", "-p", "{folder}", "-c", "{folder}/configuration"],
        lambda folder, port: NGINX.format(folder=folder, port=port, servers=servers),
    )


class Setup:
    """One of them at work: where its clients come in, and the processes by what they are."""

    def __init__(self, stack, replicas, with_redis, with_nginx):
        self.pids = {"replicas": [], "nginx": [], "Redis": []}
        environment = {}
        if with_redis:
            store = stack.enter_context(redis())
            self.pids["Redis"] = store.pids()
            environment["FASTMCP_REDIS_URL"] = f"redis://127.0.0.1:{store.port}/"
        running = [stack.enter_context(clock.Running(SERVER, 3, **environment)) for _ in range(replicas)]
        self.pids["replicas"] = [one.process.pid for one in running]
        self.port = running[0].port
        if with_nginx:
            balancer = stack.enter_context(front([one.port for one in running]))
            self.pids["nginx"] = balancer.pids(workers=1)
            self.port = balancer.port

    def measure(self, era, seconds):
        pids = [pid for several in self.pids.values() for pid in several]
        sample = clock.sample(self.port, pids, era, "echo", CONNECTIONS, seconds)
        each = iter([sample.pop(f"cpu of {place}") for place in range(len(pids))] if len(pids) > 1 else [sample["cpu"]])
        return sample | {kind: sum(next(each) for _ in several) for kind, several in self.pids.items()}


def measure(rounds, seconds, say):
    if lacking := missing():
        say(f"replicas: skipped, {' and '.join(lacking)} must be installed first")
        return None
    samples = {name: {} for name, *_ in SETUPS}
    with contextlib.ExitStack() as stack:
        setups = {name: Setup(stack, *rest) for name, *rest in SETUPS}
        for number in range(rounds):
            say(f"replicas: round {number + 1} of {rounds}")
            for name in random.sample(list(setups), len(setups)):
                for era, label in ERAS:
                    samples[name].setdefault(label, []).append(setups[name].measure(era, seconds))
    return {name: {label: clock.median(several) for label, several in row.items()} for name, row in samples.items()}
