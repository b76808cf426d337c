//! Starts the exchange and everything around it, and stops it in order.
//!
//! From the ground up: data folder and journal, configuration, sockets, audio plane, exchange, pages,
//! the ready line. A signal takes it down the same way backwards: calls are told, final records are
//! written, the journal is closed.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Context;
use base::{ConfigVersion, Redacted};
use config::{Config, Listen};
use exchange::io::{Command, Input};
use exchange::live::Event;
use exchange::record::{AuditRecord, Record};
use exchange::{Exchange, ExchangeOptions, OpenCall, Restored};
use net::NetError;
use net::stream::{StreamHub, StreamOptions, TlsClients};
use net::wake::Wake;
use plane::Plane;
use provision::BoxKey;
use sd_notify::NotifyState;
use store::{RecordingInfo, Store, StoreOptions};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use web::{About, Backend, Change, ChangeRequest, CurrentConfig, LiveHub, WebOptions, WebServer};

use crate::args::{RunArgs, data_dir};
use crate::asks::{Answers, Asks};
use crate::calendars::Calendars;
use crate::changes::{CONSOLE, Changes};
use crate::commands::read_document;
use crate::control;
use crate::demo;
use crate::errands::Errands;
use crate::exit::{Exit, Failure};
use crate::host::{random, wall_clock};
use crate::memory;
use crate::phones;
use crate::signalling::{Clock, Inbox, Parts, Pulse, Signalling, event_queue};
use crate::sound::Sound;

/// Threads of the runtime that serves pages and connections.
const RUNTIME_THREADS: usize = 2;
/// How long calls may take to be told of the end.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long pages under way may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// Pages show changes four times a second; this is well below.
const NEWS_EVERY: Duration = Duration::from_millis(50);
/// The account that exists from the first start.
const ADMINISTRATOR: &str = "admin";

/// Runs the box until a signal ends it.
pub fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    memory::settle();
    start_log();
    let clock = Clock::start();
    let folder = data_dir(args.data.as_deref());
    make_folder(&folder)?;
    let store = Store::open(&folder, StoreOptions::default())?;
    let dropped = store.recovered();
    tracing::info!(folder = %folder.display(), recovered = ?dropped, "store open");

    let wake = Wake::new().context("no file descriptor left")?;
    let (inbox, receiver) = Inbox::new(wake.clone());
    let current = Arc::new(CurrentConfig::new(ConfigVersion(0), Arc::new(Config::default())));
    let changed = Arc::new(Notify::new());
    let changes = Arc::new(Changes::open(store.clone(), wall_clock, in_force(&current, &inbox, &changed))?);
    prepare(&args, &changes)?;
    let (version, config) = changes.current()?;
    current.store(version, Arc::clone(&config));
    let listen = args.listen(&config.listen)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .thread_name("pages")
        .enable_all()
        .build()
        .context("the runtime does not start")?;
    let whole = Whole {
        args: &args,
        folder: &folder,
        clock,
        store,
        wake,
        inbox,
        receiver,
        current,
        changed,
        changes,
        config,
        listen,
    };
    let ended = whole.run(&runtime);
    runtime.shutdown_timeout(GRACE);
    ended
}

/// All that exists before the sockets do.
struct Whole<'a> {
    args: &'a RunArgs,
    folder: &'a Path,
    clock: Clock,
    store: Store,
    wake: Wake,
    inbox: Inbox,
    receiver: Receiver<Input>,
    current: Arc<CurrentConfig>,
    /// Rung when another configuration has come into force.
    changed: Arc<Notify>,
    changes: Arc<Changes>,
    config: Arc<Config>,
    listen: Listen,
}

