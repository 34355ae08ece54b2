use crate::layout::Layout;
use crate::page::Link;
use askama::Template;
use http::StatusCode;

/// An error page: what happened, what is safe, what to do next.
#[derive(Template, Clone)]
#[template(path = "fault.html")]
pub struct Fault {
    /// The frame; public when nobody is known to be signed in.
    pub layout: Layout,
    /// The answer's status.
    pub status: StatusCode,
    /// What happened.
    pub what: String,
    /// What is safe.
    pub safe: String,
    /// What to do next.
    pub next: String,
    /// Where to go.
    pub links: Vec<Link>,
    /// The request's id, to be told to whoever helps.
    pub request_id: String,
}

impl Fault {
    /// The page for `status` and the problem's `code` with the usual words; empty,
    /// if it has none. `layout` comes without a title of its own; the title is what
    /// happened.
    #[must_use]
    pub fn new(
        layout: Layout,
        status: StatusCode,
        code: &str,
        request_id: impl Into<String>,
    ) -> Self {
        let (title, what, safe, next) = special(code).unwrap_or_else(|| usual(status));
        let home = layout.home();
        let start = if layout.company.is_some() {
            "To the dashboard"
        } else {
            "To the start page"
        };
        let mut links = vec![Link::new(start, home)];
        if status == StatusCode::UNAUTHORIZED {
            links = vec![Link::new("Sign in", "/login")];
        }
        Self {
            layout: Layout {
                title: title.to_owned(),
                ..layout
            },
            status,
            what: what.to_owned(),
            safe: safe.to_owned(),
            next: next.to_owned(),
            links,
            request_id: request_id.into(),
        }
    }

    /// The same page, saying what happened this time, where the usual words say less.
    #[must_use]
    pub fn with_detail(self, detail: Option<&str>) -> Self {
        let usual_says_more = matches!(self.status.as_u16(), 401 | 403 | 404 | 500);
        match detail {
            Some(detail) if !usual_says_more => Self {
                what: detail.to_owned(),
                ..self
            },
            _ => self,
        }
    }

    fn code(&self) -> u16 {
        self.status.as_u16()
    }
}

type Words = (&'static str, &'static str, &'static str, &'static str);

const NOTHING_CHANGED: &str = "Nothing was changed.";

/// Problems that a person meets and that their status does not explain.
fn special(code: &str) -> Option<Words> {
    Some(match code {
        "csrf_token_wrong" => (
            "This form is no longer valid",
            "It was open for too long, or you have since signed in again or chosen another company \
             in another tab.",
            NOTHING_CHANGED,
            "Go back, load the page again and repeat what you did.",
        ),
        "origin_foreign" => (
            "This request comes from another site",
            "Your browser says that the form was not on a page of this site.",
            NOTHING_CHANGED,
            "Begin at the start page. If it happens there too, tell your administrator: the public \
             address of this site may have to be set.",
        ),
        _ => return None,
    })
}

/// Title, what happened, what is safe, what to do next.
fn usual(status: StatusCode) -> Words {
    match status.as_u16() {
        400 | 405..=408 | 410..=412 | 414..=428 | 430..=499 => (
            "The request could not be understood",
            "Something in the address or in the form is not what this page expects.",
            NOTHING_CHANGED,
            "Go back, check what you entered and send it again.",
        ),
        401 => (
            "Please sign in",
            "You are not signed in, or your session has ended.",
            "Everything that you saved before is kept.",
            "Sign in, then open the page again.",
        ),
        403 => (
            "You may not do this",
            "Your role in this company does not include this page or action.",
            NOTHING_CHANGED,
            "Ask an administrator of your company if you need it.",
        ),
        404 => (
            "There is nothing here",
            "The address is not right, or what was here is gone, or it belongs to a company that \
             you have no access to.",
            NOTHING_CHANGED,
            "Check the address, or begin again at the start.",
        ),
        409 => (
            "Somebody was faster",
            "What you wanted to change has changed since you opened it.",
            "The other change is kept; yours is not saved.",
            "Open the page again and repeat your change.",
        ),
        413 => (
            "The file is too large",
            "The upload is larger than this system accepts.",
            "Nothing of it was stored.",
            "Split the file or compress it with gzip, and upload it again.",
        ),
        429 => (
            "Too many requests",
            "There were too many requests in a short time.",
            NOTHING_CHANGED,
            "Wait a minute and try again.",
        ),
        503 => (
            "Attest is not available",
            "A part that this page needs does not answer at the moment.",
            "What was stored is safe, and running imports go on by themselves.",
            "Try again in a minute. If it stays like this, tell your administrator the request id.",
        ),
        _ => (
            "Something went wrong",
            "Attest made a mistake. It is not your fault.",
            "What was stored before is safe. What you just sent may or may not be saved.",
            "Look whether your change is there before you repeat it. If this happens again, tell \
             your administrator the request id.",
        ),
    }
}
