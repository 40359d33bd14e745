//! The signature: a safe function of owned values, with a type that clients can be told of each.

use quote::ToTokens as _;
use syn::visit::Visit;
use syn::{GenericParam, Lifetime, Receiver, ReceiverKind, Safety, Type, TypeImplTrait, TypeReference};

use crate::errors::Errors;
use crate::kind::Kind;
use crate::model::Component;
use crate::model::function::Function;
use crate::tokens::{peel_type as peel, written};

/// Applies every rule about the signature.
pub(crate) fn check(component: &Component, errors: &Errors) {
    let Component { kind, function, .. } = component;
    receiver(component, errors);
    modifiers(*kind, function, errors);
    generics(*kind, function, errors);
    parameter_types(*kind, function, errors);
    return_type(*kind, function, errors);
}

/// `self` is for impl blocks with `#[server]`, and there it is `&self`.
fn receiver(component: &Component, errors: &Errors) {
    let Component { kind, function, service, .. } = component;
    let Some(receiver) = &function.receiver else {
        return;
    };
    let attribute = kind.attribute();
    if !function.has_body() {
        // Without `self`, rustc says so itself.
        errors.at(receiver, format!(
            "`{attribute}` goes on a function with a body, not on the declaration in a trait: put it on a method of an impl block with `#[fastmcp_rs::server]`"
        ));
    } else if service.is_none() {
        errors.at(receiver, format!(
            "`{attribute}` on a method needs `#[fastmcp_rs::server]` on the impl block around it: put it there, or make this a function without `self`\nnote: if it is there, a macro within the block made this method, which `#[server]` cannot see: write the method out, or let the macro make the whole block"
        ));
    } else if !takes_shared_self(receiver) {
        let found = written(receiver);
        errors.at(receiver, format!(
            "`{found}`: a service is shared by all calls at once, so write `&self`, and keep values that change in a `Mutex` or the like"
        ));
    }
}

/// A component is a safe function with Rust's own calling convention.
fn modifiers(kind: Kind, function: &Function, errors: &Errors) {
    let word = kind.word();
    let sig = &function.sig;
    if let Some(constness) = &sig.constness {
        errors.at(constness, format!("a {word} can't be a `const fn`: remove `const`"));
    }
    match &sig.safety {
        Safety::Unsafe(unsafety) => {
            errors.at(unsafety, format!("a {word} can't be `unsafe`, because any client may call it: remove `unsafe`, and put the unsafe part in a block inside"));
        }
        Safety::Safe(safe) => errors.at(safe, "remove `safe`: it belongs to foreign functions"),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!("a {word} can't be an `extern` function: remove `extern`, or call it from a function that is not"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.form(
            kind.form(),
            variadic,
            format!("a {word} has a fixed number of arguments: write a `Vec<..>` instead of `...`"),
        );
    }
}

/// A component is one function, so nothing about it may be generic.
fn generics(kind: Kind, function: &Function, errors: &Errors) {
    let word = kind.word();
    for param in &function.sig.generics.params {
        let message = match param {
            GenericParam::Type(param) => {
                format!("a {word} can't be generic: write the type that clients send in place of `{}`", param.ident)
            }
            GenericParam::Const(param) => {
                format!("a {word} can't be generic: write a number in place of `{}`", param.ident)
            }
            GenericParam::Lifetime(param) => {
                format!(
                    "a {word} owns its arguments, so that it needs no lifetime: remove `{}` and take owned types (`String`, `Vec<..>`)",
                    param.lifetime
                )
            }
        };
        errors.form(kind.form(), param, message);
    }
}

/// Arguments are owned values of a type with a name.
fn parameter_types(kind: Kind, function: &Function, errors: &Errors) {
    for param in &function.params {
        let name = &param.ident;
        match peel(&param.ty) {
            Type::Reference(reference) => {
                let owned = owned(&reference.elem);
                errors.form(
                    kind.form(),
                    &param.ty,
                    format!("`{name}` is a reference, but a call owns what it is given: take `{owned}`"),
                );
            }
            other => {
                impl_traits(other, |found| {
                    let written = written(found);
                    errors.form(kind.form(), found, format!("`{name}` is `{written}`, but clients must be told one type: write it, for example `String` or a struct with `#[model]`"));
                });
                let mut borrowed = Borrowed::default();
                borrowed.visit_type(other);
                for lifetime in borrowed.elided {
                    errors.form(kind.form(), lifetime, format!("the type of `{name}` borrows, but a call owns what it takes: write `'static`, or a type that owns what it holds"));
                }
                for reference in borrowed.references {
                    let (written, owned) = (written(reference), owned(&reference.elem));
                    errors.form(kind.form(), reference, format!("`{written}` in the type of `{name}` is a reference, but a call owns what it is given: write `{owned}`"));
                }
            }
        }
    }
}

/// A result has a type with a name, and owns what it holds.
fn return_type(kind: Kind, function: &Function, errors: &Errors) {
    let word = kind.word();
    let output = function.output();
    if let Type::Never(never) = peel(&output) {
        errors.form(
            kind.form(),
            never,
            format!("a {word} that never returns can't answer: write the type of its answer"),
        );
        return;
    }
    impl_traits(&output, |found| {
        let written = written(found);
        errors.form(kind.form(), found, format!("a {word} can't return `{written}`, because clients must be told one type: write it, for example `String` or a struct with `#[model]`"));
    });
    let mut borrowed = Borrowed::default();
    borrowed.visit_type(&output);
    for lifetime in borrowed.elided {
        errors.form(kind.form(), lifetime, format!("a {word} can't return a borrowed value, because its answer outlives the call: write `'static`, or a type that owns what it holds"));
    }
    for reference in borrowed.references {
        let (written, owned) = (written(reference), owned(&reference.elem));
        errors.form(
            kind.form(),
            reference,
            format!("a {word} can't return `{written}`, because its answer outlives the call: return `{owned}`"),
        );
    }
}

/// The owned type to write in place of a reference to `ty`.
fn owned(ty: &Type) -> String {
    match peel(ty) {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Path(path) if path.path.is_ident("Path") => "PathBuf".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", slice.elem.to_token_stream().to_string().replace(' ', "")),
        other => written(other),
    }
}

fn impl_traits<'t>(ty: &'t Type, report: impl FnMut(&'t TypeImplTrait)) {
    #[derive(Default)]
    struct Found<'t>(Vec<&'t TypeImplTrait>);
    impl<'t> Visit<'t> for Found<'t> {
        fn visit_type_impl_trait(&mut self, ty: &'t TypeImplTrait) {
            self.0.push(ty);
        }
    }
    let mut found = Found::default();
    found.visit_type(ty);
    found.0.into_iter().for_each(report);
}

/// References that are not `'static`, outside of function pointers.
#[derive(Default)]
struct Borrowed<'t> {
    references: Vec<&'t TypeReference>,
    /// `'_` after the name of a type. (Named lifetimes are declared on the function, and reported there.)
    elided: Vec<&'t Lifetime>,
}

impl<'t> Visit<'t> for Borrowed<'t> {
    fn visit_type_reference(&mut self, reference: &'t TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
            self.references.push(reference);
        }
        self.visit_type(&reference.elem);
    }

    fn visit_lifetime(&mut self, lifetime: &'t Lifetime) {
        if lifetime.ident == "_" {
            self.elided.push(lifetime);
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'t syn::TypeFnPtr) {}
}

/// How `self` is taken, as far as it is allowed.
fn takes_shared_self(receiver: &Receiver) -> bool {
    receiver.mutability.is_none() && matches!(receiver.kind, ReceiverKind::Reference(_, None, None))
}
