//! What a host asks programs to leave alone: its `robots.txt` (RFC 9309).

/// Most bytes of the file that are read; the standard asks for at least 500 KiB.
pub(super) const MAX_BYTES: u64 = 512 * 1024;

/// The rules that are for us.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Robots {
    /// Path patterns, and whether what fits may be asked.
    rules: Vec<(String, bool)>,
}

impl Robots {
    /// The rules of the groups that name `agent`; of those for everybody where none does.
    pub fn parse(text: &str, agent: &str) -> Self {
        let (mut own, mut all) = (Vec::new(), Vec::new());
        let (mut names_us, mut names_all, mut named) = (false, false, false);
        let mut found_us = false;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    // Lines of agents that follow each other are one group.
                    if !named {
                        (names_us, names_all) = (false, false);
                    }
                    named = true;
                    names_us |= value.eq_ignore_ascii_case(agent);
                    names_all |= value == "*";
                    found_us |= names_us;
                }
                "allow" | "disallow" => {
                    named = false;
                    let rule = (value.to_owned(), key == "allow");
                    // An empty rule says nothing.
                    if value.is_empty() {
                        continue;
                    }
                    if names_us {
                        own.push(rule.clone());
                    }
                    if names_all {
                        all.push(rule);
                    }
                }
                _ => {}
            }
        }
        Self { rules: if found_us { own } else { all } }
    }

    /// Whether a path with its query may be asked: the longest pattern that fits decides,
    /// and of equally long ones the one that allows.
    pub fn allow(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|(pattern, _)| fits(pattern, path));
        fitting.max_by_key(|(pattern, allow)| (pattern.len(), *allow)).is_none_or(|(_, a)| *a)
    }
}

/// Whether `path` begins as the pattern says: `*` is anything, `$` the end.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    if let (Some(last), true) = (parts.last(), to_end) {
        // Whatever is between is found first; the last part must be where the path ends.
        for part in &parts[..parts.len() - 1] {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        return rest.ends_with(last);
    }
    for part in &parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    !to_end || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allow(text: &str, path: &str) -> bool {
        Robots::parse(text, "servicemap").allow(path)
    }

    #[test]
    fn the_longest_rule_of_our_own_group_decides() {
        let text = "User-agent: *\nDisallow: /\n\nUser-Agent: other\nUser-agent: ServiceMap\n\
                    Disallow: /private # comment\nAllow: /private/book\n";
        assert!(allow(text, "/") && allow(text, "/private/book?x=1"));
        assert!(!allow(text, "/private/x"));
        assert!(!Robots::parse(text, "third").allow("/"));
    }

    #[test]
    fn without_a_group_for_us_that_for_everybody_holds() {
        let text = "User-agent: *\nDisallow: /*.php$\nDisallow: /a*b\nDisallow:\n";
        assert!(!allow(text, "/x/y.php") && allow(text, "/x/y.php?a") && !allow(text, "/a-b-c"));
        assert!(allow("", "/") && allow("nonsense", "/") && allow("Disallow: /", "/"));
    }

    proptest! {
        #[test]
        fn no_file_and_no_path_panics(text in "(?s).{0,200}", path in "/.{0,50}") {
            allow(&text, &path);
            allow(&format!("user-agent: *\ndisallow: {path}"), &path);
        }
    }
}
