//! The mailbox's page: the mails, newest first.

use serde_json::json;

use super::Mail;
use crate::page::{Form, Html, Page, Section};

pub fn of(mails: &[Mail], refusal: Option<&str>) -> Page {
    let rows = mails.iter().rev().map(|mail| {
        vec![
            Html::time(&mail.at),
            Html::text(&mail.from),
            Html::text(mail.to.join(", ")),
            Html::text(mail.subject()),
            Html::block(mail.text()),
        ]
    });
    let refusing = match refusal {
        None => Form::new("/", "POST /refuse")
            .with(&json!({"reply": "451 later"}))
            .button("Refuse mail (451)", "bad"),
        Some(_) => Form::new("/", "POST /refuse").button("Take mail again", "main"),
    };
    Page {
        title: "Mailbox sandbox".to_owned(),
        sections: vec![
            Section::new("Mails", &["At", "From", "To", "Subject", "Text"], rows.collect())
                .with(refusing)
                .with(Form::new("/", "DELETE /mails").button("Empty", "")),
        ],
    }
}
