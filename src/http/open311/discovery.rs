//! Where the interface is, and what may be asked for: open to everybody.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::{Failure, Format, Node};
use crate::city::{Lang, Matter};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::index::Snapshot;

/// What the discovery calls the specification.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";
/// When the interface was last changed.
const CHANGESET: &str = "2026-11-24T00:00:00Z";

/// Reads what every question may have beside its own: the jurisdiction, of which there is one.
pub(super) fn usual(q: &mut Params<'_>) -> Option<String> {
    q.text("jurisdiction_id");
    q.text("extensions");
    q.text("api_key")
}

/// Where the interface is, and in which formats.
#[utoipa::path(get, path = "/open311/v2/discovery.{format}", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed")),
    responses((status = 200, description = "The service discovery", content((String = "application/json"), (String = "text/xml")))))]
pub(super) async fn discovery(
    format: Format,
    asked: Result<Asked, Problem>,
    base: BaseUrl,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return format.failed(&problem.into()),
    };
    let mut q = asked.params();
    usual(&mut q);
    let formats = ["text/xml", "application/json"].map(Node::from).to_vec();
    let endpoint = Node::Object(vec![
        ("specification", SPECIFICATION.into()),
        ("url", format!("{}/open311/v2", base.0).into()),
        ("changeset", CHANGESET.into()),
        ("type", "production".into()),
        ("formats", Node::List("format", formats)),
    ]);
    let name = asked.city().manifest.name.get(asked.city().manifest.default_lang());
    let contact = format!("Whoever runs the service map of {name}");
    let key = "The same makes keys: `servicemap key create --role agent`";
    let node = Node::Object(vec![
        ("changeset", CHANGESET.into()),
        ("contact", contact.into()),
        ("key_service", key.into()),
        ("endpoints", Node::List("endpoint", vec![endpoint])),
    ]);
    let result = q.finish().map(|()| node).map_err(Failure::from);
    format.shown((&asked.snapshot.version, &asked.headers), "discovery", result)
}

/// The services: the matters of the city that have none below them.
#[utoipa::path(get, path = "/open311/v2/services.{format}", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "The services", content((String = "application/json"), (String = "text/xml")))))]
pub(super) async fn services(format: Format, asked: Result<Asked, Problem>) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return format.failed(&problem.into()),
    };
    let mut q = asked.params();
    usual(&mut q);
    let lang = asked.lang(&mut q);
    let matters = &asked.city().matters;
    let lowest = matters.iter().filter(|m| matters.children(Some(&m.code)).next().is_none());
    let services = lowest.map(|matter| service_node(&asked.snapshot, lang, matter)).collect();
    let result = q.finish().map(|()| Node::List("service", services)).map_err(Failure::from);
    format.shown((&asked.snapshot.version, &asked.headers), "services", result)
}

fn service_node(snapshot: &Snapshot, lang: Lang, matter: &Matter) -> Node {
    let name = matter.name.get(lang);
    let parent = matter.parent.as_deref().and_then(|code| snapshot.city.matters.get(code));
    let group = parent.map(|parent| parent.name.get(lang));
    let described = group.map_or_else(|| name.to_owned(), |group| format!("{group} · {name}"));
    Node::Object(vec![
        ("service_code", matter.code.as_str().into()),
        ("service_name", name.into()),
        ("description", described.into()),
        ("metadata", Node::Flag(false)),
        ("type", "realtime".into()),
        ("keywords", matter.phrases.join(",").into()),
        ("group", group.into()),
    ])
}

/// The attributes of a service: none has any.
#[utoipa::path(get, path = "/open311/v2/services/{service_code}.{format}", tag = "open311",
    params(
        ("service_code" = String, Path, description = "Code of the service"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed")),
    responses(
        (status = 200, description = "The service's definition", content((String = "application/json"), (String = "text/xml"))),
        (status = 404, description = "There is no such service", content((String = "application/json"), (String = "text/xml")))))]
pub(super) async fn service(
    format: Format,
    Path(file): Path<String>,
    asked: Result<Asked, Problem>,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return format.failed(&problem.into()),
    };
    let result = format.id(&file).and_then(|code| {
        let mut q = asked.params();
        usual(&mut q);
        q.finish()?;
        if asked.city().matters.get(&code).is_none() {
            let detail = format!("service_code: \"{code}\" was not found; see services");
            return Err(Failure::new(StatusCode::NOT_FOUND, detail));
        }
        Ok(Node::Object(vec![
            ("service_code", code.into()),
            ("attributes", Node::List("attribute", Vec::new())),
        ]))
    });
    format.shown((&asked.snapshot.version, &asked.headers), "service_definition", result)
}
