//! The tokens that a connection shows: before each attempt, and anew on the open link.

use super::{Connection, ConnectionError, ConnectionOutput, close_code, transition::State};
use crate::{access::Token, error::ServerError, id::Generation, time::Instant};
use std::{rc::Rc, time::Duration};

/// A server that asks for a new token again and again is heard this often.
const RENEWAL_SPACING: Duration = Duration::from_secs(10);

/// The last time that the app was asked for a new token on the open link.
#[derive(Debug)]
pub(super) struct Renewal {
    asked: Instant,
    question: Question,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Open,
    /// There is a newer token than the one that this question may bring.
    Overtaken,
    Answered,
}

impl Connection {
    /// The app answered [`ConnectionOutput::RequestToken`]: with a token, with the word that none
    /// is needed, or with an error.
    pub fn token_ready(
        &mut self,
        now: Instant,
        generation: Generation,
        result: Result<Option<String>, String>,
    ) {
        if !self.awaits_token(generation) {
            self.stats.stale += 1;
            return;
        }
        if self.asks_once_more(now) {
            return;
        }
        if let Some(renewal) = self.open_renewal() {
            renewal.question = Question::Answered;
            // Without one the link lives on for as long as the server lets it.
            if let Ok(Some(token)) = result {
                self.outputs.push_back(ConnectionOutput::ShowToken {
                    generation,
                    token: Token::new(token),
                });
            }
            return;
        }
        match result {
            Ok(token) => self.open_socket(now, token.map(Token::new)),
            Err(message) => self.fail(now, ConnectionError::Token(message.into()).into()),
        }
        self.publish(now);
    }

    /// The app's token provider says that there will be no token: ends the connection, whether it is
    /// being opened or open.
    pub fn token_denied(&mut self, now: Instant, generation: Generation, message: Rc<str>) {
        if !self.awaits_token(generation) {
            self.stats.stale += 1;
        } else if !self.asks_once_more(now) {
            let error = ConnectionError::Token(Rc::clone(&message));
            self.unauthorized(error, message);
        }
        self.publish(now);
    }

    /// Asks the app for a new token, to show it on the open link. Does nothing without a link, as the
    /// next one begins with a new token anyway, nor where the app has none to give.
    ///
    /// One question is open at a time. If the app has yet to answer the last, that answer may be older
    /// than this call: it is not shown, and the app is asked once more. An app that has not answered
    /// for [`token_timeout`](super::ConnectionOptions::token_timeout) is not waited for.
    pub fn renew_token(&mut self, now: Instant) {
        if !self.is_open() || !self.options.has_token {
            return;
        }
        let patience = self.options.token_timeout;
        match self.open_renewal() {
            Some(renewal) if now < renewal.asked + patience => {
                renewal.question = Question::Overtaken;
            }
            _ => self.ask_for_newer(now),
        }
    }

    /// The server asks for a new token, as [`renew_token`](Self::renew_token). What it asks sooner than
    /// 10 s after the last time, or while the app is being asked, is ignored.
    pub fn token_expired(&mut self, now: Instant, generation: Generation) {
        let patience = self.options.token_timeout;
        let is_soon = |renewal: &Renewal| {
            let spacing = match renewal.question {
                Question::Answered => RENEWAL_SPACING,
                Question::Open | Question::Overtaken => RENEWAL_SPACING.max(patience),
            };
            now < renewal.asked + spacing
        };
        if self.is_current(generation) && !self.renewal.as_ref().is_some_and(is_soon) {
            self.renew_token(now);
        } else {
            self.stats.stale += 1;
        }
    }

    /// Whether the app has tokens to give.
    pub(crate) const fn has_token(&self) -> bool {
        self.options.has_token
    }

    /// Whether the app still owes the answer to [`ConnectionOutput::RenewToken`].
    #[must_use]
    pub fn is_renewing(&self, generation: Generation) -> bool {
        let is_open = self.is_current(generation) && self.is_open();
        let is_owed = |renewal: &Renewal| renewal.question != Question::Answered;
        is_open && self.renewal.as_ref().is_some_and(is_owed)
    }

    /// The server would not have the new token on the open link: the link ends, as it would have if
    /// it had begun with that.
    pub fn renewal_failed(&mut self, now: Instant, generation: Generation, error: ServerError) {
        if self.is_current(generation) && self.is_open() {
            self.refused(now, error);
        } else {
            self.stats.stale += 1;
        }
        self.publish(now);
    }

    /// Another socket takes the place of the open link and begins with `token`, for a protocol that
    /// has no other place for it.
    pub fn reconnect_with(&mut self, now: Instant, token: Token) {
        if self.is_open() {
            self.leave(Some((close_code::NORMAL, "renewing the token")));
            self.attempts = 0;
            self.begin_attempt(now);
            self.open_socket(now, Some(token));
        }
        self.publish(now);
    }

    fn awaits_token(&self, generation: Generation) -> bool {
        let is_new =
            self.is_current(generation) && matches!(self.state, State::AwaitingToken { .. });
        is_new || self.is_renewing(generation)
    }

    fn open_renewal(&mut self) -> Option<&mut Renewal> {
        let renewal = self.renewal.as_mut();
        renewal.filter(|it| it.question != Question::Answered)
    }

    /// Asks again if what has just been answered was overtaken meanwhile.
    fn asks_once_more(&mut self, now: Instant) -> bool {
        let renewal = self.renewal.as_ref();
        let is_overtaken = renewal.is_some_and(|it| it.question == Question::Overtaken);
        if is_overtaken {
            self.ask_for_newer(now);
        }
        is_overtaken
    }

    fn ask_for_newer(&mut self, now: Instant) {
        self.renewal = Some(Renewal {
            asked: now,
            question: Question::Open,
        });
        self.outputs.push_back(ConnectionOutput::RenewToken {
            generation: self.generation,
        });
    }
}
