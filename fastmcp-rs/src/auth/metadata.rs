//! What a client reads to find out where it gets a token: the metadata of a protected resource (RFC 9728).

use serde::Serialize;

use super::public_url::PublicUrl;

/// Where the document is: at this path alone, and with the path of the server after it.
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// Where clients are sent to.
    pub(crate) url: String,
    pub(crate) document: Vec<u8>,
}

#[derive(Serialize)]
struct Document<'a> {
    resource: &'a str,
    resource_name: &'a str,
    authorization_servers: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes_supported: &'a [String],
    bearer_methods_supported: [&'static str; 1],
}

impl Metadata {
    /// `None` where nobody gives out tokens that a client could ask for.
    pub(crate) fn new(resource: &PublicUrl, name: &str, issuers: &[String], scopes: &[String]) -> Option<Self> {
        if issuers.is_empty() {
            return None;
        }
        let document = Document {
            resource: resource.as_str(),
            resource_name: name,
            authorization_servers: issuers,
            scopes_supported: scopes,
            bearer_methods_supported: ["header"],
        };
        Some(Self {
            url: resource.at(&format!("{WELL_KNOWN}{}", resource.path())),
            document: serde_json::to_vec(&document).ok()?,
        })
    }
}
