//! Answers to fetches that a test has at hand, so that none of them goes over the network.

use super::http::{Body, refusal};
use realtime_core::{FetchError, Position};
use std::{
    cell::RefCell,
    collections::HashMap,
    rc::{Rc, Weak},
};

thread_local! {
    /// Those of all test beds that there are, the youngest last: whoever fetches knows no bed.
    static BEDS: RefCell<Vec<Weak<Answers>>> = const { RefCell::new(Vec::new()) };
}

/// What one test bed answers, and what it was asked for.
#[derive(Default)]
pub(crate) struct Answers {
    by_url: RefCell<HashMap<String, Answer>>,
    asked: RefCell<Vec<String>>,
}

/// One answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) position: Option<Position>,
}

impl Answers {
    /// Those of a new bed.
    pub(crate) fn new() -> Rc<Self> {
        let answers = Rc::new(Self::default());
        BEDS.with_borrow_mut(|beds| {
            beds.retain(|bed| bed.strong_count() > 0);
            beds.push(Rc::downgrade(&answers));
        });
        answers
    }

    /// A GET of `url` is answered so from now on.
    pub(crate) fn set(&self, url: &str, answer: Answer) {
        self.by_url.borrow_mut().insert(url.to_owned(), answer);
    }

    /// The URLs that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    fn answer(&self, url: &str) -> Option<Answer> {
        let answer = self.by_url.borrow().get(url).cloned()?;
        self.asked.borrow_mut().push(url.to_owned());
        Some(answer)
    }

    fn is_used(&self) -> bool {
        !self.by_url.borrow().is_empty()
    }
}

impl Answer {
    /// The answer as the network would have brought it.
    pub(super) fn read(self, url: &str) -> Result<Body, FetchError> {
        match self.status {
            200..=299 => Ok(Body {
                url: url.to_owned(),
                text: self.body,
                position: self.position,
                status: self.status,
            }),
            status => Err(refusal(url, status, None)),
        }
    }
}

/// What a GET of `url` is answered with; `None` if it is to go over the network, as no test has said
/// anything about fetches.
pub(super) fn of(url: &str) -> Option<Result<Answer, FetchError>> {
    let beds: Vec<Rc<Answers>> =
        BEDS.with_borrow(|beds| beds.iter().rev().filter_map(Weak::upgrade).collect());
    if let Some(answer) = beds.iter().find_map(|bed| bed.answer(url)) {
        return Some(Ok(answer));
    }
    let bed = beds.iter().find(|bed| bed.is_used())?;
    bed.asked.borrow_mut().push(url.to_owned());
    Some(Err(FetchError::permanent(format!(
        "the test has not said what {url} answers; call `bed.respond({url:?}, …)`"
    ))))
}
