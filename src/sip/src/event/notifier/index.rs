//! The ways into the table, kept true when a subscription comes and goes.

use super::Subscriptions;
use crate::event::table::Stage;
use crate::event::{Subscription, SubscriptionId, Watched};

impl<R: Ord + Clone> Subscriptions<R> {
    pub(super) fn index(&mut self, id: SubscriptionId, row: &Subscription<R>) {
        self.by_dialog.insert(row.dialog.id.clone(), id);
        self.by_subscriber.insert((row.subscriber.clone(), id));
        if row.flow.transport.is_reliable() {
            self.by_connection.insert((row.flow, id));
        }
        if row.ending.is_none() {
            self.by_expiry.insert((row.expires_at, id));
        }
        for (entry, Watched { resource, .. }) in (0u16..).zip(row.subject.entries()) {
            if let Some(resource) = resource {
                self.by_resource.entry(resource.clone()).or_default().insert((id, entry));
            }
        }
        self.watches += row.subject.entries().len();
    }

    pub(super) fn remove(&mut self, id: SubscriptionId) {
        let Some(row) = self.table.remove(&id) else { return };
        self.by_dialog.remove(&row.dialog.id);
        self.gone.push_back(row.dialog.id.clone());
        self.by_subscriber.remove(&(row.subscriber.clone(), id));
        self.by_connection.remove(&(row.flow, id));
        self.by_expiry.remove(&(row.expires_at, id));
        for (entry, Watched { resource, .. }) in (0u16..).zip(row.subject.entries()) {
            let Some(resource) = resource else { continue };
            if let Some(watchers) = self.by_resource.get_mut(resource) {
                watchers.remove(&(id, entry));
                if watchers.is_empty() {
                    self.by_resource.remove(resource);
                }
            }
        }
        self.watches -= row.subject.entries().len();
        self.outstanding -= usize::from(row.stage == Stage::Sent);
        // Ids in the queue that are gone are skipped; where most are, the queue is swept.
        if self.due.len() > 2 * self.table.len() + 64 {
            let table = &self.table;
            self.due.retain(|id| table.contains_key(id));
        }
    }
}
