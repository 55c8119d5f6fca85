//! Who is connected with which token, for all threads.

use super::{Claim, Refusal};
use crate::protocol::Timestamp;
use crate::server::ConnKey;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// The tokens in use, and how many connections each user has. Empty where no tokens are asked for.
#[derive(Default, Clone)]
pub struct Holders {
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    tokens: HashMap<Arc<str>, ConnKey>,
    users: HashMap<Arc<str>, u32>,
}

/// A connection's hold on its token. Dropping it gives the token back, and the user's place.
pub struct Hold {
    holders: Holders,
    token: Arc<str>,
    user: Option<Arc<str>>,
    /// The connection must go then; `None` when it was told so.
    pub expires_at: Option<Timestamp>,
}

impl Holders {
    /// Takes a token for a connection, and a place of its user's, of which there are `max_per_user` (0: no limit).
    pub fn take(
        &self,
        claim: &Claim,
        key: ConnKey,
        max_per_user: u32,
        now: Timestamp,
    ) -> Result<Hold, Refusal> {
        let mut table = self.lock();
        let Table { tokens, users } = &mut *table;
        let Entry::Vacant(place) = tokens.entry(Arc::from(claim.token.as_str())) else {
            return Err(Refusal::TokenInUse);
        };
        let user = claim.user.as_deref().map(Arc::<str>::from);
        if let Some(user) = &user {
            let connections = users.get(user).copied().unwrap_or_default();
            if max_per_user > 0 && connections >= max_per_user {
                return Err(Refusal::TooManyOfUser);
            }
            users.insert(Arc::clone(user), connections.saturating_add(1));
        }
        let token = Arc::clone(place.key());
        place.insert(key);
        Ok(Hold { holders: self.clone(), token, user, expires_at: Some(now + claim.left) })
    }

    /// The connection that has this token, open or not yet.
    pub fn holder(&self, token: &str) -> Option<ConnKey> {
        self.lock().tokens.get(token).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut table = self.holders.lock();
        table.tokens.remove(&self.token);
        if let Some(user) = self.user.take()
            && let Entry::Occupied(mut connections) = table.users.entry(user)
        {
            *connections.get_mut() = connections.get().saturating_sub(1);
            if *connections.get() == 0 {
                connections.remove();
            }
        }
    }
}

// Neither shows a token: what shows them ends up in a log some day.

impl fmt::Debug for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holders(…)")
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp(5_000_000);

    fn claim(token: &str, user: &str) -> Claim {
        let user = (!user.is_empty()).then(|| user.to_owned());
        Claim { token: token.to_owned(), user, left: Duration::from_secs(1) }
    }

    fn key(slot: usize) -> ConnKey {
        ConnKey::new(1, slot, 7)
    }

    #[test]
    fn a_token_has_one_connection_until_that_ends() {
        let holders = Holders::default();
        let hold = holders.take(&claim("a", ""), key(1), 0, NOW).unwrap();
        assert_eq!((holders.holder("a"), hold.expires_at), (Some(key(1)), Some(Timestamp(6_000_000))));
        assert_eq!(holders.take(&claim("a", ""), key(2), 0, NOW).unwrap_err(), Refusal::TokenInUse);
        assert_eq!(holders.holder("a"), Some(key(1)), "the refused one takes nothing away");
        drop(hold);
        assert_eq!(holders.holder("a"), None);
        let _hold = holders.take(&claim("a", ""), key(2), 0, NOW).unwrap();
        assert_eq!(holders.holder("a"), Some(key(2)));
    }

    #[test]
    fn a_user_has_so_many_connections_with_different_tokens() {
        let holders = Holders::default();
        let take = |token, user| holders.take(&claim(token, user), key(1), 2, NOW);
        let (one, two) = (take("a", "ada").unwrap(), take("b", "ada").unwrap());
        assert_eq!(take("c", "ada").unwrap_err(), Refusal::TooManyOfUser);
        assert_eq!(holders.holder("c"), None, "a token that was refused is free");
        let others = [
            take("d", "bob").unwrap(),
            take("e", "").unwrap(),
            take("f", "").unwrap(),
            take("g", "").unwrap(),
        ];
        drop(one);
        let three = take("c", "ada").unwrap();
        assert_eq!(take("h", "ada").unwrap_err(), Refusal::TooManyOfUser);
        assert!(holders.take(&claim("h", "ada"), key(1), 0, NOW).is_ok(), "0 is no limit");
        drop((two, three, others));
        let table = holders.lock();
        assert!(table.tokens.is_empty() && table.users.is_empty(), "nothing is kept of those that have gone");
    }
}
