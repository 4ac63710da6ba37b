//! Just enough MIME to read a mail: parts, transfer encodings, encoded words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A mail nested deeper than this is shown as it is.
const DEPTH_MAX: usize = 4;

/// One leaf of a mail, decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub content_type: String,
    pub text: String,
}

impl Part {
    pub fn json(&self) -> Value {
        json!({"content_type": self.content_type, "text": self.text})
    }
}

/// A header's value with its folded lines joined; empty if there is none.
pub fn header(raw: &str, name: &str) -> String {
    let head = raw.split("\r\n\r\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let found = unfolded.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

pub fn body(raw: &str) -> &str {
    raw.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The leaves of a mail, in order.
pub fn parts(raw: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    collect(raw, DEPTH_MAX, &mut parts);
    parts
}

fn collect(raw: &str, depth: usize, parts: &mut Vec<Part>) {
    let content_type = header(raw, "content-type");
    let boundary = content_type
        .to_ascii_lowercase()
        .starts_with("multipart/")
        .then(|| content_type.split("boundary=").nth(1))
        .flatten()
        .map(|rest| rest.trim_start_matches('"').split(['"', ';']).next().unwrap_or_default());
    match boundary.filter(|boundary| !boundary.is_empty() && depth > 0) {
        Some(boundary) => {
            // What stands before the first boundary and after the last is no part.
            let inner = format!("\r\n{}", body(raw));
            for piece in
                inner.split(&format!("\r\n--{boundary}")).skip(1).take_while(|piece| !piece.starts_with("--"))
            {
                collect(piece.trim_start_matches("\r\n"), depth - 1, parts);
            }
        }
        None => parts
            .push(Part { text: decoded(body(raw), &header(raw, "content-transfer-encoding")), content_type }),
    }
}

fn decoded(body: &str, encoding: &str) -> String {
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        "base64" => {
            let joined: String = body.split_whitespace().collect();
            STANDARD.decode(joined).unwrap_or_else(|_| body.as_bytes().to_vec())
        }
        "quoted-printable" => quoted_printable(&body.replace("=\r\n", "")),
        _ => return body.to_owned(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'=').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}

/// Decodes RFC 2047 words such as `=?utf-8?b?w6k=?=`; everything else stays.
pub fn words(value: &str) -> String {
    let mut out = String::new();
    // The blank between two encoded words belongs to neither.
    let value = value.replace("?= =?", "?==?");
    let mut rest = value.as_str();
    while let Some((before, after)) = rest.split_once("=?") {
        let mut fields = after.splitn(4, '?');
        let (Some(_), Some(encoding), Some(text), Some(tail)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            break;
        };
        let Some(tail) = tail.strip_prefix('=') else { break };
        let text = match encoding {
            "b" | "B" => STANDARD.decode(text).unwrap_or_default(),
            _ => quoted_printable(&text.replace('_', " ")),
        };
        out.push_str(before);
        out.push_str(&String::from_utf8_lossy(&text));
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{parts, words};

    #[test]
    fn a_mail_with_an_attachment_has_two_readable_parts() {
        let mail = "Content-Type: multipart/mixed;\r\n boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9 at =\r\nnoon\r\n--x\r\n\
                    Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\nQkVHSU4=\r\n--x--\r\n";
        let found = parts(mail);
        let texts: Vec<&str> = found.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["Café at noon", "BEGIN"]);
        assert_eq!(found[1].content_type, "text/calendar");
    }

    #[test]
    fn encoded_words_are_read() {
        assert_eq!(words("Re: =?utf-8?b?w6k=?= =?utf-8?q?t=C3=A9_x?= end"), "Re: été x end");
    }
}
