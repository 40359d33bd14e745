//! `/health` and `/ready`: what load balancers and orchestrators are told, by whoever asks and however often.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use fastmcp_rs::prelude::*;
use fastmcp_rs::replicas::StoreError;
use fastmcp_rs_tests::{
    Client, Example, Revision, Transport,
    example::HttpServer,
    http::{Connection, Response},
    store::{BeforeStore, HookedStore, StoreRequest},
    within,
};
use serde_json::{Value, json};

/// Does nothing.
#[tool(inline)]
fn nothing() {}

async fn get(address: &str, path: &str) -> Response {
    let mut connection = Connection::open(address).await;
    connection.send("GET", path, &[], b"").await;
    connection.response().await.unwrap()
}

/// The status of `/ready`, and what it says.
async fn ready(address: &str) -> (u16, Value) {
    let response = get(address, "/ready").await;
    assert_eq!(response.head.header("content-type"), Some("application/json"));
    (response.head.status, serde_json::from_str(&response.text()).unwrap())
}

/// Asks until the answer is the one that is waited for.
async fn becomes(address: &str, wanted: (u16, Value)) {
    let asked = async {
        while ready(address).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    within(&format!("{wanted:?}"), asked).await;
}

fn checks(ready: bool, own: Value) -> (u16, Value) {
    let mut checks = json!({ "shutdown": "no", "lifespans": "ok" });
    checks.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    (if ready { 200 } else { 503 }, json!({ "ready": ready, "checks": checks }))
}

#[tokio::test]
async fn a_server_answers_probes_that_come_by_any_name_and_without_a_token() {
    let server = HttpServer::start(Example::named("weather")).await;
    for (path, said) in [("/health", json!({ "status": "ok" })), ("/ready", checks(true, json!({})).1)] {
        for host in [&*server.address, "10.1.2.3:8000", "mcp.example.com", "evil.example"] {
            let mut connection = Connection::open(&server.address).await;
            let headers =
                [("Host".to_owned(), host.to_owned()), ("Origin".to_owned(), "https://evil.example".to_owned())];
            connection.send("GET", path, &headers, b"").await;
            let response = connection.response().await.unwrap();
            assert_eq!(response.head.status, 200, "{path} {host}");
            assert_eq!(response.head.header("cache-control"), Some("no-store"));
            assert_eq!(serde_json::from_str::<Value>(&response.text()).unwrap(), said);
        }
        for (method, status, allow) in
            [("HEAD", 200, None), ("POST", 405, Some("GET, HEAD")), ("DELETE", 405, Some("GET, HEAD"))]
        {
            let mut connection = Connection::open(&server.address).await;
            connection.send(method, path, &[], b"").await;
            let head = connection.head().await.unwrap();
            assert_eq!((head.status, head.header("allow")), (status, allow), "{method} {path}");
        }
        let mut connection = Connection::open(&server.address).await;
        for _ in 0..3 {
            // One connection may ask again and again, also with HEAD, which has no body.
            connection.send("HEAD", path, &[], b"").await;
            assert_eq!(connection.head().await.unwrap().status, 200);
        }
    }
    assert_eq!(get(&server.address, "/healthy").await.head.status, 404);
    assert!(server.terminate().await.success());
}

/// What a check looks at, and how often it did.
#[derive(Default)]
struct Crm {
    down: AtomicBool,
    asked: AtomicUsize,
}

impl Crm {
    async fn ping(&self) -> Result<u8, std::io::Error> {
        tokio::task::yield_now().await;
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) { Err(std::io::Error::other("password hunter2 is wrong")) } else { Ok(1) }
    }
}

async fn listening(server: Server) -> Client {
    Client::listening(server.build().unwrap(), Revision::V2026_07_28).await
}

