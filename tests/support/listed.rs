//! What a server lists, asked as a client asks: one line in, one line out, over a pipe in memory.

use fastmcp_rs::{Server, serde_json};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

/// The whole list that `method` asks for, in the revision of 2025-11-25.
pub(crate) async fn list(server: Server, method: &str) -> Vec<Value> {
    let server = server.build().expect("the server starts");
    let (client, stream) = tokio::io::duplex(1 << 20);
    let serving = tokio::spawn(server.serve(stream));
    let mut client = BufReader::new(client);
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" }
    });
    ask(&mut client, 1, "initialize", params).await;
    client
        .write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")
        .await
        .expect("the server reads");
    let mut answer = ask(&mut client, 2, method, json!({})).await;
    drop(client);
    serving.await.expect("the server does not panic");
    let lists = answer["result"].as_object_mut().expect("a list has a result");
    let list = lists.values_mut().find(|value| value.is_array()).expect("a list has an array");
    list.as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// The names (or URIs) in a list, in its order.
#[allow(dead_code, reason = "not every test that shares this file asks for names")]
pub(crate) async fn names(server: Server, method: &str) -> Vec<String> {
    let name = |item: &Value| {
        let name = item.get("uri").or_else(|| item.get("uriTemplate")).unwrap_or(&item["name"]);
        name.as_str().expect("an item has a name").to_owned()
    };
    list(server, method).await.iter().map(name).collect()
}

async fn ask(client: &mut BufReader<DuplexStream>, id: u64, method: &str, params: Value) -> Value {
    let line = format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    client.write_all(line.as_bytes()).await.expect("the server reads");
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await.expect("the server writes");
        let message: Value = serde_json::from_str(&line).expect("the server writes JSON");
        if message["id"] == id {
            return message;
        }
    }
}
