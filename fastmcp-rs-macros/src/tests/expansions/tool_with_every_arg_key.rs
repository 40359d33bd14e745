#[allow(clippy::needless_pass_by_value)]
/// Search.
#[tracing::instrument]
async fn search(
    query: String,
    count: u8,
    unit: Unit,
    region: Option<String>,
    mut score: f64,
    page: Page,
    ctx: Context,
) -> Vec<Hit> {
    find(query)
}
#[allow(
    closure_returning_async_block,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ToolDef = {
        fn __default_count() -> u8 {
            3
        }
        fn __default_region() -> Option<String> {
            ::core::default::Default::default()
        }
        ::fastmcp_rs::__private::ToolDef {
            shared: ::fastmcp_rs::__private::Shared {
                docs: "Search.",
                ..::fastmcp_rs::__private::Shared::new(
                    "search",
                    ::fastmcp_rs::__private::source!(),
                )
            },
            hints: ::fastmcp_rs::__private::Hints::NONE,
            output: |__schemas| {
                use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                (&&::fastmcp_rs::__private::Returned::<Vec<Hit>>::NEW)
                    .pick()
                    .tool_schema(__schemas)
            },
            output_schema: ::core::option::Option::None,
            params: &[
                ::fastmcp_rs::__private::Param {
                    rules: &[
                        ::fastmcp_rs::__private::Rule::Len {
                            min: ::core::option::Option::Some(2u64),
                            max: ::core::option::Option::Some(80u64),
                        },
                        ::fastmcp_rs::__private::Rule::Pattern("^[a-z]+$"),
                    ],
                    example: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &("rust"),
                    )),
                    sensitive: true,
                    ..::fastmcp_rs::__private::Param::new(
                        "q",
                        ::fastmcp_rs::__private::tool_param::<String, _>,
                    )
                },
                ::fastmcp_rs::__private::Param {
                    docs: "How many.",
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &__default_count(),
                    )),
                    rules: &[
                        ::fastmcp_rs::__private::Rule::Range {
                            min: ::core::option::Option::Some(
                                ::fastmcp_rs::__private::Bound::Int(1),
                            ),
                            max: ::core::option::Option::Some(
                                ::fastmcp_rs::__private::Bound::Int(14),
                            ),
                            exclusive_max: false,
                        },
                    ],
                    ..::fastmcp_rs::__private::Param::new(
                        "count",
                        ::fastmcp_rs::__private::tool_param::<u8, _>,
                    )
                },
                ::fastmcp_rs::__private::Param {
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &"celsius",
                    )),
                    complete: ::core::option::Option::Some(|__typed| ::fastmcp_rs::__private::complete(
                        units::complete,
                        __typed,
                    )),
                    ..::fastmcp_rs::__private::Param::new(
                        "unit",
                        ::fastmcp_rs::__private::tool_param::<Unit, _>,
                    )
                },
                ::fastmcp_rs::__private::Param {
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &__default_region(),
                    )),
                    format: ::core::option::Option::Some("date"),
                    header: ::core::option::Option::Some("Region"),
                    ..::fastmcp_rs::__private::Param::new(
                        "region",
                        ::fastmcp_rs::__private::tool_param::<Option<String>, _>,
                    )
                },
                ::fastmcp_rs::__private::Param {
                    rules: &[
                        ::fastmcp_rs::__private::Rule::Range {
                            min: ::core::option::Option::Some(
                                ::fastmcp_rs::__private::Bound::Float(-1.5),
                            ),
                            max: ::core::option::Option::Some(
                                ::fastmcp_rs::__private::Bound::Float(2.0),
                            ),
                            exclusive_max: true,
                        },
                    ],
                    ..::fastmcp_rs::__private::Param::new(
                        "score",
                        ::fastmcp_rs::__private::tool_param::<f64, _>,
                    )
                },
                ::fastmcp_rs::__private::Param {
                    flatten: true,
                    ..::fastmcp_rs::__private::Param::new(
                        "page",
                        ::fastmcp_rs::__private::tool_param::<Page, _>,
                    )
                },
                ::fastmcp_rs::__private::Param::new(
                    "ctx",
                    ::fastmcp_rs::__private::tool_param::<Context, _>,
                ),
            ],
            call: |__call| {
                let __s0 = __call.read::<String, _>(0usize);
                let __s1 = __call.read_or::<u8, _>(1usize, __default_count);
                let __s2 = __call.read::<Unit, _>(2usize);
                let __s3 = __call.read_or::<Option<String>, _>(3usize, __default_region);
                let __s4 = __call.read::<f64, _>(4usize);
                let __s5 = __call.read::<Page, _>(5usize);
                let __s6 = __call.read::<Context, _>(6usize);
                let (
                    ::core::option::Option::Some(__s0),
                    ::core::option::Option::Some(__s1),
                    ::core::option::Option::Some(__s2),
                    ::core::option::Option::Some(__s3),
                    ::core::option::Option::Some(__s4),
                    ::core::option::Option::Some(__s5),
                    ::core::option::Option::Some(__s6),
                    true,
                ) = (__s0, __s1, __s2, __s3, __s4, __s5, __s6, __call.sound()) else {
                    return __call.refuse();
                };
                ::fastmcp_rs::__private::Handling::run(
                    __call.context(),
                    (__s0, __s1, __s2, __s3, __s4, __s5, __s6),
                    move |(__a0, __a1, __a2, __a3, __a4, __a5, __a6)| async move {
                        use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                        let __value = search(__a0, __a1, __a2, __a3, __a4, __a5, __a6)
                            .await;
                        (&&::fastmcp_rs::__private::Returned::<Vec<Hit>>::NEW)
                            .pick()
                            .tool(__value)
                    },
                )
            },
        }
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::tool(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& search))
    }
};