#[tokio::test]
async fn a_check_of_the_program_decides_and_runs_once_a_second_however_many_ask() {
    let crm = Arc::new(Crm::default());
    let server = Server::empty("crm").tool(nothing).state(Arc::clone(&crm));
    let client = listening(server.ready(|crm: State<Arc<Crm>>| async move { crm.ping().await })).await;
    let begun = Instant::now();
    let good = checks(true, json!({ "Arc<Crm>": "ok" }));
    let bad = checks(false, json!({ "Arc<Crm>": "down" }));
    assert_eq!(ready(client.address()).await, good);
    crm.down.store(true, Ordering::SeqCst);
    // Many at the same time, for as long as it takes until somebody notices; those who leave early count as well.
    let crowd = async {
        loop {
            let mut gone = Connection::open(client.address()).await;
            gone.send("GET", "/ready", &[], b"").await;
            drop(gone);
            let asked: Vec<_> = (0..8)
                .map(|_| {
                    let address = client.address().to_owned();
                    tokio::spawn(async move { ready(&address).await })
                })
                .collect();
            let mut all = Vec::new();
            for asked in asked {
                all.push(asked.await.unwrap());
            }
            assert!(all.iter().all(|answer| *answer == good || *answer == bad), "{all:?}");
            if all.contains(&bad) {
                break;
            }
        }
    };
    within("the failure", crowd).await;
    crm.down.store(false, Ordering::SeqCst);
    becomes(client.address(), good).await;
    let asked = crm.asked.load(Ordering::SeqCst) as u64;
    assert!(asked >= 3 && asked <= begun.elapsed().as_secs() + 1, "{asked} in {:?}", begun.elapsed());
    client.finish().await;
}

struct One;
struct Other;

#[tokio::test]
async fn each_check_has_a_name_and_fails_alone() {
    let server = Server::empty("crm").tool(nothing).state(One).state(Other);
    let client = listening(
        server
            .ready(|_: State<One>| async { Ok::<_, std::io::Error>(()) })
            .ready(|_: State<One>| async { if true { panic!("of a check") } else { Ok::<_, std::io::Error>(()) } })
            .ready(|_: State<Other>| std::future::pending::<Result<(), std::io::Error>>()),
    )
    .await;
    for _ in 0..2 {
        let begun = Instant::now();
        let found = ready(client.address()).await;
        assert_eq!(found, checks(false, json!({ "One": "ok", "One 2": "down", "Other": "down" })));
        assert!(begun.elapsed() < Duration::from_secs(5), "one that never answers is not waited for");
    }
    assert_eq!(get(client.address(), "/health").await.head.status, 200);
    client.finish().await;
}

/// Sits on its thread until the test lets go.
struct Stuck(Mutex<mpsc::Receiver<()>>, AtomicUsize);

#[test]
fn a_check_that_keeps_its_thread_keeps_one_and_not_one_more_each_second() {
    let (let_go, held) = mpsc::channel();
    let stuck = Arc::new(Stuck(Mutex::new(held), AtomicUsize::new(0)));
    // One thread for all that answers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(runtime.spawn(sits_on_its_thread(stuck)));
    // The runtime would wait for it.
    drop(let_go);
    done.unwrap();
}

async fn sits_on_its_thread(stuck: Arc<Stuck>) {
    let server = Server::empty("crm").tool(nothing).state(Arc::clone(&stuck));
    let check = |stuck: State<Arc<Stuck>>| async move {
        stuck.1.fetch_add(1, Ordering::SeqCst);
        stuck.0.lock().unwrap().recv()
    };
    let served = HttpServer::listening(server.ready(check).build().unwrap()).await;
    let begun = Instant::now();
    // For longer than what was found is good.
    while begun.elapsed() < Duration::from_millis(3500) {
        assert_eq!(ready(&served.address).await, checks(false, json!({ "Arc<Stuck>": "down" })));
    }
    assert_eq!(stuck.1.load(Ordering::SeqCst), 1);
    assert!(served.terminate().await.success());
}

#[tokio::test]
async fn a_check_of_a_state_that_nobody_gives_keeps_the_server_from_starting() {
    let server = Server::empty("crm").tool(nothing).ready(|crm: State<Crm>| async move { crm.ping().await });
    let error = server.build().unwrap_err().to_string();
    assert!(error.contains("`.ready(..)` needs `State<") && error.contains("Crm"), "{error}");
    for path in ["/health", "/ready", "/ready/"] {
        let server = Server::empty("crm").tool(nothing).http(Http::new().path(path));
        let error = server.build().unwrap_err().to_string();
        assert!(error.contains(path) && error.contains("load balancers"), "{error}");
    }
}

