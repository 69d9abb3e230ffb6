//! The context of one invocation: host, flags, and, made on first use, client and mapper.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::client::Client;
use crate::command::{Command, Tree};
use crate::discovery::{Mapper, Resource};
use crate::error::{CmdError, Result};
use crate::flags::Parsed;
use crate::host::Host;
use crate::kubeconfig::Kubeconfig;

/// What every command gets.
pub struct Cx {
    /// The machine it runs on.
    pub host: Rc<dyn Host>,
    /// All commands.
    pub tree: Tree,
    /// The one that runs.
    pub command: Command,
    /// What was given to it.
    pub flags: Parsed,
    client: OnceCell<Rc<Client>>,
    namespace: OnceCell<String>,
    mapper: RefCell<Option<Rc<Mapper>>>,
}

impl Cx {
    /// Makes the context of a parsed command line.
    pub fn new(host: Rc<dyn Host>, tree: Tree, command: Command, flags: Parsed) -> Cx {
        Cx {
            host,
            tree,
            command,
            flags,
            client: OnceCell::new(),
            namespace: OnceCell::new(),
            mapper: RefCell::default(),
        }
    }

    /// Prints a line on standard output.
    pub fn line(&self, text: impl AsRef<str>) {
        self.out(&format!("{}\n", text.as_ref()));
    }

    /// Prints on standard output.
    pub fn out(&self, text: &str) {
        self.host.stdout(text.as_bytes());
    }

    /// Prints a line on standard error.
    pub fn err(&self, text: impl AsRef<str>) {
        self.host.stderr(format!("{}\n", text.as_ref()).as_bytes());
    }

    /// Returns positional argument `i`, or `""`.
    pub fn arg(&self, i: usize) -> &str {
        self.flags.args.get(i).map_or("", |s| s.as_str())
    }

    /// The usage error of this command.
    pub fn usage<T>(&self, text: impl AsRef<str>) -> Result<T> {
        Err(CmdError::usage(&self.command.full_path(), text))
    }

    /// Fails with `unexpected arguments: […]` if there are any.
    pub fn no_args(&self) -> Result {
        if self.flags.args.is_empty() {
            return Ok(());
        }
        self.usage(format!("unexpected arguments: [{}]", self.flags.args.join(" ")))
    }

    /// Fails with the one line that says what this emulator does not do.
    pub fn not_simulated<T>(&self, what: &str) -> Result<T> {
        Err(CmdError::Msg(format!("not simulated here: {what}")))
    }

    /// Returns the client for the selected context.
    ///
    /// # Errors
    /// The kubeconfig is wrong.
    pub fn client(&self) -> Result<Rc<Client>> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let selected = Kubeconfig::load(&*self.host, &self.flags)?.select(&self.flags)?;
        let mut headers = Vec::new();
        if !self.flags.str("as").is_empty() {
            headers.push(("impersonate-user".to_string(), self.flags.str("as").to_string()));
        }
        headers
            .extend(self.flags.list("as-group").iter().map(|g| ("impersonate-group".to_string(), g.clone())));
        if !self.flags.str("as-uid").is_empty() {
            headers.push(("impersonate-uid".to_string(), self.flags.str("as-uid").to_string()));
        }
        for extra in self.flags.list("as-user-extra") {
            if let Some((key, value)) = extra.split_once('=') {
                headers.push((format!("impersonate-extra-{}", key.to_lowercase()), value.to_string()));
            }
        }
        let client = Rc::new(Client::new(self.host.clone(), selected.target, headers));
        let _ = self.namespace.set(selected.namespace);
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Returns the namespace that holds for this command.
    pub fn namespace(&self) -> Result<String> {
        self.client()?;
        Ok(self.namespace.get().cloned().unwrap_or_else(|| "default".into()))
    }

    /// Tells whether `--namespace` was given: objects of other namespaces are then refused.
    pub fn namespace_enforced(&self) -> bool {
        !self.flags.str("namespace").is_empty()
    }

    /// Returns the mapper; discovery is asked once per command.
    pub async fn mapper(&self) -> Result<Rc<Mapper>> {
        if let Some(mapper) = self.mapper.borrow().as_ref() {
            return Ok(mapper.clone());
        }
        self.fresh_mapper().await
    }

    /// Asks discovery again, for kinds that came with a CRD a moment ago.
    pub async fn fresh_mapper(&self) -> Result<Rc<Mapper>> {
        let client = self.client()?;
        let mapper = Rc::new(Mapper::load(&client).await?);
        *self.mapper.borrow_mut() = Some(mapper.clone());
        Ok(mapper)
    }

    /// Finds the resource a word names.
    pub async fn resource(&self, word: &str) -> Result<Rc<Resource>> {
        self.mapper().await?.resource(word)
    }

    /// Returns the dry-run strategy.
    ///
    /// # Errors
    /// The flag has a value it does not know.
    pub fn dry_run(&self) -> Result<DryRun> {
        match self.flags.str("dry-run") {
            "" | "none" => Ok(DryRun::None),
            "client" => Ok(DryRun::Client),
            "server" => Ok(DryRun::Server),
            "unchanged" => Ok(DryRun::Client),
            other => {
                Err(format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\".")
                    .into())
            }
        }
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// Do it.
    None,
    /// Print what would be sent; ask the server nothing that changes anything.
    Client,
    /// Send it with `dryRun=All`.
    Server,
}

impl DryRun {
    /// Returns what stands behind a success line.
    pub fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// Returns the query value of `dryRun`.
    pub fn query(self) -> &'static str {
        if self == DryRun::Server { "All" } else { "" }
    }
}
