//! The servers that TLS connections of ours lead to: the name each certificate must bear, and whether it is looked at.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Servers remembered; trunks have few addresses each.
const SERVERS_MAX: usize = 4_096;

/// A server as a trunk names it.
#[derive(Clone, Debug)]
pub struct TlsServer {
    /// The name that its certificate must bear (RFC 5922 §4).
    pub name: String,
    /// False: any certificate will do, as the trunk's `verify = false` asks for.
    pub verify: bool,
}

/// The servers known.
#[derive(Debug, Default)]
pub(super) struct Servers(Mutex<BTreeMap<SocketAddr, TlsServer>>);

impl Servers {
    pub(super) fn put(&self, addr: SocketAddr, server: TlsServer) {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() < SERVERS_MAX || servers.contains_key(&addr) {
            servers.insert(addr, server);
        }
    }

    /// The name to ask for, and whether its certificate is looked at.
    pub(super) fn at(&self, addr: SocketAddr) -> (ServerName<'static>, bool) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&addr).cloned();
        let by_address = || ServerName::IpAddress(addr.ip().into());
        match known {
            Some(server) => (ServerName::try_from(server.name).unwrap_or_else(|_| by_address()), server.verify),
            None => (by_address(), true),
        }
    }
}

/// How connections of ours are secured: public authorities are trusted.
#[derive(Clone, Debug)]
pub struct TlsClients {
    pub(super) careful: Arc<ClientConfig>,
    pub(super) careless: Arc<ClientConfig>,
}

impl TlsClients {
    /// Trusts the public authorities and those given (DER). A certificate that is none is refused.
    pub fn new(extra_roots: &[Vec<u8>]) -> Result<Self, Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in extra_roots {
            roots.add(CertificateDer::from(root.clone()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let careful = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let careless = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        Ok(TlsClients { careful: Arc::new(careful), careless: Arc::new(careless) })
    }

    /// Both kinds the same: what a test wants.
    pub fn of(config: Arc<ClientConfig>) -> Self {
        TlsClients { careful: Arc::clone(&config), careless: config }
    }
}

/// Looks at no certificate; the handshake itself is still checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
