//! Who is behind each row, decided row by row from what is known: a function of its
//! inputs. Later rows see what earlier ones of the batch made.

use std::collections::{HashMap, HashSet};

use contracts::PersonId;
use contracts::event::value::MatchReason;
use zeroize::Zeroizing;

use super::name::{Name, Verdict};
use super::{LinkReason, weigh};
use crate::crypto::{Key, Normalised, blind_index};
use crate::vault::IdentifierKind;

/// An address together with a name, where several people use the address.
const EMAIL_AND_NAME: &str = "email:name";
/// An address that somebody uses and that leads to somebody else.
const EMAIL_BESIDE: &str = "email:beside";
/// A name that more people have says nothing.
pub(super) const COMMON: usize = 5;

/// A keyed fingerprint of a value of a kind.
pub(super) type Print = (&'static str, [u8; 32]);

/// A row's evidence in the form in which it is looked up.
pub(super) struct Clue {
    pub(super) external: Option<(IdentifierKind, Print, Normalised)>,
    pub(super) email: Option<(Print, Normalised)>,
    /// Address and name together.
    pub(super) both: Option<Print>,
    pub(super) name: Option<(Name, Zeroizing<String>)>,
    /// The full name, to look others up by.
    pub(super) full: Option<[u8; 32]>,
    pub(super) source: String,
}

impl Clue {
    pub(super) fn read(index: &Key, evidence: &super::Evidence<'_>) -> Self {
        let external = evidence.external.and_then(|(kind, value)| {
            let value = kind.normalise(value)?;
            let print = blind_index(index, kind.as_str(), &value);
            Some((kind, (kind.as_str(), print), value))
        });
        let email = evidence.email.and_then(|value| {
            let value = Normalised::email(value)?;
            let kind = IdentifierKind::Email.as_str();
            Some(((kind, blind_index(index, kind, &value)), value))
        });
        let name = evidence
            .name
            .and_then(|text| Some((Name::read(text)?, Zeroizing::new(text.trim().to_owned()))));
        let full = name.as_ref().and_then(|(name, _)| name.full());
        let both = email.as_ref().zip(full.as_ref()).and_then(|(email, full)| {
            let text = Zeroizing::new(format!("{}\n{}", email.1.as_str(), full.as_str()));
            let value = Normalised::external_id(&text)?;
            Some((EMAIL_AND_NAME, blind_index(index, EMAIL_AND_NAME, &value)))
        });
        Self {
            external,
            email,
            both,
            name,
            full: full.map(|full| blind_index(index, "name", &full)),
            source: evidence.source.chars().take(63).collect(),
        }
    }

    /// What the row can be found by.
    pub(super) fn prints(&self) -> impl Iterator<Item = Print> {
        let external = self.external.as_ref().map(|external| external.1);
        let email = self.email.as_ref().map(|email| email.0);
        external.into_iter().chain(email).chain(self.both)
    }
}

/// What is known of those whom the rows lead to.
#[derive(Default)]
pub(super) struct Known {
    pub(super) people: HashMap<Print, PersonId>,
    /// Who has an id of which system.
    pub(super) systems: HashSet<(PersonId, String)>,
    pub(super) names: HashMap<PersonId, Vec<Name>>,
    /// Who has a full name; one more than [`COMMON`] at most.
    pub(super) named: HashMap<[u8; 32], Vec<PersonId>>,
    pub(super) addresses: HashMap<PersonId, Vec<Zeroizing<String>>>,
}

/// An identifier to be stored.
pub(super) struct NewLink {
    pub(super) row: usize,
    pub(super) person: PersonId,
    pub(super) print: Print,
    pub(super) value: Zeroizing<String>,
    pub(super) reason: &'static str,
    pub(super) score: u16,
}

/// A name to be stored.
pub(super) struct NewName {
    pub(super) row: usize,
    pub(super) person: PersonId,
    pub(super) print: [u8; 32],
    pub(super) value: Zeroizing<String>,
}

/// Somebody else whom a row's person may be.
pub(super) struct Draft {
    pub(super) row: usize,
    pub(super) other: PersonId,
    pub(super) reason: MatchReason,
    pub(super) score: u16,
    /// It is raised only if this is new.
    pub(super) unless_known: Option<Print>,
}

/// Who a row's person is.
pub(super) struct Answer {
    pub(super) row: usize,
    pub(super) person: PersonId,
    pub(super) reason: LinkReason,
    pub(super) score: u16,
}

/// What is to be done.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) answers: Vec<Answer>,
    /// One for each person to be made: what they are made with.
    pub(super) made: Vec<NewLink>,
    pub(super) links: Vec<NewLink>,
    pub(super) names: Vec<NewName>,
    pub(super) drafts: Vec<Draft>,
}

