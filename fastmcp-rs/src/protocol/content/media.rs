//! Pictures, sounds and files as return values: from bytes, or from a path that is read when the block is made.
//!
//! The MIME type is guessed from the extension by a small table; say it yourself where the guess is not good enough.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::{super::resource::ResourceContents, Annotations, Content};
use crate::text::percent;

/// Bytes at hand, or a path to read later.
#[derive(Debug, Clone)]
enum MediaSource {
    Bytes(Vec<u8>),
    Path(PathBuf),
}

impl MediaSource {
    fn read(self) -> io::Result<Vec<u8>> {
        match self {
            MediaSource::Bytes(bytes) => Ok(bytes),
            MediaSource::Path(path) => {
                fs::read(&path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
            }
        }
    }

    fn mime_type(&self) -> Option<&'static str> {
        match self {
            MediaSource::Bytes(_) => None,
            MediaSource::Path(path) => mime_type_of(path),
        }
    }
}

/// An image to return from a tool; becomes an image block (spec: server/tools, "Image Content").
#[derive(Debug, Clone)]
pub struct Image {
    source: MediaSource,
    mime_type: Option<String>,
    annotations: Option<Annotations>,
}

/// A sound to return from a tool; becomes an audio block (spec: server/tools, "Audio Content").
#[derive(Debug, Clone)]
pub struct Audio {
    source: MediaSource,
    mime_type: Option<String>,
    annotations: Option<Annotations>,
}

/// The two differ in the word only.
macro_rules! playable {
    ($media:ident, $prefix:literal, $block:path) => {
        impl $media {
            /// From bytes of this MIME type.
            pub fn new(bytes: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
                Self { source: MediaSource::Bytes(bytes.into()), mime_type: Some(mime_type.into()), annotations: None }
            }

            /// From a file; the extension tells the MIME type. Returned from a handler, it is read at once, on the thread that
            /// other calls share: read what is large or far away with `tokio::fs::read`, and hand the bytes to [`new`](Self::new).
            pub fn path(path: impl Into<PathBuf>) -> Self {
                Self { source: MediaSource::Path(path.into()), mime_type: None, annotations: None }
            }

            /// State the MIME type instead of guessing it.
            #[must_use]
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.mime_type = Some(mime_type.into());
                self
            }

            /// Hints for the client.
            #[must_use]
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.annotations = Some(annotations);
                self
            }

            /// Read what must be read and make the block. Blocks on a path: call it off the async runtime.
            pub fn into_content(self) -> io::Result<Content> {
                let mime_type = match self.mime_type {
                    Some(mime_type) => mime_type,
                    None => match self.source.mime_type().filter(|guess| guess.starts_with($prefix)) {
                        Some(guess) => guess.to_owned(),
                        None => return Err(unknown_type(&self.source, $prefix)),
                    },
                };
                let block = $block(self.source.read()?, mime_type);
                Ok(match self.annotations {
                    Some(annotations) => block.annotations(annotations),
                    None => block,
                })
            }
        }
    };
}

playable!(Image, "image/", Content::image);
playable!(Audio, "audio/", Content::audio);

impl Image {
    /// A PNG.
    pub fn png(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "image/png")
    }

    /// A JPEG.
    pub fn jpeg(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "image/jpeg")
    }
}

impl Audio {
    /// A WAV.
    pub fn wav(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "audio/wav")
    }

    /// An MP3.
    pub fn mp3(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "audio/mpeg")
    }
}

fn unknown_type(source: &MediaSource, prefix: &str) -> io::Error {
    let what = match source {
        MediaSource::Path(path) => path.display().to_string(),
        MediaSource::Bytes(_) => "these bytes".to_owned(),
    };
    let message = format!("cannot tell the `{prefix}..` type of {what}: say it with `.mime_type(..)`");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// A file to return from a tool; becomes an embedded resource (spec: server/tools, "Embedded Resources").
///
/// Its URI is `file:///` and the file's name: where it lies on the server is not told. Text types that are valid UTF-8
/// are sent as text, everything else as a blob.
#[derive(Debug, Clone)]
pub struct File {
    source: MediaSource,
    name: String,
    mime_type: Option<String>,
    annotations: Option<Annotations>,
}

impl File {
    /// From a file. Returned from a handler, it is read at once, on the thread that other calls share: read what is large or far
    /// away with `tokio::fs::read`, and hand the bytes to [`bytes`](Self::bytes).
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().unwrap_or(OsStr::new("file")).to_string_lossy().into_owned();
        Self { source: MediaSource::Path(path), name, mime_type: None, annotations: None }
    }

    /// From bytes, under this name; its extension tells the MIME type.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { source: MediaSource::Bytes(bytes.into()), name: name.into(), mime_type: None, annotations: None }
    }

    /// Call it something else than the path does.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// State the MIME type instead of guessing it.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Hints for the client.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Read what must be read and make the block. Blocks on a path: call it off the async runtime.
    pub fn into_content(self) -> io::Result<Content> {
        let guess = self.source.mime_type().or_else(|| mime_type_of(Path::new(&self.name)));
        let mime_type = self.mime_type.unwrap_or_else(|| guess.unwrap_or("application/octet-stream").to_owned());
        let uri = file_uri(&self.name);
        let bytes = self.source.read()?;
        let contents = if is_text(&mime_type) {
            match String::from_utf8(bytes) {
                Ok(text) => ResourceContents::text(uri, text),
                Err(not_utf8) => ResourceContents::blob(uri, not_utf8.as_bytes()),
            }
        } else {
            ResourceContents::blob(uri, bytes)
        };
        let block = Content::resource(contents.mime_type(mime_type));
        Ok(match self.annotations {
            Some(annotations) => block.annotations(annotations),
            None => block,
        })
    }
}

