//! The page for people: three files, made from `fastmcp-rs/page` and packed already, and where they are served. The page is a client
//! like any other: it speaks to the endpoint, and nothing here knows more than its path.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Command, Stdio};

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

use super::body::HttpBody;
use super::mirrored_headers::SESSION_ID;
use super::responses::{HttpResponse, plain, status};
use super::service::{McpService, turned_away};
use super::settings::{Http, wrong_path};
use crate::error::{Error, unusable};
use crate::printing;

const SCRIPT: &[u8] = include_bytes!("../../../page/dist/page.js.gz");
const STYLE: &[u8] = include_bytes!("../../../page/dist/page.css.gz");
const INDEX: &str = include_str!("../../../page/index.html");

/// Nothing but our own two files is run or loaded, nothing is sent but to this server, and nobody frames it. Pictures and sound are
/// those that results brought along.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src data: blob:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The headers of everything here.
const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (CACHE_CONTROL, "no-cache"),
];

/// The page that a server shows to people; given with [`Server::page`](crate::Server::page).
#[derive(Clone, Debug)]
#[must_use = "give it to `Server::page`"]
pub struct Page {
    path: String,
    problem: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self { path: "/".to_owned(), problem: None }
    }
}

impl Page {
    /// The page at `/`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The page at another path, such as `/docs`; one that does not begin with `/`, or has `?`, `#`, spaces or braces, is a start-up
    /// error. In a router that is nested in another, only such a path has an address of its own.
    #[track_caller]
    pub fn at(path: impl Into<String>) -> Self {
        let path = path.into();
        let problem = wrong_path(&path)
            .map(|wrong| unusable(&format!("Page::at({path:?})"), &format!("cannot be served: {wrong}")));
        Self { path, problem }
    }
}

/// Whether the page is shown, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    place: PageAt,
    /// A browser is to be opened.
    open: bool,
}

#[derive(Clone, Debug, Default)]
enum PageAt {
    /// Nobody said anything.
    #[default]
    ByAddress,
    Nowhere,
    At(Page),
}

impl Shown {
    pub(crate) fn show(&mut self, page: Page) {
        self.place = PageAt::At(page);
    }

    /// Whether the program says anything about it.
    pub(crate) fn is_said(&self) -> bool {
        !matches!(self.place, PageAt::ByAddress)
    }

    pub(crate) fn hide(&mut self) {
        self.place = PageAt::Nowhere;
    }

    /// Has it opened in a browser as soon as it is served.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    pub(crate) fn problem(&self) -> Option<String> {
        if let PageAt::At(page) = &self.place { page.problem.clone() } else { None }
    }

    /// Where it is served.
    pub(crate) fn path(&self) -> Option<&str> {
        if let PageAt::At(page) = &self.place { Some(&page.path) } else { None }
    }

    /// Decides what was left open, now that it is known where the server listens; whether a browser is to be opened. A server on
    /// loopback that expects other hosts stands behind a proxy, for others to use.
    pub(super) fn decide(&mut self, address: Option<SocketAddr>, expects_others: bool) -> Result<bool, Error> {
        let near = address.is_some_and(|address| address.ip().is_loopback()) && !expects_others;
        if matches!(self.place, PageAt::ByAddress) && near {
            self.place = PageAt::At(Page::new());
        }
        if self.open && self.path().is_none() {
            return Err(Error::new(
                "`--open`: this server shows no page. It shows one on loopback, unless it says `.no_page()`, and elsewhere with `.page(Page::new())`",
            ));
        }
        Ok(self.open)
    }
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageFile {
    Index,
    Script,
    Style,
}

