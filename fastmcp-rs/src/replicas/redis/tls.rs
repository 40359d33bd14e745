//! TLS, with the cryptography of `ring` whatever the process has chosen for itself.

/// How TLS is spoken. In a build without it there is none of these.
#[derive(Clone)]
pub(super) struct RedisTls(
    #[cfg(feature = "redis-tls")] std::sync::Arc<rustls::ClientConfig>,
    #[cfg(not(feature = "redis-tls"))] std::convert::Infallible,
);

#[cfg(feature = "redis-tls")]
mod built {
    use std::path::Path;
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::client::TlsStream;

    use super::RedisTls;
    use crate::replicas::redis::settings::Redis;
    use crate::text::sanitize;

    impl RedisTls {
        pub(in crate::replicas::redis) fn new(settings: &Redis) -> Result<Self, String> {
            let roots = match &settings.ca_file {
                None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
                Some(file) => {
                    let mut roots = RootCertStore::empty();
                    for certificate in certificates(file, "authorities")? {
                        let added = roots.add(certificate);
                        added.map_err(|error| unusable(file, "authorities", &error))?;
                    }
                    roots
                }
            };
            let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| sanitize::error(&error))?
                .with_root_certificates(roots);
            let config = match (&settings.certificate_file, &settings.key_file) {
                (None, None) => config.with_no_client_auth(),
                (Some(certificate), Some(key)) => {
                    let chain = certificates(certificate, "certificate")?;
                    // Not even of a file that is none a word: it may be a key all the same.
                    let read = PrivateKeyDer::from_pem_file(key)
                        .map_err(|_| format!("there is no key (PEM) in {} that can be read", key.display()))?;
                    let config = config.with_client_auth_cert(chain, read);
                    config.map_err(|error| unusable(key, "key", &error))?
                }
                _ => {
                    return Err("a certificate by which to be known has a file, and its key another: name both, by \
                                `Redis::client_certificate`, or FASTMCP_REDIS_CERTIFICATE_FILE and FASTMCP_REDIS_KEY_FILE"
                        .to_owned());
                }
            };
            Ok(Self(Arc::new(config)))
        }

        /// Speaks TLS with the server of a name; otherwise what it did not do.
        pub(in crate::replicas::redis) async fn connect(
            &self,
            host: &str,
            socket: TcpStream,
        ) -> Result<Box<TlsStream<TcpStream>>, String> {
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| "cannot be reached: its host is no name that a certificate could have".to_owned())?;
            let connected = TlsConnector::from(Arc::clone(&self.0)).connect(name, socket).await;
            connected.map(Box::new).map_err(|error| {
                let reason = error.get_ref().and_then(|reason| reason.downcast_ref::<rustls::Error>());
                let hint = match reason {
                    Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)) => {
                        "; a private authority's certificate is named by `Redis::ca_file` or FASTMCP_REDIS_CA_FILE"
                    }
                    Some(rustls::Error::InvalidMessage(_)) => "; one that does not speak TLS is `redis://`",
                    _ => "",
                };
                format!("cannot be reached by TLS: {}{hint}", sanitize::error(&error))
            })
        }
    }

    fn certificates(file: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
        let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            Ok(all) if all.is_empty() => Err(unusable(file, what, &"there is no certificate (PEM) in it")),
            Ok(all) => Ok(all),
            Err(error) => Err(unusable(file, what, &error)),
        }
    }

    fn unusable(file: &Path, what: &str, why: &dyn std::fmt::Display) -> String {
        format!("the {what} in {} cannot be used: {}", file.display(), sanitize::error(why))
    }
}

#[cfg(not(feature = "redis-tls"))]
mod missing {
    use tokio::net::TcpStream;

    use super::RedisTls;
    use crate::replicas::redis::settings::Redis;

    impl RedisTls {
        pub(in crate::replicas::redis) fn new(_: &Redis) -> Result<Self, String> {
            Err("TLS is asked for, and this program was built without the feature `redis-tls` of fastmcp-rs".to_owned())
        }

        pub(in crate::replicas::redis) async fn connect(
            &self,
            _: &str,
            _: TcpStream,
        ) -> Result<Box<TcpStream>, String> {
            match self.0 {}
        }
    }
}
