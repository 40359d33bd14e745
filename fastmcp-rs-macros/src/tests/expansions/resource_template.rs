#[allow(clippy::needless_pass_by_value)]
/// A file.
async fn file(
    owner: String,
    path: Vec<String>,
    rev: u32,
    db: State<Db>,
) -> Result<String, ToolError> {
    db.file(owner, path, rev).await
}
#[allow(
    closure_returning_async_block,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
const _: () = {
    static __DEF: ::fastmcp_rs::__private::ResourceDef = {
        fn __default_rev() -> u32 {
            1
        }
        ::fastmcp_rs::__private::ResourceDef {
            shared: ::fastmcp_rs::__private::Shared {
                docs: "A file.",
                ..::fastmcp_rs::__private::Shared::new(
                    "file",
                    ::fastmcp_rs::__private::source!(),
                )
            },
            uri: "repo://{owner}/{path*}{?rev}",
            mime_type: ::core::option::Option::None,
            audience: &[],
            priority: ::core::option::Option::None,
            last_modified: ::core::option::Option::None,
            ttl: ::core::option::Option::None,
            cache_scope: ::core::option::Option::None,
            size: ::core::option::Option::None,
            params: &[
                ::fastmcp_rs::__private::Param {
                    docs: "Whose.",
                    ..::fastmcp_rs::__private::Param::new(
                        "owner",
                        || {
                            use ::fastmcp_rs::__private::{
                                PickContext as _, PickFromStr as _, PickText as _,
                            };
                            (&&&::fastmcp_rs::__private::Text::<String>::NEW)
                                .pick()
                                .kind()
                        },
                    )
                },
                ::fastmcp_rs::__private::Param::new(
                    "path",
                    || {
                        use ::fastmcp_rs::__private::{
                            PickContext as _, PickFromStr as _, PickText as _,
                        };
                        (&&&::fastmcp_rs::__private::Text::<Vec<String>>::NEW)
                            .pick()
                            .kind()
                    },
                ),
                ::fastmcp_rs::__private::Param {
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &__default_rev(),
                    )),
                    ..::fastmcp_rs::__private::Param::new(
                        "rev",
                        || {
                            use ::fastmcp_rs::__private::{
                                PickContext as _, PickFromStr as _, PickText as _,
                            };
                            (&&&::fastmcp_rs::__private::Text::<u32>::NEW).pick().kind()
                        },
                    )
                },
                ::fastmcp_rs::__private::Param::new(
                    "db",
                    ::fastmcp_rs::__private::injected_param::<State<Db>>,
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
                let __s1 = {
                    use ::fastmcp_rs::__private::{
                        PickContext as _, PickFromStr as _, PickText as _,
                    };
                    (&&&::fastmcp_rs::__private::Text::<Vec<String>>::NEW)
                        .pick()
                        .read(__call, 1usize, ::core::option::Option::None)
                };
                let __s2 = {
                    use ::fastmcp_rs::__private::{
                        PickContext as _, PickFromStr as _, PickText as _,
                    };
                    (&&&::fastmcp_rs::__private::Text::<u32>::NEW)
                        .pick()
                        .read(
                            __call,
                            2usize,
                            ::core::option::Option::Some(__default_rev),
                        )
                };
                let __s3 = __call.read_injected::<State<Db>>(3usize);
                let (
                    ::core::option::Option::Some(__s0),
                    ::core::option::Option::Some(__s1),
                    ::core::option::Option::Some(__s2),
                    ::core::option::Option::Some(__s3),
                    true,
                ) = (__s0, __s1, __s2, __s3, __call.sound()) else {
                    return __call.refuse();
                };
                ::fastmcp_rs::__private::Handling::run(
                    __call.context(),
                    (__s0, __s1, __s2, __s3),
                    move |(__a0, __a1, __a2, __a3)| async move {
                        use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                        let __value = file(__a0, __a1, __a2, __a3).await;
                        (&&::fastmcp_rs::__private::Returned::<
                            Result<String, ToolError>,
                        >::NEW)
                            .pick()
                            .resource(__value)
                    },
                )
            },
        }
    };
    ::fastmcp_rs::__private::inventory::submit! {
        ::fastmcp_rs::__private::Registered::resource(& __DEF, ||
        ::fastmcp_rs::__private::type_of(& file))
    }
};
