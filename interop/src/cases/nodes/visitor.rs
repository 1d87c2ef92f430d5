//! One person's client: a list, a room, and what is seen of both.

use super::ROOM;
use crate::{
    failure::{Failure, Verdict, shown},
    native::{Happening, Native},
    task::{Task, tasks_key},
    wait::{holds, until},
};
use realtime_core::{
    Edit, ListEdit, Message, Mutation, MutationEvent, MutationId, PresenceOptions, TypingOptions,
    User,
};
use serde_json::{Value, json};
use std::time::Duration;

/// One person's client.
pub(super) struct Visitor {
    pub(super) native: Native,
    pub(super) user: User,
}

impl Visitor {
    fn edit(&self, event: &str, edit: ListEdit<Task>, data: &Value) -> MutationId {
        let message = Message::new(event, data.to_string()).on("tasks");
        let mutation = Mutation::new(message).with_edit(Edit::list(tasks_key(), edit));
        self.native.run(|client, now| client.mutate(now, mutation))
    }

    pub(super) fn create(&self, id: &str, title: &str) -> MutationId {
        let task = Task {
            id: id.into(),
            title: title.to_owned(),
            version: 0,
        };
        let data = json!({ "id": id, "title": title });
        self.edit("task:create", ListEdit::Insert(task), &data)
    }

    pub(super) fn rename(&self, id: &str, title: &str) -> MutationId {
        let patch = json!({ "title": title });
        let edit = ListEdit::Update {
            id: id.into(),
            patch: patch.to_string().into(),
        };
        self.edit("task:update", edit, &json!({ "id": id, "title": title }))
    }

    pub(super) fn delete(&self, id: &str) -> MutationId {
        let edit = ListEdit::Delete { id: id.into() };
        self.edit("task:delete", edit, &json!({ "id": id }))
    }

    /// Waits for the outcome of a mutation, which must be that it was saved.
    pub(super) async fn saved(&self, mutation: MutationId) -> Verdict {
        let outcome = |native: &Native| {
            native
                .journal()
                .iter()
                .find_map(|happening| match happening {
                    Happening::Mutation {
                        mutation: of,
                        event,
                    } if *of == mutation => Some(event.clone()),
                    _ => None,
                })
        };
        let what = format!("{}'s edit has an outcome", self.user.name);
        match until(&self.native, &what, outcome).await? {
            MutationEvent::Confirmed { .. } => Ok(()),
            other => Err(Failure::new(format!(
                "an edit was not saved: {}",
                shown(&other)
            ))),
        }
    }

    pub(super) fn join(&self) -> Verdict {
        let options = PresenceOptions::default().with_heartbeat(Duration::from_secs(1));
        let (room, user) = (ROOM.into(), self.user.clone());
        let (id, name) = (user.id.clone(), user.name.clone());
        self.native.run(|client, now| {
            client
                .join(now, &room, user, options)
                .and_then(|_| client.open_typing(now, &room, id, &name, TypingOptions::default()))
                .map(drop)
                .map_err(|error| Failure::unable("join the room", error))
        })
    }

    pub(super) async fn sees(&self, others: &[&str]) -> Verdict {
        let what = format!("{} sees {others:?}", self.user.name);
        holds(&self.native, &what, |native| {
            let presence = native.client().presence(&ROOM.into());
            presence.is_some_and(|presence| {
                let names: Vec<_> = presence.others().map(|member| &*member.user.name).collect();
                names == others
            })
        })
        .await
    }

    pub(super) async fn sees_typing(&self, others: &[&str]) -> Verdict {
        let what = format!("{} sees {others:?} typing", self.user.name);
        holds(&self.native, &what, |native| {
            let typing = native.client().typing(&ROOM.into(), &self.user.id);
            typing.is_some_and(|typing| {
                let names: Vec<_> = typing.iter().map(|typist| &*typist.name).collect();
                names == others
            })
        })
        .await
    }
}
