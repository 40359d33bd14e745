//! What goes on the wire, member by member, in each revision.
//!
//! Handlers build the newest form; a peer gets the one it negotiated (protocol brief, section 16). `Shaped(&value,
//! revision)` serializes straight into the output, with no `Value` between, and the plain `Serialize` of each type is
//! its shape in the newest revision, so the two cannot drift apart. Content a revision does not know is turned into
//! text, because strict clients refuse unknown types; members it does not know are left out.

use std::collections::BTreeMap;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Value};

use super::{
    capabilities::{ClientCapabilities, ServerCapabilities},
    content::{Annotations, AudioContent, Content, EmbeddedResource, ImageContent, TextContent},
    elicitation::{ElicitParams, FormParams, UrlParams},
    icon::Icon,
    implementation::Implementation,
    prompt::{Message, Prompt, PromptArgument, PromptResult},
    resource::{Resource, ResourceBody, ResourceContents, ResourceTemplate},
    round_trip::{InputRequest, InputRequired},
    sampling::{
        ModelPreferences, SamplingContent, SamplingMessage, SamplingRequest, SamplingResult, ToolResultContent,
        ToolUseContent,
    },
    tool::Tool,
    version::Revision::{self, V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28},
};

/// A value in the shape it has in a revision. Slices of such values work too.
pub(crate) struct Shaped<'a, T: ?Sized>(pub(crate) &'a T, pub(crate) Revision);

/// A JSON object whose members depend on the revision.
pub(crate) trait Shape {
    /// Write the members into an object that somebody else opened and will close.
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error>;
}

impl<T: Shape> Serialize for Shaped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.members(self.1, &mut map)?;
        map.end()
    }
}

impl<T: Shape> Serialize for Shaped<'_, [T]> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for value in self.0 {
            seq.serialize_element(&Shaped(value, self.1))?;
        }
        seq.end()
    }
}

/// Without a revision, the newest.
macro_rules! newest {
    ($($shape:ty),* $(,)?) => {$(
        impl Serialize for $shape {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Shaped(self, V2026_07_28).serialize(serializer)
            }
        }
    )*};
}

newest!(
    Annotations,
    AudioContent,
    ClientCapabilities,
    Content,
    ElicitParams,
    EmbeddedResource,
    FormParams,
    ImageContent,
    Implementation,
    InputRequest,
    InputRequired,
    Message,
    ModelPreferences,
    Prompt,
    PromptArgument,
    PromptResult,
    Resource,
    ResourceContents,
    ResourceTemplate,
    SamplingContent,
    SamplingMessage,
    SamplingRequest,
    SamplingResult,
    ServerCapabilities,
    TextContent,
    Tool,
    ToolResultContent,
    ToolUseContent,
    UrlParams,
);

// Members that many objects share.

fn optional<M: SerializeMap, T: Serialize>(out: &mut M, key: &'static str, value: &Option<T>) -> Result<(), M::Error> {
    match value {
        Some(value) => out.serialize_entry(key, value),
        None => Ok(()),
    }
}

/// JSON has no NaN and no infinity; serde_json would write `null`.
fn number<M: SerializeMap>(out: &mut M, key: &'static str, value: Option<f64>) -> Result<(), M::Error> {
    match value.filter(|number| number.is_finite()) {
        Some(number) => out.serialize_entry(key, &number),
        None => Ok(()),
    }
}

fn title<M: SerializeMap>(out: &mut M, revision: Revision, title: &Option<String>) -> Result<(), M::Error> {
    if revision < V2025_06_18 {
        return Ok(());
    }
    optional(out, "title", title)
}

fn icons<M: SerializeMap>(out: &mut M, revision: Revision, icons: &[Icon]) -> Result<(), M::Error> {
    if revision < V2025_11_25 || icons.is_empty() {
        return Ok(());
    }
    out.serialize_entry("icons", icons)
}

/// The `_meta` of an item. That of a result is older and written without this.
fn meta<M: SerializeMap>(out: &mut M, revision: Revision, meta: &Option<Map<String, Value>>) -> Result<(), M::Error> {
    if revision < V2025_06_18 {
        return Ok(());
    }
    optional(out, "_meta", meta)
}

