//! What the servers of these tests are made of, apart from them, so that the lines in their texts stay.

use fastmcp_rs::prelude::*;

pub(crate) mod first {
    use fastmcp_rs::prelude::*;

    /// Add two numbers.
    #[tool(server = "twice")]
    pub(crate) fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    /// The settings.
    #[resource("config://app", server = "twice")]
    pub(crate) fn settings() -> &'static str {
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

/// Shout.
#[tool(server = "case")]
pub(crate) fn shout() {}

/// Shout louder.
#[tool(server = "case", name = "Shout")]
fn shout_louder() {}

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

pub(crate) struct Db;
pub(crate) struct Cache;

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

pub(crate) struct Tenant;

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

pub(crate) type Days = u8;
pub(crate) type City = String;

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

pub(crate) fn not_a_tool(value: u8) -> u8 {
    value
}

impl Db {
    pub(crate) fn open() -> u8 {
        1
    }
}
