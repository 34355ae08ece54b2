//! Milestones of the buddy system.

use super::buddy::NAME;
use super::{FieldSpec, Shape, Variant, optional, required};

const CATEGORIES: &[&str] = &[
    "onboarding",
    "cultural",
    "language",
    "community",
    "professional",
    "skills",
    "events",
    "buddy-connection",
    "impact",
    "completion",
    "other",
];

/// Fields of milestones.
pub(super) const MILESTONES: &[FieldSpec] = &[
    required(
        "milestone_id",
        Shape::Integer {
            min: 1,
            max: 2_147_483_647,
        },
        &["id", "milepæl_id", "ід_віхи"],
    ),
    required(
        "user_id",
        Shape::Identifier,
        &["bruker_id", "ід_користувача"],
    ),
    required("milestone_title", NAME, &["title", "milepæl", "назва"]),
    required(
        "milestone_category",
        Shape::OneOf(CATEGORIES),
        &["category", "kategori", "категорія"],
    ),
    required(
        "reached_at",
        Shape::Instant,
        &["date", "reached", "nådd", "дата", "досягнуто"],
    ),
    required(
        "points",
        Shape::Integer {
            min: 0,
            max: 2_147_483_647,
        },
        &["poeng", "бали"],
    ),
    optional(
        "badge_icon",
        Shape::Text { max: 50 },
        &["badge", "icon", "merke", "значок"],
    ),
    optional(
        "target_role",
        Shape::OneOf(&["participant", "buddy", "all"]),
        &["målrolle", "роль"],
    ),
    optional("progress", Shape::Json, &["fremdrift", "прогрес"]),
    optional("metadata", Shape::Json, &["meta", "metadata_json"]),
];

pub(super) const MILESTONES_VARIANTS: &[Variant] = &[Variant {
    name: "buddy-milestones-1.0",
    required: &[
        "milestone_id",
        "user_id",
        "milestone_title",
        "milestone_category",
        "reached_at",
        "points",
    ],
    optional: &["badge_icon", "target_role", "progress", "metadata"],
}];
