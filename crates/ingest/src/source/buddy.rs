//! What the buddy system tells of: its export, and the shorter files that people keep by hand.

use super::{FieldSpec, Shape, Variant, optional, required};

const ROLES: &[&str] = &["participant", "buddy"];
const FORMATS: &[&str] = &["in-person", "online", "hybrid"];
pub(super) const NAME: Shape = Shape::Text { max: 100 };
const NOTE: Shape = Shape::Text { max: 5_000 };
const PLACE: Shape = Shape::Text { max: 200 };
const MATCH: &[&str] = &[
    "match",
    "buddy_match_id",
    "match_nr",
    "kobling_id",
    "ід_пари",
];
const LOCATION: &[&str] = &["place", "city", "sted", "місце", "місто"];
const MINUTES: Shape = Shape::Integer { min: 1, max: 1_440 };
const COUNT: Shape = Shape::Integer {
    min: 0,
    max: 100_000,
};

/// Fields of people.
pub(super) const USERS: &[FieldSpec] = &[
    required(
        "id",
        Shape::Identifier,
        &["user_id", "bruker_id", "ід_користувача"],
    ),
    required(
        "email",
        Shape::Email,
        &[
            "e_mail",
            "mail",
            "epost",
            "e_post",
            "пошта",
            "електронна_пошта",
        ],
    ),
    optional(
        "first_name",
        NAME,
        &["given_name", "fornavn", "ім'я", "імʼя"],
    ),
    optional(
        "last_name",
        NAME,
        &["family_name", "surname", "etternavn", "прізвище"],
    ),
    required("role", Shape::OneOf(ROLES), &["rolle", "роль"]),
    optional(
        "joined_at",
        Shape::Instant,
        &["joined", "created_at", "ble_med", "приєднався"],
    ),
    optional(
        "language_preference",
        Shape::Text { max: 50 },
        &["language", "preferred_language", "språk", "мова"],
    ),
    optional("interests", Shape::List, &["interesser", "інтереси"]),
    optional("location", NAME, LOCATION),
];

pub(super) const USERS_VARIANTS: &[Variant] = &[Variant {
    name: "buddy-users-1.0",
    required: &["id", "email", "role"],
    optional: &[
        "first_name",
        "last_name",
        "joined_at",
        "language_preference",
        "interests",
        "location",
    ],
}];

const END_REASONS: &[&str] = &[
    "completed",
    "participant_request",
    "buddy_request",
    "mutual_agreement",
    "inactivity",
    "violation",
    "program_ended",
    "other",
];

/// Fields of matches: those of the export, then those of the shorter file.
pub(super) const MATCHES: &[FieldSpec] = &[
    optional("match_id", Shape::Identifier, MATCH),
    optional(
        "participant_id",
        Shape::Identifier,
        &["deltaker_id", "ід_учасника"],
    ),
    optional("buddy_id", Shape::Identifier, &["venn_id", "ід_бадді"]),
    required(
        "matched_at",
        Shape::Instant,
        &[
            "date",
            "match_date",
            "matched",
            "koblet",
            "koblet_dato",
            "дата_пари",
        ],
    ),
    optional(
        "status",
        Shape::OneOf(&["active", "inactive", "ended"]),
        &["state", "статус"],
    ),
    optional(
        "ended_at",
        Shape::Instant,
        &["end_date", "ended", "avsluttet", "завершено"],
    ),
    optional(
        "end_reason",
        Shape::OneOf(END_REASONS),
        &["reason", "årsak", "причина"],
    ),
    optional(
        "end_reason_details",
        Shape::Text { max: 500 },
        &["reason_details", "årsak_detaljer", "деталі_причини"],
    ),
    optional(
        "duration_days",
        Shape::Integer {
            min: 0,
            max: 36_500,
        },
        &["duration", "varighet_dager", "тривалість_днів"],
    ),
    optional("sessions_completed", COUNT, &["sessions", "økter"]),
    optional("events_attended", COUNT, &["events", "arrangementer"]),
    optional("participant_satisfaction", Shape::Rating, &[]),
    optional("buddy_satisfaction", Shape::Rating, &[]),
    optional(
        "participant_email",
        Shape::Email,
        &[
            "participant",
            "deltaker_epost",
            "deltaker_e_post",
            "пошта_учасника",
        ],
    ),
    optional(
        "buddy_email",
        Shape::Email,
        &["buddy", "buddy_epost", "buddy_e_post", "пошта_бадді"],
    ),
    optional("language", Shape::Text { max: 50 }, &["språk", "мова"]),
    optional("interests", Shape::List, &["interesser", "інтереси"]),
    optional("location", NAME, LOCATION),
];

