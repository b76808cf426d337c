//! Text to speech by a program of the administrator's choice; none is called unless one is configured.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use audio::file::{Clip, Limits, ReadError, read};
use aws_lc_rs::digest::{SHA256, digest};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use voice::Language;

use super::{Shared, folder};
use crate::lock;

/// A program that takes longer is ended.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Octets of what a program writes: a minute at 16 kHz.
const OCTETS_MAX: usize = 2 << 20;

/// Seconds of what it says.
const DURATION_MAX_S: u32 = 300;

/// Files and octets of the cache on disk; beyond it what was used longest ago goes.
const CACHE_FILES_MAX: usize = 2000;
const CACHE_OCTETS_MAX: u64 = 64 << 20;

/// Why a text was not spoken.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpeechError {
    #[error("no program for text to speech is configured")]
    NoProgram,
    #[error("the program for text to speech could not be run: {0}")]
    Run(#[from] io::Error),
    #[error("the program for text to speech failed ({0})")]
    Failed(ExitStatus),
    #[error("the program for text to speech took too long")]
    Slow,
    #[error("the program for text to speech wrote more than {OCTETS_MAX} octets")]
    TooMuch,
    #[error("what the program for text to speech wrote cannot be played: {0}")]
    Read(#[from] ReadError),
}

/// The text as sound, from the cache on disk if it was spoken before.
pub(super) fn clip(shared: &Shared, language: Language, text: &str) -> Result<Clip, SpeechError> {
    let program = lock(&shared.text_to_speech).clone().ok_or(SpeechError::NoProgram)?;
    let limits = Limits { octets_max: OCTETS_MAX, duration_max_s: DURATION_MAX_S.min(shared.limits.duration_max_s) };
    let cache = shared.folder.as_ref().map(|folder| folder.speech_cache());
    let kept = cache.as_ref().map(|cache| cache.join(file_name(&program, language, text)));
    if let Some(clip) = kept.as_ref().and_then(|path| from_cache(path, limits)) {
        return Ok(clip);
    }
    let octets = speak(&program, language, text, TIME_MAX)?;
    let clip = read(&octets, limits)?;
    if let Some((cache, path)) = cache.zip(kept) {
        // The caller hears it all the same.
        if let Err(error) = folder::write_whole(&path, &octets).and_then(|()| prune(&cache)) {
            tracing::warn!(%error, "speech was not kept on disk");
        }
    }
    Ok(clip)
}

/// What the text is called in the cache. Another program has another voice.
fn file_name(program: &Path, language: Language, text: &str) -> PathBuf {
    let program = program.as_os_str().as_encoded_bytes();
    // Neither a path nor a code has a nought in it: no two texts share a name.
    let whole = [program, b"\0", language.code().as_bytes(), b"\0", text.as_bytes()].concat();
    let mut name = String::with_capacity(68);
    for octet in digest(&SHA256, &whole).as_ref() {
        // Writing to a string does not fail.
        let _written = write!(name, "{octet:02x}");
    }
    name.push_str(".wav");
    name.into()
}

/// A damaged file is as good as none: it is made anew.
fn from_cache(path: &Path, limits: Limits) -> Option<Clip> {
    let file = File::open(path).ok()?;
    // Its time says when it was last used.
    let _read_only = file.set_modified(SystemTime::now());
    let mut octets = Vec::new();
    file.take(OCTETS_MAX as u64).read_to_end(&mut octets).ok()?;
    read(&octets, limits).ok()
}

/// Brings the cache below its bounds.
fn prune(cache: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        files.push((metadata.modified()?, metadata.len(), entry.path()));
    }
    let mut octets: u64 = files.iter().map(|(_, octets, _)| octets).sum();
    let mut count = files.len();
    files.sort();
    for (_, size, path) in files {
        if count <= CACHE_FILES_MAX && octets <= CACHE_OCTETS_MAX {
            break;
        }
        fs::remove_file(path)?;
        octets -= size;
        count -= 1;
    }
    Ok(())
}

/// Runs the program: the text on its input, the language's code as its one argument, what it writes in return. No
/// shell, none of our environment but `PATH`; after `time_max` it is killed with whatever it started.
fn speak(program: &Path, language: Language, text: &str, time_max: Duration) -> Result<Vec<u8>, SpeechError> {
    let until = Instant::now() + time_max;
    let mut command = Command::new(program);
    command.arg(language.code()).env_clear().env("LANG", "C.UTF-8").current_dir("/").process_group(0);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    match converse(&mut child, text, until).and_then(|octets| Ok((octets, wait(&mut child, until)?))) {
        Ok((octets, status)) if status.success() => Ok(octets),
        Ok((_, status)) => Err(SpeechError::Failed(status)),
        Err(error) => {
            // Not collected yet, so its id is still its own, and its group's.
            if let Ok(id) = i32::try_from(child.id()) {
                let _gone_already = killpg(Pid::from_raw(id), Signal::SIGKILL);
            }
            let _killed = child.wait();
            Err(error)
        }
    }
}

/// Gives the text and takes what comes, until the program closes its output.
fn converse(child: &mut Child, text: &str, until: Instant) -> Result<Vec<u8>, SpeechError> {
    if let Some(mut input) = child.stdin.take() {
        // A name's length is below what a pipe holds, so this waits for nobody; a program that does not care for
        // its input may have closed it.
        match input.write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
    }
    let Some(mut output) = child.stdout.take() else { return Ok(Vec::new()) };
    let mut octets = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let ready = poll(&mut [PollFd::new(output.as_fd(), PollFlags::POLLIN)], timeout);
        match ready {
            Ok(0) => return Err(SpeechError::Slow),
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => continue,
            Err(error) => return Err(io::Error::from(error).into()),
        }
        match output.read(&mut piece)? {
            0 => return Ok(octets),
            n if octets.len() + n > OCTETS_MAX => return Err(SpeechError::TooMuch),
            n => octets.extend_from_slice(&piece[..n]),
        }
    }
}

/// Waits for the program's end and collects it.
fn wait(child: &mut Child, until: Instant) -> Result<ExitStatus, SpeechError> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(status),
            None if Instant::now() >= until => return Err(SpeechError::Slow),
            // It has closed its output: its end is a moment away.
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
}

#[cfg(test)]
mod tests;
