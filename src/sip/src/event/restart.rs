//! `check-sync` and its cousins: a NOTIFY without a subscription that has a phone fetch its configuration. No
//! standard; each maker reads the value of the Event header in its own way.

/// What a phone is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Fetch its configuration, and restart only if that asks for it.
    Fetch,
    /// Restart.
    Reboot,
}

/// The Event value for a phone that names itself so in its User-Agent.
pub fn restart_event(user_agent: &str, restart: Restart) -> &'static str {
    let agent = user_agent.to_ascii_lowercase();
    // Cisco's small-business and multiplatform phones, and Linksys before them.
    let cisco = ["cisco/spa", "linksys/", "cisco-cp", "cisco/cp", "cisco ata", "cisco/ata"];
    match restart {
        Restart::Fetch if cisco.iter().any(|name| agent.starts_with(name)) => "resync",
        Restart::Reboot if cisco.iter().any(|name| agent.starts_with(name)) => "reboot_now",
        Restart::Fetch => "check-sync;reboot=false",
        Restart::Reboot => "check-sync;reboot=true",
    }
}
