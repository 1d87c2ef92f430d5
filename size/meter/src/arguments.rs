//! Arguments of the command line.

use std::path::PathBuf;

/// What to weigh, and against what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) budget: PathBuf,
    pub(crate) accept: bool,
    pub(crate) pages: Vec<Page>,
}

/// One built page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) name: String,
    /// The page it is compared with.
    pub(crate) over: Option<String>,
    pub(crate) folder: PathBuf,
}

pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let (options, words): (Vec<_>, Vec<_>) = args.partition(|arg| arg.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| *option != "--accept") {
        return Err(format!("there is no option `{unknown}`; use `--accept`"));
    }
    let mut words = words.into_iter();
    let budget = words.next().ok_or("name the file with the budget")?.into();
    let pages = words
        .map(|word| page(&word))
        .collect::<Result<Vec<_>, _>>()?;
    if pages.is_empty() {
        return Err("name a page to weigh, as NAME=FOLDER".to_owned());
    }
    Ok(Arguments {
        budget,
        accept: !options.is_empty(),
        pages,
    })
}

fn page(word: &str) -> Result<Page, String> {
    let (name, folder) = word
        .split_once('=')
        .ok_or_else(|| format!("`{word}` is no page; write NAME=FOLDER or NAME:OVER=FOLDER"))?;
    let (name, over) = match name.split_once(':') {
        Some((name, over)) => (name, Some(over.to_owned())),
        None => (name, None),
    };
    Ok(Page {
        name: name.to_owned(),
        over,
        folder: folder.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_page_may_name_the_one_it_is_compared_with() {
        let arguments = parsed("b.toml bare=/t/bare list:bare=/t/list").unwrap();
        let [bare, list] = arguments.pages.as_slice() else {
            panic!("two pages were named: {arguments:?}");
        };
        assert_eq!((bare.name.as_str(), bare.over.as_deref()), ("bare", None));
        assert_eq!(
            (list.name.as_str(), list.over.as_deref()),
            ("list", Some("bare"))
        );
        assert_eq!(list.folder, PathBuf::from("/t/list"));
        assert!(!arguments.accept);
    }

    #[test]
    fn sizes_are_accepted_only_where_that_is_said() {
        assert!(parsed("b.toml --accept bare=/t").unwrap().accept);
        for line in ["", "b.toml", "b.toml bare", "b.toml --accpt bare=/t"] {
            assert!(parsed(line).is_err(), "`{line}` should be refused");
        }
    }
}
