//! The call: reading the arguments, running the user's function, making the answer.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::crate_path::CratePath;
use crate::model::function::Parameter;
use crate::model::{Component, Reader};
use crate::tokens::{is_empty_block, local, tuple};

/// What the table does when it is called: read the arguments, run the user's function, make the answer.
///
/// It is a closure in the table, not a function beside it, because rustc reports a type that does not fit once per body.
pub(super) fn call(component: &Component) -> TokenStream {
    let Component { options, function, service, .. } = component;
    let (call, this, texts) = (local("call"), local("this"), local("texts"));
    let count = function.params.len();
    let slots: Vec<Ident> = (0..count).map(|index| local(&format!("s{index}"))).collect();
    let values: Vec<Ident> = (0..count).map(|index| local(&format!("a{index}"))).collect();
    let readers = component.readers();
    let reads = function.params.iter().zip(readers).enumerate().map(|(index, (param, reader))| {
        let slot = &slots[index];
        let read = read(param, reader, index, &call, &options.crate_path);
        quote!(let #slot = #read;)
    });
    let reads: TokenStream = reads.collect();
    let sound = quote! {
        let (#(::core::option::Option::Some(#slots),)* true,) = (#(#slots,)* #call.sound(),) else {
            return #call.refuse();
        };
    };
    let instance =
        service.as_ref().filter(|_| function.receiver.is_some()).map(|ty| quote!(let #this = #call.service::<#ty>();));
    let texts_taken = component.is_filled().then(|| quote!(let #texts = #call.texts();));
    let answer = answer(component, &values, &this, &texts);
    let (slots, values) = (tuple(&slots), tuple(&values));
    // What rustc says of the future (that it is not `Send`, for example) belongs under the function's name.
    let span = function.name().span();
    let at = options.crate_path.private_at(span);
    let in_place = options.common.inline.is_some() || (component.is_filled() && is_empty_block(&function.body));
    let way = match () {
        () if function.is_async() => "run",
        () if in_place => "inline",
        () => "blocking",
    };
    let way = Ident::new(way, span);
    let future = function.is_async().then(|| quote_spanned!(span=> async move));
    let work = quote_spanned!(span=> move |#values| #future { #answer });
    let run = quote_spanned!(span=> #at::Handling::#way(#call.context(), #slots, #work));
    quote! {
        |#call| {
            #reads
            #sound
            #instance
            #texts_taken
            #run
        }
    }
}

fn read(param: &Parameter, reader: Reader, index: usize, call: &Ident, crate_path: &CratePath) -> TokenStream {
    let p = crate_path.private();
    let (ty, span) = (&param.ty, param.ty.span());
    let typed = param.typed_default().map(|_| param.default_name());
    match (reader, &typed) {
        (Reader::Tool, None) => quote_spanned!(span=> #call.read::<#ty, _>(#index)),
        (Reader::Tool, Some(default)) => {
            quote_spanned!(span=> #call.read_or::<#ty, _>(#index, #default))
        }
        (Reader::Injected, _) => quote_spanned!(span=> #call.read_injected::<#ty>(#index)),
        (Reader::Text, _) => {
            let at = crate_path.private_at(span);
            let default = typed.as_ref().map_or_else(
                || quote!(::core::option::Option::None),
                |default| quote!(::core::option::Option::Some(#default)),
            );
            let picked = quote_spanned!(span=> (&&&#at::Text::<#ty>::NEW).pick().read(#call, #index, #default));
            quote!({
                use #p::{PickContext as _, PickFromStr as _, PickText as _};
                #picked
            })
        }
    }
}

/// Runs the user's function and turns its value into the answer.
fn answer(component: &Component, values: &[Ident], this: &Ident, texts: &Ident) -> TokenStream {
    let Component { kind, options, function, service } = component;
    let crate_path = &options.crate_path;
    let p = crate_path.private();
    let name = function.name();
    let this = function.receiver.as_ref().map(|_| quote!(&#this,));
    let called = match service {
        None => quote!(#name(#(#values),*)),
        Some(ty) => quote!(<#ty>::#name(#this #(#values),*)),
    };
    let called = if function.is_async() { quote!(#called.await) } else { called };
    if component.is_filled() {
        let docs = function.docs.expr();
        return quote! {
            #called;
            ::core::result::Result::Ok(#p::PromptResult::text(#p::fill(#docs, &#texts)))
        };
    }
    let value = local("value");
    let ty = function.output();
    let span = ty.span();
    let at = crate_path.private_at(span);
    let finish = Ident::new(kind.word(), span);
    let finished = quote_spanned!(span=> (&&#at::Returned::<#ty>::NEW).pick().#finish(#value));
    quote! {
        use #p::{PickResult as _, PickValue as _};
        let #value = #called;
        #finished
    }
}