impl Whole<'_> {
    fn run(self, runtime: &Runtime) -> anyhow::Result<ExitCode> {
        let handle = runtime.handle().clone();
        let (udp, tcp) = net::bind_pair(self.listen.sip).map_err(net_failure)?;
        let sip = udp.local_addr();
        let inbox = self.inbox.clone();
        // Unbounded, for an audio thread must never wait for the exchange while the exchange waits for
        // it: the streams bound it, each reports a few times a minute.
        let (reports, media) = std::sync::mpsc::channel();
        let bell = self.wake.clone();
        let on_media = move |event| {
            if reports.send(event).is_ok() {
                bell.wake();
            }
        };
        let sound = Sound::open(self.folder, &self.config, on_media.clone())?;
        let options = sound.plane_options(&self.config);
        let tell = on_media.clone();
        let plane = Arc::new(Plane::start(options, Arc::new(on_media)).context("the audio plane does not start")?);

        let (streams_in, streams) = net::stream::inbound_queue();
        let hub = {
            let tls_client = Some(TlsClients::new(&[]).context("TLS towards providers")?);
            let options = StreamOptions { tls_client, ..StreamOptions::default() };
            StreamHub::start(handle.clone(), options, streams_in, self.wake.clone())
        };
        let _entered = handle.enter();
        hub.serve_tcp(tcp).with_context(|| format!("SIP over TCP on {sip}"))?;

        let (events, news) = event_queue();
        let asks = Arc::new(Asks::default());
        let live = LiveHub::new(wall_clock);
        publish_news(news, Arc::clone(&live))?;
        let web = runtime.block_on(self.serve_pages(live, sip, &sound, Arc::clone(&asks)))?;
        let sips = match self.listen.sips {
            Some(address) => {
                let listener = net::stream::bind(address).map_err(net_failure)?;
                let tls = web.sip_tls(&self.listen).context("SIP over TLS")?;
                Some(hub.serve_tls(listener, tls).with_context(|| format!("SIP over TLS on {address}"))?)
            }
            None => None,
        };

        let open_recordings = self.store.open_recordings();
        let restored = self.restored(&open_recordings);
        let unfinished = restored.unfinished_recordings();
        sound.sweep(&restored.named_files(), &unfinished);
        let exchange = self.exchange(restored)?;
        sound.recover(&unfinished, tell);
        let current = Arc::clone(&self.current);
        sound.keep_tidy(self.store.clone(), move || current.load().1.recording.keep_days)?;
        let bell = self.wake.clone();
        let journal = self.store.writer(Arc::new(move || bell.wake()));
        let pulse = Arc::new(Pulse::default());
        let phone_key = self.phone_key()?;
        let signalling = Signalling::new(Parts {
            exchange,
            udp,
            hub: hub.clone(),
            streams,
            inbox: self.receiver,
            media,
            plane: Arc::clone(&plane),
            journal,
            answers: Answers::new(Arc::clone(&asks)),
            errands: Errands::start(
                &handle,
                self.inbox.clone(),
                hub.clone(),
                Arc::clone(&self.current),
                sound.for_pages().0,
                (sip.port(), sips.map(|at| at.port())),
            )?,
            events,
            wake: self.wake,
            clock: self.clock,
            pulse: Arc::clone(&pulse),
        });
        let (done, ended) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("signalling".into()).spawn(move || {
            let result = signalling.run();
            let _ = done.send(()); // nobody waits any more: the process is going down already
            result
        })?;

        let calendars = self.store.clone();
        Calendars::start(&handle, calendars, Arc::clone(&self.current), asks, self.inbox.clone())
            .context("the fetching of calendars does not start")?;
        let control = control::listen(self.folder).context("control socket")?;
        let control = handle.spawn(control.serve(Arc::clone(&self.changes)));
        announce(self.args, &self.config, sip, sips, web.address);
        let phones = handle.spawn(phones::serve(phones::Surroundings {
            store: self.store.clone(),
            config: Arc::clone(&self.current),
            changed: Arc::clone(&self.changed),
            web: web.address,
            key: phone_key,
        }));
        let watchdog = handle.spawn(watch(Arc::clone(&pulse)));
        let tidying = handle.spawn(tidy_memory());

        let signalled = runtime.block_on(until_stopped(ended));
        let _ = sd_notify::notify(false, &[NotifyState::Stopping]);
        tracing::info!(reason = signalled, "stopping");
        inbox.send_waiting(Input::Command(Command::Shutdown));
        let result = runtime.block_on(async {
            // Calls are told, their final records written; then nothing more can come.
            let joined = tokio::time::timeout(FAREWELL, tokio::task::spawn_blocking(move || thread.join())).await;
            watchdog.abort();
            phones.abort();
            tidying.abort();
            control.abort();
            web.stop(GRACE).await;
            joined
        });
        hub.shutdown(GRACE);
        plane.stop();
        sound.recorder.stop();
        self.store.close();
        match result {
            Ok(Ok(Ok(Ok(counts)))) => {
                tracing::info!(?counts, "stopped");
                Ok(ExitCode::SUCCESS)
            }
            Ok(Ok(Ok(Err(error)))) => Err(error).context("the signalling thread ended"),
            Ok(Ok(Err(_)) | Err(_)) => anyhow::bail!("the signalling thread panicked; see the log above"),
            Err(_) => {
                tracing::warn!("calls did not end in time");
                Ok(ExitCode::SUCCESS)
            }
        }
    }

    fn restored(&self, open_recordings: &[RecordingInfo]) -> Restored {
        let open_calls = self.store.open_calls();
        Restored {
            bindings: self.store.bindings(),
            facts: self.store.facts(""),
            open_recordings: open_recordings.iter().map(|r| (r.recording, r.call)).collect(),
            open_calls: open_calls.into_iter().map(|c| OpenCall { call: c.call, events: c.events }).collect(),
        }
    }

    fn exchange(&self, restored: Restored) -> anyhow::Result<Exchange> {
        Ok(Exchange::new(ExchangeOptions {
            now: self.clock.now(),
            wall: wall_clock(),
            config: Arc::clone(&self.config),
            rtp: self.listen.rtp,
            random: random()?,
            restored,
        }))
    }

    fn phone_key(&self) -> anyhow::Result<BoxKey> {
        Ok(Redacted(crate::sound::key_of(&self.folder.join("phones.key")).context("the key of the phones")?))
    }

    async fn serve_pages(
        &self,
        live: Arc<LiveHub>,
        sip: SocketAddr,
        sound: &Sound,
        asks: Arc<Asks>,
    ) -> anyhow::Result<WebServer> {
        let (recordings, sounds) = sound.for_pages();
        let phone_key = self.phone_key()?;
        let (inbox, changes) = (self.inbox.clone(), Arc::clone(&self.changes));
        let asking = self.inbox.clone();
        let backend = Backend {
            store: self.store.clone(),
            live,
            config: Arc::clone(&self.current),
            commands: Box::new(move |command| {
                inbox.send(Input::Command(command));
            }),
            ask: Box::new(move |command| Box::pin(Arc::clone(&asks).ask(asking.clone(), command))),
            apply: Box::new(move |request| {
                let changes = Arc::clone(&changes);
                Box::pin(async move {
                    let applied = tokio::task::spawn_blocking(move || changes.apply(request)).await;
                    match applied {
                        Ok(Ok(applied)) => Ok(applied.version),
                        Ok(Err(refusal)) => Err(refusal.for_pages()),
                        Err(_) => {
                            Err(web::ApplyError::NotSaved("the change failed inside the box; see its log".into()))
                        }
                    }
                })
            }),
            phone_key,
            clock: wall_clock,
            recordings,
            sounds,
            about: About {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                started_at: wall_clock(),
                sip: Some(sip),
                sips: self.listen.sips,
                rtp: self.listen.rtp,
            },
        };
        let options = WebOptions { listen: self.listen.web, data: self.folder.to_owned(), names: Vec::new() };
        web::serve(options, Arc::new(backend)).await.map_err(|error| {
            let busy = matches!(&error, web::ServeError::Listen { .. });
            let exit = if busy { Exit::PortBusy } else { Exit::Failed };
            Failure::new(exit, error.to_string()).into()
        })
    }
}

