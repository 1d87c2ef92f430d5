//! Fetchers: how a hook gets the state that events then keep fresh.

use crate::error::IntoFetchError;
use futures::future::LocalBoxFuture;
use realtime_core::{FetchError, Fetched, Position};
use std::{any::Any, fmt, future::Future, marker::PhantomData, rc::Rc};
use yew::html::ImplicitClone;

/// Fetches once.
pub(crate) type RunFetch = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<Fetched, FetchError>>>;

/// Fetches a `T`, again and again: a closure in a box.
///
/// Hooks take plain closures; this is for those that say more than the data: see
/// [`positioned`](Self::positioned).
pub struct Fetcher<T> {
    run: RunFetch,
    data: PhantomData<fn() -> T>,
}

/// Data, and where its channel's history stood when it was read.
///
/// With the position, events that the data already contains are told from those it does not, and
/// none is applied twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positioned<T> {
    /// The data.
    pub data: T,
    /// The position of the channel when the data was read; `None` if the server did not say.
    pub position: Option<Position>,
}

impl<T> From<T> for Positioned<T> {
    /// Data of which nobody knows the position.
    fn from(data: T) -> Self {
        Self {
            data,
            position: None,
        }
    }
}

impl<T: 'static> Fetcher<T> {
    /// A fetcher that calls `fetch` each time.
    pub fn new<F, Fut, E>(fetch: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<T, E>> + 'static,
        E: IntoFetchError + 'static,
    {
        Self::boxed(move || {
            let data = fetch();
            Box::pin(async {
                let data = data.await.map_err(IntoFetchError::into_fetch_error)?;
                Ok(fetched(Box::new(data), None))
            })
        })
    }

    /// A fetcher whose answer says where the channel's history stood.
    ///
    /// ```
    /// use realtime_yew::{prelude::*, realtime_core::Position};
    ///
    /// let prices = Fetcher::positioned(|| async {
    ///     let position = Position { epoch: "b1".into(), seq: 57 };
    ///     Ok::<_, FetchError>(Positioned { data: vec![1.5, 2.5], position: Some(position) })
    /// });
    /// # let _: Fetcher<Vec<f64>> = prices;
    /// ```
    pub fn positioned<F, Fut, E>(fetch: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<Positioned<T>, E>> + 'static,
        E: IntoFetchError + 'static,
    {
        Self::boxed(move || {
            let read = fetch();
            Box::pin(async {
                let read = read.await.map_err(IntoFetchError::into_fetch_error)?;
                Ok(fetched(Box::new(read.data), read.position))
            })
        })
    }

    fn boxed(
        run: impl Fn() -> LocalBoxFuture<'static, Result<Fetched, FetchError>> + 'static,
    ) -> Self {
        Self {
            run: Rc::new(run),
            data: PhantomData,
        }
    }

    pub(crate) fn into_run(self) -> RunFetch {
        self.run
    }
}

const fn fetched(data: Box<dyn Any>, position: Option<Position>) -> Fetched {
    Fetched { data, position }
}

impl<T> Clone for Fetcher<T> {
    fn clone(&self) -> Self {
        Self {
            run: Rc::clone(&self.run),
            data: PhantomData,
        }
    }
}

/// Clones of one are equal, so a fetcher may be a prop: made once, for the server or for the browser.
impl<T> PartialEq for Fetcher<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.run, &other.run)
    }
}

impl<T> ImplicitClone for Fetcher<T> {}

impl<T> fmt::Debug for Fetcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetcher")
    }
}

/// What hooks take as a fetcher: a closure `|| async { Ok(data) }`, or a [`Fetcher`].
///
/// The closure need not stay the same from render to render; the newest is called at the next
/// fetch.
pub trait IntoFetcher {
    /// What is fetched.
    type Data: 'static;

    /// The fetcher.
    fn into_fetcher(self) -> Fetcher<Self::Data>;
}

impl<T: 'static> IntoFetcher for Fetcher<T> {
    type Data = T;

    fn into_fetcher(self) -> Self {
        self
    }
}

impl<F, Fut, T, E> IntoFetcher for F
where
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, E>> + 'static,
    T: 'static,
    E: IntoFetchError + 'static,
{
    type Data = T;

    fn into_fetcher(self) -> Fetcher<T> {
        Fetcher::new(self)
    }
}
