//! Phones that asked for files and are not in the configuration: shown to the administrator, forgotten at the next
//! start.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use base::WallTime;
use config::PhoneModel;
use provision::FileKind;

/// Phones remembered; beyond it the one goes that asked the longest ago.
const PHONES_MAX: usize = 1_000;
/// Phones remembered of one source; beyond it new ones of it are not, so that nobody fills the list with inventions.
const PHONES_PER_SOURCE_MAX: usize = 50;

/// A phone that nobody has set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    pub mac: String,
    /// What it asked for last.
    pub kind: FileKind,
    /// What it calls itself.
    pub agent: String,
    pub from: SocketAddr,
    pub at: WallTime,
}

impl Unknown {
    /// Whose it may be, by its own words or its file; the administrator decides.
    pub fn guess(&self) -> Option<PhoneModel> {
        let agent = self.agent.to_lowercase();
        let makers = [
            ("yealink", PhoneModel::Yealink),
            ("grandstream", PhoneModel::Grandstream),
            ("snom", PhoneModel::Snom),
            ("fanvil", PhoneModel::Fanvil),
            ("poly", PhoneModel::Polycom),
            ("gigaset", PhoneModel::Gigaset),
            ("cisco", PhoneModel::Cisco),
        ];
        let named = makers.iter().find(|(word, _)| agent.contains(word)).map(|(_, model)| *model);
        named.or(match self.kind {
            FileKind::Boot => Some(PhoneModel::Yealink),
            FileKind::CfgXml => Some(PhoneModel::Grandstream),
            FileKind::SnomHtm => Some(PhoneModel::Snom),
            FileKind::PhoneCfg | FileKind::Directory => Some(PhoneModel::Polycom),
            _ => None,
        })
    }
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<String, Unknown>>);

impl Seen {
    /// It asked.
    pub fn note(&self, phone: Unknown) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !list.contains_key(&phone.mac) {
            let of_source = list.values().filter(|other| other.from.ip() == phone.from.ip()).count();
            if of_source >= PHONES_PER_SOURCE_MAX {
                return;
            }
            if list.len() >= PHONES_MAX
                && let Some(oldest) = list.values().min_by_key(|other| other.at.unix_ms()).map(|p| p.mac.clone())
            {
                list.remove(&oldest);
            }
        }
        list.insert(phone.mac.clone(), phone);
    }

    /// All of them, who asked last first.
    pub fn list(&self) -> Vec<Unknown> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Unknown> = list.values().cloned().collect();
        all.sort_by(|a, b| b.at.unix_ms().cmp(&a.at.unix_ms()).then_with(|| a.mac.cmp(&b.mac)));
        all
    }

    /// It is set up now.
    pub fn forget(&self, mac: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(mac);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(n: u32, source: [u8; 4]) -> Unknown {
        let (mac, from) = (format!("0015{n:08x}"), SocketAddr::from((source, 4000)));
        Unknown { mac, kind: FileKind::Cfg, agent: "Yealink".into(), from, at: WallTime::from_unix_ms(i64::from(n)) }
    }

    #[test]
    fn one_source_cannot_fill_the_list_and_the_list_has_an_end() {
        let seen = Seen::default();
        (0..200).for_each(|n| seen.note(phone(n, [10, 0, 0, 1])));
        assert_eq!(seen.list().len(), PHONES_PER_SOURCE_MAX);
        (1_000..4_000).for_each(|n| seen.note(phone(n, [10, 1, (n / 40) as u8, 1])));
        let list = seen.list();
        assert_eq!((list.len(), list[0].at.unix_ms()), (PHONES_MAX, 3_999));
        seen.forget(&list[0].mac);
        assert_eq!(seen.list().len(), PHONES_MAX - 1);
        assert_eq!(list[0].guess(), Some(PhoneModel::Yealink));
    }
}
