//! Servers that must not start, and what they say about it: what, where, and what to do.
//!
//! `UPDATE_EXPECT=1` rewrites the texts; read them as whoever starts the server would.

use expect_test::{Expect, expect};
use fastmcp_rs::prelude::*;

mod first {
    use fastmcp_rs::prelude::*;

    /// Add two numbers.
    #[tool(server = "twice")]
    pub(crate) fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// The settings.
    #[resource("config://app", server = "twice")]
    fn settings() -> &'static str {
        "{}"
    }

    /// Explain {topic}.
    #[prompt(server = "twice")]
    fn explain(topic: String) {}
}

mod second {
    use fastmcp_rs::prelude::*;

    /// Add many numbers.
    #[tool(server = "twice", name = "add")]
    fn add_all(numbers: Vec<i64>) -> i64 {
        numbers.iter().sum()
    }

    /// Other settings.
    #[resource("config://app", server = "twice")]
    fn settings() -> &'static str {
        "{}"
    }

    /// Explain {topic} again.
    #[prompt(server = "twice", name = "explain")]
    fn explain_again(topic: String) {}
}

#[track_caller]
fn refused(server: Server, text: &Expect) {
    let error = server.handle().err().expect("the server must not start");
    text.assert_eq(&format!("{error}\n"));
}

