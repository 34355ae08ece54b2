//! An upload as a request brings it: a form with a file, or the bare file.

use axum::RequestExt;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use http::{HeaderMap, StatusCode, header};
use platform::http::{Allowed, AllowedForm, IdempotencyKey, Problem, may};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::intake::{Accepted, Intake, Upload};
use super::model::Options;
use super::spool::{Receiving, Spooled};
use crate::error::Error;
use crate::source::Source;

/// Bytes of a field that is no file.
const FIELD_LIMIT: usize = 1 << 10;

/// What a bare file is said to be, in the address.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// Where the file comes from: `kintell-sessions`, `buddy-matches`, `upskilling-completions` or another source.
    source: Option<String>,
    /// The scale of the ratings: `0-1`, `1-5`, or `auto` to tell it by the ratings.
    rating_scale: Option<String>,
    /// The IANA zone of dates and times that name none; `UTC` unless said.
    zone: Option<String>,
    /// The name of the file.
    file_name: Option<String>,
    /// `true` to check the file only: it says what would happen, and nothing is taken in until it is committed.
    check: Option<String>,
}

/// A form with a file. `csrf_token` comes before `file`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for the API page")]
pub(crate) struct UploadForm {
    /// The browser session's token; not needed otherwise.
    csrf_token: Option<String>,
    /// Where the file comes from: `kintell-sessions`, `buddy-matches`, `upskilling-completions` or another source.
    source: String,
    /// The scale of the ratings: `0-1`, `1-5`, or `auto` to tell it by the ratings.
    rating_scale: Option<String>,
    /// The IANA zone of dates and times that name none; `UTC` unless said.
    zone: Option<String>,
    /// `true` to check the file only: it says what would happen, and nothing is taken in until it is committed.
    check: Option<String>,
    /// As the header `Idempotency-Key`, for forms.
    idempotency_key: Option<String>,
    /// The file: CSV, plain or packed by gzip.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A form that was refused, with what was typed into it, so that a page can show it again.
#[derive(Debug)]
pub struct RefusedForm {
    /// What is wrong.
    pub problem: Problem,
    /// The scale of the ratings as it was sent.
    pub rating_scale: Option<String>,
    /// The time zone as it was sent.
    pub zone: Option<String>,
}

impl UploadQuery {
    fn upload(&self) -> Result<Upload, Error> {
        let source = self
            .source
            .as_deref()
            .map(str::trim)
            .filter(|source| !source.is_empty());
        let source = source.ok_or_else(|| {
            Error::option(
                "source",
                "source_missing",
                "Say where the file comes from: kintell-sessions.",
            )
        })?;
        let mut options = Options::parse(self.rating_scale.as_deref(), self.zone.as_deref())?;
        options.check = match self.check.as_deref().map(str::trim) {
            None | Some("" | "false") => false,
            Some("true" | "on") => true,
            Some(_) => {
                let detail = "Say true to check the file only, or false.";
                return Err(Error::option("check", "check_unknown", detail));
            }
        };
        Ok(Upload {
            source: Source::find(source)?,
            options,
            file_name: self.file_name.clone().unwrap_or_default(),
        })
    }
}

impl Intake {
    /// Takes an upload from a request: `multipart/form-data`, or a bare file with `query`.
    pub(crate) async fn receive(
        &self,
        allowed: AllowedForm<may::ImportWrite>,
        key: IdempotencyKey,
        query: UploadQuery,
        request: Request,
    ) -> Result<Accepted, Problem> {
        let kind = media_type(request.headers());
        if kind == "multipart/form-data" {
            refuse_encoding(request.headers(), false)?;
            let form = Multipart::from_request(request, &())
                .await
                .map_err(|_| malformed())?;
            let received = self.receive_form(allowed, key, form).await;
            return received.map_err(|refused| refused.problem);
        }
        if !matches!(
            kind.as_str(),
            "text/csv" | "application/gzip" | "application/x-gzip"
        ) {
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported")
                .detail("Send the file as text/csv, as application/gzip, or in a form (multipart/form-data)."));
        }
        // The reader knows packed files by their first bytes, whatever the header says.
        refuse_encoding(request.headers(), true)?;
        let allowed = allowed.verify(None)?;
        let upload = query.upload()?;
        let spooled = self.spool_body(&allowed, request).await?;
        self.accept(&allowed, &key, spooled, &upload).await
    }

    async fn spool_body(
        &self,
        allowed: &Allowed<may::ImportWrite>,
        request: Request,
    ) -> Result<Spooled, Error> {
        let mut file = self.begin_file(allowed.company());
        let mut chunks = request.with_limited_body().into_body().into_data_stream();
        while let Some(chunk) = futures_util::StreamExt::next(&mut chunks).await {
            let chunk = chunk.map_err(|_| Error::BrokenOff)?;
            if !file.write(chunk).await {
                break;
            }
        }
        file.finish().await
    }

