//! Roles and permissions: one vocabulary for routes, screens and keys.

use crate::words::words;

words! {
    /// What a member may be in a company.
    Role, "role" {
        /// Runs the installation; the only role that reaches every company.
        SystemAdmin = "system_admin",
        /// Runs one company's tenancy.
        CompanyAdmin = "company_admin",
        /// Works with the company's data: imports, exports, reports.
        CompanyManager = "company_manager",
        /// Looks, without changing or exporting.
        CompanyViewer = "company_viewer",
        /// A beneficiary of the programmes.
        Participant = "participant",
        /// An employee who volunteers.
        Volunteer = "volunteer",
        /// A program that calls the API.
        ApiClient = "api_client",
    }
}

words! {
    /// What a route, a screen or a key may require.
    Permission, "permission" {
        /// See the company's name and settings.
        CompanyRead = "company:read",
        /// Change the company's settings.
        CompanyWrite = "company:write",
        /// See who may log in.
        UserRead = "user:read",
        /// Invite, change and remove members.
        UserWrite = "user:write",
        /// See programme data of the company, never a person's name.
        DataRead = "data:read",
        /// Bring programme data in.
        DataWrite = "data:write",
        /// Remove programme data.
        DataDelete = "data:delete",
        /// Take programme data out.
        DataExport = "data:export",
        /// See one person's journey.
        ProfileRead = "profile:read",
        /// Change one person's journey or external ids.
        ProfileWrite = "profile:write",
        /// See imports and their rejected rows.
        ImportRead = "import:read",
        /// Start imports.
        ImportWrite = "import:write",
        /// See figures and their lineage.
        MetricsRead = "metrics:read",
        /// See reports.
        ReportRead = "report:read",
        /// Make reports.
        ReportWrite = "report:write",
        /// See API keys.
        KeyRead = "api_key:read",
        /// Make and revoke API keys.
        KeyWrite = "api_key:write",
        /// Read the audit log.
        AuditRead = "audit_log:read",
        /// See events that could not be processed.
        EventRead = "event:read",
        /// Replay events that could not be processed.
        EventWrite = "event:write",
        /// Switch feature flags.
        FlagWrite = "flag:write",
        /// Run the installation.
        SystemAdmin = "system:admin",
    }
}

impl Role {
    /// Whether the role carries the permission (`domain.md` 5.3, one vocabulary for its four).
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        let viewer = matches!(
            permission,
            P::CompanyRead
                | P::UserRead
                | P::DataRead
                | P::ImportRead
                | P::MetricsRead
                | P::ReportRead
        );
        let manager = viewer
            || matches!(
                permission,
                P::DataWrite
                    | P::DataExport
                    | P::ProfileRead
                    | P::ProfileWrite
                    | P::ImportWrite
                    | P::ReportWrite
            );
        match self {
            Self::SystemAdmin => true,
            Self::CompanyAdmin => permission != P::SystemAdmin,
            Self::CompanyManager => manager,
            Self::CompanyViewer => viewer,
            Self::Participant | Self::Volunteer => {
                matches!(permission, P::CompanyRead | P::ReportRead)
            }
            Self::ApiClient => matches!(
                permission,
                P::CompanyRead
                    | P::DataRead
                    | P::DataWrite
                    | P::ImportRead
                    | P::ImportWrite
                    | P::MetricsRead
                    | P::ReportRead
            ),
        }
    }

    /// The role's name on screens.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::SystemAdmin => "System administrator",
            Self::CompanyAdmin => "Administrator",
            Self::CompanyManager => "Manager",
            Self::CompanyViewer => "Viewer",
            Self::Participant => "Participant",
            Self::Volunteer => "Volunteer",
            Self::ApiClient => "API client",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_parses_back_to_itself() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
        }
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn each_company_role_holds_all_that_the_one_below_it_holds() {
        let ladder = [
            Role::CompanyViewer,
            Role::CompanyManager,
            Role::CompanyAdmin,
            Role::SystemAdmin,
        ];
        for pair in ladder.windows(2) {
            for permission in Permission::ALL {
                assert!(
                    !pair[0].allows(*permission) || pair[1].allows(*permission),
                    "{permission}"
                );
            }
        }
    }

    #[test]
    fn only_the_system_administrator_runs_the_installation() {
        for role in Role::ALL {
            assert_eq!(
                role.allows(Permission::SystemAdmin),
                *role == Role::SystemAdmin
            );
        }
    }

    #[test]
    fn participants_and_volunteers_see_no_programme_data_of_others() {
        for role in [Role::Participant, Role::Volunteer] {
            for permission in [
                Permission::DataRead,
                Permission::ProfileRead,
                Permission::ImportRead,
            ] {
                assert!(!role.allows(permission));
            }
        }
    }
}
