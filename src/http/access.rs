//! Who is asking: the bearer key of a request, and whether it may.

use axum::http::{HeaderMap, header};

use super::caller::Asked;
use super::problem::Problem;
use crate::access::{Key, Keys, Role};

impl Asked {
    /// Whether the caller has sent no key, good or bad.
    pub(super) fn is_public(&self) -> bool {
        !self.headers.contains_key(header::AUTHORIZATION)
    }

    /// The caller's key, if it may do what is asked of `needed`.
    ///
    /// # Errors
    /// 401 without a key that holds, 403 with one of another role.
    pub(super) fn require(&self, needed: Role) -> Result<&Key, Problem> {
        permit(&self.headers, &self.snapshot.keys, needed)
    }
}

/// The key of a request, if it holds and may do what is asked of `needed`.
///
/// # Errors
/// 401 without a key that holds, 403 with one of another role.
pub(super) fn permit<'k>(
    headers: &HeaderMap,
    keys: &'k Keys,
    needed: Role,
) -> Result<&'k Key, Problem> {
    let key = bearer(headers, keys, needed)?;
    if key.role.may(needed) { Ok(key) } else { Err(other_role(key, needed)) }
}

/// The same for a key that is not sent as a bearer.
pub(super) fn permit_secret<'k>(
    secret: &str,
    keys: &'k Keys,
    needed: Role,
) -> Result<&'k Key, Problem> {
    let unknown = || Problem::unauthorized("The key of this request does not hold.");
    let key = keys.find(secret).ok_or_else(unknown)?;
    if key.role.may(needed) { Ok(key) } else { Err(other_role(key, needed)) }
}

fn other_role(key: &Key, needed: Role) -> Problem {
    Problem::forbidden(format!(
        "This is for the role {needed}; the key \"{}\" has the role {}.",
        key.id, key.role
    ))
}

fn bearer<'k>(headers: &HeaderMap, keys: &'k Keys, needed: Role) -> Result<&'k Key, Problem> {
    let missing = |what: &str| {
        let how = if keys.is_empty() {
            format!(
                "; there are no keys yet: `servicemap key create --role {needed}` makes one in the database of the server"
            )
        } else {
            String::new()
        };
        Problem::unauthorized(format!("{what} Send `Authorization: Bearer KEY`{how}."))
    };
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(missing(&format!("This needs a key of the role {needed}.")));
    };
    // The scheme's name has no case (RFC 9110).
    let secret = value.to_str().ok().and_then(|v| {
        let (scheme, secret) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
    });
    secret
        .and_then(|secret| keys.find(secret))
        .ok_or_else(|| missing("The key of this request does not hold, or no longer does."))
}