    /// Takes an upload from a form: for the route, and for a page that answers with a page.
    ///
    /// # Errors
    /// [`RefusedForm`] says what is wrong with the form; then nothing is stored.
    pub async fn receive_form(
        &self,
        allowed: AllowedForm<may::ImportWrite>,
        key: IdempotencyKey,
        form: Multipart,
    ) -> Result<Accepted, RefusedForm> {
        let mut fields = Fields::default();
        let received = self.read_form(allowed, key, form, &mut fields).await;
        received.map_err(|problem| RefusedForm {
            problem,
            rating_scale: fields.query.rating_scale,
            zone: fields.query.zone,
        })
    }

    async fn read_form(
        &self,
        allowed: AllowedForm<may::ImportWrite>,
        key: IdempotencyKey,
        mut form: Multipart,
        fields: &mut Fields,
    ) -> Result<Accepted, Problem> {
        let mut waiting = Some(allowed);
        let mut stored: Option<(Allowed<may::ImportWrite>, Spooled)> = None;
        while let Some(field) = form.next_field().await.map_err(|error| refuse(&error))? {
            if field.name() != Some("file") {
                fields.add(field).await?;
                continue;
            }
            let allowed = waiting
                .take()
                .ok_or_else(|| wrong("file", "file_repeated", "Send one file at a time."))?;
            let allowed = allowed.verify(fields.csrf_token.as_deref())?;
            fields.query.file_name = field.file_name().map(str::to_owned);
            let spooled = self.spool_field(&allowed, field).await?;
            stored = Some((allowed, spooled));
        }
        let missing = || wrong("file", "file_missing", "Choose a file to upload.");
        let (allowed, spooled) = stored.ok_or_else(missing)?;
        // What a browser sends when no file was chosen.
        if spooled.size == 0
            && fields
                .query
                .file_name
                .as_deref()
                .unwrap_or_default()
                .is_empty()
        {
            return Err(missing());
        }
        let key = key.or_from_form(fields.idempotency_key.as_deref());
        self.accept(&allowed, &key, spooled, &fields.query.upload()?)
            .await
    }

    async fn spool_field(
        &self,
        allowed: &Allowed<may::ImportWrite>,
        mut field: Field<'_>,
    ) -> Result<Spooled, Problem> {
        let mut file: Receiving = self.begin_file(allowed.company());
        while let Some(chunk) = field.chunk().await.map_err(|error| refuse(&error))? {
            if !file.write(chunk).await {
                break;
            }
        }
        Ok(file.finish().await?)
    }
}

#[derive(Default)]
struct Fields {
    csrf_token: Option<String>,
    idempotency_key: Option<String>,
    query: UploadQuery,
}

impl Fields {
    async fn add(&mut self, mut field: Field<'_>) -> Result<(), Problem> {
        let place = match field.name().unwrap_or_default() {
            "csrf_token" => &mut self.csrf_token,
            "idempotency_key" => &mut self.idempotency_key,
            "source" => &mut self.query.source,
            "rating_scale" => &mut self.query.rating_scale,
            "zone" | "time_zone" => &mut self.query.zone,
            "check" => &mut self.query.check,
            _ => {
                let known = "The form has a field that is not known. Known are: csrf_token, idempotency_key, source, rating_scale, zone, check, file.";
                return Err(wrong("", "field_unknown", known));
            }
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| refuse(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > FIELD_LIMIT {
                return Err(wrong(
                    "",
                    "field_too_long",
                    "A field of the form is too long.",
                ));
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| malformed())?;
        *place = Some(text);
        Ok(())
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn refuse_encoding(headers: &HeaderMap, gzip: bool) -> Result<(), Problem> {
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some(b"identity") => Ok(()),
        Some(b"gzip" | b"x-gzip") if gzip => Ok(()),
        Some(_) => Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding_unsupported")
            .detail("A bare file may be sent with Content-Encoding: gzip; a form may not be packed, but the file in it may.")),
    }
}

fn wrong(field: &str, code: &'static str, detail: &'static str) -> Problem {
    Error::option(field, code, detail).into()
}

fn malformed() -> Problem {
    Problem::bad_request("form_malformed")
        .detail("The form cannot be read. Send it as multipart/form-data.")
}

/// The body broke off, or is no form.
fn refuse(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            platform::http::ErrorKind::PayloadTooLarge,
            "upload_too_large",
        )
        .detail("The request is larger than an upload may be. Nothing was stored."),
        _ => malformed(),
    }
}
