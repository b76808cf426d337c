//! The house checks itself: which way the arrows between crates point, how long files are, and that the
//! floors without I/O stay without it.
//!
//! Run as a test of the crate `sim`: `cargo test -p sim --test house`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Every crate with its floor. Floor 0 has words, 1 machines, 2 policy, 3 the shell, 4 the ends.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("sdp", 0),
    ("sip", 1),
    ("audio", 1),
    ("voice", 1),
    ("media", 1),
    ("calendar", 1),
    ("config", 2),
    ("dialplan", 2),
    ("provision", 2),
    ("exchange", 2),
    ("plane", 3),
    ("store", 3),
    ("net", 3),
    ("web", 3),
    ("strowger", 4),
    ("sim", 4),
];

/// The highest floor without I/O.
const PURE_UP_TO: u8 = 2;

/// What the floors without I/O never name.
const FORBIDDEN: &[&str] = &[
    "tokio",
    "std::fs",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "UnixStream",
    "std::thread",
    "std::process",
    "Instant::now",
    "SystemTime::now",
    "Mutex",
    "RwLock",
];

/// Lines from which a file needs its reason in the module doc, and from which no reason helps.
const LINES_WITH_REASON: usize = 800;
const LINES_MAX: usize = 1200;

/// What a reason for a long file begins with.
const REASON_MARK: &str = "//! Long because";

fn root() -> PathBuf {
    // The manifest is two folders down, in src/sim.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace has a root")
}

/// The workspace's packages in the order of the list of members.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The members as `Cargo.toml` lists them, last part of the path only.
fn listed_members() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("root manifest");
    let list = manifest.split_once("members = [").expect("members").1;
    let list = list.split_once(']').expect("end of members").0;
    let paths = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'));
    paths.map(|(path, _)| path.trim_start_matches("src/").to_owned()).collect()
}

/// Path and text of every Rust source under `folder`, in order.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return out };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable folder").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                out.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            out.push((path, text));
        }
    }
    out
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_crate_has_a_floor_and_the_list_of_members_goes_up() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let members = listed_members();
    let mut complaints = Vec::new();
    let mut reached = 0;
    for member in &members {
        match floors.get(member.as_str()) {
            None => complaints.push(format!("{member}: has no floor in tests/house.rs")),
            Some(floor) if *floor < reached => complaints.push(format!("{member}: listed above its floor")),
            Some(floor) => reached = *floor,
        }
    }
    for (name, _) in FLOORS {
        if !members.iter().any(|member| member == name) {
            complaints.push(format!("{name}: has a floor but is no member"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn arrows_point_down() {
    let members = listed_members();
    let place = |name: &str| members.iter().position(|member| member == name);
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let mut complaints = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().expect("name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("name");
            // Only ours have a path; a crate of the same name from elsewhere would have none.
            if dependency["path"].is_null() {
                continue;
            }
            // What tests alone need may come from anywhere below the ends.
            let upward = place(target) >= place(name) || floors.get(target) > floors.get(name);
            if upward {
                complaints.push(format!("{name} → {target}: an arrow points up"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn files_are_short_or_say_why_not() {
    let root = root();
    let mut complaints = Vec::new();
    for folder in ["src", "tests"] {
        for (path, text) in sources(&root.join(folder)) {
            let lines = text.lines().count();
            let reasoned = text.lines().take_while(|line| line.starts_with("//!")).any(|l| l.starts_with(REASON_MARK));
            if lines > LINES_MAX || (lines > LINES_WITH_REASON && !reasoned) {
                let path = path.strip_prefix(&root).expect("below the root").display();
                complaints.push(format!("{path}: {lines} lines; split it, or begin a line with “{REASON_MARK}”"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn floors_without_io_name_no_clock_socket_thread_or_lock() {
    let root = root();
    let mut complaints = Vec::new();
    for (name, _) in FLOORS.iter().filter(|(_, floor)| *floor <= PURE_UP_TO) {
        for (path, text) in sources(&root.join("src").join(name).join("src")) {
            // Tests may read the files they compare with; they come last, or in a file of their own.
            if path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs") {
                continue;
            }
            for (number, line) in text.lines().take_while(|line| *line != "#[cfg(test)]").enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for word in FORBIDDEN.iter().filter(|word| code.contains(*word)) {
                    let path = path.strip_prefix(&root).expect("below the root").display();
                    complaints.push(format!("{path}:{}: names {word}", number + 1));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn floors_without_io_ban_it_and_forbid_unsafe_code() {
    let mut complaints = Vec::new();
    for (name, _) in FLOORS.iter().filter(|(_, floor)| *floor <= PURE_UP_TO) {
        let folder = root().join("src").join(name);
        let bans = fs::read_to_string(folder.join("clippy.toml")).unwrap_or_default();
        for ban in [
            "std::time::Instant::now",
            "std::time::SystemTime::now",
            "std::thread::spawn",
            "std::thread::sleep",
            "std::sync::Mutex",
            "std::sync::RwLock",
        ] {
            if !bans.contains(&format!("\"{ban}\"")) {
                complaints.push(format!("src/{name}/clippy.toml does not ban {ban}"));
            }
        }
        let library = fs::read_to_string(folder.join("src/lib.rs")).expect("lib.rs");
        if !library.lines().any(|line| line == "#![forbid(unsafe_code)]") {
            complaints.push(format!("src/{name}/src/lib.rs does not forbid unsafe code"));
        }
    }
    assert_none(&complaints);
}