fn annotations<M: SerializeMap>(
    out: &mut M,
    revision: Revision,
    annotations: &Option<Annotations>,
) -> Result<(), M::Error> {
    match annotations {
        Some(annotations) => out.serialize_entry("annotations", &Shaped(annotations, revision)),
        None => Ok(()),
    }
}

impl Shape for Annotations {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        optional(out, "audience", &self.audience)?;
        number(out, "priority", self.priority)?;
        if revision >= V2025_06_18 {
            optional(out, "lastModified", &self.last_modified)?;
        }
        Ok(())
    }
}

impl Shape for Implementation {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        out.serialize_entry("version", &self.version)?;
        if revision >= V2025_11_25 {
            optional(out, "description", &self.description)?;
            optional(out, "websiteUrl", &self.website_url)?;
        }
        icons(out, revision, &self.icons)
    }
}

// Content.

impl Shape for Content {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        match self {
            Content::Text(block) => block.members(revision, out),
            Content::Image(block) => block.members(revision, out),
            Content::Audio(block) => block.members(revision, out),
            Content::ResourceLink(link) if revision < V2025_06_18 => {
                let shown = link.title.as_ref().unwrap_or(&link.name);
                out.serialize_entry("type", "text")?;
                out.serialize_entry("text", &format_args!("{shown}: {}", link.uri))?;
                annotations(out, revision, &link.annotations)
            }
            Content::ResourceLink(link) => {
                out.serialize_entry("type", "resource_link")?;
                link.members(revision, out)
            }
            Content::Resource(block) => block.members(revision, out),
            // Strict clients fail on a type that their revision does not have.
            #[cfg(feature = "client")]
            Content::Unknown(members) if revision < V2026_07_28 => {
                out.serialize_entry("type", "text")?;
                out.serialize_entry("text", &Value::Object(members.clone()).to_string())
            }
            #[cfg(feature = "client")]
            Content::Unknown(members) => members.iter().try_for_each(|(name, value)| out.serialize_entry(name, value)),
        }
    }
}

impl Shape for TextContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("type", "text")?;
        out.serialize_entry("text", &self.text)?;
        annotations(out, revision, &self.annotations)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for ImageContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("type", "image")?;
        out.serialize_entry("data", &self.data)?;
        out.serialize_entry("mimeType", &self.mime_type)?;
        annotations(out, revision, &self.annotations)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for AudioContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if revision < V2025_03_26 {
            out.serialize_entry("type", "text")?;
            let note = format_args!(
                "[audio of type {}, which protocol revision {} cannot carry]",
                self.mime_type,
                revision.as_str()
            );
            out.serialize_entry("text", &note)?;
        } else {
            out.serialize_entry("type", "audio")?;
            out.serialize_entry("data", &self.data)?;
            out.serialize_entry("mimeType", &self.mime_type)?;
        }
        annotations(out, revision, &self.annotations)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for EmbeddedResource {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("type", "resource")?;
        out.serialize_entry("resource", &Shaped(&self.resource, revision))?;
        annotations(out, revision, &self.annotations)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for ResourceContents {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("uri", &self.uri)?;
        optional(out, "mimeType", &self.mime_type)?;
        match &self.body {
            ResourceBody::Text(text) => out.serialize_entry("text", text)?,
            ResourceBody::Blob(blob) => out.serialize_entry("blob", blob)?,
        }
        meta(out, revision, &self.meta)
    }
}

impl Shape for Message {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("role", &self.role)?;
        out.serialize_entry("content", &Shaped(&self.content, revision))
    }
}

impl Shape for PromptResult {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        optional(out, "description", &self.description)?;
        out.serialize_entry("messages", &Shaped(self.messages.as_slice(), revision))?;
        optional(out, "_meta", &self.meta)
    }
}

// Entries of lists.

