#[allow(clippy::needless_pass_by_value)]
/// Forecast for a city, day by day.
pub(crate) async fn get_forecast(city: String) -> Result<Forecast, ToolError> {
    weather::get(city).await
}
#[allow(
    closure_returning_async_block,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ToolDef = ::fastmcp_rs::__private::ToolDef {
        shared: ::fastmcp_rs::__private::Shared {
            title: ::core::option::Option::Some("Forecast"),
            description: ::core::option::Option::Some("Weather ahead."),
            version: ::core::option::Option::Some("2"),
            server: ::core::option::Option::Some("weather"),
            docs: "Forecast for a city, day by day.",
            tags: &["weather", "slow"],
            scopes: &["read"],
            roles: &["user"],
            icons: &["https://example.com/a.png"],
            timeout: ::fastmcp_rs::__private::Timeout::After(
                ::core::time::Duration::new(1u64, 500000000u32),
            ),
            rate_limit: ::core::option::Option::Some(::fastmcp_rs::__private::Rate {
                calls: 60u32,
                per: ::core::time::Duration::from_secs(60u64),
            }),
            concurrency: ::core::option::Option::Some(4u32),
            hidden: true,
            meta: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                &(json!({ "a" : 1 })),
            )),
            expose_errors: true,
            ..::fastmcp_rs::__private::Shared::new(
                "forecast",
                ::fastmcp_rs::__private::source!(),
            )
        },
        hints: ::fastmcp_rs::__private::Hints {
            read_only: ::core::option::Option::Some(true),
            destructive: ::core::option::Option::Some(false),
            idempotent: ::core::option::Option::Some(true),
            open_world: ::core::option::Option::Some(true),
            ..::fastmcp_rs::__private::Hints::NONE
        },
        output: |__schemas| {
            use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
            (&&::fastmcp_rs::__private::Returned::<Result<Forecast, ToolError>>::NEW)
                .pick()
                .tool_schema(__schemas)
        },
        output_schema: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
            &(json!({ "type" : "object" })),
        )),
        params: &[
            ::fastmcp_rs::__private::Param::new(
                "city",
                ::fastmcp_rs::__private::tool_param::<String, _>,
            ),
        ],
        call: |__call| {
            let __s0 = __call.read::<String, _>(0usize);
            let (::core::option::Option::Some(__s0), true) = (__s0, __call.sound()) else {
                return __call.refuse();
            };
            ::fastmcp_rs::__private::Handling::run(
                __call.context(),
                (__s0,),
                move |(__a0,)| async move {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = get_forecast(__a0).await;
                    (&&::fastmcp_rs::__private::Returned::<
                        Result<Forecast, ToolError>,
                    >::NEW)
                        .pick()
                        .tool(__value)
                },
            )
        },
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::tool(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& get_forecast))
    }
};
