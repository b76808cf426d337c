//! The certificates that phones show on SIP over TLS: whether they must, and whose are good.
//!
//! A certificate opens the connection and no more: which extension it is, a phone proves by its secret.

use std::path::Path;
use std::sync::Arc;

use config::{ClientCertificates, Listen};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

use super::{TlsError, provider, read};

/// Authorities in one file; more is a list for browsers, which would let anybody in.
const AUTHORITIES_MAX: usize = 100;

/// Who may connect.
#[derive(Clone, Debug)]
pub(crate) struct Clients(Option<Arc<dyn ClientCertVerifier>>);

impl Clients {
    /// Anybody; no certificate is asked for.
    pub const NONE: Clients = Clients(None);

    /// As the document says; reads the authorities where certificates are asked for.
    pub fn read(listen: &Listen) -> Result<Clients, TlsError> {
        let asked = listen.sips_clients;
        if asked == ClientCertificates::None {
            return Ok(Clients::NONE);
        }
        let path = Path::new(listen.sips_client_ca.as_deref().unwrap_or_default());
        let unusable = |reason: String| TlsError::Unusable { path: path.to_owned(), reason };
        let found = CertificateDer::pem_slice_iter(&read(path)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(error.to_string()))?;
        if found.is_empty() || found.len() > AUTHORITIES_MAX {
            return Err(unusable(format!("{} certificates, expected 1 to {AUTHORITIES_MAX}", found.len())));
        }
        let mut roots = RootCertStore::empty();
        for authority in found {
            roots.add(authority).map_err(|error| unusable(error.to_string()))?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let builder = match asked {
            ClientCertificates::Optional => builder.allow_unauthenticated(),
            ClientCertificates::None | ClientCertificates::Required => builder,
        };
        Ok(Clients(Some(builder.build().map_err(|error| unusable(error.to_string()))?)))
    }

    /// What rustls asks about each connection.
    pub fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        self.0.clone().unwrap_or_else(WebPkiClientVerifier::no_client_auth)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, ServerConnection};

    use super::super::{Served, TlsFiles, own_names};
    use super::*;

    struct Authority {
        pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    fn authority() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

    fn phone_of(authority: &Authority) -> Identity {
        let mut params = CertificateParams::new(vec!["phone-101".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &authority.issuer).unwrap();
        (vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    struct Box {
        folder: PathBuf,
        served: Arc<Served>,
    }

    impl Box {
        fn new(name: &str) -> Box {
            let folder = std::env::temp_dir().join(format!("strowger-clients-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            let files = TlsFiles::new(&folder);
            let now = base::WallTime::from_unix_ms(1_700_000_000_000);
            files.ensure(now, &own_names("127.0.0.1".parse().unwrap())).unwrap();
            Box { served: Served::new(files.load().unwrap()), folder }
        }

        fn listen(&self, asked: ClientCertificates, pem: &str) -> Listen {
            let path = self.folder.join("ca.pem");
            fs::write(&path, pem).unwrap();
            let ca = path.to_str().unwrap().to_owned();
            Listen { sips_clients: asked, sips_client_ca: Some(ca), ..config::Config::default().listen }
        }

        /// Shakes hands in memory; whether both sides are content.
        fn takes(&self, listen: &Listen, identity: Option<&Identity>) -> bool {
            let clients = Clients::read(listen).unwrap();
            let config = self.served.server_config(&[], &clients).unwrap();
            let mut server = ServerConnection::new(config).unwrap();
            let builder = ClientConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(trust::Anybody));
            let config = match identity {
                Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()).unwrap(),
                None => builder.with_no_client_auth(),
            };
            let name = ServerName::try_from("localhost").unwrap();
            let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
            for _ in 0..4 {
                let mut wire = Vec::new();
                while client.wants_write() {
                    client.write_tls(&mut wire).unwrap();
                }
                server.read_tls(&mut wire.as_slice()).unwrap();
                if server.process_new_packets().is_err() {
                    return false;
                }
                let mut wire = Vec::new();
                while server.wants_write() {
                    server.write_tls(&mut wire).unwrap();
                }
                client.read_tls(&mut wire.as_slice()).unwrap();
                if client.process_new_packets().is_err() {
                    return false;
                }
            }
            !server.is_handshaking() && !client.is_handshaking()
        }
    }

    impl Drop for Box {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// The phones of these tests take any certificate of the box.
    mod trust {
        use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
        use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
        use rustls::{DigitallySignedStruct, Error, SignatureScheme};

        #[derive(Debug)]
        pub struct Anybody;

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
                _: &[u8],
                _: &CertificateDer<'_>,
                _: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, Error> {
                Ok(HandshakeSignatureValid::assertion())
            }

            fn verify_tls13_signature(
                &self,
                _: &[u8],
                _: &CertificateDer<'_>,
                _: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, Error> {
                Ok(HandshakeSignatureValid::assertion())
            }

            fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
                super::provider().signature_verification_algorithms.supported_schemes()
            }
        }
    }

    #[test]
    fn only_good_certificates_are_taken_and_none_only_where_it_may_be_missing() {
        let office = Box::new("shakes");
        let (ours, foreign) = (authority(), authority());
        let (good, bad) = (phone_of(&ours), phone_of(&foreign));
        let verdicts = |asked| {
            let listen = office.listen(asked, &ours.pem);
            [Some(&good), None, Some(&bad)].map(|identity| office.takes(&listen, identity))
        };
        assert_eq!(verdicts(ClientCertificates::Required), [true, false, false], "good, none, foreign");
        assert_eq!(verdicts(ClientCertificates::Optional), [true, true, false]);
        assert_eq!(verdicts(ClientCertificates::None), [true, true, true]);
        // Two authorities in one file: both count.
        let both = office.listen(ClientCertificates::Required, &format!("{}{}", ours.pem, foreign.pem));
        assert!(office.takes(&both, Some(&good)) && office.takes(&both, Some(&bad)));
    }

    #[test]
    fn authorities_that_cannot_be_read_are_a_clear_error() {
        let office = Box::new("errors");
        let listen = office.listen(ClientCertificates::Required, "no certificate");
        let error = Clients::read(&listen).unwrap_err().to_string();
        assert!(error.ends_with("ca.pem: 0 certificates, expected 1 to 100"), "{error}");
        fs::remove_file(office.folder.join("ca.pem")).unwrap();
        assert!(matches!(Clients::read(&listen), Err(TlsError::File { .. })));
    }
}
