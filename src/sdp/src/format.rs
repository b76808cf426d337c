//! RTP formats: a payload number and what it means (RFC 8866 §6.6, RFC 3551 §6).

/// One format of an RTP `m=` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// RTP payload type, 0–127.
    pub payload: u8,
    /// Encoding name as it came (`PCMU`, `opus`); empty where a dynamic number has no `a=rtpmap`.
    pub encoding: String,
    /// RTP clock rate in Hz; 0 where unknown.
    pub clock_rate: u32,
    /// Audio channels, 1 where nothing is said.
    pub channels: u8,
    /// The format's parameters, all after the payload number (RFC 8866 §6.15).
    pub fmtp: Option<String>,
}

impl Format {
    /// Keypad digits and other events (RFC 4733).
    pub const TELEPHONE_EVENT: &'static str = "telephone-event";
    /// Comfort noise (RFC 3389).
    pub const COMFORT_NOISE: &'static str = "CN";

    pub(crate) fn new(payload: u8, encoding: &str, clock_rate: u32, channels: u8, fmtp: Option<&str>) -> Self {
        Format { payload, encoding: encoding.to_owned(), clock_rate, channels, fmtp: fmtp.map(str::to_owned) }
    }

    /// What `payload` means where no `a=rtpmap` says it: the static table, or an unnamed format.
    pub fn from_number(payload: u8) -> Self {
        match STATIC.iter().find(|row| row.0 == payload) {
            Some(&(_, encoding, clock_rate, channels)) => Format::new(payload, encoding, clock_rate, channels, None),
            None => Format::new(payload, "", 0, 1, None),
        }
    }

    /// Whether both are the same coding, whatever their numbers. Names fold case (RFC 8866 §6.6).
    ///
    /// Deviation: Opus is Opus also where a phone forgets its `/2` (RFC 7587 §7).
    pub fn same_codec(&self, other: &Format) -> bool {
        !self.encoding.is_empty()
            && self.encoding.eq_ignore_ascii_case(&other.encoding)
            && self.clock_rate == other.clock_rate
            && (self.channels == other.channels || self.is_opus())
    }

    /// Whether it carries digits or silence beside a codec that carries the voice.
    pub fn is_companion(&self) -> bool {
        self.is_event() || self.encoding.eq_ignore_ascii_case(Self::COMFORT_NOISE)
    }

    /// Whether the box can turn it into another coding and back. All else can only be passed on.
    pub(crate) fn is_transcoded(&self) -> bool {
        let narrow = |name: &str| self.encoding.eq_ignore_ascii_case(name) && self.clock_rate == 8000;
        self.is_opus() || ["PCMU", "PCMA", "G722"].into_iter().any(narrow) && self.channels == 1
    }

    pub(crate) fn is_opus(&self) -> bool {
        self.encoding.eq_ignore_ascii_case("opus") && self.clock_rate == 48000
    }

    pub(crate) fn is_event(&self) -> bool {
        self.encoding.eq_ignore_ascii_case(Self::TELEPHONE_EVENT)
    }

    /// Digits as we offer them, on both clocks (RFC 4733 §2.1: they run on the clock of the voice beside them).
    pub(crate) fn events() -> [Self; 2] {
        [(101, 8000), (102, 48000)]
            .map(|(payload, clock_rate)| Format::new(payload, Self::TELEPHONE_EVENT, clock_rate, 1, Some(KEYS)))
    }

    /// Whether its number is bound to its meaning by RFC 3551 and needs no `a=rtpmap` to be understood.
    pub(crate) fn is_static(&self) -> bool {
        Format { fmtp: self.fmtp.clone(), ..Format::from_number(self.payload) } == *self && !self.encoding.is_empty()
    }

    /// The formats that an offer of ours names for the codec `name` of the configuration, with the
    /// numbers that most phones use; none for a name that we do not know.
    pub(crate) fn for_offer(name: &str) -> Option<Self> {
        let known: [Format; 6] = [
            Format::from_number(0),
            Format::from_number(8),
            Format::from_number(9),
            Format::from_number(3),
            // RFC 4856 §2.1.9: Annex B is on unless it is switched off.
            Format::new(18, "G729", 8000, 1, Some("annexb=no")),
            // RFC 7587 §7: always 48000/2, whatever is sent.
            Format::new(96, "opus", 48000, 2, Some("useinbandfec=1")),
        ];
        known.into_iter().find(|format| format.encoding.eq_ignore_ascii_case(name))
    }
}

/// The events of the sixteen keys (RFC 4733 §3.2).
pub(crate) const KEYS: &str = "0-15";

/// RFC 3551 §6, tables 4 and 5: number, name, clock rate, channels.
const STATIC: &[(u8, &str, u32, u8)] = &[
    (0, "PCMU", 8000, 1),
    (3, "GSM", 8000, 1),
    (4, "G723", 8000, 1),
    (5, "DVI4", 8000, 1),
    (6, "DVI4", 16000, 1),
    (7, "LPC", 8000, 1),
    (8, "PCMA", 8000, 1),
    (9, "G722", 8000, 1), // RFC 3551 §4.5.2: 16 kHz audio on an 8 kHz clock, an old mistake kept
    (10, "L16", 44100, 2),
    (11, "L16", 44100, 1),
    (12, "QCELP", 8000, 1),
    (13, "CN", 8000, 1),
    (14, "MPA", 90000, 1),
    (15, "G728", 8000, 1),
    (16, "DVI4", 11025, 1),
    (17, "DVI4", 22050, 1),
    (18, "G729", 8000, 1),
    (25, "CelB", 90000, 1),
    (26, "JPEG", 90000, 1),
    (28, "nv", 90000, 1),
    (31, "H261", 90000, 1),
    (32, "MPV", 90000, 1),
    (33, "MP2T", 90000, 1),
    (34, "H263", 90000, 1),
];
