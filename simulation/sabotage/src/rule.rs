//! Rules that make the client correct, and where the core keeps each: one table.

use crate::{cut::Cut, table::rules};

rules! {
    /// An event at a position that was reached before is dropped.
    PositionCheck {
        "channel/subscription.rs":
            "if event.seq <= ours.seq {"
            => "if event.seq <= ours.seq && !{off} {",
    }
    /// An event that does not follow the one before it is a gap.
    HoleDetection {
        "channel/subscription.rs":
            "if got == expected {"
            => "if got == expected || {off} {",
    }
    /// Another epoch is a gap.
    EpochCheck {
        "channel/subscription.rs":
            "if event.epoch.is_some_and(|epoch| epoch != &*ours.epoch) {"
            => "if event.epoch.is_some_and(|epoch| epoch != &*ours.epoch) && !{off} {",
        "channel/subscription.rs":
            "if ours.epoch != theirs.epoch {"
            => "if ours.epoch != theirs.epoch && !{off} {",
    }
    /// A server that has not recovered what was missed leaves a gap.
    RecoveredFlag {
        "channel/subscription.rs":
            "last.filter(|last| *last > seen);"
            => "last.filter(|last| *last > seen && !{off});",
        "channel/subscription.rs":
            "if recovered || missed == 0 =>"
            => "if recovered || missed == 0 || {off} =>",
    }
    /// After a gap, what the channel feeds is fetched again.
    GapRefetch {
        "query/source.rs":
            "Continuity::Recovered { .. } if !unproven => {}"
            => "Continuity::Recovered { .. } if !unproven => {}\n\
               Continuity::Gap(_) if {off} => {}",
        "query/source.rs":
            "if history == Some(History::New) {"
            => "if {off} {\n\
               if history == Some(History::New) { self.forget_positions(); }\n\
               return;\n\
               }\n\
               if history == Some(History::New) {",
    }
    /// After a reconnect to a server that cannot tell, what the channel feeds is fetched again.
    UnknownRefetch {
        "query/source.rs":
            "Continuity::Gap(_) | Continuity::Unknown | Continuity::Restored => {"
            => "Continuity::Unknown if {off} => {}\n\
               Continuity::Gap(_) | Continuity::Unknown | Continuity::Restored => {",
        "query/source.rs":
            "if asked.is_some_and(is_older) {"
            => "if asked.is_some_and(is_older) && !{off} {",
    }
    /// A new link subscribes to every channel in use again.
    Resubscribe {
        "channel.rs":
            ".filter(|(_, entry)| entry.leases > 0)"
            => ".filter(|(_, entry)| entry.leases > 0 && !(entry.was_live && {off}))",
    }
    /// A channel whose `subscribe` was lost is asked for again.
    AskAgain {
        "channel/asking.rs":
            "entry.tries = entry.tries.saturating_add(1);"
            => "if {off} { return; }\n\
               entry.tries = entry.tries.saturating_add(1);",
    }
    /// A recovery that brings less than it promised leaves a gap.
    ShortRecovery {
        "channel.rs":
            "let waits = entry.is_recovering();"
            => "let waits = entry.is_recovering() && !{off};",
    }
    /// A channel stays subscribed until its last lease is given back.
    LeaseCount {
        "channel.rs":
            "if entry.leases == 0 {"
            => "if entry.leases == 0 || {off} {",
    }
    /// What an old socket says is void.
    GenerationFence {
        "connection/transition.rs":
            "generation == self.generation"
            => "generation == self.generation || {off}",
    }
    /// A link that does not answer a ping is given up.
    PingDeadline {
        "connection/heartbeat.rs":
            "if !self.answers_pings {"
            => "if !self.answers_pings || {off} {",
        "connection/heartbeat.rs":
            "Due::Word { by, late } if now >= by => {"
            => "Due::Word { .. } if {off} => {\n\
               self.frame(now);\n\
               Pulse::Fine\n\
               }\n\
               Due::Word { by, late } if now >= by => {",
    }
    /// Attempts to connect wait longer and longer.
    Backoff {
        "connection/backoff.rs":
            "let (min, max) = match pace {"
            => "if {off} { return Duration::from_millis(1); }\n\
               let (min, max) = match pace {",
    }
    /// A fetch begins when the subscription stands, or is followed by one that does.
    SubscribeFirst {
        "query/source.rs":
            "Continuity::Recovered { .. } | Continuity::Fresh =>"
            => "Continuity::Fresh if {off} => {}\n\
               Continuity::Recovered { .. } | Continuity::Fresh =>",
        "query/fetching.rs":
            "Liveness::Waiting => due"
            => "Liveness::Waiting if !{off} => due",
        "query/fetching.rs":
            "proven: self.is_proof(),"
            => "proven: self.is_proof() || {off},",
    }
    /// Events that come during a fetch are folded into its result.
    Fold {
        "query/fetching.rs":
            "Replay::None => false,"
            => "_ if {off} => false,\n\
               Replay::None => false,",
    }
    /// An event that a fetched result contains is not applied again.
    CoveredEvents {
        "query/entry.rs":
            "as_of.is_some_and(|as_of| fold::covers(as_of, position))"
            => "as_of.is_some_and(|as_of| fold::covers(as_of, position)) && !{off}",
    }
    /// A result that is older than what is on screen is left.
    OutdatedResults {
        "query/fold.rs":
            "let outdated = facts.seen_before.is_some_and(is_newer);"
            => "let outdated = facts.seen_before.is_some_and(is_newer) && !{off};",
    }
    /// A fetch that failed is tried again.
    FetchRetry {
        "query/fetching.rs":
            "if retryable && wanted && failures <= settings.retry {"
            => "if retryable && wanted && failures <= settings.retry && !{off} {",
    }
    /// An invalidation during a fetch is followed by one more.
    TrailingFetch {
        "query/entry.rs":
            "shared.stats.invalidations += 1;"
            => "shared.stats.invalidations += 1;\n\
               if self.flight().is_some() && {off} { return; }",
    }
    /// An older version of a row does not replace a newer one.
    VersionGuard {
        "list/versions.rs":
            "if version.is_some() && row.version() >= version && !is_fuller {"
            => "if version.is_some() && row.version() >= version && !is_fuller && !{off} {",
        "list/versions.rs":
            "if repeat {"
            => "if repeat && !{off} {",
    }
    /// A deleted row is not brought back by what came before the delete.
    Tombstones {
        "list/tombstones.rs":
            "version.is_some() && version <= floor"
            => "version.is_some() && version <= floor && !{off}",
    }
    /// A patch for a row that is still to come is kept until it does.
    ParkedPatches {
        "list/versions.rs":
            "self.parked.push(now, id, version, json);"
            => "if !{off} { self.parked.push(now, id, version, json); }",
    }
    /// A patch that overtook an older one lets the older one in.
    RecentPatches {
        "list/versions.rs":
            "if follows {"
            => "if follows || {off} {",
    }
    /// What comes when the updates that belong to it are remembered no longer is fetched.
    LateChanges {
        "client/live_list.rs":
            "None if applied.doubted > 0 =>"
            => "None if applied.doubted > 0 && !{off} =>",
    }
    /// A message is sent again under the id that it had.
    SameIdOnResend {
        "outbox.rs":
            "id: entry.id.clone(),"
            => "id: if entry.sent && {off} {\n\
               entry.id.as_ref().map(|id| format!(\"{id}-again\").into())\n\
               } else {\n\
               entry.id.clone()\n\
               },",
    }
    /// A message without an answer is sent again on the next link.
    Resend {
        "outbox.rs":
            "if self.unsent.insert(send) {"
            => "let is_sent = self.held.get(&send).is_some_and(|entry| entry.sent);\n\
               if is_sent && {off} { continue; }\n\
               if self.unsent.insert(send) {",
    }
    /// A send without an answer settles when its time is over.
    SendDeadline {
        "outbox.rs":
            "&& at <= self.now"
            => "&& at <= self.now && !{off}",
        "outbox.rs":
            "self.deadlines.first().map(|(at, _)| *at)"
            => "self.deadlines.first().filter(|_| !{off}).map(|(at, _)| *at)",
        "outbox.rs":
            "if deadline.is_some_and(|at| at <= self.now) {"
            => "if deadline.is_some_and(|at| at <= self.now) && !{off} {",
    }
    /// Who is not in the room's snapshot is not in the room.
    PresencePrune {
        "presence/members.rs":
            ".filter(|(_, peer)| !room.contains(&peer.member.user.id))"
            => ".filter(|(_, peer)| !room.contains(&peer.member.user.id) && !{off})",
    }
    /// Presence events that came before the room's snapshot are applied over it.
    PresenceParking {
        "presence/trust.rs":
            "stats.parked += 1;"
            => "stats.parked += 1;\n\
               if {off} { return; }",
    }
    /// A room's snapshot that was asked for before is not taken for the one asked for now.
    EarlierSnapshot {
        "presence/trust.rs":
            "self.parking.take().filter(|it| it.resumed)"
            => "self.parking.take().filter(|it| it.resumed && !{off})",
    }
    /// Who has not been heard of for long is not in the room.
    PresenceExpiry {
        "presence/trust.rs":
            "self.expiry_at.filter(|_| self.is_live())?"
            => "self.expiry_at.filter(|_| self.is_live() && !{off})?",
    }
    /// A member leaves with the last connection, not with the first.
    ConnectionCount {
        "presence/connections.rs":
            "pub(super) fn remove(&mut self, id: Option<&ConnectionId>) -> bool {"
            => "pub(super) fn remove(&mut self, id: Option<&ConnectionId>) -> bool {\n\
               let id = id.filter(|_| !{off});",
    }
    /// After a reconnect we announce ourselves.
    Reannounce {
        "presence.rs":
            "self.announcer.link_up(now);"
            => "if self.stats.announced == 0 || !{off} { self.announcer.link_up(now); }",
    }
    /// A typist who goes silent stops typing.
    TypingExpiry {
        "typing/typists.rs":
            "pub(super) fn deadline(&self) -> Option<Instant> {"
            => "pub(super) fn deadline(&self) -> Option<Instant> {\n\
               if {off} { return None; }",
        "typing/typists.rs":
            "if self.check_at.is_none_or(|at| at > now) {"
            => "if self.check_at.is_none_or(|at| at > now) || {off} {",
    }
    /// The echo of an optimistic edit takes its place.
    EchoMatch {
        "list/overlay.rs":
            "match self.members.sent_as(message) {"
            => "match self.members.sent_as(message).filter(|_| !{off}) {",
    }
    /// An optimistic edit lies over what others make of the row meanwhile.
    OverlayRebase {
        "list/overlay/rebase.rs":
            "let under = synced.as_ref().map(|entry| &entry.item);"
            => "let under = synced.as_ref().map(|entry| &entry.item);\n\
               let under = before.filter(|_| {off}).or(under);",
    }
    /// An edit that failed goes from the screen.
    LayerRevoke {
        "list/overlay.rs":
            "(layer.id.mutation == mutation).then_some(Became::Nothing)"
            => "(layer.id.mutation == mutation && !{off}).then_some(Became::Nothing)",
    }
    /// An edit that lost all of its fields to others before it was sent goes from the screen.
    OverruledGoes {
        "mutation/queue/outcome.rs":
            "Outcome::Confirmed(_) => Outcome::Gone"
            => "Outcome::Confirmed(_) if !{off} => Outcome::Gone",
    }
    /// What became of an edit is no conflict with those made on top of it, and the rest is.
    BaseHandOver {
        "overlay/stack.rs":
            "let tells = rules.policy.merges();"
            => "let tells = rules.policy.merges() && !{off};",
    }
    /// What edits a row fails with the insert of that row.
    Dependents {
        "mutation/queue/outcome.rs":
            "waits_for.contains(&id) ||"
            => "waits_for.contains(&id) && !{off} ||",
    }
    /// What edits a row waits for the insert of that row.
    WaitForInsert {
        "mutation/queue.rs":
            "&& entry.waits_for.is_empty()"
            => "&& (entry.waits_for.is_empty() || {off})",
    }
    /// What the server remembers to have answered in an earlier history binds nothing.
    PastAnswers {
        "list/overlay/echo.rs":
            "if made_at.is_none_or(|made_at| made_at.era != self.synced.era) {"
            => "if made_at.is_none_or(|made_at| made_at.era != self.synced.era) && !{off} {",
    }
    /// A temporary id becomes the server's before it is sent.
    TemporaryIds {
        "mutation/ids.rs":
            "self.ids.get(&id).cloned().unwrap_or(id)"
            => "self.ids.get(&id).filter(|_| !{off}).cloned().unwrap_or(id)",
    }
    /// A mutation without an answer is tried again under the id that it had.
    SameIdOnRetry {
        "mutation/queue/outcome.rs":
            "let renamed = error.is_refusal().then("
            => "let renamed = (error.is_refusal() || {off}).then(",
    }
    /// An edit whose echo does not come is fetched, and then goes from the screen.
    UnseenFetch {
        "client/doing.rs":
            "if left.is_empty() {"
            => "if left.is_empty() || {off} {",
    }
    /// What is remembered of one epoch binds nothing in the next.
    NewHistory {
        "query/source.rs":
            "pub(super) fn begin_history(&mut self, history: History) {"
            => "pub(super) fn begin_history(&mut self, history: History) {\n\
               if history == History::New && {off} { return; }",
    }
    /// Where nobody can say what was missed, what a fetch says outranks what is remembered from
    /// before the link was lost.
    DoubtedHistory {
        "query/source.rs":
            "self.resource.begin_history(history);"
            => "if history == History::Doubted && {off} { return; }\n\
               self.resource.begin_history(history);",
    }
    /// After the clock has jumped, what waited in the socket is read before any answer is given up.
    ReadFirst {
        "client/waking.rs":
            "let judged_at = due.map(|due| self.put_off(due));"
            => "if {off} { return true; }\n\
               let judged_at = due.map(|due| self.put_off(due));",
    }
    /// Data that may lack events takes no position along.
    WholeSeed {
        "client/seeds.rs":
            "feeding.filter(|_| self.cache.is_whole(entry))"
            => "feeding.filter(|_| self.cache.is_whole(entry) || {off})",
    }
    /// What a fetch has brought before its events came is not resumed from before them.
    FetchAhead {
        "client/seeds.rs":
            "if position.seq < seen.seq => Some(seen),"
            => "if position.seq < seen.seq && !{off} => Some(seen),",
    }
    /// A list that was read back without rows is not shown as empty.
    EmptySeed {
        "client/live_list.rs":
            "live.is_filled = body == Body::Filled;"
            => "live.is_filled = body == Body::Filled || {off};",
    }
    /// Versions that were read back without a position bind no fetch.
    DoubtedSeed {
        "query/restoring.rs":
            "if self.initial.is_empty() {"
            => "if self.initial.is_empty() && !{off} {",
    }
    /// A mutation that was kept is sent under the id that it had.
    KeptMessageId {
        "mutation/queue/keeping.rs":
            "Entry::new(Rc::clone(&mutation), restored.message, waits_for)"
            => "{\n\
               let other = MessageId::from(format!(\"{key}-again\"));\n\
               let message = if {off} { other } else { restored.message };\n\
               Entry::new(Rc::clone(&mutation), message, waits_for)\n\
               }",
    }
    /// What is kept names rows by the ids that the server has given them.
    KeptRowIds {
        "mutation/queue.rs":
            "self.rewrite_all();"
            => "if !{off} { self.rewrite_all(); }",
    }
    /// An insert is kept until who edits its row knows the row's id.
    KeptUntilNamed {
        "mutation/queue/outcome.rs":
            "self.keep_unnamed(id);"
            => "if {off} { self.unkeep(id) } else { self.keep_unnamed(id) }",
    }
    /// An edit of a row is not kept without the insert that makes the row.
    KeptWithInsert {
        "client/keeping.rs":
            "if self.queue.waits_for_unkept(id) {"
            => "if self.queue.waits_for_unkept(id) && !{off} {",
    }
    /// A channel that was given up and is asked for again, from where somebody else stood, says nothing to
    /// those it fed before.
    ClosedChannel {
        "client/store.rs":
            "feeding.learn(Continuity::Fresh);"
            => "if !{off} { feeding.learn(Continuity::Fresh); }",
    }
    /// Only what the leader says, in its term, is heard.
    OnlyTheLeader {
        "tabs/tab.rs":
            "if !is_leader {"
            => "if !is_leader && !{off} {",
    }
    /// The lead is taken from a leader that is silent.
    SilentLeader {
        "tabs/tab.rs":
            "Doubt::Steal => self.steal(),"
            => "Doubt::Steal if {off} => {}\n\
               Doubt::Steal => self.steal(),",
    }
    /// A tab that has come further than a new leader waits for it.
    AheadWaits {
        "client/relay/followers.rs":
            "if !has_waited && since.is_some_and(is_ahead) {"
            => "if !has_waited && since.is_some_and(is_ahead) && !{off} {",
    }
    /// A tab that was given up while it was silent is told so.
    GivenUpIsTold {
        "client/relay.rs":
            "pub(super) fn gone(&mut self, tab: &TabId, context: &mut Context<'_>) {"
            => "pub(super) fn gone(&mut self, tab: &TabId, context: &mut Context<'_>) {\n\
               if {off} { return self.drop_follower(tab, context); }",
        "client/relay.rs":
            "// Given up while it was silent: it is to open another."
            => "if {off} { return; }",
    }
    /// Who follows loses their link with the leader's own, and sends again what was under way.
    LinksGoTogether {
        "client/relay.rs":
            "self.close(&tab, code, context);"
            => "if code == OVER || !{off} { self.close(&tab, code, context); }",
    }
    /// Positions that a leader gives where the server has none are of its own time alone.
    OwnEpochs {
        "client/relay.rs":
            "History::new(format!(\"{OWN_EPOCH}{id}-{term}\"))"
            => "History::new(if {off} { OWN_EPOCH.into() } else { format!(\"{OWN_EPOCH}{id}-{term}\") })",
    }
    /// A user leaves a room with the last of their tabs.
    LastTabLeaves {
        "client/relay/persons.rs":
            "if self.tabs.is_empty() {"
            => "if self.tabs.is_empty() || {off} {",
    }
    /// A tab that enters a room in which another is already is told who is there.
    RosterForLater {
        "client/relay.rs":
            "&& was_in"
            => "&& was_in && !{off}",
    }
}
