//! Disks of a world, and what its clients have under way there.

use super::{
    World,
    peer::{Peer, PeerId},
};
use crate::{Input, Instant, storage::StoreCommand, testing::disk::Disk};
use std::time::Duration;

/// One disk of a [`World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DiskId(usize);

impl World {
    /// Adds an empty disk.
    pub fn add_disk(&mut self) -> DiskId {
        self.disks.push(Disk::default());
        DiskId(self.disks.len() - 1)
    }

    /// A disk, to look at.
    #[must_use]
    pub fn disk(&self, disk: DiskId) -> &Disk {
        &self.disks[disk.0]
    }

    /// A disk, to break it.
    pub fn disk_mut(&mut self, disk: DiskId) -> &mut Disk {
        &mut self.disks[disk.0]
    }

    /// Gives a client a disk. Without one nothing answers what it wants stored.
    pub fn plug_in(&mut self, peer: PeerId, disk: DiskId) {
        self.peers[peer.0].disk = Some(disk.0);
    }

    /// A client's page ends between two moments, and nobody hears of it: not the client, and the server as
    /// of any that goes without a word. Of what its disk had under way the first so many batches are
    /// written, and the rest is not; chance says how many.
    pub fn kill(&mut self, peer: PeerId) {
        let index = peer.0;
        self.peers[index].frozen = true;
        let under_way = std::mem::take(&mut self.peers[index].stored);
        let written = self.rng.usize(0..=under_way.len());
        for (_, command) in under_way.into_iter().take(written) {
            if let Some(disk) = self.peers[index].disk {
                self.disks[disk].carry_out(self.now, command);
            }
        }
        self.peers[index].disk = None;
        self.forsake_socket(index);
        self.peers[index].link.drop_pending();
        #[cfg(feature = "tabs")]
        self.bury_tab(index);
    }

    pub(super) fn store_command(&mut self, index: usize, command: StoreCommand) {
        let Some(disk) = self.peers[index].disk else {
            return;
        };
        let latency = self.rng.u64(self.disks[disk].latency.clone());
        let stored = &mut self.peers[index].stored;
        let due = self.now + Duration::from_millis(latency);
        // One after the other, as transactions are.
        let due = stored.back().map_or(due, |(before, _)| due.max(*before));
        stored.push_back((due, command));
    }

    pub(super) fn next_stored(&self, peer: &Peer) -> Option<Instant> {
        let disk = &self.disks[peer.disk?];
        let (due, _) = peer.stored.front()?;
        (!disk.stalled).then_some(*due)
    }

    pub(super) fn deliver_stored(&mut self, index: usize) {
        while self
            .next_stored(&self.peers[index])
            .is_some_and(|due| due <= self.now)
        {
            let peer = &mut self.peers[index];
            let (Some(disk), Some((_, command))) = (peer.disk, peer.stored.pop_front()) else {
                return;
            };
            let event = self.disks[disk].carry_out(self.now, command);
            self.peers[index]
                .client
                .handle(self.now, Input::Store(event));
            self.drain(index);
        }
    }
}
