//! Who may see and use a component: its scopes and roles, held against the caller.

use std::collections::HashMap;

use crate::component::tool::Common;
use crate::context::Caller;

/// What a caller is shown of components that it may not use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Showing {
    /// Those that a scope is missing for, which a client can ask for if it sees the component. Roles nobody can ask for.
    #[default]
    WhatCanBeAskedFor,
    Nothing,
    Everything,
}

/// How a server reads scopes and roles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    pub showing: Showing,
    /// The scopes of which each implies this one.
    implied_by: HashMap<String, Vec<String>>,
}

/// Why a caller may not use a component that it can see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Needs these scopes, of which it has not all.
    Scopes(&'static [&'static str]),
    /// Needs one of these roles.
    Roles(&'static [&'static str]),
}

/// Whether a text can be a scope (RFC 6749, section 3.3, `scope-token`).
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

impl Access {
    /// `broad` comes with each of `narrow`, and with what they imply.
    pub(crate) fn imply(&mut self, broad: String, narrow: impl IntoIterator<Item = String>) {
        let above: Vec<String> =
            self.implied_by.get(&broad).cloned().unwrap_or_default().into_iter().chain([broad]).collect();
        for narrow in narrow {
            let below: Vec<String> = self
                .implied_by
                .iter()
                .filter(|(_, above)| above.contains(&narrow))
                .map(|(below, _)| below.clone())
                .chain([narrow.clone()])
                .collect();
            for below in below {
                let implied_by = self.implied_by.entry(below.clone()).or_default();
                for scope in &above {
                    if *scope != below && !implied_by.contains(scope) {
                        implied_by.push(scope.clone());
                    }
                }
            }
        }
    }

    /// Why the caller may not use the component, if it may not.
    pub(crate) fn denies(&self, common: &Common, caller: &Caller) -> Option<Denied> {
        if !common.roles.is_empty() && !common.roles.iter().any(|role| caller.has_role(role)) {
            return Some(Denied::Roles(common.roles));
        }
        let missing = common.scopes.iter().any(|scope| !self.grants(caller, scope));
        missing.then_some(Denied::Scopes(common.scopes))
    }

    /// The scopes that others imply.
    #[cfg(feature = "http")]
    pub(crate) fn implied(&self) -> impl Iterator<Item = &String> {
        self.implied_by.keys()
    }

    /// Whether the caller has a scope, or one that implies it.
    pub(crate) fn grants(&self, caller: &Caller, scope: &str) -> bool {
        caller.has_scope(scope)
            || self.implied_by.get(scope).is_some_and(|above| above.iter().any(|above| caller.has_scope(above)))
    }

    /// Whether the caller is told that there is such a component.
    pub(crate) fn shows(&self, common: &Common, caller: &Caller) -> bool {
        if !common.is_restricted() || self.showing == Showing::Everything {
            return true;
        }
        match self.denies(common, caller) {
            None => true,
            Some(Denied::Scopes(_)) => self.showing == Showing::WhatCanBeAskedFor,
            Some(Denied::Roles(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_imply_each_other_in_whatever_order_they_are_given() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rules: [(&str, &[&str]); 3] = [("admin", &["write"]), ("write", &["read", "list"]), ("root", &["admin"])];
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [2, 0, 1]] {
            let mut access = Access::default();
            for rule in order {
                access.imply(rules[rule].0.to_owned(), texts(rules[rule].1));
            }
            for (has, granted) in
                [("root", ["admin", "write", "read", "list"].as_slice()), ("write", &["read", "list"]), ("read", &[])]
            {
                let caller = Caller::new("ada").with_scopes([has]);
                for scope in ["root", "admin", "write", "read", "list"] {
                    let expected = has == scope || granted.contains(&scope);
                    assert_eq!(access.grants(&caller, scope), expected, "{has} {scope} {order:?}");
                }
            }
        }
    }
}
