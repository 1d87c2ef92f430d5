//! Rules that tell the channel of an event which does not name it.

use crate::{
    id::{ChannelName, EventName},
    object,
    ordered::OrderedMap,
    wire::Text,
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, rc::Rc};

/// What tells the channel of an event that names none, neither beside its data nor in a field
/// `channel` of it; also of one whose field `channel` names nothing that is in use. Many servers write `io.to("stocks:AAPL").emit("stock:update", data)`: the room
/// stays at the server, and what arrives does not say it.
///
/// Rules by field are asked first, then functions in the order in which they were added; the first
/// that names a channel counts. Where none does, the event goes to the one channel that listens to
/// it, if it is only one. See [`ClientOptions`](super::ClientOptions) for how to set them.
#[derive(Clone, Default)]
pub struct ChannelRules {
    fields: OrderedMap<EventName, Vec<FieldRule>>,
    functions: Vec<ChannelOf>,
}

type ChannelOf = Rc<dyn Fn(&str, &str) -> Option<ChannelName>>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct FieldRule {
    /// The way to the field, from the outside in.
    path: Vec<String>,
    /// What stands before and after its value in the channel's name.
    around: (String, String),
}

impl ChannelRules {
    /// Asks `channel_of` for the channel of an event: it is given the event's name and its data as
    /// JSON text, and answers `None` for "not known". Called for each event that names no channel
    /// and no field tells of, so it should be quick, and must not panic: that would end the client.
    #[doc(hidden)]
    pub fn add_function<C: Into<ChannelName>>(
        &mut self,
        channel_of: impl Fn(&str, &str) -> Option<C> + 'static,
    ) {
        let channel_of = move |event: &str, data: &str| channel_of(event, data).map(Into::into);
        self.functions.push(Rc::new(channel_of));
    }

    /// Makes the channel of `event` from a field of its data: `{}` in `pattern` stands for the
    /// field's value, and a pattern without it for what comes before the value. Dots in `field`
    /// lead into objects. A text or a number counts; anything else, or no such field, is as if
    /// there were no rule.
    #[doc(hidden)]
    pub fn add_field(&mut self, event: impl Into<EventName>, field: &str, pattern: &str) {
        let (before, after) = pattern.split_once("{}").unwrap_or((pattern, ""));
        self.fields
            .get_or_insert_with(event.into(), Vec::new)
            .push(FieldRule {
                path: field.split('.').map(str::to_owned).collect(),
                around: (before.to_owned(), after.to_owned()),
            });
    }

    /// The channel of an event whose frame names none, or one that is not `in_use`. The data is read
    /// once, for its own `channel` and for all fields that rules ask for. A field may be called
    /// `channel` by chance, so what it names counts if that is in use or no rule leads to one that is;
    /// a channel that the frame names beside the data stands.
    pub(super) fn channel_of<'a>(
        &self,
        event: &str,
        data: &'a str,
        framed: Option<&'a str>,
        in_use: impl Fn(&str) -> bool,
    ) -> Option<Cow<'a, str>> {
        let rules = self.fields.get(event).map_or(&[][..], |rules| rules);
        if let Some(framed) = framed
            && rules.is_empty()
            && self.functions.is_empty()
        {
            return Some(Cow::Borrowed(framed));
        }
        let found = Found::of(data, rules).unwrap_or_default();
        if let Some(framed) = framed
            && found.own.as_deref() != Some(framed)
        {
            return Some(Cow::Borrowed(framed));
        }
        let Some(own) = found.own else {
            return self.led(event, data, rules, found.by_rule);
        };
        if in_use(&own) {
            return Some(own);
        }
        let led = self.led(event, data, rules, found.by_rule);
        Some(led.filter(|led| in_use(led)).unwrap_or(own))
    }

    /// Where rules lead an event.
    fn led<'a>(
        &self,
        event: &str,
        data: &str,
        rules: &[FieldRule],
        by_rule: Option<(usize, Cow<'_, str>)>,
    ) -> Option<Cow<'a, str>> {
        if let Some((rule, value)) = by_rule {
            let (before, after) = &rules[rule].around;
            return Some(Cow::Owned(format!("{before}{value}{after}")));
        }
        let mut answers = self.functions.iter().map(|ask| ask(event, data));
        let channel = answers.find_map(|channel| channel)?;
        Some(Cow::Owned(channel.as_str().to_owned()))
    }
}

/// Functions are equal if they are clones of one.
impl PartialEq for ChannelRules {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, two)| Rc::ptr_eq(one, two);
        self.fields == other.fields
            && self.functions.len() == other.functions.len()
            && self.functions.iter().zip(&other.functions).all(same)
    }
}

impl fmt::Debug for ChannelRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelRules")
            .field("fields", &self.fields)
            .field("functions", &self.functions.len())
            .finish()
    }
}

#[derive(Default)]
struct Found<'a> {
    /// The object's own `channel`.
    own: Option<Cow<'a, str>>,
    /// The first rule that has a value, and the value.
    by_rule: Option<(usize, Cow<'a, str>)>,
}

