//! The words of [`Server`] about its page.

use super::builder::Server;
use crate::transport::http::Page;

/// # The page for people
///
/// See the book's chapter on it, `docs/page.md`.
impl Server {
    /// Serves the page, wherever the server is reached over HTTP: `Page::new()` at `/`, or `Page::at("/docs")`. Default: at `/`
    /// where the server listens on loopback by itself and [knows no other host](crate::Http::allowed_hosts), nowhere else. A path that
    /// is none is a start-up error.
    ///
    /// Whoever reaches it sees and does what any client may; it asks for a token where the server does.
    ///
    /// ```
    /// use fastmcp_rs::{Page, Server};
    ///
    /// let server = Server::new("notes").page(Page::at("/docs"));
    /// ```
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page.show(page);
        self
    }

    /// Serves no page, not even on loopback.
    #[must_use]
    pub fn no_page(mut self) -> Self {
        self.page.hide();
        self
    }
}
