//! The closed vocabularies of event payloads.

use super::{Rate, ValueError};
use crate::words::words;

words! {
    /// The scale that a rating was given on; ratings are stored from 0 to 1.
    RatingScale, "rating scale" {
        /// Given from 0 to 1.
        ZeroToOne = "zero_to_one",
        /// Given as one to five stars.
        OneToFive = "one_to_five",
    }
}

impl RatingScale {
    /// The rating from 0 to 1: as given, or `(stars − 1) / 4`. An error for a
    /// rating off its scale.
    pub fn rate(self, given: f64) -> Result<Rate, ValueError> {
        match self {
            Self::ZeroToOne => Rate::new(given),
            Self::OneToFive => Rate::new((given - 1.0) / 4.0)
                .map_err(|_| ValueError("must be a number from 1 to 5".into())),
        }
    }
}

words! {
    /// What a Kintell session was for.
    SessionType, "session type" {
        /// Language practice.
        Language = "language",
        /// Mentoring.
        Mentorship = "mentorship",
    }
}

words! {
    /// Who speaks in a session: the one helped or the one who helps.
    SessionRole, "session role" {
        /// The one the programme is for.
        Participant = "participant",
        /// The employee who volunteers.
        Volunteer = "volunteer",
    }
}

words! {
    /// A level of the Common European Framework of Reference for Languages.
    CefrLevel, "language level" {
        /// Beginner.
        A1 = "A1",
        /// Elementary.
        A2 = "A2",
        /// Intermediate.
        B1 = "B1",
        /// Upper intermediate.
        B2 = "B2",
        /// Advanced.
        C1 = "C1",
        /// Proficient.
        C2 = "C2",
    }
}

words! {
    /// Who speaks in a buddy match.
    BuddyRole, "buddy role" {
        /// The one the programme is for.
        Participant = "participant",
        /// The employee who volunteers as a buddy.
        Buddy = "buddy",
    }
}

words! {
    /// Why a buddy match ended.
    MatchEndReason, "reason of a match's end" {
        /// It ran its course.
        Completed = "completed",
        /// The participant asked.
        ParticipantRequest = "participant_request",
        /// The buddy asked.
        BuddyRequest = "buddy_request",
        /// Both agreed.
        MutualAgreement = "mutual_agreement",
        /// Nothing happened for too long.
        Inactivity = "inactivity",
        /// A rule was broken.
        Violation = "violation",
        /// The programme ended.
        ProgramEnded = "program_ended",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What an attended buddy event was about.
    AttendedKind, "kind of event" {
        /// Culture.
        Cultural = "cultural",
        /// Education.
        Educational = "educational",
        /// Work.
        Professional = "professional",
        /// Company.
        Social = "social",
        /// Support.
        Support = "support",
        /// Leisure.
        Recreational = "recreational",
        /// Language practice.
        Language = "language",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Where people met.
    MeetingFormat, "meeting format" {
        /// In one place.
        InPerson = "in-person",
        /// On screens.
        Online = "online",
        /// Both.
        Hybrid = "hybrid",
    }
}

words! {
    /// How the one checking in feels.
    CheckinMood, "mood" {
        /// Great.
        Great = "great",
        /// Good.
        Good = "good",
        /// Neither good nor bad.
        Okay = "okay",
        /// Having a hard time.
        Struggling = "struggling",
        /// Having a very hard time.
        Difficult = "difficult",
    }
}

words! {
    /// How well the teacher masters the shared skill.
    Proficiency, "proficiency level" {
        /// Beginner.
        Beginner = "beginner",
        /// Intermediate.
        Intermediate = "intermediate",
        /// Advanced.
        Advanced = "advanced",
    }
}

words! {
    /// How far the learner came in a skill share.
    LearnerProgress, "learner progress" {
        /// None.
        No = "no-progress",
        /// Some.
        Some = "some-progress",
        /// Good.
        Good = "good-progress",
        /// Excellent.
        Excellent = "excellent-progress",
    }
}

words! {
    /// What a buddy milestone belongs to.
    MilestoneCategory, "milestone category" {
        /// Getting started.
        Onboarding = "onboarding",
        /// Culture.
        Cultural = "cultural",
        /// Language.
        Language = "language",
        /// Community.
        Community = "community",
        /// Work.
        Professional = "professional",
        /// Skills.
        Skills = "skills",
        /// Events.
        Events = "events",
        /// The match itself.
        BuddyConnection = "buddy-connection",
        /// What came of it.
        Impact = "impact",
        /// The end of the programme.
        Completion = "completion",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Whom a buddy milestone is meant for.
    MilestoneAudience, "milestone audience" {
        /// The one the programme is for.
        Participant = "participant",
        /// The buddy.
        Buddy = "buddy",
        /// Both.
        All = "all",
    }
}

words! {
    /// What a course provider issued.
    CredentialKind, "credential type" {
        /// A certificate.
        Certificate = "certificate",
        /// A badge.
        Badge = "badge",
        /// A diploma.
        Diploma = "diploma",
        /// A transcript.
        Transcript = "transcript",
    }
}

words! {
    /// How a learner stands in a course.
    CourseStatus, "course status" {
        /// Enrolled, not begun.
        Enrolled = "enrolled",
        /// Under way.
        InProgress = "in_progress",
        /// Done.
        Completed = "completed",
        /// Given up.
        Dropped = "dropped",
    }
}

words! {
    /// What kind of text was screened.
    ContentKind, "content type" {
        /// Feedback on a session or a match.
        FeedbackText = "feedback_text",
        /// A check-in's note.
        CheckinNote = "checkin_note",
        /// A message.
        Message = "message",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Why a text was flagged.
    FlagReason, "flag reason" {
        /// Foul language.
        Profanity = "profanity",
        /// It gives away who someone is.
        PiiLeakage = "pii_leakage",
        /// It attacks a group.
        HateSpeech = "hate_speech",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What a reviewer decided about a flagged text.
    ReviewDecision, "review decision" {
        /// The text may be used.
        Approved = "approved",
        /// The text may not be used.
        Rejected = "rejected",
        /// Someone else must decide.
        Escalated = "escalated",
    }
}

words! {
    /// Whether a membership is in force.
    MembershipStatus, "membership status" {
        /// In force.
        Active = "active",
        /// Taken away.
        Revoked = "revoked",
    }
}

words! {
    /// Why two people may be one.
    MatchReason, "reason of a match" {
        /// One e-mail address, and different ids at one system.
        SameEmail = "same_email",
        /// One e-mail address under two names.
        EmailUnderTwoNames = "email_under_two_names",
        /// An id leads to one, the e-mail address beside it to the other.
        IdentifiersDisagree = "identifiers_disagree",
        /// One full name, and nothing else.
        SameName = "same_name",
        /// One full name, and mailboxes of one company.
        SameNameAndDomain = "same_name_and_domain",
        /// One full name, and addresses that begin alike.
        SameNameAndMailbox = "same_name_and_mailbox",
    }
}

words! {
    /// Why two people were taken for one.
    MergeReason, "reason of a merge" {
        /// The person, or the programme, said so.
        Confirmed = "confirmed",
        /// Somebody was entered twice by mistake.
        EnteredTwice = "entered_twice",
        /// They have another account at the same system.
        NewAccount = "new_account",
        /// They have another e-mail address.
        NewAddress = "new_address",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Why a record was withdrawn.
    WithdrawalReason, "reason of a withdrawal" {
        /// The import that it came by was undone.
        ImportUndone = "import_undone",
    }
}
