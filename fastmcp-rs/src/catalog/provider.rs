//! Where components come from.

use std::sync::Arc;

use crate::component::prompt::PromptComponent;
use crate::component::resource::ResourceComponent;
use crate::component::tool::ToolComponent;
use crate::uri::UriTemplate;

/// A source of components. A catalog joins what its sources offer, once for each change: a call asks none of them, and costs the
/// same however many there are.
pub(crate) trait Provider {
    /// What is offered now.
    fn offer(&self) -> Offer;
}

/// Components on their way into a catalog. Names and URIs are unique within one provider.
#[derive(Default)]
pub(crate) struct Offer {
    pub tools: Vec<Arc<ToolComponent>>,
    pub prompts: Vec<Arc<PromptComponent>>,
    pub resources: Vec<(UriTemplate, Arc<ResourceComponent>)>,
}