pub(super) const MATCHES_VARIANTS: &[Variant] = &[
    Variant {
        name: "buddy-matches-1.0",
        required: &[
            "match_id",
            "participant_id",
            "buddy_id",
            "matched_at",
            "status",
        ],
        optional: &[
            "ended_at",
            "end_reason",
            "end_reason_details",
            "duration_days",
            "sessions_completed",
            "events_attended",
            "participant_satisfaction",
            "buddy_satisfaction",
            "language",
            "interests",
            "location",
        ],
    },
    Variant {
        name: "buddy-matches-short",
        required: &["participant_email", "buddy_email", "matched_at"],
        optional: &[
            "status",
            "ended_at",
            "end_reason",
            "language",
            "interests",
            "location",
        ],
    },
];

/// Fields of what matches did.
pub(super) const EVENTS: &[FieldSpec] = &[
    optional(
        "event_id",
        Shape::Identifier,
        &["id", "arrangement_id", "ід_події"],
    ),
    required("match_id", Shape::Identifier, MATCH),
    required(
        "event_type",
        Shape::Text { max: 50 },
        &["type", "kind", "arrangementstype", "тип_події"],
    ),
    required(
        "event_date",
        Shape::Instant,
        &["date", "dato", "дата", "дата_події"],
    ),
    optional("description", NOTE, &["details", "beskrivelse", "опис"]),
    optional("location", PLACE, LOCATION),
    optional(
        "attendees",
        Shape::List,
        &["participants", "deltakere", "учасники"],
    ),
];

pub(super) const EVENTS_VARIANTS: &[Variant] = &[
    Variant {
        name: "buddy-events-1.0",
        required: &["event_id", "match_id", "event_type", "event_date"],
        optional: &["description", "location", "attendees"],
    },
    Variant {
        name: "buddy-events-short",
        required: &["match_id", "event_type", "event_date"],
        optional: &["description", "location", "attendees"],
    },
];

const KINDS: &[&str] = &[
    "cultural",
    "educational",
    "professional",
    "social",
    "support",
    "recreational",
    "language",
    "other",
];

/// Fields of attendances.
pub(super) const ATTENDANCE: &[FieldSpec] = &[
    required(
        "event_id",
        Shape::Identifier,
        &["arrangement_id", "ід_події"],
    ),
    required(
        "user_id",
        Shape::Identifier,
        &["bruker_id", "attendee_id", "ід_користувача"],
    ),
    optional("match_id", Shape::Identifier, MATCH),
    required(
        "event_title",
        PLACE,
        &["title", "tittel", "назва", "назва_події"],
    ),
    required(
        "event_type",
        Shape::OneOf(KINDS),
        &["type", "arrangementstype", "тип_події"],
    ),
    required("event_format", Shape::OneOf(FORMATS), &["format", "формат"]),
    required(
        "attended_at",
        Shape::Instant,
        &["date", "attended", "dato", "дата"],
    ),
    optional("location", PLACE, LOCATION),
    optional(
        "duration_minutes",
        MINUTES,
        &["duration", "duration_min", "varighet", "тривалість"],
    ),
    optional(
        "attendee_count",
        Shape::Integer {
            min: 1,
            max: 100_000,
        },
        &["attendees", "antall_deltakere", "кількість_учасників"],
    ),
    optional("organizer", NAME, &["organiser", "arrangør", "організатор"]),
    optional(
        "categories",
        Shape::List,
        &["category", "kategorier", "категорії"],
    ),
    optional(
        "sdg_goals",
        Shape::SdgGoals,
        &["sdg", "sdgs", "bærekraftsmål", "цср"],
    ),
];

pub(super) const ATTENDANCE_VARIANTS: &[Variant] = &[Variant {
    name: "buddy-attendance-1.0",
    required: &[
        "event_id",
        "user_id",
        "event_title",
        "event_type",
        "event_format",
        "attended_at",
    ],
    optional: &[
        "match_id",
        "location",
        "duration_minutes",
        "attendee_count",
        "organizer",
        "categories",
        "sdg_goals",
    ],
}];

/// Fields of check-ins.
pub(super) const CHECKINS: &[FieldSpec] = &[
    optional("checkin_id", Shape::Identifier, &["id", "ід_чекіну"]),
    required("match_id", Shape::Identifier, MATCH),
    required("checkin_date", Shape::Instant, &["date", "dato", "дата"]),
    optional(
        "mood",
        Shape::OneOf(&["great", "good", "okay", "struggling", "difficult"]),
        &["feeling", "humør", "настрій"],
    ),
    optional("notes", NOTE, &["note", "comment", "notater", "нотатки"]),
    optional(
        "question_responses",
        Shape::Json,
        &["responses", "answers", "svar", "відповіді"],
    ),
];

pub(super) const CHECKINS_VARIANTS: &[Variant] = &[
    Variant {
        name: "buddy-checkins-1.0",
        required: &["checkin_id", "match_id", "checkin_date"],
        optional: &["mood", "notes", "question_responses"],
    },
    Variant {
        name: "buddy-checkins-short",
        required: &["match_id", "checkin_date"],
        optional: &["mood", "notes", "question_responses"],
    },
];

