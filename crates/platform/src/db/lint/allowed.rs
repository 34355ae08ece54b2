//! What may differ from the rule, each with its reason.

/// An exception: what it is about, and why it is one.
pub(super) type Exception = (&'static str, &'static str);

/// Tables that only their owner reads, and that therefore need no policy.
pub(super) const OWNER_ONLY: &[Exception] = &[
    (
        "platform.context_key",
        "signs tenant contexts; the definer functions alone read it",
    ),
    (
        "platform.schema_migration",
        "the list of migrations, written by whoever migrates",
    ),
];

/// Tables whose rows of every company the system's own work sees.
pub(super) const TENANT_OR_SYSTEM: &[Exception] = &[
    (
        "platform.tenant_head",
        "the bus looks for companies with events that nobody has read",
    ),
    (
        "platform.subscription",
        "the bus looks for companies with events that nobody has read",
    ),
    (
        "platform.parked_event",
        "the bus looks for companies whose parked events are due",
    ),
    (
        "platform.person_fingerprint",
        "the over-claim guard counts in how many companies one person is",
    ),
    ("platform.job", "workers take the jobs of any company"),
    (
        "identity.company",
        "a person who logs in belongs to no company yet",
    ),
    (
        "identity.membership",
        "signing in reads in which companies a person has a role",
    ),
    (
        "ingest.import",
        "the sweep looks which files in transit no import waits for any more",
    ),
    (
        "ingest.webhook_endpoint",
        "a delivery names an endpoint before anybody knows whose it is",
    ),
    (
        "ingest.inbox_delivery",
        "whoever takes deliveries in looks for companies that have any",
    ),
];

/// Tables that belong to no company.
pub(super) const SYSTEM_ONLY: &[Exception] = &[
    (
        "platform.schedule",
        "one installation has one set of schedules",
    ),
    ("platform.leader", "one installation has one leader"),
    (
        "identity.user_account",
        "a person may have roles in several companies",
    ),
    (
        "identity.login_session",
        "is looked up before anybody knows whose it is",
    ),
];

/// Unique indexes that do not begin with the company.
pub(super) const GLOBALLY_UNIQUE: &[Exception] = &[(
    "identity.company_slug_key",
    "a company's slug names it in addresses and commands; only operators choose slugs",
)];

/// Functions that run with their owner's rights.
pub(super) const DEFINERS: &[Exception] = &[
    (
        "platform.verified_context()",
        "checks a context's signature by a key that nobody else may read",
    ),
    (
        "platform.current_company()",
        "asks the function above, which nobody else may call",
    ),
    (
        "platform.is_system()",
        "asks the function above, which nobody else may call",
    ),
];

/// The names of exceptions, as a parameter.
pub(super) fn names(exceptions: &[Exception]) -> Vec<String> {
    exceptions
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// Whether there is an exception of this name.
pub(super) fn holds(exceptions: &[Exception], name: &str) -> bool {
    exceptions.iter().any(|(excepted, _)| *excepted == name)
}
