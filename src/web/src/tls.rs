//! The certificate: self-made on the first start, renewed in time, or the administrator's own.
//!
//! `DATA/tls/cert.pem` and `key.pem` (mode 0600) are what is served. A file `self-made` beside them holds the last
//! day of a certificate that this program made; without that file the certificate is somebody else's and is never
//! touched. TLS 1.2 and 1.3 by rustls, which knows neither RSA key exchange nor CBC.

mod clients;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base::WallTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

pub(crate) use clients::Clients;

/// Apple's systems refuse a longer life, even where the user trusts the certificate.
const LIFE_DAYS: i64 = 820;
/// Renewed when fewer days are left.
const RENEW_DAYS: i64 = 30;

/// The folder with certificate and key.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    folder: PathBuf,
}

/// Why there is no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The folder or a file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The files hold no usable certificate and key.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("making a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// rustls takes no such configuration.
    #[error("TLS: {0}")]
    Config(#[from] rustls::Error),
}

impl TlsFiles {
    pub fn new(data: &Path) -> Self {
        TlsFiles { folder: data.join("tls") }
    }

    /// Makes a certificate if there is none, or if the self-made one ends soon; says whether it did.
    pub fn ensure(&self, now: WallTime, names: &[String]) -> Result<bool, TlsError> {
        let today = date(now);
        let (cert, key, marker) = (self.path("cert.pem"), self.path("key.pem"), self.path("self-made"));
        let due = if cert.exists() && key.exists() {
            // No marker, or one that cannot be read: the certificate is not ours to replace.
            let last_day = fs::read_to_string(&marker).ok().and_then(|text| text.trim().parse::<Date>().ok());
            last_day.is_some_and(|last| (last - today).get_days() < i32::try_from(RENEW_DAYS).unwrap_or(0))
        } else {
            true
        };
        if !due {
            return Ok(false);
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|source| TlsError::File { path: self.folder.clone(), source })?;
        let (cert_pem, key_pem, last_day) = make(today, names)?;
        // The marker first: a power cut in between leaves files that the next start makes anew.
        write(&marker, &format!("{last_day}\n"))?;
        write(&key, &key_pem)?;
        write(&cert, &cert_pem)?;
        sync_folder(&self.folder)?;
        Ok(true)
    }

    /// Reads certificate and key, and sees that they belong together.
    pub fn load(&self) -> Result<CertifiedKey, TlsError> {
        let (cert, key) = (self.path("cert.pem"), self.path("key.pem"));
        let unusable = |path: &Path, reason: String| TlsError::Unusable { path: path.to_owned(), reason };
        let chain = CertificateDer::pem_slice_iter(&read(&cert)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(&cert, error.to_string()))?;
        let secret = PrivateKeyDer::from_pem_slice(&read(&key)?).map_err(|error| unusable(&key, error.to_string()))?;
        CertifiedKey::from_der(chain, secret, &provider()).map_err(|error| unusable(&cert, error.to_string()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The certificate being served; replaced while connections live, for all who serve it.
#[derive(Debug)]
pub(crate) struct Served(RwLock<Arc<CertifiedKey>>);

impl Served {
    pub fn new(key: CertifiedKey) -> Arc<Self> {
        Arc::new(Served(RwLock::new(Arc::new(key))))
    }

    /// From now on new connections get this one.
    pub fn replace(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// A configuration for rustls that offers these protocols (RFC 7301), if any, to these clients.
    pub fn server_config(
        self: &Arc<Self>,
        protocols: &[&[u8]],
        clients: &Clients,
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let builder = builder.with_client_cert_verifier(clients.verifier());
        let mut config = builder.with_cert_resolver(Arc::clone(self) as Arc<_>);
        // Ten thousand phones that come back after a cut shall not cost ten thousand full handshakes.
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The names of this box: its host name, loopback, and the address it listens on.
pub(crate) fn own_names(listen: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if let Ok(host) = fs::read_to_string("/proc/sys/kernel/hostname") {
        let host = host.trim().to_lowercase();
        if !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
            names.push(format!("{host}.local"));
            names.push(host);
        }
    }
    if !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    names.sort();
    names.dedup();
    names
}

fn make(today: Date, names: &[String]) -> Result<(String, String, Date), TlsError> {
    let first_day = today - Span::new().days(1); // a phone's clock may be behind
    let last_day = today + Span::new().days(LIFE_DAYS);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Strowger");
    let day = |date: Date| {
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(first_day);
    params.not_after = day(last_day);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    Ok((cert.pem(), key.serialize_pem(), last_day))
}

fn date(at: WallTime) -> Date {
    Timestamp::from_millisecond(at.unix_ms()).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Whole or not at all: to a new file, synced, then renamed. All of mode 0600.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let fresh = path.with_extension("new");
    let done = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    done.map_err(|source| TlsError::File { path: path.to_owned(), source })
}

fn sync_folder(path: &Path) -> Result<(), TlsError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn now() -> WallTime {
        WallTime::from_unix_ms(1_700_000_000_000)
    }

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("strowger-tls-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn a_certificate_is_made_once_with_a_private_key_and_renewed_in_time() {
        let data = folder("make");
        let files = TlsFiles::new(&data);
        let names = own_names("192.0.2.7".parse().unwrap());
        assert!(files.ensure(now(), &names).unwrap());
        assert!(!files.ensure(now(), &names).unwrap());
        let mode = fs::metadata(files.path("key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let served = Served::new(files.load().unwrap());
        assert_eq!(served.server_config(&[b"h2"], &Clients::NONE).unwrap().alpn_protocols, [b"h2".to_vec()]);
        assert!(served.server_config(&[], &Clients::NONE).unwrap().alpn_protocols.is_empty());
        let late = now() + base::Duration::from_secs(800 * 86_400);
        assert!(files.ensure(late, &names).unwrap(), "fewer than 30 days are left");
        fs::remove_file(files.path("self-made")).unwrap();
        assert!(!files.ensure(late + base::Duration::from_secs(900 * 86_400), &names).unwrap(), "not ours");
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn rubbish_in_the_files_is_a_clear_error() {
        let data = folder("rubbish");
        let files = TlsFiles::new(&data);
        assert!(matches!(files.load(), Err(TlsError::File { .. })));
        files.ensure(now(), &own_names("::1".parse().unwrap())).unwrap();
        fs::write(files.path("key.pem"), "rubbish").unwrap();
        assert!(matches!(files.load(), Err(TlsError::Unusable { .. })));
        fs::remove_dir_all(data).unwrap();
    }
}
