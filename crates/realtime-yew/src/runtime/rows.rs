//! Rows of a long JSON array, read one by one with turns for the browser in between.

use serde::de::DeserializeOwned;
use std::{fmt, marker::PhantomData};

/// So many rows are read between two looks at the clock.
const ROWS_AT_ONCE: usize = 32;

/// Why an array could not be read.
#[derive(Debug)]
pub(super) enum RowError {
    /// It is no array, or ends early, or goes on after its end.
    Array { at: usize },
    /// One of its rows, counted from zero, is not what it should be.
    Row {
        row: usize,
        error: serde_json::Error,
    },
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array { at } => write!(f, "no array, or none that is whole, at byte {at}"),
            Self::Row { row, error } => write!(f, "in row {row}: {error}"),
        }
    }
}

/// Reads all rows of `json`; whenever `is_over_budget` says so, `turn` lets others have theirs.
pub(super) async fn read_rows<T: DeserializeOwned>(
    json: &str,
    mut is_over_budget: impl FnMut() -> bool,
    turn: impl AsyncFn(),
) -> Result<Vec<T>, RowError> {
    let mut rows = Vec::new();
    for row in Rows::new(json) {
        rows.push(row?);
        if rows.len().is_multiple_of(ROWS_AT_ONCE) && is_over_budget() {
            turn().await;
        }
    }
    Ok(rows)
}

/// Walks the rows of an array. After an error there is nothing more.
struct Rows<'a, T> {
    json: &'a str,
    at: usize,
    row: usize,
    is_over: bool,
    item: PhantomData<T>,
}

impl<'a, T> Rows<'a, T> {
    const fn new(json: &'a str) -> Self {
        Self {
            json,
            at: 0,
            row: 0,
            is_over: false,
            item: PhantomData,
        }
    }

    fn rest(&self) -> &'a str {
        self.json.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        let text = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - text.len();
    }

    /// Steps over `symbol`; whether it is there.
    fn take(&mut self, symbol: char) -> bool {
        self.skip_space();
        let is_there = self.rest().starts_with(symbol);
        self.at += usize::from(is_there);
        is_there
    }

    /// Whether the array ends here, having checked that nothing comes after it.
    fn take_end(&mut self) -> Result<bool, RowError> {
        if !self.take(']') {
            return Ok(false);
        }
        self.skip_space();
        match self.rest() {
            "" => Ok(true),
            _ => Err(RowError::Array { at: self.at }),
        }
    }

    /// Steps over what stands before a row; whether there is one.
    fn take_start(&mut self) -> Result<bool, RowError> {
        let symbol = if self.row == 0 { '[' } else { ',' };
        if self.row > 0 && self.take_end()? {
            return Ok(false);
        }
        if !self.take(symbol) {
            return Err(RowError::Array { at: self.at });
        }
        Ok(self.row > 0 || !self.take_end()?)
    }
}

impl<T: DeserializeOwned> Rows<'_, T> {
    fn read(&mut self) -> Result<Option<T>, RowError> {
        if !self.take_start()? {
            return Ok(None);
        }
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<T>();
        let row = values.next();
        self.at += values.byte_offset();
        match row {
            Some(Ok(item)) => {
                self.row += 1;
                Ok(Some(item))
            }
            Some(Err(error)) => Err(RowError::Row {
                row: self.row,
                error,
            }),
            None => Err(RowError::Array { at: self.at }),
        }
    }
}

impl<T: DeserializeOwned> Iterator for Rows<'_, T> {
    type Item = Result<T, RowError>;

    fn next(&mut self) -> Option<Result<T, RowError>> {
        if self.is_over {
            return None;
        }
        let row = self.read().transpose();
        self.is_over = !matches!(row, Some(Ok(_)));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use serde::Deserialize;
    use serde_json::Value;
    use std::cell::Cell;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: u32,
    }

    fn read<T: DeserializeOwned>(json: &str) -> Result<Vec<T>, RowError> {
        let read = read_rows(json, || false, async || {});
        read.now_or_never().expect("nothing is waited for")
    }

    #[test]
    fn it_reads_what_reading_everything_at_once_would() {
        for json in [
            "[]",
            " [ ] ",
            r#"[{"id":1}]"#,
            "[1,2,3]",
            "\n[ 1 ,\t2,\r\n3 ]\n",
            r#"["a","]",",","\"[",null,true,[1,[2]],{"a":"}"},-1.5e3]"#,
            "[[],[[]]]",
        ] {
            let whole: Vec<Value> = serde_json::from_str(json).expect("it is an array");
            assert_eq!(read::<Value>(json).expect(json), whole, "{json}");
        }
    }

    #[test]
    fn what_is_no_whole_array_is_refused_as_it_would_be_at_once() {
        for json in [
            "", " ", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[1]x", "]", "{}", "7",
            "null", "[1}", "[nul]", "[\"a]", "[1,,2]", "é[1]",
        ] {
            assert!(serde_json::from_str::<Vec<Value>>(json).is_err(), "{json}");
            assert!(read::<Value>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_error_says_in_which_row() {
        let error = read::<Row>(r#"[{"id":1},{"id":"x"}]"#).expect_err("a text is no number");
        assert!(error.to_string().starts_with("in row 1: "), "{error}");
        let error = read::<Row>(r#"{"id":1}"#).expect_err("an object is no array");
        assert_eq!(
            error.to_string(),
            "no array, or none that is whole, at byte 0"
        );
    }

    #[test]
    fn others_have_their_turn_whenever_the_budget_is_used_up() {
        let json = format!("[{}]", vec![r#"{"id":1}"#; 10_000].join(","));
        let (looks, turns) = (Cell::new(0), Cell::new(0));
        let is_over_budget = || {
            looks.set(looks.get() + 1);
            looks.get() % 4 == 0
        };
        let read = read_rows::<Row>(&json, is_over_budget, async || turns.set(turns.get() + 1));
        let rows = read.now_or_never().expect("nothing is waited for");
        assert_eq!(rows.expect("it is an array").len(), 10_000);
        assert_eq!(
            (looks.get(), turns.get()),
            (312, 78),
            "a turn each 128 rows"
        );
    }
}