#[test]
fn two_components_of_one_name() {
    refused(Server::new("twice"), &expect![[r#"
        two tools are called `add`: one at tests/auto_duplicate/main.rs:13, one at tests/auto_duplicate/main.rs:33. Rename one of them, for example with `name = ".."`
        two resources are called `config://app`: one at tests/auto_duplicate/main.rs:19, one at tests/auto_duplicate/main.rs:39. Rename one of them, for example with `name = ".."`
        two prompts are called `explain`: one at tests/auto_duplicate/main.rs:25, one at tests/auto_duplicate/main.rs:45. Rename one of them, for example with `name = ".."`
    "#]]);
}

#[test]
fn one_component_given_twice() {
    refused(Server::empty("twice").tool::<first::add>().tool::<first::add>(), &expect![[r#"
        two tools are called `add`: one at tests/auto_duplicate/main.rs:13, one at tests/auto_duplicate/main.rs:13. Rename one of them, for example with `name = ".."`
    "#]]);
}

/// Shout.
#[tool(server = "case")]
fn shout() {}

/// Shout louder.
#[tool(server = "case", name = "Shout")]
fn shout_louder() {}

#[test]
fn names_that_differ_in_case_only() {
    refused(Server::new("case"), &expect![[r#"
        the tools `shout` (tests/auto_duplicate/main.rs:66) and `Shout` (tests/auto_duplicate/main.rs:70) differ only in case, which some clients do not keep apart: rename one with `name = ".."`
    "#]]);
}

/// One user.
#[resource("users://{id}", server = "overlap")]
fn user(id: u64) -> u64 {
    id
}

/// One user by name.
#[resource("users://{name}", server = "overlap")]
fn user_by_name(name: String) -> String {
    name
}

#[test]
fn templates_for_the_same_uris() {
    refused(Server::new("overlap"), &expect![[r#"
        the resources `users://{id}` (tests/auto_duplicate/main.rs:79) and `users://{name}` (tests/auto_duplicate/main.rs:85) answer for the same URIs: change one of the templates
    "#]]);
}

struct Db;
struct Cache;

/// How many there are.
#[tool(server = "stateless")]
fn count(db: State<Db>, cache: State<Cache>) -> bool {
    let (Db, Cache) = (&*db, &*cache);
    true
}

/// All of them.
#[resource("all://them", server = "stateless")]
fn all(db: State<Db>) -> bool {
    let Db = &*db;
    true
}

/// Choose one.
#[prompt(server = "stateless")]
fn choose(db: State<Db>) -> &'static str {
    let Db = &*db;
    "one"
}

#[test]
fn state_that_nobody_gives() {
    refused(Server::new("stateless").state(Cache), &expect![[r#"
        the tool `count` (tests/auto_duplicate/main.rs:99) takes `State<auto_duplicate::Db>`, which nobody gives: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::Db` to the server
        the prompt `choose` (tests/auto_duplicate/main.rs:113) takes `State<auto_duplicate::Db>`, which nobody gives: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::Db` to the server
        the resource `all` (tests/auto_duplicate/main.rs:106) takes `State<auto_duplicate::Db>`, which nobody gives: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::Db` to the server
    "#]]);
}

#[test]
fn state_given_twice() {
    refused(Server::new("stateless").state(Db).state(Cache).state(Db), &expect![[r#"
        state of type `auto_duplicate::Db` is given twice: wrap one of them in a type of its own
    "#]]);
}

struct Tenant;

impl FromContext for Tenant {
    type Error = ToolError;

    async fn from_context(context: &Context) -> Result<Self, ToolError> {
        context.state::<Db>().map(|_| Tenant).ok_or_else(|| ToolError::internal("no database"))
    }

    fn needs(needs: &mut fastmcp_rs::Needs) {
        needs.state::<Db>();
    }
}

/// Who is it?
#[tool(server = "tenants")]
fn who(tenant: Tenant) -> bool {
    let Tenant = tenant;
    true
}

#[test]
fn state_that_an_injected_type_needs() {
    refused(Server::new("tenants"), &expect![[r#"
        the tool `who` (tests/auto_duplicate/main.rs:144) takes `State<auto_duplicate::Db>`, which nobody gives: add `.state(..)` or `.lifespan(..)` with a `auto_duplicate::Db` to the server
    "#]]);
}

#[test]
fn nothing_to_offer() {
    refused(Server::empty("nothing"), &expect![[r#"
        the server `nothing` has nothing to offer: put `#[tool]`, `#[resource("..")]` or `#[prompt]` on a function. If they are in another crate, name it once (`use my_tools as _;`) so that it is linked
    "#]]);
}

#[test]
fn nothing_left_by_the_tags() {
    refused(Server::empty("tags").tool::<shout>().only_tags(["quiet"]), &expect![[r#"
        the server `tags` has nothing to offer: its tags leave nothing over
    "#]]);
}

type Days = u8;
type City = String;

/// Rules that only the run time can hold against their types.
///
/// # Arguments
///
/// * `dais` - How many days.
#[tool(server = "rules")]
fn rules(
    #[arg(len(1..=3))] days: Days,
    #[arg(range(1..=3))] city: City,
    #[arg(pattern = "^a")] count: Days,
    #[arg(default = "many")] hours: Days,
    #[arg(default = 20 + 1, range(1..=14))] limit: Days,
    #[arg(flatten)] rest: Days,
) -> Days {
    let _ = city;
    days + count + hours + limit + rest
}

/// A page of a list.
#[resource("pages://all{?number}", server = "rules")]
fn page(number: u64) -> u64 {
    number
}

#[test]
fn rules_that_do_not_fit() {
    refused(Server::new("rules"), &expect![[r#"
        tool `rules` (tests/auto_duplicate/main.rs:173): `days` has `len`, which only strings, lists and maps can have
        tool `rules` (tests/auto_duplicate/main.rs:173): `count` has `pattern`, which only strings can have
        tool `rules` (tests/auto_duplicate/main.rs:173): a `flatten` parameter must be a struct or a map
        tool `rules` (tests/auto_duplicate/main.rs:173): the default "many" of `hours` cannot be read as its type: invalid type: string "many", expected u8 at line 1 column 6
        tool `rules` (tests/auto_duplicate/main.rs:173): the default 21 of `limit` breaks its own rule: must be at most 14, got 21
        tool `rules` (tests/auto_duplicate/main.rs:173): the docs describe an argument `dais`, which the function does not have
        resource `page` (tests/auto_duplicate/main.rs:187): `number` is part of the query, which may be absent: make it an `Option` or give it a default
    "#]]);
}

#[test]
fn settings_that_make_no_sense() {
    let server = Server::empty("settings").tool::<shout>();
    refused(server.timeout(std::time::Duration::ZERO).page_size(0).max_message_bytes(0), &expect![[r#"
        `timeout` of zero would let no call finish: leave it out for 30 s, or use `no_timeout()`
        `page_size` of zero would list nothing: leave it out for one page
        `max_message_bytes` of zero would refuse every message
    "#]]);
}

#[tokio::test]
async fn a_lifespan_that_fails() {
    let server = Server::empty("lifespan").tool::<shout>();
    let server = server.lifespan(|| async { Err::<Db, _>(std::io::Error::other("the disk is full")) });
    let error = server.serve(tokio::io::duplex(64).0).await.expect_err("the server must not start");
    expect![[r#"
        the lifespan of auto_duplicate::Db failed: the disk is full
    "#]].assert_eq(&format!("{error}\n"));
}
