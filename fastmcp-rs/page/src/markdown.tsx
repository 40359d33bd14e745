// Markdown as nodes. No HTML is ever made of text, so there is nothing to clean; what Markdown calls HTML is shown as it is written.
import { lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { safeLink, visible } from "./harmless";

/** Of longer texts, only so much is read as Markdown: some of its rules take the square of the length. */
const MOST = 20_000;
const DEEP = 24;

export function Markdown({ text }: { text: string }) {
  const cut = text.length > MOST;
  const read = cut ? text.slice(0, MOST) : text;
  let content: ComponentChildren;
  try {
    content = nested(read) ? <p class="plain">{visible(read)}</p> : blocks(lexer(visible(read)), 0);
  } catch {
    content = <p class="plain">{visible(read)}</p>;
  }
  return (
    <div class="prose">
      {content}
      {cut && <p class="quiet">… {(text.length - MOST).toLocaleString("en")} more characters, which the JSON below has.</p>}
    </div>
  );
}

/** Whether quotes, lists or brackets go so deep, or emphasis changes so often, that reading them would not end soon. */
const nested = (text: string) =>
  (text.match(/[*_~]/g)?.length ?? 0) > 3000 || /^(?:[ \t]*(?:>|[-*+]|\d+[.)])[ \t]*){12,}/m.test(text) || /[[(*_~!]{60,}/.test(text) || /(?:\[[^\]\n]{0,3}){40,}/.test(text);

function blocks(tokens: Token[], depth: number): ComponentChildren {
  return tokens.map((token) => block(token as Tokens.Generic, depth));
}

function block(token: Tokens.Generic, depth: number): ComponentChildren {
  if (depth > DEEP) return token.raw;
  const inner = () => inline(token.tokens ?? [], depth + 1);
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // The page has headings of its own above these.
      return token["depth"] < 3 ? <h4>{inner()}</h4> : <h5>{inner()}</h5>;
    case "paragraph":
      return <p>{inner()}</p>;
    case "text":
      return token.tokens ? inner() : entities(token.raw);
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{token["text"]}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], depth + 1)}</blockquote>;
    case "list": {
      const items = (token as Tokens.List).items.map((item) => (
        <li>
          {item.task && (item.checked ? "☑ " : "☐ ")}
          {blocks(item.tokens, depth + 1)}
        </li>
      ));
      return (token as Tokens.List).ordered ? <ol start={Number(token["start"]) || 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case "hr":
      return <hr />;
    case "table": {
      const table = token as Tokens.Table;
      return (
        <div class="scroll" tabIndex={0} role="group" aria-label="Table">
          <table>
            <thead>
              <tr>
                {table.header.map((cell) => (
                  <th>{inline(cell.tokens, depth + 1)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr>
                  {row.map((cell) => (
                    <td>{inline(cell.tokens, depth + 1)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
    case "html":
      return <p class="plain">{token.raw}</p>;
    default:
      return inline([token], depth);
  }
}

function inline(tokens: Token[], depth: number): ComponentChildren {
  return tokens.map((one) => {
    const token = one as Tokens.Generic;
    if (depth > DEEP) return token.raw;
    const inner = () => inline(token.tokens ?? [], depth + 1);
    switch (token.type) {
      case "strong":
        return <strong>{inner()}</strong>;
      case "em":
        return <em>{inner()}</em>;
      case "del":
        return <del>{inner()}</del>;
      case "codespan":
        return <code>{token["text"]}</code>;
      case "br":
        return <br />;
      case "link":
        return <Link to={token["href"]}>{inner()}</Link>;
      case "image":
        // Loading it would tell somebody that this page was read.
        return <Link to={token["href"]}>{token["text"] || "image"}</Link>;
      case "checkbox":
        return null;
      case "escape":
        return token["text"];
      case "text":
        return token.tokens ? inner() : entities(token.raw);
      default:
        return token.raw;
    }
  });
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", apos: "'" };

/** Character references, which the lexer leaves to whoever writes HTML. */
const entities = (text: string) =>
  text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name) return NAMED[name] ?? whole;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? visible(String.fromCodePoint(code)) : whole;
  });

/** A link that leads out, or its text and target where it would run something. */
export function Link({ to, children }: { to: string; children?: ComponentChildren }) {
  const safe = safeLink(to);
  if (!safe) return <span title={visible(to).slice(0, 200)}>{children ?? visible(to)}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer">
      {children ?? visible(to)}
    </a>
  );
}
