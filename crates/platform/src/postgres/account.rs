//! Whom Postgres runs as. It refuses root, so root lends it to somebody else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User, geteuid};

use super::EmbeddedError;

/// Whom root runs Postgres as, the first that exists.
const STAND_INS: [&str; 3] = ["attest", "postgres", "nobody"];

/// The user whose processes the server's are.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Its user id.
    pub(super) uid: u32,
    gid: u32,
    name: String,
    /// Whether that is somebody other than ourselves.
    lent: bool,
}

impl Account {
    /// Decides who runs the server: ourselves, or as root the owner of an existing cluster, or else a stand-in.
    pub(super) fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        let me = geteuid();
        let owner = fs::metadata(cluster)
            .ok()
            .map(|found| (found.uid(), found.gid()));
        if !me.is_root() {
            return match owner {
                Some((owner, _)) if owner != me.as_raw() => Err(EmbeddedError::ForeignOwner {
                    path: cluster.to_owned(),
                    owner,
                }),
                _ => Ok(Self::numbered(
                    me.as_raw(),
                    nix::unistd::getegid().as_raw(),
                    false,
                )),
            };
        }
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            return Ok(Self::numbered(uid, gid, true));
        }
        STAND_INS
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                name: user.name,
                lent: true,
            })
            .ok_or(EmbeddedError::NoAccount)
    }

    fn numbered(uid: u32, gid: u32, lent: bool) -> Self {
        let name = match User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(user)) => user.name,
            _ => uid.to_string(),
        };
        Self {
            uid,
            gid,
            name,
            lent,
        }
    }

    /// Makes `command` run as this account, without the groups of the one who starts it.
    pub(super) fn lend(&self, command: &mut Command) {
        if self.lent {
            // Setting the uid as root also clears the supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives `path` to this account.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.lent {
            chown(path, Some(self.uid), Some(self.gid))
                .map_err(EmbeddedError::file("change the owner of", path))?;
        }
        Ok(())
    }

    /// Fails unless the account has a name, which initdb insists on.
    pub(super) fn check_named(&self) -> Result<(), EmbeddedError> {
        match User::from_uid(Uid::from_raw(self.uid)) {
            Ok(None) => Err(EmbeddedError::NamelessUser { uid: self.uid }),
            _ => Ok(()),
        }
    }

    /// Fails unless the account may pass through every directory down to `path`.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.lent {
            return Ok(());
        }
        let real = fs::canonicalize(path).map_err(EmbeddedError::file("find", path))?;
        let mut above: Vec<&Path> = real.ancestors().collect();
        above.reverse();
        for dir in above {
            let found = fs::metadata(dir).map_err(EmbeddedError::file("look at", dir))?;
            let mode = found.permissions().mode();
            if found.is_dir() && !may_enter(mode, found.uid(), found.gid(), self.uid, self.gid) {
                return Err(EmbeddedError::Unreachable {
                    path: dir.to_owned(),
                    account: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Whether `uid`/`gid` may pass through a directory of this mode and owner, by the classic permission bits.
pub(super) fn may_enter(mode: u32, owner: u32, group: u32, uid: u32, gid: u32) -> bool {
    let bit = if owner == uid {
        0o100
    } else if group == gid {
        0o010
    } else {
        0o001
    };
    mode & bit != 0
}
