//! What a phone is told besides its address.

use std::net::Ipv4Addr;

use config::PhoneModel;

use super::packet::code;
use super::{Kind, LEASE, Link, Packet, Told};
use crate::block::Brand;
use crate::zone::Zone;

/// The options of a reply, the indispensable first: what does not fit is left out from the end.
pub(super) fn told(
    link: &Link,
    told: &Told,
    asked: &Packet,
    brand: Brand,
    kind: Kind,
    gives_address: bool,
) -> Vec<(u8, Vec<u8>)> {
    let mut options = Options::default();
    options.add(code::MESSAGE_TYPE, vec![kind as u8]);
    options.add(code::SERVER, link.address.octets().to_vec());
    if kind == Kind::Nak {
        options.add(code::MESSAGE, b"not this address".to_vec());
        return options.0;
    }
    if gives_address {
        // RFC 2131 §4.4.5: renewed after a half, asked of everybody after seven eighths.
        let lease = u32::try_from(LEASE.as_secs()).unwrap_or(u32::MAX);
        options.add(code::LEASE_TIME, lease.to_be_bytes().to_vec());
        options.add(code::SUBNET_MASK, link.mask().to_be_bytes().to_vec());
        options.add(code::ROUTER, addresses(link.router.as_slice()));
        options.add(code::DNS, addresses(&link.dns));
        options.add(code::RENEWAL_TIME, (lease / 2).to_be_bytes().to_vec());
        options.add(code::REBINDING_TIME, (lease / 8 * 7).to_be_bytes().to_vec());
    }
    let place = brand.place(asked.mac, &told.base).into_bytes();
    // What its maker reads comes whether the phone lists it or not, for some list nothing.
    for code in own(brand) {
        options.add(*code, value(*code, link, told, brand, &place));
    }
    let listed = asked.option(code::PARAMETERS).unwrap_or_default();
    for code in listed.iter().filter(|code| LISTED.contains(code)) {
        options.add(*code, value(*code, link, told, brand, &place));
    }
    options.0
}

/// What is told only to those who ask for it.
const LISTED: [u8; 9] = [
    code::TFTP_SERVER,
    code::VENDOR,
    code::DEFAULT_URL,
    code::POLYCOM_URL,
    code::TFTP_ADDRESSES,
    code::NTP,
    code::POSIX_ZONE,
    code::ZONE_NAME,
    code::TIME_OFFSET,
];

/// Where each maker's phones look for their server, first the one that comes first for them.
fn own(brand: Brand) -> &'static [u8] {
    let Brand::Known(model) = brand else { return &[code::TFTP_SERVER] };
    match model {
        PhoneModel::Polycom => &[code::POLYCOM_URL, code::TFTP_SERVER],
        PhoneModel::Gigaset => &[code::DEFAULT_URL],
        PhoneModel::Cisco => &[code::TFTP_SERVER, code::TFTP_ADDRESSES],
        PhoneModel::Snom => &[code::TFTP_SERVER, code::BOOT_FILE],
        PhoneModel::Yealink | PhoneModel::Grandstream | PhoneModel::Fanvil => &[code::TFTP_SERVER],
    }
}

/// The value of an option for this phone; empty: it is not told.
fn value(code: u8, link: &Link, told: &Told, brand: Brand, place: &[u8]) -> Vec<u8> {
    match code {
        // Snom reads the server and the file apart.
        code::TFTP_SERVER if is_snom(brand) => split(place).0.to_vec(),
        code::BOOT_FILE => split(place).1.to_vec(),
        code::TFTP_SERVER | code::DEFAULT_URL | code::POLYCOM_URL => place.to_vec(),
        code::VENDOR => vendor(brand, place),
        code::TFTP_ADDRESSES => link.address.octets().to_vec(),
        code::NTP => addresses(link.ntp.as_slice()),
        code::POSIX_ZONE => Zone::named(&told.time_zone).posix.into_bytes(),
        code::ZONE_NAME => Zone::named(&told.time_zone).name.into_bytes(),
        // RFC 2132 §3.4: of the standard time; phones that know summer time have the two options above.
        code::TIME_OFFSET => Zone::named(&told.time_zone).offset_s.to_be_bytes().to_vec(),
        _ => Vec::new(),
    }
}

/// Option 43, which every maker reads in its own way (RFC 2132 §8.4).
fn vendor(brand: Brand, place: &[u8]) -> Vec<u8> {
    match brand {
        // The address as it is.
        Brand::Known(PhoneModel::Yealink | PhoneModel::Fanvil) => place.to_vec(),
        // Encapsulated: options 66 and 67 within.
        Brand::Known(PhoneModel::Snom) => {
            let (server, file) = split(place);
            let within = [(code::TFTP_SERVER, server), (code::BOOT_FILE, file)];
            let fits = within.iter().all(|(_, value)| value.len() <= 255);
            let parts = within.into_iter().filter(|_| fits);
            parts.flat_map(|(code, value)| [&[code, value.len() as u8][..], value].concat()).collect()
        }
        // Theirs is for something else, or not known: the other options say it.
        Brand::Known(PhoneModel::Grandstream | PhoneModel::Polycom | PhoneModel::Gigaset | PhoneModel::Cisco)
        | Brand::Other => Vec::new(),
    }
}

/// `https://box:8443` and `prov/001565aabbcc.xml`.
fn split(place: &[u8]) -> (&[u8], &[u8]) {
    let from = place.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    let end = place[from..].iter().position(|b| *b == b'/').map_or(place.len(), |at| from + at);
    (&place[..end], place.get(end + 1..).unwrap_or_default())
}

fn is_snom(brand: Brand) -> bool {
    brand == Brand::Known(PhoneModel::Snom)
}

fn addresses(list: &[Ipv4Addr]) -> Vec<u8> {
    list.iter().take(4).flat_map(|address| address.octets()).collect()
}

#[derive(Default)]
struct Options(Vec<(u8, Vec<u8>)>);

impl Options {
    /// Adds an option that has a value and is not there yet.
    fn add(&mut self, code: u8, value: Vec<u8>) {
        if !value.is_empty() && self.0.iter().all(|option| option.0 != code) {
            self.0.push((code, value));
        }
    }
}
