//! argon2id: one hash at a time, and the same work for names that do not exist.

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::common;

/// Signs that a password must have at least.
pub const PASSWORD_MIN: usize = 12;
/// Octets of a password at most, so that nobody makes us hash a novel.
const PASSWORD_MAX: usize = 256;
/// Checks that may wait for their turn; beyond it the answer is "busy".
const WAITING_MAX: usize = 32;

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Shorter than [`PASSWORD_MIN`].
    #[error("Choose at least {PASSWORD_MIN} characters. Four unrelated words do well.")]
    TooShort,
    /// Longer than 256 octets.
    #[error("That is longer than 256 bytes.")]
    TooLong,
    /// On every guesser's list.
    #[error("That is easy to guess. Four unrelated words do well.")]
    Easy,
}

/// Whether this password may be chosen; `names` are words that must not make it up: the account, the firm.
pub fn check_password(password: &str, names: &[&str]) -> Result<(), PasswordRefused> {
    if password.chars().count() < PASSWORD_MIN {
        return Err(PasswordRefused::TooShort);
    }
    if password.len() > PASSWORD_MAX {
        return Err(PasswordRefused::TooLong);
    }
    if common::is_easy(password, names) {
        return Err(PasswordRefused::Easy);
    }
    Ok(())
}

/// The password as argon2id in PHC form, for an `AccountRecord`. Takes about 30 ms and 19 MiB; `salt` is 16 random
/// octets.
pub fn hash_password(password: &str, salt: [u8; 16]) -> String {
    let salt = SaltString::encode_b64(&salt).expect("16 octets are a valid salt");
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    hash.expect("the parameters are constant and valid").to_string()
}

/// The place where passwords are checked, one at a time: a flood of logins takes one core at most, and 19 MiB.
#[derive(Debug)]
pub(crate) struct Hasher {
    one: Semaphore,
    queue: Semaphore,
}

/// Too many checks are waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HasherBusy;

impl Hasher {
    pub fn new() -> Self {
        Hasher { one: Semaphore::new(1), queue: Semaphore::new(WAITING_MAX) }
    }

    /// Whether `password` is the one of `stored` (PHC form). `None`, a name that does not exist, costs the same.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<bool, HasherBusy> {
        self.run(move || verify(stored.as_deref(), &password)).await
    }

    /// See [`hash_password`].
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, HasherBusy> {
        self.run(move || hash_password(&password, salt)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HasherBusy> {
        let _place = self.queue.try_acquire().map_err(|_| HasherBusy)?;
        let _turn = self.one.acquire().await.map_err(|_| HasherBusy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| HasherBusy)
    }
}

fn verify(stored: Option<&str>, password: &str) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| hash_password("", [0; 16]));
    let exists = stored.is_some();
    let stored = stored.unwrap_or(nobody);
    // A hash of another shape must not panic: it opens nothing.
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    password.len() <= PASSWORD_MAX && argon2().verify_password(password.as_bytes(), &parsed).is_ok() && exists
}

fn argon2() -> Argon2<'static> {
    // OWASP's and the crate's minimum: 19 MiB, two passes.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_opens_with_its_password_only() {
        let stored = hash_password("gurken-trompete-41", [7; 16]);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(Some(&stored), "gurken-trompete-41"));
        assert!(!verify(Some(&stored), "gurken-trompete-42"));
        assert!(!verify(None, "") && !verify(None, "x") && !verify(Some("rubbish"), "x"));
    }

    #[test]
    fn the_rules_for_a_new_password() {
        assert_eq!(check_password("short", &[]), Err(PasswordRefused::TooShort));
        assert_eq!(check_password(&"ab1x".repeat(100), &[]), Err(PasswordRefused::TooLong));
        assert_eq!(check_password("password1234", &[]), Err(PasswordRefused::Easy));
        assert_eq!(check_password("gurken-trompete-41", &[]), Ok(()));
    }
}
