//! Service matters and categories, as trees with the number of points.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::Problem;
use crate::city::{Lang, Matter};
use crate::index::Snapshot;

/// A service matter and those under it.
#[derive(Serialize, ToSchema)]
struct MatterView {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// Code of the group it belongs to.
    parent: Option<String>,
    /// What people say instead.
    phrases: Vec<String>,
    /// Points that handle it or one under it.
    points: usize,
    /// The matters under it.
    #[schema(no_recursion)]
    children: Vec<MatterView>,
}

/// A category and those under it.
#[derive(Serialize, ToSchema)]
struct CategoryView {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// Code of the group it belongs to.
    parent: Option<String>,
    /// Name of its icon in the sprite.
    icon: String,
    /// Colour of its symbol.
    color: String,
    /// Points of it or of one under it.
    points: usize,
    /// The categories under it.
    #[schema(no_recursion)]
    children: Vec<CategoryView>,
}

#[derive(Serialize, ToSchema)]
struct Matters {
    services: Vec<MatterView>,
}

#[derive(Serialize, ToSchema)]
struct Categories {
    categories: Vec<CategoryView>,
}

fn matter_view(snapshot: &Snapshot, lang: Lang, matter: &Matter) -> MatterView {
    let children = snapshot.city.matters.children(Some(&matter.code));
    MatterView {
        code: matter.code.clone(),
        name: matter.name.get(lang).to_owned(),
        parent: matter.parent.clone(),
        phrases: matter.phrases.clone(),
        points: snapshot.points.count_of_matter(&matter.code),
        children: children.map(|child| matter_view(snapshot, lang, child)).collect(),
    }
}

fn category_views(snapshot: &Snapshot, lang: Lang, parent: Option<&str>) -> Vec<CategoryView> {
    let children = snapshot.city.categories.children(parent);
    children
        .map(|category| CategoryView {
            code: category.code.clone(),
            name: category.name.get(lang).to_owned(),
            parent: category.parent.clone(),
            icon: category.icon.clone(),
            color: category.color.clone(),
            points: snapshot.points.count_of_category(&category.code),
            children: category_views(snapshot, lang, Some(&category.code)),
        })
        .collect()
}

/// The tree of service matters, with the number of points that handle each.
#[utoipa::path(get, path = "/v1/services", tag = "services",
    params(("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tree", body = Matters),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn matters(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    q.finish()?;
    let top = asked.city().matters.children(None);
    let services = top.map(|matter| matter_view(&asked.snapshot, lang, matter)).collect();
    asked.json(&Matters { services })
}

/// One service matter, with those under it.
#[utoipa::path(get, path = "/v1/services/{code}", tag = "services",
    params(("code" = String, Path, description = "Code of the matter"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The matter", body = MatterView),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such matter", body = Problem)))]
pub(super) async fn matter(Path(code): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    q.finish()?;
    let matter = asked.city().matters.get(&code).ok_or_else(|| {
        Problem::not_found(format!(
            "There is no service matter \"{code}\"; /v1/services lists them."
        ))
    })?;
    asked.json(&matter_view(&asked.snapshot, lang, matter))
}

/// The tree of categories, with the number of points of each.
#[utoipa::path(get, path = "/v1/categories", tag = "services",
    params(("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tree", body = Categories),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn categories(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    q.finish()?;
    let categories = category_views(&asked.snapshot, lang, None);
    asked.json(&Categories { categories })
}
