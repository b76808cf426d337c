//! Sound files as the binary hands them to the pages: recordings, and the sounds of the library.
//!
//! The pages name a recording's file by what the journal says of it and a sound by what the library lists; neither
//! is ever a path that a request gave.

use std::io::{self, Read, Seek};

use base::Duration;

/// What can be read from any place on.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// An open recording.
pub struct OpenFile {
    /// Octets in it; reading gives exactly so many.
    pub length: u64,
    /// Its octets as a browser plays them, decrypted if they are kept encrypted.
    pub content: Box<dyn Content>,
}

/// The recordings' folder. Called on threads where waiting for the disk is allowed.
pub trait RecordingFiles: Send + Sync {
    /// Opens the file that [`media::control::RecordingEnd::file`] names.
    fn open(&self, file: &str) -> io::Result<OpenFile>;
    /// Removes it for good. One that is not there is `NotFound`.
    fn remove(&self, file: &str) -> io::Result<()>;
}

/// The library's sounds. Called on threads where waiting for the disk is allowed.
pub trait Sounds: Send + Sync {
    /// All there are, by name.
    fn list(&self) -> Vec<SoundInfo>;
    /// Decodes an upload within the library's bounds and keeps it as `sound/<name>`, in place of one of that name.
    /// `name` has 1–64 letters, digits, `-` and `_`. The error is a clause for people: what is wrong with the file.
    fn add(&self, name: &str, octets: &[u8]) -> Result<SoundInfo, String>;
    /// Removes the upload `sound/<name>`. The error is a clause for people.
    fn remove(&self, name: &str) -> Result<(), String>;
    /// The sound with this full name as the octets of a WAV file.
    fn wav(&self, name: &str) -> io::Result<Vec<u8>>;
}

/// A sound of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundInfo {
    /// Its full name: `prompt/en/goodbye`, `music/default`, `sound/welcome`.
    pub name: String,
    /// How long it plays.
    pub duration: Duration,
    /// Octets on disk; 0 for what is built in.
    pub octets: u64,
}

/// The folder of the library that uploads are in.
pub(crate) const UPLOADS: &str = "sound/";
