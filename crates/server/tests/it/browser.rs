//! A client with a cookie jar, small enough to see every byte it sends and to lose
//! its server in the middle of an answer.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::wait_for;

#[derive(Clone)]
pub(crate) struct Browser {
    address: String,
    cookies: BTreeMap<String, String>,
    csrf: String,
    /// Where requests claim to come from; our own pages when empty.
    site: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text))
    }

    /// The answer, which must have this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Browser {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
            site: String::new(),
        }
    }

    /// The same person at a server that was started anew elsewhere.
    pub(crate) fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// The same cookies without knowing the session's token.
    pub(crate) fn without_token(mut self) -> Self {
        self.csrf.clear();
        self
    }

    /// The same browser with a page of another site open.
    pub(crate) fn claiming(mut self, site: &str) -> Self {
        site.clone_into(&mut self.site);
        self
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) {
        let credentials = json!({ "email": email, "password": password });
        let answer = self.json("POST", "/v1/session", &credentials).await;
        self.remember(&answer.expect(201));
    }

    pub(crate) async fn choose(&mut self, company: &str) {
        let choice = json!({ "company": company });
        let answer = self.json("PUT", "/v1/session/company", &choice).await;
        self.remember(&answer.expect(200));
    }

    fn remember(&mut self, answer: &Answer) {
        let token = answer.json()["csrf_token"].as_str().map(ToOwned::to_owned);
        self.csrf = token.unwrap();
        for cookie in answer.headers["set-cookie"].split('\n') {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await.unwrap()
    }

    /// A page or a resource that must be there, as text.
    pub(crate) async fn read(&self, path: &str) -> String {
        self.get(path).await.expect(200).text
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        self.send(method, path, &headers, body.as_bytes())
            .await
            .unwrap()
    }

    /// Uploads a Kintell file.
    pub(crate) async fn upload(&self, bytes: &[u8], key: &str) -> io::Result<Answer> {
        let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
        let path = "/v1/imports?source=kintell-sessions&file_name=sessions.csv";
        self.send("POST", path, &headers, bytes).await
    }

    /// Uploads a Kintell file and waits for its end; the import.
    pub(crate) async fn import(&self, bytes: &[u8], key: &str) -> Value {
        let accepted = self.upload(bytes, key).await.unwrap().expect(202).json();
        let id = accepted["id"].as_str().unwrap();
        self.ended(id).await
    }

    /// Waits until an import has ended.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        wait_for("an import ends", async || {
            let import = self.get(&format!("/v1/imports/{id}")).await.expect(200);
            let import = import.json();
            let state = import["state"].as_str().unwrap();
            matches!(state, "committed" | "failed").then_some(import)
        })
        .await
    }

    /// A request as a script of our own page makes it.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let address = &self.address;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        let mut add = |name: &str, value: &str| {
            head.extend([name, ": ", value, "\r\n"]);
        };
        for (name, value) in headers {
            add(name, value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self
                .cookies
                .iter()
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            add("Cookie", &pairs.join("; "));
        }
        if method != "GET" {
            let ours = format!("http://{address}");
            add(
                "Origin",
                if self.site.is_empty() {
                    &ours
                } else {
                    &self.site
                },
            );
            add("Content-Length", &body.len().to_string());
            if !self.csrf.is_empty() {
                add("X-CSRF-Token", &self.csrf);
            }
        }
        head.push_str("\r\n");
        exchange(address, [head.as_bytes(), body].concat()).await
    }
}

/// Sends bytes and reads the answer to its end. A server may answer before it has
/// read everything, so both go on at once.
async fn exchange(address: &str, request: Vec<u8>) -> io::Result<Answer> {
    let stream = TcpStream::connect(address).await?;
    let (mut from, mut to) = stream.into_split();
    let writing = tokio::spawn(async move {
        let _ = to.write_all(&request).await;
        to
    });
    let mut bytes = Vec::new();
    // Whether the answer is whole is seen by its length.
    let _ = from.read_to_end(&mut bytes).await;
    writing.abort();
    parse(&bytes).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
}

/// The answer, if it is whole.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, mut body) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        headers
            .entry(name.to_ascii_lowercase())
            .and_modify(|all| {
                all.push('\n');
                all.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    let mut content = Vec::new();
    if headers.contains_key("transfer-encoding") {
        loop {
            let line = body.windows(2).position(|window| window == b"\r\n")?;
            let size = std::str::from_utf8(&body[..line]).ok()?;
            let size = usize::from_str_radix(size, 16).ok()?;
            if size == 0 {
                break;
            }
            content.extend_from_slice(body.get(line + 2..line + 2 + size)?);
            body = body.get(line + 4 + size..)?;
        }
    } else {
        content.extend_from_slice(body);
        let length = headers.get("content-length");
        if length.is_some_and(|length| length.parse() != Ok(content.len())) {
            return None;
        }
    }
    Some(Answer {
        status,
        headers,
        text: String::from_utf8(content).ok()?,
    })
}
