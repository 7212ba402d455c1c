//! Reservation and service portals: where a visit is booked.

use iri_string::spec::UriSpec;
use iri_string::template::UriTemplateStr;
use iri_string::template::simple_context::SimpleContext;
use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

use super::Localized;

/// How a portal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A page made for reservations.
    Reservation,
    /// The department's site.
    Website,
    /// A telephone number.
    Phone,
}

impl Channel {
    /// The group it is shown under.
    pub const fn group(self, lang: super::Lang) -> &'static str {
        match (self, lang) {
            (Self::Reservation, super::Lang::Zh) => "预约",
            (Self::Reservation, super::Lang::En) => "Book",
            (Self::Website, super::Lang::Zh) => "网站",
            (Self::Website, super::Lang::En) => "Website",
            (Self::Phone, super::Lang::Zh) => "电话",
            (Self::Phone, super::Lang::En) => "Phone",
        }
    }
}

/// What the last visit to a link found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkStatus {
    /// Nobody looked yet.
    #[default]
    Unchecked,
    /// It answered.
    Ok,
    /// It did not; it is still offered, because that may pass.
    Failing,
    /// It has not for days; it is no longer offered.
    Dead,
}

/// Who may book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Booker {
    /// Whoever will come.
    #[serde(rename = "self")]
    Oneself,
    /// An agent of the hotline, for a caller.
    Agent,
    /// Somebody else, for whoever will come.
    Proxy,
}

impl Booker {
    /// Reads its name.
    pub fn parse(key: &str) -> Option<Self> {
        [Self::Oneself, Self::Agent, Self::Proxy].into_iter().find(|b| b.key() == key)
    }

    /// Its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Oneself => "self",
            Self::Agent => "agent",
            Self::Proxy => "proxy",
        }
    }
}

/// How long before a visit it must, and can, be booked: ISO 8601 durations such as `PT2H`
/// and `P14D`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lead {
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

impl Lead {
    /// What is wrong with it, if anything is.
    pub fn fault(&self) -> Option<String> {
        let read = |text: &Option<String>| -> Result<Option<SignedDuration>, String> {
            let Some(text) = text else { return Ok(None) };
            let span: Option<Span> = text.parse().ok();
            let length = span.and_then(|span| {
                let days = jiff::SpanRelativeTo::days_are_24_hours();
                span.to_duration(days).ok().filter(|length| !length.is_negative())
            });
            let fault = || format!("\"{text}\" is not a time such as PT2H or P14D");
            length.map(Some).ok_or_else(fault)
        };
        match (read(&self.min), read(&self.max)) {
            (Err(fault), _) | (_, Err(fault)) => Some(fault),
            (Ok(Some(min)), Ok(Some(max))) if min > max => {
                Some("it must be booked earlier than it can be: min is more than max".into())
            }
            _ => None,
        }
    }
}

/// A place on the net, or a number, where a visit is booked or asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Stable id.
    pub id: String,
    /// What it is.
    pub name: Localized,
    /// Where it is: https, and a template (RFC 6570) where the portal takes some of
    /// [`VARIABLES`]. Its host is always written out. Empty where `channel` is `phone`.
    #[serde(default)]
    pub url: String,
    /// Whether `url` leads to the booking itself rather than to a front page.
    #[serde(default)]
    pub deep: bool,
    /// How it is reached.
    pub channel: Channel,
    /// Number to call: what there is where `channel` is `phone`, the fallback elsewhere.
    #[serde(default)]
    pub phone: String,
    /// Codes of the categories whose points it serves.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Ids of the points it serves; where given, it serves these alone.
    #[serde(default)]
    pub points: Vec<String>,
    /// Codes of the matters it takes; empty: whatever the point handles.
    #[serde(default)]
    pub matters: Vec<String>,
    /// Who may book; empty: not known.
    #[serde(default)]
    pub who: Vec<Booker>,
    /// How long before the visit, where known.
    #[serde(default)]
    pub lead: Option<Lead>,
    /// What the last visit found.
    #[serde(default)]
    pub status: LinkStatus,
    /// Day of the last visit.
    #[serde(default)]
    pub checked_at: Option<Date>,
    /// Id of the source that names it.
    #[serde(default)]
    pub source: String,
}

/// What a portal may be told: the names of a template's variables.
pub const VARIABLES: [&str; 7] = ["point", "service", "slot", "return_to", "ref", "lang", "who"];

/// What a portal is told of a visit: values of some [`VARIABLES`].
pub type Visit<'a> = [(&'static str, Option<&'a str>)];

