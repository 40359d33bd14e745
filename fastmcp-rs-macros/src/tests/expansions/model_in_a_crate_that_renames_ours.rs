#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    ::mcp::__private::model_part::<String>();
};
#[derive(
    ::mcp::__private::serde::Serialize,
    ::mcp::__private::serde::Deserialize,
    ::mcp::__private::schemars::JsonSchema
)]
#[serde(crate = "::mcp::__private::serde")]
#[schemars(crate = "::mcp::__private::schemars")]
///Weather ahead.
#[serde(rename_all = "camelCase")]
struct Forecast {
    ///Where.
    city: String,
}
