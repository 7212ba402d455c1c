//! What is answered, as JSON and as XML.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::access::{Keys, Role};
use crate::http::access::{permit, permit_secret};
use crate::http::answer::tagged;
use crate::http::problem::{Foreign, Problem};
use crate::intake::Fault;

/// A value that is the same in both formats.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A text; codes are texts too.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Nothing is known: null, and an empty element.
    None,
    /// Values that are each called `of` in XML.
    List(&'static str, Vec<Node>),
    /// Members.
    Object(Vec<(&'static str, Node)>),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::None => serializer.serialize_unit(),
            Self::List(_, items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| object.serialize_entry(name, value))?;
                object.end()
            }
        }
    }
}

/// The format that the address of a request ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl<S: Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.path()))
    }
}

impl Format {
    /// The one that a path ends in; else XML, which is what every client must understand.
    pub(super) fn of(path: &str) -> Self {
        if path.rsplit('.').next() == Some("json") { Self::Json } else { Self::Xml }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }

    /// A document; `root` is what XML calls it.
    fn write(self, root: &'static str, node: &Node) -> Result<Vec<u8>, Failure> {
        let failed = |e: &dyn std::fmt::Display| {
            tracing::error!(error = %e, "an answer could not be written");
            Failure::from(Problem::internal())
        };
        match self {
            Self::Json => serde_json::to_vec(node).map_err(|e| failed(&e)),
            Self::Xml => {
                let mut writer = Writer::new(Vec::new());
                let declared = BytesDecl::new("1.0", Some("utf-8"), None);
                writer
                    .write_event(Event::Decl(declared))
                    .and_then(|()| element(&mut writer, root, node))
                    .map_err(|e| failed(&e))?;
                Ok(writer.into_inner())
            }
        }
    }

    /// The id in the last part of an address, which ends in the format.
    pub(super) fn id(self, file: &str) -> Result<String, Failure> {
        let suffix = match self {
            Self::Json => ".json",
            Self::Xml => ".xml",
        };
        let id = file.strip_suffix(suffix).filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or_else(|| {
            Failure::new(StatusCode::NOT_FOUND, "the address must end in an id and .xml or .json")
        })
    }

    /// Answers a question, with an entity tag.
    pub(super) fn shown(
        self,
        (version, headers): (&str, &HeaderMap),
        root: &'static str,
        result: Result<Node, Failure>,
    ) -> Response {
        let body = result.and_then(|node| self.write(root, &node));
        match body {
            Ok(body) => tagged(version, headers, self.content_type(), body),
            Err(failure) => self.failed(&failure),
        }
    }

    /// Answers what has been made.
    pub(super) fn made(self, root: &'static str, node: &Node) -> Response {
        match self.write(root, node) {
            Ok(body) => self.plain(StatusCode::CREATED, body),
            Err(failure) => self.failed(&failure),
        }
    }

