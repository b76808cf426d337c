//! One record set from the name servers, bounded and translated: the only file that knows the resolver library.

use std::fs;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::parse_resolv_conf;

use super::order::{NAPTR_MAX, Naptr, SRV_MAX, Srv};
use super::question::{Family, LocateError, host_name};
use super::{ALIASES_MAX, HOLDS_MAX};

/// Name servers used; the C library stops at three.
const SERVERS_MAX: usize = 4;
/// Record sets kept by the resolver; past it the least used goes. Each may be 64 KiB of somebody's nonsense.
const CACHE_MAX: u64 = 256;
/// How long "there is none" is kept: a trunk that has just been put into DNS should not wait for an hour.
const NEGATIVE_MAX: Duration = Duration::from_secs(60);
/// Addresses taken from one record set.
const ADDRESSES_MAX: usize = 16;
/// Where the system names its name servers (resolv.conf(5)), and the longest such file that is read.
pub(super) const RESOLV_CONF: &str = "/etc/resolv.conf";
const RESOLV_CONF_MAX: u64 = 64 << 10;

/// Asks the name servers.
pub(super) struct Asker {
    /// Empty: those of `conf`.
    servers: Vec<SocketAddr>,
    conf: PathBuf,
    timeout: Duration,
    /// The resolver in use and the state of the file it was made from.
    current: Mutex<Option<(TokioResolver, Option<FileState>)>>,
}

/// When a file was changed, and its length.
type FileState = (SystemTime, u64);

/// Records of one kind, and how long they hold; `None` when part of the answer failed to come.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) records: Vec<T>,
    pub(super) holds: Option<Duration>,
}

/// Why there are no records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AskError {
    /// The name servers say there are none.
    Nothing,
    TimedOut,
    Aliases,
    NoServers,
    Failed(String),
}

impl AskError {
    /// The error as the caller of the whole question sees it.
    pub(super) fn for_host(self, host: &str) -> LocateError {
        let host = host.to_owned();
        match self {
            AskError::Nothing => LocateError::NoAddress { host },
            AskError::TimedOut => LocateError::TimedOut { host },
            AskError::Aliases => LocateError::Aliases { host },
            AskError::NoServers => LocateError::NoServers,
            AskError::Failed(text) => LocateError::Failed { host, text },
        }
    }
}

impl Asker {
    pub(super) fn new(servers: Vec<SocketAddr>, conf: &Path, timeout: Duration) -> Self {
        Asker { servers, conf: conf.to_owned(), timeout, current: Mutex::new(None) }
    }

    /// The NAPTR records of a domain (RFC 3403).
    pub(super) async fn naptr(&self, name: &str) -> Result<Answer<Naptr>, AskError> {
        self.ask(name, RecordType::NAPTR, usize::MAX, |data| match data {
            RData::NAPTR(r) => Some(Naptr {
                order: r.order,
                preference: r.preference,
                flags: r.flags.to_vec(),
                services: r.services.to_vec(),
                regexp: r.regexp.to_vec(),
                replacement: r.replacement.to_ascii(),
            }),
            _ => None,
        })
        .await
        .map(|mut answer| {
            answer.records.sort_by_key(|r| (r.order, r.preference));
            // Room for the services that are not ours, before those are dropped.
            answer.records.truncate(NAPTR_MAX * 4);
            answer
        })
    }

    /// The SRV records of a service (RFC 2782). Records whose target is not a host name are dropped.
    pub(super) async fn srv(&self, name: &str) -> Result<Answer<Srv>, AskError> {
        self.ask(name, RecordType::SRV, usize::MAX, |data| match data {
            RData::SRV(r) if r.target.is_root() => {
                Some(Srv { priority: r.priority, weight: r.weight, port: r.port, target: None })
            }
            RData::SRV(r) => {
                let target = host_name(&r.target.to_ascii())?;
                (r.port != 0).then_some(Srv {
                    priority: r.priority,
                    weight: r.weight,
                    port: r.port,
                    target: Some(target),
                })
            }
            _ => None,
        })
        .await
        .map(|mut answer| {
            answer.records.sort_by_key(|r| r.priority);
            answer.records.truncate(SRV_MAX * 4);
            answer
        })
    }

