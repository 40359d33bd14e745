#[allow(clippy::needless_pass_by_value)]
/// Help somebody pack for a trip.
fn packing(city: String, days: u8) -> Vec<Message> {
    vec![]
}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::PromptDef = {
        fn __default_days() -> u8 {
            3
        }
        ::fastmcp_rs::__private::PromptDef {
            shared: ::fastmcp_rs::__private::Shared {
                docs: "Help somebody pack for a trip.",
                ..::fastmcp_rs::__private::Shared::new(
                    "packing",
                    ::fastmcp_rs::__private::source!(),
                )
            },
            params: &[
                ::fastmcp_rs::__private::Param::new(
                    "city",
                    || {
                        use ::fastmcp_rs::__private::{
                            PickContext as _, PickFromStr as _, PickText as _,
                        };
                        (&&&::fastmcp_rs::__private::Text::<String>::NEW).pick().kind()
                    },
                ),
                ::fastmcp_rs::__private::Param {
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &__default_days(),
                    )),
                    ..::fastmcp_rs::__private::Param::new(
                        "days",
                        || {
                            use ::fastmcp_rs::__private::{
                                PickContext as _, PickFromStr as _, PickText as _,
                            };
                            (&&&::fastmcp_rs::__private::Text::<u8>::NEW).pick().kind()
                        },
                    )
                },
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
                let __s1 = {
                    use ::fastmcp_rs::__private::{
                        PickContext as _, PickFromStr as _, PickText as _,
                    };
                    (&&&::fastmcp_rs::__private::Text::<u8>::NEW)
                        .pick()
                        .read(
                            __call,
                            1usize,
                            ::core::option::Option::Some(__default_days),
                        )
                };
                let (
                    ::core::option::Option::Some(__s0),
                    ::core::option::Option::Some(__s1),
                    true,
                ) = (__s0, __s1, __call.sound()) else {
                    return __call.refuse();
                };
                ::fastmcp_rs::__private::Handling::blocking(
                    __call.context(),
                    (__s0, __s1),
                    move |(__a0, __a1)| {
                        use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                        let __value = packing(__a0, __a1);
                        (&&::fastmcp_rs::__private::Returned::<Vec<Message>>::NEW)
                            .pick()
                            .prompt(__value)
                    },
                )
            },
        }
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::prompt(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& packing))
    }
};