/// What happens when a version comes into force: pages see it, the exchange gets it.
fn in_force(current: &Arc<CurrentConfig>, inbox: &Inbox, changed: &Arc<Notify>) -> crate::changes::InForce {
    let (current, inbox, changed) = (Arc::clone(current), inbox.clone(), Arc::clone(changed));
    Box::new(move |version, config| {
        current.store(version, Arc::clone(config));
        inbox.send_waiting(Input::Config(Arc::clone(config)));
        changed.notify_one();
    })
}

/// A first configuration and a first account, where there is none.
fn prepare(args: &RunArgs, changes: &Changes) -> anyhow::Result<()> {
    let (version, _) = changes.current()?;
    if version == ConfigVersion(0) {
        let (text, reason) = match args.demo {
            true => (demo::document().text().to_owned(), "the demo company"),
            false => (config::Document::default().text().to_owned(), "first start"),
        };
        apply_text(changes, text, reason)?;
    } else if args.demo {
        tracing::info!(%version, "the folder is not empty: the demo company is not made anew");
    }
    if let Some(file) = &args.config {
        let text = read_document(file)?;
        apply_text(changes, text, &format!("started with {}", file.display()))?;
    }
    if changes.store().accounts().is_empty() {
        let mut random = random()?;
        let (password, account) = control::one_time_password(changes, &mut random, ADMINISTRATOR);
        changes.store().append_wait(Record::Account(account))?;
        let what = format!("made the account {ADMINISTRATOR} with a one-time password");
        let audit = AuditRecord { at: changes.now(), who: CONSOLE.to_owned(), from: None, what };
        changes.store().append_wait(Record::Audit(audit))?;
        crate::commands::print(&format!(
            "one-time password for the pages: {password}\n  user {ADMINISTRATOR}; it is shown only now and must be changed at the first login\n"
        ))?;
    }
    Ok(())
}

