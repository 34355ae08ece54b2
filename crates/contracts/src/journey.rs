//! The journey's words: programmes, enrolments, milestones, and the systems a
//! person is known to.

use crate::words::words;

words! {
    /// A programme that a participant can be enrolled in.
    Programme, "programme" {
        /// Social integration: one participant, one buddy.
        Buddy = "buddy",
        /// Language Connect: conversation sessions.
        Language = "language",
        /// Sessions with a mentor.
        Mentorship = "mentorship",
        /// Courses and credentials.
        Upskilling = "upskilling",
    }
}

words! {
    /// How an enrolment stands; it begins active.
    EnrolmentStatus, "enrolment status" {
        /// Taking part.
        Active = "active",
        /// Went through to the end.
        Completed = "completed",
        /// Left before the end.
        Dropped = "dropped",
    }
}

words! {
    /// A milestone of the way from first buddy to first job.
    Milestone, "milestone" {
        /// Matched with a buddy.
        BuddyMatched = "buddy_matched",
        /// Had a first language session.
        FirstLanguageSession = "first_language_session",
        /// Moved up a CEFR level.
        LanguageLevelUp = "language_level_up",
        /// Had a first mentorship session.
        FirstMentorshipSession = "first_mentorship_session",
        /// Enrolled in a course.
        CourseEnrolled = "course_enrolled",
        /// Completed a course.
        CourseCompleted = "course_completed",
        /// Earned a credential.
        CredentialEarned = "credential_earned",
        /// Ready for a job.
        JobReady = "job_ready",
    }
}

words! {
    /// An outside system that knows a person under an id of its own.
    ExternalIdProvider, "external id provider" {
        /// The buddy programme's own system.
        Buddy = "buddy",
        /// The chat server.
        Discord = "discord",
        /// The matcher of language and mentorship sessions.
        Kintell = "kintell",
        /// A course provider.
        Upskilling = "upskilling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journey_has_eight_milestones_from_buddy_to_job() {
        assert_eq!(Milestone::ALL.len(), 8);
        assert_eq!(Milestone::ALL.first(), Some(&Milestone::BuddyMatched));
        assert_eq!(Milestone::ALL.last(), Some(&Milestone::JobReady));
    }

    #[test]
    fn json_and_as_str_use_the_same_word() {
        for milestone in Milestone::ALL {
            let json = serde_json::to_value(milestone).unwrap();
            assert_eq!(json, milestone.as_str());
            assert_eq!(milestone.as_str().parse(), Ok(*milestone));
        }
    }

    #[test]
    fn an_unknown_word_is_refused_without_being_repeated() {
        let error = "olena@example.org".parse::<Programme>().unwrap_err();
        assert_eq!(error.to_string(), "unknown programme");
    }
}
