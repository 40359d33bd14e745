use fastmcp_rs::prelude::*;

struct Tenant(String);

impl FromContext for Tenant {
    type Error = u8;

    async fn from_context(context: &Context) -> Result<Self, u8> {
        context.headers().get("x-tenant").map(|name| Tenant(name.to_owned())).ok_or(1)
    }
}

fn main() {}
