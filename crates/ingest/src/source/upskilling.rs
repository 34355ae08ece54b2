//! What course providers tell of.

use super::{FieldSpec, Shape, Variant, optional, required};

const EMAIL: FieldSpec = required(
    "user_email",
    Shape::Email,
    &[
        "email",
        "e_mail",
        "learner_email",
        "student_email",
        "epost",
        "e_post",
        "пошта",
        "електронна_пошта",
    ],
);
const PROVIDER: FieldSpec = required(
    "provider",
    Shape::Text { max: 63 },
    &[
        "platform",
        "leverandør",
        "tilbyder",
        "провайдер",
        "платформа",
    ],
);
const COURSE: FieldSpec = required(
    "course_id",
    Shape::Identifier,
    &[
        "course_code",
        "kurs_id",
        "kurskode",
        "ід_курсу",
        "код_курсу",
    ],
);
const COURSE_NAME: FieldSpec = required(
    "course_name",
    Shape::Text { max: 255 },
    &[
        "course",
        "course_title",
        "kurs",
        "kursnavn",
        "назва_курсу",
        "курс",
    ],
);

/// Fields of completions.
pub(super) const COMPLETIONS: &[FieldSpec] = &[
    EMAIL,
    PROVIDER,
    COURSE,
    COURSE_NAME,
    optional(
        "completed_at",
        Shape::Instant,
        &[
            "completion_date",
            "completed",
            "date",
            "fullført",
            "завершено",
            "дата_завершення",
        ],
    ),
    optional(
        "final_score",
        Shape::Decimal { min: 0, max: 100 },
        &["score", "grade", "resultat", "karakter", "оцінка", "бал"],
    ),
    optional(
        "credential_ref",
        Shape::Text { max: 255 },
        &["certificate", "certificate_id", "bevis", "сертифікат"],
    ),
    optional(
        "status",
        Shape::OneOf(&["enrolled", "in_progress", "completed", "dropped"]),
        &["state", "статус"],
    ),
    optional(
        "progress_percent",
        Shape::Integer { min: 0, max: 100 },
        &["progress", "percent_complete", "fremdrift", "прогрес"],
    ),
    optional(
        "started_at",
        Shape::Instant,
        &["start_date", "started", "startet", "початок"],
    ),
    optional(
        "updated_at",
        Shape::Instant,
        &["last_activity", "sist_aktiv", "оновлено"],
    ),
];

pub(super) const COMPLETIONS_VARIANTS: &[Variant] = &[
    Variant {
        name: "upskilling-completions-1.0",
        required: &[
            "user_email",
            "provider",
            "course_id",
            "course_name",
            "completed_at",
        ],
        optional: &[
            "final_score",
            "credential_ref",
            "status",
            "progress_percent",
            "started_at",
            "updated_at",
        ],
    },
    Variant {
        name: "upskilling-progress-1.0",
        required: &[
            "user_email",
            "provider",
            "course_id",
            "course_name",
            "status",
            "updated_at",
        ],
        optional: &[
            "final_score",
            "credential_ref",
            "progress_percent",
            "started_at",
        ],
    },
];

/// Fields of credentials.
pub(super) const CREDENTIALS: &[FieldSpec] = &[
    required(
        "credential_id",
        Shape::Text { max: 255 },
        &["id", "certificate_id", "bevis_id", "ід_сертифіката"],
    ),
    EMAIL,
    PROVIDER,
    COURSE,
    COURSE_NAME,
    required(
        "credential_type",
        Shape::OneOf(&["certificate", "badge", "diploma", "transcript"]),
        &["type", "bevistype", "тип"],
    ),
    required(
        "issued_at",
        Shape::Instant,
        &[
            "issue_date",
            "issued",
            "date",
            "utstedt",
            "видано",
            "дата_видачі",
        ],
    ),
    optional(
        "expires_at",
        Shape::Instant,
        &["expiry_date", "expires", "utløper", "дійсний_до"],
    ),
    optional(
        "credential_url",
        Shape::Url,
        &["url", "link", "lenke", "посилання"],
    ),
    optional(
        "verification_code",
        Shape::Text { max: 255 },
        &["code", "kode", "код", "код_перевірки"],
    ),
];

pub(super) const CREDENTIALS_VARIANTS: &[Variant] = &[Variant {
    name: "upskilling-credentials-1.0",
    required: &[
        "credential_id",
        "user_email",
        "provider",
        "course_id",
        "course_name",
        "credential_type",
        "issued_at",
    ],
    optional: &["expires_at", "credential_url", "verification_code"],
}];