    /// The addresses of a host, IPv4 first; both kinds are asked at once.
    pub(super) async fn addresses(&self, name: &str, family: Family) -> Result<Answer<IpAddr>, AskError> {
        let v4 = async {
            match family {
                Family::V6 => Err(AskError::Nothing),
                Family::Any | Family::V4 => self.ask(name, RecordType::A, ADDRESSES_MAX, address).await,
            }
        };
        let v6 = async {
            match family {
                Family::V4 => Err(AskError::Nothing),
                Family::Any | Family::V6 => self.ask(name, RecordType::AAAA, ADDRESSES_MAX, address).await,
            }
        };
        match tokio::join!(v4, v6) {
            (Ok(mut v4), Ok(v6)) => {
                v4.records.extend(v6.records);
                v4.holds = shorter(v4.holds, v6.holds);
                Ok(v4)
            }
            // "None of that kind" is a whole answer; a kind that failed to come makes it a short-lived one.
            (Ok(some), Err(AskError::Nothing)) | (Err(AskError::Nothing), Ok(some)) => Ok(some),
            (Ok(some), Err(_)) | (Err(_), Ok(some)) => Ok(Answer { holds: None, ..some }),
            (Err(AskError::Nothing), Err(error)) | (Err(error), Err(_)) => Err(error),
        }
    }

    async fn ask<T>(
        &self,
        name: &str,
        kind: RecordType,
        max: usize,
        pick: impl Fn(&RData) -> Option<T>,
    ) -> Result<Answer<T>, AskError> {
        // With its final dot: search lists would turn one strange name into several.
        let asked = Name::from_ascii(format!("{name}.")).map_err(|error| AskError::Failed(error.to_string()))?;
        let resolver = self.resolver()?;
        let lookup = match tokio::time::timeout(self.timeout, resolver.lookup(asked, kind)).await {
            Ok(result) => result.map_err(translate)?,
            Err(_) => return Err(AskError::TimedOut),
        };
        if lookup.answers().iter().filter(|r| r.record_type() == RecordType::CNAME).count() > ALIASES_MAX {
            return Err(AskError::Aliases);
        }
        let records: Vec<T> = lookup.answers().iter().filter_map(|r| pick(&r.data)).take(max).collect();
        if records.is_empty() {
            return Err(AskError::Nothing);
        }
        let ttl = lookup.answers().iter().map(|r| u64::from(r.ttl)).min().unwrap_or(0);
        Ok(Answer { records, holds: Some(Duration::from_secs(ttl).min(HOLDS_MAX)) })
    }

    /// The resolver in use, made anew when the system's list of name servers has changed.
    fn resolver(&self) -> Result<TokioResolver, AskError> {
        let state = match self.servers.is_empty() {
            true => fs::metadata(&self.conf).and_then(|meta| Ok((meta.modified()?, meta.len()))).ok(),
            false => None,
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((resolver, made_from)) = current.as_ref()
            && *made_from == state
        {
            return Ok(resolver.clone());
        }
        let resolver = self.build()?;
        *current = Some((resolver.clone(), state));
        Ok(resolver)
    }

    /// The name servers of the system's file. Its options are not followed: how often and how long is decided here.
    fn system(&self) -> Result<Vec<NameServerConfig>, AskError> {
        let mut text = Vec::new();
        let read = fs::File::open(&self.conf).and_then(|file| file.take(RESOLV_CONF_MAX).read_to_end(&mut text));
        read.map_err(|_| AskError::NoServers)?;
        // An error also when the file names none.
        let (config, _) = parse_resolv_conf(&text).map_err(|_| AskError::NoServers)?;
        Ok(config.name_servers().to_vec())
    }

    fn build(&self) -> Result<TokioResolver, AskError> {
        let mut options = ResolverOpts::default();
        // Two tries within the time of one question.
        options.timeout = self.timeout / 2;
        options.attempts = 1;
        options.cache_size = CACHE_MAX;
        options.positive_max_ttl = Some(HOLDS_MAX);
        options.negative_max_ttl = Some(NEGATIVE_MAX);
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        let mut servers: Vec<NameServerConfig> = if self.servers.is_empty() {
            options.use_hosts_file = ResolveHosts::Always;
            self.system()?
        } else {
            options.use_hosts_file = ResolveHosts::Never;
            self.servers.iter().map(|&addr| name_server(addr)).collect()
        };
        servers.truncate(SERVERS_MAX);
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()
            .map_err(|error| AskError::Failed(error.to_string()))
    }
}

/// The shorter of two; `None` is the shortest of all.
pub(super) fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    a.zip(b).map(|(a, b)| a.min(b))
}

fn name_server(addr: SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = addr.port();
    }
    NameServerConfig::new(addr.ip(), true, connections)
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(a) => Some(IpAddr::V4(a.0)),
        RData::AAAA(a) => Some(IpAddr::V6(a.0).to_canonical()),
        _ => None,
    }
}

fn translate(error: NetError) -> AskError {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(_)) => AskError::Nothing,
        NetError::Timeout => AskError::TimedOut,
        other => AskError::Failed(other.to_string()),
    }
}
