//! Doc comments read alike in every form that rustc takes, wherever they stand.

use fastmcp_rs::prelude::*;
use fastmcp_rs::schemars;
use fastmcp_rs_tests::{Client, Revision};
use serde_json::Value;

/// Every place where a client sees docs, with docs of one form on all of them.
macro_rules! documented {
    ($($(#[$docs:meta])* $form:ident;)*) => {
        $(mod $form {
            use super::*;

            #[model]
            $(#[$docs])*
            pub(super) struct Modelled {
                $(#[$docs])*
                field: u8,
            }

            #[derive(serde::Deserialize, schemars::JsonSchema)]
            #[schemars(crate = "fastmcp_rs::schemars")]
            $(#[$docs])*
            pub(super) struct Derived {
                $(#[$docs])*
                field: u8,
            }

            $(#[$docs])*
            #[tool(inline)]
            pub(super) fn $form(
                $(#[$docs])* parameter: u8,
                modelled: Modelled,
                derived: Derived,
            ) -> u8 {
                parameter + modelled.field + derived.field
            }
        })*

        fn documented() -> Server {
            Server::empty("documented")$(.tool($form::$form))*
        }

        const FORMS: &[&str] = &[$(stringify!($form)),*];
    };
}

#[rustfmt::skip]
documented! {
    /// First line.
    ///
    /// - item
    ///   - nested
    ///
    /// Last line.
    lines;

    ///   First line.
    ///
    ///   - item
    ///     - nested
    ///
    ///   Last line.
    indented_lines;

    ///First line.
    ///
    ///- item
    ///  - nested
    ///
    ///Last line.
    lines_without_a_space;

    /**
     * First line.
     *
     * - item
     *   - nested
     *
     * Last line.
     */
    starred_block;

    /** First line.
      *
      * - item
      *   - nested
      *
      * Last line. */
    starred_block_that_begins_at_once;

    /**
    First line.

    - item
      - nested

    Last line.
    */
    block;

    /** First line.

        - item
          - nested

        Last line. */
    block_that_begins_at_once;

    #[doc = "First line."]
    #[doc = ""]
    #[doc = "- item"]
    #[doc = "  - nested"]
    #[doc = ""]
    #[doc = "Last line."]
    strings;

    #[doc = "First line.\n\n- item\n  - nested\n\nLast line."]
    one_string;

    #[doc = r"
        First line.

        - item
          - nested

        Last line.
    "]
    raw_string;

    /// First line.
    #[doc = ""]
    #[doc = "- item"]
    ///   - nested
    #[doc = ""]
    /** Last line. */
    mixed;

    #[doc = "First line."]
    /**
     * 
     * - item
     *   - nested
     */
    ///
    /// Last line.
    mixed_with_a_block;

    #[doc = include_str!("docs.md")]
    file;

    /// First line.
    ///
    #[doc = concat!("- item\n", "  - nested")]
    ///
    /// Last line.
    mixed_with_a_macro;
}

#[tokio::test]
async fn every_form_reads_alike_in_every_place() {
    let mut client = Client::of(documented(), Revision::V2025_11_25).await;
    let tools = client.list("tools/list", "tools").await;
    assert_eq!(tools.len(), FORMS.len());
    let mut otherwise = Vec::new();
    for tool in &tools {
        let properties = &tool["inputSchema"]["properties"];
        let places = [
            ("function", &tool["description"]),
            ("parameter", &properties["parameter"]["description"]),
            ("model", &properties["modelled"]["description"]),
            ("field of a model", &properties["modelled"]["properties"]["field"]["description"]),
            ("derived", &properties["derived"]["description"]),
            ("field of a derived", &properties["derived"]["properties"]["field"]["description"]),
        ];
        for (place, description) in places {
            let wanted = Value::from("First line.\n\n- item\n  - nested\n\nLast line.");
            // schemars takes one space off the text of each attribute, also where the others have none.
            let is_derived = place.ends_with("derived");
            if is_derived && ["strings", "lines_without_a_space"].iter().any(|form| tool["name"] == *form) {
                continue;
            }
            if *description != wanted {
                otherwise.push(format!("{} on a {place}: {description}", tool["name"]));
            }
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}
