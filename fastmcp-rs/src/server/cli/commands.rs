//! The commands and flags of this build: what is understood, what help shows, and what a slip is compared with.

/// One command.
pub(super) struct Command {
    pub word: &'static str,
    pub about: &'static str,
    /// What stands after it, as usage shows it.
    pub operands: &'static [(&'static str, &'static str)],
    pub flags: &'static [Flag],
}

/// One flag.
pub(super) struct Flag {
    pub name: &'static str,
    pub value: &'static str,
    pub about: &'static str,
}

const fn flag(name: &'static str, value: &'static str, about: &'static str) -> Flag {
    Flag { name, value, about }
}

const JSON: Flag = flag("json", "", "Print JSON, as a client is told it");
const ARGS: Flag = flag("args", "<JSON>", "All arguments as one JSON object; `-` reads it from standard input");

pub(super) static CALL: Command = Command {
    word: "call",
    about: "Call a tool",
    operands: &[
        ("<NAME>", "The name of the tool; `--help` after it shows its arguments"),
        ("[ARGUMENT]...", "key=value, or --key value; `-` for a JSON object on standard input"),
    ],
    flags: &[ARGS, JSON],
};

pub(super) static PROMPT: Command = Command {
    word: "prompt",
    about: "Fill in a prompt",
    operands: &[
        ("<NAME>", "The name of the prompt; `--help` after it shows its arguments"),
        ("[ARGUMENT]...", "key=value, or --key value; `-` for a JSON object on standard input"),
    ],
    flags: &[ARGS, JSON],
};

pub(super) static COMMANDS: &[&Command] = &[
    &Command { word: "list", about: "Show what is served", operands: &[], flags: &[JSON] },
    &CALL,
    &Command {
        word: "read",
        about: "Read a resource",
        operands: &[("<URI>", "The resource's URI, with every variable filled in")],
        flags: &[JSON],
    },
    &PROMPT,
    &Command { word: "inspect", about: "Show everything that clients are told", operands: &[], flags: &[JSON] },
    #[cfg(feature = "http")]
    &Command {
        word: "health",
        about: "Ask a server that runs over HTTP whether it answers",
        operands: &[("[URL]", "Where it runs; put together from --host, --port and --path if left out")],
        flags: &[HOST, PORT, PATH, JSON],
    },
    &Command {
        word: "check",
        about: "Check what a server needs, is given, or has left",
        operands: &[],
        flags: &[
            flag("production", "", "What it lacks for production, served as --http or the environment says"),
            #[cfg(feature = "http")]
            flag("auth", "<FILE>", "A token: why it is taken, or not, step by step; `-` reads standard input"),
            #[cfg(feature = "interaction")]
            flag("audit", "<FILE>", "An audit log: whether lines were changed or taken away"),
        ],
    },
    &Command { word: "version", about: "Show the server's name and version", operands: &[], flags: &[JSON] },
    &Command {
        word: "help",
        about: "Show this, or the help of a command",
        operands: &[("[COMMAND]", "One of the commands")],
        flags: &[],
    },
];

#[cfg(feature = "http")]
const HOST: Flag = flag("host", "<HOST>", "IP address, or localhost [env: FASTMCP_HOST] [default: 127.0.0.1]");
#[cfg(feature = "http")]
const PORT: Flag = flag("port", "<PORT>", "Port; 0 takes a free one [env: FASTMCP_PORT] [default: 8000]");
#[cfg(feature = "http")]
const PATH: Flag = flag("path", "<PATH>", "Path of the endpoint [env: FASTMCP_PATH] [default: /mcp]");

/// The flags of a server that serves, which are given without a command.
pub(super) static SERVING: &[Flag] = &[
    #[cfg(feature = "stdio")]
    flag("stdio", "", "Serve standard input and output (the default)"),
    #[cfg(feature = "http")]
    flag("http", "[ADDR]", "Serve Streamable HTTP; ADDR is HOST:PORT, a port or a host"),
    #[cfg(feature = "sse")]
    flag("sse", "[ADDR]", "The same, with the older HTTP+SSE transport at /sse"),
    flag("transport", "<TRANSPORT>", TRANSPORTS),
    #[cfg(feature = "http")]
    HOST,
    #[cfg(feature = "http")]
    PORT,
    #[cfg(feature = "http")]
    PATH,
    #[cfg(feature = "page")]
    flag("open", "", "Serve over HTTP, and open the page of the server in the browser"),
];

const TRANSPORTS: &str = match (cfg!(feature = "stdio"), cfg!(feature = "http"), cfg!(feature = "sse")) {
    (true, _, true) => "One of these by name: stdio, http, sse [env: FASTMCP_TRANSPORT]",
    (true, true, false) => "One of these by name: stdio, http [env: FASTMCP_TRANSPORT]",
    (false, _, true) => "One of these by name: http, sse [env: FASTMCP_TRANSPORT]",
    (false, true, false) => "One of these by name: http [env: FASTMCP_TRANSPORT]",
    _ => "One of these by name: stdio [env: FASTMCP_TRANSPORT]",
};

/// The command of a word.
pub(super) fn command(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().copied().find(|command| command.word == word)
}
