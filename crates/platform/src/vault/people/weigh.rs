//! How much speaks for two people being one. The table is published in this folder's
//! README; a sum at or above [`CERTAIN`] joins, everything below is a suggestion.

use contracts::event::value::MatchReason;

use super::name::Verdict;

/// From here on two pieces of evidence are one person's; in thousandths, as all weights.
pub(super) const CERTAIN: u16 = 900;

/// An id of the same system is the same.
pub(super) const EXTERNAL_ID: u16 = 1000;
/// The e-mail address is the same, and no name is known on one side.
pub(super) const EMAIL: u16 = 950;
/// The e-mail address is the same, and the names agree.
pub(super) const EMAIL_AND_NAME: u16 = 990;
/// One full name, and nothing else.
const NAME: u16 = 500;
/// The addresses begin alike: `olena.k@` here and there.
const MAILBOX: u16 = 250;
/// The addresses are of one company's domain, not of a public provider.
const DOMAIN: u16 = 100;
/// One address, but another id at the same system.
const EMAIL_OF_ANOTHER_ID: u16 = 600;
/// An id leads to one and an address to the other, who has no id of that system.
const IDENTIFIERS_DISAGREE: u16 = 700;
/// One address under two names.
const EMAIL_UNDER_TWO_NAMES: u16 = 400;
/// What equal names add to an address that two people share, and different ones take away.
const NAME_BESIDE_EMAIL: u16 = 200;
/// A suggestion is never certain.
const MOST: u16 = CERTAIN - 1;

/// How sure it is that an address leads to its person, given what the names say.
pub(super) const fn email(names: Option<Verdict>) -> u16 {
    match names {
        None => EMAIL,
        Some(Verdict::Same | Verdict::Compatible) => EMAIL_AND_NAME,
        Some(Verdict::Different) => EMAIL_UNDER_TWO_NAMES,
    }
}

/// How much an address says of two people who share it.
pub(super) fn shared_email(reason: MatchReason, names: Option<Verdict>) -> u16 {
    let base = match reason {
        MatchReason::SameEmail => EMAIL_OF_ANOTHER_ID,
        MatchReason::IdentifiersDisagree => IDENTIFIERS_DISAGREE,
        _ => return EMAIL_UNDER_TWO_NAMES,
    };
    match names {
        None => base,
        Some(Verdict::Same | Verdict::Compatible) => MOST.min(base + NAME_BESIDE_EMAIL),
        Some(Verdict::Different) => base - NAME_BESIDE_EMAIL,
    }
}

/// How much one full name says of two people with these addresses.
pub(super) fn same_name(ours: &[&str], theirs: &[&str]) -> (MatchReason, u16) {
    let pairs = || {
        ours.iter()
            .flat_map(|a| theirs.iter().map(move |b| (*a, *b)))
    };
    let mailbox = pairs().any(|(a, b)| says_something(mailbox(a)) && mailbox(a) == mailbox(b));
    let domain = pairs().any(|(a, b)| !is_public(domain(a)) && domain(a) == domain(b));
    let score = NAME + u16::from(mailbox) * MAILBOX + u16::from(domain) * DOMAIN;
    let reason = match (mailbox, domain) {
        (true, _) => MatchReason::SameNameAndMailbox,
        (false, true) => MatchReason::SameNameAndDomain,
        (false, false) => MatchReason::SameName,
    };
    (reason, MOST.min(score))
}

fn mailbox(address: &str) -> &str {
    let name = address.rsplit_once('@').map_or("", |(name, _)| name);
    name.split('+').next().unwrap_or_default()
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Mailboxes that many have say nothing.
fn says_something(mailbox: &str) -> bool {
    const EVERYBODYS: &[&str] = &[
        "admin", "contact", "hello", "info", "kontakt", "mail", "noreply", "office", "post",
        "support", "team", "test",
    ];
    mailbox.len() >= 4 && !EVERYBODYS.contains(&mailbox)
}

/// Whether anybody may have an address of the domain.
fn is_public(domain: &str) -> bool {
    const PROVIDERS: &[&str] = &[
        "aol.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "googlemail.com",
        "hotmail.com",
        "i.ua",
        "icloud.com",
        "live.com",
        "mail.com",
        "me.com",
        "msn.com",
        "online.no",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "ukr.net",
        "web.de",
        "yahoo.com",
        "yahoo.no",
    ];
    domain.is_empty() || PROVIDERS.contains(&domain)
}
