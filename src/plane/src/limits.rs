//! What the operating system grants: open files and entropy.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// A stream needs two sockets, so the soft limit of 1,024 that most systems give would end at 500 streams.
pub(crate) fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard {
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
        }
        Ok(hard)
    });
    match raised {
        Ok(files) => tracing::debug!(files, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}

/// 32 bytes from the operating system's generator.
pub(crate) fn entropy() -> io::Result<[u8; 32]> {
    let mut seed = [0u8; 32];
    // SAFETY: the pointer and the length are those of `seed`.
    let got = unsafe { libc::getrandom(seed.as_mut_ptr().cast(), seed.len(), 0) };
    match usize::try_from(got) {
        // Requests up to 256 bytes are never cut short (getrandom(2)).
        Ok(n) if n == seed.len() => Ok(seed),
        Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Keeps the calling thread to one core.
pub(crate) fn pin_to(core: usize) -> nix::Result<()> {
    let mut set = nix::sched::CpuSet::new();
    set.set(core)?;
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)
}
