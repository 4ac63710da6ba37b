//! Handing mail to a server that answers as it likes.
#![expect(clippy::unwrap_used, reason = "a server that fails is a test that fails")]

use std::sync::{Arc, Mutex};

use connectors::mail::{NotTaken, Post};
use domain::{
    email::Email,
    notice::{Invitation, Mail, Mailbox, Method},
};
use jiff::Timestamp;
use rstest::rstest;
use secrecy::SecretString;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

/// A mail server that takes everything but what it has other answers for.
struct Server {
    address: String,
    /// All lines, those of mails behind a mark.
    heard: Arc<Mutex<Vec<String>>>,
}

/// What it answers to a line that begins so; "close" closes the line instead.
type Answers = &'static [(&'static str, &'static str)];

impl Server {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, answers, Arc::clone(&record)));
            }
        });
        Self { address, heard }
    }

    fn post(&self, scheme: &str, login: &str) -> Post {
        let address = SecretString::from(format!("{scheme}://{login}{}", self.address));
        Post::new(&address, "Bookings <bookings@example.com>").map_err(|wrong| format!("{wrong:?}")).unwrap()
    }

    /// How often a line beginning so was heard.
    fn heard(&self, start: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
    }

    fn all(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

async fn talk(stream: TcpStream, answers: Answers, heard: Arc<Mutex<Vec<String>>>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut is_data = false;
    writer.write_all(b"220 ready\r\n").await.unwrap();
    heard.lock().unwrap().push("(a line is open)".to_owned());
    while let Ok(Some(line)) = lines.next_line().await {
        let mark = if is_data && line != "." { "| " } else { "" };
        heard.lock().unwrap().push(format!("{mark}{line}"));
        let own = answers.iter().find(|(start, _)| line.starts_with(start)).map(|(_, answer)| *answer);
        let answer = match (is_data, own) {
            (true, _) if line != "." => continue,
            (_, Some("close")) => return,
            (_, Some(answer)) => answer,
            (false, None) if line == "DATA" => "354 go on",
            (false, None) if line.starts_with("EHLO") => "250-server\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            (_, None) => "250 OK",
        };
        is_data = answer.starts_with("354");
        if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: Some(name.to_owned()), address: Email::read(address).unwrap() }
}

fn mail(address: &str) -> Mail {
    Mail {
        to: mailbox("Lin Wu", address),
        reply_to: Some(mailbox("Ada Park", "ada@example.com")),
        subject: "Moved".to_owned(),
        text: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        invitation: None,
    }
}

async fn send(post: &Post, mail: &Mail) -> Result<(), NotTaken> {
    post.send(Uuid::from_u128(7), mail, Timestamp::UNIX_EPOCH).await
}

#[tokio::test]
async fn one_line_takes_mail_after_mail_and_is_closed_with_a_farewell() {
    let server = Server::start(&[]).await;
    let post = server.post("smtp", "");
    for _ in 0..3 {
        send(&post, &mail("lin@example.net")).await.unwrap();
    }
    assert_eq!((server.heard("(a line is open)"), server.heard("RCPT TO:<lin@example.net>")), (1, 3));
    assert_eq!(server.heard("| Message-ID: <00000000-0000-0000-0000-000000000007@example.com>"), 3);
    assert_eq!(server.heard("AUTH"), 0);
    post.rest().await;
    assert_eq!(server.heard("QUIT"), 1);
    send(&post, &mail("lin@example.net")).await.unwrap();
    assert_eq!(server.heard("(a line is open)"), 2);
}

#[rstest]
#[case::unknown_user(&[("RCPT", "550 5.1.1 no such user")],
    NotTaken::Refused { why: "The mail server said: 550 5.1.1 no such user".into() })]
#[case::not_now(&[("RCPT", "450 4.2.0 greylisted")],
    NotTaken::Later { why: "The mail server said: 450 4.2.0 greylisted".into() })]
#[case::after_the_data(&[(".", "554 5.7.1 looks like spam")],
    NotTaken::Refused { why: "The mail server said: 554 5.7.1 looks like spam".into() })]
#[case::going_down(&[("MAIL", "421 4.3.2 shutting down")],
    NotTaken::Unready { why: "The mail server said: 421 4.3.2 shutting down".into() })]
#[case::in_several_lines_with_controls(&[("RCPT", "550-no\r\n550 such \u{1b}[31muser")],
    NotTaken::Refused { why: "The mail server said: 550 no such [31muser".into() })]