    /// Answers why not.
    pub(super) fn failed(self, failure: &Failure) -> Response {
        let body = self.write("errors", &failure.node()).unwrap_or_default();
        let mut response = self.plain(failure.status, body);
        if matches!(
            failure.status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE
        ) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn plain(self, status: StatusCode, body: Vec<u8>) -> Response {
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(Foreign);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// Why a question is not answered.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    descriptions: Vec<String>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, description: impl Into<String>) -> Self {
        Self { status, descriptions: vec![description.into()] }
    }

    /// 400 for everything that is wrong with a request; 404 where all that is wrong is that
    /// there is no such service, as the specification has it.
    pub(super) fn of_faults(faults: Vec<Fault>, name: impl Fn(&str) -> String) -> Self {
        let unknown = |fault: &Fault| fault.field == "category" && fault.detail != "is missing";
        let lost = faults.iter().all(unknown);
        let status = if lost { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        let said = faults.into_iter().map(|f| format!("{}: {}", name(&f.field), f.detail));
        Self { status, descriptions: said.collect() }
    }

    fn node(&self) -> Node {
        let code = self.status.as_str();
        let error = |description: &String| {
            Node::Object(vec![("code", code.into()), ("description", description.clone().into())])
        };
        Node::List("error", self.descriptions.iter().map(error).collect())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let status = match problem.status {
            // The specification has one status for a key that is missing or does not hold.
            401 => StatusCode::FORBIDDEN,
            other => StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        if problem.errors.is_empty() {
            return Self::new(status, problem.detail);
        }
        let said = problem.errors.into_iter().map(|e| format!("{}: {}", e.parameter, e.detail));
        Self { status, descriptions: said.collect() }
    }
}

/// The id of the key of a request, if it is an agent's: the one that it names as `api_key`, or
/// else the one in its headers.
pub(super) fn agent(
    headers: &HeaderMap,
    keys: &Keys,
    api_key: Option<&str>,
) -> Result<String, Failure> {
    let key = match api_key {
        Some(secret) => permit_secret(secret, keys, Role::Agent),
        None => permit(headers, keys, Role::Agent),
    };
    Ok(key?.id.clone())
}

fn element(writer: &mut Writer<Vec<u8>>, name: &'static str, node: &Node) -> std::io::Result<()> {
    let text = match node {
        Node::None => return writer.write_event(Event::Empty(BytesStart::new(name))),
        Node::Text(text) => text.chars().map(legal).collect(),
        Node::Number(number) => number.to_string(),
        Node::Flag(flag) => flag.to_string(),
        Node::List(..) | Node::Object(_) => String::new(),
    };
    let mut start = BytesStart::new(name);
    if name == "discovery" {
        start.push_attribute(("xmlns", "http://open311.org/spec/discovery"));
    }
    writer.write_event(Event::Start(start))?;
    match node {
        Node::List(of, items) => items.iter().try_for_each(|item| element(writer, of, item))?,
        Node::Object(members) => {
            members.iter().try_for_each(|(name, value)| element(writer, name, value))?;
        }
        _ => writer.write_event(Event::Text(BytesText::new(&text)))?,
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// A character, or what stands for one that XML cannot hold even escaped.
const fn legal(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => c,
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::*;

    fn xml(node: &Node) -> String {
        String::from_utf8(Format::Xml.write("services", node).unwrap()).unwrap()
    }

    #[test]
    fn both_formats_say_the_same() {
        let service = Node::Object(vec![
            ("service_code", "1".into()),
            ("metadata", Node::Flag(false)),
            ("lat", Node::Number(39.5)),
            ("description", "a < b & \"c\"\u{1}".into()),
            ("group", Node::None),
        ]);
        let list = Node::List("service", vec![service]);
        assert_eq!(
            xml(&list),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><services><service>\
             <service_code>1</service_code><metadata>false</metadata><lat>39.5</lat>\
             <description>a &lt; b &amp; &quot;c&quot;\u{fffd}</description><group/>\
             </service></services>"
        );
        assert_eq!(
            serde_json::to_string(&list).unwrap(),
            "[{\"service_code\":\"1\",\"metadata\":false,\"lat\":39.5,\
             \"description\":\"a < b & \\\"c\\\"\\u0001\",\"group\":null}]"
        );
        assert!(xml(&Node::List("service", Vec::new())).ends_with("<services></services>"));
    }

    proptest! {
        #[test]
        fn any_text_is_one_text_of_a_document(text in ".*|[<>&'\"\\]\\x00-\\x1f]{0,20}") {
            let document = xml(&Node::Object(vec![("description", text.clone().into())]));
            let mut reader = Reader::from_str(&document);
            let (mut names, mut found) = (Vec::new(), String::new());
            loop {
                match reader.read_event().unwrap() {
                    Event::Eof => break,
                    Event::Start(start) => names.push(start.name().as_ref().to_owned()),
                    Event::Text(part) => found.push_str(&part),
                    Event::GeneralRef(part) => {
                        let named = quick_xml::escape::resolve_predefined_entity(&part);
                        match part.resolve_char_ref().unwrap() {
                            Some(c) => found.push(c),
                            None => found.push_str(named.unwrap()),
                        }
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(names, ["services", "description"]);
            let due: String = text.chars().map(legal).collect();
            prop_assert_eq!(found, due);
        }
    }
}
