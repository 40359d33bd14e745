#[allow(deprecated)]
fn r#ping() {}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ToolDef = ::fastmcp_rs::__private::ToolDef {
        shared: ::fastmcp_rs::__private::Shared::new(
            "ping",
            ::fastmcp_rs::__private::source!(),
        ),
        hints: ::fastmcp_rs::__private::Hints::NONE,
        output: |__schemas| {
            use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
            (&&::fastmcp_rs::__private::Returned::<()>::NEW)
                .pick()
                .tool_schema(__schemas)
        },
        output_schema: ::core::option::Option::None,
        params: &[],
        call: |__call| {
            let (true,) = (__call.sound(),) else {
                return __call.refuse();
            };
            ::fastmcp_rs::__private::Handling::inline(
                __call.context(),
                (),
                move |()| {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = r#ping();
                    (&&::fastmcp_rs::__private::Returned::<()>::NEW).pick().tool(__value)
                },
            )
        },
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::tool(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& r#ping))
    }
};
#[allow(deprecated)]
const _: () = {
    #[deprecated(
        note = "the tool `ping` has no description: write a doc comment (`/// ..`) above it"
    )]
    #[allow(non_upper_case_globals)]
    const r#ping: () = ();
    r#ping
};
