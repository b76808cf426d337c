//! Fax in datagrams of its own (ITU-T T.38 Annex D): passed on with our address, never looked into.

use crate::rewrite::LocalMedia;
use crate::session::{Attribute, Media, MediaKind, Session};

/// The attributes of T.38 Annex D (§D.2.3, as registered with RFC 3362's media type) and those that
/// gateways add to them. They concern the fax machines at both ends, so they pass; all else stays behind.
const PASSED: [&str; 14] = [
    "T38FaxVersion",
    "T38MaxBitRate",
    "T38FaxFillBitRemoval",
    "T38FaxTranscodingMMR",
    "T38FaxTranscodingJBIG",
    "T38FaxRateManagement",
    "T38FaxMaxBuffer",
    "T38FaxMaxDatagram",
    "T38FaxMaxIFP",
    "T38FaxUdpEC",
    "T38FaxUdpECDepth",
    "T38FaxUdpFECMaxSpan",
    "T38ModemType",
    "T38VendorInfo",
];

impl Media {
    /// T.38 over UDPTL, the only transport of it that is passed on.
    pub(crate) fn is_fax(&self) -> bool {
        self.kind == MediaKind::Image
            && self.protocol.eq_ignore_ascii_case("udptl")
            && self.other_formats.iter().any(|format| format.eq_ignore_ascii_case("t38"))
    }

    /// The same stream received at our address.
    pub(crate) fn fax_passed_on(&self, ours: &LocalMedia) -> Media {
        let passes = |attribute: &&Attribute| PASSED.iter().any(|name| name.eq_ignore_ascii_case(&attribute.name));
        Media {
            other_formats: vec!["t38".to_owned()],
            direction: self.direction,
            attributes: self.attributes.iter().filter(passes).cloned().collect(),
            ..Media::new(MediaKind::Image, ours.port, &self.protocol)
        }
    }
}

impl Session {
    /// The position and the section of the first fax stream that is not refused.
    pub fn fax(&self) -> Option<(usize, &Media)> {
        self.media.iter().enumerate().find(|(_, media)| media.is_fax() && media.port != 0)
    }

    /// What is alive: the audio, else the fax. In a description of ours it is the only live stream.
    pub(crate) fn live(&self) -> Option<(usize, &Media)> {
        self.audio().or_else(|| self.fax())
    }
}