fn apply_text(changes: &Changes, text: String, reason: &str) -> Result<(), Failure> {
    let request = ChangeRequest {
        author: CONSOLE.to_owned(),
        reason: reason.to_owned(),
        based_on: None,
        change: Change::Text(text),
    };
    changes.apply(request).map(|_| ()).map_err(Failure::from)
}

/// Makes the data folder, for its owner only.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("data folder {}", folder.display()))
}

/// The thread that hands the exchange's events to the pages.
fn publish_news(news: Receiver<Event>, live: Arc<LiveHub>) -> io::Result<()> {
    std::thread::Builder::new().name("news".into()).spawn(move || {
        while let Ok(event) = news.recv() {
            live.publish(&event);
            // Not woken for each of a thousand registrations a second: what has come meanwhile follows at once.
            std::thread::sleep(NEWS_EVERY);
            for event in news.try_iter() {
                live.publish(&event);
            }
        }
    })?;
    Ok(())
}

/// What the newcomer and the scripts read; the ready line is the last and comes once.
fn announce(args: &RunArgs, config: &Config, sip: SocketAddr, sips: Option<SocketAddr>, web: SocketAddr) {
    let mut out = io::stdout().lock();
    // A reader that has gone away must not stop the exchange.
    if args.demo {
        let _ = writeln!(out, "{}", demo::dialling_guide(config).trim_end());
    }
    let sips = sips.map(|a| format!(" sips={a}")).unwrap_or_default();
    let _ = writeln!(out, "ready sip={sip} web=https://{web}{sips}");
    let _ = out.flush();
    let _ = sd_notify::notify(false, &[NotifyState::Ready]);
}

/// What the start needed goes back at once, what a busy hour needed soon after it.
async fn tidy_memory() {
    loop {
        let _ = tokio::task::spawn_blocking(memory::tidy).await;
        tokio::time::sleep(memory::TIDY_EVERY).await;
    }
}

/// Tells systemd that we live, as long as the signalling thread turns.
async fn watch(pulse: Arc<Pulse>) {
    let mut usec = 0;
    if !sd_notify::watchdog_enabled(false, &mut usec) {
        return;
    }
    let mut seen = 0;
    loop {
        tokio::time::sleep(Duration::from_micros(usec / 3)).await;
        let turns = pulse.turns.load(Ordering::Relaxed);
        if std::mem::replace(&mut seen, turns) != turns {
            let _ = sd_notify::notify(false, &[NotifyState::Watchdog]);
        }
    }
}

async fn until_stopped(ended: tokio::sync::oneshot::Receiver<()>) -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        let _ = ended.await;
        return "signals cannot be heard";
    };
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
        _ = ended => "the signalling thread ended",
    }
}

fn net_failure(error: NetError) -> anyhow::Error {
    Failure::new(Exit::PortBusy, error.to_string()).into()
}

/// Structured log on standard error; under systemd the journal adds the time.
fn start_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("STROWGER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    // A second start in one process (a test) keeps the first log.
    let _ = if std::env::var_os("JOURNAL_STREAM").is_some() {
        builder.without_time().with_ansi(false).try_init()
    } else {
        builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init()
    };
}