impl Portal {
    /// Whether a visit can be booked or prepared on line here.
    pub fn is_online(&self) -> bool {
        self.channel != Channel::Phone && self.status != LinkStatus::Dead
    }

    /// Whether it takes `matter`.
    pub fn takes(&self, matter: &str) -> bool {
        self.matters.is_empty() || self.matters.iter().any(|m| m == matter)
    }

    /// Whether `who` may book here, as far as is known.
    pub fn admits(&self, who: Booker) -> bool {
        self.who.is_empty() || self.who.contains(&who)
    }

    /// The address for a visit; what is not said is left out. Values are escaped, so that
    /// none can lead to another host.
    ///
    /// # Errors
    /// Where `url` is no template, which [`Portal::url_fault`] says first.
    pub fn link(&self, visit: &Visit<'_>) -> Result<String, iri_string::template::Error> {
        let mut context = SimpleContext::new();
        for (name, value) in visit {
            if let Some(value) = value {
                context.insert(*name, *value);
            }
        }
        Ok(UriTemplateStr::new(&self.url)?.expand::<UriSpec, _>(&context)?.to_string())
    }

    /// What is wrong with `url`, if anything is. Nobody is ever led to another host than
    /// the one that is written in it.
    pub fn url_fault(&self) -> Option<String> {
        let url = &self.url;
        let origin = url.split(['{', '?', '#']).next().unwrap_or_default();
        // The path must begin before any variable does, or a value could go on with the host.
        let host_ends = origin.strip_prefix("https://").is_some_and(|rest| rest.contains('/'));
        let parsed = url::Url::parse(origin).ok().filter(|u| u.scheme() == "https");
        let named = parsed.is_some_and(|u| {
            u.domain().is_some_and(|host| host.contains('.')) && u.username().is_empty()
        });
        let is_plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
        if !(named && is_plain && (host_ends || origin == url)) {
            return Some(format!(
                "\"{url}\" is not an https address with its host written out and a / after it"
            ));
        }
        let nothing: Vec<_> = VARIABLES.iter().map(|name| (*name, None)).collect();
        if let Err(e) = self.link(&nothing) {
            return Some(format!("\"{url}\" is no template of RFC 6570: {e}"));
        }
        let expressions = url.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let names = expressions.flat_map(|expression| {
            let names = expression.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']);
            names.split(',').map(|name| name.split([':', '*']).next().unwrap_or_default())
        });
        let unknown: Vec<&str> = names.filter(|name| !VARIABLES.contains(name)).collect();
        (!unknown.is_empty()).then(|| {
            let known = VARIABLES.join(", ");
            format!("no portal is told {}; the variables are {known}", unknown.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(url: &str) -> Portal {
        toml::from_str(&format!(
            "id = \"p\"\nchannel = \"reservation\"\nurl = '{url}'\nname = {{ zh = \"门户\" }}"
        ))
        .unwrap()
    }

    #[test]
    fn a_template_is_filled_with_what_is_known_of_the_visit() {
        let portal = portal("https://book.example/{point}{?service,slot,lang}");
        assert_eq!(portal.url_fault(), None);
        let visit = [("point", Some("p/1")), ("service", None), ("slot", Some("a&b=图"))];
        assert_eq!(
            portal.link(&visit).unwrap(),
            "https://book.example/p%2F1?slot=a%26b%3D%E5%9B%BE"
        );
        assert_eq!(portal.link(&[]).unwrap(), "https://book.example/");
    }

    #[test]
    fn an_address_that_could_lead_elsewhere_is_refused() {
        for url in [
            "http://book.example/",
            "https://book.example{slot}/",
            "https://{point}.example/",
            "https://user@book.example/",
            "https://localhost/",
            "https://book.example/ x",
            "https://book.example?a={point}",
            "https://book.example/{unclosed",
            "https://book.example/{name}",
            "javascript:alert(1)",
            "",
        ] {
            assert!(portal(url).url_fault().is_some(), "{url}");
        }
        for url in ["https://book.example", "https://book.example/a?b=c", "https://a.b/{+point}"] {
            assert_eq!(portal(url).url_fault(), None, "{url}");
        }
    }

    #[test]
    fn a_lead_time_is_a_duration_and_its_ends_are_in_order() {
        let lead = |min: &str, max: &str| Lead { min: Some(min.into()), max: Some(max.into()) };
        assert_eq!(lead("PT2H", "P14D").fault(), None);
        assert!(lead("two hours", "P14D").fault().unwrap().contains("two hours"));
        assert!(lead("P2D", "PT3H").fault().unwrap().contains("min is more"));
        assert_eq!(Lead::default().fault(), None);
    }
}
