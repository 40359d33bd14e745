//! Components are found by themselves, in whatever module or linked crate they are; tags and `server = ".."` choose among
//! them; and what is named by hand is all there is.

#[path = "../support/listed.rs"]
mod listed;

use fastmcp_rs::prelude::*;
use fastmcp_rs::serde_json::json;
use fastmcp_rs_tests_linked as _;
use listed::names;

/// In the root of the crate.
#[tool(inline, tags("near"))]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

mod deep {
    pub(crate) mod deeper {
        use fastmcp_rs::prelude::*;

        /// In a module that nobody names.
        #[tool(tags("far"))]
        fn buried() -> &'static str {
            "found"
        }

        /// A file.
        #[resource("files://{path*}", tags("far"))]
        fn file(path: String) -> String {
            path
        }
    }
}

/// A setting.
#[resource("config://app", tags("near"))]
fn settings() -> &'static str {
    "{}"
}

/// Explain {topic}.
#[prompt(tags("near"))]
fn explain(topic: String) {}

/// For another server.
#[tool(inline, server = "admin", tags("near"))]
fn shut_down() -> bool {
    true
}

/// Begins with an underscore.
#[tool(inline)]
fn _internal() -> u8 {
    7
}

/// Marked as hidden.
#[tool(inline, hidden)]
fn secret() -> u8 {
    8
}

struct Notes {
    greeting: &'static str,
}

#[fastmcp_rs::server]
impl Notes {
    /// Read one.
    #[tool]
    async fn read_note(&self, id: u64) -> String {
        format!("{} {id}", self.greeting)
    }

    /// How many there may be.
    #[tool(inline)]
    fn limit() -> u8 {
        9
    }

    /// One note.
    #[resource("notes://{id}")]
    fn note(&self, id: u64) -> String {
        format!("{} {id}", self.greeting)
    }

    /// Write about {topic}.
    #[prompt]
    fn write(topic: String) {}
}

#[tokio::test]
async fn every_module_and_every_linked_crate_is_served_in_the_order_of_names() {
    assert_eq!(names(Server::new("all"), "tools/list").await, ["add", "buried", "from_library"]);
    assert_eq!(names(Server::new("all"), "resources/list").await, ["config://app", "library://shelf"]);
    assert_eq!(names(Server::new("all"), "resources/templates/list").await, ["files://{path*}"]);
    assert_eq!(names(Server::new("all"), "prompts/list").await, ["ask", "explain"]);
}

#[tokio::test]
async fn hidden_tools_are_not_listed_but_answer_to_their_names() {
    let server = Server::new("all").build().expect("the server starts");
    for (name, answer) in [("_internal", "7"), ("secret", "8")] {
        let result = server.call_tool(name, json!({})).await.expect("the tool is there");
        assert_eq!(result.to_text(), answer);
    }
}

#[tokio::test]
async fn a_component_of_another_server_is_not_served() {
    assert_eq!(names(Server::new("admin"), "tools/list").await, ["add", "buried", "from_library", "shut_down"]);
    let error = Server::new("all")
        .build()
        .expect("the server starts")
        .call_tool("shut_down", json!({}))
        .await
        .expect_err("it belongs to `admin`");
    assert_eq!(error.message, "Unknown tool: `shut_down`");
}

#[tokio::test]
async fn tags_choose() {
    let near = || Server::new("all").only_tags(["near"]);
    assert_eq!(names(near(), "tools/list").await, ["add"]);
    assert_eq!(names(near(), "resources/list").await, ["config://app"]);
    assert_eq!(names(near(), "prompts/list").await, ["explain"]);
    assert_eq!(names(Server::new("all").except_tags(["far", "linked"]), "tools/list").await, ["add"]);
    let both = Server::new("admin").only_tags(["near", "linked"]).except_tags(["linked"]);
    assert_eq!(names(both, "tools/list").await, ["add", "shut_down"]);
}

#[tokio::test]
async fn an_empty_server_has_what_it_was_given_and_nothing_else() {
    let server = || Server::empty("calculator").tool(add).resource(settings).prompt(explain);
    assert_eq!(names(server(), "tools/list").await, ["add"]);
    assert_eq!(names(server(), "resources/list").await, ["config://app"]);
    assert_eq!(names(server(), "prompts/list").await, ["explain"]);
    let result =
        server().build().unwrap().call_tool("add", json!({ "a": 1, "b": 2 })).await.expect("the tool is there");
    assert_eq!(result.to_text(), "3");
}

#[tokio::test]
async fn what_was_given_by_hand_ignores_the_server_key() {
    assert_eq!(names(Server::empty("any").tool(shut_down), "tools/list").await, ["shut_down"]);
}

#[tokio::test]
async fn a_function_is_found_by_whatever_name_it_has_here() {
    use fastmcp_rs_tests_linked::from_library as renamed;
    let from_elsewhere = fastmcp_rs_tests_linked::from_library;
    assert_eq!(
        names(Server::empty("one").tool(fastmcp_rs_tests_linked::from_library), "tools/list").await,
        ["from_library"]
    );
    assert_eq!(names(Server::empty("two").tool(renamed), "tools/list").await, ["from_library"]);
    assert_eq!(names(Server::empty("three").tool(from_elsewhere), "tools/list").await, ["from_library"]);
    assert_eq!(names(Server::empty("four").prompt(fastmcp_rs_tests_linked::asked), "prompts/list").await, ["ask"]);
    /// Within a function.
    #[tool(inline, server = "nobody")]
    fn within() -> u8 {
        1
    }
    assert_eq!(names(Server::empty("five").tool(within), "tools/list").await, ["within"]);
    assert_eq!(within(), 1);
}

#[tokio::test]
async fn a_service_serves_its_methods_on_its_instance() {
    let server = || Server::empty("notes").service(Notes { greeting: "note" });
    assert_eq!(names(server(), "tools/list").await, ["limit", "read_note"]);
    assert_eq!(names(server(), "resources/templates/list").await, ["notes://{id}"]);
    assert_eq!(names(server(), "prompts/list").await, ["write"]);
    let result = server().build().unwrap().call_tool("read_note", json!({ "id": 3 })).await.expect("the tool is there");
    assert_eq!(result.to_text(), "note 3");
    let read = server().build().unwrap().read_resource("notes://4").await.expect("the resource is there");
    assert_eq!(read.to_text(), "note 4");
}

#[tokio::test]
async fn methods_are_not_collected() {
    assert!(!names(Server::new("all"), "tools/list").await.contains(&"read_note".to_owned()));
}

#[test]
fn functions_stay_functions() {
    assert_eq!((add(1, 2), _internal(), secret(), shut_down(), settings()), (3, 7, 8, true, "{}"));
}
