"""The fixture on FastMCP for Python. `server.py` serves stdio, `server.py --http HOST:PORT` serves HTTP."""

import os
import sys
from typing import Annotated

from fastmcp import FastMCP
from pydantic import BaseModel, Field


class Record(BaseModel):
    id: int
    title: str
    url: str
    score: float
    tags: list[str]
    snippet: str


class Found(BaseModel):
    query: str
    records: list[Record]


RECORDS = [
    Record(
        id=1000 + n,
        title=f"Record number {n}",
        url=f"https://example.com/records/{n}",
        score=1.0 - n / 100.0,
        tags=["alpha", f"group-{n % 7}"],
        snippet=f'The {n}th of fifty records; its text says "found" once, and goes on.',
    )
    for n in range(50)
]

mcp = FastMCP("bench", version="1.0.0")


@mcp.tool
async def echo(message: Annotated[str, Field(description="What to say.")]) -> str:
    """Says the message again."""
    return message


@mcp.tool
async def add(
    a: Annotated[int, Field(description="The first number.")],
    b: Annotated[int, Field(description="The second number.")],
) -> str:
    """Adds two numbers."""
    return str(a + b)


@mcp.tool
async def search(
    query: Annotated[str, Field(description="What to look for.")],
    limit: Annotated[int, Field(description="How many records to give.")],
) -> Found:
    """Finds records."""
    return Found(query=query, records=RECORDS[:limit])


async def more(
    first: Annotated[str, Field(description="The first argument.")],
    second: Annotated[int | None, Field(description="The second argument.")] = None,
) -> str:
    return f"{first} {second}"


for n in range(3, int(os.environ.get("BENCH_TOOLS", "3"))):
    description = "One of many tools; it does what it is told, and takes two arguments."
    mcp.tool(more, name=f"tool_{n:03}", description=description)

if sys.argv[1:2] == ["--http"]:
    host, port = sys.argv[2].rsplit(":", 1)
    mcp.run(transport="http", host=host, port=int(port), show_banner=False, log_level="warning")
else:
    mcp.run(show_banner=False)
