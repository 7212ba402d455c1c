//! A connection that comes back after the database was away.

use std::collections::HashMap;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Config, GenericClient, NoTls, Statement};

use crate::store::StoreError;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);

/// Settings of a connection: a commit waits for the disk, and nobody waits for ever
/// behind somebody else's write.
const SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning;";

/// A connection that comes back after the database was away.
pub(super) struct Link {
    config: Config,
    client: Option<Client>,
    statements: Statements,
}

/// Statements that a connection has prepared, by their text. They outlive transactions,
/// also those that are undone.
#[derive(Default)]
pub(super) struct Statements(HashMap<String, Statement>);

impl Statements {
    /// The statement of this text, prepared now if it was not yet.
    pub(super) fn get(
        &mut self,
        client: &mut impl GenericClient,
        sql: &str,
    ) -> Result<Statement, StoreError> {
        if let Some(statement) = self.0.get(sql) {
            return Ok(statement.clone());
        }
        let statement = client.prepare(sql).map_err(fault)?;
        self.0.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Link {
    /// A connection that is made when it is first needed.
    pub(super) fn new(config: &Config) -> Self {
        let mut config = config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("servicemap");
        }
        Self { config, client: None, statements: Statements::default() }
    }

    /// The connection, made anew where it was lost.
    pub(super) fn client(&mut self) -> Result<&mut Client, StoreError> {
        Ok(self.prepared()?.0)
    }

    /// The connection with what it has prepared.
    pub(super) fn prepared(&mut self) -> Result<(&mut Client, &mut Statements), StoreError> {
        if let Some(client) = self.client.take().filter(|c| !c.is_closed()) {
            return Ok((self.client.insert(client), &mut self.statements));
        }
        self.statements = Statements::default();
        let mut client = self.config.connect(NoTls).map_err(fault)?;
        client.batch_execute(SETTINGS).map_err(fault)?;
        Ok((self.client.insert(client), &mut self.statements))
    }

    /// Runs a question; once more on a new connection where the old one turns out to be
    /// dead. Only for what may be asked twice.
    pub(super) fn ask<T>(
        &mut self,
        question: impl Fn(&mut Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match question(self.client()?) {
            Err(StoreError::Unavailable(_)) => {
                self.client = None;
                question(self.client()?)
            }
            result => result,
        }
    }

    /// Forgets the connection.
    pub(super) fn reset(&mut self) {
        self.client = None;
    }
}

/// What an error of PostgreSQL means for the caller.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(super) fn fault(e: postgres::Error) -> StoreError {
    let Some(db) = e.as_db_error() else {
        let cause = std::error::Error::source(&e).map(|c| format!(": {c}")).unwrap_or_default();
        return StoreError::Unavailable(format!("{e}{cause}"));
    };
    let (code, text) = (db.code(), format!("{} ({})", db.message(), db.code().code()));
    // Class 08: the connection; class 57P: an operator stops the database.
    let away = code.code().starts_with("08") || code.code().starts_with("57P");
    if *code == SqlState::DISK_FULL {
        StoreError::Full(text)
    } else if away
        || [
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::IO_ERROR,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
    {
        StoreError::Unavailable(text)
    } else {
        StoreError::Database(text)
    }
}
