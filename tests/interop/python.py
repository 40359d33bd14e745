"""Python's fastmcp client in both eras. Started by run.sh, which says in the environment where the servers are."""

import asyncio
import os
import sys
import traceback

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp.exceptions import ToolError


async def todo(client):
    names = [tool.name for tool in await client.list_tools()]
    assert names == ["create_todo", "health_check", "list_todos", "set_todo_status"], names

    made = (await client.call_tool("create_todo", {"title": "Learn MCP"})).structured_content
    assert made["title"] == "Learn MCP" and made["done"] is False, made
    done = (await client.call_tool("set_todo_status", {"todo_id": made["id"], "done": True})).structured_content
    assert done == made | {"done": True}, done
    todos = (await client.call_tool("list_todos")).structured_content["todos"]
    assert todos[-1] == done, todos

    try:
        await client.call_tool("create_todo", {"title": "x"})
    except ToolError as error:
        assert "title" in str(error), error
    else:
        raise AssertionError("a title of one letter was taken")


async def weather(client):
    warm = await client.call_tool("get_temperature", {"city": "Oslo", "unit": "fahrenheit"})
    assert warm.structured_content == {"city": "Oslo", "degrees": 39.7, "unit": "fahrenheit"}, warm
    forecast = await client.call_tool("get_forecast", {"city": "Oslo", "days": 5})
    assert len(forecast.structured_content["days"]) == 5, forecast

    templates = await client.list_resource_templates()
    assert len(templates) == 1, templates
    contents = await client.read_resource("weather://San%20Francisco/current")
    assert contents[0].text.startswith("# San Francisco"), contents

    assert [prompt.name for prompt in await client.list_prompts()] == ["packing"]
    prompt = await client.get_prompt("packing", {"city": "Oslo", "days": 5})
    assert "Oslo for 5 days" in prompt.messages[0].content.text, prompt


def transports(server, mode):
    env = {"TODO_DB": f"{os.environ['TODO_DB']}.{mode}"}
    yield "stdio", StdioTransport(command=os.environ[server.upper()], args=[], env=env, keep_alive=False)
    yield "http", StreamableHttpTransport(os.environ[f"{server.upper()}_URL"])


async def main():
    failed = False
    for mode in MODES:
        for body in (todo, weather):
            for kind, transport in transports(body.__name__, mode):
                name = f"python {mode} {kind} {body.__name__}"
                try:
                    async with Client(transport, mode=mode) as client:
                        await asyncio.wait_for(body(client), 60)
                    print("PASS", name)
                except Exception:
                    print("FAIL", name)
                    traceback.print_exc()
                    failed = True
    sys.exit(failed)


MODES = ["legacy", "2026-07-28"]

asyncio.run(main())
