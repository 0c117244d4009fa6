//! Effects become tasks, and each task ends in exactly one reply.

use std::future::Future;
use std::io::Write;

use super::{Tasks, lock};
use crate::app::effect::{Effect, RequestId};
use crate::app::msg::{Msg, Reply};
use crate::config;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;

impl Tasks {
    /// Starts what an effect asks for. Effects on the terminal are the loop's own.
    #[expect(clippy::too_many_lines, reason = "one route for each effect, and nothing else")]
    pub fn start(&self, effect: Effect) {
        let tasks = self.clone();
        match effect {
            Effect::CheckVault(request) => {
                self.spawn(request, async move { Reply::Vault(tasks.check_vault().await) });
            }
            Effect::UseVault(request, keeping) => {
                self.spawn(request, async move { Reply::Vault(tasks.switch_vault(keeping).await) });
            }
            Effect::OpenAccount(request, name) => {
                self.spawn(request, async move { Reply::Opened(Box::new(tasks.open_account(&name).await)) });
            }
            Effect::LogIn { request, account, login, keep } => {
                self.spawn(
                    request,
                    async move { Reply::LoggedIn(tasks.log_in(&account, login, keep).await) },
                );
            }
            Effect::DeviceLogin { request, account, keep } => self.spawn(request, async move {
                Reply::LoggedIn(tasks.device_login(request, &account, keep).await)
            }),
            Effect::LogOut(request, name) => self.spawn(request, async move {
                Reply::Plain(tasks.log_out(&name).await.map(|()| Text::from(format!("logged out of {name}"))))
            }),
            Effect::List(request, name) => {
                self.spawn(request, async move {
                    let telling = |part, reach| tasks.tell(Msg::ListedPart(request, Box::new(part), reach));
                    Reply::Listed(Box::new(tasks.list_in_parts(&name, &telling).await))
                });
            }
            Effect::Read(request, reference) => {
                self.spawn(request, async move { Reply::Read(Box::new(tasks.read(&reference).await)) });
            }
            Effect::ScopeOffers { request, account, kind, owner } => self.spawn(request, async move {
                Reply::Offers(tasks.scope_offers(&account, &kind, &owner).await)
            }),
            Effect::CreationPage(request, plan) => self.spawn(request, async move {
                let account = plan.account.clone();
                Reply::CreationPage(account, tasks.creation_page(plan).await)
            }),
            Effect::TakeIn(request, plan) => {
                self.spawn(request, async move { Reply::TakenIn(Box::new(tasks.take_in(plan).await)) });
            }
            Effect::Create(request, plan) => {
                self.spawn(request, async move { Reply::Issued(tasks.create(plan).await) });
            }
            Effect::Rotate(request, plan) => {
                self.spawn(request, async move { Reply::Issued(tasks.rotate(plan).await) });
            }
            Effect::Replay(request, id) => {
                self.spawn(request, async move { Reply::Issued(tasks.replay(id).await) });
            }
            Effect::Revoke(request, plan) => {
                self.spawn(request, async move { Reply::Revoked(tasks.revoke(plan).await) });
            }
            Effect::Bulk(request, steps) => {
                self.spawn(request, async move { Reply::Bulk(tasks.bulk(request, steps).await) });
            }
            Effect::HaltBulk(request) => self.halt(request),
            Effect::Export(request, name, text) => {
                self.spawn(request, async move { Reply::Plain(export(&name, &text)) });
            }
            Effect::Places(request, name) => {
                self.spawn(request, async move { Reply::Places(tasks.places(&name).await) });
            }
            Effect::Vend(request, plan) => {
                self.spawn(request, async move { Reply::Issued(tasks.vend(plan).await) });
            }
            Effect::ForgetVended(request, reference) => self.spawn(request, async move {
                let done = tasks.forget_vended(&reference).await;
                Reply::Unfinished(match done {
                    Ok(()) => tasks.left().await,
                    Err(failure) => Err(failure),
                })
            }),
            Effect::History(request, reference) => {
                self.spawn(request, async move { Reply::History(tasks.history(&reference).await) });
            }
            Effect::Deliver(request, plan) => {
                self.spawn(request, async move {
                    let credential = plan.credential.clone();
                    Reply::Delivered { credential, result: tasks.deliver(plan).await }
                });
            }
            Effect::SetTargets(reference, targets) => {
                // At once and in order, as what is written down about operations.
                if let Err(failure) = self.set_targets(&reference, &targets) {
                    tracing::warn!("targets could not be remembered: {}", failure.sentence());
                }
            }
            Effect::Edit(request, reference, edit) => {
                self.spawn(
                    request,
                    async move { Reply::Edited(Box::new(tasks.edit(&reference, &edit).await)) },
                );
            }
            Effect::Verify { request, credential, generation, operation } => {
                self.spawn(request, async move {
                    let hearing = |progress| tasks.tell(Msg::Progress(request, progress));
                    let verdict = tasks.verify(&credential, generation, operation, &hearing).await;
                    Reply::Verified { credential, generation, verdict }
                });
            }
            Effect::Import(request, plan) => {
                self.spawn(request, async move {
                    let hearing = |progress| tasks.tell(Msg::Progress(request, progress));
                    Reply::Imported(tasks.import(&plan.account, plan.parts, &hearing).await)
                });
            }
            Effect::LookAround(request) => {
                self.spawn(request, async move { Reply::Found(tasks.look_around(request).await) });
            }
            Effect::FindLoose(request) => {
                self.spawn(request, async move { Reply::Loose(Tasks::find_loose().await) });
            }
            Effect::Tighten(request, file) => {
                self.spawn(request, async move { Reply::Tightened(tasks.tighten(&file)) });
            }
            Effect::ImportFound(request, name, at) => {
                self.spawn(request, async move {
                    let hearing = |progress| tasks.tell(Msg::Progress(request, progress));
                    Reply::Imported(tasks.import_found(&name, at, &hearing).await)
                });
            }
            Effect::LogInFound(request, name, at) => {
                self.spawn(request, async move { Reply::LoggedIn(tasks.log_in_found(&name, at).await) });
            }
            Effect::CreateOwner { request, account, form } => {
                self.spawn(request, async move { Reply::Owner(tasks.create_owner(&account, &form).await) });
            }
            Effect::EditOwner { request, account, owner, form } => self
                .spawn(request, async move { Reply::Owner(tasks.edit_owner(&account, &owner, &form).await) }),
            Effect::EnableOwner(request, account, owner, on) => {
                self.spawn(
                    request,
                    async move { Reply::Owner(tasks.enable_owner(&account, &owner, on).await) },
                );
            }
            Effect::DeleteOwner(request, account, owner) => {
                self.spawn(request, async move {
                    Reply::OwnerDeleted(tasks.delete_owner(&account, &owner).await)
                });
            }
            Effect::Restart(request, account) => {
                self.spawn(request, async move { Reply::Restarted(tasks.restart(&account).await) });
            }
            Effect::Copy(request, source) => {
                self.spawn(request, async move { Reply::Copied(tasks.copy(source).await) });
            }
            Effect::ClearClipboard => drop(tokio::spawn(async move { tasks.clear_clipboard().await })),
            Effect::Unfinished(request) => {
                self.spawn(request, async move { Reply::Unfinished(tasks.left().await) });
            }
            Effect::KeepPromise(request, id) => {
                self.spawn(request, async move { Reply::Promise(Box::new(tasks.keep_promise(id).await)) });
            }
            Effect::MovePromise(request, id, due) => {
                self.spawn(request, async move { Reply::Unfinished(tasks.move_promise(id, due).await) });
            }
            Effect::WithdrawPromise(request, id) => {
                self.spawn(request, async move { Reply::Unfinished(tasks.withdraw_promise(id).await) });
            }
            Effect::KeepSession(request, name) => self.spawn(request, async move {
                let kept = tasks.keep_live_session(&name).await;
                Reply::SessionKept(name, kept)
            }),
            Effect::Reconcile(request, id) => {
                self.spawn(request, async move { Reply::Reconciled(tasks.reconcile(id).await) });
            }
            Effect::Advance(id, phase, note) => {
                // At once and in order: what follows may rest on it.
                if let Err(failure) = self.advance(id, phase, &note) {
                    tracing::warn!("a step could not be written down: {}", failure.sentence());
                }
            }
            Effect::Activity(request) => {
                self.spawn(request, async move { Reply::Activity(tasks.activity()) });
            }
            Effect::SaveAccounts { request, accounts, removed } => self.spawn(request, async move {
                let failed = |error: config::ConfigError| Failure::new(FailureKind::State, error.to_string());
                let saved = config::save_accounts(&tasks.0.paths.config, &accounts, removed.as_ref());
                // Also when they could not be written, so that this run goes on as the screen shows it.
                tasks.use_accounts(&accounts);
                Reply::Saved(saved.map_err(failed))
            }),
            Effect::WipeMemory => self.wipe_memory(),
            Effect::Cancel(request) => {
                if let Some(task) = lock(&self.0.cancels).remove(&request) {
                    task.abort();
                }
            }
            #[cfg(feature = "sandbox")]
            Effect::SandboxClock(request, seconds) => {
                self.spawn(request, async move { Reply::Plain(tasks.move_sandbox_clock(seconds)) });
            }
            #[cfg(feature = "sandbox")]
            Effect::StartSandbox(request) => {
                self.spawn(request, async move { Reply::Sandbox(tasks.start_sandbox().await) });
            }
            #[cfg(not(feature = "sandbox"))]
            Effect::SandboxClock(request, _) | Effect::StartSandbox(request) => {
                self.spawn(request, async move {
                    Reply::Sandbox(Err(Failure::new(
                        FailureKind::Unsupported,
                        "this keywright was built without the sandbox",
                    )))
                })
            }
            Effect::Suspend | Effect::Repaint | Effect::Quit => {}
        }
    }

    /// Runs a task whose reply ends a request; a panic in it ends the request too.
    fn spawn(&self, request: RequestId, work: impl Future<Output = Reply> + Send + 'static) {
        let task = tokio::spawn(work);
        lock(&self.0.cancels).insert(request, task.abort_handle());
        let tasks = self.clone();
        drop(tokio::spawn(async move {
            let done = task.await;
            lock(&tasks.0.cancels).remove(&request);
            match done {
                Ok(reply) => tasks.tell(Msg::Reply(request, reply)),
                Err(error) if error.is_cancelled() => {}
                Err(_panicked) => tasks.tell(Msg::Crashed(request)),
            }
        }));
    }
}

/// Writes a text into a new file for us alone, where the program was started.
fn export(name: &str, text: &str) -> Result<Text, Failure> {
    let failed = |error: std::io::Error| Failure::new(FailureKind::File, format!("{name}: {error}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(name).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(Text::from(format!("written to {name}, where keywright was started")))
}
