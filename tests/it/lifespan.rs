//! What lives as long as the server.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use fastmcp_rs::prelude::*;
use fastmcp_rs_tests::{Client, Revision, client::text_of, served};
use serde_json::json;

/// What happened, in its order.
type Diary = Arc<Mutex<Vec<String>>>;

macro_rules! lives {
    ($($name:ident),*) => {
        $(
            struct $name(Diary);

            impl $name {
                async fn open(diary: Diary) -> Result<Self, std::io::Error> {
                    tokio::task::yield_now().await;
                    diary.lock().unwrap().push(concat!("open ", stringify!($name)).to_owned());
                    Ok(Self(diary))
                }
            }

            impl Drop for $name {
                fn drop(&mut self) {
                    self.0.lock().unwrap().push(concat!("drop ", stringify!($name)).to_owned());
                }
            }
        )*
    };
}

lives!(Pool, Cache);

/// Uses both.
#[tool]
async fn look_up(pool: State<Pool>, cache: State<Cache>) -> String {
    assert!(Arc::ptr_eq(&pool.0, &cache.0));
    pool.0.lock().unwrap().push("call".to_owned());
    "found".to_owned()
}

fn server(diary: &Diary) -> Server {
    let [one, two, three, four] = std::array::from_fn(|_| Arc::clone(diary));
    Server::empty("lives")
        .tool(look_up)
        .lifespan(move || Pool::open(one))
        .on_shutdown(move |_: State<Pool>| async move { two.lock().unwrap().push("close Pool".to_owned()) })
        .lifespan(move || Cache::open(three))
        .on_shutdown(move |_: State<Cache>| async move { four.lock().unwrap().push("close Cache".to_owned()) })
}

const WHOLE_LIFE: [&str; 7] =
    ["open Pool", "open Cache", "call", "close Cache", "drop Cache", "close Pool", "drop Pool"];

#[tokio::test]
async fn what_begins_first_ends_last() {
    let diary = Diary::default();
    served(|| server(&diary), async |client| assert_eq!(text_of(&client.call("look_up", json!({})).await), "found"))
        .await;
    // Four servers lived, one after another: over two transports and in two revisions.
    assert_eq!(*diary.lock().unwrap(), WHOLE_LIFE.repeat(4));
}

#[tokio::test]
async fn it_begins_once_however_the_server_is_used() {
    let diary = Diary::default();
    let server = server(&diary);
    let server = server.build().unwrap();
    let handle = server.clone();
    assert!(diary.lock().unwrap().is_empty(), "building a server starts nothing");
    for _ in 0..2 {
        server.call_tool("look_up", json!({})).await.unwrap();
    }
    let mut client = Client::of(server, Revision::V2026_07_28).await;
    client.call("look_up", json!({})).await;
    client.finish().await;
    handle.stop().await;
    let lines = diary.lock().unwrap();
    let expected =
        ["open Pool", "open Cache", "call", "call", "call", "close Cache", "drop Cache", "close Pool", "drop Pool"];
    assert_eq!(*lines, expected);
}

#[tokio::test]
async fn a_beginning_that_fails_undoes_what_was_begun() {
    let diary = Diary::default();
    let one = Arc::clone(&diary);
    let late = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&late);
    let server = Server::empty("lives")
        .tool(look_up)
        .lifespan(move || Pool::open(one))
        .lifespan(|| async { Err::<Cache, _>(std::io::Error::other("the cache is out of reach")) })
        .lifespan(move || async move {
            seen.store(true, Ordering::SeqCst);
            Ok::<_, std::io::Error>(5_u8)
        });
    let (_ours, theirs) = tokio::io::duplex(64);
    let error = server.serve(theirs).await.unwrap_err().to_string();
    assert!(error.contains("Cache") && error.contains("the cache is out of reach"), "{error}");
    assert_eq!(*diary.lock().unwrap(), ["open Pool", "drop Pool"]);
    assert!(!late.load(Ordering::SeqCst), "what comes later is not begun");
}