/// `file:///` and the name, with everything but RFC 3986's unreserved characters percent-encoded.
fn file_uri(name: &str) -> String {
    format!("file:///{}", percent::encode(name))
}

fn is_text(mime_type: &str) -> bool {
    let essence = mime_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence,
            "application/json" | "application/xml" | "application/yaml" | "application/toml" | "application/sql"
        )
}

/// The MIME type that a file name's extension stands for, if it is one of the common ones.
fn mime_type_of(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "bmp" => "image/bmp",
        "ico" => "image/vnd.microsoft.icon",
        "tif" | "tiff" => "image/tiff",
        "avif" => "image/avif",
        "heic" => "image/heic",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" => "audio/mp4",
        "aac" => "audio/aac",
        "weba" => "audio/webm",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mov" => "video/quicktime",
        "txt" | "log" => "text/plain",
        "md" | "markdown" => "text/markdown",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "js" | "mjs" => "text/javascript",
        "rs" => "text/x-rust",
        "py" => "text/x-python",
        "sh" => "text/x-shellscript",
        "json" => "application/json",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/yaml",
        "toml" => "application/toml",
        "sql" => "application/sql",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "tar" => "application/x-tar",
        "wasm" => "application/wasm",
        "rtf" => "application/rtf",
        "epub" => "application/epub+zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    fn wire(content: io::Result<Content>) -> serde_json::Value {
        to_value(content.unwrap()).unwrap()
    }

    #[test]
    fn bytes_become_blocks_of_their_kind() {
        assert_eq!(
            wire(Image::png([1, 2, 3]).into_content()),
            json!({"type": "image", "data": "AQID", "mimeType": "image/png"})
        );
        assert_eq!(
            wire(Audio::mp3([1, 2, 3]).annotations(Annotations::new().priority(1.0)).into_content()),
            json!({"type": "audio", "data": "AQID", "mimeType": "audio/mpeg", "annotations": {"priority": 1.0}})
        );
    }

    #[test]
    fn text_files_are_text_and_the_others_are_blobs() {
        assert_eq!(
            wire(File::bytes("my notes.MD", "# Hi").into_content()),
            json!({
                "type": "resource",
                "resource": {"uri": "file:///my%20notes.MD", "mimeType": "text/markdown", "text": "# Hi"},
            })
        );
        assert_eq!(
            wire(File::bytes("a.txt", [0xff]).into_content())["resource"],
            json!({"uri": "file:///a.txt", "mimeType": "text/plain", "blob": "/w=="})
        );
        assert_eq!(
            wire(File::bytes("what", [1, 2, 3]).into_content())["resource"],
            json!({"uri": "file:///what", "mimeType": "application/octet-stream", "blob": "AQID"})
        );
    }

    #[test]
    fn a_path_is_read_late_and_a_missing_one_is_named() {
        let path = std::env::temp_dir().join(format!("fastmcp-media-{}.png", std::process::id()));
        let image = Image::path(&path);
        let error = image.clone().into_content().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("fastmcp-media-"), "{error}");
        fs::write(&path, [1, 2, 3]).unwrap();
        let block = wire(image.into_content());
        fs::remove_file(&path).unwrap();
        assert_eq!(block, json!({"type": "image", "data": "AQID", "mimeType": "image/png"}));
    }

    #[test]
    fn an_extension_that_says_nothing_asks_for_the_type() {
        assert_eq!(
            Image::path("a.mp3").into_content().unwrap_err().to_string(),
            "cannot tell the `image/..` type of a.mp3: say it with `.mime_type(..)`"
        );
    }
}
