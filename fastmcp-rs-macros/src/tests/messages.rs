//! Every mistake of an item is reported in one go. (How each looks to a user is in `tests/ui/fail`.)

use proc_macro2::{TokenStream, TokenTree};

use super::expand;

/// The texts of all `compile_error!`s of an expansion.
fn messages(source: &str) -> Vec<String> {
    fn gather(tokens: TokenStream, after_error: &mut bool, texts: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => *after_error |= ident == "compile_error",
                TokenTree::Group(group) if *after_error => {
                    let text: syn::LitStr = syn::parse2(group.stream()).expect("an error has one text");
                    texts.push(text.value());
                    *after_error = false;
                }
                TokenTree::Group(group) => gather(group.stream(), after_error, texts),
                _ => {}
            }
        }
    }
    let mut texts = Vec::new();
    gather(expand(source), &mut false, &mut texts);
    texts
}

#[track_caller]
fn check(source: &str, wanted: &[&str]) {
    let found = messages(source);
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for part in wanted {
        assert!(found.iter().any(|message| message.contains(part)), "no {part:?} in {found:#?}");
    }
}

#[test]
fn all_mistakes_come_at_once() {
    check(
        r#"#[tool(titel = "x", timeout = "3 s", read_only, destructive)]
        async unsafe fn f<T>(&self, a: &str, (b, c): (u8, u8), d: impl Into<String>, _: u8) -> impl Display {}"#,
        &[
            "`#[tool]` has no key `titel`: did you mean `title`?",
            "`3 s` has a space in it",
            "`destructive` contradicts `read_only`",
            "needs `#[fastmcp_rs::server]`",
            "can't be `unsafe`",
            "write the type that clients send in place of `T`",
            "`a` is a reference, but a call owns what it is given: take `String`",
            "a parameter is a name here",
            "`d` is `impl Into<String>`",
            "a parameter needs a name",
            "can't return `impl Display`",
        ],
    );
}

#[test]
fn placeholders_and_parameters_are_compared() {
    check(
        r#"#[resource("users://{id}/{pge}{?rev}")] fn user(page: u8, #[arg(default = 3)] days: u8, db: State<Db>) -> String { x }"#,
        &[
            "`{id}` in the URI has no parameter: add `id: String` to `fn user`, or remove `{id}`",
            "`{pge}` in the URI has no parameter: did you mean `page`, which `fn user` takes?",
            "`rev` in `{?rev}` in the URI has no parameter: add `rev: Option<String>`",
            "`days` is not in the URI",
        ],
    );
}

#[test]
fn a_resource_begins_with_its_uri() {
    check("#[resource] fn f() -> String { x }", &["`#[resource]` needs a URI"]);
    check(r#"#[resource(mime_type = "text/plain")] fn f() -> String { x }"#, &["begins with the URI"]);
    check(r#"#[resource(uri = "a://b", size = 1)] fn f() -> String { x }"#, &["begins with the URI, without `uri =`"]);
    check(r#"#[resource(concat!("a", "b"))] fn f() -> String { x }"#, &["the URI is a string in quotes"]);
    check(r#"#[resource("a://b" size = 1)] fn f() -> String { x }"#, &["expected a comma after the URI"]);
}

#[test]
fn prompts_that_are_text_are_checked_against_it() {
    check(
        "/// Be {kind}.\n #[prompt] fn f(kid: String) {}",
        &["`{kind}` in the text has no parameter: did you mean `{kid}`?"],
    );
    check("#[prompt] fn f() {}", &["the prompt `f` has no text"]);
    check("/// Be kind.\n #[prompt] fn f(#[arg(default = 1)] n: u8) {}", &["`n` is not in the prompt's text"]);
}

#[test]
fn two_kinds_on_one_function_are_refused() {
    check("#[tool(description = \"d\")] #[prompt] fn f() -> String { x }", &["this has `#[tool]` and `#[prompt]`"]);
}

#[test]
fn keys_of_other_attributes_are_recognised() {
    check(
        r#"#[prompt(read_only, mime_type = "text/plain", range(1..=2))] fn f() -> String { x }"#,
        &["it belongs to `#[tool]`", "it belongs to `#[resource]`", "write `#[arg(range ..)]` on the parameter"],
    );
}

#[test]
fn names_follow_the_spec() {
    check(r#"#[tool(name = "a b", description = "d")] fn f() {}"#, &["a name may not contain ' '"]);
    check(r#"#[tool(description = "d")] fn grüße() {}"#, &["write for example `name = \"..\"`"]);
    check(
        r#"#[tool(description = "d")] fn f(#[arg(name = "b")] a: u8, b: u8, #[arg(name = "ü")] c: u8) {}"#,
        &["a second argument is called `b`", "\"ü\" can't be the name of an argument"],
    );
}

#[test]
fn attributes_on_the_wrong_item_say_where_they_go() {
    check("#[tool] struct S;", &["`#[tool]` goes on a function, found `struct`"]);
    check("#[tool] impl S { }", &["put `#[fastmcp_rs::server]` on the impl block"]);
    check("#[server] struct S;", &["`#[server]` goes on an impl block, found `struct`"]);
    check("#[model] fn f() {}", &["`#[model]` goes on a struct or an enum, found `fn`"]);
    check("#[model] union U { a: u8 }", &["can't be on a union"]);
}

#[test]
fn services_are_checked() {
    check("#[server] impl S { fn a(&self) {} }", &["this impl block has nothing to serve"]);
    check("#[server] impl<T> S<T> { #[tool(description = \"d\")] fn a(&self) {} }", &["a service can't be generic"]);
    check("#[server] impl T for S { #[tool(description = \"d\")] fn a(&self) {} }", &["not of a trait"]);
    check("#[server] impl S { #[tool(description = \"d\")] fn a(&mut self) {} }", &["write `&self`"]);
    check("#[server] impl S { #[tool] const A: u8 = 1; }", &["`#[tool]` goes on a method"]);
    check("#[server] impl S { #[tool(description = \"d\")] fn a(&self) -> &str { x } }", &["return `String`"]);
}

#[test]
fn models_own_their_data_and_derive_once() {
    check("#[model] struct S<'a> { a: &'a str }", &["a model owns its data"]);
    check(
        "#[model] #[derive(Debug, serde::Serialize)] struct S { a: u8 }",
        &["`#[model]` derives `Serialize` already"],
    );
}

#[test]
fn cfg_on_a_parameter_is_refused() {
    check("#[tool(description = \"d\")] fn f(#[cfg(unix)] a: u8) {}", &["a parameter under `cfg`"]);
}

#[test]
fn the_crate_is_a_path() {
    check(r#"#[tool(description = "d", crate = "mcp")] fn f() {}"#, &["write `crate = mcp`"]);
    check(r#"#[tool(description = "d", crate = ::mcp)] fn f() {}"#, &[]);
    check(r#"#[tool(description = "d", crate = crate)] fn f() {}"#, &[]);
}

#[test]
fn booleans_and_numbers_are_not_taken_for_paths() {
    check(
        r#"#[tool(description = "d", hidden = true, read_only = false)] fn f(#[arg(default = true)] a: bool) {}"#,
        &[],
    );
}
