//! Redis servers on loopback: plain, over TLS, a cluster, and what sentinels watch; each may be killed, paused and started again.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Duration, sleep},
};

use crate::within;

/// The certificates of `tests/support/redis`: `ca.pem` has signed `server.pem` (for `localhost` and 127.0.0.1) and `client.pem`.
pub fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("support/redis").join(name)
}

/// Whether there is a Redis to start. Without one a test says that it did not run.
pub fn installed() -> bool {
    let there = std::process::Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("SKIPPED, since there is no redis-server: `.ci/run tests` installs one");
    }
    there
}

/// A server that ends with the test.
#[derive(Debug)]
pub struct RedisServer {
    child: Option<Child>,
    options: Vec<String>,
    directory: TempDir,
    /// What it listens at.
    pub port: u16,
    tls: bool,
    password: Option<String>,
}

impl RedisServer {
    /// A plain one with more options: `--maxmemory 2mb`.
    pub async fn start(options: &str) -> Self {
        Self::with(options, false).await
    }

    /// One that speaks TLS alone.
    pub async fn over_tls(options: &str) -> Self {
        let file = |name: &str| certificate(name).to_str().unwrap().to_owned();
        let (certificate, key, authority) = (file("server.pem"), file("server.key"), file("ca.pem"));
        let files = format!("--tls-cert-file {certificate} --tls-key-file {key} --tls-ca-cert-file {authority}");
        Self::with(&format!("{files} --tls-auth-clients optional {options}"), true).await
    }

    async fn with(options: &str, tls: bool) -> Self {
        let options = options.split_whitespace().map(str::to_owned).collect();
        let directory = TempDir::new().unwrap();
        let mut server = Self { child: None, options, directory, port: 0, tls, password: None };
        // Somebody else may take the port before it does.
        for _ in 0..20 {
            server.port = free_port();
            if server.begin().await {
                return server;
            }
        }
        panic!("redis-server does not start: {}", server.log());
    }

