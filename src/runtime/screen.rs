//! The loop: inputs, replies and time become messages; the model changes; effects start; what changed is drawn.
//!
//! It decides nothing. It sleeps until something happens or a number on the screen is due to change, takes inputs
//! before replies, and draws at most once for all that was waiting. The keyring, TLS, the database and the network
//! are first touched after the first frame.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clipboard::{ClipboardEnv, SystemClipboard};
use super::clock;
use super::input::{Input, Inputs};
use super::panic::{self, Panicked};
use super::signals::{Signal, Signals};
use super::tasks::{Setup, Tasks};
use super::terminal::{Lost, NoTerminal, Screen, Tty};
use crate::app::effect::{Effect, Keeping};
use crate::app::model::{AccountState, Model, SandboxView, Tone, VaultView, View};
use crate::app::msg::Msg;
use crate::app::pane::Overlay;
use crate::app::update::{next_wake, start, update};
use crate::backend::registry;
use crate::config::{KeepIn, Settings, variable};
use crate::keymap;
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::state::State;
use crate::ui::theme::Theme;

/// The shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(16);
/// How many waiting messages are taken in before a frame.
const BATCH: usize = 64;
/// How long the end waits for writes whose answer is still to come, when the terminal is gone.
const LAST_WRITES: Duration = Duration::from_secs(35);

/// Why the screen could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The system refused something.
    #[error("the screen cannot start: {0}")]
    System(#[from] io::Error),
    /// The theme cannot be used.
    #[error("{0}")]
    Theme(String),
}

/// How the screen ended.
pub enum End {
    /// In order.
    Left,
    /// A bug; the terminal is as before and the message is printed.
    Panicked,
}

/// Runs the screen until it is left. `unprotected` is why other programs may read this one's memory, if so.
pub fn run(settings: &Settings, sandbox: bool, unprotected: Option<&str>) -> Result<End, ScreenError> {
    let theme = crate::ui::theme::load(settings.theme.as_deref(), settings.no_color, settings.ascii)
        .map_err(ScreenError::Theme)?;
    // Beside this thread, which draws, one for all that is asked of servers: a second one would have less to do than it
    // costs to wake it. What may wait long (the keyring, the records of many) has threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let end = runtime.block_on(async {
        let mut program = Program::open(settings, sandbox, theme)?;
        if let Some(why) = unprotected {
            program.model.say(Tone::Plain, why);
        }
        program.run().await;
        Ok(program.close().await)
    });
    // The keyring's thread and requests nobody waits for must not hold up the end.
    runtime.shutdown_background();
    end
}

struct Program {
    model: Model,
    theme: Theme,
    screen: Screen<Tty>,
    inputs: Inputs,
    signals: Signals,
    panicked: Panicked,
    replies: UnboundedReceiver<Msg>,
    tasks: Tasks,
    quit: bool,
    drawn: Option<Instant>,
    changed: bool,
    sandbox: bool,
    /// The operation of the reveal that was drawn last.
    revealed: Option<Uuid>,
}

impl Program {
    fn open(settings: &Settings, sandbox: bool, theme: Theme) -> Result<Self, ScreenError> {
        let signals = Signals::listen()?;
        let screen = Screen::open()?;
        let (guard, to_terminal) = (screen.guard(), screen.guard());
        let panicked = panic::install(
            move || guard.leave(),
            || Box::new(io::stderr()),
            settings.log.as_ref().map(|_| settings.paths.log.clone()),
        );
        let inputs = Inputs::open()?;
        let (messages, replies) = mpsc::unbounded_channel();
        let clipboard = SystemClipboard::new(
            ClipboardEnv::from(variable),
            Box::new(move |bytes| to_terminal.send(bytes)),
        );
        let tasks = Tasks::new(Setup {
            clock: Arc::new(clock::now),
            clipboard: Arc::new(clipboard),
            messages,
            paths: settings.paths.clone(),
            keeping: if sandbox { Keeping::Memory } else { keeping(settings.keep_in) },
            accounts: if sandbox { Vec::new() } else { settings.accounts.clone() },
        });
        if !sandbox {
            tasks.use_targets(settings.targets.clone());
        }
        let mut model = model(settings, sandbox);
        let size = screen.size();
        model.size = (size.width, size.height);
        Ok(Self {
            model,
            theme,
            screen,
            inputs,
            signals,
            panicked,
            replies,
            tasks,
            quit: false,
            drawn: None,
            changed: true,
            sandbox,
            revealed: None,
        })
    }