impl<'a> Found<'a> {
    /// Looks through an object for what names a channel; anything else has no fields.
    fn of(data: &'a str, rules: &[FieldRule]) -> Option<Self> {
        let mut names = vec!["channel"];
        for step in rules.iter().filter_map(|rule| rule.path.first()) {
            if !names.contains(&step.as_str()) {
                names.push(step);
            }
        }
        let mut fields = vec![None; names.len()];
        object::read(data, &names, &mut fields).ok()?;
        let first = |rule: &FieldRule| {
            let step = rule.path.first()?;
            let at = names.iter().position(|name| name == step)?;
            *fields.get(at)?
        };
        let mut rules = rules.iter().enumerate();
        Some(Self {
            own: fields.first().copied().flatten().and_then(text),
            by_rule: rules.find_map(|(at, rule)| Some((at, rule.value_in(first(rule)?)?))),
        })
    }
}

impl FieldRule {
    /// The value at the end of the way, whose first step led to `value`.
    fn value_in<'a>(&self, value: &'a RawValue) -> Option<Cow<'a, str>> {
        let mut steps = self.path.iter().skip(1);
        let end = steps.try_fold(value, |value, step| {
            let mut field = [None];
            object::read(value.get(), &[step], &mut field).ok()?;
            field[0]
        })?;
        text(end)
    }
}

/// A text, or a number as it is written.
fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    let json = json.get();
    match json.as_bytes().first()? {
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(json)),
        _ => Text::of(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(fields: &[(&str, &str)]) -> ChannelRules {
        let mut rules = ChannelRules::default();
        for (field, pattern) in fields {
            rules.add_field("e", field, pattern);
        }
        rules
    }

    fn channel(rules: &ChannelRules, data: &str) -> Option<String> {
        let channel = rules.channel_of("e", data, None, |_| true);
        channel.map(Cow::into_owned)
    }

    #[test]
    fn a_field_is_put_into_the_pattern() {
        for (field, pattern, data, expected) in [
            ("symbol", "stocks:{}", r#"{"symbol":"AAPL"}"#, "stocks:AAPL"),
            ("symbol", "stocks:", r#"{"symbol":"AAPL"}"#, "stocks:AAPL"),
            (
                "id",
                "room/{}/all",
                r#"{"n":[{"id":1}],"id":7}"#,
                "room/7/all",
            ),
            (
                "id",
                "{}",
                r#"{"id":123456789012345678901}"#,
                "123456789012345678901",
            ),
            ("id", "{}", r#"{"id":-5}"#, "-5"),
            ("id", "a{}b{}", r#"{"id":"{}"}"#, "a{}b{}"),
            ("id", "{}", r#"{"id":1,"id":2}"#, "2"),
            (
                "item.list.id",
                "lists:{}",
                r#"{"item":{"list":{"id":"a\u00e9"}}}"#,
                "lists:aé",
            ),
            ("s\u{e9}", "{}", r#"{"s\u00e9":"x"}"#, "x"),
        ] {
            let channel = channel(&rules(&[(field, pattern)]), data);
            assert_eq!(channel.as_deref(), Some(expected), "{data}");
        }
    }

    #[test]
    fn what_is_no_text_or_number_names_nothing() {
        for data in [
            "null",
            "[]",
            r#"["AAPL"]"#,
            r#""AAPL""#,
            "{}",
            r#"{"symbol":null}"#,
            r#"{"symbol":true}"#,
            r#"{"symbol":["AAPL"]}"#,
            r#"{"symbol":{"symbol":"AAPL"}}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":[{"b":{"c":1}}]}"#,
            r#"{"a":"b"}"#,
        ] {
            let rules = rules(&[("symbol", "stocks:{}"), ("a.b.c", "{}")]);
            assert_eq!(channel(&rules, data), None, "{data}");
        }
        assert_eq!(
            rules(&[("id", "{}")]).channel_of("other", r#"{"id":1}"#, None, |_| true),
            None
        );
    }

    #[test]
    fn the_payloads_own_channel_comes_first_then_fields_in_order_then_functions_in_order() {
        let mut rules = rules(&[("a", "a:{}"), ("b", "b:{}")]);
        rules.add_function(|_, data| (data == "1").then(|| String::from("one")));
        rules.add_function(|event, _| Some(ChannelName::from(event)));
        for (data, expected) in [
            (r#"{"b":1,"a":2,"channel":"c"}"#, "c"),
            (r#"{"channel":null,"b":1,"a":2}"#, "a:2"),
            (r#"{"b":1,"a":[]}"#, "b:1"),
            (r#"{"a":[],"b":[]}"#, "e"),
            ("1", "one"),
        ] {
            assert_eq!(channel(&rules, data).as_deref(), Some(expected), "{data}");
        }
    }

    #[test]
    fn rules_are_equal_if_they_have_the_same_fields_and_clones_of_the_same_functions() {
        let mut one = rules(&[("a", "{}")]);
        assert_eq!(one, rules(&[("a", "{}")]));
        one.add_function(|_, _| None::<ChannelName>);
        assert_eq!(one, one.clone());
        let mut two = rules(&[("a", "{}")]);
        two.add_function(|_, _| None::<ChannelName>);
        assert_ne!(one, two);
    }
}