#[tokio::test]
async fn a_router_has_probes_where_there_is_a_check_and_they_start_the_server() {
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let server = Server::empty("crm").tool(nothing).lifespan(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Crm::default())
    });
    let server = server.ready(|crm: State<Crm>| async move { crm.ping().await }).build().unwrap();
    let served = HttpServer::serve(server).await;
    assert_eq!(get(&served.address, "/health").await.head.status, 200);
    assert_eq!(begun.load(Ordering::SeqCst), 0);
    assert_eq!(ready(&served.address).await, checks(true, json!({ "Crm": "ok" })));
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    assert!(served.terminate().await.success());

    let failing = Server::empty("crm").tool(nothing).lifespan(|| async { Err::<Crm, _>("the database is away") });
    let failing = failing.ready(|crm: State<Crm>| async move { crm.ping().await }).build().unwrap();
    let served = HttpServer::serve(failing).await;
    let (status, said) = ready(&served.address).await;
    assert_eq!((status, &said["checks"]["lifespans"]), (503, &json!("down")), "{said}");
    assert!(served.terminate().await.success());

    // The program may have its own.
    let served = HttpServer::serve(Server::empty("crm").tool(nothing).build().unwrap()).await;
    for path in ["/health", "/ready"] {
        assert_eq!(get(&served.address, path).await.head.status, 404);
    }
    assert!(served.terminate().await.success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_cannot_audit_is_not_ready_where_it_would_refuse() {
    for (policy, well) in [("refuse", Some(false)), ("count", None)] {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("audit.jsonl");
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        let example = Example::named("observed").env("AUDIT", &file).env("AUDIT_FULL", policy);
        let client = Client::start(example, Transport::Http, Revision::V2026_07_28).await;
        client.log().wait_for("the error", |log| log.contains("audit lines cannot be written").then_some(())).await;
        match well {
            None => assert_eq!(ready(client.address()).await, checks(true, json!({}))),
            Some(_) => {
                assert_eq!(ready(client.address()).await, checks(false, json!({ "audit": "down" })));
                std::fs::remove_file(&file).unwrap();
                client.signal("HUP").await;
                becomes(client.address(), checks(true, json!({ "audit": "ok" }))).await;
            }
        }
        client.finish().await;
    }
}

/// A store that can be out of reach.
#[derive(Default)]
struct Away(AtomicBool);

impl BeforeStore for Away {
    async fn before(&self, _: StoreRequest<'_>) -> Result<(), StoreError> {
        if self.0.load(Ordering::SeqCst) { Err(StoreError::new("out of reach")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_told_and_does_not_stop_what_needs_none() {
    let store = Arc::<HookedStore<Away>>::default();
    let server = Server::empty("crm").tool(nothing).http(Http::new().replicas(Arc::clone(&store) as _));
    let mut client = listening(server).await;
    assert_eq!(ready(client.address()).await, checks(true, json!({ "store": "ok" })));
    store.hook.0.store(true, Ordering::SeqCst);
    becomes(client.address(), checks(true, json!({ "store": "down" }))).await;
    client.call("nothing", json!({})).await;
    client.finish().await;
}

#[tokio::test]
async fn a_server_without_its_issuers_keys_is_not_ready_and_asking_fetches_them() {
    use fastmcp_rs::Jwt;
    use fastmcp_rs_tests::issuer::{Issuer, Signer, status};

    let signer = Signer::ec("es", false);
    let issuer = Issuer::of(std::slice::from_ref(&signer)).await;
    issuer.answers(|_, _, _| status(503));
    let server = Server::empty("crm").tool(nothing).public_url("https://mcp.acme.com/mcp");
    let served = HttpServer::listening(server.auth(Jwt::issuer(&issuer.url)).build().unwrap()).await;
    becomes(&served.address, checks(false, json!({ "keys": "down" }))).await;
    issuer.has(std::slice::from_ref(&signer));
    // Nobody else asks: no call comes to a server that is not ready.
    becomes(&served.address, checks(true, json!({ "keys": "ok" }))).await;
    assert!(served.terminate().await.success());
}
