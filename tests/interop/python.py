"""Both Python clients, fastmcp and the official mcp, in both eras. Started by run.sh, which says in the environment where the servers
are."""

import asyncio
import json
import os
import re
import sys
import traceback

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp import Client as OfficialClient
from mcp import StdioServerParameters


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


async def failing(client):
    """fastmcp raises a failure, or gives the result if it is asked to."""
    await client.list_tools()
    for failure in FAILURES:
        try:
            await client.call_tool("measure", {"how": failure["how"]})
        except ToolError as error:
            assert re.search(failure["text"], str(error)), error
        else:
            raise AssertionError(f"{failure} was no failure")
        result = await client.call_tool("measure", {"how": failure["how"]}, raise_on_error=False)
        check_failure(failure, result.is_error, result)
    await cancelled(lambda heard: client.call_tool("measure_for_ever", {}, progress_handler=heard))
    fine = await client.call_tool("measure", {"how": "fine"})
    assert fine.structured_content == {"value": 20.5}, fine


async def official(client):
    """The official client gives the result."""
    await client.list_tools()
    for failure in FAILURES:
        result = await client.call_tool("measure", {"how": failure["how"]})
        check_failure(failure, result.is_error, result)
    await cancelled(lambda heard: client.call_tool("measure_for_ever", {}, progress_callback=heard))
    fine = await client.call_tool("measure", {"how": "fine"})
    assert fine.structured_content == {"value": 20.5}, fine


def check_failure(failure, is_error, result):
    assert is_error and result.structured_content is None, result
    assert re.search(failure["text"], result.content[0].text), result
    told = result.meta["fastmcp-rs/error"]
    assert (told["code"], told["retryable"]) == (failure["code"], failure["retryable"]), told


async def cancelled(begin):
    """A call that is given up once the server is heard to run it."""
    running = asyncio.Event()

    async def heard(*_):
        running.set()

    call = asyncio.create_task(begin(heard))
    await running.wait()
    call.cancel()
    try:
        await call
    except asyncio.CancelledError:
        return
    raise AssertionError("the call was not cancelled")


def fastmcp_clients(server, mode):
    env = {"TODO_DB": f"{os.environ['TODO_DB']}.{mode}"}
    command, url = os.environ[server.upper()], os.environ[f"{server.upper()}_URL"]
    yield "stdio", Client(StdioTransport(command=command, args=[], env=env, keep_alive=False), mode=mode)
    yield "http", Client(StreamableHttpTransport(url), mode=mode)


def official_clients(_, mode):
    yield "stdio", OfficialClient(StdioServerParameters(command=os.environ["FAILING"]), mode=mode)
    yield "http", OfficialClient(os.environ["FAILING_URL"], mode=mode)


async def main():
    failed = False
    for mode in MODES:
        for body, clients in (
            (todo, fastmcp_clients),
            (weather, fastmcp_clients),
            (failing, fastmcp_clients),
            (official, official_clients),
        ):
            for kind, client in clients(body.__name__, mode):
                name = f"python {mode} {kind} {body.__name__}"
                try:
                    async with client:
                        await asyncio.wait_for(body(client), 60)
                    print("PASS", name)
                except Exception:
                    print("FAIL", name)
                    traceback.print_exc()
                    failed = True
    sys.exit(failed)


MODES = ["legacy", "2026-07-28"]
with open(os.environ["FAILURES"]) as file:
    FAILURES = json.load(file)

asyncio.run(main())
