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
#[doc(hidden)]
#[allow(non_camel_case_types, dead_code, unreachable_pub)]
struct search {}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
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
                docs: " Search.",
                ..::fastmcp_rs::__private::Shared::new(
                    "search",
                    ::fastmcp_rs::__private::Source {
                        file: ::core::file!(),
                        line: ::core::line!(),
                        module: ::core::module_path!(),
                        version: ::core::option_env!("CARGO_PKG_VERSION"),
                    },
                )
            },
            hints: ::fastmcp_rs::__private::Hints::NONE,
            output: |schemas| {
                use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                (&&::fastmcp_rs::__private::Returned::<Vec<Hit>>::NEW)
                    .pick()
                    .tool_schema(schemas)
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
                    docs: " How many.",
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
                    complete: ::core::option::Option::Some(|typed| ::fastmcp_rs::__private::complete(
                        units::complete,
                        typed,
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
            call: |call| {
                let s0 = call.read::<String, _>(0usize);
                let s1 = call.read_or::<u8, _>(1usize, __default_count);
                let s2 = call.read::<Unit, _>(2usize);
                let s3 = call.read_or::<Option<String>, _>(3usize, __default_region);
                let s4 = call.read::<f64, _>(4usize);
                let s5 = call.read::<Page, _>(5usize);
                let s6 = call.read::<Context, _>(6usize);
                let (
                    ::core::option::Option::Some(s0),
                    ::core::option::Option::Some(s1),
                    ::core::option::Option::Some(s2),
                    ::core::option::Option::Some(s3),
                    ::core::option::Option::Some(s4),
                    ::core::option::Option::Some(s5),
                    ::core::option::Option::Some(s6),
                    true,
                ) = (s0, s1, s2, s3, s4, s5, s6, call.sound()) else {
                    return call.refuse();
                };
                let cx = call.context();
                ::fastmcp_rs::__private::Reply::run(async move {
                    let a0 = s0.resolve(&cx).await?;
                    let a1 = s1.resolve(&cx).await?;
                    let a2 = s2.resolve(&cx).await?;
                    let a3 = s3.resolve(&cx).await?;
                    let a4 = s4.resolve(&cx).await?;
                    let a5 = s5.resolve(&cx).await?;
                    let a6 = s6.resolve(&cx).await?;
                    let value = search(a0, a1, a2, a3, a4, a5, a6).await;
                    {
                        use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                        (&&::fastmcp_rs::__private::Returned::<Vec<Hit>>::NEW)
                            .pick()
                            .tool(value)
                    }
                })
            },
        }
    };
    impl ::fastmcp_rs::__private::ToolFn for search {
        const DEF: &'static ::fastmcp_rs::__private::ToolDef = &__DEF;
    }
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::Tool(& __DEF)
    }
};
