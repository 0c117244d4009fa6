//! A server that is of the other generation from one moment to the next, at the same address, as after an upgrade.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use keywright::app::effect::Keeping;
use keywright::backend::registry;
use keywright::config::Paths;
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::request::Login;
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::sandbox::PasswordLogin;
use keywright::secret::Secret;
use keywright::vault::Vault;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::sandbox;

/// One address, behind which now this server stands and now that.
struct Address {
    url: String,
    behind: Arc<Mutex<String>>,
    open: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Address {
    async fn of(login: &PasswordLogin) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let behind = Arc::new(Mutex::new(String::new()));
        let open: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let (current, connections) = (Arc::clone(&behind), Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let server = current.lock().expect("the server").clone();
                let connection = tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await.expect("the server");
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
                });
                connections.lock().expect("the connections").push(connection);
            }
        });
        let address = Self { url, behind, open };
        address.stands_for(login);
        address
    }

    /// The server before goes down, and its connections with it.
    fn stands_for(&self, login: &PasswordLogin) {
        let server = login.url.trim_start_matches("http://").trim_end_matches('/');
        server.clone_into(&mut self.behind.lock().expect("the server"));
        self.open.lock().expect("the connections").drain(..).for_each(|connection| connection.abort());
    }
}

fn name() -> AccountName {
    AccountName::parse("moved").expect("a name")
}

/// A program with this keyring and these records.
fn program(address: &Address, folder: &std::path::Path, vault: &Vault) -> Tasks {
    let account = Account {
        name: name(),
        backend: String::from("kitaru"),
        endpoint: Endpoint::parse(&address.url).expect("an address"),
        login: None,
        ca_file: None,
        protected: false,
        settings: BTreeMap::new(),
    };
    let tasks = Tasks::new(Setup {
        clock: Arc::new(jiff::Timestamp::now),
        clipboard: Arc::new(MemoryClipboard::default()),
        messages: tokio::sync::mpsc::unbounded_channel().0,
        paths: Paths { config: folder.join("config"), state: folder.to_owned(), log: folder.join("log") },
        keeping: Keeping::Memory,
        accounts: vec![account],
    });
    tasks.use_vault(Keeping::Keyring, vault.clone());
    tasks
}

fn by_password(login: &PasswordLogin) -> Login {
    Login {
        method: "password",
        fields: vec![("username", login.username.clone())],
        secrets: vec![("password", Secret::new(login.password.clone()))],
    }
}

/// Why a listing is refused, once the connections of the server before are known to be gone.
async fn refused(tasks: &Tasks) -> Failure {
    for _attempt in 0..50 {
        let failure = tasks.list(&name()).await.err().expect("the login is the other server's");
        if !matches!(failure.kind, FailureKind::CutOff | FailureKind::Unreachable) {
            return failure;
        }
    }
    panic!("every connection is cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_upgraded_between_two_sessions_is_what_it_is_now() {
    let sandbox = sandbox();
    let (older, newer) = (&sandbox.announcement().kitaru, &sandbox.announcement().kitaru_k);
    let address = Address::of(older).await;
    let (folder, vault) = (tempfile::tempdir().expect("a folder"), Vault::memory());

    let first = program(&address, folder.path(), &vault);
    let opened = first.open_account(&name()).await;
    assert!(opened.server.expect("a server").title.as_str().contains("generation Z"));
    assert!(opened.abilities.expect("abilities").owner.delete);
    first.log_in(&name(), by_password(older), true).await.expect("logged in, and kept");
    assert!(!first.list(&name()).await.expect("a listing").listing.credentials.is_empty());

    // The program that was running is told what is there now, and what to do.
    address.stands_for(newer);
    let told = refused(&first).await;
    let words = told.sentence();
    assert!(words.contains("generation K") && words.contains("log in again"), "{words}");

    // The next one asks anew: the kept login is of no use, and everything else is as the server is now.
    let second = program(&address, folder.path(), &vault);
    let opened = second.open_account(&name()).await;
    assert!(opened.server.expect("a server").title.as_str().contains("generation K"));
    let abilities = opened.abilities.expect("abilities");
    assert!(
        !abilities.owner.delete && abilities.title != registry::find("kitaru").expect("it").abilities.title
    );
    let told = refused(&second).await;
    assert_eq!(told.kind, FailureKind::LoggedOut, "{}", told.sentence());
    second.log_in(&name(), by_password(newer), false).await.expect("logged in");
    let listing = second.list(&name()).await.expect("a listing").listing;
    assert!(listing.credentials.iter().all(|one| one.owner.name.as_str() == newer.username));

    // And back.
    address.stands_for(older);
    let third = program(&address, folder.path(), &vault);
    assert!(third.open_account(&name()).await.abilities.expect("abilities").owner.delete);
}
