//! Which records count and in what order: pure, so that a seed gives the same order again.

use base::Random;
use sip::Transport;

use super::question::host_name;

/// SRV records looked at for one service; the rest is dropped after sorting by priority.
pub(super) const SRV_MAX: usize = 16;
/// NAPTR records looked at for one domain, after sorting.
pub(super) const NAPTR_MAX: usize = 8;

/// An SRV record (RFC 2782), as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Srv {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) port: u16,
    /// Checked, in lower case, without the final dot; `None` for `.`: the service is not offered.
    pub(super) target: Option<String>,
}

/// A NAPTR record (RFC 3403 §4.1), as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Naptr {
    pub(super) order: u16,
    pub(super) preference: u16,
    pub(super) flags: Vec<u8>,
    pub(super) services: Vec<u8>,
    pub(super) regexp: Vec<u8>,
    pub(super) replacement: String,
}

/// Sorts SRV records by priority, and among equals by weight with chance (RFC 2782, "Weight").
pub(super) fn by_weight(mut records: Vec<Srv>, random: &mut Random) -> Vec<Srv> {
    records.sort_by(|a, b| (a.priority, a.weight, &a.target, a.port).cmp(&(b.priority, b.weight, &b.target, b.port)));
    records.dedup();
    records.truncate(SRV_MAX);
    let mut out = Vec::with_capacity(records.len());
    while let Some(first) = records.first() {
        // Sorted above: the group of equal priority stands in front, weight 0 at its beginning, as the RFC wants.
        let priority = first.priority;
        let group = records.iter().take_while(|r| r.priority == priority).count();
        let sum: u64 = records[..group].iter().map(|r| u64::from(r.weight)).sum();
        // Deviation: RFC 2782 draws from 0 also where no weight is 0, which makes 3:1 a 3:2 when the lighter stands
        // first. The 0 is there for records without weight; without such records it is not drawn.
        let drawn = match first.weight {
            0 => random.below(sum + 1),
            _ => 1 + random.below(sum),
        };
        let mut running = 0;
        let chosen = records[..group].iter().position(|r| {
            running += u64::from(r.weight);
            running >= drawn
        });
        out.push(records.remove(chosen.unwrap_or(0)));
    }
    out
}

/// The SRV names to ask and the transport each stands for, most preferred first. Records that are not ours to use are
/// dropped: other services, other flags, regular expressions (RFC 3263 §4.1 has none), names that are none.
pub(super) fn by_preference(mut records: Vec<Naptr>, secure: bool) -> Vec<(String, Transport)> {
    records.sort_by_key(|r| (r.order, r.preference));
    let mut out: Vec<(String, Transport)> = Vec::new();
    for record in records {
        let Some(transport) = service_transport(&record.services) else { continue };
        // RFC 3263 §4.1: a sips URI discards what is not SIPS; a sip URI keeps SIPS too, as we speak TLS.
        if secure && transport != Transport::Tls {
            continue;
        }
        if !record.flags.eq_ignore_ascii_case(b"s") || !record.regexp.is_empty() {
            continue;
        }
        let Some(name) = host_name(&record.replacement) else { continue };
        let way = (name, transport);
        if !out.contains(&way) && out.len() < NAPTR_MAX {
            out.push(way);
        }
    }
    out
}

/// The transport of a NAPTR service field (RFC 3263 §4.1), compared without case (RFC 3403 §4.1).
fn service_transport(services: &[u8]) -> Option<Transport> {
    [(&b"SIP+D2U"[..], Transport::Udp), (b"SIP+D2T", Transport::Tcp), (b"SIPS+D2T", Transport::Tls)]
        .into_iter()
        .find_map(|(name, transport)| services.eq_ignore_ascii_case(name).then_some(transport))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(priority: u16, weight: u16, number: usize) -> Srv {
        Srv { priority, weight, port: 5060, target: Some(format!("h{number}.test")) }
    }

    proptest! {
        #[test]
        fn ordering_keeps_every_record_and_the_priorities(
            raw in prop::collection::vec((0..4u16, 0..=u16::MAX), 0..SRV_MAX),
            seed: u64,
        ) {
            let records: Vec<Srv> = raw.iter().enumerate().map(|(n, &(p, w))| record(p, w, n)).collect();
            let ordered = by_weight(records.clone(), &mut Random::from_number(seed));
            prop_assert!(ordered.is_sorted_by_key(|r| r.priority));
            let names = |rs: &[Srv]| {
                let mut names: Vec<_> = rs.iter().map(|r| r.target.clone()).collect();
                names.sort();
                names
            };
            prop_assert_eq!(names(&ordered), names(&records));
        }
    }

    #[test]
    fn weight_zero_is_chosen_seldom_but_sometimes() {
        let mut random = Random::from_number(4);
        let pair = || vec![record(0, 0, 0), record(0, 9, 1)];
        let firsts = (0..1000).filter(|_| by_weight(pair(), &mut random)[0].weight == 0).count();
        // One chance in ten (RFC 2782: drawn from 0 to 9 inclusive, 0 falls to the first).
        assert!((60..=140).contains(&firsts), "{firsts}");
    }

    #[test]
    fn more_records_than_matter_are_dropped_from_the_end() {
        let many = (0..100u16).rev().map(|n| record(n, 0, usize::from(n))).collect();
        let ordered = by_weight(many, &mut Random::from_number(1));
        assert_eq!(ordered.len(), SRV_MAX);
        assert_eq!(ordered.last().map(|r| r.priority), Some(15));
    }
}
