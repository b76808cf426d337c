//! What phones ask of the box before they speak SIP: an address (DHCP), where their files are (SIP PnP), the directory
//! (LDAP). Starts and stops each as the configuration says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use base::ConfigVersion;
use config::{Config, Phone};
use exchange::record::{FactRecord, Record};
use net::dhcp::{DhcpOptions, DhcpPort};
use net::ldap::{Catalogue, LdapPort};
use net::link::Interface;
use net::pnp::PnpPort;
use provision::dhcp::{LeaseEvent, Told};
use provision::ldap::{Access, Directory};
use provision::pnp::Asked;
use provision::{Book, BoxKey, Brand, Mac};
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use web::CurrentConfig;

use crate::host::{random, wall_clock};

/// Leases are kept as facts of this kind: `lease/<mac>` with the address as its value.
const LEASE: &str = "lease/";

/// What the three need.
pub struct Surroundings {
    /// Leases and invitations.
    pub store: Store,
    /// What is in force.
    pub config: Arc<CurrentConfig>,
    /// Rung at each change of it.
    pub changed: Arc<Notify>,
    /// Where phones' files are served.
    pub web: SocketAddr,
    /// From which phones' tokens are derived.
    pub key: BoxKey,
}

/// Runs until it is aborted: whatever it started ends with it.
pub async fn serve(around: Surroundings) {
    let around = Arc::new(around);
    let handle = Handle::current();
    let mut ports = Ports::default();
    loop {
        let (in_turn, runtime) = (Arc::clone(&around), handle.clone());
        // Stopping a thread waits for it.
        let set = tokio::task::spawn_blocking(move || {
            ports.set(&in_turn, &runtime);
            ports
        });
        match set.await {
            Ok(back) => ports = back,
            Err(error) => return tracing::error!(%error, "phones are not answered any more"),
        }
        around.changed.notified().await;
    }
}

/// What runs, each with what it was started for.
#[derive(Default)]
struct Ports {
    dhcp: Option<(DhcpWanted, Option<DhcpPort>)>,
    pnp: Option<Option<PnpPort>>,
    ldap: Option<(SocketAddr, Option<LdapPort>)>,
}

#[derive(Clone, PartialEq, Eq)]
struct DhcpWanted {
    range: Option<(Ipv4Addr, Ipv4Addr)>,
    host: Option<String>,
    time_zone: String,
}

impl Ports {
    /// Makes what runs what is wanted. What cannot be started is named in the log, and tried again at the next change.
    fn set(&mut self, around: &Arc<Surroundings>, runtime: &Handle) {
        let config = around.config.load().1;
        let wanted = &config.provisioning;
        // Pages that listen on this machine alone serve no phone: then nobody is sent there.
        let is_served = wanted.enabled && (wanted.host.is_some() || !around.web.ip().is_loopback());

        let dhcp = (is_served && wanted.dhcp).then(|| DhcpWanted {
            range: wanted.dhcp_range,
            host: wanted.host.clone(),
            time_zone: config.system.time_zone.clone(),
        });
        if self.dhcp.as_ref().map(|(wanted, _)| wanted) != dhcp.as_ref() {
            // The old one first: both want the same port.
            self.dhcp = None;
            self.dhcp = dhcp.map(|wanted| (wanted.clone(), start_dhcp(around, wanted)));
        }

        let pnp = is_served && wanted.pnp;
        if self.pnp.is_some() != pnp {
            self.pnp = None;
            self.pnp = pnp.then(|| start_pnp(around));
        }

        if self.ldap.as_ref().map(|(address, _)| *address) != wanted.ldap {
            self.ldap = None;
            self.ldap = wanted.ldap.map(|address| (address, start_ldap(around, runtime, address)));
        }
    }
}

fn start_dhcp(around: &Arc<Surroundings>, wanted: DhcpWanted) -> Option<DhcpPort> {
    let (for_told, for_kept, for_keep) = (Arc::clone(around), around.store.clone(), around.store.clone());
    let range = wanted.range;
    let options = DhcpOptions {
        told: Box::new(move |interface| Told {
            base: base_url(&for_told, wanted.host.as_deref(), interface),
            time_zone: wanted.time_zone.clone(),
        }),
        range,
        kept: Box::new(move || kept_leases(&for_kept)),
        keep: Box::new(move |event| keep_lease(&for_keep, event)),
    };
    DhcpPort::start(options).inspect_err(|error| tracing::error!(%error, "no DHCP for phones")).ok()
}

