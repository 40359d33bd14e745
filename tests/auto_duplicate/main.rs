//! Servers that must not start, and what they say about it: what, where, and what to do.
//!
//! `UPDATE_EXPECT=1` rewrites the texts; read them as whoever starts the server would.

use expect_test::{Expect, expect};
use fastmcp_rs::prelude::*;
use fastmcp_rs::{CacheScope, Middleware};

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
    refused(Server::new("twice"), &expect![[""]]);
}

#[test]
fn one_component_given_twice() {
    refused(Server::empty("twice").tool::<first::add>().tool::<first::add>(), &expect![[""]]);
}

/// Shout.
#[tool(server = "case")]
fn shout() {}

/// Shout louder.
#[tool(server = "case", name = "Shout")]
fn shout_louder() {}

#[test]
fn names_that_differ_in_case_only() {
    refused(Server::new("case"), &expect![[""]]);
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
    refused(Server::new("overlap"), &expect![[""]]);
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
    refused(Server::new("stateless").state(Cache), &expect![[""]]);
}

#[test]
fn state_given_twice() {
    refused(Server::new("stateless").state(Db).state(Cache).state(Db), &expect![[""]]);
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
    refused(Server::new("tenants"), &expect![[""]]);
}

#[test]
fn nothing_to_offer() {
    refused(Server::empty("nothing"), &expect![[""]]);
}

#[test]
fn nothing_left_by_the_tags() {
    refused(Server::empty("tags").tool::<shout>().only_tags(["quiet"]), &expect![[""]]);
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
    refused(Server::new("rules"), &expect![[""]]);
}

#[test]
fn settings_that_make_no_sense() {
    let server = Server::empty("settings").tool::<shout>();
    refused(server.timeout(std::time::Duration::ZERO).page_size(0).max_message_bytes(0), &expect![[""]]);
}

#[tokio::test]
async fn a_lifespan_that_fails() {
    let server = Server::empty("lifespan").tool::<shout>();
    let server = server.lifespan(|| async { Err::<Db, _>(std::io::Error::other("the disk is full")) });
    let error = server.serve(tokio::io::empty_stream()).await.expect_err("the server must not start");
    expect![[""]].assert_eq(&format!("{error}\n"));
}