    async fn run(&mut self) {
        // What the model begins with is in the first frame; what it asks for begins after it.
        let effects = if self.sandbox { start_sandbox(&mut self.model) } else { start(&mut self.model) };
        if self.draw().is_err() {
            return;
        }
        // Finding it reads the system's whole directory of zones, and the first frame shows no moment.
        self.model.zone = TimeZone::system();
        if self.sandbox
            && let Ok(state) = State::in_memory()
        {
            // Nothing of the sandbox touches the records of real accounts, also before it listens.
            self.tasks.use_state(state);
        }
        self.carry_out(effects);
        while !self.quit {
            if self.turn().await.is_err() {
                break;
            }
        }
        // Left in order, nothing is written any more; after a panic or without a terminal something may be.
        self.finish_writes().await;
    }

    /// Waits for one thing, takes in what else is waiting, draws.
    async fn turn(&mut self) -> Result<(), Lost> {
        let wake = self.wake();
        tokio::select! {
            biased;
            signal = self.signals.next() => self.signal(signal)?,
            () = self.panicked.wait() => self.quit = true,
            input = self.inputs.next() => match input {
                Some(input) => self.input(input),
                None => return Err(Lost::from(&io::Error::from(io::ErrorKind::UnexpectedEof))),
            },
            Some(msg) = self.replies.recv() => self.take(msg),
            () = sleep_until(wake) => self.take(Msg::Tick),
        }
        let began = clock::monotonic();
        for _ in 0..BATCH {
            // A key waits for no more than a frame's time of answers.
            if clock::monotonic().duration_since(began) >= FRAME {
                break;
            }
            match self.replies.try_recv() {
                Ok(msg) => self.take(msg),
                Err(_nothing_waits) => break,
            }
        }
        let due = self.drawn.is_none_or(|drawn| clock::monotonic().duration_since(drawn) >= FRAME);
        if self.changed && (due || self.quit) {
            self.drop_typed_ahead().await;
            self.draw()?;
        }
        Ok(())
    }

    /// What was typed before a secret could be seen was not meant for it: a `u` or `y` for the list would show or copy
    /// the secret. The keys that wait already are dropped before its first frame; one that comes after it counts, however
    /// soon.
    async fn drop_typed_ahead(&mut self) {
        let on_top = revealing(&self.model);
        if on_top.is_none() || on_top == self.revealed {
            return;
        }
        loop {
            tokio::select! {
                biased;
                input = self.inputs.next() => match input {
                    Some(input) => self.input(input),
                    None => break,
                },
                () = std::future::ready(()) => break,
            }
        }
    }

    /// When to wake without an input: for the next number that changes, or for a frame that was put off.
    fn wake(&self) -> Option<Instant> {
        let put_off = self.drawn.filter(|_| self.changed).map(|drawn| drawn + FRAME);
        let model = next_wake(&self.model).map(|at| {
            let wait = at.duration_since(clock::now());
            clock::monotonic() + Duration::try_from(wait).unwrap_or(Duration::ZERO)
        });
        put_off.into_iter().chain(model).min()
    }

    fn input(&mut self, input: Input) {
        let on_top = revealing(&self.model);
        if on_top.is_some() && on_top != self.revealed && is_for_reveal(&input) {
            return;
        }
        let msg = match input {
            Input::Key { key, repeat } => Msg::Key { key, repeat },
            Input::Paste(secret) => Msg::Paste(Zeroizing::new(secret.expose().to_owned())),
            Input::PasteTooLong => {
                self.model.say(
                    Tone::Bad,
                    "what was pasted is longer than anything keywright takes; nothing was taken",
                );
                Msg::Tick
            }
            Input::Resize => {
                let size = self.screen.size();
                Msg::Resize(size.width, size.height)
            }
            Input::FocusLost => Msg::Focus(false),
            Input::FocusGained => Msg::Focus(true),
        };
        self.take(msg);
        // An answer to a key is never put off.
        self.drawn = None;
    }