impl Shape for Tool {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        optional(out, "description", &self.description)?;
        schema(out, revision, "inputSchema", &self.input_schema)?;
        if let Some(output) = &self.output_schema
            && revision >= V2025_06_18
            && (!revision.wraps_structured() || output.get("type").is_some_and(|ty| ty == "object"))
        {
            schema(out, revision, "outputSchema", output)?;
        }
        if let Some(annotations) = &self.annotations
            && revision >= V2025_03_26
        {
            out.serialize_entry("annotations", annotations)?;
        }
        icons(out, revision, &self.icons)?;
        meta(out, revision, &self.meta)
    }
}

fn schema<M: SerializeMap>(out: &mut M, revision: Revision, key: &'static str, schema: &Value) -> Result<(), M::Error> {
    match schema {
        Value::Object(root) if revision < V2026_07_28 => out.serialize_entry(key, &LegacySchema(root)),
        _ => out.serialize_entry(key, schema),
    }
}

/// A schema whose root properties are all objects: legacy wire schemas demand it, and clients that check refuse
/// `true`, which is how a property of any JSON is derived (protocol brief, section 14).
struct LegacySchema<'a>(&'a Map<String, Value>);

impl Serialize for LegacySchema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (keyword, value) in self.0 {
            match value {
                Value::Object(properties) if keyword == "properties" => {
                    map.serialize_entry(keyword, &LegacyProperties(properties))?;
                }
                _ => map.serialize_entry(keyword, value)?,
            }
        }
        map.end()
    }
}

struct LegacyProperties<'a>(&'a Map<String, Value>);

impl Serialize for LegacyProperties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, property) in self.0 {
            match property {
                Value::Bool(true) => map.serialize_entry(name, &Map::new())?,
                Value::Bool(false) => map.serialize_entry(name, &serde_json::json!({"not": {}}))?,
                _ => map.serialize_entry(name, property)?,
            }
        }
        map.end()
    }
}

impl Shape for Resource {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("uri", &self.uri)?;
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        optional(out, "description", &self.description)?;
        optional(out, "mimeType", &self.mime_type)?;
        optional(out, "size", &self.size)?;
        annotations(out, revision, &self.annotations)?;
        icons(out, revision, &self.icons)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for ResourceTemplate {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("uriTemplate", &self.uri_template)?;
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        optional(out, "description", &self.description)?;
        optional(out, "mimeType", &self.mime_type)?;
        annotations(out, revision, &self.annotations)?;
        icons(out, revision, &self.icons)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for Prompt {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        optional(out, "description", &self.description)?;
        if !self.arguments.is_empty() {
            out.serialize_entry("arguments", &Shaped(self.arguments.as_slice(), revision))?;
        }
        icons(out, revision, &self.icons)?;
        meta(out, revision, &self.meta)
    }
}

impl Shape for PromptArgument {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("name", &self.name)?;
        title(out, revision, &self.title)?;
        optional(out, "description", &self.description)?;
        optional(out, "required", &self.required)
    }
}

// Asking the client.

impl Shape for ElicitParams {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        match self {
            ElicitParams::Form(form) => form.members(revision, out),
            ElicitParams::Url(url) => url.members(revision, out),
        }
    }
}

/// The schema is written as it is: cutting it to the revision can fail, so `FormParams::for_revision` comes before.
impl Shape for FormParams {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if revision >= V2025_11_25 {
            out.serialize_entry("mode", "form")?;
        }
        out.serialize_entry("message", &self.message)?;
        out.serialize_entry("requestedSchema", &self.requested_schema)
    }
}

impl Shape for UrlParams {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("mode", "url")?;
        out.serialize_entry("message", &self.message)?;
        out.serialize_entry("url", &self.url)?;
        if revision == V2025_11_25 {
            optional(out, "elicitationId", &self.elicitation_id)?;
        }
        Ok(())
    }
}

