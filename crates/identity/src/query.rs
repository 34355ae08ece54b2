//! What other crates may read: the companies there are.

use contracts::CompanyId;
use platform::Db;

use crate::company::{Company, store};
use crate::error::Error;

/// A company by its slug, its printed id or its bare UUID.
pub async fn find_company(db: &Db, name: &str) -> Result<Option<Company>, Error> {
    let mut tx = db.system("find-company").await?;
    let id = name.parse::<CompanyId>().ok();
    Ok(store::find_company(&mut tx, name, id).await?)
}

/// As [`find_company`], an error when there is none.
pub async fn get_company(db: &Db, name: &str) -> Result<Company, Error> {
    find_company(db, name).await?.ok_or(Error::CompanyNotFound)
}

/// All companies, by name.
pub async fn list_companies(db: &Db) -> Result<Vec<Company>, Error> {
    let mut tx = db.system("list-companies").await?;
    Ok(store::list_companies(&mut tx).await?)
}
