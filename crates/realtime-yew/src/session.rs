//! Session: whose data a provider's client holds.

use realtime_core::UserId;
use std::{any::Any, fmt, rc::Rc};
use yew::{AttrValue, html::IntoPropValue};

/// Who is signed in, for [`RealtimeProvider`](crate::RealtimeProvider): any value that compares.
///
/// What it is does not matter, only whether it is another than in the last render. Texts, numbers,
/// [`UserId`]s, and an `Option` or `Rc` of anything that compares are taken as they are; other
/// values go through [`Session::new`]. Its `Debug` does not show the value, which may be a secret.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(Clone, PartialEq)]
/// struct Account { id: u64, name: AttrValue }
///
/// #[component]
/// fn App() -> Html {
///     let account = use_state(|| None::<Account>);
///     html! {
///         <RealtimeProvider url="/ws" session={account.as_ref().map(|account| account.id)}>
///             <ConnectionIndicator />
///         </RealtimeProvider>
///     }
/// }
/// # let _ = || Session::new((1, "editor"));
/// ```
#[derive(Clone)]
pub struct Session {
    value: Rc<dyn Any>,
    is_same: fn(&dyn Any, &dyn Any) -> bool,
}

/// A session, and the name that the app has given it.
#[derive(PartialEq)]
struct Named {
    session: Session,
    name: AttrValue,
}

impl Session {
    /// The session that `value` stands for.
    #[must_use]
    pub fn new<T: PartialEq + 'static>(value: T) -> Self {
        Self {
            value: Rc::new(value),
            is_same: |one, two| match (one.downcast_ref::<T>(), two.downcast_ref::<T>()) {
                (Some(one), Some(two)) => one == two,
                _ => false,
            },
        }
    }

    /// Gives the session the name that what is [kept over page loads](crate::RealtimeOptions::with_persist)
    /// for it goes under, such as the user's id: it must be the same after a reload, and no other user's.
    ///
    /// Texts, numbers, [`UserId`]s and options of them have one already, and so has the default session.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// let session = Session::new((1, "editor")).with_name("1");
    /// # let _ = session;
    /// ```
    #[must_use]
    pub fn with_name(self, name: impl Into<AttrValue>) -> Self {
        Self::new(Named {
            session: self,
            name: name.into(),
        })
    }

    /// The name of the session, if it has one: the empty text stands for nobody.
    #[cfg(any(feature = "persist", feature = "tabs"))]
    pub(crate) fn name(&self) -> Option<String> {
        if let Some(named) = self.value.downcast_ref::<Named>() {
            return Some(named.name.to_string());
        }
        macro_rules! named {
            ($($value:ty),*) => {$(
                if let Some(value) = self.value.downcast_ref::<$value>() {
                    return Some(value.to_string());
                }
                if let Some(value) = self.value.downcast_ref::<Option<$value>>() {
                    return Some(value.as_ref().map(ToString::to_string).unwrap_or_default());
                }
            )*};
        }
        named!(AttrValue, String, &'static str, UserId, i32, i64, u32, u64);
        self.value.is::<()>().then(String::new)
    }
}

/// The same session in every render.
impl Default for Session {
    fn default() -> Self {
        Self::new(())
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&*self.value, &*other.value)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

/// Texts of every kind compare with each other.
macro_rules! from_text {
    ($($text:ty),*) => {$(
        impl From<$text> for Session {
            fn from(text: $text) -> Self {
                Self::new(AttrValue::from(text))
            }
        }

        impl IntoPropValue<Session> for $text {
            fn into_prop_value(self) -> Session {
                self.into()
            }
        }
    )*};
}

from_text!(&'static str, String, AttrValue);

macro_rules! from_value {
    ($($value:ty),*) => {$(
        impl From<$value> for Session {
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }

        impl IntoPropValue<Session> for $value {
            fn into_prop_value(self) -> Session {
                self.into()
            }
        }
    )*};
}

from_value!(UserId, i32, i64, u32, u64);

impl<T: PartialEq + 'static> From<Option<T>> for Session {
    fn from(value: Option<T>) -> Self {
        Self::new(value)
    }
}

impl<T: PartialEq + 'static> IntoPropValue<Session> for Option<T> {
    fn into_prop_value(self) -> Session {
        self.into()
    }
}

impl<T: PartialEq + ?Sized + 'static> From<Rc<T>> for Session {
    fn from(value: Rc<T>) -> Self {
        Self::new(value)
    }
}

impl<T: PartialEq + ?Sized + 'static> IntoPropValue<Session> for Rc<T> {
    fn into_prop_value(self) -> Session {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_compare_by_their_values() {
        assert_eq!(Session::default(), Session::default());
        assert_eq!(Session::from("ada"), Session::from(String::from("ada")));
        assert_ne!(Session::from("ada"), Session::from("bob"));
        assert_ne!(Session::from(None::<u64>), Session::from(Some(1_u64)));
        assert_eq!(
            Session::from(Rc::new((1, 2))),
            Session::from(Rc::new((1, 2)))
        );
        assert_ne!(Session::from(1_u64), Session::from(1_u32));
        assert_ne!(Session::default(), Session::from(None::<u64>));
    }

    #[cfg(any(feature = "persist", feature = "tabs"))]
    #[test]
    fn whoever_is_known_by_a_text_or_a_number_has_a_name() {
        let named = [
            (Session::default(), Some("")),
            (Session::from("ada"), Some("ada")),
            (Session::from(UserId::from("u1")), Some("u1")),
            (Session::from(Some(7_u64)), Some("7")),
            (Session::from(Some(AttrValue::from("ada"))), Some("ada")),
            (Session::from(None::<u64>), Some("")),
            (Session::new((1, "editor")), None),
            (Session::new((1, "editor")).with_name("1"), Some("1")),
        ];
        for (session, name) in named {
            assert_eq!(session.name().as_deref(), name);
        }
        assert_ne!(Session::from("a").with_name("1"), Session::from("a"));
    }

    #[test]
    fn its_debug_shows_no_secret() {
        let shown = format!("{:?}", Session::from("eyJhbGciOi"));
        assert!(!shown.contains("eyJ"), "{shown}");
    }
}
