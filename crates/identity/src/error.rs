//! What can go wrong with companies, users and sessions.

use std::borrow::Cow;

use platform::DbError;
use platform::http::{ErrorKind, Problem, ProblemSource, foreign_form};

use crate::user::PasswordFault;

/// A failed operation. No text carries an address, a name or a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The operating system gave no random bytes.
    #[error("a random value could not be made")]
    Random(#[source] platform::crypto::Error),
    /// A password could not be hashed, or a stored hash not be read.
    #[error("a password could not be hashed: {0}")]
    HashPassword(String),
    /// Too many passwords wait to be checked.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// Unknown user, wrong password, disabled: the three are told apart nowhere.
    #[error("the sign-in was refused")]
    SignInRefused,
    /// Too many wrong guesses.
    #[error("too many sign-ins failed")]
    TooManyAttempts {
        /// Seconds until the next guess is allowed.
        retry_after: u64,
    },
    /// There is no session, or it ended.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// A form that did not carry its token.
    #[error("a form without its token was refused")]
    ForeignForm,
    /// No company of that name or id, or none that this user may know of.
    #[error("there is no such company")]
    CompanyNotFound,
    /// No such user, or a disabled one.
    #[error("there is no such user")]
    UserNotFound,
    /// The user is no member of the company.
    #[error("there is no such membership")]
    MembershipNotFound,
    /// A password that is too easily guessed.
    #[error("the password was refused: {0}")]
    Password(PasswordFault),
    /// Somebody else signs in with this address.
    #[error("a user with this e-mail address exists")]
    EmailTaken,
    /// Not an e-mail address.
    #[error("this is no e-mail address")]
    EmailMalformed,
    /// A name that is empty or too long.
    #[error("a name has 1 to 255 characters and no control characters")]
    NameMalformed,
    /// Another company has this slug.
    #[error("a company with this slug exists")]
    SlugTaken,
    /// A slug of other characters, or too long.
    #[error("a slug has 1 to 63 small letters, digits and hyphens")]
    SlugMalformed,
    /// Not a time zone of the IANA database.
    #[error("this time zone is unknown; use a name such as Europe/Oslo")]
    ZoneUnknown,
    /// System administrators are made, not given a place in a company.
    #[error("the role system_admin belongs to no company")]
    RoleOutsideCompanies,
}

impl ProblemSource for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::Random(_) | Self::HashPassword(_) => ErrorKind::Internal,
            Self::Busy => ErrorKind::Unavailable,
            Self::SignInRefused | Self::NotSignedIn => ErrorKind::Unauthenticated,
            Self::TooManyAttempts { .. } => ErrorKind::TooManyRequests,
            Self::ForeignForm => ErrorKind::Forbidden,
            Self::CompanyNotFound | Self::UserNotFound | Self::MembershipNotFound => {
                ErrorKind::NotFound
            }
            Self::EmailTaken | Self::SlugTaken => ErrorKind::Conflict,
            Self::Password(_)
            | Self::EmailMalformed
            | Self::NameMalformed
            | Self::SlugMalformed
            | Self::ZoneUnknown
            | Self::RoleOutsideCompanies => ErrorKind::Unprocessable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Random(_) | Self::HashPassword(_) => "internal_error",
            Self::Busy => "sign_in_busy",
            Self::SignInRefused => "sign_in_refused",
            Self::NotSignedIn => "unauthenticated",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::ForeignForm => "csrf_token_wrong",
            Self::CompanyNotFound | Self::UserNotFound | Self::MembershipNotFound => "not_found",
            Self::Password(fault) => fault.code(),
            Self::EmailTaken => "email_taken",
            Self::EmailMalformed => "email_malformed",
            Self::NameMalformed => "name_malformed",
            Self::SlugTaken => "slug_taken",
            Self::SlugMalformed => "slug_malformed",
            Self::ZoneUnknown => "zone_unknown",
            Self::RoleOutsideCompanies => "role_outside_companies",
        }
    }

    fn detail(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Database(error) => return error.detail(),
            Self::SignInRefused => "E-mail address and password do not belong together.".into(),
            Self::TooManyAttempts { .. } => {
                "Too many sign-ins failed. Wait, then try again.".into()
            }
            Self::NotSignedIn => "Sign in first.".into(),
            Self::Busy => "Many people sign in right now. Try again in a moment.".into(),
            other => other.to_string().into(),
        })
    }
}

impl Error {
    /// The answer for a client of the API. Unlike `?`, it also says when to try again.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::TooManyAttempts { retry_after } => Problem::from(self).retry_after(retry_after),
            Self::Busy => Problem::from(self).retry_after(2),
            Self::ForeignForm => foreign_form(),
            Self::CompanyNotFound | Self::UserNotFound | Self::MembershipNotFound => {
                Problem::not_found()
            }
            other => other.into(),
        }
    }
}