fn start_pnp(around: &Arc<Surroundings>) -> Option<PnpPort> {
    let random = random().inspect_err(|error| tracing::error!(%error, "no SIP PnP for phones")).ok()?;
    let around = Arc::clone(around);
    let place =
        move |asked: &Asked, interface: &Interface, source: IpAddr| Some(place(&around, asked, interface, source));
    PnpPort::start(random, Box::new(place)).inspect_err(|error| tracing::error!(%error, "no SIP PnP for phones")).ok()
}

fn start_ldap(around: &Arc<Surroundings>, runtime: &Handle, address: SocketAddr) -> Option<LdapPort> {
    let catalogue = Arc::new(People { config: Arc::clone(&around.config), folded: Mutex::default() });
    let started = LdapPort::start(runtime, address, catalogue);
    let port = started.inspect_err(|error| tracing::error!(%error, "no directory by LDAP")).ok()?;
    tracing::info!(address = %port.local_addr(), "directory by LDAP");
    Some(port)
}

/// Where phones' files are served on this network, without a token.
fn base_url(around: &Surroundings, host: Option<&str>, interface: &Interface) -> String {
    let port = around.web.port();
    match host {
        Some(host) if host.contains(':') && !host.starts_with('[') => format!("https://[{host}]:{port}/prov/"),
        Some(host) => format!("https://{host}:{port}/prov/"),
        None => format!("https://{}:{port}/prov/", interface.address),
    }
}

/// Where a phone that asked by SIP PnP finds its files: with its invitation, while one is open for it.
fn place(around: &Surroundings, asked: &Asked, interface: &Interface, source: IpAddr) -> String {
    let config = around.config.load().1;
    let mut base = base_url(around, config.provisioning.host.as_deref(), interface);
    let mac = asked.mac.to_string();
    let phone: Option<&Phone> = config.phones.get(&mac);
    // The configuration knows better than the address whose phone it is.
    let brand = phone.map(|phone| Brand::Known(phone.model)).or(asked.brand).unwrap_or(Brand::Other);
    if phone.is_some()
        && let Some(token) = web::open_invitation(&around.store, &around.key, &mac, wall_clock(), source)
    {
        base = format!("{base}{token}/");
    }
    brand.place(asked.mac, &base)
}

fn kept_leases(store: &Store) -> Vec<(Mac, Ipv4Addr)> {
    let read = |fact: FactRecord| {
        let mac = Mac::parse(fact.key.strip_prefix(LEASE)?)?;
        Some((mac, serde_json::from_str(fact.value.as_deref()?).ok()?))
    };
    store.facts(LEASE).into_iter().filter_map(read).collect()
}

/// Keeps a lease, or that there is none any more; waits for the disk.
fn keep_lease(store: &Store, event: LeaseEvent) -> bool {
    let (mac, value) = match event {
        LeaseEvent::Given { mac, address } => (mac, Some(format!("\"{address}\""))),
        LeaseEvent::Gone { mac } => (mac, None),
    };
    if let LeaseEvent::Given { mac, address } = event {
        tracing::info!(%mac, %address, "a phone gets an address");
    }
    let fact = FactRecord { at: wall_clock(), by: "dhcp".to_owned(), key: format!("{LEASE}{mac}"), value };
    let kept = store.append_wait(Record::Fact(Box::new(fact)));
    kept.inspect_err(|error| tracing::error!(%error, "a lease cannot be kept")).is_ok()
}

/// The directory as the configuration in force has it.
struct People {
    config: Arc<CurrentConfig>,
    folded: Mutex<Option<(ConfigVersion, Arc<Directory>)>>,
}

impl Catalogue for People {
    fn access(&self, peer: IpAddr) -> Access {
        let config = self.config.load().1;
        Access { from_inside: provision::pnp::is_private(peer), password: config.provisioning.phone_password.clone() }
    }

    fn directory(&self) -> Arc<Directory> {
        let (version, config): (ConfigVersion, Arc<Config>) = self.config.load();
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        match &*folded {
            Some((of, directory)) if *of == version => Arc::clone(directory),
            _ => {
                let directory = Arc::new(Directory::new(&Book::of(&config)));
                *folded = Some((version, Arc::clone(&directory)));
                directory
            }
        }
    }
}
