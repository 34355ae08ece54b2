//! The SQL of facts, marks and figures.

mod fact;
mod figure;
mod mark;
mod people;

pub(crate) use fact::{
    all_months, clear_ratings, delete_facts, earliest_month, months_of, totals, update_ratings,
    upsert_facts,
};
pub(crate) use figure::{Computed, StoredFigure, list_figures, lock_figures, upsert_figures};
pub(crate) use mark::{delete_marks, list_marks, mark_months};
pub(crate) use people::{link, months_with, unlink};

pub use fact::Totals;
