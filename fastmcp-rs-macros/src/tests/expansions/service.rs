impl Notes {
    const MAX: u8 = 9;
    #[allow(clippy::needless_pass_by_value)]
    /// Write something down.
    async fn add(&self, text: String, stars: u8) -> Result<Self, ToolError> {
        self.write(text).await
    }
    #[allow(clippy::needless_pass_by_value)]
    /// One note.
    #[cfg(feature = "read")]
    fn one(&self, id: u64) -> Option<String> {
        self.read(id)
    }
    /// How to write notes.
    pub fn how() -> &'static str {
        "Shortly."
    }
    fn helper(&self) {}
}
#[allow(
    closure_returning_async_block,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]
const _: () = {
    static __ADD: ::fastmcp_rs::__private::ToolDef = {
        fn __default_stars() -> u8 {
            <Notes>::MAX
        }
        ::fastmcp_rs::__private::ToolDef {
            shared: ::fastmcp_rs::__private::Shared {
                docs: "Write something down.",
                ..::fastmcp_rs::__private::Shared::new(
                    "add",
                    ::fastmcp_rs::__private::source!(),
                )
            },
            hints: ::fastmcp_rs::__private::Hints::NONE,
            output: |__schemas| {
                use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                (&&::fastmcp_rs::__private::Returned::<Result<Notes, ToolError>>::NEW)
                    .pick()
                    .tool_schema(__schemas)
            },
            output_schema: ::core::option::Option::None,
            params: &[
                ::fastmcp_rs::__private::Param::new(
                    "text",
                    ::fastmcp_rs::__private::tool_param::<String, _>,
                ),
                ::fastmcp_rs::__private::Param {
                    default: ::core::option::Option::Some(|| ::fastmcp_rs::__private::json(
                        &__default_stars(),
                    )),
                    ..::fastmcp_rs::__private::Param::new(
                        "stars",
                        ::fastmcp_rs::__private::tool_param::<u8, _>,
                    )
                },
            ],
            call: |__call| {
                let __s0 = __call.read::<String, _>(0usize);
                let __s1 = __call.read_or::<u8, _>(1usize, __default_stars);
                let (
                    ::core::option::Option::Some(__s0),
                    ::core::option::Option::Some(__s1),
                    true,
                ) = (__s0, __s1, __call.sound()) else {
                    return __call.refuse();
                };
                let __this = __call.service::<Notes>();
                ::fastmcp_rs::__private::Handling::run(
                    __call.context(),
                    (__s0, __s1),
                    move |(__a0, __a1)| async move {
                        use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                        let __value = <Notes>::add(&__this, __a0, __a1).await;
                        (&&::fastmcp_rs::__private::Returned::<
                            Result<Notes, ToolError>,
                        >::NEW)
                            .pick()
                            .tool(__value)
                    },
                )
            },
        }
    };
    #[cfg(feature = "read")]
    static __ONE: ::fastmcp_rs::__private::ResourceDef = ::fastmcp_rs::__private::ResourceDef {
        shared: ::fastmcp_rs::__private::Shared {
            docs: "One note.",
            ..::fastmcp_rs::__private::Shared::new(
                "one",
                ::fastmcp_rs::__private::source!(),
            )
        },
        uri: "notes://{id}",
        mime_type: ::core::option::Option::None,
        audience: &[],
        priority: ::core::option::Option::None,
        last_modified: ::core::option::Option::None,
        ttl: ::core::option::Option::None,
        cache_scope: ::core::option::Option::None,
        size: ::core::option::Option::None,
        params: &[
            ::fastmcp_rs::__private::Param::new(
                "id",
                || {
                    use ::fastmcp_rs::__private::{
                        PickContext as _, PickFromStr as _, PickText as _,
                    };
                    (&&&::fastmcp_rs::__private::Text::<u64>::NEW).pick().kind()
                },
            ),
        ],
        call: |__call| {
            let __s0 = {
                use ::fastmcp_rs::__private::{
                    PickContext as _, PickFromStr as _, PickText as _,
                };
                (&&&::fastmcp_rs::__private::Text::<u64>::NEW)
                    .pick()
                    .read(__call, 0usize, ::core::option::Option::None)
            };
            let (::core::option::Option::Some(__s0), true) = (__s0, __call.sound()) else {
                return __call.refuse();
            };
            let __this = __call.service::<Notes>();
            ::fastmcp_rs::__private::Handling::blocking(
                __call.context(),
                (__s0,),
                move |(__a0,)| {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = <Notes>::one(&__this, __a0);
                    (&&::fastmcp_rs::__private::Returned::<Option<String>>::NEW)
                        .pick()
                        .resource(__value)
                },
            )
        },
    };
    static __HOW: ::fastmcp_rs::__private::PromptDef = ::fastmcp_rs::__private::PromptDef {
        shared: ::fastmcp_rs::__private::Shared {
            docs: "How to write notes.",
            ..::fastmcp_rs::__private::Shared::new(
                "how",
                ::fastmcp_rs::__private::source!(),
            )
        },
        params: &[],
        call: |__call| {
            let (true,) = (__call.sound(),) else {
                return __call.refuse();
            };
            ::fastmcp_rs::__private::Handling::blocking(
                __call.context(),
                (),
                move |()| {
                    use ::fastmcp_rs::__private::{PickResult as _, PickValue as _};
                    let __value = <Notes>::how();
                    (&&::fastmcp_rs::__private::Returned::<&'static str>::NEW)
                        .pick()
                        .prompt(__value)
                },
            )
        },
    };
    impl ::fastmcp_rs::__private::Service for Notes {
        const TOOLS: &'static [&'static ::fastmcp_rs::__private::ToolDef] = &[&__ADD];
        const RESOURCES: &'static [&'static ::fastmcp_rs::__private::ResourceDef] = &[
            #[cfg(feature = "read")]
            &__ONE,
        ];
        const PROMPTS: &'static [&'static ::fastmcp_rs::__private::PromptDef] = &[
            &__HOW,
        ];
    }
};
const _: () = {
    #[allow(unused_imports)]
    use tool as __used_0;
    #[allow(unused_imports)]
    use resource as __used_1;
    #[allow(unused_imports)]
    use prompt as __used_2;
};