    /// The password of its default user, for those that tests speak to it by.
    #[must_use]
    pub fn known_by(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Starts it, or starts it again where it was, and waits until it answers.
    async fn begin(&mut self) -> bool {
        let config = self.directory.path().join("redis.conf");
        if !config.exists() {
            std::fs::write(&config, "").unwrap();
        }
        let mut command = Command::new("redis-server");
        command.arg(&config);
        let port = self.port.to_string();
        command.arg("--dir").arg(self.directory.path()).args(["--bind", "127.0.0.1"]);
        if self.tls {
            // The second is one that its certificate does not name.
            command.args(["127.0.0.2", "--port", "0", "--tls-port", &port]);
        } else {
            command.args(["--port", &port]);
        }
        command.args(["--save", "", "--appendonly", "no", "--logfile", "log"]);
        command.args(&self.options).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        for _ in 0..500 {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            let answer = self.cli(&["PING"]).await;
            // An answer is enough, whatever it says.
            if answer.contains("PONG") || answer.contains("NOAUTH") || answer.contains("WRONGPASS") {
                self.child = Some(child);
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("redis-server does not answer: {}", self.log());
    }

    /// Starts it again after it was killed.
    pub async fn restart(&mut self) {
        assert!(self.begin().await, "it does not start again: {}", self.log());
    }

    /// Its own log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("{}:{}", if self.tls { "localhost" } else { "127.0.0.1" }, self.port)
    }

    /// The URL of the only one.
    pub fn url(&self) -> String {
        format!("{}://{}/", if self.tls { "rediss" } else { "redis" }, self.address())
    }

    /// What it answers to a command.
    pub async fn cli(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string()]).kill_on_drop(true);
        if self.tls {
            command.args(["--tls", "--cacert"]).arg(certificate("ca.pem"));
        }
        if let Some(password) = &self.password {
            command.args(["--no-auth-warning", "-a", password]);
        }
        // A paused one does not answer.
        let Ok(output) = tokio::time::timeout(Duration::from_secs(2), command.args(words).output()).await else {
            return String::new();
        };
        let output = output.unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// The same until the answer is as it should be.
    pub async fn until(&self, words: &[&str], is: impl Fn(&str) -> bool) -> String {
        let asking = async {
            loop {
                let answer = self.cli(words).await;
                if is(&answer) {
                    return answer;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        within(&format!("the answer to {words:?}"), asking).await
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.unwrap();
    }

    /// Lets it do nothing, with all its connections open.
    pub async fn pause(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub async fn resume(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("it runs").id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Three primaries, and a replica of the first where one is asked for.
#[derive(Debug)]
pub struct RedisCluster {
    /// The primaries, then the replica.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts one whose slots are spread evenly.
    pub async fn start(replica: bool) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 + usize::from(replica) {
            let bus = free_port();
            let options = format!(
                "--cluster-enabled yes --cluster-port {bus} --cluster-node-timeout 1500 --cluster-require-full-coverage no \
                 --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0"
            );
            nodes.push((RedisServer::start(&options).await, bus));
        }
        for (index, range) in ["0 5460", "5461 10922", "10923 16383"].iter().enumerate() {
            let (first, last) = range.split_once(' ').unwrap();
            nodes[index].0.cli(&["CLUSTER", "ADDSLOTSRANGE", first, last]).await;
            nodes[index].0.cli(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]).await;
        }
        for (node, bus) in &nodes[1..] {
            let (port, bus) = (node.port.to_string(), bus.to_string());
            nodes[0].0.cli(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
        }
        let nodes: Vec<RedisServer> = nodes.into_iter().map(|(node, _)| node).collect();
        let size = format!("cluster_known_nodes:{}", nodes.len());
        for node in &nodes {
            node.until(&["CLUSTER", "INFO"], |info| info.contains("cluster_state:ok") && info.contains(&size)).await;
            node.until(&["CLUSTER", "INFO"], |info| info.contains("cluster_slots_ok:16384")).await;
        }
        let cluster = Self { nodes };
        if replica {
            cluster.replicate(0).await;
        }
        cluster
    }

    /// Makes the last one the replica of a primary.
    async fn replicate(&self, primary: usize) {
        let id = self.nodes[primary].cli(&["CLUSTER", "MYID"]).await;
        let last = self.nodes.last().unwrap();
        last.cli(&["CLUSTER", "REPLICATE", id.trim()]).await;
        last.until(&["INFO", "replication"], |info| info.contains("master_link_status:up")).await;
        for node in &self.nodes {
            node.until(&["CLUSTER", "NODES"], |nodes| nodes.contains("slave")).await;
        }
    }

    /// The URL by which all primaries are named.
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self.nodes.iter().take(3).map(RedisServer::address).collect();
        format!("redis-cluster://{}/", addresses.join(","))
    }

    /// The primary that has a key: its place among the nodes.
    pub async fn owner(&self, key: &str) -> usize {
        let slot: usize = self.nodes[0].cli(&["CLUSTER", "KEYSLOT", key]).await.trim().parse().unwrap();
        (0..3).find(|index| slot <= [5460, 10922, 16383][*index]).unwrap()
    }

    /// Moves the slot of a key, and its keys, from one primary to another.
    pub async fn move_slot(&self, key: &str, from: usize, to: usize) {
        let slot = self.begin_moving(key, from, to).await;
        let keys = self.nodes[from].cli(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]).await;
        for key in keys.lines().filter(|key| !key.is_empty()) {
            let port = self.nodes[to].port.to_string();
            let moved = self.nodes[from].cli(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]).await;
            assert!(moved.contains("OK") || moved.contains("NOKEY"), "{moved}");
        }
        let id = self.nodes[to].cli(&["CLUSTER", "MYID"]).await;
        for node in [to, from] {
            let said = self.nodes[node].cli(&["CLUSTER", "SETSLOT", &slot, "NODE", id.trim()]).await;
            assert!(said.contains("OK"), "{said}");
        }
    }

    /// Begins to move the slot of a key: who asks for a key that is not there any more is sent to the other.
    pub async fn begin_moving(&self, key: &str, from: usize, to: usize) -> String {
        let slot = self.nodes[0].cli(&["CLUSTER", "KEYSLOT", key]).await.trim().to_owned();
        let id = [self.nodes[from].cli(&["CLUSTER", "MYID"]).await, self.nodes[to].cli(&["CLUSTER", "MYID"]).await];
        for (node, state, id) in [(to, "IMPORTING", &id[0]), (from, "MIGRATING", &id[1])] {
            let said = self.nodes[node].cli(&["CLUSTER", "SETSLOT", &slot, state, id.trim()]).await;
            assert!(said.contains("OK"), "{said}");
        }
        slot
    }
}

/// A primary, its replica, and three sentinels that watch them under the name `tests`.
#[derive(Debug)]
pub struct Watched {
    /// The primary first, then the replica.
    pub servers: Vec<RedisServer>,
    /// Who watches.
    pub sentinels: Vec<RedisServer>,
}

impl Watched {
    /// Starts them; the servers have a password.
    pub async fn start(password: &str) -> Self {
        let options = format!("--requirepass {password} --masterauth {password} --repl-diskless-sync-delay 0");
        let primary = RedisServer::start(&options).await.known_by(password);
        let replica = RedisServer::start(&options).await.known_by(password);
        replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port.to_string()]).await;
        replica.until(&["INFO", "replication"], |info| info.contains("master_link_status:up")).await;
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            let sentinel = RedisServer::start("--sentinel").await;
            let port = primary.port.to_string();
            for words in [
                vec!["SENTINEL", "MONITOR", "tests", "127.0.0.1", &port, "2"],
                vec!["SENTINEL", "SET", "tests", "auth-pass", password],
                vec!["SENTINEL", "SET", "tests", "down-after-milliseconds", "1000"],
                vec!["SENTINEL", "SET", "tests", "failover-timeout", "5000"],
            ] {
                let said = sentinel.cli(&words).await;
                assert!(said.contains("OK"), "{words:?}: {said}");
            }
            sentinels.push(sentinel);
        }
        for sentinel in &sentinels {
            let all = |said: &str| said.contains("num-slaves\n1") && said.contains("num-other-sentinels\n2");
            sentinel.until(&["SENTINEL", "MASTER", "tests"], all).await;
        }
        Self { servers: vec![primary, replica], sentinels }
    }

    /// The URL by which the sentinels are asked.
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self.sentinels.iter().map(RedisServer::address).collect();
        format!("redis-sentinel://{}/0?master=tests", addresses.join(","))
    }
}