impl Shape for SamplingRequest {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if revision < V2025_11_25 {
            out.serialize_entry("messages", &OneBlockEach(&self.messages, revision))?;
        } else {
            out.serialize_entry("messages", &Shaped(self.messages.as_slice(), revision))?;
        }
        out.serialize_entry("maxTokens", &self.max_tokens)?;
        optional(out, "systemPrompt", &self.system_prompt)?;
        number(out, "temperature", self.temperature)?;
        optional(out, "stopSequences", &self.stop_sequences)?;
        if let Some(preferences) = &self.model_preferences {
            out.serialize_entry("modelPreferences", &Shaped(preferences, revision))?;
        }
        optional(out, "includeContext", &self.include_context)?;
        optional(out, "metadata", &self.metadata)?;
        if revision >= V2025_11_25 {
            if let Some(tools) = &self.tools {
                out.serialize_entry("tools", &Shaped(tools.as_slice(), revision))?;
            }
            optional(out, "toolChoice", &self.tool_choice)?;
        }
        Ok(())
    }
}

/// Before 2025-11-25 a message holds one block: say the others in messages of their own.
struct OneBlockEach<'a>(&'a [SamplingMessage], Revision);

impl Serialize for OneBlockEach<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct One<'a>(&'a SamplingMessage, &'a SamplingContent);

        impl Shape for One<'_> {
            fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
                out.serialize_entry("role", &self.0.role)?;
                out.serialize_entry("content", &Shaped(self.1, revision))
            }
        }

        let blocks = self.0.iter().flat_map(|message| message.content.iter().map(move |block| One(message, block)));
        let mut seq = serializer.serialize_seq(None)?;
        for block in blocks {
            seq.serialize_element(&Shaped(&block, self.1))?;
        }
        seq.end()
    }
}

fn one_or_many<M: SerializeMap>(out: &mut M, revision: Revision, content: &[SamplingContent]) -> Result<(), M::Error> {
    match content {
        [only] => out.serialize_entry("content", &Shaped(only, revision)),
        [first, ..] if revision < V2025_11_25 => out.serialize_entry("content", &Shaped(first, revision)),
        _ => out.serialize_entry("content", &Shaped(content, revision)),
    }
}

impl Shape for SamplingMessage {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("role", &self.role)?;
        one_or_many(out, revision, &self.content)?;
        if revision >= V2025_11_25 {
            optional(out, "_meta", &self.meta)?;
        }
        Ok(())
    }
}

impl Shape for SamplingContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        match self {
            SamplingContent::Text(block) => block.members(revision, out),
            SamplingContent::Image(block) => block.members(revision, out),
            SamplingContent::Audio(block) => block.members(revision, out),
            SamplingContent::ToolUse(block) => block.members(revision, out),
            SamplingContent::ToolResult(block) => block.members(revision, out),
        }
    }
}

impl Shape for ToolUseContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if revision < V2025_11_25 {
            out.serialize_entry("type", "text")?;
            return out.serialize_entry("text", &format_args!("[use of tool {}]", self.name));
        }
        out.serialize_entry("type", "tool_use")?;
        out.serialize_entry("id", &self.id)?;
        out.serialize_entry("name", &self.name)?;
        out.serialize_entry("input", &self.input)?;
        optional(out, "_meta", &self.meta)
    }
}

impl Shape for ToolResultContent {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if revision < V2025_11_25 {
            let texts: Vec<&str> = self.content.iter().filter_map(Content::as_text).collect();
            out.serialize_entry("type", "text")?;
            return out.serialize_entry("text", &texts.join("\n"));
        }
        out.serialize_entry("type", "tool_result")?;
        out.serialize_entry("toolUseId", &self.tool_use_id)?;
        out.serialize_entry("content", &Shaped(self.content.as_slice(), revision))?;
        if let Some(structured) = &self.structured_content
            && (!revision.wraps_structured() || structured.is_object())
        {
            out.serialize_entry("structuredContent", structured)?;
        }
        optional(out, "isError", &self.is_error)?;
        optional(out, "_meta", &self.meta)
    }
}

impl Shape for ModelPreferences {
    fn members<M: SerializeMap>(&self, _: Revision, out: &mut M) -> Result<(), M::Error> {
        if !self.hints.is_empty() {
            out.serialize_entry("hints", &self.hints)?;
        }
        number(out, "costPriority", self.cost_priority)?;
        number(out, "speedPriority", self.speed_priority)?;
        number(out, "intelligencePriority", self.intelligence_priority)
    }
}

