//! Who acts, and for which company: the proof that a tenant transaction asks for.

use std::fmt;

use contracts::{CompanyId, Permission, Role, UserId};
use uuid::Uuid;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has said who they are.
    Anonymous,
    /// A person who logged in.
    User(UserId),
    /// The person at this machine's command line.
    Operator,
    /// A part of the system, by its name.
    System(&'static str),
}

impl Actor {
    /// The id that idempotency keys are kept under; nil for all but users.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::User(user) => user.uuid(),
            Self::Anonymous | Self::Operator | Self::System(_) => Uuid::nil(),
        }
    }
}

/// As the audit log names an actor: an opaque id, never a person's name.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(user) => write!(f, "user:{user}"),
            Self::Operator => f.write_str("operator"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

/// The thread that ties a chain of effects to the request that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The HTTP request, command or job run.
    pub request: Uuid,
    /// Shared by everything that follows from one beginning.
    pub correlation: Uuid,
    /// The event that caused this, if one did.
    pub causation: Option<Uuid>,
}

impl Trace {
    /// A new chain that begins with `request`.
    #[must_use]
    pub const fn beginning(request: Uuid) -> Self {
        Self {
            request,
            correlation: request,
            causation: None,
        }
    }
}

/// Proof that an actor may work in a company. Made only from a verified
/// membership or signature, an event or job of that company, or the operator's command.
#[derive(Debug, Clone, Copy)]
pub struct TenantGrant {
    pub(crate) company: CompanyId,
    pub(crate) actor: Actor,
    pub(crate) role: Role,
    pub(crate) trace: Trace,
}

impl TenantGrant {
    /// A grant for the system's own work on behalf of a company: a consumer or a job.
    pub(crate) const fn system(company: CompanyId, part: &'static str, trace: Trace) -> Self {
        Self {
            company,
            actor: Actor::System(part),
            role: Role::SystemAdmin,
            trace,
        }
    }

    /// The company.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// Who acts.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The role the actor has in the company.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The chain of effects this belongs to.
    #[must_use]
    pub const fn trace(&self) -> Trace {
        self.trace
    }

    /// Whether the role carries the permission.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission)
    }
}

/// The right to make grants. There is one, made when the database is opened; it
/// is handed to whoever verifies credentials and to the command line.
#[derive(Debug, Clone)]
pub struct GrantIssuer(());

impl GrantIssuer {
    pub(crate) const fn new() -> Self {
        Self(())
    }

    /// A grant for a user whose membership was just read from the database.
    #[must_use]
    pub const fn for_member(
        &self,
        company: CompanyId,
        user: UserId,
        role: Role,
        trace: Trace,
    ) -> TenantGrant {
        TenantGrant {
            company,
            actor: Actor::User(user),
            role,
            trace,
        }
    }

    /// A grant for what a company's other system sent to an endpoint of the company,
    /// after its signature was verified: to keep it, and to take it in later.
    #[must_use]
    pub const fn for_delivery(&self, company: CompanyId, trace: Trace) -> TenantGrant {
        TenantGrant {
            company,
            actor: Actor::System("webhooks"),
            role: Role::ApiClient,
            trace,
        }
    }

    /// A grant for the person at this machine's command line.
    #[must_use]
    pub const fn for_operator(&self, company: CompanyId, trace: Trace) -> TenantGrant {
        TenantGrant {
            company,
            actor: Actor::Operator,
            role: Role::SystemAdmin,
            trace,
        }
    }
}