impl PageFile {
    const ALL: [(Self, &'static str); 3] = [(Self::Index, ""), (Self::Script, "page.js"), (Self::Style, "page.css")];
}

/// The URLs of the page, where there is one.
pub(super) fn urls(settings: &Http) -> impl Iterator<Item = (Cow<'_, str>, PageFile)> {
    let page = settings.page.path();
    page.into_iter().flat_map(|path| {
        PageFile::ALL.into_iter().map(move |(part, file)| match part {
            PageFile::Index => (Cow::from(path), part),
            _ => (Cow::from(format!("{}/{file}", path.strip_suffix('/').unwrap_or(path))), part),
        })
    })
}

/// The answer to a browser that opens the endpoint: where the page is, or the page itself if it is at the same path.
/// Nobody is asked for a token: the page has nothing of the server in it.
pub(super) fn instead<B>(settings: &Http, request: &Request<B>) -> Option<HttpResponse> {
    let wanted = request.method() == Method::GET && is_browser(request.headers());
    let page = settings.page.path().filter(|_| wanted)?;
    if page == settings.path {
        return Some(index(settings, request.uri().path()));
    }
    let mut response = status(StatusCode::SEE_OTHER);
    let location = HeaderValue::from_str(&relative(request.uri().path(), page)).ok()?;
    response.headers_mut().insert(LOCATION, location);
    Some(response)
}

/// Whether somebody opens the URL, rather than a program.
fn is_browser(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let mut kinds = accepts.split(',').filter_map(|range| range.split(';').next()).map(str::trim);
    kinds.any(|kind| kind.eq_ignore_ascii_case("text/html")) && !headers.contains_key(SESSION_ID)
}

/// A path as it is reached from another, so that it holds under whatever prefix both are served.
fn relative(from: &str, to: &str) -> String {
    let up = from.bytes().filter(|byte| *byte == b'/').count().saturating_sub(1);
    format!("./{}{}", "../".repeat(up), to.trim_start_matches('/'))
}

impl McpService {
    /// Answers a request for a part of the page.
    pub(super) fn page<B>(&self, request: &Request<B>, part: PageFile) -> HttpResponse {
        if let Err(refused) = self.settings().guard.check(request.uri(), request.headers()) {
            return turned_away(refused);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "the page is for reading".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match part {
            PageFile::Index if is_browser(request.headers()) => index(self.settings(), request.uri().path()),
            // As if there were no page: what is no browser is told nothing new.
            PageFile::Index => status(StatusCode::NOT_FOUND),
            PageFile::Script => packed(request.headers(), SCRIPT, "text/javascript; charset=utf-8"),
            PageFile::Style => packed(request.headers(), STYLE, "text/css; charset=utf-8"),
        }
    }
}

/// The page as it is reached at `path`: it names its other files and the endpoint.
fn index(settings: &Http, path: &str) -> HttpResponse {
    let page = settings.page.path().unwrap_or("/");
    let file = |name: &str| relative(path, &format!("{}/{name}", page.trim_end_matches('/')));
    let html = INDEX
        .replace("{endpoint}", &escaped(&relative(path, &settings.path)))
        .replace("{script}", &escaped(&file("page.js")))
        .replace("{style}", &escaped(&file("page.css")));
    with_headers(HttpBody::full(html.into_bytes()), "text/html; charset=utf-8")
}

/// A path within an attribute of HTML.
fn escaped(path: &str) -> String {
    path.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A file that is packed already.
fn packed(headers: &HeaderMap, file: &'static [u8], kind: &'static str) -> HttpResponse {
    let takes = |range: &str| {
        let (name, quality) = range.split_once(';').unwrap_or((range, ""));
        let refused =
            quality.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        matches!(name.trim(), "gzip" | "x-gzip" | "*") && !refused
    };
    let encodings = headers.get(ACCEPT_ENCODING).and_then(|encodings| encodings.to_str().ok()).unwrap_or("");
    if !encodings.split(',').any(takes) {
        return plain(
            StatusCode::NOT_ACCEPTABLE,
            "this file is there in gzip only: send `Accept-Encoding: gzip`".to_owned(),
        );
    }
    // A gzip file ends with the checksum and the length of what is in it.
    let tag: String = file.iter().rev().take(8).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or("");
    let unchanged = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let body = if unchanged { HttpBody::empty() } else { HttpBody::fixed(file) };
    let mut response = with_headers(body, kind);
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn with_headers(body: HttpBody, kind: &'static str) -> HttpResponse {
    let mut response = HttpResponse::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// Says where the page is, and opens it if that is wanted.
pub(super) fn announce(address: SocketAddr, path: &str, open: bool) {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let url = format!("http://{}{path}", SocketAddr::new(ip, address.port()));
    printing::say(&format!("fastmcp-rs: open {url} in a browser to see and try what it offers"));
    if !open {
        return;
    }
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(&url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        // Whoever starts a process hears of its end; this may be the browser itself, which stays.
        Ok(mut browser) => drop(std::thread::spawn(move || browser.wait())),
        Err(error) => {
            printing::say(&format!("fastmcp-rs: `{program}`, which opens a browser, cannot be started: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_reached_from_another_under_any_prefix() {
        for (from, to, relative_path) in [
            ("/", "/mcp", "./mcp"),
            ("/mcp", "/", "./"),
            ("/docs", "/mcp", "./mcp"),
            ("/docs/", "/mcp", "./../mcp"),
            ("/a/b", "/docs/page.js", "./../docs/page.js"),
        ] {
            assert_eq!(relative(from, to), relative_path, "{from} to {to}");
        }
    }

    #[test]
    fn the_bundle_is_small_enough_for_every_binary() {
        assert!(SCRIPT.len() + STYLE.len() <= 60 * 1024, "{} bytes", SCRIPT.len() + STYLE.len());
        assert!(INDEX.len() <= 1024, "{} bytes", INDEX.len());
    }
}