impl Shape for SamplingResult {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("role", &self.role)?;
        one_or_many(out, revision, &self.content)?;
        out.serialize_entry("model", &self.model)?;
        optional(out, "stopReason", &self.stop_reason)?;
        optional(out, "_meta", &self.meta)
    }
}

impl Shape for InputRequest {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        out.serialize_entry("method", self.method())?;
        match self {
            InputRequest::Elicit(params) => out.serialize_entry("params", &Shaped(params, revision)),
            InputRequest::Sample(params) => out.serialize_entry("params", &Shaped(&**params, revision)),
            // No parameters of its own, and an object is what every peer accepts.
            InputRequest::Roots => out.serialize_entry("params", &EMPTY),
        }
    }
}

/// It exists in 2026-07-28 only; there is no older shape to give it.
impl Shape for InputRequired {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        struct Requests<'a>(&'a [(String, InputRequest)], Revision);

        impl Serialize for Requests<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(key, request)| (key, Shaped(request, self.1))))
            }
        }

        out.serialize_entry("resultType", "input_required")?;
        if !self.requests.is_empty() {
            out.serialize_entry("inputRequests", &Requests(&self.requests, revision))?;
        }
        optional(out, "requestState", &self.state)?;
        optional(out, "_meta", &self.meta)
    }
}

// Capabilities.

/// `{}`.
const EMPTY: BTreeMap<&str, ()> = BTreeMap::new();

/// A capability: an object of those members that are declared, each with this value.
struct Capability<'a, V>(&'a [(&'static str, bool)], V);

impl<V: Serialize> Serialize for Capability<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().filter(|(_, declared)| *declared).map(|(member, _)| (member, &self.1)))
    }
}

impl Shape for ServerCapabilities {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        if !self.experimental.is_empty() {
            out.serialize_entry("experimental", &self.experimental)?;
        }
        if self.logging {
            out.serialize_entry("logging", &EMPTY)?;
        }
        if self.completions && revision >= V2025_03_26 {
            out.serialize_entry("completions", &EMPTY)?;
        }
        if let Some(prompts) = self.prompts {
            out.serialize_entry("prompts", &Capability(&[("listChanged", prompts.list_changed)], true))?;
        }
        if let Some(resources) = self.resources {
            let members = [("subscribe", resources.subscribe), ("listChanged", resources.list_changed)];
            out.serialize_entry("resources", &Capability(&members, true))?;
        }
        if let Some(tools) = self.tools {
            out.serialize_entry("tools", &Capability(&[("listChanged", tools.list_changed)], true))?;
        }
        if !self.extensions.is_empty() && revision >= V2026_07_28 {
            out.serialize_entry("extensions", &self.extensions)?;
        }
        Ok(())
    }
}