/// Fields of feedback.
pub(super) const FEEDBACK: &[FieldSpec] = &[
    optional("feedback_id", Shape::Identifier, &["id", "ід_відгуку"]),
    required("match_id", Shape::Identifier, MATCH),
    required(
        "from_role",
        Shape::OneOf(ROLES),
        &["role", "from", "rolle", "роль"],
    ),
    required("rating", Shape::Rating, &["score", "vurdering", "оцінка"]),
    optional(
        "feedback_text",
        NOTE,
        &["feedback", "comment", "tilbakemelding", "відгук"],
    ),
    required(
        "submitted_at",
        Shape::Instant,
        &["date", "submitted", "dato", "innsendt", "дата"],
    ),
    optional(
        "communication",
        Shape::Rating,
        &["kommunikasjon", "спілкування"],
    ),
    optional("helpfulness", Shape::Rating, &["hjelpsomhet", "корисність"]),
    optional("engagement", Shape::Rating, &["engasjement", "залученість"]),
];

pub(super) const FEEDBACK_VARIANTS: &[Variant] = &[
    Variant {
        name: "buddy-feedback-1.0",
        required: &[
            "feedback_id",
            "match_id",
            "from_role",
            "rating",
            "submitted_at",
        ],
        optional: &[
            "feedback_text",
            "communication",
            "helpfulness",
            "engagement",
        ],
    },
    Variant {
        name: "buddy-feedback-short",
        required: &["match_id", "from_role", "rating", "submitted_at"],
        optional: &[
            "feedback_text",
            "communication",
            "helpfulness",
            "engagement",
        ],
    },
];

/// Fields of skill sessions.
pub(super) const SKILL_SESSIONS: &[FieldSpec] = &[
    required(
        "session_id",
        Shape::Identifier,
        &["id", "økt_id", "ід_сесії"],
    ),
    required(
        "skill_id",
        Shape::Integer {
            min: 1,
            max: 2_147_483_647,
        },
        &["ferdighet_id", "ід_навички"],
    ),
    required("skill_name", NAME, &["skill", "ferdighet", "навичка"]),
    optional(
        "skill_category",
        Shape::Text { max: 50 },
        &["category", "kategori", "категорія"],
    ),
    required("teacher_id", Shape::Identifier, &["lærer_id", "ід_вчителя"]),
    required("learner_id", Shape::Identifier, &["elev_id", "ід_учня"]),
    optional("match_id", Shape::Identifier, MATCH),
    required(
        "completed_at",
        Shape::Instant,
        &["date", "completed", "fullført", "завершено"],
    ),
    optional(
        "scheduled_at",
        Shape::Instant,
        &["scheduled", "planlagt", "заплановано"],
    ),
    optional(
        "duration_minutes",
        MINUTES,
        &["duration", "duration_min", "varighet", "тривалість"],
    ),
    optional("format", Shape::OneOf(FORMATS), &["формат"]),
    optional(
        "proficiency_level",
        Shape::OneOf(&["beginner", "intermediate", "advanced"]),
        &["level", "nivå", "рівень"],
    ),
    optional("teacher_rating", Shape::Rating, &[]),
    optional("learner_rating", Shape::Rating, &[]),
    optional(
        "teacher_comment",
        Shape::Text { max: 500 },
        &["lærers_kommentar"],
    ),
    optional(
        "learner_comment",
        Shape::Text { max: 500 },
        &["elevs_kommentar"],
    ),
    optional(
        "learner_progress",
        Shape::OneOf(&[
            "no-progress",
            "some-progress",
            "good-progress",
            "excellent-progress",
        ]),
        &["progress", "fremgang", "прогрес"],
    ),
    optional(
        "sdg_goals",
        Shape::SdgGoals,
        &["sdg", "sdgs", "bærekraftsmål", "цср"],
    ),
    optional(
        "valuation_points",
        Shape::Integer {
            min: 1,
            max: 2_147_483_647,
        },
        &["points", "poeng", "бали"],
    ),
];

pub(super) const SKILL_SESSIONS_VARIANTS: &[Variant] = &[Variant {
    name: "buddy-skill-sessions-1.0",
    required: &[
        "session_id",
        "skill_id",
        "skill_name",
        "teacher_id",
        "learner_id",
        "completed_at",
    ],
    optional: &[
        "skill_category",
        "match_id",
        "scheduled_at",
        "duration_minutes",
        "format",
        "proficiency_level",
        "teacher_rating",
        "learner_rating",
        "teacher_comment",
        "learner_comment",
        "learner_progress",
        "sdg_goals",
        "valuation_points",
    ],
}];
