//! axe-core: what of a page people with assistive technology could not use.

use crate::{error::KitError, tab::Tab};
use serde::Deserialize;
use serde_json::json;
use std::{env, fs, path::PathBuf};

/// Runs the checks on the whole page. A toast is checked like everything else, if one is shown.
const RUN: &str = r"
    ;return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ target }) => target.join(' ')) })));
";

/// A rule that a page breaks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Violation {
    /// The rule's name.
    pub id: String,
    /// What it asks for.
    pub help: String,
    /// The selectors of what breaks it.
    pub r#where: Vec<String>,
}

impl Tab {
    /// The accessibility rules that the page breaks as it is now, by the axe-core that `REALTIME_AXE` names.
    pub fn violations(&self) -> Result<Vec<Violation>, KitError> {
        let path = env::var_os("REALTIME_AXE").map(PathBuf::from);
        let path = path.ok_or_else(|| {
            let hint = "run this with `cargo xtask`, or set REALTIME_AXE to the path of axe.min.js";
            KitError::Wrong(format!("there is no axe-core; {hint}"))
        })?;
        let axe = fs::read_to_string(&path).map_err(|error| KitError::file(&path, &error))?;
        self.eval(&format!("{axe}{RUN}"), json!([]))
    }
}
