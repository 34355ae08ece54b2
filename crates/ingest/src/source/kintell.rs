//! What Kintell tells of.

use super::{FieldSpec, Shape, Variant, optional, required};

const TYPES: &[&str] = &["language", "mentorship"];

/// Fields of sessions, over all header sets.
pub(super) const SESSIONS: &[FieldSpec] = &[
    required(
        "session_id",
        Shape::Identifier,
        &[
            "id",
            "session",
            "økt_id",
            "oktid",
            "ід_сесії",
            "номер_сесії",
        ],
    ),
    optional(
        "session_type",
        Shape::OneOf(TYPES),
        &[
            "type",
            "programme",
            "program",
            "økttype",
            "тип_сесії",
            "тип",
        ],
    ),
    required(
        "participant_email",
        Shape::Email,
        &[
            "learner_email",
            "mentee_email",
            "student_email",
            "participant",
            "deltaker_epost",
            "deltaker_e_post",
            "e_post_deltaker",
            "пошта_учасника",
            "email_учасника",
        ],
    ),
    required(
        "volunteer_email",
        Shape::Email,
        &[
            "mentor_email",
            "tutor_email",
            "volunteer",
            "frivillig_epost",
            "frivillig_e_post",
            "mentor_epost",
            "пошта_волонтера",
            "email_волонтера",
        ],
    ),
    required(
        "scheduled_at",
        Shape::Instant,
        &[
            "date",
            "session_date",
            "start",
            "start_time",
            "dato",
            "starttid",
            "planlagt",
            "дата",
            "заплановано",
            "початок",
        ],
    ),
    optional(
        "completed_at",
        Shape::Instant,
        &[
            "end",
            "end_time",
            "completed",
            "fullført",
            "sluttid",
            "завершено",
            "кінець",
        ],
    ),
    required(
        "duration_minutes",
        Shape::Integer { min: 1, max: 480 },
        &[
            "duration_min",
            "duration",
            "minutes",
            "varighet",
            "varighet_min",
            "minutter",
            "тривалість",
            "хвилини",
            "тривалість_хв",
        ],
    ),
    optional(
        "rating",
        Shape::Rating,
        &[
            "score",
            "stars",
            "vurdering",
            "karakter",
            "оцінка",
            "рейтинг",
        ],
    ),
    optional(
        "feedback_text",
        Shape::Text { max: 5_000 },
        &[
            "feedback",
            "comment",
            "comments",
            "tilbakemelding",
            "kommentar",
            "відгук",
            "коментар",
        ],
    ),
    optional(
        "language_level",
        Shape::Level,
        &[
            "level",
            "cefr",
            "cefr_level",
            "språknivå",
            "nivå",
            "рівень_мови",
            "рівень",
        ],
    ),
    optional("topics", Shape::List, &["topic", "temaer", "emner", "теми"]),
    optional("metadata", Shape::Json, &["meta", "metadata_json"]),
    optional(
        "focus_area",
        Shape::Text { max: 255 },
        &["focus", "fokusområde", "напрям", "сфера"],
    ),
    optional(
        "goals_discussed",
        Shape::Text { max: 1_000 },
        &["goals", "mål", "цілі", "обговорені_цілі"],
    ),
];

/// The header sets of sessions, by the names of the fields; a heading of the first set may be one of the other words.
pub(super) const SESSIONS_VARIANTS: &[Variant] = &[
    Variant {
        name: "kintell-sessions",
        required: &[
            "session_id",
            "session_type",
            "participant_email",
            "volunteer_email",
            "scheduled_at",
            "duration_minutes",
        ],
        optional: &["rating", "feedback_text", "language_level"],
    },
    Variant {
        name: "kintell-language-1.1",
        required: &[
            "session_id",
            "participant_email",
            "volunteer_email",
            "scheduled_at",
            "completed_at",
            "duration_minutes",
            "metadata",
        ],
        optional: &["rating", "feedback_text", "language_level", "topics"],
    },
    Variant {
        name: "kintell-language-1.0",
        required: &[
            "session_id",
            "participant_email",
            "volunteer_email",
            "scheduled_at",
            "completed_at",
            "duration_minutes",
        ],
        optional: &["rating", "feedback_text", "language_level", "topics"],
    },
    Variant {
        name: "kintell-mentorship-1.0",
        required: &[
            "session_id",
            "participant_email",
            "volunteer_email",
            "scheduled_at",
            "completed_at",
            "duration_minutes",
        ],
        optional: &["rating", "feedback_text", "focus_area", "goals_discussed"],
    },
];

/// Fields of ratings.
pub(super) const RATINGS: &[FieldSpec] = &[
    required(
        "rating_id",
        Shape::Identifier,
        &["id", "vurdering_id", "ід_оцінки"],
    ),
    required(
        "session_id",
        Shape::Identifier,
        &["session", "økt_id", "ід_сесії"],
    ),
    required(
        "from_role",
        Shape::OneOf(&["participant", "volunteer"]),
        &["role", "rated_by", "from", "rolle", "роль"],
    ),
    required(
        "rating",
        Shape::Rating,
        &[
            "score",
            "stars",
            "vurdering",
            "karakter",
            "оцінка",
            "рейтинг",
        ],
    ),
    optional(
        "feedback_text",
        Shape::Text { max: 5_000 },
        &[
            "feedback",
            "comment",
            "tilbakemelding",
            "kommentar",
            "відгук",
            "коментар",
        ],
    ),
    required(
        "created_at",
        Shape::Instant,
        &[
            "date",
            "rated_at",
            "submitted_at",
            "dato",
            "opprettet",
            "дата",
            "створено",
        ],
    ),
];

pub(super) const RATINGS_VARIANTS: &[Variant] = &[Variant {
    name: "kintell-ratings-1.0",
    required: &[
        "rating_id",
        "session_id",
        "from_role",
        "rating",
        "created_at",
    ],
    optional: &["feedback_text"],
}];

/// Fields of the users export.
pub(super) const USERS: &[FieldSpec] = &[
    required(
        "email",
        Shape::Email,
        &[
            "e_mail",
            "email_address",
            "mail",
            "epost",
            "e_post",
            "пошта",
            "електронна_пошта",
        ],
    ),
    optional(
        "name",
        Shape::Text { max: 200 },
        &["full_name", "navn", "імʼя", "ім'я", "імя", "піб"],
    ),
    optional(
        "linkedin_url",
        Shape::Url,
        &["linkedin", "linkedin_profile"],
    ),
    optional(
        "verification_status",
        Shape::Text { max: 50 },
        &[
            "verified",
            "verification",
            "verifisering",
            "статус_перевірки",
        ],
    ),
    optional(
        "role_when_joined",
        Shape::Text { max: 50 },
        &["role", "rolle", "роль"],
    ),
    optional(
        "grant_access",
        Shape::Text { max: 50 },
        &["access", "access_granted", "tilgang", "доступ"],
    ),
    optional(
        "joined_kg_at",
        Shape::Instant,
        &[
            "joined_at",
            "joined",
            "ble_med",
            "приєднався",
            "дата_приєднання",
        ],
    ),
];

pub(super) const USERS_VARIANTS: &[Variant] = &[Variant {
    name: "kintell-users",
    required: &["email"],
    optional: &[
        "name",
        "linkedin_url",
        "verification_status",
        "role_when_joined",
        "grant_access",
        "joined_kg_at",
    ],
}];
