//! Keys with a few words to choose from. Each word stands once, beside what it means.

use serde::{Deserialize, Serialize};

/// A value that is one of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// All of them, in the order of the reference.
    const ALL: &'static [Self];
    /// Their words, in the same order.
    const WORDS: &'static [&'static str];

    /// As it stands in the document.
    fn word(self) -> &'static str;

    /// The choice of that word, in exactly this spelling.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.word() == word)
    }
}

macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// As it stands in the document.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$($name::$variant),+];
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn word(self) -> &'static str {
                $name::word(self)
            }
        }
    };
}

choice! {
    /// Whether audio is encrypted on its way (SRTP with SDES keys, RFC 3711, RFC 4568).
    Srtp {
        /// Never.
        Off = "off",
        /// Where a phone offers it, and offered to phones that registered over TLS.
        Optional = "optional",
        /// Always: nothing goes in the clear, and a phone that cannot is refused.
        Required = "required",
    }
}

choice! {
    /// Whether phones show a certificate of their own on SIP over TLS (RFC 8446 §4.3.2).
    ClientCertificates {
        /// None is asked for.
        None = "none",
        /// Asked for; whoever shows one must show a good one.
        Optional = "optional",
        /// No connection without a good one.
        Required = "required",
    }
}

choice! {
    /// The language of prompts.
    Language {
        /// English.
        En = "en",
        /// Dutch.
        Nl = "nl",
        /// French.
        Fr = "fr",
        /// German.
        De = "de",
        /// Spanish.
        Es = "es",
        /// Russian.
        Ru = "ru",
    }
}

choice! {
    /// Whether a call is recorded.
    RecordingRule {
        /// Not even on demand.
        Never = "never",
        /// From the answer on.
        Always = "always",
        /// When somebody in the call asks for it with the code of `features.record`.
        OnDemand = "on_demand",
    }
}

choice! {
    /// What one extension, ring group or conference says about recording.
    RecordChoice {
        /// What the box says.
        Default = "default",
        /// [`RecordingRule::Never`]
        Never = "never",
        /// [`RecordingRule::Always`]
        Always = "always",
        /// [`RecordingRule::OnDemand`]
        OnDemand = "on_demand",
    }
}

choice! {
    /// How recordings are kept.
    RecordingFormat {
        /// Opus in Ogg: some 3 KB a second for both sides.
        Opus = "opus",
        /// WAV: 16 to 64 KB a second for both sides.
        Wav = "wav",
    }
}

impl RecordChoice {
    /// The rule, where this says one.
    pub fn rule(self) -> Option<RecordingRule> {
        match self {
            RecordChoice::Default => None,
            RecordChoice::Never => Some(RecordingRule::Never),
            RecordChoice::Always => Some(RecordingRule::Always),
            RecordChoice::OnDemand => Some(RecordingRule::OnDemand),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_by_its_word_alone() {
        for rule in RecordingRule::ALL {
            assert_eq!(RecordingRule::of(rule.word()), Some(*rule));
        }
        assert_eq!(Srtp::of("Optional"), None);
        assert_eq!(Language::of(""), None);
        assert_eq!(Language::WORDS, ["en", "nl", "fr", "de", "es", "ru"]);
    }
}

choice! {
    /// How a trunk becomes ours.
    TrunkKind {
        /// We register with the provider.
        Register = "register",
        /// The provider knows our address.
        Address = "address",
    }
}

choice! {
    /// How a trunk is spoken to.
    TrunkTransport {
        /// As DNS says (RFC 3263), UDP where it says nothing.
        Auto = "auto",
        /// UDP.
        Udp = "udp",
        /// TCP.
        Tcp = "tcp",
        /// TLS.
        Tls = "tls",
    }
}

choice! {
    /// How the caller is told to a provider.
    Identity {
        /// In From alone.
        From = "from",
        /// P-Asserted-Identity beside it (RFC 3325).
        Asserted = "p_asserted_identity",
        /// P-Preferred-Identity beside it (RFC 3325).
        Preferred = "p_preferred_identity",
        /// Remote-Party-ID beside it.
        RemoteParty = "remote_party_id",
    }
}

choice! {
    /// How numbers are written towards a provider.
    NumberForm {
        /// `+3225551234`.
        E164 = "e164",
        /// `3225551234`.
        Digits = "digits",
        /// `003225551234`.
        International = "international",
        /// `025551234` at home, `0033…` abroad.
        National = "national",
        /// As it was dialled, after `strip` and `prepend` of the route.
        AsDialled = "as_dialled",
    }
}

choice! {
    /// What sort of number is called.
    NumberKind {
        /// Inside the box.
        Internal = "internal",
        /// An emergency number; always allowed.
        Emergency = "emergency",
        /// Free of charge.
        Free = "free",
        /// In the own country.
        National = "national",
        /// A mobile in the own country.
        Mobile = "mobile",
        /// In another country.
        International = "international",
        /// At a premium rate.
        Premium = "premium",
    }
}

choice! {
    /// What a new voicemail message sends by mail.
    MailboxMail {
        /// Nothing.
        Off = "off",
        /// That there is one.
        Notice = "notice",
        /// The message itself.
        Attach = "attach",
        /// The message itself, and it is deleted here.
        AttachDelete = "attach_delete",
    }
}

choice! {
    /// How mail is encrypted on its way.
    MailSecurity {
        /// From the first octet.
        Tls = "tls",
        /// After STARTTLS, which must succeed.
        StartTls = "starttls",
        /// Not at all.
        None = "none",
    }
}

choice! {
    /// The feature codes that hold where the document names none.
    CodeSet {
        /// As FreePBX and North American exchanges have them.
        A = "a",
        /// As European exchanges have them: `*21*`, `#21#`.
        B = "b",
        /// As Yeastar has them.
        C = "c",
    }
}

choice! {
    /// The makers whose phones the box configures.
    PhoneModel {
        /// Yealink.
        Yealink = "yealink",
        /// Grandstream.
        Grandstream = "grandstream",
        /// Snom.
        Snom = "snom",
        /// Fanvil.
        Fanvil = "fanvil",
        /// Polycom, Poly.
        Polycom = "polycom",
        /// Gigaset.
        Gigaset = "gigaset",
        /// Cisco with multiplatform firmware.
        Cisco = "cisco_mpp",
    }
}

choice! {
    /// Which members of a ring group ring when.
    RingStrategy {
        /// All at once.
        All = "all",
        /// One after the other, in the order of the list.
        Sequential = "sequential",
        /// One after the other, beginning behind the one who answered last.
        Rotating = "rotating",
    }
}
