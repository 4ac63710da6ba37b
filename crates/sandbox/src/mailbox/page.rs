//! The mailbox's page: the mails, newest first.

use serde_json::json;

use super::Mail;
use crate::page::{Form, Html, Page, Section};

pub fn of(mails: &[Mail], is_in_trouble: bool) -> Page {
    let rows = mails.iter().rev().map(|mail| {
        vec![
            Html::time(&mail.at),
            Html::text(&mail.from),
            Html::text(mail.to.join(", ")),
            Html::text(mail.subject()),
            Html::block(mail.text()),
        ]
    });
    let trouble = if is_in_trouble {
        Form::new("/", "POST /trouble").button("Take mail again", "main")
    } else {
        Form::new("/", "POST /trouble")
            .with(&json!({"reply": "451 later"}))
            .button("Refuse mail (451)", "bad")
    };
    Page {
        title: "Mailbox sandbox".to_owned(),
        sections: vec![
            Section::new("Mails", &["At", "From", "To", "Subject", "Text"], rows.collect())
                .with(trouble)
                .with(Form::new("/", "DELETE /mails").button("Empty", "")),
        ],
    }
}