/// Decides about the rows, in order.
pub(super) fn plan(
    known: Known,
    index: &Key,
    clues: &[Clue],
    rows: &[usize],
    new_id: &mut dyn FnMut() -> PersonId,
) -> Plan {
    let mut planner = Planner {
        known,
        index,
        plan: Plan::default(),
    };
    for row in rows {
        if let Some(clue) = clues.get(*row) {
            planner.decide(*row, clue, new_id);
        }
    }
    planner.plan
}

struct Planner<'a> {
    known: Known,
    index: &'a Key,
    plan: Plan,
}

impl Planner<'_> {
    fn decide(&mut self, row: usize, clue: &Clue, new_id: &mut dyn FnMut() -> PersonId) {
        let find = |print: Option<Print>| print.and_then(|p| self.known.people.get(&p).copied());
        let by_external = find(clue.external.as_ref().map(|external| external.1));
        let by_email = find(clue.email.as_ref().map(|email| email.0));
        let person = match (by_external, by_email) {
            (Some(person), other) => {
                self.answer(row, person, LinkReason::ExternalId, weigh::EXTERNAL_ID);
                match other {
                    None => self.link_email(row, clue, person, LinkReason::ExternalId),
                    Some(other) if other == person => {}
                    Some(other) => self.beside(row, clue, person, other),
                }
                person
            }
            (None, Some(other)) => self.by_email(row, clue, other, new_id),
            (None, None) if clue.external.is_none() && clue.email.is_none() => return,
            (None, None) => self.make(row, clue, new_id),
        };
        self.keep_name(row, clue, person);
    }

    /// The address is known. It leads to its person unless they have another id of the
    /// same system or another name.
    fn by_email(
        &mut self,
        row: usize,
        clue: &Clue,
        owner: PersonId,
        new_id: &mut dyn FnMut() -> PersonId,
    ) -> PersonId {
        let sure = weigh::email(self.verdict(clue, owner));
        if !self.has_another_id(clue, owner) && sure >= weigh::CERTAIN {
            self.answer(row, owner, LinkReason::Email, sure);
            self.link_external(row, clue, owner, LinkReason::Email, sure);
            return owner;
        }
        let namesake = clue
            .both
            .and_then(|both| self.known.people.get(&both).copied());
        if let Some(person) = namesake.filter(|person| !self.has_another_id(clue, *person)) {
            let (reason, sure) = (LinkReason::EmailAndName, weigh::EMAIL_AND_NAME);
            self.answer(row, person, reason, sure);
            self.link_external(row, clue, person, reason, sure);
            return person;
        }
        if clue.external.is_none() && clue.both.is_none() {
            // There is nothing to find somebody else by the next time.
            self.answer(row, owner, LinkReason::Email, weigh::EMAIL);
            return owner;
        }
        let person = self.make(row, clue, new_id);
        self.beside(row, clue, person, owner);
        person
    }

    fn make(&mut self, row: usize, clue: &Clue, new_id: &mut dyn FnMut() -> PersonId) -> PersonId {
        let person = new_id();
        let reason = LinkReason::FirstSeen;
        self.answer(row, person, reason, weigh::EXTERNAL_ID);
        let before = self.plan.links.len();
        self.link_external(row, clue, person, reason, weigh::EXTERNAL_ID);
        let email = clue.email.as_ref();
        if email.is_some_and(|email| !self.known.people.contains_key(&email.0)) {
            self.link_email(row, clue, person, reason);
        } else if let (Some(both), Some((_, value))) = (clue.both, &clue.name) {
            self.link(
                row,
                person,
                both,
                value.clone(),
                reason.as_str(),
                weigh::EXTERNAL_ID,
            );
        }
        // What comes first decides whether the person is made.
        if self.plan.links.len() > before {
            let first = self.plan.links.remove(before);
            self.plan.made.push(first);
        }
        person
    }

    /// Notes that somebody uses an address that leads to somebody else.
    fn beside(&mut self, row: usize, clue: &Clue, person: PersonId, owner: PersonId) {
        let Some((_, email)) = &clue.email else {
            return;
        };
        let text = Zeroizing::new(format!("{}\n{person}", email.as_str()));
        let Some(value) = Normalised::external_id(&text) else {
            return;
        };
        let verdict = self.verdict(clue, owner);
        let reason = if self.has_another_id(clue, owner) {
            MatchReason::SameEmail
        } else if verdict == Some(Verdict::Different) {
            MatchReason::EmailUnderTwoNames
        } else {
            MatchReason::IdentifiersDisagree
        };
        let score = weigh::shared_email(reason, verdict);
        let print = (EMAIL_BESIDE, blind_index(self.index, EMAIL_BESIDE, &value));
        if self.known.people.contains_key(&print) {
            return;
        }
        let email = Zeroizing::new(email.as_str().to_owned());
        self.link(row, person, print, email, "seen_beside", score);
        self.plan.drafts.push(Draft {
            row,
            other: owner,
            reason,
            score,
            unless_known: Some(print),
        });
    }

    /// Keeps a name that the person has not had, and notes who else has it.
    fn keep_name(&mut self, row: usize, clue: &Clue, person: PersonId) {
        let (Some((name, value)), Some(print)) = (&clue.name, clue.full) else {
            return;
        };
        let named = self.known.named.entry(print).or_default();
        if named.contains(&person) {
            return;
        }
        let others = if named.len() > COMMON {
            Vec::new()
        } else {
            named.clone()
        };
        named.push(person);
        self.known
            .names
            .entry(person)
            .or_default()
            .push(name.clone());
        self.plan.names.push(NewName {
            row,
            person,
            print,
            value: value.clone(),
        });
        let email = clue.email.as_ref().map(|(_, email)| email.as_str());
        if let Some(email) = email {
            let own = self.known.addresses.entry(person).or_default();
            own.push(Zeroizing::new(email.to_owned()));
        }
        for other in others {
            if self
                .plan
                .drafts
                .iter()
                .any(|draft| draft.row == row && draft.other == other)
            {
                continue;
            }
            let (reason, score) = weigh::same_name(&self.addresses(person), &self.addresses(other));
            self.plan.drafts.push(Draft {
                row,
                other,
                reason,
                score,
                unless_known: None,
            });
        }
    }

    fn addresses(&self, person: PersonId) -> Vec<&str> {
        let known = self.known.addresses.get(&person);
        known
            .into_iter()
            .flatten()
            .map(|address| address.as_str())
            .collect()
    }

    fn has_another_id(&self, clue: &Clue, person: PersonId) -> bool {
        clue.external.as_ref().is_some_and(|(kind, ..)| {
            self.known
                .systems
                .contains(&(person, kind.as_str().to_owned()))
        })
    }

    /// What the row's name says beside those that the person has; the best of them counts.
    fn verdict(&self, clue: &Clue, person: PersonId) -> Option<Verdict> {
        let (name, _) = clue.name.as_ref()?;
        let verdicts: Vec<_> = self
            .known
            .names
            .get(&person)?
            .iter()
            .map(|known| name.compare(known))
            .collect();
        [Verdict::Same, Verdict::Compatible, Verdict::Different]
            .into_iter()
            .find(|verdict| verdicts.contains(verdict))
    }

    fn answer(&mut self, row: usize, person: PersonId, reason: LinkReason, score: u16) {
        self.plan.answers.push(Answer {
            row,
            person,
            reason,
            score,
        });
    }

    fn link_external(
        &mut self,
        row: usize,
        clue: &Clue,
        person: PersonId,
        reason: LinkReason,
        score: u16,
    ) {
        if let Some((kind, print, value)) = &clue.external {
            let value = Zeroizing::new(value.as_str().to_owned());
            self.link(row, person, *print, value, reason.as_str(), score);
            self.known
                .systems
                .insert((person, kind.as_str().to_owned()));
        }
    }

    fn link_email(&mut self, row: usize, clue: &Clue, person: PersonId, reason: LinkReason) {
        if let Some((print, value)) = &clue.email {
            let value = Zeroizing::new(value.as_str().to_owned());
            self.link(
                row,
                person,
                *print,
                value,
                reason.as_str(),
                weigh::EXTERNAL_ID,
            );
        }
    }

    fn link(
        &mut self,
        row: usize,
        person: PersonId,
        print: Print,
        value: Zeroizing<String>,
        reason: &'static str,
        score: u16,
    ) {
        self.known.people.insert(print, person);
        self.plan.links.push(NewLink {
            row,
            person,
            print,
            value,
            reason,
            score,
        });
    }
}
