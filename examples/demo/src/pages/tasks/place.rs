//! Place: where a task is to stand.

use realtime_demo_types::MoveTask;

/// A place beside another task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Right before this task.
    Before(String),
    /// Right after this task.
    After(String),
}

impl Place {
    /// The task it is beside.
    pub(super) fn neighbour(&self) -> &str {
        match self {
            Self::Before(task) | Self::After(task) => task,
        }
    }

    /// As the server is asked for it.
    pub(super) fn to_message(&self, me: &str) -> MoveTask {
        let (before, after) = match self.clone() {
            Self::Before(task) => (Some(Some(task)), None),
            Self::After(task) => (None, Some(Some(task))),
        };
        MoveTask {
            before,
            after,
            edited_by: Some(me.to_owned()),
        }
    }

    /// The position that puts the task `id` here, among `rows` of ids and positions in order;
    /// `None` if the neighbour is not among them.
    pub(super) fn position<'a>(
        &self,
        id: &str,
        rows: impl Iterator<Item = (&'a str, f64)>,
    ) -> Option<f64> {
        let others: Vec<_> = rows.filter(|(other, _)| *other != id).collect();
        let neighbour = others.iter().position(|(id, _)| *id == self.neighbour())?;
        let above = match self {
            Self::Before(_) => neighbour.checked_sub(1),
            Self::After(_) => Some(neighbour),
        };
        let position = |index: usize| others.get(index).map(|(_, position)| *position);
        let below = above.map_or(0, |above| above + 1);
        match (above.and_then(position), position(below)) {
            (Some(above), Some(below)) => Some(f64::midpoint(above, below)),
            (Some(above), None) => Some(above + 1.0),
            (None, Some(below)) => Some(below - 1.0),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_one_neighbour() {
        let json = |place: Place| serde_json::to_string(&place.to_message("Ada")).unwrap();
        assert_eq!(
            json(Place::Before("t3".into())),
            r#"{"before":"t3","editedBy":"Ada"}"#
        );
        assert_eq!(
            json(Place::After("t3".into())),
            r#"{"after":"t3","editedBy":"Ada"}"#
        );
    }

    #[test]
    fn a_position_is_between_the_new_neighbours_or_beyond_the_ends() {
        let rows = [("t1", 1.0), ("t2", 2.0), ("t3", 3.0)];
        let at = |id: &str, place: Place| place.position(id, rows.into_iter());
        assert_eq!(at("t3", Place::Before("t2".into())), Some(1.5));
        assert_eq!(at("t1", Place::After("t2".into())), Some(2.5));
        assert_eq!(at("t3", Place::Before("t1".into())), Some(0.0));
        assert_eq!(at("t1", Place::After("t3".into())), Some(4.0));
        assert_eq!(at("t2", Place::After("t1".into())), Some(2.0), "as it is");
        assert_eq!(at("t1", Place::After("gone".into())), None);
    }
}
