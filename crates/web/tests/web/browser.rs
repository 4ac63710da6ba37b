//! A browser without scripts: it keeps cookies, follows nothing by itself, and sends the forms of the page it is on.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use url::form_urlencoded;

use crate::bench::{ADMIN, Answer, Bench};

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct horse";

/// A browser.
pub struct Browser<'a> {
    pub bench: &'a Bench,
    pub cookies: BTreeMap<String, String>,
    token: String,
}

impl<'a> Browser<'a> {
    pub fn new(bench: &'a Bench) -> Self {
        Self { bench, cookies: BTreeMap::new(), token: String::new() }
    }

    /// A browser in which the first admin has signed in.
    pub async fn admin(bench: &'a Bench) -> Self {
        let mut browser = Self::new(bench);
        let fields = [("token", ADMIN), ("name", "Ada Park"), ("email", EMAIL), ("password", PASSWORD)];
        let answer = browser.post("/first-run", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// A browser in which somebody has signed in.
    pub async fn signed_in(bench: &'a Bench, email: &str, password: &str) -> Self {
        let mut browser = Self::new(bench);
        let answer = browser.post("/sign-in", &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(after) = answer.text.split("name=\"csrf\" value=\"").nth(1) {
            after.split('"').next().unwrap().clone_into(&mut self.token);
        }
    }

    /// How an address is asked for.
    pub fn request(&self, path: &str) -> Request<Body> {
        Request::get(path).header(header::COOKIE, self.cookie()).body(Body::empty()).unwrap()
    }

    /// Opens an address.
    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.bench.send(self.request(path)).await;
        self.keep(&answer);
        answer
    }

    /// Opens an address that must be a page.
    pub async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form with the token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.clone();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all, &[]).await
    }

    /// Sends a form as it is, with more headers.
    pub async fn post_bare(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path)
            .header(header::COOKIE, self.cookie())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.bench.send(request.body(Body::from(body)).unwrap()).await;
        self.keep(&answer);
        answer
    }

    /// Sends a form and follows where it leads; the page there.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        let next = location(&answer);
        self.page(&next).await
    }
}

/// Where an answer leads.
pub fn location(answer: &Answer) -> String {
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}