#[tokio::test]
async fn a_no_is_told_in_the_servers_words(#[case] answers: Answers, #[case] expected: NotTaken) {
    let server = Server::start(answers).await;
    assert_eq!(send(&server.post("smtp", ""), &mail("lin@example.net")).await, Err(expected));
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_it_open_whether_the_mail_was_taken() {
    let server = Server::start(&[(".", "close")]).await;
    let Err(NotTaken::Later { why }) = send(&server.post("smtp", ""), &mail("lin@example.net")).await else {
        panic!("it is tried again")
    };
    assert!(why.starts_with("The mail server was lost before it said that it has it: "), "{why}");
}

#[tokio::test]
async fn a_server_that_is_not_there_takes_no_mail_at_all() {
    let post = Post::new(&SecretString::from("smtp://127.0.0.1:1"), "bookings@example.com");
    let Ok(post) = post else { panic!("the address is one") };
    let Err(NotTaken::Unready { why }) = send(&post, &mail("lin@example.net")).await else {
        panic!("no mail is taken")
    };
    assert!(why.starts_with("The mail server cannot be reached: "), "{why}");
}

#[tokio::test]
async fn a_login_goes_to_a_server_that_asks_for_one_and_its_no_does_not_repeat_it() {
    let server = Server::start(&[("AUTH", "235 welcome")]).await;
    send(&server.post("smtp", "post:s%40cret@"), &mail("lin@example.net")).await.unwrap();
    // RFC 4616: the empty name to act for, the user, the password.
    assert_eq!(server.heard("AUTH PLAIN AHBvc3QAc0BjcmV0"), 1);

    let server = Server::start(&[("AUTH", "535 5.7.8 bad credentials")]).await;
    let refused = send(&server.post("smtp", "post:s%40cret@"), &mail("lin@example.net")).await;
    let why = "The mail server refuses us: 535 5.7.8 bad credentials".to_owned();
    assert_eq!(refused, Err(NotTaken::Unready { why }));
    assert_eq!(server.heard("MAIL"), 0);
}

#[tokio::test]
async fn without_the_cover_that_was_asked_for_nothing_is_said() {
    let server = Server::start(&[]).await;
    let refused = send(&server.post("smtp+starttls", "post:secret@"), &mail("lin@example.net")).await;
    assert!(matches!(refused, Err(NotTaken::Unready { .. })), "{refused:?}");
    assert_eq!((server.heard("AUTH"), server.heard("MAIL")), (0, 0), "{}", server.all());
}

#[rstest]
#[case::quoted("\"lin wu\"@example.net")]
#[case::two_ats("lin@wu@example.net")]
#[case::dots("lin..wu@example.net")]
#[case::a_command("lin>\u{a0}rcpt@example.net")]
#[tokio::test]
async fn an_address_that_is_none_reaches_no_server(#[case] address: &str) {
    let server = Server::start(&[]).await;
    // What cannot be an address at all is not even read as one.
    let Some(to) = Email::read(address) else { return };
    let mail = Mail { to: Mailbox { name: None, address: to }, ..mail("lin@example.net") };
    let refused = send(&server.post("smtp", ""), &mail).await;
    assert!(matches!(refused, Err(NotTaken::Refused { .. })), "{refused:?}");
    assert_eq!(server.heard("(a line is open)"), 0);
}

#[tokio::test]
async fn a_calendar_part_comes_third_and_says_what_it_is_to_do() {
    let server = Server::start(&[]).await;
    let invitation = Invitation {
        method: Method::Request,
        uid: "81@Cal.com".to_owned(),
        sequence: 1,
        summary: "Intro call".to_owned(),
        start: Timestamp::UNIX_EPOCH,
        end: None,
        location: None,
        organizer: mailbox("Ada Park", "ada@example.com"),
        attendee: mailbox("Lin Wu", "lin@example.net"),
    };
    let mail = Mail { invitation: Some(invitation), ..mail("lin@example.net") };
    send(&server.post("smtp", ""), &mail).await.unwrap();
    let all = server.all();
    let kinds: Vec<&str> =
        all.lines().filter_map(|line| line.strip_prefix("| Content-Type: text/")).collect();
    let expected = ["plain; charset=utf-8", "html; charset=utf-8", "calendar; method=REQUEST; charset=utf-8"];
    assert_eq!(kinds, expected);
    for line in ["| METHOD:REQUEST", "| UID:81@Cal.com", "| SEQUENCE:1", "| STATUS:CONFIRMED"] {
        assert_eq!(server.heard(line), 1, "{line} in {all}");
    }
}

#[tokio::test]
async fn names_from_outside_stay_within_their_header() {
    let server = Server::start(&[]).await;
    let hostile = "Eve\" <eve@example.org>,\r\nBcc: all@example.org\r\n\r\nHi\u{0}";
    let mail = Mail {
        to: Mailbox { name: Some(hostile.to_owned()), address: Email::read("lin@example.net").unwrap() },
        subject: hostile.to_owned(),
        text: "Hi\r\n.\r\nMAIL FROM:<eve@example.org>".to_owned(),
        ..mail("lin@example.net")
    };
    send(&server.post("smtp", ""), &mail).await.unwrap();
    assert_eq!(server.heard("| Bcc:"), 0, "{}", server.all());
    assert_eq!((server.heard("MAIL FROM:"), server.heard("RCPT TO:")), (1, 1), "{}", server.all());
}
