use fastmcp_rs::prelude::*;

struct Notes;

macro_rules! constant {
    ($(#[$attribute:meta])* $name:ident, $value:literal) => {
        $(#[$attribute])*
        fn $name(&self) -> u8 {
            $value
        }
    };
}

macro_rules! tool_that_counts {
    ($name:ident) => {
        /// How many there are.
        #[tool]
        fn $name(&self) -> u8 {
            3
        }
    };
}

#[fastmcp_rs::server]
impl Notes {
    /// How many there may be.
    #[tool]
    fn limit(&self) -> u8 {
        self.most()
    }

    // Not a component, and nobody objects.
    constant!(most, 9);

    constant! {
        /// How many there must be.
        #[tool]
        least, 1
    }
}

struct Counters;

#[fastmcp_rs::server]
impl Counters {
    tool_that_counts!(count);
}

fn main() -> fastmcp_rs::Result {
    Server::empty("notes").service(Notes).service(Counters).run()
}
