#[allow(clippy::needless_pass_by_value)]
/// Add.
pub fn add(a: &str, b: u8) -> u8 {
    b
}
::core::compile_error! {
    "`#[tool]` has no key `nam`: did you mean `name`?"
}
::core::compile_error! {
    "`#[arg]` has no key `rnge`: did you mean `range`?"
}
::core::compile_error! {
    "`a` is a reference, but a call owns what it is given: take `String`\nnote: a tool looks like `async fn find(text: String, limit: Option<u32>, ctx: Context) -> Result<Found, ToolError>`; `async`, `ctx` and `Result` may be left out"
}