    fn signal(&mut self, signal: Signal) -> Result<(), Lost> {
        match signal {
            Signal::Terminate => self.take(Msg::Terminate),
            Signal::HangUp => return Err(Lost::from(&io::Error::from(io::ErrorKind::BrokenPipe))),
            Signal::Stop => self.take(Msg::Stop),
            Signal::Continue => {
                self.screen.resume()?;
                self.take(Msg::Resumed);
            }
        }
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Lost> {
        crate::app::update::mask(&mut self.model);
        self.screen.suspend()?;
        self.take(Msg::Resumed);
        Ok(())
    }

    fn take(&mut self, msg: Msg) {
        let effects = update(&mut self.model, clock::now(), msg);
        self.changed = true;
        self.carry_out(effects);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all but the terminal's own effects are tasks")]
    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            tracing::debug!(effect = effect.name());
            let mut lost = Ok(());
            match effect {
                Effect::Quit => self.quit = true,
                Effect::Suspend => lost = self.suspend(),
                Effect::Repaint => lost = self.screen.repaint(),
                others => self.tasks.start(others),
            }
            // A lost terminal shows itself again at the next frame, which ends the loop.
            self.changed |= lost.is_err();
        }
    }

    fn draw(&mut self) -> Result<(), Lost> {
        let (model, theme) = (&self.model, &self.theme);
        let mut view = View::default();
        self.screen.draw(|frame| {
            let hits = crate::ui::draw(model, theme, frame);
            view = View {
                table_height: usize::from(hits.table_height),
                page_height: usize::from(hits.page_height),
                scroll_max: hits.scroll_max,
            };
        })?;
        self.model.view = view;
        self.revealed = revealing(&self.model);
        self.drawn = Some(clock::monotonic());
        self.changed = false;
        Ok(())
    }

    /// Without a terminal: writes in flight still get their answers written down.
    async fn finish_writes(&mut self) {
        let deadline = tokio::time::sleep(LAST_WRITES);
        tokio::pin!(deadline);
        self.tasks.halt_all();
        while self.model.writing().is_some() {
            tokio::select! {
                () = &mut deadline => return,
                msg = self.replies.recv() => match msg {
                    Some(msg) => drop(update(&mut self.model, clock::now(), msg)),
                    None => return,
                },
            }
        }
    }

    async fn close(mut self) -> End {
        self.tasks.clear_clipboard_at_exit().await;
        self.screen.leave();
        // The person has the terminal back; a login that is being renewed is still stored.
        self.tasks.finish_renewals().await;
        if self.panicked.happened() { End::Panicked } else { End::Left }
    }
}

fn keeping(keep_in: KeepIn) -> Keeping {
    match keep_in {
        KeepIn::Keyring => Keeping::Keyring,
        KeepIn::Kernel => Keeping::Kernel,
        KeepIn::Memory => Keeping::Memory,
    }
}

fn model(settings: &Settings, sandbox: bool) -> Model {
    let wanted = if sandbox { &[][..] } else { settings.accounts.as_slice() };
    let accounts = wanted.iter().filter_map(|account| {
        Some(AccountState::new(account.clone(), registry::find(&account.backend)?.abilities))
    });
    let mut model = Model::new(clock::now(), TimeZone::UTC, accounts.collect());
    model.backends = registry::BACKENDS.iter().map(|registration| registration.abilities).collect();
    if !sandbox {
        model.settings_problems.clone_from(&settings.problems);
        model.targets.clone_from(&settings.targets);
    }
    model
}

fn start_sandbox(model: &mut Model) -> Vec<Effect> {
    model.sandbox = Some(SandboxView { control: String::new() });
    model.vault = VaultView::Memory { sandbox: true };
    vec![Effect::StartSandbox(model.request("starting the sandbox", false))]
}

/// The operation whose secret is on top.
fn revealing(model: &Model) -> Option<Uuid> {
    match model.overlays.last() {
        Some(Overlay::Reveal(reveal)) => Some(reveal.operation),
        _ => None,
    }
}

/// Whether an input would do something to the secret, and not to the program.
fn is_for_reveal(input: &Input) -> bool {
    match input {
        Input::Key { key, .. } => !matches!(
            keymap::resolve(Context::Reveal, *key),
            Some(Action::Leave | Action::Lock | Action::Suspend | Action::Repaint)
        ),
        Input::Paste(_) => true,
        Input::PasteTooLong | Input::Resize | Input::FocusLost | Input::FocusGained => false,
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}
