//! Lists, page by page.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashSet;

use super::cache::Cached;
use super::error::ClientError;
use super::exchange::Query;
use super::letter::ParamList;
use super::results;
use super::{Client, rounds};
use crate::protocol::{Prompt, Resource, ResourceTemplate, Tool, method};

impl Client {
    /// The tools of the server, all pages of them.
    ///
    /// An entry that cannot be read is left out, and told to [`on_problem`](super::ClientBuilder::on_problem).
    ///
    /// # Errors
    /// When the server refuses, or its pages have no end.
    pub async fn tools(&self) -> Result<Vec<Tool>, ClientError> {
        let all: Vec<Tool> = self.list(method::TOOLS_LIST, "tools").await?;
        Ok(self.usable(all))
    }

    /// The resources of the server, all pages of them. What has a template is in [`resource_templates`](Self::resource_templates).
    ///
    /// # Errors
    /// As for [`tools`](Self::tools).
    pub async fn resources(&self) -> Result<Vec<Resource>, ClientError> {
        self.list(method::RESOURCES_LIST, "resources").await
    }

    /// The resource templates of the server, all pages of them.
    ///
    /// # Errors
    /// As for [`tools`](Self::tools).
    pub async fn resource_templates(&self) -> Result<Vec<ResourceTemplate>, ClientError> {
        self.list(method::RESOURCES_TEMPLATES_LIST, "resourceTemplates").await
    }

    /// The prompts of the server, all pages of them.
    ///
    /// # Errors
    /// As for [`tools`](Self::tools).
    pub async fn prompts(&self) -> Result<Vec<Prompt>, ClientError> {
        self.list(method::PROMPTS_LIST, "prompts").await
    }

    /// The entries of a list as they came, for snapshots of them.
    #[cfg(feature = "testing")]
    pub(crate) async fn listed(
        &self,
        method: &'static str,
        field: &str,
    ) -> Result<Vec<serde_json::Value>, ClientError> {
        self.list(method, field).await
    }

    async fn list<T: DeserializeOwned>(&self, method: &'static str, field: &str) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        let mut seen = HashSet::new();
        for _ in 0..self.settings().pages {
            let result = self.page(method, cursor.as_deref()).await?;
            let broken = |what: &str| self.link().conversation.problem(what);
            let (page, next) = results::page(&result, field, broken)?;
            items.extend(page);
            // An empty cursor is one, too.
            let Some(next) = next else { return Ok(items) };
            if !seen.insert(next.clone()) {
                return Err(ClientError::protocol(format!("`{method}` comes back to a page that it gave before")));
            }
            cursor = Some(next);
        }
        Err(ClientError::protocol(format!("`{method}` has more than {} pages", self.settings().pages)))
    }

    async fn page(&self, method: &'static str, cursor: Option<&str>) -> Result<Box<RawValue>, ClientError> {
        let cached = if cursor.is_none() { self.cache().get(method, &ParamList::default()) } else { Cached::Miss };
        let since = match cached {
            Cached::Hit(result) => return Ok(result),
            Cached::Miss => self.cache().generation(),
        };
        let mut members = ParamList::default();
        if let Some(cursor) = cursor {
            members = members.with("cursor", cursor)?;
        }
        let result = self.ask(Query::new(method, members, self.settings().limits)).await?;
        if results::kind(&result) != "complete" {
            return Err(rounds::unknown_kind(&results::kind(&result)));
        }
        if cursor.is_none() && !results::has_more(&result) {
            self.cache().keep(since, method, &ParamList::default(), &result);
        }
        Ok(result)
    }
}
