//! The recordings' folder: names that lead nowhere else, and what the disk can promise.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::sys::statvfs::fstatvfs;
use nix::unistd::{UnlinkatFlags, fsync, syncfs, unlinkat};

/// Octets of a name at most.
const NAME_MAX: usize = 200;
/// Folders within folders at most.
const DEPTH_MAX: usize = 8;

/// An open folder. All paths are taken below it, part by part, and no symbolic link is followed.
#[derive(Debug)]
pub(super) struct Folder {
    root: OwnedFd,
    path: PathBuf,
}

const FOLDER: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
const FILE: OFlag = OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK);
const OWNER_ONLY: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

impl Folder {
    /// Opens the folder, which is made if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        std::fs::create_dir_all(path)?;
        // The folder itself may well be a link that the administrator laid to another disk.
        Ok(Folder { root: open(path, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?, path: path.to_owned() })
    }

    /// Makes a file that is not there yet, and the folders above it; durable after [`Folder::sync`].
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let place = self.place(name, Missing::Make)?;
        let flags = FILE | OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        Ok(openat(place.folder(self), place.leaf, flags, OWNER_ONLY)?.into())
    }

    /// Opens a file; to read, or to write as well.
    pub(super) fn file(&self, name: &str, access: OFlag) -> io::Result<File> {
        let place = self.place(name, Missing::Refuse)?;
        let file: File = openat(place.folder(self), place.leaf, FILE | access, Mode::empty())?.into();
        // A pipe or a device under the name of a recording is nobody's recording.
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(file)
    }

    /// Gives a file another name in the same folder, durably; what had that name is replaced.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (old, new) = (self.place(from, Missing::Refuse)?, self.place(to, Missing::Refuse)?);
        renameat(old.folder(self), old.leaf, new.folder(self), new.leaf)?;
        new.sync(self)
    }

    /// Removes a file, durably. One that is not there is an error.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        let place = self.place(name, Missing::Refuse)?;
        unlinkat(place.folder(self), place.leaf, UnlinkatFlags::NoRemoveDir)?;
        place.sync(self)
    }

    /// Octets that an ordinary process may still write to this disk.
    pub(super) fn free_octets(&self) -> io::Result<u64> {
        let figures = fstatvfs(&self.root)?;
        Ok(figures.blocks_available().saturating_mul(figures.fragment_size()))
    }

    /// Makes all that was written to this disk durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(syncfs(&self.root)?)
    }

    /// Calls `each` with the name and octets of every file in it and below.
    pub(super) fn walk(&self, mut each: impl FnMut(&str, u64)) -> io::Result<()> {
        let mut folders = vec![String::new()];
        while let Some(prefix) = folders.pop() {
            // A folder that went away meanwhile is empty.
            let Ok(entries) = std::fs::read_dir(self.path.join(&prefix)) else { continue };
            for entry in entries {
                let entry = entry?;
                let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
                if kind.is_dir() && prefix.matches('/').count() < DEPTH_MAX {
                    folders.push(format!("{prefix}{name}/"));
                } else if kind.is_file() {
                    each(&format!("{prefix}{name}"), entry.metadata().map_or(0, |known| known.len()));
                }
            }
        }
        Ok(())
    }

    /// Goes down to the folder that holds `name`.
    fn place<'a>(&self, name: &'a str, missing: Missing) -> io::Result<Place<'a>> {
        check_file(name)?;
        let mut parts = name.split('/').peekable();
        let mut parent: Option<OwnedFd> = None;
        loop {
            let (Some(part), more) = (parts.next(), parts.peek().is_some()) else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            if !more {
                return Ok(Place { parent, leaf: part });
            }
            let above = parent.as_ref().unwrap_or(&self.root).as_fd();
            if matches!(missing, Missing::Make) {
                match mkdirat(above, part, OWNER_ONLY | Mode::S_IXUSR) {
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            parent = Some(openat(above, part, FOLDER, Mode::empty())?);
        }
    }
}

/// What to do about folders that are not there.
#[derive(Clone, Copy)]
enum Missing {
    Make,
    Refuse,
}

/// Where a file is: the folder it is in (none: the root) and its last part.
struct Place<'a> {
    parent: Option<OwnedFd>,
    leaf: &'a str,
}

impl Place<'_> {
    fn folder<'b>(&'b self, root: &'b Folder) -> std::os::fd::BorrowedFd<'b> {
        self.parent.as_ref().unwrap_or(&root.root).as_fd()
    }

    /// A name is durable once its folder is.
    fn sync(&self, root: &Folder) -> io::Result<()> {
        Ok(fsync(self.folder(root))?)
    }
}

/// Whether `name` may be a recording's: parts of ASCII letters, digits, `-` and `_` between slashes.
pub(super) fn check_name(name: &str) -> io::Result<()> {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    if name.len() <= NAME_MAX && name.split('/').count() <= DEPTH_MAX && name.split('/').all(part) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "a recording's name has letters, digits, - and _ only"))
}

/// Whether `file` may be one of our files: a recording's name and one of the endings we give.
fn check_file(file: &str) -> io::Result<()> {
    let name = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or_default();
    check_name(name)
}

/// While it grows, and while it is converted; longer endings first.
const ENDINGS: [&str; 6] = [OPUS_PART, WAV_PART, OPUS_TEMPORARY, OPUS, WAV, PAUSES];
/// A finished recording in Ogg Opus.
pub(super) const OPUS: &str = ".opus";
/// A finished recording in WAV.
pub(super) const WAV: &str = ".wav";
/// A capture that will become Ogg Opus.
pub(super) const OPUS_PART: &str = ".opus.part";
/// A capture that will become WAV.
pub(super) const WAV_PART: &str = ".wav.part";
/// The pauses of a recording that is not finished yet.
pub(super) const PAUSES: &str = ".pauses";
/// The Ogg Opus file while it is made.
pub(super) const OPUS_TEMPORARY: &str = ".opus.tmp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_folder() {
        for name in ["rec1.wav", "2026/11/22/rec-1_b.opus", "a.opus.part"] {
            assert!(check_file(name).is_ok(), "{name}");
        }
        let long = format!("{}.wav", "a".repeat(201));
        let bad = [
            "",
            ".wav",
            "rec1",
            "../rec1.wav",
            "a/../b.wav",
            "/rec1.wav",
            "a//b.wav",
            "a/.wav",
            "rec.1.wav",
            "r\0.wav",
            "a\\b.wav",
            "rec1.wav/",
            "ré.wav",
            "a/b/c/d/e/f/g/h/i.wav",
            &long,
        ];
        for name in bad {
            assert!(check_file(name).is_err(), "{name}");
        }
    }
}
