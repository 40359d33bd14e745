"""Reads a callgrind file: where the instructions of a request go, by function, by call tree and by crate."""

import re
from collections import defaultdict

LINE = re.compile(r"^(?:\+|-|\*|\d)")
NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Profile:
    """Instructions by function: its own, those of what it calls, and where the source of its own came from."""

    def __init__(self, path):
        self.own = defaultdict(int)
        self.files = defaultdict(int)
        self.edges = defaultdict(lambda: defaultdict(int))
        names, files = {}, {}
        function = file = callee = None
        pending = False

        def resolve(table, text):
            found = NAME.match(text)
            if found.group(2) is not None:
                table[found.group(1)] = found.group(2)
            return table[found.group(1)]

        with open(path, encoding="utf-8") as lines:
            for text in lines:
                text = text.rstrip("\n")
                if text.startswith("fn="):
                    function = resolve(names, text[3:])
                elif text.startswith(("fl=", "fi=", "fe=")):
                    file = resolve(files, text[3:])
                elif text.startswith("cfn="):
                    callee = resolve(names, text[4:])
                elif text.startswith(("cfi=", "cfl=")):
                    resolve(files, text[4:])
                elif text.startswith(("ob=", "cob=")):
                    pass
                elif text.startswith("calls="):
                    pending = True
                elif LINE.match(text) and function is not None:
                    cost = int(text.split()[1])
                    if pending:
                        pending = False
                        if callee != function:
                            self.edges[function][callee] += cost
                    else:
                        self.own[function] += cost
                        self.files[(crate(file), function)] += cost

    def inclusive(self, function):
        return self.own[function] + sum(self.edges[function].values())


def crate(file):
    for pattern, name in (
        (r"/registry/src/[^/]+/([a-z0-9_-]+?)-\d", None),
        (r"(?:^|/)library/(core|alloc|std)/", None),
        (r"malloc\.c", "malloc"),
        (r"/string/|memmove|memcpy|memset", "memcpy"),
        (r"fastmcp-rs-macros/", "fastmcp-rs-macros"),
        (r"fastmcp-rs/src/(.+)", None),
        (r"tests/bench/", "fixture"),
    ):
        found = re.search(pattern, file)
        if found:
            return name or (f"fastmcp-rs/{found.group(1)}" if "fastmcp-rs/src" in pattern else found.group(1))
    return "libc" if file.startswith("./") else file


def short(name):
    name = re.sub(r"'\d+$", "", name)
    return name.replace("fastmcp_rs::", "").replace("serde_core::", "")[:150]


def write(path, requests, count=40, least=60):
    """The profile as text, in instructions a request."""
    profile = Profile(path)
    per = lambda cost: f"{cost / requests:9.0f}"
    out = ["Own instructions by function:"]
    own = defaultdict(int)
    for function, cost in profile.own.items():
        own[short(function)] += cost
    out += [f"{per(cost)}  {name}" for name, cost in sorted(own.items(), key=lambda item: -item[1])[:count]]
    out.append("\nInclusive instructions by function:")
    inclusive = {function: profile.inclusive(function) for function in profile.own}
    out += [
        f"{per(cost)}  {short(name)}"
        for name, cost in sorted(inclusive.items(), key=lambda item: -item[1])[: count * 2]
        if cost / requests >= least
    ]
    out.append("\nOwn instructions by crate or source file:")
    files = defaultdict(int)
    for (where, _), cost in profile.files.items():
        files[where] += cost
    out += [f"{per(cost)}  {name}" for name, cost in sorted(files.items(), key=lambda item: -item[1])[:30]]
    return "\n".join(out)


def tree(path, requests, root, least=80, depth=14):
    """What `root` calls, and what that calls: a function with several callers is shown with its share of each edge."""
    profile = Profile(path)
    start = [name for name in profile.own if root in name]
    lines = []

    def show(function, cost, level, above):
        if cost / requests < least or level > depth or function in above:
            return
        total = profile.inclusive(function) or 1
        share = cost / total
        own = profile.own[function] * share
        lines.append(f"{cost / requests:9.0f} {own / requests:8.0f}  {'  ' * level}{short(function)}")
        for callee, part in sorted(profile.edges[function].items(), key=lambda item: -item[1]):
            show(callee, part * share, level + 1, above | {function})

    for function in sorted(start, key=profile.inclusive, reverse=True)[:1]:
        show(function, profile.inclusive(function), 0, frozenset())
    return "   in all      own\n" + "\n".join(lines)
