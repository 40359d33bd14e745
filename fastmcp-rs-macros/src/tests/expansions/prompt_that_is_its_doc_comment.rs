#[allow(clippy::needless_pass_by_value)]
#[allow(unused_variables)]
/// Review this code, and be kind: {code}
fn review(code: String, ctx: Context) {}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::PromptDef = ::fastmcp_rs::__private::PromptDef {
        shared: ::fastmcp_rs::__private::Shared {
            docs: "Review this code, and be kind: {code}",
            ..::fastmcp_rs::__private::Shared::new(
                "review",
                ::fastmcp_rs::__private::source!(),
            )
        },
        params: &[
            ::fastmcp_rs::__private::Param::new(
                "code",
                || {
                    use ::fastmcp_rs::__private::{
                        PickContext as _, PickFromStr as _, PickText as _,
                    };
                    (&&&::fastmcp_rs::__private::Text::<String>::NEW).pick().kind()
                },
            ),
            ::fastmcp_rs::__private::Param::new(
                "ctx",
                ::fastmcp_rs::__private::injected_param::<Context>,
            ),
        ],
        call: |__call| {
            let __s0 = {
                use ::fastmcp_rs::__private::{
                    PickContext as _, PickFromStr as _, PickText as _,
                };
                (&&&::fastmcp_rs::__private::Text::<String>::NEW)
                    .pick()
                    .read(__call, 0usize, ::core::option::Option::None)
            };
            let __s1 = __call.read_injected::<Context>(1usize);
            let (
                ::core::option::Option::Some(__s0),
                ::core::option::Option::Some(__s1),
                true,
            ) = (__s0, __s1, __call.sound()) else {
                return __call.refuse();
            };
            let __texts = __call.texts();
            ::fastmcp_rs::__private::Handling::inline(
                __call.context(),
                (__s0, __s1),
                move |(__a0, __a1)| {
                    review(__a0, __a1);
                    ::core::result::Result::Ok(
                        ::fastmcp_rs::__private::PromptResult::text(
                            ::fastmcp_rs::__private::fill(
                                "Review this code, and be kind: {code}",
                                &__texts,
                            ),
                        ),
                    )
                },
            )
        },
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::prompt(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& review))
    }
};
