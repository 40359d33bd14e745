#[allow(clippy::needless_pass_by_value)]
/// The settings.
fn settings(state: State<Settings>) -> Json<Settings> {
    Json(state.clone())
}
#[allow(unused_qualifications, clippy::all, clippy::pedantic)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ResourceDef = ::fastmcp_rs::__private::ResourceDef {
        shared: ::fastmcp_rs::__private::Shared {
            docs: "The settings.",
            ..::fastmcp_rs::__private::Shared::new(
                "settings",
                ::fastmcp_rs::__private::source!(),
            )
        },
        uri: "config://app",
        mime_type: ::core::option::Option::Some("application/json"),
        audience: &["user", "assistant"],
        priority: ::core::option::Option::Some(0.8f64),
        last_modified: ::core::option::Option::Some("2026-01-12T15:00:58Z"),
        ttl: ::core::option::Option::Some(::core::time::Duration::from_secs(300u64)),
        cache_scope: ::core::option::Option::Some(
            ::fastmcp_rs::__private::CacheScope::Private,
        ),
        size: ::core::option::Option::Some(1024u64),
        params: &[
            ::fastmcp_rs::__private::Param::new(
                "state",
                ::fastmcp_rs::__private::injected_param::<State<Settings>>,
            ),
        ],
        call: |__call| {
            let __s0 = __call.read_injected::<State<Settings>>(0usize);
            let (::core::option::Option::Some(__s0), true) = (__s0, __call.sound()) else {
                return __call.refuse();
            };
            ::fastmcp_rs::__private::Handling::blocking(
                __call.context(),
                (__s0,),
                move |(__a0,)| {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = settings(__a0);
                    (&&::fastmcp_rs::__private::Returned::<Json<Settings>>::NEW)
                        .pick()
                        .resource(__value)
                },
            )
        },
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::resource(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& settings))
    }
};
