//! Method names, spelled once.

pub(crate) const INITIALIZE: &str = "initialize";
pub(crate) const PING: &str = "ping";
pub(crate) const DISCOVER: &str = "server/discover";
pub(crate) const TOOLS_LIST: &str = "tools/list";
pub(crate) const TOOLS_CALL: &str = "tools/call";
pub(crate) const PROMPTS_LIST: &str = "prompts/list";
pub(crate) const PROMPTS_GET: &str = "prompts/get";
pub(crate) const RESOURCES_LIST: &str = "resources/list";
pub(crate) const RESOURCES_TEMPLATES_LIST: &str = "resources/templates/list";
pub(crate) const RESOURCES_READ: &str = "resources/read";
pub(crate) const RESOURCES_SUBSCRIBE: &str = "resources/subscribe";
pub(crate) const RESOURCES_UNSUBSCRIBE: &str = "resources/unsubscribe";
pub(crate) const COMPLETE: &str = "completion/complete";
pub(crate) const SET_LEVEL: &str = "logging/setLevel";
pub(crate) const LISTEN: &str = "subscriptions/listen";

pub(crate) const INITIALIZED: &str = "notifications/initialized";
pub(crate) const CANCELLED: &str = "notifications/cancelled";
pub(crate) const PROGRESS: &str = "notifications/progress";
pub(crate) const MESSAGE: &str = "notifications/message";
pub(crate) const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
pub(crate) const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
pub(crate) const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
pub(crate) const RESOURCE_UPDATED: &str = "notifications/resources/updated";
#[cfg(feature = "client")]
pub(crate) const ROOTS_CHANGED: &str = "notifications/roots/list_changed";
pub(crate) const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
