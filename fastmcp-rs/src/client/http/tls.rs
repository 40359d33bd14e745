//! TLS to a server, by rustls: the certificate authorities that browsers trust, or those of a file.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::address::Address;
use crate::client::error::{ClientError, ConnectError};
use crate::text::sanitize;

/// Makes streams secure.
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// `authorities` is a file of certificates (PEM) to trust instead of those that browsers do; without one `FASTMCP_CA_FILE`
    /// names it.
    pub(super) fn new(authorities: Option<&Path>) -> Result<Self, String> {
        let from_environment = std::env::var_os("FASTMCP_CA_FILE");
        let mut roots = RootCertStore::empty();
        match authorities.or(from_environment.as_deref().map(Path::new)) {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                let failed = |error: &dyn std::fmt::Display| {
                    format!("the certificates in {} cannot be read: {}", file.display(), sanitize::error(error))
                };
                for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
                    let certificate = certificate.map_err(|error| failed(&error))?;
                    roots.add(certificate).map_err(|error| failed(&error))?;
                }
                if roots.is_empty() {
                    return Err(failed(&"there are none"));
                }
            }
        }
        // The provider is given here, since the one of the process is the program's to choose.
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| sanitize::error(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    pub(super) async fn secure(
        &self,
        address: &Address,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, ClientError> {
        let failed = |source: crate::error::BoxError| {
            ClientError::Connect(ConnectError::Tls { host: address.host().to_owned(), source })
        };
        let name = ServerName::try_from(address.host().to_owned()).map_err(|error| failed(error.into()))?;
        self.0.connect(name, stream).await.map_err(|error| failed(error.into()))
    }
}
