//! Servers that must not start, and what they say about it: what, where, and what to do.
//!
//! `UPDATE_EXPECT=1` rewrites the texts; read them as whoever starts the server would.

mod components;

use std::time::Duration;

use components::{Cache, Db, first, not_a_tool, shout};
use expect_test::{Expect, expect};
use fastmcp_rs::{Http, Server};

#[track_caller]
fn refused(server: Server, text: &Expect) {
    let error = server.build().expect_err("the server must not start");
    text.assert_eq(&format!("{error}\n"));
}

#[test]
fn two_components_of_one_name() {
    refused(
        Server::new("twice"),
        &expect![[r#"
            two tools are called `add`: one at tests/auto_duplicate/components.rs:10, one at tests/auto_duplicate/components.rs:30. Rename one of them, for example with `name = ".."`
            two resources are called `config://app`: one at tests/auto_duplicate/components.rs:16, one at tests/auto_duplicate/components.rs:36. Change one of the URIs
            two prompts are called `explain`: one at tests/auto_duplicate/components.rs:22, one at tests/auto_duplicate/components.rs:42. Rename one of them, for example with `name = ".."`
        "#]],
    );
}

#[test]
fn one_component_given_twice() {
    refused(
        Server::empty("twice").tool(first::add).tool(first::add),
        &expect![[r#"
            `add` (tests/auto_duplicate/components.rs:10) is added twice: remove one of the two
        "#]],
    );
}

#[test]
fn functions_that_are_not_components() {
    let pointer: fn(i64, i64) -> i64 = first::add;
    let server = Server::empty("functions").tool(not_a_tool).resource(not_a_tool).prompt(std::convert::identity::<u8>);
    let server = server.tool(|a: u8| a).tool(pointer).prompt(shout).tool(Db::open).tool(first::settings);
    refused(
        server.page_size(0),
        &expect![[r#"
            `page_size(0)` at tests/auto_duplicate/main.rs:47 would list nothing: leave it out for one page
            `auto_duplicate::components::not_a_tool` is not a tool, and was given to `.tool(..)` at tests/auto_duplicate/main.rs:44: put `#[tool]` on `fn not_a_tool`
            `auto_duplicate::components::not_a_tool` is not a resource, and was given to `.resource(..)` at tests/auto_duplicate/main.rs:44: put `#[resource("scheme://..")]` on `fn not_a_tool`
            `core::convert::identity<u8>` is not a prompt, since it is generic, and was given to `.prompt(..)` at tests/auto_duplicate/main.rs:44: write a function of one type with `#[prompt]`
            a closure was given to `.tool(..)` at tests/auto_duplicate/main.rs:45: write a function with `#[tool]`, and name that
            a function pointer (`fn(i64, i64) -> i64`) was given to `.tool(..)` at tests/auto_duplicate/main.rs:45: name the function itself, without converting it
            `auto_duplicate::components::shout` is a tool, and was given to `.prompt(..)` at tests/auto_duplicate/main.rs:45: write `.tool(shout)`
            `Db::open` is a method, and was given to `.tool(..)` at tests/auto_duplicate/main.rs:45: put `#[fastmcp_rs::server]` on its impl block, and add the value with `.service(..)`
            `auto_duplicate::components::first::settings` is a resource, and was given to `.tool(..)` at tests/auto_duplicate/main.rs:45: write `.resource(settings)`
        "#]],
    );
}

#[test]
fn names_that_differ_in_case_only() {
    refused(
        Server::new("case"),
        &expect![[r#"
            the tools `shout` (tests/auto_duplicate/components.rs:47) and `Shout` (tests/auto_duplicate/components.rs:51) differ only in case, which some clients do not keep apart: rename one with `name = ".."`
        "#]],
    );
}

#[test]
fn templates_for_the_same_uris() {
    refused(
        Server::new("overlap"),
        &expect![[r#"
            the resources `users://{id}` (tests/auto_duplicate/components.rs:55) and `users://{name}` (tests/auto_duplicate/components.rs:61) answer for the same URIs: change one of the templates
        "#]],
    );
}

#[test]
fn state_that_nobody_gives() {
    refused(
        Server::new("stateless").state(Cache),
        &expect![[r#"
            the tool `count` (tests/auto_duplicate/components.rs:70) needs `State<auto_duplicate::components::Db>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::components::Db` to the server
            the prompt `choose` (tests/auto_duplicate/components.rs:84) needs `State<auto_duplicate::components::Db>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::components::Db` to the server
            the resource `all` (tests/auto_duplicate/components.rs:77) needs `State<auto_duplicate::components::Db>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::components::Db` to the server
        "#]],
    );
}

#[test]
fn state_given_twice() {
    refused(
        Server::new("stateless").state(Db).state(Cache).state(Db),
        &expect![[r#"
            state of type `auto_duplicate::components::Db` is given twice: wrap one of them in a type of its own
        "#]],
    );
}

#[test]
fn state_that_an_injected_type_needs() {
    refused(
        Server::new("tenants"),
        &expect![[r#"
            the tool `who` (tests/auto_duplicate/components.rs:105) needs `State<auto_duplicate::components::Db>`, which the server does not have: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::components::Db` to the server
        "#]],
    );
}

#[test]
fn nothing_to_offer() {
    refused(
        Server::empty("nothing"),
        &expect![[r#"
        the server `nothing` has nothing to offer: put `#[tool]`, `#[resource("..")]` or `#[prompt]` on a function. If they are in another crate, name it once (`use my_tools as _;`) so that it is linked
    "#]],
    );
}

#[test]
fn nothing_left_by_the_tags() {
    refused(
        Server::empty("tags").tool(shout).only_tags(["quiet"]),
        &expect![[r#"
        the server `tags` has nothing to offer: its tags leave nothing to serve
    "#]],
    );
}

#[test]
fn rules_that_do_not_fit() {
    refused(
        Server::new("rules"),
        &expect![[r#"
            tool `rules` (tests/auto_duplicate/components.rs:119): `days` has `len`, which only strings, lists and maps can have
            tool `rules` (tests/auto_duplicate/components.rs:119): `city` has `range`, which only numbers can have
            tool `rules` (tests/auto_duplicate/components.rs:119): `count` has `pattern`, which only strings can have
            tool `rules` (tests/auto_duplicate/components.rs:119): a `flatten` parameter must be a struct, a map or an enum whose variants have fields
            tool `rules` (tests/auto_duplicate/components.rs:119): the default "many" of `hours` cannot be read as its type: invalid type: string "many", expected u8
            tool `rules` (tests/auto_duplicate/components.rs:119): the default 21 of `limit` breaks its own rule: must be at most 14, got 21
            tool `rules` (tests/auto_duplicate/components.rs:119): the docs describe an argument `dais`, which the function does not have
            resource `page` (tests/auto_duplicate/components.rs:133): `number` is part of the query, which may be absent: make it an `Option` or give it a default
        "#]],
    );
}

#[test]
fn settings_that_make_no_sense() {
    let none: [&str; 0] = [];
    let server = Server::empty("settings").tool(shout).timeout(Duration::ZERO).page_size(0);
    let server = server.max_message_bytes(0).max_result_bytes(0).only_tags(none).except_tags(none);
    let server = server.website_url("example.com").icon("icon.png").icon("data:image/png;base64,AA==");
    refused(
        server.request_state_keys([]).request_state_lifetime(Duration::ZERO),
        &expect![[r#"
            `timeout(Duration::ZERO)` at tests/auto_duplicate/main.rs:154 would let no call finish: leave it out for 30 s, or write `timeout(None)` for no limit
            `page_size(0)` at tests/auto_duplicate/main.rs:154 would list nothing: leave it out for one page
            `max_message_bytes(0)` at tests/auto_duplicate/main.rs:155 would refuse every message: leave it out for 4 MiB
            `max_result_bytes(0)` at tests/auto_duplicate/main.rs:155 would refuse every result: leave it out for 16 MiB
            `only_tags([])` at tests/auto_duplicate/main.rs:155 would serve nothing: leave it out to serve everything
            `website_url("example.com")` at tests/auto_duplicate/main.rs:156 is not a URL: write one that begins with `https://`
            `icon("icon.png")` at tests/auto_duplicate/main.rs:156 is not a URI that clients show: write one that begins with `https:` or `data:`
            `request_state_keys([])` at tests/auto_duplicate/main.rs:158 has no key: leave it out for one that is made at random
            `request_state_lifetime(Duration::ZERO)` at tests/auto_duplicate/main.rs:158 would take no answer: leave it out for 10 minutes
        "#]],
    );
}

#[test]
fn settings_of_http_that_make_no_sense() {
    let http = Http::new().path("agents").max_sessions(0).max_connections(0).session_idle(Duration::ZERO);
    let http =
        http.allowed_hosts(["mcp.example.com:8443", "https://mcp.example.com", "*", "*.example.com", "[::1", ""]);
    let http =
        http.allowed_origins(["*", "https://app.example.com/", "app.example.com", "null", "https://a.example/b"]);
    refused(
        Server::empty("settings").tool(shout).http(http),
        &expect![[r#"
            `Http::path("agents")` at tests/auto_duplicate/main.rs:175 cannot be served: a path begins with `/`
            `Http::max_sessions(0)` at tests/auto_duplicate/main.rs:175 would let no session begin
            `Http::max_connections(0)` at tests/auto_duplicate/main.rs:175 would take no connection
            `Http::session_idle(Duration::ZERO)` at tests/auto_duplicate/main.rs:175 would end every session at once
            `Http::allowed_hosts(["https://mcp.example.com"])` at tests/auto_duplicate/main.rs:177 is not a host: write its name, with or without a port, such as `mcp.example.com`
            `Http::allowed_hosts(["*"])` at tests/auto_duplicate/main.rs:177 is not a host: write `allow_any_host()`
            `Http::allowed_hosts(["*.example.com"])` at tests/auto_duplicate/main.rs:177 is not a host: write its name, with or without a port, such as `mcp.example.com`
            `Http::allowed_hosts(["[::1"])` at tests/auto_duplicate/main.rs:177 is not a host: write its name, with or without a port, such as `mcp.example.com`
            `Http::allowed_hosts([""])` at tests/auto_duplicate/main.rs:177 is not a host: write its name, with or without a port, such as `mcp.example.com`
            `Http::allowed_origins(["app.example.com"])` at tests/auto_duplicate/main.rs:179 is not an origin: write scheme and host, such as `https://app.example.com`
            `Http::allowed_origins(["null"])` at tests/auto_duplicate/main.rs:179 is not an origin: write scheme and host, such as `https://app.example.com`
            `Http::allowed_origins(["https://a.example/b"])` at tests/auto_duplicate/main.rs:179 is not an origin: write scheme and host, such as `https://app.example.com`
        "#]],
    );
    for path in ["/a b", "/a?b", "/a#b", "/{a}"] {
        let error =
            Server::empty("paths").tool(shout).http(Http::new().path(path)).build().expect_err(path).to_string();
        assert!(error.starts_with(&format!("`Http::path({path:?})` at tests/auto_duplicate/main.rs:")), "{error}");
    }
}

#[test]
fn settings_at_their_edges() {
    let server = Server::empty("settings").tool(shout).timeout(None).shutdown_grace(Duration::ZERO).page_size(1);
    let http = Http::new().path("/").max_sessions(1).allowed_hosts(["EXAMPLE.com.", "127.0.0.2:1"]);
    assert!(server.icon("https://example.com/icon.png").website_url("HTTP://example.com").http(http).build().is_ok());
}

#[tokio::test]
async fn a_lifespan_that_fails() {
    let server = Server::empty("lifespan").tool(shout);
    let server = server.lifespan(|| async { Err::<Db, _>(std::io::Error::other("the disk is full")) });
    let error = server.serve(tokio::io::duplex(64).0).await.expect_err("the server must not start");
    expect![[r#"
        the lifespan of auto_duplicate::components::Db failed: the disk is full
    "#]]
    .assert_eq(&format!("{error}\n"));
}
