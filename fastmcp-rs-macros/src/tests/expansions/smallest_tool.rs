#[allow(clippy::needless_pass_by_value)]
/// Greet someone by name.
fn greet(name: String) -> String {
    format!("Hello, {name}!")
}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ToolDef = ::fastmcp_rs::__private::ToolDef {
        shared: ::fastmcp_rs::__private::Shared {
            docs: "Greet someone by name.",
            ..::fastmcp_rs::__private::Shared::new(
                "greet",
                ::fastmcp_rs::__private::source!(),
            )
        },
        hints: ::fastmcp_rs::__private::Hints::NONE,
        output: |__schemas| {
            use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
            (&&::fastmcp_rs::__private::Returned::<String>::NEW)
                .pick()
                .tool_schema(__schemas)
        },
        output_schema: ::core::option::Option::None,
        params: &[
            ::fastmcp_rs::__private::Param {
                docs: "Who to greet.",
                ..::fastmcp_rs::__private::Param::new(
                    "name",
                    ::fastmcp_rs::__private::tool_param::<String, _>,
                )
            },
        ],
        call: |__call| {
            let __s0 = __call.read::<String, _>(0usize);
            let (::core::option::Option::Some(__s0), true) = (__s0, __call.sound()) else {
                return __call.refuse();
            };
            ::fastmcp_rs::__private::Handling::blocking(
                __call.context(),
                (__s0,),
                move |(__a0,)| {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = greet(__a0);
                    (&&::fastmcp_rs::__private::Returned::<String>::NEW)
                        .pick()
                        .tool(__value)
                },
            )
        },
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::tool(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& greet))
    }
};
