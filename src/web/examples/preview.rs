//! Serves the pages with made-up data on loopback, to look at them: `cargo run -p web --example preview`.
//!
//! Sign in as `admin`, `viewer` or `fresh` (who must change the password) with the printed password. With `--empty`
//! the box has neither extensions nor calls.

#[allow(dead_code)]
#[path = "../src/tests/fixture.rs"]
mod fixture;

use std::net::SocketAddr;
use std::sync::Arc;

use web::{WebOptions, serve};

#[tokio::main]
async fn main() {
    let folder = fixture::Folder::new("preview");
    let empty = std::env::args().any(|arg| arg == "--empty");
    let people = if empty { Vec::new() } else { fixture::company() };
    let (backend, _commands) = fixture::backend(&folder.0, &people, Arc::new(store::disk::OsDisk));
    if !empty {
        fixture::add_telephony(&backend);
        fixture::fill_trunks(&backend);
        let now = fixture::wall().unix_ms();
        fixture::put_fact(
            &backend,
            "blocked/+32470999999",
            &format!("{{\"by\":\"101\",\"at\":{now},\"reason\":\"\"}}"),
        );
        fixture::fill_history(&backend, 137);
        fixture::fill_live(&backend);
        let calls = backend.store.calls(&store::CallFilter::default(), 40, None).expect("a history").calls;
        for (n, call) in calls.iter().filter(|call| call.answered_at.is_some()).enumerate().take(14) {
            let note = if n == 5 { "The disk was full." } else { "" };
            fixture::write_recording(&backend, &folder.0, call.call, n != 3, note);
        }
    }
    let port = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(0);
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let options = WebOptions { listen, data: folder.0.clone(), names: Vec::new() };
    let server = serve(options, backend).await.expect("the port is free");
    println!("https://{} password {}", server.address, fixture::PASSWORD);
    std::future::pending::<()>().await;
}
