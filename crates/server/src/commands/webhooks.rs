//! `attest webhooks`

use anyhow::{Context, bail};
use clap::Subcommand;
use contracts::event::value::RatingScale;
use ingest::webhook::endpoint::{self, NewEndpoint, WithSecret};
use ingest::webhook::source::WebhookSource;
use secrecy::ExposeSecret;

use super::operator;
use crate::settings::Settings;
use crate::system::{Schema, System};

/// Look after the endpoints that other systems deliver to.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// Make an endpoint, and print its address and its secret, which is not shown again.
    Add {
        /// Who will deliver to it: kintell, buddy, ecornell, itslearning or upskilling.
        source: String,
        /// The company's short name.
        #[arg(long, value_name = "SLUG")]
        company: String,
        /// The scale of the ratings that will be delivered, 1-5 or 0-1; for kintell and buddy.
        #[arg(long)]
        rating_scale: Option<String>,
        /// Print one JSON object on standard output.
        #[arg(long)]
        json: bool,
    },
}

impl Webhooks {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let Self::Add {
            source,
            company,
            rating_scale,
            json,
        } = self;
        let new = new_endpoint(&source, rating_scale.as_deref())?;
        let system = System::open(settings, Schema::Expect, true).await?;
        let grant = operator(&system, &company).await?;
        let mut tx = system.db.tenant(&grant).await?;
        let made = endpoint::create(&mut tx, new).await?;
        tx.commit().await?;
        system.close().await;
        print(&made, json)
    }
}

fn new_endpoint(source: &str, scale: Option<&str>) -> anyhow::Result<NewEndpoint> {
    let known = WebhookSource::ALL.map(WebhookSource::as_str).join(", ");
    let source: WebhookSource = source
        .parse()
        .map_err(|()| anyhow::anyhow!("there is no source {source}; known are {known}"))?;
    let rating_scale: Option<RatingScale> = match (scale, source.has_ratings()) {
        (Some(scale), true) => {
            Some(ingest::kintell::rating::find_scale(scale).context("a scale is 1-5 or 0-1")?)
        }
        (None, true) => bail!("say by --rating-scale on which scale this source rates: 1-5 or 0-1"),
        (Some(_), false) => bail!("this source delivers no ratings"),
        (None, false) => None,
    };
    Ok(NewEndpoint {
        source,
        description: String::new(),
        rating_scale,
    })
}

fn print(made: &WithSecret, json: bool) -> anyhow::Result<()> {
    let endpoint = &made.endpoint;
    let kinds = endpoint.source.kinds().iter();
    let paths: Vec<String> = kinds
        .map(|kind| format!("/v1/webhooks/{}/{}", endpoint.id, kind.as_str()))
        .collect();
    let secret = made.secret.expose_secret();
    if json {
        let told = serde_json::json!({ "id": endpoint.id, "secret": secret, "paths": paths });
        println!("{}", serde_json::to_string(&told)?);
    } else {
        println!("Deliver to {}", paths.join("\n        or "));
        println!("signed by  {secret}");
        println!("The secret is not shown again.");
    }
    Ok(())
}
