//! One scenario for each complaint that the users of other real-time libraries have filed: what
//! went wrong there must not go wrong here. Each names the report that it comes from.
//!
//! Some complaints have their test elsewhere, through the whole client in realtime-core's
//! `tests/it`, under these names:
//!
//! - TanStack/query #3579, #3594, an event or an invalidation during a fetch:
//!   `events_between_the_fetch_and_its_answer_are_neither_lost_nor_doubled`,
//!   `a_storm_of_invalidations_is_one_fetch_and_one_that_waits`
//! - socketio/socket.io #4888, #5538, no recovery without an event before:
//!   `a_reconnect_resumes_even_if_no_event_had_come_before`
//! - baserow #5355, replay after a reconnect: `a_reconnect_resumes_without_a_fetch`
//! - supabase/supabase-js #1440, a subscription made twice by a remount:
//!   `the_last_observer_unsubscribes_after_a_grace_and_a_remount_does_not_flap`
//! - socketio/socket.io-client #271, a laptop that slept:
//!   `an_hour_of_sleep_ends_with_a_probe_and_not_with_a_new_link`
//! - socketio/socket.io #1409, a stale token used again: `a_refused_token_is_replaced_by_a_fresh_one`
//! - liveblocks #459, everybody gone for a moment: `a_cut_link_makes_nobody_blink_and_a_closed_one_makes_them_leave`
//! - liveblocks #2344, ita-social-projects #938, two tabs of one user:
//!   `two_tabs_of_one_user_are_one_member_until_both_are_gone`
//! - webex/react-widgets #53, typing after the message: `a_message_of_theirs_ends_their_typing`
//! - GetStream/stream-chat-react-native #611, a tab closed in the middle of a word:
//!   `a_typist_whose_tab_closes_is_cleared_at_once`

mod doubles;
mod gaps;
mod kit;
mod links;
mod optimistic;
mod people;
mod queues;
