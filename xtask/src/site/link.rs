//! Links: where one leads from the page that it stands in.

/// The place that a link leads to, from the top, without what follows `#` or `?`; `None` if that is elsewhere: another
/// site, or above the top.
pub(super) fn resolve(page: &str, link: &str) -> Option<String> {
    let is_elsewhere =
        link.contains("://") || link.starts_with("mailto:") || link.starts_with("data:");
    if is_elsewhere || link.contains(char::is_whitespace) {
        return None;
    }
    let path = link.split(['#', '?']).next()?;
    if path.is_empty() {
        return Some(page.to_owned());
    }
    let (folder, _) = page.rsplit_once('/').unwrap_or_default();
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_on_from_the_folder_of_its_page() {
        let from = |link| resolve("docs/guides/feed.md", link);
        assert_eq!(from("board.md#a").as_deref(), Some("docs/guides/board.md"));
        assert_eq!(from("../../README.md").as_deref(), Some("README.md"));
        assert_eq!(from("#here").as_deref(), Some("docs/guides/feed.md"));
        assert_eq!(from("/css/a.css?v=1").as_deref(), Some("css/a.css"));
        assert_eq!(from("../../"), Some(String::new()));
    }

    #[test]
    fn what_is_elsewhere_leads_nowhere_here() {
        for link in [
            "https://yew.rs",
            "mailto:a@example.test",
            "data:,x",
            "../x.md",
            "a b",
        ] {
            assert_eq!(resolve("README.md", link), None, "{link}");
        }
    }
}
