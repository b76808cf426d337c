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