/// `extensions` is written for legacy servers too: that is how they are announced in `initialize` (SEP-2133).
impl Shape for ClientCapabilities {
    fn members<M: SerializeMap>(&self, revision: Revision, out: &mut M) -> Result<(), M::Error> {
        let newer = revision >= V2025_11_25;
        if self.roots {
            let changes = self.roots_list_changed && revision < V2026_07_28;
            out.serialize_entry("roots", &Capability(&[("listChanged", changes)], true))?;
        }
        if self.sampling {
            let members = [("context", self.sampling_context && newer), ("tools", self.sampling_tools && newer)];
            out.serialize_entry("sampling", &Capability(&members, EMPTY))?;
        }
        if (self.elicitation_form && revision >= V2025_06_18) || (self.elicitation_url && newer) {
            let members = [("form", self.elicitation_form && newer), ("url", self.elicitation_url && newer)];
            out.serialize_entry("elicitation", &Capability(&members, EMPTY))?;
        }
        if !self.extensions.is_empty() {
            out.serialize_entry("extensions", &self.extensions)?;
        }
        if !self.experimental.is_empty() {
            out.serialize_entry("experimental", &self.experimental)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;
    use crate::protocol::{Annotations, IncludeContext, ToolAnnotations, ToolChoice};

    const ALL: [Revision; 5] = Revision::ALL;

    fn at<T: Shape>(value: &T, revision: Revision) -> Value {
        to_value(Shaped(value, revision)).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    fn assert_no_null(value: &Value) {
        match value {
            Value::Null => panic!("null on the wire"),
            Value::Array(values) => values.iter().for_each(assert_no_null),
            Value::Object(values) => values.values().for_each(assert_no_null),
            _ => {}
        }
    }

    #[test]
    fn a_resource_link_is_a_text_with_the_uri_before_2025_06_18() {
        let link = Content::from(Resource::new("a://b", "b").title("Bee").icon("https://a/i.png"))
            .annotations(Annotations::new().priority(1.0).last_modified("2025-01-01T00:00:00Z"))
            .meta("k", 1);
        let text = json!({"type": "text", "text": "Bee: a://b", "annotations": {"priority": 1.0}});
        assert_eq!(at(&link, ALL[0]), text);
        assert_eq!(at(&link, ALL[1]), text);
        let mut newer = json!({
            "type": "resource_link", "uri": "a://b", "name": "b", "title": "Bee",
            "annotations": {"priority": 1.0, "lastModified": "2025-01-01T00:00:00Z"}, "_meta": {"k": 1},
        });
        assert_eq!(at(&link, ALL[2]), newer);
        newer["icons"] = json!([{"src": "https://a/i.png"}]);
        assert_eq!(at(&link, ALL[3]), newer);
        assert_eq!(at(&link, ALL[4]), newer);
    }

    #[test]
    fn audio_is_a_note_before_2025_03_26() {
        let audio = Content::audio([1, 2, 3], "audio/wav");
        assert_eq!(
            at(&audio, ALL[0]),
            json!({
                "type": "text",
                "text": "[audio of type audio/wav, which protocol revision 2024-11-05 cannot carry]",
            })
        );
        assert_eq!(at(&audio, ALL[1]), json!({"type": "audio", "data": "AQID", "mimeType": "audio/wav"}));
    }

    #[test]
    fn meta_of_items_begins_with_2025_06_18_and_that_of_results_is_older() {
        let block = Content::resource(ResourceContents::text("a://b", "t").meta("i", 1)).meta("o", 2);
        let result = PromptResult::new([Message::user(block)]).meta("r", 3);
        assert_eq!(
            at(&result, ALL[1]),
            json!({
                "messages": [{"role": "user", "content": {
                    "type": "resource", "resource": {"uri": "a://b", "text": "t"},
                }}],
                "_meta": {"r": 3},
            })
        );
        assert_eq!(
            at(&result, ALL[2])["messages"][0]["content"],
            json!({"type": "resource", "resource": {"uri": "a://b", "text": "t", "_meta": {"i": 1}}, "_meta": {"o": 2}})
        );
    }

    #[test]
    fn an_implementation_grows_with_the_revisions() {
        let full =
            Implementation::new("a", "1").title("A").description("d").website_url("https://a").icon("https://a/i");
        assert_eq!(keys(&at(&full, ALL[1])), ["name", "version"]);
        assert_eq!(keys(&at(&full, ALL[2])), ["name", "title", "version"]);
        assert_eq!(keys(&at(&full, ALL[3])), ["description", "icons", "name", "title", "version", "websiteUrl"]);
    }

    #[test]
    fn list_entries_grow_with_the_revisions() {
        let tool = Tool::new("t", json!({"type": "object", "properties": {"any": true, "none": false, "s": {}}}))
            .title("T")
            .description("d")
            .output_schema(json!({"type": "object"}))
            .annotations(ToolAnnotations::new().read_only(true))
            .icon("https://a/i")
            .meta("k", 1);
        assert_eq!(keys(&at(&tool, ALL[0])), ["description", "inputSchema", "name"]);
        assert_eq!(keys(&at(&tool, ALL[1])), ["annotations", "description", "inputSchema", "name"]);
        let third = ["_meta", "annotations", "description", "inputSchema", "name", "outputSchema", "title"];
        assert_eq!(keys(&at(&tool, ALL[2])), third);
        assert!(at(&tool, ALL[3]).get("icons").is_some());
        assert_eq!(
            at(&tool, ALL[3])["inputSchema"],
            json!({"type": "object", "properties": {"any": {}, "none": {"not": {}}, "s": {}}})
        );
        assert_eq!(at(&tool, ALL[4])["inputSchema"], tool.input_schema);

        let prompt = Prompt::new("p").title("P").argument(PromptArgument::new("a").title("A").required(true));
        assert_eq!(at(&prompt, ALL[1]), json!({"name": "p", "arguments": [{"name": "a", "required": true}]}));
        assert_eq!(
            at(&prompt, ALL[2]),
            json!({"name": "p", "title": "P", "arguments": [{"name": "a", "title": "A", "required": true}]})
        );

        let template = ResourceTemplate::new("a://{b}", "b").title("B").mime_type("text/plain").icon("https://a/i");
        assert_eq!(keys(&at(&template, ALL[0])), ["mimeType", "name", "uriTemplate"]);
        assert_eq!(keys(&at(&template, ALL[4])), ["icons", "mimeType", "name", "title", "uriTemplate"]);
    }

    #[test]
    fn an_output_that_is_no_object_is_for_the_modern_only() {
        let tool = Tool::new("t", json!({"type": "object"})).output_schema(json!({"type": "integer"}));
        assert_eq!(keys(&at(&tool, ALL[3])), ["inputSchema", "name"]);
        assert_eq!(keys(&at(&tool, ALL[4])), ["inputSchema", "name", "outputSchema"]);
    }

    #[test]
    fn url_elicitation_is_named_on_2025_11_25_only() {
        let url = UrlParams::new("m", "https://a").elicitation_id("e");
        assert_eq!(keys(&at(&url, ALL[3])), ["elicitationId", "message", "mode", "url"]);
        assert_eq!(keys(&at(&url, ALL[4])), ["message", "mode", "url"]);
        let form = FormParams::new("m", json!({}));
        assert_eq!(keys(&at(&form, ALL[2])), ["message", "requestedSchema"]);
        assert_eq!(keys(&at(&form, ALL[3])), ["message", "mode", "requestedSchema"]);
    }

    #[test]
    fn sampling_says_one_block_at_a_time_before_2025_11_25() {
        let request = SamplingRequest::new(SamplingMessage::new(crate::protocol::Role::User, ["a", "b"]))
            .include_context(IncludeContext::None)
            .tools([Tool::new("t", json!({"type": "object"}))])
            .tool_choice(ToolChoice::Auto);
        assert_eq!(
            at(&request, ALL[2]),
            json!({
                "messages": [
                    {"role": "user", "content": {"type": "text", "text": "a"}},
                    {"role": "user", "content": {"type": "text", "text": "b"}},
                ],
                "maxTokens": 1024,
                "includeContext": "none",
            })
        );
        assert_eq!(
            at(&request, ALL[3])["messages"],
            json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])
        );
        assert_eq!(at(&request, ALL[3])["toolChoice"], json!({"mode": "auto"}));
    }

    #[test]
    fn numbers_that_json_does_not_have_are_left_out() {
        let preferences = ModelPreferences::new().cost(f64::INFINITY).speed(f64::NAN).intelligence(0.5);
        assert_eq!(at(&preferences, ALL[4]), json!({"intelligencePriority": 0.5}));
        let mut notes = Annotations::new();
        notes.priority = Some(f64::NAN);
        assert_no_null(&at(&Content::text("t").annotations(notes), ALL[4]));
    }

    #[test]
    fn a_slice_is_shaped_too() {
        let blocks = [Content::text("a"), Content::audio([1], "audio/wav")];
        let wire = to_value(Shaped(blocks.as_slice(), ALL[0])).unwrap();
        assert!(wire.as_array().unwrap().iter().all(|block| block["type"] == "text"));
    }
}
