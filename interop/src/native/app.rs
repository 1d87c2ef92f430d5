//! App: what a client asks of the program around it.

use futures::future::{FutureExt, LocalBoxFuture, ready};
use realtime_core::{FetchError, Fetched, MessageId, QueryKey};
use std::rc::Rc;

/// What the program will answer, some time.
pub type Answer<T, E> = LocalBoxFuture<'static, Result<T, E>>;

/// What a client asks of the program around it. Each question has an answer that suits a program
/// without tokens, queries or functions of its own.
pub trait App {
    /// The token for the next attempt; `None` for none. Asked only if the connection's options say
    /// that there are tokens.
    fn token(&self) -> Answer<Option<String>, String> {
        ready(Ok(None)).boxed_local()
    }

    /// The data of a query, of the type that it was observed with.
    fn fetch(&self, key: &QueryKey) -> Answer<Fetched, FetchError> {
        let reason = format!("this program does not know how to fetch {key}");
        ready(Err(FetchError::permanent(reason))).boxed_local()
    }

    /// Carries out a mutation that is not a message: `id` makes repeats harmless, `input` is its
    /// JSON text, and so is the answer.
    fn carry_out(&self, id: &MessageId, input: &Rc<str>) -> Answer<Rc<str>, FetchError> {
        let reason = format!("this program does not carry out mutations ({id}: {input})");
        ready(Err(FetchError::permanent(reason))).boxed_local()
    }
}

/// A program that only sends and listens.
#[derive(Clone, Copy, Debug)]
pub struct NoApp;

impl App for NoApp {}
