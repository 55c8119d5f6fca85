//! Topics: names to which connections subscribe, and to which messages are published.

use super::ConnKey;
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::Arc;

/// Subscriptions, in both directions. A topic exists while somebody is subscribed to it.
#[derive(Debug, Default)]
pub struct Topics {
    members: HashMap<Arc<str>, IndexSet<ConnKey>>,
    subscriptions: HashMap<ConnKey, Vec<Arc<str>>>,
}

impl Topics {
    /// False if it was subscribed already.
    pub fn subscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        let name = match self.members.get_key_value(topic) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(topic),
        };
        if !self.members.entry(Arc::clone(&name)).or_default().insert(key) {
            return false;
        }
        self.subscriptions.entry(key).or_default().push(name);
        true
    }

    /// False if it was not subscribed.
    pub fn unsubscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        let Some(subscriptions) = self.subscriptions.get_mut(&key) else { return false };
        let Some(place) = subscriptions.iter().position(|name| &**name == topic) else { return false };
        let name = subscriptions.swap_remove(place);
        if subscriptions.is_empty() {
            self.subscriptions.remove(&key);
        }
        self.leave(key, &name);
        true
    }

    /// Ends all subscriptions of a connection.
    pub fn forget(&mut self, key: ConnKey) {
        for name in self.subscriptions.remove(&key).unwrap_or_default() {
            self.leave(key, &name);
        }
    }

    /// The subscribers of a topic.
    pub fn members(&self, topic: &str) -> impl Iterator<Item = ConnKey> {
        self.members.get(topic).into_iter().flatten().copied()
    }

    /// The topics of a connection, in no particular order.
    pub fn of(&self, key: ConnKey) -> Vec<String> {
        self.subscriptions.get(&key).into_iter().flatten().map(|name| name.to_string()).collect()
    }

    fn leave(&mut self, key: ConnKey, name: &Arc<str>) {
        let Some(members) = self.members.get_mut(name) else { return };
        members.swap_remove(&key);
        if members.is_empty() {
            self.members.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_kept_in_both_directions_and_nothing_is_left_behind() {
        let mut topics = Topics::default();
        let [one, two] = [1, 2].map(|slot| ConnKey::new(0, slot, 0));
        assert!(
            topics.subscribe(one, "news") && topics.subscribe(two, "news") && topics.subscribe(one, "sport")
        );
        assert!(!topics.subscribe(one, "news"));
        assert_eq!(topics.members("news").collect::<Vec<_>>(), [one, two]);
        assert!(topics.unsubscribe(one, "news") && !topics.unsubscribe(one, "news"));
        assert_eq!((topics.of(one), topics.of(two)), (vec!["sport".to_owned()], vec!["news".to_owned()]));
        topics.forget(one);
        topics.forget(two);
        assert!(topics.members.is_empty() && topics.subscriptions.is_empty());
        assert_eq!(topics.members("news").count(), 0);
    }
}
