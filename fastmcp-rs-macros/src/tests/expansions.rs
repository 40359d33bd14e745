//! Ten representative items and what they expand to. `UPDATE_EXPECT=1 cargo test -p fastmcp-rs-macros` rewrites the files
//! under `expansions/`; read the difference as you would read code.

use expect_test::{ExpectFile, expect_file};

use super::expand;

#[track_caller]
fn check(source: &str, golden: &ExpectFile) {
    let expansion = syn::parse2(expand(source)).expect("the expansion is Rust");
    golden.assert_eq(&prettyplease::unparse(&expansion));
}

#[test]
fn smallest_tool() {
    check(
        r#"
        /// Greet someone by name.
        #[tool]
        fn greet(
            /// Who to greet.
            name: String,
        ) -> String {
            format!("Hello, {name}!")
        }
        "#,
        &expect_file!["expansions/smallest_tool.rs"],
    );
}

#[test]
fn tool_with_every_key() {
    check(
        r#"
        /// Forecast for a city, day by day.
        #[tool(
            name = "forecast", title = "Forecast", description = "Weather ahead.", tags("weather", "slow"), version = "2",
            read_only, destructive = false, idempotent, open_world = true, timeout = "1500ms", scopes("read"), roles("user"),
            rate_limit = "60/min", concurrency = 4, hidden, icon = "https://example.com/a.png", meta = json!({ "a": 1 }),
            output_schema = json!({ "type": "object" }), expose_errors, server = "weather"
        )]
        pub(crate) async fn get_forecast(city: String) -> Result<Forecast, ToolError> {
            weather::get(city).await
        }
        "#,
        &expect_file!["expansions/tool_with_every_key.rs"],
    );
}

#[test]
fn tool_with_every_arg_key() {
    check(
        r#"
        /// Search.
        #[tool]
        #[tracing::instrument]
        async fn search(
            #[arg(name = "q", len(2..=80), pattern = "^[a-z]+$", example = "rust", sensitive)] query: String,
            /// How many.
            #[arg(default = 3, range(1..=14))]
            count: u8,
            #[arg(default = "celsius", complete = units::complete)] unit: Unit,
            #[arg(default, format = "date", header = "Region")] region: Option<String>,
            #[arg(range(-1.5..2.0))] mut score: f64,
            #[arg(flatten)] page: Page,
            ctx: Context,
        ) -> Vec<Hit> {
            find(query)
        }
        "#,
        &expect_file!["expansions/tool_with_every_arg_key.rs"],
    );
}

#[test]
fn tool_without_arguments_or_description() {
    check(
        r"
        #[tool(inline)]
        #[allow(deprecated)]
        fn r#ping() {}
        ",
        &expect_file!["expansions/tool_without_arguments_or_description.rs"],
    );
}

#[test]
fn static_resource() {
    check(
        r#"
        /// The settings.
        #[resource("config://app", mime_type = "application/json", ttl = "5m", cache_scope = "private", size = 1024,
            annotations(audience("user", "assistant"), priority = 0.8, last_modified = "2026-01-12T15:00:58Z"))]
        fn settings(state: State<Settings>) -> Json<Settings> {
            Json(state.clone())
        }
        "#,
        &expect_file!["expansions/static_resource.rs"],
    );
}

#[test]
fn resource_template() {
    check(
        r#"
        /// A file.
        #[resource("repo://<owner>/<path..>{?rev}")]
        async fn file(
            /// Whose.
            owner: String,
            path: Vec<String>,
            #[arg(default = 1)] rev: u32,
            db: State<Db>,
        ) -> Result<String, ToolError> {
            db.file(owner, path, rev).await
        }
        "#,
        &expect_file!["expansions/resource_template.rs"],
    );
}

#[test]
fn prompt() {
    check(
        r"
        /// Help somebody pack for a trip.
        #[prompt]
        fn packing(city: String, #[arg(default = 3)] days: u8) -> Vec<Message> {
            vec![]
        }
        ",
        &expect_file!["expansions/prompt.rs"],
    );
}

#[test]
fn prompt_that_is_its_doc_comment() {
    check(
        r"
        /// Review this code, and be kind: {code}
        #[prompt]
        fn review(code: String, ctx: Context) {}
        ",
        &expect_file!["expansions/prompt_that_is_its_doc_comment.rs"],
    );
}

#[test]
fn service() {
    check(
        r#"
        #[server]
        impl Notes {
            const MAX: u8 = 9;

            /// Write something down.
            #[tool]
            async fn add(&self, text: String, #[arg(default = Self::MAX)] stars: u8) -> Result<Self, ToolError> {
                self.write(text).await
            }

            /// One note.
            #[resource("notes://{id}")]
            #[cfg(feature = "read")]
            fn one(&self, id: u64) -> Option<String> {
                self.read(id)
            }

            /// How to write notes.
            #[prompt]
            pub fn how() -> &'static str {
                "Shortly."
            }

            fn helper(&self) {}
        }
        "#,
        &expect_file!["expansions/service.rs"],
    );
}

#[test]
fn model_in_a_crate_that_renames_ours() {
    check(
        r#"
        /// Weather ahead.
        #[model(crate = ::mcp)]
        #[serde(rename_all = "camelCase")]
        struct Forecast {
            /// Where.
            city: String,
        }
        "#,
        &expect_file!["expansions/model_in_a_crate_that_renames_ours.rs"],
    );
}

#[test]
fn tool_with_mistakes() {
    check(
        r#"
        /// Add.
        #[tool(nam = "sum")]
        pub fn add(#[arg(rnge(1..=2))] a: &str, b: u8) -> u8 {
            b
        }
        "#,
        &expect_file!["expansions/tool_with_mistakes.rs"],
    );
}
