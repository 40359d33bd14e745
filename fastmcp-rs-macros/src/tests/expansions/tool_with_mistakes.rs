#[allow(clippy::needless_pass_by_value)]
/// Add.
pub fn add(a: &str, b: u8) -> u8 {
    b
}
#[doc(hidden)]
#[allow(non_camel_case_types, dead_code, unreachable_pub)]
pub struct add {}
#[allow(unused_qualifications)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ToolDef = ::fastmcp_rs::__private::ToolDef {
        shared: ::fastmcp_rs::__private::Shared::new(
            "add",
            ::fastmcp_rs::__private::Source {
                file: "",
                line: 0,
                module: "",
                version: ::core::option::Option::None,
            },
        ),
        hints: ::fastmcp_rs::__private::Hints::NONE,
        output: |_| ::core::option::Option::None,
        output_schema: ::core::option::Option::None,
        params: &[],
        call: |_| ::core::unreachable!(),
    };
    impl ::fastmcp_rs::__private::ToolFn for add {
        const DEF: &'static ::fastmcp_rs::__private::ToolDef = &__DEF;
    }
};
::core::compile_error! {
    "`#[tool]` has no key `nam`: did you mean `name`?"
}
::core::compile_error! {
    "`#[arg]` has no key `rnge`: did you mean `range`?"
}
::core::compile_error! {
    "`a` is a reference, but a call owns what it is given: take `String`\nnote: a tool looks like `async fn find(text: String, limit: Option<u32>, ctx: Context) -> Result<Found, ToolError>`; `async`, `ctx` and `Result` may be left out"
}
